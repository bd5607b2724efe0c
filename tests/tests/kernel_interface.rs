//! A contained task, or one that sets a container up, writes a setting of the whole machine.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::Path,
};

use anyhow::Result;
use bulkhead_tests::{
    attack::Attack,
    bundle::Bundle,
    docker,
    host::{ANCHORED, Host},
    outcome::Outcome,
    stage::Stage,
};

use crate::suite::Suite;

const CORE_PATTERN: &str = "/proc/sys/kernel/core_pattern";

pub(crate) fn register(suite: &mut Suite) {
    suite.attacks(settings());
    suite.attacks(by_other_ways());
    suite.attacks(cgroups());
    suite.attacks(of_the_hosts_namespaces());
    suite.attacks(shared_with_the_host());
    suite.attacks(set_up());
}

fn settings() -> Vec<Attack> {
    let attack = |name, argv| Attack::actor(name, "kernel-interface", argv).hook("file_open");
    vec![
        attack("core_pattern", &["rewrite", CORE_PATTERN]),
        attack("modprobe_path", &["rewrite", "/proc/sys/kernel/modprobe"]),
        attack(
            "panic_on_oops",
            &["rewrite", "/proc/sys/kernel/panic_on_oops"],
        ),
        attack("vm_swappiness", &["rewrite", "/proc/sys/vm/swappiness"]),
        attack(
            "fs_protected_links",
            &["rewrite", "/proc/sys/fs/protected_symlinks"],
        ),
        attack("sysrq_trigger", &["write", "/proc/sysrq-trigger", "h"]),
        attack(
            "sysfs_hugepages",
            &[
                "open-writable",
                "/sys/kernel/mm/transparent_hugepage/enabled",
            ],
        ),
        attack(
            "sysfs_module_parameter",
            &["open-writable", "/sys/module/printk/parameters/time"],
        ),
    ]
}

fn by_other_ways() -> Vec<Attack> {
    let attack = |name, argv| Attack::actor(name, "kernel-interface", argv).hook("file_open");
    vec![
        attack("core_pattern_reopened", &["reopen-writable", CORE_PATTERN]),
        attack(
            "core_pattern_by_32_bit_call",
            &["open-writable-32", CORE_PATTERN],
        ),
        attack(
            "core_pattern_by_an_orphan",
            &["double-fork", "rewrite", CORE_PATTERN],
        ),
        attack(
            "core_pattern_in_new_namespaces",
            &["unshare-mounts", "rewrite", CORE_PATTERN],
        ),
    ]
}

fn cgroups() -> Vec<Attack> {
    let attack = |name, argv| Attack::actor(name, "kernel-interface", argv).hook("file_open");
    vec![
        attack(
            "leaves_the_cgroup_by_procs",
            &["write", "/sys/fs/cgroup/cgroup.procs", "0"],
        ),
        attack(
            "joins_another_containers_cgroup",
            &["write", "/sys/fs/cgroup/docker/{other}/cgroup.procs", "0"],
        ),
        attack(
            "thaws_another_container",
            &["write", "/sys/fs/cgroup/docker/{other}/cgroup.freeze", "0"],
        ),
        attack(
            "limits_every_container",
            &["rewrite", "/sys/fs/cgroup/docker/cgroup.max.depth"],
        ),
        // The hosts here have no hierarchy of the first version: an attacker has to mount one.
        attack("release_agent", &["mount-cgroup-1", "/m/v1"])
            .by_rule("mount")
            .hook("sb_mount"),
    ]
}

/// The early container shares the host's network and names.
fn of_the_hosts_namespaces() -> Vec<Attack> {
    let attack = |name, argv| Attack::early(name, "kernel-interface", argv).hook("file_open");
    vec![
        attack(
            "forwarding_of_the_host",
            &["rewrite", "/proc/sys/net/ipv4/ip_forward"],
        ),
        attack(
            "hostname_of_the_host",
            &["rewrite", "/proc/sys/kernel/hostname"],
        ),
        attack("early_container_core_pattern", &["rewrite", CORE_PATTERN]),
    ]
}

