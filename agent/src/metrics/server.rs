//! Answers scrapes. Whoever is on this machine may connect to a port, so everything has a bound.

use std::{convert::Infallible, io, sync::Arc, time::Duration};

use http_body_util::Full;
use hyper::{
    Method, Request, Response, StatusCode, body::Bytes, header, server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::{Semaphore, mpsc, oneshot},
    task::JoinSet,
    time::{sleep, timeout},
};

use super::{Format, Place, encode, place::Listener};
use crate::events::Event;

const PATH: &str = "/metrics";
/// Scrapes at one time; more wait in the kernel's queue.
const CLIENTS: usize = 8;
/// How long one may take, from its first byte to our last.
const PATIENCE: Duration = Duration::from_secs(5);
/// Between two tries to listen.
const RETRY: Duration = Duration::from_secs(5);

/// Serves until the agent ends. A port that somebody else has is no reason not to protect this host.
///
/// # Errors
/// None: what fails is said, and tried again.
pub async fn serve(place: Place, events: mpsc::Sender<Event>) -> anyhow::Result<()> {
    let mut said = false;
    let listener = loop {
        match place.listen().await {
            Ok(listener) => break listener,
            Err(e) if !said => log::warn!("metrics are not served at {place} yet: {e}"),
            Err(_) => {}
        }
        said = true;
        sleep(RETRY).await;
    };
    let places = Arc::new(Semaphore::new(CLIENTS));
    let mut clients = JoinSet::new();
    loop {
        let permit = Arc::clone(&places).acquire_owned().await?;
        let events = events.clone();
        let accepted = match &listener {
            Listener::Tcp(listener) => listener.accept().await.map(|(stream, _)| {
                clients.spawn(async move {
                    talk(stream, events).await;
                    drop(permit);
                });
            }),
            Listener::Unix(listener) => listener.accept().await.map(|(stream, _)| {
                clients.spawn(async move {
                    talk(stream, events).await;
                    drop(permit);
                });
            }),
        };
        if let Err(e) = accepted {
            log::warn!("cannot accept a scrape: {e}");
            // Out of descriptors: another try at once would spin.
            sleep(Duration::from_millis(100)).await;
        }
        while clients.try_join_next().is_some() {}
    }
}

async fn talk(stream: impl AsyncRead + AsyncWrite + Unpin, events: mpsc::Sender<Event>) {
    let service = service_fn(|request| answer(request, &events));
    let talk = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service);
    match timeout(PATIENCE, talk).await {
        Ok(Ok(())) => {}
        Ok(Err(e)) => log::debug!("a scrape failed: {e}"),
        Err(_) => log::debug!("a scrape took too long"),
    }
}

async fn answer<B>(
    request: Request<B>,
    events: &mpsc::Sender<Event>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = match (request.method(), request.uri().path()) {
        (&Method::GET, PATH) => {
            let format = wanted(&request);
            match text(format, events).await {
                Ok(text) => {
                    let kind = header::HeaderValue::from_static(format.content_type());
                    response.headers_mut().insert(header::CONTENT_TYPE, kind);
                    *response.body_mut() = Full::from(text);
                    StatusCode::OK
                }
                Err(e) => {
                    log::warn!("a scrape was not answered: {e}");
                    StatusCode::SERVICE_UNAVAILABLE
                }
            }
        }
        (_, PATH) => StatusCode::METHOD_NOT_ALLOWED,
        _ => StatusCode::NOT_FOUND,
    };
    Ok(response)
}

fn wanted<B>(request: &Request<B>) -> Format {
    let accept = request.headers().get(header::ACCEPT);
    match accept.and_then(|accept| accept.to_str().ok()) {
        Some(accept) if accept.contains("application/openmetrics-text") => Format::OpenMetrics,
        _ => Format::Classic,
    }
}

async fn text(format: Format, events: &mpsc::Sender<Event>) -> io::Result<String> {
    let ends = || io::Error::other("the agent ends");
    let (reply, sample) = oneshot::channel();
    let asked = events.send(Event::Measure(reply)).await;
    asked.map_err(|_| ends())?;
    let sample = sample.await.map_err(|_| ends())?;
    encode(&sample, format).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;
    use crate::metrics::tests::sample;

    async fn ask(text: &str) -> String {
        let (sender, mut receiver) = mpsc::channel(1);
        let (mut client, server) = tokio::io::duplex(1 << 16);
        let agent = tokio::spawn(async move {
            while let Some(Event::Measure(reply)) = receiver.recv().await {
                drop(reply.send(Box::new(sample())));
            }
        });
        let talk = tokio::spawn(talk(server, sender));
        client.write_all(text.as_bytes()).await.unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        talk.await.unwrap();
        agent.await.unwrap();
        answer
    }

    #[tokio::test]
    async fn who_asks_gets_the_format_that_he_reads() {
        let classic = ask("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").await;
        assert!(classic.starts_with("HTTP/1.1 200 OK\r\n"), "{classic}");
        assert!(classic.contains("text/plain; version=0.0.4"), "{classic}");
        assert!(classic.contains("\n# TYPE bulkhead_denials_total counter\n"));
        let accept = "Accept: application/openmetrics-text;version=1.0.0;q=0.5,*/*;q=0.1";
        let open = ask(&format!(
            "GET /metrics HTTP/1.1\r\nHost: x\r\n{accept}\r\n\r\n"
        ))
        .await;
        assert!(open.contains("application/openmetrics-text"), "{open}");
        assert!(open.ends_with("# EOF\n"), "{open}");
    }

    #[tokio::test]
    async fn anything_else_is_refused() {
        let status = |answer: String| answer.split(' ').nth(1).map(str::to_owned);
        let get = ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
        assert_eq!(status(get).as_deref(), Some("404"));
        let post = ask("POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n").await;
        assert_eq!(status(post).as_deref(), Some("405"));
        let none = ask("nonsense\r\n\r\n").await;
        assert_eq!(status(none).as_deref(), Some("400"));
    }

    #[tokio::test(start_paused = true)]
    async fn who_says_nothing_is_sent_away() {
        let (sender, _receiver) = mpsc::channel(1);
        let (_silent, server) = tokio::io::duplex(64);
        talk(server, sender).await;
    }

    #[tokio::test]
    async fn a_port_that_somebody_has_is_waited_for() {
        let other = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let place = Place::Tcp(other.local_addr().unwrap());
        let (sender, _receiver) = mpsc::channel(1);
        let serving = serve(place, sender);
        let soon = Duration::from_millis(100);
        assert!(timeout(soon, serving).await.is_err(), "it has not ended");
    }
}
