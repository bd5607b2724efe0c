//! A contained task uses files through mounts that are not its container's: by descriptors that
//! were left open or passed, by a working directory outside, by what it watches.

use std::{fs, path::Path};

use anyhow::{Result, ensure};
use bulkhead_tests::{
    attack::Attack,
    command,
    host::{Host, SECRET},
    outcome::Outcome,
    stage::Stage,
};

use crate::suite::Suite;

/// Seen from the host; the containers get there by descriptor 3, the host's `/`.
const LEFT: &str = "/tmp/left";

pub(crate) fn register(suite: &mut Suite) {
    suite.attacks(reading());
    suite.attacks(changing());
    suite.attacks(passed());
    suite.attacks(at_admission());
    let name = "entered_with_a_program_of_the_host";
    suite.innocent_with_privileges(name, |host, stage| {
        enter_with_the_hosts_program(host, stage)
    });
}

/// CVE-2024-21626 leaves the host's root open as a low descriptor.
fn reading() -> Vec<Attack> {
    let attack = |name, argv| Attack::leaky(name, "foreign-file", argv);
    vec![
        attack("leaked_dir_read", &["read-at", "3", "root/bulkhead-secret"])
            .hook("file_open")
            .reveals(),
        attack(
            "leaked_dir_read_by_thread",
            &["clone-thread", "read-at", "3", "root/bulkhead-secret"],
        )
        .hook("file_open")
        .reveals(),
        attack(
            "leaked_dir_through_proc",
            &["read", "/proc/self/fd/3/root/bulkhead-secret"],
        )
        .hook("file_open")
        .reveals(),
        attack(
            "leaked_dir_as_working_dir",
            &["read-below", "3", "etc/../root/bulkhead-secret"],
        )
        .hook("file_open")
        .reveals(),
        attack(
            "leaked_dir_after_unshare",
            &["unshare-mounts", "read-at", "3", "root/bulkhead-secret"],
        )
        .hook("file_open")
        .reveals(),
        attack("leaked_dir_chroot", &["chroot-to", "3"]).hook("path_chroot"),
        attack(
            "leaked_dir_read_by_uring",
            &["uring-read-at", "3", "root/bulkhead-secret"],
        )
        .hook("file_open")
        .by_another()
        .reveals(),
    ]
}

fn changing() -> Vec<Attack> {
    let attack = |name, argv| Attack::leaky(name, "foreign-file", argv).after(leave);
    vec![
        attack("leaked_dir_create", &["create-at", "3", "tmp/left/new"]),
        attack("leaked_dir_unlink", &["unlink-at", "3", "tmp/left/file"]).hook("path_unlink"),
        attack("leaked_dir_rmdir", &["rmdir-at", "3", "tmp/left/dir"]).hook("path_rmdir"),
        attack("leaked_dir_mkdir", &["mkdir-at", "3", "tmp/left/new"]).hook("path_mkdir"),
        attack("leaked_dir_mkfifo", &["mkfifo-at", "3", "tmp/left/new"]).hook("path_mknod"),
        attack("leaked_dir_symlink", &["symlink-at", "3", "tmp/left/new"]).hook("path_symlink"),
        attack(
            "leaked_dir_link",
            &["link-at", "3", "tmp/left/file", "tmp/left/new"],
        )
        .hook("path_link"),
        attack(
            "leaked_dir_rename",
            &["rename-at", "3", "tmp/left/file", "tmp/left/new"],
        )
        .hook("path_rename"),
        attack(
            "leaked_dir_truncate",
            &["truncate-at", "3", "tmp/left/file"],
        )
        .hook("path_truncate"),
        attack("leaked_dir_chmod", &["chmod-at", "3", "tmp/left/file"]).hook("path_chmod"),
        attack("leaked_dir_chown", &["chown-at", "3", "tmp/left/file"]).hook("path_chown"),
        attack(
            "leaked_dir_unlink_by_uring",
            &["uring-unlink-at", "3", "tmp/left/file"],
        )
        .by_another()
        .hook("path_unlink"),
    ]
}

/// Passed by a careless process of the host's, or by the kernel.
fn passed() -> Vec<Attack> {
    let attack = |name, argv| Attack::actor(name, "foreign-file", argv);
    let file = &["read-received", "/v/gift.sock", "/root/bulkhead-secret"];
    let tree = &[
        "read-in-received",
        "/v/gift.sock",
        "root",
        "root/bulkhead-secret",
    ];
    let disk = &["read-received", "/v/gift.sock", "{disk}"];
    let watched = &["fanotify", "/v", "/v/gift.sock", "/root/bulkhead-secret"];
    vec![
        attack("passed_file", file).hook("file_receive").reveals(),
        attack("passed_dir", tree).hook("file_receive").reveals(),
        attack("passed_disk", disk).or("device"),
        attack("fanotify_of_the_filesystem", watched)
            .by_rule("kernel-interface")
            .hook("path_notify")
            .reveals(),
    ]
}

/// The runtimes of these machines refuse `cwd: /proc/self/fd/3` themselves, runc since 1.1.12.
fn at_admission() -> Vec<Attack> {
    vec![
        Attack::custom(
            "entered_with_the_hosts_directory",
            "foreign-file",
            |host, stage| enter(host, stage, "enter-with-directory", "root/bulkhead-secret"),
        )
        .hook("bprm_check_security")
        .reveals(),
    ]
}

/// As with an interpreter that binfmt_misc keeps open, or a runtime's own helper.
fn enter_with_the_hosts_program(host: &Host, stage: &Stage) -> Result<()> {
    let outcome = enter(host, stage, "enter-with-program", "/proc/version")?;
    ensure!(outcome.status == 0, "{outcome:?}");
    Ok(())
}

/// What `docker exec` would be, if it left the host's root open and went there.
fn enter(host: &Host, stage: &Stage, verb: &str, file: &str) -> Result<Outcome> {
    let actor = host.actor.to_string_lossy();
    let cgroup = stage.expand(host, "/sys/fs/cgroup/docker/{other}");
    command::run(&[&actor, verb, host.fact("other-pid")?, &cgroup, file])
}

/// A directory of the host's to leave traces in.
fn leave(_: &Host) -> Result<()> {
    if Path::new(LEFT).exists() {
        fs::remove_dir_all(LEFT)?;
    }
    fs::create_dir_all(format!("{LEFT}/dir"))?;
    fs::write(format!("{LEFT}/file"), SECRET)?;
    Ok(())
}
