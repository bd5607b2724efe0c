use std::{collections::BTreeMap, net::SocketAddr, sync::Mutex};

use opentelemetry_proto::tonic::{
    collector::logs::v1::{
        ExportLogsPartialSuccess, ExportLogsServiceResponse,
        logs_service_server::{LogsService, LogsServiceServer},
    },
    common::v1::{KeyValue, any_value::Value},
    logs::v1::LogRecord,
};
use tonic::{Request, Response, transport::Server};

use super::*;
use crate::{
    denials::sample,
    output::{Output, sink},
    socket::{Hub, Memory},
};

/// A receiver that takes everything, or answers with this.
#[derive(Clone, Default)]
struct Receiver {
    got: Arc<Mutex<Vec<ExportLogsServiceRequest>>>,
    refuses: Arc<Mutex<Option<Status>>>,
    rejects: i64,
}

#[tonic::async_trait]
impl LogsService for Receiver {
    async fn export(
        &self,
        request: Request<ExportLogsServiceRequest>,
    ) -> Result<Response<ExportLogsServiceResponse>, Status> {
        if let Some(status) = self.refuses.lock().unwrap().clone() {
            return Err(status);
        }
        self.got.lock().unwrap().push(request.into_inner());
        let partial_success = Some(ExportLogsPartialSuccess {
            rejected_log_records: self.rejects,
            error_message: String::new(),
        });
        Ok(Response::new(ExportLogsServiceResponse { partial_success }))
    }
}

impl Receiver {
    /// Listens, on a thread that ends with the test.
    fn listen(&self) -> Endpoint {
        let address = free();
        self.listen_at(address);
        format!("http://{address}").parse().unwrap()
    }

    fn listen_at(&self, address: SocketAddr) {
        let service = LogsServiceServer::new(self.clone());
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread();
            let runtime = { runtime }.enable_all().build().unwrap();
            let server = Server::builder().add_service(service).serve(address);
            runtime.block_on(server).unwrap();
        });
    }

    fn records(&self) -> Vec<LogRecord> {
        let got = self.got.lock().unwrap();
        let logs = got.iter().flat_map(|request| &request.resource_logs);
        let scopes = logs.flat_map(|logs| &logs.scope_logs);
        scopes.flat_map(|scope| scope.log_records.clone()).collect()
    }
}

fn free() -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap()
}

fn texts(attributes: &[KeyValue]) -> BTreeMap<String, String> {
    let text = |pair: &KeyValue| {
        let value = pair.value.clone().unwrap().value.unwrap();
        let value = match value {
            Value::StringValue(text) => text,
            Value::IntValue(number) => number.to_string(),
            other => format!("{other:?}"),
        };
        (pair.key.clone(), value)
    };
    attributes.iter().map(text).collect()
}

fn hub() -> Hub {
    Hub::new("web-3".to_owned(), Memory::none())
}

#[track_caller]
fn wait(is: impl Fn() -> bool) {
    let until = Instant::now() + Duration::from_secs(30);
    while !is() {
        assert!(Instant::now() < until, "not in time");
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_denial_arrives_with_the_names_that_others_know() {
    let receiver = Receiver::default();
    let mut hub = hub();
    let otlp = Otlp::new(receiver.listen(), "web-3".to_owned()).unwrap();
    let output = Output::start(otlp, hub.feed("otlp")).unwrap();
    hub.publish(sample::line(&sample::host_path(), 0));
    wait(|| receiver.records().len() == 1);
    drop(hub);
    output.finish();
    let record = &receiver.records()[0];
    let found = texts(&record.attributes);
    for (key, value) in [
        ("container.id", "2f".repeat(32).as_str()),
        ("container.name", "web"),
        ("container.image.name", "nginx"),
        ("container.runtime.name", "docker"),
        ("process.pid", "394"),
        ("process.executable.path", "/bin/head"),
        ("bulkhead.rule", "host-path"),
        ("bulkhead.verdict", "denied"),
        ("bulkhead.host_path", "/"),
        ("bulkhead.seq", "1"),
    ] {
        assert_eq!(found.get(key).map(String::as_str), Some(value), "{key}");
    }
    let line: Line = serde_json::from_str(&found["bulkhead.json"]).unwrap();
    assert_eq!(line.seq(), Some(1));
    assert_eq!(record.time_unix_nano, 1_795_324_329_402_113_000);
    assert_eq!(
        (record.severity_number, record.severity_text.as_str()),
        (13, "WARN")
    );
    assert_eq!(record.event_name, "bulkhead.denial");
    let got = receiver.got.lock().unwrap();
    let resource = got[0].resource_logs[0].resource.as_ref().unwrap();
    let resource = texts(&resource.attributes);
    assert_eq!(
        (&*resource["service.name"], &*resource["host.name"]),
        ("bulkhead", "web-3")
    );
}

/// Nobody is there at first; that is waited for, and what has no room meanwhile is counted.
#[test]
fn each_is_delivered_or_counted_while_the_receiver_is_away() {
    let (receiver, address) = (Receiver::default(), free());
    let mut hub = hub();
    let endpoint = format!("http://{address}").parse().unwrap();
    let otlp = Otlp::new(endpoint, "web-3".to_owned()).unwrap();
    let output = Output::start(otlp, hub.feed("otlp")).unwrap();
    for _ in 0..3_000 {
        hub.publish(sample::line(&sample::mount(), 0));
    }
    receiver.listen_at(address);
    let given = || {
        let records = receiver.records();
        let lines = records.iter().map(|record| {
            let json = &texts(&record.attributes)["bulkhead.json"];
            serde_json::from_str::<Line>(json).unwrap()
        });
        let lines: Vec<_> = lines.collect();
        sink::tests::sum(&lines)
    };
    let until = Instant::now() + Duration::from_secs(30);
    while given() != 3_000 {
        assert!(Instant::now() < until, "{} of 3000", given());
        hub.tell_losses();
        thread::sleep(Duration::from_millis(20));
    }
    drop(hub);
    output.finish();
}

#[test]
fn what_the_receiver_refuses_for_good_is_an_error_at_once() {
    let receiver = Receiver::default();
    *receiver.refuses.lock().unwrap() = Some(Status::permission_denied("not you"));
    let mut otlp = Otlp::new(receiver.listen(), "web-3".to_owned()).unwrap();
    let lines = [Arc::new(sample::line(&sample::mount(), 1))];
    // It may not listen yet, which passes.
    let error = otlp.put(&lines).unwrap_err().to_string();
    assert!(error.contains("not you"), "{error}");
}

#[test]
fn what_the_receiver_throws_away_is_counted() {
    let receiver = Receiver {
        rejects: 1,
        ..Receiver::default()
    };
    let mut otlp = Otlp::new(receiver.listen(), "web-3".to_owned()).unwrap();
    let lines = [Arc::new(sample::line(&sample::mount(), 1))];
    assert_eq!(otlp.put(&lines).unwrap(), 1);
}

#[test]
fn endpoints_are_plain_http() {
    let read = |text: &str| text.parse::<Endpoint>();
    assert!(read("http://127.0.0.1:4317").is_ok());
    assert!(read("https://x:4317").unwrap_err().contains("TLS"));
    for wrong in ["127.0.0.1:4317", "grpc://x", "", "http://"] {
        assert!(read(wrong).is_err(), "{wrong}");
    }
}
