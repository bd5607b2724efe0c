//! `bulkhead reload` and `bulkhead try`.

use std::{path::PathBuf, time::Duration};

use super::*;
use crate::{
    agent::Origin,
    policy,
    socket::{Answer, Applied, Reply, Try},
};

type Waiting = oneshot::Receiver<Answer<Applied>>;

fn asked(agent: &mut Agent<Fake>, event: impl FnOnce(Reply<Applied>) -> Event) -> Waiting {
    let (reply, answer) = oneshot::channel();
    handle(agent, event(reply));
    answer
}

#[track_caller]
fn given(mut answer: Waiting) -> Applied {
    match answer.try_recv().unwrap() {
        Answer::Given(applied) => applied,
        Answer::Refused(refused) => panic!("{refused:?}"),
    }
}

#[track_caller]
fn refused(mut answer: Waiting) -> String {
    match answer.try_recv().unwrap() {
        Answer::Refused(refused) => refused.error,
        Answer::Given(applied) => panic!("{applied:?}"),
    }
}

/// An agent whose own policy is the built-in one.
fn agent(host: &Host) -> Agent<Fake> {
    agent_on(host, &Fake::default())
}

fn agent_on(host: &Host, kernel: &Fake) -> Agent<Fake> {
    let mut agent = host.agent(kernel);
    agent.reload = Arc::new(|origin| match origin {
        Origin::Disk => Ok(Policy::default()),
        Origin::Text { path, text } => {
            policy::load_text((path, text), None, std::path::Path::new("/"))
        }
    });
    agent
}

fn trial(text: &str) -> Try {
    Try {
        path: PathBuf::from("/root/new.toml"),
        text: text.to_owned(),
        seconds: 600,
    }
}

/// Puts a policy on trial.
async fn on_trial(agent: &mut Agent<Fake>, text: &str) -> Applied {
    let answer = asked(agent, |reply| Event::Try(trial(text), reply));
    settle(agent).await;
    given(answer)
}

async fn tick(agent: &mut Agent<Fake>, after: u64) {
    let now = Instant::now() + Duration::from_secs(after);
    assert!(agent.handle(Event::Tick, now).unwrap().is_continue());
    settle(agent).await;
}

const AUDIT: &str = "mode = \"audit\"";

#[tokio::test]
async fn who_asks_for_a_reload_is_told_what_is_different() {
    let host = Host::new();
    let mut agent = host.agent(&Fake::default());
    let answer = asked(&mut agent, |reply| Event::Reload(Some(reply)));
    settle(&mut agent).await;
    let applied = given(answer);
    assert_eq!(applied.summary, "auditing (0 hooks)");
    assert_eq!(applied.change.mode, Some((Mode::Enforce, Mode::Audit)));
    assert_eq!(applied.change.changed, ["baseline"]);
    assert_eq!(applied.change.containers, 1);
    assert_eq!(applied.home, "/etc/bulkhead/policy.toml");
    let again = asked(&mut agent, |reply| Event::Reload(Some(reply)));
    settle(&mut agent).await;
    assert!(given(again).change.is_nothing());
}

#[tokio::test]
async fn a_wrong_policy_is_3_with_its_place() {
    let host = Host::new();
    let mut agent = host.agent(&Fake::default());
    agent.reload = Arc::new(|_| Err(wrong()));
    let mut answer = asked(&mut agent, |reply| Event::Reload(Some(reply)));
    settle(&mut agent).await;
    let Answer::Refused(refused) = answer.try_recv().unwrap() else {
        panic!()
    };
    assert_eq!(refused.exit, Some(3));
    assert!(refused.hint.is_some());
    let error = "the policy in force stays: /p.toml:2:1: unknown key `mdoe`, did you mean `mode`?\n\
                 2 | mdoe = 1\n  | ^^^^";
    assert_eq!(refused.error, error);
}

#[tokio::test]
async fn nothing_is_refused_for_a_while() {
    let host = Host::new();
    let mut agent = agent(&host);
    let answer = asked(&mut agent, |reply| Event::Audit(60, reply));
    settle(&mut agent).await;
    let applied = given(answer);
    assert_eq!(applied.summary, "auditing (0 hooks)");
    assert_eq!(applied.trial.unwrap().policy, "audit mode");
    let again = refused(asked(&mut agent, |reply| Event::Audit(60, reply)));
    assert!(again.contains("audit mode is on trial"), "{again}");
    tick(&mut agent, 61).await;
    let after = status(&mut agent);
    assert_eq!((after.state, after.trial), (State::Enforcing, None));
}

#[tokio::test]
async fn a_trial_ends_by_itself() {
    let host = Host::new();
    let mut agent = agent(&host);
    let applied = on_trial(&mut agent, AUDIT).await;
    assert_eq!(applied.policy.as_deref(), Some("/root/new.toml"));
    let left = applied.trial.unwrap().seconds_left;
    assert!((598..=600).contains(&left), "{left}");
    tick(&mut agent, 590).await;
    let during = status(&mut agent);
    assert_eq!(during.state, State::Auditing);
    assert_eq!(during.trial.unwrap().policy, "/root/new.toml");
    tick(&mut agent, 601).await;
    let after = status(&mut agent);
    assert_eq!((after.state, after.trial), (State::Enforcing, None));
    assert_eq!(after.policy, None);
}

