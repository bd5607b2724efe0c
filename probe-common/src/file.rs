//! Numbers by which the kernel tells files and filesystems apart.

/// The type in a file's mode.
pub const S_IFMT: u32 = 0o170_000;
pub const S_IFIFO: u32 = 0o010_000;
pub const S_IFDIR: u32 = 0o040_000;
pub const S_IFCHR: u32 = 0o020_000;
pub const S_IFBLK: u32 = 0o060_000;

/// `s_magic` of superblocks.
pub mod magic {
    pub const BINFMT: u64 = 0x4249_4e4d;
    pub const BPF: u64 = 0xcafe_4a11;
    pub const CGROUP: u64 = 0x0027_e0eb;
    pub const CGROUP2: u64 = 0x6367_7270;
    pub const CONFIGFS: u64 = 0x6265_6570;
    pub const DEBUGFS: u64 = 0x6462_6720;
    pub const EFIVARFS: u64 = 0xde5e_81e4;
    pub const MQUEUE: u64 = 0x1980_0202;
    pub const NSFS: u64 = 0x6e73_6673;
    pub const OVERLAY: u64 = 0x794c_7630;
    pub const PROC: u64 = 0x9fa0;
    pub const SECURITYFS: u64 = 0x7363_6673;
    pub const SYSFS: u64 = 0x6265_6572;
    pub const TRACEFS: u64 = 0x7472_6163;
}
