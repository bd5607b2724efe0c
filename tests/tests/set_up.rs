//! What a runtime is led to do to the host while it sets a container up: whether the container is let
//! in afterwards makes no difference to that.

use std::{fs, os::unix::fs::FileTypeExt as _, path::Path};

use anyhow::Result;
use bulkhead_tests::{
    attack::Attack,
    command,
    docker::{self, ATTACKER},
    host::{Host, SECRET},
    outcome::Outcome,
};

use crate::suite::Suite;

const SHARED: &str = "/srv/shared";
const BELOW: &str = "/srv/shared/below";
const NODES: &str = "/srv/nodes";
const NODE: &str = "/tmp/node-of-a-disk";

pub(crate) fn register(suite: &mut Suite) {
    suite.attacks(vec![
        spreads("mount_spreads_to_the_host", "runc"),
        spreads("mount_spreads_to_the_host_by_crun", "crun"),
        Attack::custom("device_node_left_on_the_host", "device", |_, _| {
            let device = format!("--device={NODE}:/x/disk");
            let bind = format!("{NODES}:/x");
            let outcome = run("leaves", &[&device, "-v", &bind])?;
            let left = fs::metadata(Path::new(NODES).join("disk"));
            let is_left = left.is_ok_and(|left| left.file_type().is_block_device());
            Ok(judged(outcome, is_left))
        })
        .after(make_node)
        .in_container("leaves")
        .hook("path_mknod"),
    ]);
}

/// What is mounted on a shared mount of the host's is mounted there as well, and stays.
fn spreads(name: &'static str, runtime: &'static str) -> Attack {
    Attack::custom(name, "mount", move |_, _| {
        let bind = format!("--mount=type=bind,src={SHARED},dst=/h,bind-propagation=rshared");
        let options = ["--runtime", runtime, &bind, "-v", "spread:/h/below"];
        let outcome = run("spreads", &options)?;
        let seen = fs::read_to_string(format!("{BELOW}/secret")).unwrap_or_default();
        command::run(&["umount", "-q", BELOW])?;
        command::must(&["umount", SHARED])?;
        Ok(judged(outcome, seen.contains(SECRET)))
    })
    .after(share)
    .in_container("spreads")
}

fn run(name: &str, options: &[&str]) -> Result<Outcome> {
    let run = ["run", "--rm", "--network=none", "--name", name];
    docker::docker(&[&run[..], options, &[ATTACKER, "true"]].concat())
}

/// It is the host that counts, not what became of the container.
fn judged(outcome: Outcome, worked: bool) -> Outcome {
    Outcome {
        status: i32::from(!worked),
        ..outcome
    }
}

fn share(_: &Host) -> Result<()> {
    fs::create_dir_all(BELOW)?;
    command::must(&["mount", "--bind", SHARED, SHARED])?;
    command::must(&["mount", "--make-shared", SHARED])?;
    docker::must(&["volume", "create", "spread"])?;
    let secret = "/var/lib/docker/volumes/spread/_data/secret";
    Ok(fs::write(secret, SECRET)?)
}

fn make_node(host: &Host) -> Result<()> {
    let _ = fs::remove_dir_all(NODES);
    let _ = fs::remove_file(NODE);
    fs::create_dir_all(NODES)?;
    let disk = host.fact("loop")?;
    command::must(&["cp", "-a", disk, NODE]).map(drop)
}