#[tokio::test]
async fn what_is_confirmed_stays() {
    let host = Host::new();
    let mut agent = agent(&host);
    on_trial(&mut agent, AUDIT).await;
    let confirmed = given(asked(&mut agent, Event::Confirm));
    assert_eq!(confirmed.trial, None);
    assert_eq!(confirmed.policy.as_deref(), Some("/root/new.toml"));
    tick(&mut agent, 700).await;
    assert_eq!(status(&mut agent).state, State::Auditing);
    let again = asked(&mut agent, Event::Confirm);
    assert_eq!(refused(again), "no policy is on trial");
}

#[tokio::test]
async fn what_is_cancelled_is_taken_back_at_once() {
    let host = Host::new();
    let mut agent = agent(&host);
    on_trial(&mut agent, AUDIT).await;
    let answer = asked(&mut agent, Event::Cancel);
    // From here on it is too late.
    let late = asked(&mut agent, Event::Confirm);
    assert_eq!(refused(late), "the trial is over");
    settle(&mut agent).await;
    assert_eq!(given(answer).trial, None);
    assert_eq!(status(&mut agent).state, State::Enforcing);
    let again = asked(&mut agent, Event::Cancel);
    settle(&mut agent).await;
    assert!(refused(again).ends_with("no policy is on trial"));
}

#[tokio::test]
async fn a_reload_ends_a_trial() {
    let host = Host::new();
    let mut agent = agent(&host);
    on_trial(&mut agent, AUDIT).await;
    handle(&mut agent, Event::Reload(None));
    settle(&mut agent).await;
    let after = status(&mut agent);
    assert_eq!((after.state, after.trial), (State::Enforcing, None));
    on_trial(&mut agent, AUDIT).await;
    agent.reload = Arc::new(|_| Err(wrong()));
    handle(&mut agent, Event::Reload(None));
    settle(&mut agent).await;
    assert!(status(&mut agent).trial.is_some(), "a wrong one does not");
}

#[tokio::test]
async fn a_wrong_trial_changes_nothing() {
    let host = Host::new();
    let mut agent = agent(&host);
    let answer = asked(&mut agent, |reply| Event::Try(trial("mdoe = 1"), reply));
    settle(&mut agent).await;
    assert!(refused(answer).contains("/root/new.toml:1:1: unknown key"));
    assert_eq!(status(&mut agent).trial, None);
}

#[tokio::test]
async fn one_trial_after_the_other_goes_back_to_before_both() {
    let host = Host::new();
    let mut agent = agent(&host);
    // Asked for at the same time, done in order.
    let first = asked(&mut agent, |reply| Event::Try(trial(AUDIT), reply));
    let profile = "[[profile]]\nname = \"ci\"";
    let second = asked(&mut agent, |reply| Event::Try(trial(profile), reply));
    settle(&mut agent).await;
    assert!(given(first).change.mode.is_some());
    assert_eq!(given(second).change.added, ["ci"]);
    let answer = asked(&mut agent, Event::Cancel);
    settle(&mut agent).await;
    let back = given(answer);
    assert_eq!(
        (back.policy, back.change.removed),
        (None, vec!["ci".into()])
    );
}

#[tokio::test]
async fn host_paths_that_are_gone_do_not_keep_a_trial_in_force() {
    let host = Host::new();
    host.write("srv/data/x", "");
    let path = host.0.path().join("srv/data");
    let mut agent = agent(&host);
    let text = format!(
        "[[profile]]\nname = \"baseline\"\nhost_paths = [{{ path = {:?} }}]",
        path.display()
    );
    on_trial(&mut agent, &text).await;
    assert!(given(asked(&mut agent, Event::Confirm)).trial.is_none());
    on_trial(&mut agent, AUDIT).await;
    fs::remove_dir_all(&path).unwrap();
    tick(&mut agent, 601).await;
    let after = status(&mut agent);
    assert_eq!((after.state, after.trial), (State::Enforcing, None));
}

#[tokio::test]
async fn what_cannot_be_taken_back_is_tried_again() {
    let (host, kernel) = (Host::new(), Fake::default());
    let mut agent = agent_on(&host, &kernel);
    on_trial(&mut agent, AUDIT).await;
    kernel.is_broken.set(true);
    let answer = asked(&mut agent, Event::Cancel);
    settle(&mut agent).await;
    assert!(refused(answer).contains("the policy in force stays"));
    tick(&mut agent, 601).await;
    let trial = status(&mut agent).trial.unwrap();
    assert!(trial.failure.unwrap().contains("PROFILES"));
    kernel.is_broken.set(false);
    tick(&mut agent, 602).await;
    let after = status(&mut agent);
    assert_eq!((after.state, after.trial), (State::Enforcing, None));
}
