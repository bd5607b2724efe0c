//! The runtimes themselves: containers that no Docker knows of.

use anyhow::{Result, ensure};
use bulkhead_tests::{
    attack::Attack,
    bundle::Bundle,
    command,
    host::{Host, SECRET},
    outcome::Outcome,
};

use crate::suite::Suite;

const ANCHORED: &str = "/srv/bundles/one";
const ELSEWHERE: &str = "/opt/elsewhere";

/// The names of one runtime's scenarios.
struct Names {
    runtime: &'static str,
    elsewhere: &'static str,
    binds_etc: &'static str,
    mounts_disk: &'static str,
    mounts: &'static str,
    exec_mounts: &'static str,
}

const RUNC: Names = Names {
    runtime: "runc",
    elsewhere: "runc_bundle_elsewhere",
    binds_etc: "runc_bundle_binds_etc",
    mounts_disk: "runc_bundle_mounts_disk",
    mounts: "runc_container_mounts",
    exec_mounts: "runc_exec_mounts",
};

const CRUN: Names = Names {
    runtime: "crun",
    elsewhere: "crun_bundle_elsewhere",
    binds_etc: "crun_bundle_binds_etc",
    mounts_disk: "crun_bundle_mounts_disk",
    mounts: "crun_container_mounts",
    exec_mounts: "crun_exec_mounts",
};

pub(crate) fn register(suite: &mut Suite) {
    suite.attacks(attacks(&RUNC));
    suite.attacks(attacks(&CRUN));
    suite.attacks(vec![
        Attack::custom("runc_without_pivot_binds_etc", "host-path", |host, _| {
            Bundle::make(&host.actor, ANCHORED, &["/bin/cat", "/tmp/bulkhead-secret"])?
                .mount("bind", "/etc", "/tmp")?
                .run_with("runc", &["--no-pivot"], "without-pivot")
        })
        .host_path("/etc")
        .reveals(),
    ]);
    suite.innocent("runc_bundle_below_anchor", |host, _| innocent(host, "runc"));
    suite.innocent("crun_bundle_below_anchor", |host, _| innocent(host, "crun"));
}

fn attacks(names: &Names) -> Vec<Attack> {
    let runtime = names.runtime;
    vec![
        Attack::custom(names.elsewhere, "host-path", move |host, _| {
            Bundle::make(&host.actor, ELSEWHERE, &["/bin/echo", SECRET])?.run(runtime, "elsewhere")
        })
        .host_path("/opt/elsewhere/rootfs")
        .reveals(),
        Attack::custom(names.binds_etc, "host-path", move |host, _| {
            Bundle::make(&host.actor, ANCHORED, &["/bin/cat", "/tmp/bulkhead-secret"])?
                .mount("bind", "/etc", "/tmp")?
                .run(runtime, "binds-etc")
        })
        .host_path("/etc")
        .reveals(),
        Attack::custom(names.mounts_disk, "block-device", move |host, _| {
            Bundle::make(&host.actor, ANCHORED, &["/bin/cat", "/tmp/bulkhead-secret"])?
                .mount("ext4", host.fact("loop")?, "/tmp")?
                .run(runtime, "mounts-disk")
        })
        .reveals(),
        Attack::custom(names.mounts, "mount", move |host, _| {
            Bundle::make(&host.actor, ANCHORED, &["/actor", "mount-tmpfs", "/tmp"])?
                .run(runtime, "mounts")
        })
        .hook("sb_mount"),
        Attack::custom(names.exec_mounts, "mount", move |host, _| {
            during(host, runtime, |id| {
                command::run(&[runtime, "exec", id, "/actor", "mount-tmpfs", "/tmp"])
            })
        })
        .hook("sb_mount"),
    ]
}

/// What a bundle below an anchored directory does, its `exec` included, is nobody's business.
fn innocent(host: &Host, runtime: &str) -> Result<()> {
    let bundle = Bundle::make(&host.actor, ANCHORED, &["/bin/echo", "hello"])?;
    let outcome = bundle.run(runtime, "innocent")?;
    ensure!(outcome.worked(Some("hello")), "{runtime} run: {outcome:?}");
    let outcome = bundle.run_with(runtime, &["--no-pivot"], "innocent-without-pivot")?;
    ensure!(
        outcome.worked(Some("hello")),
        "{runtime} run --no-pivot: {outcome:?}"
    );
    let outcome = during(host, runtime, |id| {
        command::run(&[runtime, "exec", id, "/bin/echo", "hello"])
    })?;
    ensure!(outcome.worked(Some("hello")), "{runtime} exec: {outcome:?}");
    Ok(())
}

/// While a container of this runtime is there.
fn during(
    host: &Host,
    runtime: &str,
    act: impl FnOnce(&str) -> Result<Outcome>,
) -> Result<Outcome> {
    let id = format!("{runtime}-stays");
    let bundle = Bundle::make(&host.actor, ANCHORED, &["/bin/sleep", "600"])?;
    bundle.start(runtime, &id)?;
    let outcome = act(&id);
    command::must(&[runtime, "delete", "-f", &id])?;
    outcome
}
