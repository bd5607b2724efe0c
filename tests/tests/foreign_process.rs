//! A contained task reaches into a process outside its container.

use std::{
    fs::File,
    io::{BufRead, BufReader},
};

use anyhow::{Result, ensure};
use bulkhead_tests::{
    attack::Attack,
    bundle::Bundle,
    command,
    host::{ANCHORED, Host},
    outcome::Outcome,
    stage::Stage,
};

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
    suite.attacks(settings());
    suite.attacks(set_up());
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
        attack("signals_by_owner", &["own-signals-of", "{victim}"]).hook("file_fcntl"),
        attack("signals_by_owner_32", &["own-signals-of-32", "{victim}"]).hook("file_fcntl"),
        attack(
            "signals_by_owner_of_a_socket",
            &["own-signals-of-by-ioctl", "{victim}"],
        )
        .hook("file_ioctl"),
    ]
}

/// What a process has already is set: nothing changes.
fn settings() -> Vec<Attack> {
    let attack = |name, verb| Attack::actor(name, "foreign-process", &[verb, "{victim}"]);
    vec![
        attack("nice_value_of_another", "keep-nice").hook("task_setnice"),
        attack("io_priority_of_another", "keep-io-priority").hook("task_setioprio"),
        attack("processors_of_another", "keep-affinity").hook("task_setscheduler"),
        attack("limit_of_another", "keep-limit").hook("task_setrlimit"),
    ]
}

/// A runtime's task that sets another container up (CVE-2019-5736 and its kin).
fn set_up() -> Vec<Attack> {
    let attack = |name, argv: &'static [&'static str]| {
        let act = move |host: &Host, stage: &mut Stage| during_set_up(host, stage, argv);
        Attack::custom(name, "foreign-process", act)
    };
    vec![
        attack("set_up_is_traced", &["ptrace-seize", "{set-up}"]).hook("ptrace_access_check"),
        attack(
            "root_of_set_up",
            &["read", "/proc/{set-up}/root/root/bulkhead-secret"],
        )
        .hook("ptrace_access_check")
        .reveals(),
        attack("set_up_is_signalled", &["kill", "{set-up}", "CONT"]).hook("task_kill"),
    ]
}

/// While a hook of a runtime is at work, which says its pid and stays.
fn during_set_up(host: &Host, stage: &mut Stage, argv: &[&str]) -> Result<Outcome> {
    const SAYS: &str = "echo $$; exec sleep 60";
    const FIFO: &str = "/tmp/set-up";
    let id = stage.named("being-set-up");
    let hook = format!("exec > {FIFO}; {SAYS}");
    let bundle = Bundle::make(&host.actor, &format!("{ANCHORED}/set-up"), &["/bin/true"])?
        .hook("createRuntime", &["/bin/sh", "-c", &hook])?;
    command::must(&["sh", "-c", &format!("rm -f {FIFO}; mkfifo {FIFO}")])?;
    let mut runtime = bundle.spawn("crun", &id)?;
    let mut pid = String::new();
    BufReader::new(File::open(FIFO)?).read_line(&mut pid)?;
    let argv: Vec<String> = argv
        .iter()
        .map(|word| word.replace("{set-up}", pid.trim()))
        .collect();
    let outcome = stage.resident()?.perform(&argv);
    command::must(&["kill", "-KILL", pid.trim()])?;
    runtime.wait()?;
    outcome
}

fn own_child(_: &mut Host, stage: &mut Stage) -> Result<()> {
    let outcome = stage.resident()?.perform(&["ptrace-own-child"])?;
    ensure!(outcome.status == 0, "{outcome:?}");
    Ok(())
}
