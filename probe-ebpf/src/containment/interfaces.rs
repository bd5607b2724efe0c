//! Files by which the kernel is told what to do: `/proc/sys`, sysfs, cgroups and their like.

use probe_common::label::{BY_DESCENT, Label};

use crate::{
    kernel::{Dentry, File, Task},
    maps::CONTAINERS,
};

const PROC: u64 = 0x9fa0;
const SYSFS: u64 = 0x6265_6572;
const CGROUP: u64 = 0x27_e0eb;
const CGROUP2: u64 = 0x6367_7270;
/// Filesystems with nothing in them that is a container's own.
const OF_THE_HOST: [u64; 9] = [
    SYSFS,
    CGROUP,
    0x6462_6720, // debugfs
    0x7472_6163, // tracefs
    0x7363_6673, // securityfs
    0x6265_6570, // configfs
    0xcafe_4a11, // bpf
    0x4249_4e4d, // binfmt_misc
    0x6165_676c, // pstore
];
const EFIVARFS: u64 = 0xde5e_81e4;

/// Deeper than any file of procfs.
const DEPTH: usize = 12;

/// Places in `Label::own`.
const PID: usize = 1;
const NET: usize = 2;
const UTS: usize = 3;
const IPC: usize = 4;
const USER: usize = 7;

/// Is this a file for the whole machine?
#[inline(always)]
pub fn reach_the_host(label: &Label, file: File, magic: u64) -> bool {
    let Some(dentry) = file.dentry() else {
        return true;
    };
    match magic {
        PROC => !Names::of(dentry).is_some_and(|names| names.is_of_container()),
        CGROUP2 => !is_own_cgroup(label, dentry),
        other => OF_THE_HOST.contains(&other) || other == EFIVARFS,
    }
}

/// Is this one of the files that make the kernel run a program, or worse, outside every container?
#[inline(always)]
pub fn run_code_on_host(file: File) -> bool {
    let (Some(dentry), Some(magic)) = (file.dentry(), file.inode().and_then(|i| i.magic())) else {
        return false;
    };
    let leaf = name(Some(dentry));
    match magic {
        PROC => [
            word(b"core_pattern"),
            word(b"modprobe"),
            word(b"hotplug"),
            word(b"poweroff_cmd"),
            word(b"sysrq-trigger"),
        ]
        .contains(&leaf),
        SYSFS => leaf == word(b"uevent_helper"),
        CGROUP => leaf == word(b"release_agent"),
        _ => false,
    }
}

/// Is the cgroup that this file is in the container's own, or below it?
#[inline(always)]
fn is_own_cgroup(label: &Label, file: Dentry) -> bool {
    let directory = file.parent().and_then(Dentry::inode);
    // On cgroup v2 the number of the inode is the id of the cgroup.
    let Some(cgroup) = directory.and_then(|inode| inode.number()) else {
        return false;
    };
    if label.container & BY_DESCENT != 0 {
        return Task::current().cgroup() == Some(cgroup);
    }
    // SAFETY: the entry is read at once.
    unsafe { CONTAINERS.get(cgroup) }.is_some_and(|entry| entry.owner == label.container)
}

/// The first three names of a path in procfs.
struct Names {
    first: Word,
    second: Word,
    third: Word,
}

impl Names {
    #[inline(always)]
    fn of(file: Dentry) -> Option<Self> {
        let (mut first, mut second, mut third) = (None, None, None);
        let mut at = file;
        for _ in 0..DEPTH {
            let Some(parent) = at.parent() else {
                return Some(Self {
                    first: name(first),
                    second: name(second),
                    third: name(third),
                });
            };
            (first, second, third) = (Some(at), first, second);
            at = parent;
        }
        None
    }

    /// A process's file, or a setting of a namespace that is not the host's.
    #[inline(always)]
    fn is_of_container(&self) -> bool {
        if self.first[0].to_ne_bytes()[0].is_ascii_digit() {
            return true;
        }
        self.first == word(b"sys")
            && self
                .namespace()
                .is_some_and(|namespace| !super::in_hosts(namespace))
    }

    /// The kind of namespace that a setting in `/proc/sys` belongs to.
    #[inline(always)]
    fn namespace(&self) -> Option<usize> {
        let second = self.second;
        if second == word(b"net") {
            Some(NET)
        } else if second == word(b"user") {
            Some(USER)
        } else if second == word(b"fs") && self.third == word(b"mqueue") {
            Some(IPC)
        } else if second == word(b"kernel") {
            kernel_setting(self.third)
        } else {
            None
        }
    }
}

#[inline(always)]
fn kernel_setting(name: Word) -> Option<usize> {
    const OF_IPC: [Word; 12] = [
        word(b"msgmax"),
        word(b"msgmnb"),
        word(b"msgmni"),
        word(b"msg_next_id"),
        word(b"sem"),
        word(b"sem_next_id"),
        word(b"shm_next_id"),
        word(b"shmall"),
        word(b"shmmax"),
        word(b"shmmni"),
        word(b"shm_rmid_forced"),
        word(b"auto_msgmni"),
    ];
    if OF_IPC.contains(&name) {
        Some(IPC)
    } else if name == word(b"hostname") || name == word(b"domainname") {
        Some(UTS)
    } else if name == word(b"ns_last_pid") {
        Some(PID)
    } else {
        None
    }
}

/// A name of up to 15 bytes, to be compared at once; a longer one is cut.
type Word = [u64; 2];

const fn word<const N: usize>(name: &[u8; N]) -> Word {
    let mut bytes = [[0; 8]; 2];
    let mut at = 0;
    while at < N {
        bytes[at / 8][at % 8] = name[at];
        at += 1;
    }
    [u64::from_ne_bytes(bytes[0]), u64::from_ne_bytes(bytes[1])]
}

#[inline(always)]
fn name(dentry: Option<Dentry>) -> Word {
    let mut bytes = [0; 16];
    if let Some(dentry) = dentry {
        dentry.name(&mut bytes);
    }
    let value = u128::from_ne_bytes(bytes);
    [value as u64, (value >> 64) as u64]
}
