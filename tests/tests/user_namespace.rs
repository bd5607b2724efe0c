//! A contained task makes a user namespace, where the profile does not allow that.

use anyhow::Result;
use bulkhead_tests::{attack::Attack, host::Host, outcome::Outcome, stage::Stage};

use crate::suite::Suite;

pub(crate) fn register(suite: &mut Suite) {
    let attack = |name, argv: &'static [&'static str]| {
        let act = move |_: &Host, stage: &mut Stage| strictly(stage, argv);
        Attack::custom(name, "user-namespace", act).hook("userns_create")
    };
    suite.attacks(vec![
        attack("user_namespace", &["unshare-user"]),
        attack(
            "user_namespace_and_all_others",
            &["unshare-all", "read", "/proc/version"],
        ),
        attack(
            "user_namespace_by_an_orphan",
            &["double-fork", "unshare-user"],
        ),
    ]);
    suite.attacks(inside());
}

/// Under a policy that allows nothing by default.
fn strictly(stage: &mut Stage, argv: &[&str]) -> Result<Outcome> {
    stage.under("contain.allow = []", |stage| {
        stage.resident()?.perform(argv)
    })
}

/// Where it is allowed, what it is good for is not.
fn inside() -> Vec<Attack> {
    let attack = |name, argv: &[&'static str]| {
        let argv = [&["as-root-of-new-user"], argv].concat();
        Attack::actor(name, "mount", &argv)
    };
    vec![
        // CVE-2022-0185 begins so.
        attack("fsopen_as_new_root", &["fsopen", "tmpfs"]).hook("capable"),
        // CVE-2022-0492 begins so.
        attack(
            "mount_cgroup_as_new_root",
            &["mount-fs", "cgroup2", "none", "/tmp/u1"],
        )
        .hook("sb_mount"),
        // CVE-2023-0386 and CVE-2021-3493 begin so.
        attack("mount_overlay_as_new_root", &["mount-overlay", "/tmp/u2"]).hook("sb_mount"),
    ]
}
