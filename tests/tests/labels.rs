//! A contained task tries to be something else: another task, another cgroup, an earlier container.

use bulkhead_tests::attack::{Attack, Way};

use crate::suite::Suite;

pub(crate) fn register(suite: &mut Suite) {
    suite.attacks(by_other_means());
    suite.attacks(started_before_the_agent());
    suite.attacks(entered_by_docker_exec());
}

fn by_other_means() -> Vec<Attack> {
    let attack = |name, argv| Attack::actor(name, "mount", argv);
    vec![
        attack(
            "mount_by_a_thread",
            &["clone-thread", "mount-tmpfs", "/m/j"],
        ),
        attack(
            "mount_by_an_orphan",
            &["double-fork", "mount-tmpfs", "/m/k"],
        ),
        attack(
            "mount_after_leaving_the_cgroup",
            &["leave-cgroup", "/sys/fs/cgroup", "mount-tmpfs", "/m/l"],
        ),
        attack(
            "orphan_after_leaving_the_cgroup",
            &[
                "leave-cgroup",
                "/sys/fs/cgroup",
                "double-fork",
                "umount",
                "/t8",
            ],
        ),
        attack(
            "mount_after_a_fork_for_want_of_processes",
            &[
                "after-failed-fork",
                "processes",
                "mount-tmpfs",
                "/m/failed-fork",
            ],
        ),
        attack(
            "mount_after_a_thread_for_want_of_threads",
            &[
                "after-failed-fork",
                "threads",
                "mount-tmpfs",
                "/m/failed-thread",
            ],
        ),
        attack(
            "mount_after_a_user_namespace_that_is_not_to_be_had",
            &[
                "after-failed-fork",
                "user-namespace",
                "mount-tmpfs",
                "/m/failed-user",
            ],
        ),
        attack(
            "orphan_after_a_fork_for_want_of_processes",
            &[
                "after-failed-fork",
                "processes",
                "double-fork",
                "mount-tmpfs",
                "/m/failed-orphan",
            ],
        ),
        attack(
            "mount_in_new_mounts",
            &["unshare-mounts", "mount-tmpfs", "/m/m"],
        ),
        attack(
            "mount_in_new_namespaces",
            &["unshare-all", "mount-tmpfs", "/m/n"],
        ),
    ]
}

fn started_before_the_agent() -> Vec<Attack> {
    let attack =
        |name, rule, argv: &[&'static str]| Attack::new(name, rule, Way::EarlyActor(argv.to_vec()));
    vec![
        attack("early_container_mounts", "mount", &["mount-tmpfs", "/m/a"]),
        attack(
            "early_container_by_a_thread",
            "mount",
            &["clone-thread", "mount-tmpfs", "/m/b"],
        ),
        attack(
            "early_container_by_an_orphan",
            "mount",
            &["double-fork", "mount-tmpfs", "/m/c"],
        ),
        attack(
            "early_container_after_a_failed_fork",
            "mount",
            &[
                "after-failed-fork",
                "processes",
                "mount-tmpfs",
                "/m/early-failed",
            ],
        ),
        attack(
            "early_container_leaves_the_cgroup",
            "mount",
            &["leave-cgroup", "/sys/fs/cgroup", "mount-tmpfs", "/m/d"],
        ),
        attack(
            "early_container_enters_init",
            "namespace-file",
            &["setns-received", "/v/gift.sock", "mnt"],
        ),
        attack(
            "early_container_traces",
            "foreign-process",
            &["ptrace-seize", "{victim}"],
        ),
    ]
}

fn entered_by_docker_exec() -> Vec<Attack> {
    let attack = |name, options: &[&'static str]| {
        let argv = vec!["mount-tmpfs", "/m/exec"];
        Attack::new(name, "mount", Way::DockerExec(options.to_vec(), argv))
    };
    vec![
        attack("docker_exec_mounts", &[]),
        attack("docker_exec_privileged_mounts", &["--privileged"]),
    ]
}
