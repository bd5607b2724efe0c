//! Filesystems that runtimes mount for containers: their `s_magic` in the kernel.

pub const OVERLAY: u32 = 0x794c_7630;
pub const TMPFS: u32 = 0x0102_1994;
pub const NFS: u32 = 0x6969;
pub const CIFS: u32 = 0xff53_4d42;
pub const SMB2: u32 = 0xfe53_4d42;
pub const EXT4: u32 = 0xef53;
pub const XFS: u32 = 0x5846_5342;
pub const CEPH: u32 = 0x00c3_6400;
pub const FUSE: u32 = 0x6573_5546;

/// The same by what `/proc/PID/mountinfo` calls them.
pub fn magic(name: &str) -> Option<u32> {
    Some(match name {
        "overlay" => OVERLAY,
        "tmpfs" => TMPFS,
        "nfs" | "nfs4" => NFS,
        "cifs" => CIFS,
        "smb3" => SMB2,
        "ext2" | "ext3" | "ext4" => EXT4,
        "xfs" => XFS,
        "ceph" => CEPH,
        // `fuse.sshfs`, `fuseblk`.
        _ if name.starts_with("fuse") && name != "fusectl" => FUSE,
        _ => return None,
    })
}
