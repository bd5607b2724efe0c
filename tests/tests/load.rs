//! Many containers at once: each has its own profile from its first program on.

use std::{
    fmt::Write as _,
    fs,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use anyhow::{Context, Result, bail, ensure};
use bulkhead_tests::{
    command,
    docker::ATTACKER,
    docker_api::ask,
    host::Host,
    record::Expected,
    stage::{Phase, Stage},
};
use serde_json::{Value, json};

use crate::suite::Suite;

const SOME: usize = 30;
const MANY: usize = 200;
const PROFILES: usize = 20;
const AT_ONCE: usize = 8;

pub(crate) fn register(suite: &mut Suite) {
    let at_once = |count| move |_: &mut Host, stage: &mut Stage| at_once(stage, count);
    suite.trial(
        Phase::Policy,
        "policy::some_containers_at_once",
        at_once(SOME),
    );
    suite.takes_long(1);
    suite.trial(
        Phase::Policy,
        "policy::many_containers_at_once",
        at_once(MANY),
    );
    suite.is_load();
}

fn at_once(stage: &Stage, count: usize) -> Result<()> {
    let mut policy = String::new();
    for number in 0..PROFILES {
        fs::create_dir_all(format!("/srv/many/{number}"))?;
        let _ = write!(
            policy,
            "[[profile]]\nname = \"many-{number}\"\n\
             host_paths = [{{ path = \"/srv/many/{number}\", access = \"rw\" }}]\n\
             [[assign]]\nname = \"policy-many-{number}-*\"\nprofile = \"many-{number}\"\n"
        );
    }
    let agent = stage.ruled_by(&policy)?;
    let (since, late) = (agent.now(), late()?);
    let next = AtomicUsize::new(0);
    let work = || -> Result<()> {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count {
                return Ok(());
            }
            one(number)?;
        }
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(work)).collect();
        let mut ends = threads.into_iter().map(|thread| thread.join());
        ends.try_for_each(|end| end.unwrap_or_else(|_| bail!("a thread panicked")))
    })
    .map_err(|error| error.context(agent.said()))?;
    for number in (0..count).filter(|number| is_wrong(*number)) {
        let (name, own) = (name(number), number % PROFILES);
        let expected = Expected {
            verdict: "denied",
            rules: &["host-path"],
            container: Some(&name),
            profile: Some(&format!("many-{own}")),
            ..Expected::default()
        };
        agent.denial(since, &expected)?;
    }
    let now = self::late()?;
    ensure!(now == late, "{} were late", now - late);
    Ok(())
}

/// How many had their profile only after their first programs may have run.
fn late() -> Result<u64> {
    let status = command::must(&["bulkhead", "status", "-o", "json"])?;
    let status: Value = serde_json::from_str(&status)?;
    status["counters"]["late"].as_u64().context("no counter")
}

fn name(number: usize) -> String {
    format!("policy-many-{}-{number}", number % PROFILES)
}

/// Every tenth asks for what the profile of another allows.
fn is_wrong(number: usize) -> bool {
    number % 10 == 9
}

fn one(number: usize) -> Result<()> {
    let (own, wrong) = (number % PROFILES, is_wrong(number));
    let shown = if wrong { (own + 1) % PROFILES } else { own };
    let name = name(number);
    let settings = json!({
        "Image": ATTACKER,
        "Cmd": ["true"],
        "HostConfig": {
            "Binds": [format!("/srv/many/{shown}:/tmp")],
            "NetworkMode": "none",
            "Runtime": "crun",
        },
    });
    let path = format!("/containers/create?name={name}");
    let created = ask("POST", &path, &settings.to_string())?;
    ensure!(created.status == 201, "{name}: {created:?}");
    let started = ask("POST", &format!("/containers/{name}/start"), "")?;
    // crun does not wait for the container's program, so its refusal may be its end.
    let ended = ask("POST", &format!("/containers/{name}/wait"), "")?;
    let worked = started.status == 204 && ended.body.contains("\"StatusCode\":0");
    ensure!(worked || wrong, "{name}: {started:?}, {ended:?}");
    ensure!(
        !(worked && wrong),
        "{name} SUCCEEDED: {started:?}, {ended:?}"
    );
    let removed = ask("DELETE", &format!("/containers/{name}?force=1"), "")?;
    ensure!(removed.status == 204, "{name}: {removed:?}");
    Ok(())
}
