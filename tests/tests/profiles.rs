//! Containers get the profile that the policy assigns to them, and no other.

use std::{fs, path::Path};

use anyhow::{Result, ensure};
use bulkhead_tests::{
    agent::Agent,
    docker::{self, ATTACKER, docker},
    host::{Host, SECRET},
    record::Expected,
    resident::Resident,
    stage::{Phase, Stage},
};

use crate::suite::Suite;

const POLICY: &str = "/tmp/profiles.toml";
const SHARED: &str = "/srv/assigned";
const TEXT: &str = r#"
[[profile]]
name = "files"
host_paths = [{ path = "/srv/assigned" }]

[[profile]]
name = "trusted"
extends = "files"
capabilities.add = ["ALL"]
host_namespaces = ["pid"]
kernel_filesystems = ["sysfs", "cgroup", "cgroup2"]
proc_mount = "unmasked"

[[profile]]
name = "mounts"
extends = "trusted"
contain.allow = ["mount"]

[[assign]]
label.role = "watched"
profile = "baseline"
mode = "audit"

[[assign]]
label.role = "mounts"
profile = "mounts"

[[assign]]
label.role = "trusted"
profile = "trusted"

[[assign]]
name = "policy-by-name-*"
profile = "files"

[[assign]]
image = "busybox"
profile = "files"
"#;

pub(crate) fn register(suite: &mut Suite) {
    suite.trial(Phase::Policy, "policy::profiles_are_assigned", assigned);
    suite.trial(
        Phase::Alone,
        "alone::profiles_change_while_containers_run",
        changed,
    );
}

fn assigned(_: &mut Host, stage: &mut Stage) -> Result<()> {
    prepare()?;
    let agent = stage.ruled_by(TEXT)?;
    let mounts = ["-v", "/srv/assigned:/tmp:ro"];
    let reads = |name: &str, options: &[&str], image: &str| -> Result<bool> {
        let run = ["run", "--rm", "--network", "none", "--name", name];
        let act = [image, "cat", "/tmp/secret"];
        let outcome = docker(&[&run[..], &mounts, options, &act].concat())?;
        Ok(outcome.worked(Some(SECRET)))
    };
    ensure!(
        reads("policy-by-name-1", &[], ATTACKER)?,
        "by its name: {}",
        agent.printed()
    );
    ensure!(
        reads("policy-by-image", &[], "busybox")?,
        "by its image: {}",
        agent.printed()
    );
    let label = ["--label", "role=mounts"];
    ensure!(
        reads("policy-by-label", &label, ATTACKER)?,
        "by its label: {}",
        agent.printed()
    );
    let writable = ["-v", "/srv/assigned:/other:rw"];
    let runs = |name: &str, options: &[&str]| reads(name, options, ATTACKER);
    ensure!(
        !runs("policy-by-name-2", &writable)?,
        "SUCCEEDED though writable"
    );
    ensure!(!runs("policy-by-nothing", &[])?, "SUCCEEDED by nothing");
    ensure!(
        !runs("policy-by-wrong", &["--label", "role=mount"])?,
        "SUCCEEDED by another label"
    );
    refused(agent, "policy-by-nothing", "denied", "baseline")?;
    refused(agent, "policy-by-name-2", "denied", "files")?;
    let watched = ["--label", "role=watched"];
    ensure!(
        runs("policy-watched", &watched)?,
        "in audit mode: {}",
        agent.printed()
    );
    refused(agent, "policy-watched", "audited", "baseline")?;

    let umounts = |label: &str| {
        let run = [
            "run",
            "--rm",
            "--network",
            "none",
            "--privileged",
            "--label",
            label,
        ];
        docker(&[&run[..], &[ATTACKER, "umount", "/dev/shm"]].concat())
    };
    ensure!(
        umounts("role=mounts")?.status == 0,
        "with `mount` allowed: {}",
        agent.printed()
    );
    ensure!(
        umounts("role=trusted")?.status != 0,
        "SUCCEEDED: `mount` is not allowed to all"
    );
    Ok(())
}

/// A container keeps up with the policy, and with an agent that starts while it runs.
fn changed(_: &mut Host, _: &mut Stage) -> Result<()> {
    const MOUNT: [&str; 2] = ["mount-tmpfs", "/m"];
    prepare()?;
    fs::write(POLICY, TEXT)?;
    let options = ["--network=none", "--label=role=mounts"];
    let mut resident = Resident::start(docker::privileged_actor("alone-changing", &options))?;
    let agent = Agent::start(&["--policy", POLICY])?;
    let outcome = resident.perform(&MOUNT)?;
    ensure!(
        outcome.status == 0,
        "it was there before: {outcome:?}\n{}",
        agent.printed()
    );
    fs::write(POLICY, TEXT.replace(r#"contain.allow = ["mount"]"#, ""))?;
    agent.reload("policy read again")?;
    ensure!(
        resident.perform(&MOUNT)?.status != 0,
        "SUCCEEDED after the profile had lost it"
    );
    fs::write(
        POLICY,
        TEXT.replace("role = \"mounts\"", "role = \"other\""),
    )?;
    agent.reload("policy read again")?;
    ensure!(
        resident.perform(&MOUNT)?.status != 0,
        "SUCCEEDED with another profile"
    );
    refused(&agent, "alone-changing", "denied", "baseline")?;
    fs::write(POLICY, TEXT)?;
    agent.reload("policy read again")?;
    let outcome = resident.perform(&MOUNT)?;
    ensure!(
        outcome.status == 0,
        "it has its profile again: {outcome:?}\n{}",
        agent.printed()
    );
    agent.stop()?;
    drop(resident);
    docker::remove("alone-")
}

fn prepare() -> Result<()> {
    fs::create_dir_all(SHARED)?;
    fs::write(Path::new(SHARED).join("secret"), SECRET)?;
    docker::remove("alone-")
}

/// There is a record of this container that names this profile.
fn refused(agent: &Agent, container: &str, verdict: &str, profile: &str) -> Result<()> {
    let expected = Expected {
        verdict,
        rules: &["host-path", "mount"],
        container: Some(container),
        profile: Some(profile),
        ..Expected::default()
    };
    agent.denial(0, &expected).map(drop)
}
