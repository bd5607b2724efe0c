//! Records as the probe sends them, for tests and `benches/`.

use probe_common::{
    container::bit,
    record::{self, Header, KIND_DENIAL},
    rule::{causes, hooks, rules, verdicts},
};
use zerocopy::FromZeros;

use super::{Holder, clock::Clock, decode::Decoder};
use crate::{
    containers::{Info, Lookup},
    policy::Allowed,
};

pub fn decoder() -> Decoder {
    Decoder {
        node: "web-3".to_owned(),
        clock: Clock::booted_at(1_795_324_329_000_000_000),
    }
}

pub fn web() -> Info {
    Info {
        id: Some("2f".repeat(32)),
        name: Some("web".to_owned()),
        image: Some("nginx:1.27".to_owned()),
        runtime: Some("docker"),
        lookup: Lookup::Resolved,
        ..Info::default()
    }
}

pub fn put(field: &mut [u8], bytes: &[u8]) {
    field.fill(0);
    field[..bytes.len()].copy_from_slice(bytes);
}

fn empty(rule: u32, hook: u32) -> record::Denial {
    let mut r = record::Denial::new_zeroed();
    r.header = Header {
        kind: KIND_DENIAL,
        version: record::VERSION,
        size: size_of::<record::Denial>() as u32,
        time: 402_113_999,
    };
    (r.container, r.cgroup) = (179, 179);
    (r.rule, r.hook, r.verdict) = (rule, hook, verdicts::DENIED);
    (r.pid, r.tid, r.ppid) = (394, 394, 371);
    r.syscall = u32::MAX;
    put(&mut r.container_id, "2f".repeat(32).as_bytes());
    put(&mut r.comm, b"head");
    r
}

/// `docker run -v /:/tmp`.
pub fn host_path() -> record::Denial {
    let mut r = empty(rules::HOST_PATH, hooks::BPRM_CHECK_SECURITY);
    (r.cause, r.violations, r.syscall) = (causes::UNANCHORED, 1, 59);
    (r.broken, r.causes, r.detail) = (bit(rules::HOST_PATH), causes::UNANCHORED, 1);
    r.call_flags = 1;
    (r.dev, r.ino) = (259 << 20, 2);
    r.path_lengths = 1 | 5 << 16;
    put(&mut r.host_path, b"\0");
    put(&mut r.path, b"tmp\0\0");
    put(&mut r.fs, b"ext4");
    put(&mut r.exe, b"/bin/head");
    r
}

/// `mount /dev/sda1 /mnt/x`.
pub fn mount() -> record::Denial {
    let mut r = empty(rules::MOUNT, hooks::SB_MOUNT);
    r.syscall = 165;
    r.path_lengths = 9 | 6 << 16;
    put(&mut r.host_path, b"/dev/sda1");
    put(&mut r.path, b"x\0mnt\0");
    put(&mut r.comm, b"mount");
    r
}

/// `nsenter -t 1 -m`.
pub fn setns() -> record::Denial {
    let mut r = empty(rules::SETNS, hooks::CAPABLE);
    (r.namespace, r.syscall) = (4_026_531_840, 308);
    r
}

/// `kill -9 1` with `--pid=host`.
pub fn kill() -> record::Denial {
    let mut r = empty(rules::FOREIGN_PROCESS, hooks::TASK_KILL);
    (r.target_pid, r.detail) = (1, 9);
    put(&mut r.target_comm, b"systemd");
    r
}

/// A record whose `host_path` is plain text.
fn about(text: &[u8], mut r: record::Denial) -> record::Denial {
    put(&mut r.host_path, text);
    r.path_lengths = text.len() as u32;
    r
}

/// `cat <&3/../etc/shadow` by a leaked descriptor.
pub fn foreign_file() -> record::Denial {
    let mut r = empty(rules::FOREIGN_FILE, hooks::FILE_OPEN);
    (r.syscall, r.dev, r.ino) = (257, 259 << 20, 77);
    put(&mut r.fs, b"ext4");
    about(b"/etc/shadow", r)
}

/// `process.cwd = /proc/self/fd/7`.
pub fn working_directory() -> record::Denial {
    let mut r = empty(rules::FOREIGN_FILE, hooks::BPRM_CHECK_SECURITY);
    (r.syscall, r.cause) = (59, causes::WORKING_DIRECTORY);
    about(b"/root", r)
}

