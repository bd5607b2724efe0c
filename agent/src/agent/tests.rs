//! The loop over real events and a kernel that only notes what it is told.

mod fake;
mod missed;
mod ps;
mod trial;

use std::{cell::Cell, rc::Rc};

use probe_common::{container, record::Record};
use tokio::sync::oneshot;

use super::*;
use crate::{
    denials::{Denial, sample},
    policy::{Access, Allowed, HostPath, Mode, Policy},
    socket::Tail,
    status::{Snapshot, State},
};
use fake::Fake;

struct Host(tempfile::TempDir);

impl Host {
    fn new() -> Self {
        let host = Self(tempfile::tempdir().unwrap());
        host.write("proc/sys/kernel/hostname", "web-3\n");
        host
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn agent(&self, kernel: &Fake) -> Agent<Fake> {
        let start = Start {
            root: self.0.path().to_owned(),
            policy: Numbered::default(),
            anchors: Table::resolve(&[], self.0.path()).unwrap(),
            devices: Devices::default(),
            run_dir: self.0.path().to_owned(),
            reload: Arc::new(|_| Ok(audit())),
            home: "/etc/bulkhead/policy.toml".into(),
            past: Memory::none(),
            watchdog: Watchdog::default(),
        };
        Agent::new(start, kernel.clone())
    }
}

fn audit() -> Policy {
    let mut policy = Policy::default().audited();
    let baseline = policy.profiles.values_mut().next();
    baseline.unwrap().allowed = Allowed::NOTHING;
    policy
}

fn handle(agent: &mut Agent<Fake>, event: Event) {
    assert!(agent.handle(event, Instant::now()).unwrap().is_continue());
}

fn denial(agent: &mut Agent<Fake>, record: probe_common::record::Denial) {
    agent.records(vec![Record::Denial(record)].into(), Instant::now());
}

fn history(agent: &mut Agent<Fake>) -> Vec<Arc<Line>> {
    agent.hub.subscribe(Tail::default()).history
}

#[track_caller]
fn as_denial(line: &Line) -> &Denial {
    match line {
        Line::Denial(denial) => denial,
        other => panic!("{other:?}"),
    }
}

fn status(agent: &mut Agent<Fake>) -> Snapshot {
    let (reply, mut answer) = oneshot::channel();
    handle(agent, Event::Status(reply));
    answer.try_recv().unwrap()
}

#[tokio::test]
async fn a_container_that_is_gone_still_has_its_name() {
    let (host, kernel) = (Host::new(), Fake::default());
    let id = "2f".repeat(32);
    let folder = format!("var/lib/docker/containers/{id}");
    host.write(
        &format!("{folder}/config.v2.json"),
        r#"{"Name":"/web","Config":{"Image":"i"}}"#,
    );
    host.write(
        &format!("{folder}/hostconfig.json"),
        r#"{"NetworkMode":"container:db"}"#,
    );
    host.write(
        "var/lib/docker/containers/d00d/config.v2.json",
        r#"{"Name":"/db","Config":{}}"#,
    );
    let mut agent = host.agent(&kernel);
    agent.records(vec![sample::made(179, &id)].into(), Instant::now());
    assert_eq!(*kernel.told.borrow(), ["179 [Some(\"d00d\"), None]"]);
    fs::remove_dir_all(host.0.path().join("var")).unwrap();
    denial(&mut agent, sample::host_path());
    let lines = history(&mut agent);
    let denial = as_denial(&lines[0]);
    assert_eq!(denial.container.name.as_deref(), Some("web"));
    assert_eq!((denial.seq, denial.node.as_str()), (1, "web-3"));
    assert_eq!(
        status(&mut agent).counters.denied,
        [("host-path".to_owned(), 1)].into()
    );
}

#[tokio::test]
async fn a_container_nobody_knows_is_no_reason_to_be_silent() {
    let (host, kernel) = (Host::new(), Fake::default());
    let mut agent = host.agent(&kernel);
    denial(&mut agent, sample::host_path());
    let lines = history(&mut agent);
    let container = &as_denial(&lines[0]).container;
    assert_eq!(container.lookup, crate::containers::Lookup::Failed);
    assert_eq!(container.cgroup_id, 179);
}

#[tokio::test]
async fn a_denial_waits_for_docker_and_is_given_out_when_it_answers() {
    let (host, kernel) = (Host::new(), Fake::default());
    // Nobody listens, so the answer is that there is none.
    host.write("var/run/docker.sock", "");
    let mut agent = host.agent(&kernel);
    denial(&mut agent, sample::host_path());
    assert!(history(&mut agent).is_empty());
    let answer = agent.short.join_next().await.unwrap().unwrap();
    handle(&mut agent, answer);
    assert_eq!(history(&mut agent).len(), 1);
}

#[tokio::test]
async fn the_canary_is_not_news() {
    let (host, kernel) = (Host::new(), Fake::default());
    let mut agent = host.agent(&kernel);
    let mut record = sample::host_path();
    record.profile = container::PROFILE_CANARY;
    denial(&mut agent, record);
    assert!(history(&mut agent).is_empty());
    assert!(status(&mut agent).counters.denied.is_empty());
}

#[tokio::test]
async fn losses_are_lines_and_numbers_stay_gapless() {
    let (host, kernel) = (Host::new(), Fake::default());
    kernel.lost.borrow_mut().extend([0, 5, 5, 7]);
    let mut agent = host.agent(&kernel);
    for _ in 0..4 {
        handle(&mut agent, Event::Tick);
    }
    denial(&mut agent, sample::mount());
    let lines = history(&mut agent);
    let seqs: Vec<_> = lines.iter().filter_map(|line| line.seq()).collect();
    assert_eq!(seqs, [1, 2, 3]);
    assert!(matches!(&*lines[0], Line::Lost(lost) if lost.count == 5 && lost.cause == "ring"));
    assert!(matches!(&*lines[1], Line::Lost(lost) if lost.count == 2));
    assert_eq!(
        status(&mut agent).counters.lost,
        [("ring".to_owned(), 7)].into()
    );
}

#[tokio::test]
async fn repeats_are_one_line_with_a_count() {
    let (host, kernel) = (Host::new(), Fake::default());
    let mut agent = host.agent(&kernel);
    for _ in 0..4 {
        denial(&mut agent, sample::mount());
    }
    let later = Instant::now() + std::time::Duration::from_secs(2);
    assert!(agent.handle(Event::Tick, later).unwrap().is_continue());
    let lines = history(&mut agent);
    let repeated: Vec<_> = lines.iter().map(|line| as_denial(line).repeated).collect();
    assert_eq!(repeated, [None, Some(3)]);
    assert_eq!(status(&mut agent).counters.denied["mount"], 4);
}

#[tokio::test]
async fn a_new_policy_is_put_in_force_and_a_wrong_one_is_not() {
    let (host, kernel) = (Host::new(), Fake::default());
    let mut agent = host.agent(&kernel);
    let first = status(&mut agent);
    assert_eq!(first.state, State::Enforcing);
    assert_eq!(user_namespaces(&first), "allowed");
    let right = std::mem::replace(&mut agent.reload, Arc::new(|_| Err(wrong())));
    handle(&mut agent, Event::Reload(None));
    settle(&mut agent).await;
    assert_eq!(status(&mut agent).state, State::Enforcing);
    assert!(kernel.told.borrow().is_empty());
    agent.reload = right;
    handle(&mut agent, Event::Reload(None));
    settle(&mut agent).await;
    assert_eq!(
        *kernel.told.borrow(),
        [
            "2 Audit 0x0",
            "all: 0",
            "2 Audit 0x0, 0 Audit 0x0",
            "anchors, podman 2"
        ]
    );
    let then = status(&mut agent);
    assert_eq!(then.state, State::Auditing);
    assert_eq!(user_namespaces(&then), "absent");
}

fn wrong() -> crate::policy::PolicyError {
    let root = std::path::Path::new("/");
    crate::policy::load_text((std::path::Path::new("/p.toml"), "\nmdoe = 1"), None, root)
        .unwrap_err()
}

/// Handles what comes of the tasks that the agent has started.
async fn settle(agent: &mut Agent<Fake>) {
    while let Some(event) = agent.short.join_next().await {
        handle(agent, event.unwrap());
    }
}

/// The state of the rule that the built-in policy allows; the fake kernel has no hooks.
fn user_namespaces(snapshot: &Snapshot) -> &str {
    let rule = snapshot.rules.iter().find(|r| r.name == "user-namespace");
    &rule.unwrap().state
}

#[tokio::test]
async fn anchors_are_given_to_the_probe_only_when_they_have_changed() {
    let (host, kernel) = (Host::new(), Fake::default());
    let mut agent = host.agent(&kernel);
    let same = Table::resolve(&[], host.0.path()).unwrap();
    let same = Event::Resolved {
        policy: 0,
        table: Ok(Box::new(same)),
    };
    handle(&mut agent, same);
    assert!(kernel.told.borrow().is_empty());
    host.write("srv/data/x", "");
    let path = host.0.path().join("srv/data");
    let other = || {
        let access = Access::Ro;
        let paths = [(0, HostPath { path, access })];
        Ok(Box::new(Table::resolve(&paths, host.0.path()).unwrap()))
    };
    let table = other();
    handle(&mut agent, Event::Resolved { policy: 0, table });
    assert_eq!(*kernel.told.borrow(), ["anchors, podman 0"]);
    // What was looked up for a policy that is no longer in force does not count.
    let table = Ok(Box::new(Table::resolve(&[], host.0.path()).unwrap()));
    handle(&mut agent, Event::Resolved { policy: 7, table });
    assert_eq!(kernel.told.borrow().len(), 1);
}

#[tokio::test]
async fn devices_of_a_new_driver_are_given_to_the_probe() {
    let (host, kernel) = (Host::new(), Fake::default());
    let mut agent = host.agent(&kernel);
    handle(&mut agent, Event::Tick);
    assert!(kernel.told.borrow().is_empty(), "no file, no change");
    host.write("proc/devices", "Character devices:\n236 nvme\n");
    for _ in 0..3 {
        handle(&mut agent, Event::Tick);
    }
    assert_eq!(*kernel.told.borrow(), ["devices [236]"]);
}

#[tokio::test]
async fn a_closed_output_is_a_quiet_end_and_a_full_one_is_not() {
    let (host, kernel) = (Host::new(), Fake::default());
    let mut agent = host.agent(&kernel);
    let failed = |kind: std::io::ErrorKind| Event::OutputFailed(kind.into());
    let end = agent.handle(failed(std::io::ErrorKind::BrokenPipe), Instant::now());
    assert!(end.unwrap().is_break());
    assert!(
        agent
            .handle(failed(std::io::ErrorKind::StorageFull), Instant::now())
            .is_err()
    );
}

#[tokio::test]
async fn a_task_that_ends_ends_the_agent_and_held_lines_are_given_out() {
    let (host, kernel) = (Host::new(), Fake::default());
    host.write("var/run/docker.sock", "");
    let mut agent = host.agent(&kernel);
    denial(&mut agent, sample::host_path());
    let (_events, receiver) = mpsc::channel(1);
    let (_ring, records) = mpsc::channel(1);
    agent.short.shutdown().await;
    let mut tasks = JoinSet::new();
    tasks.spawn(async { Err(anyhow::anyhow!("the ring is gone")) });
    let error = agent.run(receiver, records, &mut tasks).await.unwrap_err();
    assert_eq!(error.to_string(), "the ring is gone");
    assert_eq!(history(&mut agent).len(), 1);
}