/// What the host's own mounts show as well: permissions, cgroups, filesystems.
fn shared_with_the_host() -> Vec<Attack> {
    let attack = |name, argv| Attack::actor(name, "kernel-interface", argv);
    vec![
        attack("chmod_of_sysrq", &["keep-mode", "/proc/sysrq-trigger"]).hook("path_chmod"),
        attack(
            "chown_of_the_hosts_cgroup",
            &["keep-owner", "/sys/fs/cgroup/cgroup.procs"],
        )
        .hook("path_chown"),
        attack(
            "makes_a_cgroup_of_the_host",
            &["make-dir", "/sys/fs/cgroup/made"],
        )
        .hook("path_mkdir"),
        attack("moves_any_process", &["move-into-own-cgroup"]).hook("file_open"),
        attack(
            "oom_score_of_a_host_process",
            &["rewrite", "/proc/{victim}/oom_score_adj"],
        )
        .hook("file_open"),
        attack("freezes_the_hosts_disk", &["freeze-and-thaw", "/v"]).hook("file_ioctl"),
        attack("label_of_the_hosts_disk", &["set-label", "/v"]).hook("file_ioctl"),
        attack("size_of_the_hosts_disk", &["extend-by-nothing", "/v"]).hook("file_ioctl"),
        attack("swaps_to_its_file", &["swap", "/v/swap"]).hook("capable"),
        attack("helper_for_keys", &["request-key", "/v/requested"])
            .hook("key_alloc")
            .reveals()
            .after(helper_for_keys),
        attack("console_of_the_kernels_log", &["console-on"]).hook("syslog"),
        Attack::early(
            "forged_event_of_a_device",
            "kernel-interface",
            &["device-event"],
        )
        .hook("netlink_send"),
        attack("ends_the_hosts_accounting", &["end-accounting"]).hook("capable"),
        attack("sets_the_hosts_audit", &["set-audit"]).hook("capable"),
        Attack::early(
            "hostname_of_the_host_by_call",
            "kernel-interface",
            &["rename-machine"],
        )
        .hook("capable"),
        Attack::early(
            "setting_by_an_old_directory",
            "kernel-interface",
            &[
                "rewrite-after-leaving-the-network",
                "/proc/sys/net/ipv4",
                "ip_default_ttl",
            ],
        )
        .hook("file_open"),
    ]
}

/// CVE-2025-52881, CVE-2022-0811: the runtime, or what it starts, is made to write.
fn set_up() -> Vec<Attack> {
    vec![
        Attack::custom(
            "oci_hook_writes_core_pattern",
            "kernel-interface",
            |host, stage| hooked(host, stage, "runc", &["rewrite", CORE_PATTERN]),
        )
        .hook("file_open"),
        Attack::custom(
            "oci_hook_writes_sysrq",
            "kernel-interface",
            |host, stage| {
                let act = ["write", "/proc/sysrq-trigger", "h"];
                hooked(host, stage, "crun", &act)
            },
        )
        .hook("file_open"),
        Attack::custom(
            "oci_hook_opens_by_uring",
            "kernel-interface",
            |host, stage| {
                let act = ["uring-open-writable", CORE_PATTERN];
                hooked(host, stage, "crun", &act)
            },
        )
        .hook("file_open"),
    ]
}

fn hooked(host: &Host, stage: &Stage, runtime: &str, act: &[&str]) -> Result<Outcome> {
    let id = format!("{runtime}-{}", stage.named("hooked"));
    let program = host.actor.to_string_lossy();
    Bundle::make(&host.actor, &format!("{ANCHORED}/hooked"), &["/bin/true"])?
        .hook("createRuntime", &[&[&*program], act].concat())?
        .run(runtime, &id)
}

/// What the kernel runs where it has no key.
fn helper_for_keys(_: &Host) -> Result<()> {
    let helper = Path::new("/sbin/request-key");
    let left = Path::new(docker::VOLUME_DIR).join("requested");
    if left.exists() {
        fs::remove_file(&left)?;
    }
    let copy = format!("#!/bin/sh\ncp /root/bulkhead-secret {}\n", left.display());
    fs::write(helper, copy)?;
    fs::set_permissions(helper, Permissions::from_mode(0o755))?;
    Ok(())
}
