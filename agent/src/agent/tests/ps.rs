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
    handle(&mut agent, Event::Records(vec![sample::made(179, &id)]));
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

#[tokio::test]
async fn a_profile_that_came_late_is_said() {
    let (host, kernel) = (Host::new(), Fake::default());
    let mut agent = host.agent(&kernel);
    let text = "[[profile]]\nname = \"ci\"\n[[assign]]\nname = \"web\"\nprofile = \"ci\"";
    let path = std::path::Path::new("p.toml");
    let policy = crate::policy::load_text((path, text), None, path).unwrap();
    agent.policy = agent.policy.follow(policy).unwrap();
    let id = "a".repeat(64);
    handle(&mut agent, Event::Records(vec![sample::made(179, &id)]));
    let info = Some(sample::web());
    let identity = 179;
    handle(&mut agent, Event::Named { identity, info });
    settle(&mut agent).await;
    assert_eq!(kernel.told.borrow().last().unwrap(), "179 has profile 2");
    kernel.containers.borrow_mut().push((179, 2));
    let rows = rows(&mut agent).await;
    assert_eq!(
        (rows[0].profile.as_str(), rows[0].assigned),
        ("ci", Assigned::Late)
    );
    assert_eq!(rows[0].name.as_deref(), Some("web"));
    assert_eq!(status(&mut agent).counters.late, 1);
}
