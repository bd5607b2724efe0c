use super::*;
use crate::{
    denials::sample,
    socket::{Hub, Memory, Tail, bind},
};

async fn read(stream: &mut BufReader<UnixStream>) -> Option<serde_json::Value> {
    let mut line = String::new();
    let read = timeout(PATIENCE, stream.read_line(&mut line))
        .await
        .unwrap()
        .unwrap();
    (read > 0).then(|| serde_json::from_str(&line).unwrap())
}

/// The socket, and what the loop does about it.
async fn with_hub(talk: impl AsyncFnOnce(BufReader<UnixStream>)) {
    let dir = tempfile::tempdir().unwrap();
    let listener = UnixListener::from_std(bind(dir.path()).unwrap()).unwrap();
    let (sender, mut events) = mpsc::channel(8);
    let end = CancellationToken::new();
    let server = tokio::spawn(serve(listener, sender, end.clone()));
    let agent = tokio::spawn(async move {
        let mut hub = Hub::new("web-3".to_owned(), Memory::none());
        hub.publish(sample::line(&sample::mount(), 0));
        while let Some(event) = events.recv().await {
            if let Event::Tail(tail, reply) = event {
                assert!(reply.send(hub.subscribe(tail)).is_ok());
                hub.publish(sample::line(&sample::setns(), 0));
            }
        }
    });
    let stream = UnixStream::connect(dir.path().join(crate::socket::NAME))
        .await
        .unwrap();
    talk(BufReader::new(stream)).await;
    end.cancel();
    server.await.unwrap().unwrap();
    agent.await.unwrap();
}

async fn ask_for(stream: &mut BufReader<UnixStream>, follow: bool) {
    let request = Request::Tail(Tail {
        follow,
        ..Tail::default()
    });
    let text = serde_json::to_string(&request).unwrap() + "\n";
    stream.write_all(text.as_bytes()).await.unwrap();
    let hello = read(stream).await.unwrap();
    assert_eq!((&hello["agent"], &hello["seq"]), (&"a".into(), &1.into()));
}

#[tokio::test]
async fn history_comes_first_then_what_happens() {
    with_hub(async |mut stream| {
        ask_for(&mut stream, true).await;
        assert_eq!(read(&mut stream).await.unwrap()["rule"], "mount");
        assert_eq!(read(&mut stream).await.unwrap()["rule"], "setns");
    })
    .await;
}

#[tokio::test]
async fn without_following_it_ends_after_the_history() {
    with_hub(async |mut stream| {
        ask_for(&mut stream, false).await;
        assert_eq!(read(&mut stream).await.unwrap()["seq"], 1);
        assert_eq!(read(&mut stream).await, None);
    })
    .await;
}

#[tokio::test]
async fn what_is_no_request_is_refused() {
    with_hub(async |mut stream| {
        stream.write_all(b"{\"verb\":\"dance\"}\n").await.unwrap();
        let error = read(&mut stream).await.unwrap();
        assert!(
            error["error"]
                .as_str()
                .unwrap()
                .starts_with("not a request: "),
            "{error}"
        );
    })
    .await;
}
