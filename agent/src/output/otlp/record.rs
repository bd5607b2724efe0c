//! A line as a log record, with OpenTelemetry's names where it has some.

use jiff::Timestamp;
use opentelemetry_proto::tonic::{
    common::v1::{AnyValue, ArrayValue, InstrumentationScope, KeyValue, any_value::Value},
    logs::v1::{LogRecord, SeverityNumber},
    resource::v1::Resource,
};

use crate::{
    denials::{Container, Denial, Line},
    output::json,
};

const NAME: &str = "bulkhead";

pub(super) fn resource(node: &str) -> Resource {
    let mut all = Attributes::default();
    all.text("service.name", NAME);
    all.text("service.version", env!("CARGO_PKG_VERSION"));
    all.text("host.name", node);
    all.text("os.type", "linux");
    Resource {
        attributes: all.0,
        ..Resource::default()
    }
}

pub(super) fn scope() -> InstrumentationScope {
    InstrumentationScope {
        name: NAME.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        ..InstrumentationScope::default()
    }
}

pub(super) fn record(line: &Line, message: String) -> LogRecord {
    let mut all = Attributes::default();
    let (event, severity) = match line {
        Line::Denial(denial) => {
            all.denial(denial);
            let severity = match denial.verdict.as_str() {
                "audited" => SeverityNumber::Info,
                _ => SeverityNumber::Warn,
            };
            ("bulkhead.denial", severity)
        }
        Line::Stopped(stopped) => {
            all.container(&stopped.container);
            all.text("bulkhead.rule", &stopped.rule);
            all.text("bulkhead.verdict", &stopped.verdict);
            let severity = match &stopped.failure {
                Some(_) => SeverityNumber::Error,
                None => SeverityNumber::Warn,
            };
            ("bulkhead.stopped", severity)
        }
        Line::Lost(lost) => {
            all.text("bulkhead.verdict", "lost");
            all.text("bulkhead.cause", &lost.cause);
            all.number("bulkhead.count", lost.count);
            ("bulkhead.lost", SeverityNumber::Error)
        }
    };
    if let Some(seq) = line.seq() {
        all.number("bulkhead.seq", seq);
    }
    all.text("bulkhead.json", &json(line));
    LogRecord {
        time_unix_nano: line.time().parse().map_or(0, nanoseconds),
        observed_time_unix_nano: nanoseconds(Timestamp::now()),
        severity_number: severity.into(),
        severity_text: severity
            .as_str_name()
            .trim_start_matches("SEVERITY_NUMBER_")
            .to_owned(),
        body: Some(text(&message)),
        attributes: all.0,
        event_name: event.to_owned(),
        ..LogRecord::default()
    }
}

#[derive(Default)]
struct Attributes(Vec<KeyValue>);

impl Attributes {
    fn denial(&mut self, denial: &Denial) {
        self.container(&denial.container);
        let process = &denial.process;
        self.number("process.pid", process.pid.into());
        self.number("process.parent_pid", process.ppid.into());
        self.number("process.user.id", process.uid.into());
        self.text("process.executable.name", &process.comm);
        self.maybe("process.executable.path", process.exe.as_ref());
        self.text("bulkhead.rule", &denial.rule);
        self.text("bulkhead.verdict", &denial.verdict);
        self.text("bulkhead.hook", &denial.hook);
        self.maybe("bulkhead.host_path", denial.target.host_path.as_ref());
        self.maybe("bulkhead.path", denial.target.path.as_ref());
        self.list("bulkhead.attack", &denial.attack);
        if let Some(repeated) = denial.repeated {
            self.number("bulkhead.repeated", repeated);
        }
    }

    fn container(&mut self, container: &Container) {
        self.maybe("container.id", container.id.as_ref());
        self.maybe("container.name", container.name.as_ref());
        self.maybe("container.runtime.name", container.runtime.as_ref());
        if let Some(image) = &container.image {
            let (name, tag) = tagged(image);
            self.text("container.image.name", name);
            if let Some(tag) = tag {
                self.list("container.image.tags", &[tag.to_owned()]);
            }
        }
        self.text("bulkhead.profile", &container.profile);
    }

    fn text(&mut self, key: &str, value: &str) {
        self.put(key, text(value));
    }

    fn maybe(&mut self, key: &str, value: Option<&String>) {
        if let Some(value) = value {
            self.text(key, value);
        }
    }

    fn number(&mut self, key: &str, value: u64) {
        let value = Value::IntValue(i64::try_from(value).unwrap_or(i64::MAX));
        self.put(key, AnyValue { value: Some(value) });
    }

    fn list(&mut self, key: &str, values: &[String]) {
        let values = values.iter().map(|value| text(value)).collect();
        let value = Some(Value::ArrayValue(ArrayValue { values }));
        self.put(key, AnyValue { value });
    }

    fn put(&mut self, key: &str, value: AnyValue) {
        self.0.push(KeyValue {
            key: key.to_owned(),
            value: Some(value),
            ..KeyValue::default()
        });
    }
}

fn text(value: &str) -> AnyValue {
    AnyValue {
        value: Some(Value::StringValue(value.to_owned())),
    }
}

fn nanoseconds(time: Timestamp) -> u64 {
    u64::try_from(time.as_nanosecond()).unwrap_or(0)
}

/// An image's name and its tag; what comes after `@` belongs to the name.
fn tagged(image: &str) -> (&str, Option<&str>) {
    match image.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') && !name.contains('@') && name != "sha256" => {
            (name, Some(tag))
        }
        _ => (image, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_no_tag() {
        assert_eq!(tagged("nginx:1.27"), ("nginx", Some("1.27")));
        assert_eq!(tagged("r:5000/x:2"), ("r:5000/x", Some("2")));
        for image in ["nginx", "r:5000/x", "x@sha256:ab", "sha256:ab"] {
            assert_eq!(tagged(image), (image, None));
        }
    }
}
