//! Devices that lead to the host: disks, memory, and what makes or talks to them.

use probe_common::{
    container::DeviceGrant,
    file::{S_IFBLK, S_IFCHR, S_IFMT},
    label::Label,
};

use crate::{kernel::granted, maps::DEVICES};

const MEMORY: u32 = 1;
const CONSOLE_MEMORY: u32 = 7;
const MISC: u32 = 10;
const INPUT: u32 = 13;
const SCSI_GENERIC: u32 = 21;
const FLASH: u32 = 90;
const MSR: u32 = 202;

/// Is this type and number of a device node one of them?
#[inline(always)]
fn lead_to_host(mode: u32, device: u32) -> bool {
    if mode & S_IFMT != S_IFCHR {
        return mode & S_IFMT == S_IFBLK;
    }
    match (device >> 20, device & 0xf_ffff) {
        // mem, kmem, port
        (MEMORY, 1 | 2 | 4) => true,
        // watchdog, cuse, three of MPT's, uinput, tpm, snapshot, device-mapper's and the loop devices'
        // control, uhid, userio
        (MISC, 130 | 203 | 220..=224 | 231 | 236 | 237 | 239 | 240)
        | (CONSOLE_MEMORY | INPUT | SCSI_GENERIC | FLASH | MSR, _) => true,
        // SAFETY: only the presence of the entry is of interest.
        (major, _) => unsafe { DEVICES.get(major) }.is_some(),
    }
}

/// May this container not have it? It may where the policy gives it.
#[inline(always)]
pub fn refused(label: &Label, mode: u32, device: u32) -> bool {
    if !lead_to_host(mode, device) {
        return false;
    }
    let block = mode & S_IFMT == S_IFBLK;
    !granted(&DeviceGrant::new(label.profile, block, device))
}
