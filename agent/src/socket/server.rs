//! The agent's end of the socket.

use std::{io, time::Duration};

use serde::Serialize;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{UnixListener, UnixStream, unix::OwnedWriteHalf},
    sync::{mpsc, oneshot},
    task::JoinSet,
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use super::{Hello, Refused, Request, Subscription};
use crate::{denials::Line, events::Event, output::json};

/// Bytes of a request, which may have a policy in it.
const REQUEST: u64 = 4 << 20;
/// How long a client may take to say what it wants.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long the end waits for clients that have lines to take.
const LAST_LINES: Duration = Duration::from_millis(300);
/// Clients at one time.
const CLIENTS: usize = 64;

/// Answers clients until the agent ends. A client's errors are its own.
pub async fn serve(
    listener: UnixListener,
    events: mpsc::Sender<Event>,
    end: CancellationToken,
) -> anyhow::Result<()> {
    let mut clients = JoinSet::new();
    loop {
        tokio::select! {
            () = end.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) if clients.len() < CLIENTS => {
                    clients.spawn(client(stream, events.clone()));
                }
                Ok(_) => log::warn!("{CLIENTS} clients are connected, another one was sent away"),
                Err(e) => {
                    log::warn!("cannot accept a client: {e}");
                    // Out of descriptors: another try at once would spin.
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            },
            Some(ended) = clients.join_next() => match ended {
                Ok(Ok(())) => {}
                Ok(Err(e)) => log::debug!("a client is gone: {e}"),
                Err(e) => log::warn!("a client's task failed: {e}"),
            },
        }
    }
    // The readers' queues are closed by now; what is in them is for them.
    if timeout(LAST_LINES, clients.join_all()).await.is_err() {
        log::debug!("some clients did not take their last lines");
    }
    Ok(())
}

async fn client(stream: UnixStream, events: mpsc::Sender<Event>) -> io::Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut reader = BufReader::new(reader.take(REQUEST));
    let mut text = String::new();
    timeout(PATIENCE, reader.read_line(&mut text)).await??;
    match serde_json::from_str(&text) {
        Ok(Request::Tail(tail)) => {
            let subscription = ask(&events, |reply| Event::Tail(tail, reply)).await?;
            let mut reader = reader.into_inner().into_inner();
            // A client says nothing more: when its end can be read, it is gone.
            tokio::select! {
                sent = tail_to(&mut writer, subscription) => sent,
                _ = reader.read_u8() => Ok(()),
            }
        }
        Ok(Request::Status) => once(&mut writer, ask(&events, Event::Status)).await,
        Ok(Request::Ps) => once(&mut writer, ask(&events, Event::Ps)).await,
        Ok(Request::Reload) => {
            let reload = |reply| Event::Reload(Some(reply));
            once(&mut writer, ask(&events, reload)).await
        }
        Ok(Request::Try(wanted)) => {
            let trial = |reply| Event::Try(wanted, reply);
            once(&mut writer, ask(&events, trial)).await
        }
        Ok(Request::Audit { seconds }) => {
            let audit = |reply| Event::Audit(seconds, reply);
            once(&mut writer, ask(&events, audit)).await
        }
        Ok(Request::Confirm) => once(&mut writer, ask(&events, Event::Confirm)).await,
        Ok(Request::Cancel) => once(&mut writer, ask(&events, Event::Cancel)).await,
        Ok(Request::Unload) => once(&mut writer, ask(&events, Event::Unload)).await,
        Err(e) => {
            let error = format!("not a request: {e}");
            send(&mut writer, &Refused::request(error)).await
        }
    }
}

/// Sends the one line that answers a request.
async fn once<T: Serialize>(
    writer: &mut OwnedWriteHalf,
    answer: impl Future<Output = io::Result<T>>,
) -> io::Result<()> {
    send(writer, &answer.await?).await
}

/// Gives the loop an event and waits for what comes of it.
async fn ask<T>(
    events: &mpsc::Sender<Event>,
    event: impl FnOnce(oneshot::Sender<T>) -> Event,
) -> io::Result<T> {
    let (reply, answer) = oneshot::channel();
    let ends = || io::Error::other("the agent ends");
    events.send(event(reply)).await.map_err(|_| ends())?;
    answer.await.map_err(|_| ends())
}

async fn tail_to(writer: &mut OwnedWriteHalf, subscription: Subscription) -> io::Result<()> {
    let hello = Hello {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        position: subscription.position,
        history: subscription.history.len(),
    };
    send(writer, &hello).await?;
    for line in subscription.history {
        send::<Line>(writer, &line).await?;
    }
    let Some(mut live) = subscription.live else {
        return writer.shutdown().await;
    };
    while let Some(line) = live.recv().await {
        send::<Line>(writer, &line).await?;
    }
    Ok(())
}

async fn send<T: Serialize>(writer: &mut OwnedWriteHalf, value: &T) -> io::Result<()> {
    let mut text = json(value);
    text.push('\n');
    writer.write_all(text.as_bytes()).await
}

#[cfg(test)]
mod tests;
