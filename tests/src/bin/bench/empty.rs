//! Programs that do nothing, in the places of the probe's: the floor, which is what the kernel takes
//! for calling a program at all.

use std::os::fd::{AsRawFd as _, OwnedFd};

use anyhow::{Context as _, Result};
use aya_obj::btf::{Btf, BtfKind};
use bulkhead_tests::raw::{
    self, Call, Entry,
    Word::{Bytes, Number},
};

#[path = "../../../../agent/src/probe/programs.rs"]
#[expect(dead_code, reason = "the agent's list; here only the places count")]
mod programs;
use programs::{Kind, PROGRAMS, Program};

/// `r0 = 0; exit`.
const NOTHING: [u64; 2] = [0xb7, 0x95];
const LICENSE: &[u8; 4] = b"GPL\0";

const PROG_LOAD: i64 = 5;
const RAW_TRACEPOINT_OPEN: i64 = 17;
/// Types of programs and of attaching.
const TRACING: u32 = 26;
const LSM: u32 = 29;
const RAW_TP: u32 = 23;
const FENTRY: u32 = 24;
const FEXIT: u32 = 25;
const LSM_MAC: u32 = 27;

/// Attaches one in each place that this kernel has; they go when the links are closed.
pub(crate) fn attach() -> Result<Vec<OwnedFd>> {
    let btf = Btf::from_sys_fs()?;
    let mut links = Vec::new();
    for program in PROGRAMS {
        let (name, kind) = match program.kind {
            Kind::Lsm => (format!("bpf_lsm_{}", program.target), BtfKind::Func),
            Kind::Tracepoint => (format!("btf_trace_{}", program.target), BtfKind::Typedef),
            Kind::Entry | Kind::Exit => (program.target.to_owned(), BtfKind::Func),
        };
        // Not every kernel has all.
        let Ok(id) = btf.id_by_type_name_kind(&name, kind) else {
            continue;
        };
        let link = load(program, id).and_then(|loaded| open(&loaded));
        links.push(link.with_context(|| format!("an empty program in {name}"))?);
    }
    Ok(links)
}

fn load(program: &Program, target: u32) -> Result<OwnedFd> {
    let (kind, attach) = match program.kind {
        Kind::Lsm => (LSM, LSM_MAC),
        Kind::Tracepoint => (TRACING, RAW_TP),
        Kind::Entry => (TRACING, FENTRY),
        Kind::Exit => (TRACING, FEXIT),
    };
    let mut attributes = [0; 128];
    put(&mut attributes, 0, &kind.to_ne_bytes());
    put(&mut attributes, 4, &2_u32.to_ne_bytes());
    put(&mut attributes, 8, &(NOTHING.as_ptr() as u64).to_ne_bytes());
    put(
        &mut attributes,
        16,
        &(LICENSE.as_ptr() as u64).to_ne_bytes(),
    );
    put(&mut attributes, 68, &attach.to_ne_bytes());
    put(&mut attributes, 108, &target.to_ne_bytes());
    bpf(PROG_LOAD, &attributes)
}

fn open(program: &OwnedFd) -> Result<OwnedFd> {
    let mut attributes = [0; 16];
    put(&mut attributes, 8, &program.as_raw_fd().to_ne_bytes());
    bpf(RAW_TRACEPOINT_OPEN, &attributes)
}

fn put(attributes: &mut [u8], at: usize, bytes: &[u8]) {
    let place = attributes.iter_mut().skip(at);
    place.zip(bytes).for_each(|(to, from)| *to = *from);
}

fn bpf(command: i64, attributes: &[u8]) -> Result<OwnedFd> {
    let size = i64::try_from(attributes.len())?;
    let words = [Number(command), Bytes(attributes), Number(size)];
    Ok(raw::open(Entry::Native, Call::Bpf, &words)?)
}
