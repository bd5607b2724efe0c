//! Many containers at once: each has its own profile from its first program on.

use std::{
    fmt::Write as _,
    fs,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use anyhow::{Result, bail, ensure};
use bulkhead_tests::{
    docker::ATTACKER,
    docker_api::ask,
    host::Host,
    stage::{Phase, Stage},
};
use serde_json::json;

use crate::suite::Suite;

const CONTAINERS: usize = 200;
const PROFILES: usize = 20;
const AT_ONCE: usize = 8;

pub(crate) fn register(suite: &mut Suite) {
    suite.trial(Phase::Policy, "policy::many_containers_at_once", many);
    suite.is_load();
}

fn many(_: &mut Host, stage: &mut Stage) -> Result<()> {
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
    let next = AtomicUsize::new(0);
    let work = || -> Result<()> {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= CONTAINERS {
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
    .map_err(|error| error.context(agent.said()))
}

/// Every tenth asks for what the profile of another allows.
fn one(number: usize) -> Result<()> {
    let own = number % PROFILES;
    let wrong = number % 10 == 9;
    let shown = if wrong { (own + 1) % PROFILES } else { own };
    let name = format!("policy-many-{own}-{number}");
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
