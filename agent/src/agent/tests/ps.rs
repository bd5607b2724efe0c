//! `bulkhead ps`.

use super::*;
use crate::{
    socket::Answer,
    status::{Assigned, Row},
};

async fn rows(agent: &mut Agent<Fake>) -> Vec<Row> {
    let (reply, mut answer) = oneshot::channel();
    handle(agent, Event::Ps(reply));
    settle(agent).await;
    match answer.try_recv().unwrap() {
        Answer::Given(rows) => rows,
        Answer::Refused(refused) => panic!("{refused:?}"),
    }
}

#[tokio::test]
async fn every_container_with_what_was_refused_to_it() {
    let (host, kernel) = (Host::new(), Fake::default());
    let mut agent = host.agent(&kernel);
    let id = "a".repeat(64);
    agent.records(vec![sample::made(179, &id)].into(), Instant::now());
    settle(&mut agent).await;
    for _ in 0..3 {
        denial(&mut agent, sample::mount());
    }
    kernel.containers.borrow_mut().extend([(179, 0), (180, 0)]);
    let rows = rows(&mut agent).await;
    let [made, found] = &rows[..] else {
        panic!("{rows:?}")
    };
    assert_eq!((made.cgroup_id, made.denied), (179, 3));
    assert_eq!(made.assigned, Assigned::InTime);
    assert_eq!(
        (made.profile.as_str(), made.mode),
        ("baseline", Mode::Enforce)
    );
    assert_eq!((found.denied, found.assigned), (0, Assigned::AtStart));
    assert_eq!(found.process, None);
}

/// An agent that gives `web` a profile of its own.
fn with_profile(host: &Host, kernel: &Fake) -> Agent<Fake> {
    let mut agent = host.agent(kernel);
    let text = "[[profile]]\nname = \"ci\"\n[[assign]]\nname = \"web\"\nprofile = \"ci\"";
    let path = std::path::Path::new("p.toml");
    let policy = crate::policy::load_text((path, text), None, path).unwrap();
    agent.policy = agent.policy.follow(policy).unwrap();
    agent
}

#[tokio::test]
async fn a_profile_that_came_late_is_said() {
    let (host, kernel) = (Host::new(), Fake::default());
    let mut agent = with_profile(&host, &kernel);
    let id = "a".repeat(64);
    agent.records(vec![sample::made(179, &id)].into(), Instant::now());
    let info = Some(sample::web());
    let identity = 179;
    handle(&mut agent, Event::Named { identity, info });
    settle(&mut agent).await;
    assert_eq!(kernel.told.borrow().last().unwrap(), "179 has profile 3");
    kernel.containers.borrow_mut().push((179, 3));
    let rows = rows(&mut agent).await;
    let row = &rows[0];
    assert_eq!((row.profile.as_str(), row.assigned), ("ci", Assigned::Late));
    assert_eq!(row.name.as_deref(), Some("web"));
    assert_eq!(status(&mut agent).counters.late, 1);
}

#[tokio::test]
async fn one_that_is_known_at_its_first_denial_gets_its_profile_then() {
    let (host, kernel) = (Host::new(), Fake::default());
    let mut agent = with_profile(&host, &kernel);
    let id = "2f".repeat(32);
    agent.records(vec![sample::made(179, &id)].into(), Instant::now());
    assert!(kernel.told.borrow().is_empty());
    host.write(
        &format!("var/lib/docker/containers/{id}/config.v2.json"),
        r#"{"Name":"/web","Config":{"Image":"i"}}"#,
    );
    denial(&mut agent, sample::mount());
    assert_eq!(*kernel.told.borrow(), ["179 has profile 3"]);
    assert_eq!(status(&mut agent).counters.late, 1);
}
