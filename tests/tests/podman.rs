//! Podman: no daemon, another runtime, other places on disk.

use std::path::Path;

use anyhow::{Result, ensure};
use bulkhead_tests::{attack::Attack, command, docker, outcome::Outcome};

use crate::suite::Suite;

pub(crate) fn register(suite: &mut Suite) {
    suite.attacks(vec![
        Attack::custom("podman_overlay_of_root", "host-path", |_, _| {
            let options = ["--name", "overlay-of-root", "-v", "/:/x:O"];
            podman(&options, "cat /x/root/bulkhead-secret")
        })
        .in_container("overlay-of-root")
        .reveals(),
        Attack::custom("podman_without_a_cgroup", "host-path", |_, _| {
            let options = ["--cgroups=disabled", "-v", "/root:/x"];
            podman(&options, "cat /x/bulkhead-secret")
        })
        .host_path("/root")
        .reveals(),
    ]);
    suite.innocent("podman_run_with_a_volume", |_, _| {
        let outcome = podman(&["-v", "kept:/d"], "echo hello > /d/x && cat /d/x")?;
        ensure!(outcome.worked(Some("hello")), "{outcome:?}");
        Ok(())
    });
}

fn podman(options: &[&str], script: &str) -> Result<Outcome> {
    import()?;
    let run = ["podman", "run", "--rm", "--network", "none"];
    let command = [docker::ATTACKER, "sh", "-c", script];
    command::run(&[&run[..], options, &command].concat())
}

/// The attacker's root, which Docker's image was made from. Once: it takes seconds.
pub(crate) fn import() -> Result<()> {
    let done = Path::new("/tmp/podman-has-it");
    if !done.exists() {
        let import = format!(
            "tar -C {} -c . | podman import - {}",
            docker::ATTACKER_ROOT,
            docker::ATTACKER
        );
        command::must(&["sh", "-c", &import])?;
        std::fs::write(done, "")?;
    }
    Ok(())
}
