//! Containment: what the hooks of one rule share.

pub mod devices;
pub mod files;
mod interfaces;
pub mod set_up;
pub mod sockets;

use probe_common::{
    label::{Label, NET, OWNED, PID, UTS},
    record::Denial,
    rule::{causes, hooks, rules},
};

use crate::{
    kernel::{self, I386, Kernel, Task, layout, namespace_number},
    label, namespaces, report,
};

pub const CAP_DAC_READ_SEARCH: i32 = 2;
pub const CAP_NET_ADMIN: i32 = 12;
pub const CAP_SYS_MODULE: i32 = 16;
pub const CAP_SYS_PACCT: i32 = 20;
pub const CAP_SYS_ADMIN: i32 = 21;
pub const CAP_SYS_BOOT: i32 = 22;
pub const CAP_AUDIT_CONTROL: i32 = 30;
pub const CAP_PERFMON: i32 = 38;

/// Numbers on x86-64 and i386.
const SETNS: [u32; 2] = [308, 346 | I386];
const OPEN_BY_HANDLE_AT: [u32; 2] = [304, 342 | I386];
/// `init_module`, `finit_module`, `delete_module`.
const MODULES: [u32; 6] = [175, 313, 176, 128 | I386, 350 | I386, 129 | I386];
const REBOOT: [u32; 2] = [169, 88 | I386];
/// `sethostname`, `setdomainname`.
const NAMES: [u32; 4] = [170, 171, 74 | I386, 121 | I386];
/// `swapon`, `swapoff`, `quotactl`, `quotactl_fd`.
const DISKS: [u32; 8] = [
    167,
    168,
    179,
    443,
    87 | I386,
    115 | I386,
    131 | I386,
    443 | I386,
];
/// `open_tree`, `fsopen`, `fsmount`, `fspick`, `mount_setattr`, `open_tree_attr`: from 424 on the
/// numbers are the same on every architecture. `move_mount` and `fsconfig` have hooks of their own.
const MOUNT_API: [u32; 6] = [428, 430, 432, 433, 442, 467];
const TIOCSTI: u32 = 0x5412;
const TIOCCONS: u32 = 0x541d;
const TIOCLINUX: u32 = 0x541c;
const FIOSETOWN: u32 = 0x8901;
const SIOCSPGRP: u32 = 0x8902;
const FIFREEZE: u32 = 0xc004_5877;
const FITHAW: u32 = 0xc004_5878;
const FS_SET_LABEL: u32 = 0x4100_9432;
/// ext4: `GROUP_EXTEND`, `GROUP_ADD`, `RESIZE_FS`, `SWAP_BOOT`, `CHECKPOINT`, `SETFSUUID`,
/// `SET_TUNE_SB_PARAM`; and fscrypt's `REMOVE_ENCRYPTION_KEY_ALL_USERS`.
const EXT4: [u32; 8] = [7, 8, 16, 17, 43, 44, 46, 25];
/// XFS: by handle, attributes by handle, growing, shutting down; all but `FITRIM`.
const XFS: [core::ops::RangeInclusive<u32>; 2] = [104..=120, 122..=125];
/// Of a command that only reads.
const READS: u32 = 2;

/// Refuses what a rule forbids whatever the details; asks nothing of tasks that are not contained.
#[inline(always)]
pub fn refuse(rule: u32, hook: u32, fill: impl FnOnce(&mut Denial)) -> i32 {
    match label::contained() {
        Some(label) => report::refuse(label, rule, hook, fill),
        None => 0,
    }
}

/// Refuses any change of mounts.
#[inline(always)]
pub fn mount(hook: u32, fill: impl FnOnce(&mut Denial)) -> i32 {
    refuse(rules::MOUNT, hook, fill)
}

/// Refuses reaching into a process that is not of the same container.
#[inline(always)]
pub fn process(hook: u32, target: Option<Task>, detail: u32) -> i32 {
    let Some(label) = label::contained() else {
        return 0;
    };
    if target.is_some_and(|target| label::same_container(label, target)) {
        return 0;
    }
    report::refuse(label, rules::FOREIGN_PROCESS, hook, |denial| {
        denial.detail = detail;
        if let Some(target) = target {
            denial.target_pid = target.tgid().unwrap_or(0);
            target.comm(&mut denial.target_comm);
        }
    })
}

/// The same where the kernel asks on its own account.
#[inline(always)]
pub fn process_unreported(target: Option<Task>) -> i32 {
    let Some(label) = label::contained() else {
        return 0;
    };
    if target.is_some_and(|target| label::same_container(label, target))
        || report::audits(label)
        || report::allows(label, rules::FOREIGN_PROCESS)
    {
        0
    } else {
        -1
    }
}

