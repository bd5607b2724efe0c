//! Devices that lead to the host: disks, memory, and what makes or talks to them.

use super::files::S_IFMT;
use crate::maps::DEVICES;

const S_IFCHR: u32 = 0o020_000;
const S_IFBLK: u32 = 0o060_000;
const MEMORY: u32 = 1;
const MISC: u32 = 10;
const SCSI_GENERIC: u32 = 21;
const MSR: u32 = 202;

/// Is this type and number of a device node one of them?
#[inline(always)]
pub fn lead_to_host(mode: u32, device: u32) -> bool {
    if mode & S_IFMT != S_IFCHR {
        return mode & S_IFMT == S_IFBLK;
    }
    match (device >> 20, device & 0xf_ffff) {
        // mem, kmem, port
        (MEMORY, 1 | 2 | 4) => true,
        // uinput, snapshot, device-mapper's and the loop devices' control
        (MISC, 223 | 231 | 236 | 237) | (SCSI_GENERIC | MSR, _) => true,
        // SAFETY: only the presence of the entry is of interest.
        (major, _) => unsafe { DEVICES.get(major) }.is_some(),
    }
}

/// Terminals, and null, zero, full, random, urandom: no matter by which mount.
#[inline(always)]
pub fn is_harmless(mode: u32, device: u32) -> bool {
    mode & S_IFMT == S_IFCHR
        && matches!(
            (device >> 20, device & 0xf_ffff),
            (MEMORY, 3 | 5 | 7 | 8 | 9) | (4 | 5 | 136..=143, _)
        )
}
