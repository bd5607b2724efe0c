//! Denials as OpenTelemetry logs, over OTLP's gRPC, to a collector of the fleet.

mod record;

use std::{
    io,
    str::FromStr,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use opentelemetry_proto::tonic::{
    collector::logs::v1::{ExportLogsServiceRequest, logs_service_client::LogsServiceClient},
    logs::v1::{ResourceLogs, ScopeLogs},
};
use tokio::{runtime::Runtime, time::timeout};
use tonic::{
    Code, Status,
    transport::{Channel, Uri},
};

use super::{Compact, sink::Sink};
use crate::denials::Line;

/// Lines of one request.
const MOST: usize = 256;
/// How long the receiver may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a receiver that is away for a moment is tried again; lines gather in the queue meanwhile.
const PERSISTENCE: Duration = Duration::from_secs(10);
const RETRY: Duration = Duration::from_millis(500);

/// Where the receiver is: `http://ADDRESS:PORT`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint(Uri);

impl FromStr for Endpoint {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let uri: Uri = text.parse().map_err(|e| format!("not a URL: {e}"))?;
        match uri.scheme_str() {
            Some("http") if uri.host().is_some() => Ok(Self(uri)),
            Some("https") => Err("without TLS: name a collector on this host".to_owned()),
            _ => Err("write it like http://127.0.0.1:4317".to_owned()),
        }
    }
}

pub struct Otlp {
    endpoint: Endpoint,
    runtime: Runtime,
    client: LogsServiceClient<Channel>,
    node: String,
    compact: Compact,
    persistence: Duration,
}

impl Otlp {
    /// Nobody needs to be there yet.
    ///
    /// # Errors
    /// If there can be no runtime for it.
    pub fn new(endpoint: Endpoint, node: String) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let entered = runtime.enter();
        let channel = Channel::builder(endpoint.0.clone())
            .connect_timeout(PATIENCE)
            .connect_lazy();
        drop(entered);
        Ok(Self {
            endpoint,
            runtime,
            client: LogsServiceClient::new(channel),
            node,
            compact: Compact::new(false),
            persistence: PERSISTENCE,
        })
    }

    fn request(&self, lines: &[Arc<Line>]) -> ExportLogsServiceRequest {
        let records = lines.iter().map(|line| {
            let message = self.compact.message(line);
            record::record(line, message)
        });
        ExportLogsServiceRequest {
            resource_logs: vec![ResourceLogs {
                resource: Some(record::resource(&self.node)),
                scope_logs: vec![ScopeLogs {
                    scope: Some(record::scope()),
                    log_records: records.collect(),
                    ..ScopeLogs::default()
                }],
                ..ResourceLogs::default()
            }],
        }
    }

    /// How many records the receiver threw away.
    fn export(&mut self, request: ExportLogsServiceRequest) -> Result<u64, Status> {
        let export = self.client.export(request);
        let answered = self
            .runtime
            .block_on(async { timeout(PATIENCE, export).await });
        let answer = answered.map_err(|_| Status::deadline_exceeded("it does not answer"))??;
        let partial = answer.into_inner().partial_success.unwrap_or_default();
        if !partial.error_message.is_empty() {
            log::warn!(
                "the OTLP receiver says: {}",
                super::escape(&partial.error_message)
            );
        }
        Ok(u64::try_from(partial.rejected_log_records).unwrap_or(0))
    }
}

impl Sink for Otlp {
    fn name(&self) -> String {
        format!("the OTLP receiver at {}", self.endpoint.0)
    }

    fn most(&self) -> usize {
        MOST
    }

    fn put(&mut self, lines: &[Arc<Line>]) -> io::Result<u64> {
        let request = self.request(lines);
        let until = Instant::now() + self.persistence;
        loop {
            match self.export(request.clone()) {
                Ok(rejected) => return Ok(rejected),
                Err(status) if may_pass(status.code()) && Instant::now() < until => {
                    log::debug!("{}: {status}", self.name());
                    thread::sleep(RETRY);
                }
                Err(status) => {
                    let what = super::escape(status.message());
                    return Err(io::Error::other(format!("{}: {what}", status.code())));
                }
            }
        }
    }
}

/// As OTLP has it: these are tried again, the others are for good.
fn may_pass(code: Code) -> bool {
    matches!(
        code,
        Code::Cancelled
            | Code::DeadlineExceeded
            | Code::Aborted
            | Code::OutOfRange
            | Code::Unavailable
            | Code::DataLoss
    )
}

#[cfg(test)]
mod tests;
