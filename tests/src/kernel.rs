//! Calls that bring code into the kernel, or look into it; on top of [`crate::raw`].

use std::os::fd::OwnedFd;

use crate::raw::{
    Call, Entry,
    Word::{Bytes, Number, Text},
    call, open,
};

/// The part of `union bpf_attr` that is used here.
const BPF_ATTR: usize = 72;

/// `bpf(BPF_PROG_GET_FD_BY_ID)` or `bpf(BPF_MAP_GET_FD_BY_ID)`.
///
/// # Errors
/// What the kernel answers; `ENOENT` if there is none.
pub fn bpf_open(command: i64, id: u32) -> nix::Result<OwnedFd> {
    let mut attributes = [0; BPF_ATTR];
    attributes[..4].copy_from_slice(&id.to_ne_bytes());
    bpf(Entry::Native, command, &attributes)
}

/// How many objects there are, by the command that opens one of them by its id. Ids are given in turn
/// and not again.
#[must_use]
pub fn bpf_count(command: i64) -> usize {
    const GAP: u32 = 20_000;
    let (mut count, mut last) = (0, 0);
    let mut id = 0;
    while id - last < GAP {
        id += 1;
        if bpf_open(command, id).is_ok() {
            count += 1;
            last = id;
        }
    }
    count
}

/// `bpf(BPF_MAP_CREATE)` of an array with one number.
///
/// # Errors
/// What the kernel answers.
pub fn bpf_make_map(entry: Entry) -> nix::Result<OwnedFd> {
    const BPF_MAP_CREATE: i64 = 0;
    const ARRAY_OF_ONE: [u32; 4] = [2, 4, 4, 1];
    let mut attributes = [0; BPF_ATTR];
    for (word, number) in attributes.chunks_exact_mut(4).zip(ARRAY_OF_ONE) {
        word.copy_from_slice(&number.to_ne_bytes());
    }
    bpf(entry, BPF_MAP_CREATE, &attributes)
}

fn bpf(entry: Entry, command: i64, attributes: &[u8]) -> nix::Result<OwnedFd> {
    let size = i64::try_from(attributes.len()).unwrap_or_default();
    let words = [Number(command), Bytes(attributes), Number(size)];
    open(entry, Call::Bpf, &words)
}

/// `perf_event_open(2)`: counts the page faults of this process.
///
/// # Errors
/// What the kernel answers.
pub fn count_page_faults() -> nix::Result<OwnedFd> {
    const SOFTWARE: u32 = 1;
    const PAGE_FAULTS: u64 = 2;
    let mut attributes = [0; 64];
    attributes[..4].copy_from_slice(&SOFTWARE.to_ne_bytes());
    attributes[4..8].copy_from_slice(&64_u32.to_ne_bytes());
    attributes[8..16].copy_from_slice(&PAGE_FAULTS.to_ne_bytes());
    let words = [
        Bytes(&attributes),
        Number(0),
        Number(-1),
        Number(-1),
        Number(0),
    ];
    open(Entry::Native, Call::PerfEventOpen, &words)
}

/// `kexec_load(2)` without segments: forgets the kernel to start next, of which there is none.
///
/// # Errors
/// What the kernel answers.
pub fn kexec_forget() -> nix::Result<()> {
    let words = [Number(0), Number(0), Number(0), Number(0)];
    call(Entry::Native, Call::KexecLoad, &words).map(drop)
}

/// `kexec_file_load(2)` of a file.
///
/// # Errors
/// What the kernel answers; `ENOEXEC` if it has read the file and it is no kernel.
pub fn kexec_file(file: &OwnedFd) -> nix::Result<()> {
    const NO_INITRAMFS: i64 = 4;
    let words = [
        file.into(),
        Number(-1),
        Number(1),
        Text(""),
        Number(NO_INITRAMFS),
    ];
    call(Entry::Native, Call::KexecFileLoad, &words).map(drop)
}

/// `iopl(3)`: every I/O port.
///
/// # Errors
/// What the kernel answers.
pub fn reach_ports() -> nix::Result<()> {
    call(Entry::Native, Call::Iopl, &[Number(3)]).map(drop)
}
