//! A contained task reaches into a process outside its container.

use anyhow::{Result, ensure};
use bulkhead_tests::{attack::Attack, stage::Stage};

use crate::suite::Suite;

pub(crate) fn register(suite: &mut Suite) {
    suite.attacks(vec![
        Attack::docker(
            "root_of_init",
            &["--privileged", "--pid=host"],
            "chroot /proc/1/root cat /root/bulkhead-secret",
        )
        .by_rule("foreign-process"),
    ]);
    suite.attacks(through_proc());
    suite.attacks(through_calls());
    suite.attacks(signals());
    suite.innocent("debugger_in_container", own_child);
}

fn through_proc() -> Vec<Attack> {
    let attack = |name, argv| {
        Attack::actor(name, "foreign-process", argv)
            .hook("ptrace_access_check")
            .reveals()
    };
    let memory = &[
        "proc-mem",
        "{victim}",
        "{victim-address}",
        "{victim-length}",
    ];
    vec![
        attack("proc_root", &["read", "/proc/1/root/root/bulkhead-secret"]),
        attack(
            "proc_cwd",
            &["read", "/proc/{victim}/cwd/root/bulkhead-secret"],
        ),
        attack("proc_fd", &["read", "/proc/{victim}/fd/{victim-fd}"]),
        attack("proc_environ", &["read", "/proc/{victim}/environ"]),
        attack("proc_mem", memory),
        attack(
            "environ_of_other_container",
            &["read", "/proc/{other-pid}/environ"],
        ),
    ]
}

fn through_calls() -> Vec<Attack> {
    let attack =
        |name, argv| Attack::actor(name, "foreign-process", argv).hook("ptrace_access_check");
    let memory = &[
        "process-vm-read",
        "{victim}",
        "{victim-address}",
        "{victim-length}",
    ];
    vec![
        attack("exe_link", &["readlink", "/proc/{victim}/exe"]),
        attack("ptrace_seize", &["ptrace-seize", "{victim}"]),
        attack("ptrace_other_container", &["ptrace-seize", "{other-pid}"]),
        attack("process_vm_readv", memory).reveals(),
        attack("pidfd_getfd", &["pidfd-getfd", "{victim}", "{victim-fd}"]).reveals(),
        attack("kcmp", &["kcmp", "1", "{victim}"]),
    ]
}

fn signals() -> Vec<Attack> {
    let attack = |name, argv| Attack::actor(name, "foreign-process", argv).hook("task_kill");
    vec![
        attack("signal_to_host_process", &["kill", "{victim}", "CONT"]),
        attack("signal_to_agent", &["kill", "{agent}", "CONT"]),
        attack(
            "signal_to_agent_by_pidfd",
            &["pidfd-kill", "{agent}", "CONT"],
        ),
    ]
}

fn own_child(_: &mut bulkhead_tests::host::Host, stage: &mut Stage) -> Result<()> {
    let outcome = stage.resident()?.perform(&["ptrace-own-child"])?;
    ensure!(outcome.status == 0, "{outcome:?}");
    Ok(())
}