/// Refuses naming a process that is to get a signal, where that may be any of the host's.
#[inline(always)]
pub fn owner(hook: u32, command: u32) -> i32 {
    match label::contained() {
        Some(label) if shares_hosts(label, PID) => {
            report::refuse(label, rules::FOREIGN_PROCESS, hook, |denial| {
                denial.detail = command;
            })
        }
        _ => 0,
    }
}

/// Refuses telling of devices in the host's network, by a socket of there.
#[inline(always)]
pub fn device_event(hook: u32, net: Option<u64>) -> i32 {
    let Some(label) = label::contained() else {
        return 0;
    };
    let hosts = Kernel::namespaces().and_then(|all| all.get(NET).copied());
    let number = net.and_then(|net| namespace_number(net + layout().net_ns_common()));
    if number.is_some() && number != hosts {
        return 0;
    }
    report::refuse(label, rules::KERNEL_INTERFACE, hook, |_| {})
}

/// Refuses commands that type on a terminal, take what is for the console, or tell a whole filesystem what to do.
#[inline(always)]
pub fn command(hook: u32, command: u32) -> i32 {
    let rule = match command {
        TIOCSTI | TIOCLINUX | TIOCCONS => rules::DEVICE,
        FIOSETOWN | SIOCSPGRP => return owner(hook, command),
        FIFREEZE | FITHAW | FS_SET_LABEL => rules::KERNEL_INTERFACE,
        other if is_about_the_filesystem(other) => rules::KERNEL_INTERFACE,
        _ => return 0,
    };
    refuse(rule, hook, |denial| {
        denial.detail = command;
    })
}

#[inline(always)]
fn is_about_the_filesystem(command: u32) -> bool {
    let (letter, number) = (command >> 8 & 0xff, command & 0xff);
    match u8::try_from(letter) {
        Ok(b'f') => command >> 30 != READS && EXT4.contains(&number),
        Ok(b'X') => XFS.iter().any(|range| range.contains(&number)),
        _ => false,
    }
}

/// What a capability is asked for decides which rule it falls under.
#[inline(always)]
pub fn capability(label: &mut Label, capability: i32) -> i32 {
    if capability == CAP_NET_ADMIN {
        return foreign_network(label);
    }
    let syscall = kernel::syscall();
    let rule = match capability {
        CAP_SYS_ADMIN if SETNS.contains(&syscall) => return setns(label),
        CAP_SYS_ADMIN if MOUNT_API.contains(&(syscall & !I386)) => rules::MOUNT,
        CAP_SYS_ADMIN | CAP_DAC_READ_SEARCH if OPEN_BY_HANDLE_AT.contains(&syscall) => {
            rules::HANDLE
        }
        CAP_SYS_ADMIN if DISKS.contains(&syscall) => rules::KERNEL_INTERFACE,
        CAP_SYS_ADMIN if NAMES.contains(&syscall) && shares_hosts(label, UTS) => {
            rules::KERNEL_INTERFACE
        }
        // Those of a pid namespace of its own are its own, or the kernel refuses them.
        CAP_SYS_PACCT | CAP_AUDIT_CONTROL if shares_hosts(label, PID) => rules::KERNEL_INTERFACE,
        CAP_SYS_MODULE if MODULES.contains(&syscall) => rules::KERNEL_CODE,
        CAP_SYS_BOOT if REBOOT.contains(&syscall) && shares_hosts(label, PID) => rules::KERNEL_CODE,
        _ => return 0,
    };
    report::refuse(label, rule, hooks::CAPABLE, |denial| {
        denial.detail = capability as u32;
    })
}

/// The window says which namespace is about to be entered; no window, no entry.
#[inline(always)]
fn setns(label: &mut Label) -> i32 {
    let target = label.window;
    if target & OWNED != 0 {
        return 0;
    }
    report::refuse(label, rules::SETNS, hooks::CAPABLE, |denial| {
        denial.namespace = target;
        denial.cause = if target == 0 {
            causes::NO_WINDOW
        } else {
            causes::NONE
        };
    })
}

/// A netlink message is about a network namespace that is not the container's.
#[inline(always)]
fn foreign_network(label: &mut Label) -> i32 {
    let target = core::mem::take(&mut label.window);
    if target == 0 || target & OWNED != 0 {
        return 0;
    }
    report::refuse(label, rules::SETNS, hooks::CAPABLE, |denial| {
        denial.namespace = target;
        denial.detail = CAP_NET_ADMIN as u32;
    })
}

/// Was the task admitted with the host's namespace of this kind? What it has unshared since does not
/// count: it may have kept descriptors.
#[inline(always)]
fn shares_hosts(label: &Label, kind: usize) -> bool {
    let hosts = Kernel::namespaces().and_then(|all| all.get(kind).copied());
    label.own.get(kind).copied() == hosts
}

/// May a task with this label change what belongs to that one?
#[inline(always)]
fn is_of_container(label: &Label, other: Task) -> bool {
    other
        .mount_ns_number()
        .is_some_and(|number| namespaces::owns(label, number))
}
