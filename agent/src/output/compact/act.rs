//! What was tried, in a few words that begin with the system call.

use crate::denials::{Denial, Target};

const AF_ALG: u32 = 38;
const TIOCSTI: u32 = 0x5412;
const TIOCLINUX: u32 = 0x541c;
const TIOCCONS: u32 = 0x541d;

/// What was tried.
pub fn act(denial: &Denial) -> String {
    let target = &denial.target;
    let call = denial.syscall.as_deref().unwrap_or(&denial.hook);
    let fs = or_nothing(target.fs.as_ref(), |fs| format!(" ({fs})"));
    let path = target.path.as_deref();
    match denial.rule.as_str() {
        "capabilities" | "host-namespace" | "kernel-filesystem" | "proc-mount" | "seccomp"
        | "no-new-privs" | "root-user" => admission(denial),
        "host-path" => {
            let from = target.host_path.as_deref().unwrap_or("?");
            format!("{from} → {}{fs}", path.unwrap_or("?"))
        }
        "block-device" => {
            let dev = target.dev.as_deref().unwrap_or("?");
            let from = or_nothing(target.host_path.as_ref(), |p| format!(" {p}"));
            format!("device {dev}{from} → {}{fs}", path.unwrap_or("?"))
        }
        "mount" => {
            let source = or_nothing(target.source.as_ref(), |s| format!(" {s}"));
            let to = or_nothing(path, |p| format!(" → {p}"));
            format!("{call}{source}{to}{fs}")
        }
        "setns" => {
            let to = or_nothing(target.namespace, |n| format!(" to namespace {n}"));
            format!("{call}{to}")
        }
        "namespace-file" => {
            let of = or_nothing(target.namespace, |n| format!(" of namespace {n}"));
            format!("{call}{of}{}", or_nothing(path, |p| format!(" {p}")))
        }
        "foreign-file" => {
            let of = target.host_path.as_deref().unwrap_or("file");
            format!("{call} of foreign {of}{fs}")
        }
        "kernel-interface" => match path {
            Some(path) => format!("{call} of {path}{fs} for writing"),
            None => format!("{call}{}", interface(denial)),
        },
        "device" => format!("{call}{}", device(target)),
        "runtime-socket" => {
            let socket = target.socket.as_deref().unwrap_or("a socket of the host");
            format!("{call} → {socket}")
        }
        "kernel-code" => format!("{call}{}", kernel_code(denial)),
        "user-namespace" => format!("{call} makes a user namespace"),
        "crypto-socket" => match target.detail {
            Some(AF_ALG) | None => format!("{call} of family AF_ALG"),
            Some(family) => format!("{call} of family {family}"),
        },
        "handle" => call.to_owned(),
        _ => reach(call, target),
    }
}

/// What a container has that it should not.
fn admission(denial: &Denial) -> String {
    let first = denial
        .violations
        .iter()
        .find(|found| found.rule == denial.rule);
    let first = first.cloned().unwrap_or_default();
    match denial.rule.as_str() {
        "capabilities" if first.capabilities.len() > 8 => {
            format!("{} capabilities too many", first.capabilities.len())
        }
        "capabilities" => format!("capabilities {}", first.capabilities.join(", ")),
        "host-namespace" => format!("namespaces of the host: {}", first.namespaces.join(", ")),
        "kernel-filesystem" => format!(
            "{} → {}",
            first.filesystems.join(", "),
            denial.target.path.as_deref().unwrap_or("?")
        ),
        "proc-mount" => format!(
            "unmasked {}",
            denial.target.path.as_deref().unwrap_or("/proc")
        ),
        "seccomp" => "no seccomp filter".to_owned(),
        "no-new-privs" => "no_new_privs is off".to_owned(),
        _ => "runs as the host's user 0".to_owned(),
    }
}

/// Of the whole machine, and no file.
fn interface(denial: &Denial) -> String {
    match denial.hook.as_str() {
        "syslog" => " of the kernel's log".to_owned(),
        "netlink_send" => " of an event of devices".to_owned(),
        "key_alloc" => " of the host's helper".to_owned(),
        "file_ioctl" | "file_ioctl_compat" => {
            or_nothing(denial.target.detail, |command| format!(" {command:#x}"))
        }
        _ => String::new(),
    }
}

fn device(target: &Target) -> String {
    let command = or_nothing(target.detail, |command| match command {
        TIOCSTI => " TIOCSTI".to_owned(),
        TIOCLINUX => " TIOCLINUX".to_owned(),
        TIOCCONS => " TIOCCONS".to_owned(),
        other => format!(" {other:#x}"),
    });
    let dev = target.dev.as_deref().unwrap_or("?");
    let path = or_nothing(target.path.as_ref(), |p| format!(" {p}"));
    format!("{command} of device {dev}{path}")
}

fn kernel_code(denial: &Denial) -> String {
    let target = &denial.target;
    let module = or_nothing(target.module.as_ref(), |m| format!(" wants module {m}"));
    let path = or_nothing(target.path.as_ref(), |p| format!(" of {p}"));
    let what = match denial.hook.as_str() {
        "bpf" => "command",
        "locked_down" => "for lockdown reason",
        _ => "with id",
    };
    let detail = or_nothing(target.detail, |number| format!(" {what} {number}"));
    format!("{module}{path}{detail}")
}

/// Into a process.
fn reach(call: &str, target: &Target) -> String {
    let signal = or_nothing(target.signal, |n| format!(" signal {n}"));
    let whom = match (&target.comm, target.pid) {
        (Some(comm), Some(pid)) => format!(" → {comm}[{pid}]"),
        (None, Some(pid)) => format!(" → pid {pid}"),
        (Some(comm), None) => format!(" → {comm}"),
        (None, None) => String::new(),
    };
    format!("{call}{signal}{whom}")
}

fn or_nothing<T>(field: Option<T>, shown: impl FnOnce(T) -> String) -> String {
    field.map_or_else(String::new, shown)
}
