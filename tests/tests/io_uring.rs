//! The same acts through `io_uring`: inline, and by the kernel's worker threads.

use bulkhead_tests::attack::Attack;

use crate::suite::Suite;

const CORE_PATTERN: &str = "/proc/sys/kernel/core_pattern";

pub(crate) fn register(suite: &mut Suite) {
    // The kernel may hand any of them to a worker, which has a name of its own.
    let attack = |name, argv| {
        Attack::actor(name, "kernel-interface", argv)
            .hook("file_open")
            .by_another()
    };
    suite.attacks(vec![
        attack(
            "core_pattern_by_uring",
            &["uring-open-writable", CORE_PATTERN],
        ),
        attack(
            "core_pattern_by_uring_worker",
            &["uring-open-writable-by-worker", CORE_PATTERN],
        ),
    ]);
}
