//! Commands of `ioctl` that more than one hook knows.

/// `TIOCSTI` types on a terminal, `TIOCLINUX` on a console.
pub const TYPING: [u32; 2] = [0x5412, 0x541c];
