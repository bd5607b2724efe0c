//! What crosses the ring, from the probe to the agent.
//!
//! Every record starts with a [`Header`]. Paths travel as the walk meets them: components from the
//! leaf to the root, each ended by a NUL; the agent turns them round.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::{limits, pod::pod};

pub const VERSION: u16 = 1;

pub const KIND_DENIAL: u16 = 1;
pub const KIND_CONTAINER: u16 = 2;

#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Header {
    pub kind: u16,
    pub version: u16,
    /// Bytes of the whole record, header included.
    pub size: u32,
    /// `CLOCK_BOOTTIME` in nanoseconds.
    pub time: u64,
}
pod!(Header, 16);

/// One refused, or in audit mode would-be refused, act.
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Denial {
    pub header: Header,
    /// Identity of the container, see `Label::container`.
    pub container: u64,
    /// Cgroup the task is in at this moment.
    pub cgroup: u64,
    /// Inode of the target: the mount's root, or 0.
    pub ino: u64,
    /// Target namespace's number for `setns`, or 0.
    pub namespace: u64,
    /// Flags of the call where it has any (`mount`, `umount`), or 0. For admission: which of the named
    /// mounts may be written to, a bit each.
    pub call_flags: u64,
    /// For admission: the capabilities that are too many.
    pub capabilities: u64,
    pub verdict: u32,
    pub rule: u32,
    pub hook: u32,
    pub cause: u32,
    pub profile: u32,
    pub pid: u32,
    pub tid: u32,
    pub ppid: u32,
    pub uid: u32,
    /// System call number, or `u32::MAX` where it is not known.
    pub syscall: u32,
    /// `s_dev` of the target in the kernel's encoding, or 0.
    pub dev: u32,
    /// Target process for `foreign-process`, in the initial pid namespace, or 0.
    pub target_pid: u32,
    /// For admission: how many mounts of the container violate the policy. `detail` of them are named
    /// in `host_path` and `path`, each with its cause in `causes` (`walk::CAUSE_BITS` each); the
    /// target is the first.
    pub violations: u32,
    pub causes: u32,
    /// For admission: every rule that is broken, as `container::bit`s; namespaces of the host, as bits
    /// in the order of `label::NAMESPACES`; kernel filesystems, as `admission::filesystem` bits.
    pub broken: u32,
    pub namespaces: u32,
    pub filesystems: u32,
    /// Steps the walk took.
    pub steps: u32,
    /// What the hook was asked for, as its own number: the signal for `task_kill`, the access mode for
    /// `ptrace_access_check`, the command for `bpf` and `file_ioctl`, the id for `kernel_read_file`
    /// and `kernel_load_data`, the reason for `locked_down`, the family for `socket_create`, the
    /// device for `inode_mknod` and files of devices; or 0.
    pub detail: u32,
    /// Bytes used in `host_path` and in `path`, in the low and high half; one more than there are
    /// where a component had no room.
    pub path_lengths: u32,
    pub comm: [u8; limits::COMM],
    pub target_comm: [u8; limits::COMM],
    /// Filesystem type of the target.
    pub fs: [u8; limits::FS],
    /// The container's own id, zero-filled.
    pub container_id: [u8; limits::ID],
    /// For admission: paths, each as its components, leaf first, and an empty one. For `mount`: the source as the caller wrote it. For
    /// files: the path as plain text. For sockets: the address, with a leading NUL where it is
    /// abstract. For modules: the name.
    pub host_path: [u8; limits::HOST_PATH],
    /// For admission: where in the container, in the same way.
    pub path: [u8; limits::PATH],
    /// For admission: the file about to be executed.
    pub exe: [u8; limits::EXE],
}
pod!(Denial, 928);

/// A runtime has made the cgroup of a container.
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct ContainerMade {
    pub header: Header,
    pub cgroup: u64,
    pub id: [u8; limits::ID],
    /// The cgroup directory's own name.
    pub name: [u8; limits::CGROUP_NAME],
}
pod!(ContainerMade, 216);

/// Why bytes from the ring are not a record.
#[derive(Debug, PartialEq, Eq)]
pub enum Malformed {
    Short { bytes: usize, needed: usize },
    Version { found: u16, known: u16 },
    Kind(u16),
}

impl core::fmt::Display for Malformed {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Short { bytes, needed } => write!(f, "record of {bytes} bytes, {needed} needed"),
            Self::Version { found, known } => {
                write!(f, "record version {found}, this agent knows {known}")
            }
            Self::Kind(kind) => write!(f, "record of unknown kind {kind}"),
        }
    }
}

impl core::error::Error for Malformed {}

/// A record, checked and copied out of the ring.
#[expect(
    clippy::large_enum_variant,
    reason = "there is no allocator here, and nearly all records are denials"
)]
pub enum Record {
    Denial(Denial),
    ContainerMade(ContainerMade),
}

/// Reads one record.
///
/// # Errors
/// If the bytes are too few for what the header announces, or of a version or kind unknown here.
pub fn parse(bytes: &[u8]) -> Result<Record, Malformed> {
    let header: Header = read(bytes)?;
    if header.version != VERSION {
        return Err(Malformed::Version {
            found: header.version,
            known: VERSION,
        });
    }
    match header.kind {
        KIND_DENIAL => read(bytes).map(Record::Denial),
        KIND_CONTAINER => read(bytes).map(Record::ContainerMade),
        other => Err(Malformed::Kind(other)),
    }
}

fn read<T: FromBytes>(bytes: &[u8]) -> Result<T, Malformed> {
    T::read_from_prefix(bytes)
        .map(|(value, _)| value)
        .map_err(|_| Malformed::Short {
            bytes: bytes.len(),
            needed: size_of::<T>(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_record_names_both_sizes() {
        assert_eq!(
            parse(&[0; 3]).err(),
            Some(Malformed::Short {
                bytes: 3,
                needed: 16
            })
        );
        let header = Header {
            kind: KIND_DENIAL,
            version: VERSION,
            size: 928,
            time: 0,
        };
        let bytes = header.as_bytes();
        assert_eq!(
            parse(bytes).err(),
            Some(Malformed::Short {
                bytes: 16,
                needed: 928
            })
        );
    }

    #[test]
    fn another_version_or_kind_is_an_error() {
        let mut header = Header {
            kind: 77,
            version: VERSION,
            size: 16,
            time: 0,
        };
        assert_eq!(parse(header.as_bytes()).err(), Some(Malformed::Kind(77)));
        header.version = 9;
        let known = VERSION;
        assert_eq!(
            parse(header.as_bytes()).err(),
            Some(Malformed::Version { found: 9, known })
        );
    }
}
