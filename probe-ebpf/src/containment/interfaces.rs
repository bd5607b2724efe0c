//! Files by which the kernel is told what to do: `/proc/sys`, sysfs, cgroups and their like.

use probe_common::{
    file::magic::{BINFMT, CGROUP, CGROUP2, PROC, SYSFS},
    label::{IPC, Label, NET, PID, USER, UTS},
};

use crate::{
    kernel::{Dentry, File},
    maps::CONTAINERS,
};

/// Filesystems with nothing in them that is a container's own.
const OF_THE_HOST: [u64; 16] = [
    SYSFS,
    CGROUP,
    0x6462_6720, // debugfs
    0x7472_6163, // tracefs
    0x7363_6673, // securityfs
    0x6265_6570, // configfs
    0xcafe_4a11, // bpf
    BINFMT,
    0x6165_676c, // pstore
    0xde5e_81e4, // efivarfs
    0x6e66_7364, // nfsd
    0x6759_6969, // rpc_pipefs
    0x6573_5543, // fusectl
    0x0765_5821, // resctrl
    0xf97c_ff8c, // selinux
    0x5a3c_69f0, // apparmor
];

/// Deeper than any file of procfs.
const DEPTH: usize = 12;

/// Is this a file for the whole machine?
#[inline(always)]
pub fn reach_the_host(label: &Label, file: Option<Dentry>, magic: u64) -> bool {
    let Some(file) = file else {
        return true;
    };
    match magic {
        PROC => !Names::of(file).is_some_and(|names| names.are_of_container(label, file)),
        CGROUP2 => {
            let own = file
                .parent()
                .is_some_and(|directory| is_own_cgroup(label, directory));
            !own || moves_hosts_tasks(label, file)
        }
        other => OF_THE_HOST.contains(&other),
    }
}

/// Is this directory one in which names are made for the whole machine?
#[inline(always)]
pub fn holds_the_hosts(label: &Label, directory: Dentry, magic: u64) -> bool {
    match magic {
        CGROUP2 => !is_own_cgroup(label, directory),
        other => OF_THE_HOST.contains(&other),
    }
}

/// With the host's pid namespace, a task could move any process into its own cgroup, and kill it
/// there.
#[inline(always)]
fn moves_hosts_tasks(label: &Label, file: Dentry) -> bool {
    let leaf = name(Some(file));
    super::shares_hosts(label, PID)
        && (leaf == word(b"cgroup.procs") || leaf == word(b"cgroup.threads"))
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
            // /proc/sys/kernel/usermodehelper
            word(b"bset"),
            word(b"inheritable"),
        ]
        .contains(&leaf),
        SYSFS => leaf == word(b"uevent_helper"),
        CGROUP => leaf == word(b"release_agent"),
        BINFMT => leaf == word(b"register"),
        _ => false,
    }
}

/// Is this the container's own cgroup, or one below it? Of a container whose cgroup says nothing no
/// cgroup is known to be its own.
#[inline(always)]
fn is_own_cgroup(label: &Label, directory: Dentry) -> bool {
    // On cgroup v2 the number of the inode is the id of the cgroup.
    let Some(cgroup) = directory.inode().and_then(|inode| inode.number()) else {
        return false;
    };
    // SAFETY: the entry is read at once.
    unsafe { CONTAINERS.get(cgroup) }.is_some_and(|entry| entry.owner == label.container)
}

/// The first three names of a path in procfs.
struct Names {
    first: Word,
    second: Word,
    third: Word,
    /// Somewhere in it is `rpc`, by which the kernel's NFS server is told what to serve.
    rpc: bool,
}

impl Names {
    #[inline(always)]
    fn of(file: Dentry) -> Option<Self> {
        let mut names = Self {
            first: NOTHING,
            second: NOTHING,
            third: NOTHING,
            rpc: false,
        };
        let mut at = file;
        for _ in 0..DEPTH {
            let Some(parent) = at.parent() else {
                return Some(names);
            };
            (names.second, names.third) = (names.first, names.second);
            names.first = name(Some(at));
            names.rpc |= names.first == word(b"rpc");
            at = parent;
        }
        None
    }

    /// A file of one of the container's processes, or a setting of a namespace that it does not
    /// share with the host.
    #[inline(always)]
    fn are_of_container(&self, label: &Label, file: Dentry) -> bool {
        if self.first[0].to_ne_bytes()[0].is_ascii_digit() {
            let process = file.inode().and_then(|inode| inode.process());
            return !self.rpc
                && process.is_some_and(|process| super::is_of_container(label, process));
        }
        self.first == word(b"pressure")
            || self.first == word(b"sys")
                && self
                    .namespace()
                    .is_some_and(|kind| !super::shares_hosts(label, kind))
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

const NOTHING: Word = [0; 2];

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