/// A namespace that was bound to a file.
pub fn namespace_file() -> record::Denial {
    let mut r = empty(rules::NAMESPACE_FILE, hooks::FILE_OPEN);
    (r.namespace, r.syscall) = (4_026_531_840, 2);
    r
}

/// `echo '|/x' > /proc/sys/kernel/core_pattern`.
pub fn kernel_interface() -> record::Denial {
    let mut r = empty(rules::KERNEL_INTERFACE, hooks::FILE_OPEN);
    r.syscall = 257;
    put(&mut r.fs, b"proc");
    about(b"/proc/sys/kernel/core_pattern", r)
}

/// `dd if=/dev/nvme0n1`.
pub fn device() -> record::Denial {
    let mut r = empty(rules::DEVICE, hooks::FILE_OPEN);
    (r.dev, r.detail, r.syscall) = (259 << 20, 259 << 20, 257);
    about(b"/dev/nvme0n1", r)
}

/// `mknod /x b 259 1`.
pub fn mknod() -> record::Denial {
    let mut r = empty(rules::DEVICE, hooks::INODE_MKNOD);
    (r.detail, r.syscall) = (259 << 20 | 1, 133);
    r
}

/// `ioctl(0, TIOCSTI, "x")`.
pub fn terminal() -> record::Denial {
    let mut r = empty(rules::DEVICE, hooks::FILE_IOCTL);
    (r.dev, r.detail, r.syscall) = (136 << 20, 0x5412, 16);
    about(b"/dev/pts/0", r)
}

/// A connection to containerd's shim, with `--network host`.
pub fn shim() -> record::Denial {
    let mut r = empty(rules::RUNTIME_SOCKET, hooks::UNIX_STREAM_CONNECT);
    r.syscall = 42;
    about(b"\0/containerd-shim/s", r)
}

/// `docker ps` by a socket that is not mounted.
pub fn docker_socket() -> record::Denial {
    let mut r = empty(rules::RUNTIME_SOCKET, hooks::UNIX_STREAM_CONNECT);
    r.syscall = 42;
    about(b"/run/docker.sock", r)
}

/// `bpf(BPF_PROG_LOAD)`.
pub fn bpf() -> record::Denial {
    let mut r = empty(rules::KERNEL_CODE, hooks::BPF);
    (r.detail, r.syscall) = (5, 321);
    r
}

/// `socket(AF_CAN, …)`.
pub fn module() -> record::Denial {
    let mut r = empty(rules::KERNEL_CODE, hooks::KERNEL_MODULE_REQUEST);
    r.syscall = 41;
    about(b"net-pf-29", r)
}

/// `insmod x.ko`, of a 32-bit program.
pub fn insmod() -> record::Denial {
    let mut r = empty(rules::KERNEL_CODE, hooks::CAPABLE);
    r.syscall = 0x4000_0000 | 350;
    r
}

/// `unshare -U`.
pub fn user_namespace() -> record::Denial {
    let mut r = empty(rules::USER_NAMESPACE, hooks::USERNS_CREATE);
    r.syscall = 272;
    r
}

/// `socket(AF_ALG, …)`.
pub fn crypto_socket() -> record::Denial {
    let mut r = empty(rules::CRYPTO_SOCKET, hooks::SOCKET_CREATE);
    (r.detail, r.syscall) = (38, 41);
    r
}

/// "Shocker".
pub fn handle() -> record::Denial {
    let mut r = empty(rules::HANDLE, hooks::CAPABLE);
    r.syscall = 304;
    r
}

/// One of every kind.
pub fn denials() -> [record::Denial; 19] {
    [
        host_path(),
        mount(),
        setns(),
        kill(),
        foreign_file(),
        working_directory(),
        namespace_file(),
        kernel_interface(),
        device(),
        mknod(),
        terminal(),
        shim(),
        docker_socket(),
        bpf(),
        module(),
        insmod(),
        user_namespace(),
        crypto_socket(),
        handle(),
    ]
}

pub const BASELINE: Holder<'static> = Holder {
    profile: "baseline",
    allowed: Allowed::BASELINE,
};

#[cfg(test)]
mod lines;
#[cfg(test)]
pub use lines::{line, lost, made, stopped};
