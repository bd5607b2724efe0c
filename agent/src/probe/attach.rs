//! Loading and attaching one program after the other.

use std::time::{Duration, Instant};

use aya::{
    Btf, Ebpf,
    programs::{BtfTracePoint, FEntry, FExit, Iter, Lsm, ProgramError, links::FdLink},
};
use aya_obj::btf::BtfKind;

use super::{
    Cost, HookState, ProbeError, State,
    programs::{Kind, PROGRAMS, Program},
};

/// Attaches a program; each kind has methods of its own.
macro_rules! attached {
    ($kind:ty, $found:expr) => {{
        let program = <&mut $kind>::try_from($found)?;
        let link = program.attach()?;
        program.take_link(link).map(FdLink::from)
    }};
}

/// What keeps a program attached, by its name.
pub type Links = Vec<(&'static str, FdLink)>;

/// Loads and attaches every program that this kernel has a place for.
pub fn all(ebpf: &mut Ebpf, btf: &Btf) -> (Vec<HookState>, Links) {
    let mut links = Vec::new();
    let one = |program: &Program| {
        let (state, cost) = one(ebpf, btf, program, &mut links);
        HookState {
            name: program.name,
            rule: program.rule.and_then(probe_common::rule::rules::name),
            state,
            cost,
        }
    };
    let hooks = PROGRAMS.iter().map(one).collect();
    (hooks, links)
}

fn one(ebpf: &mut Ebpf, btf: &Btf, program: &Program, links: &mut Links) -> (State, Option<Cost>) {
    if !has_target(btf, program) {
        let reason = format!("this kernel has no {}", program.target);
        return (State::Absent(reason), None);
    }
    let Some(found) = ebpf.program_mut(program.name) else {
        return (State::Failed(describe(&ProgramError::NotLoaded)), None);
    };
    let failed = |error| State::Failed(describe(&error));
    let started = Instant::now();
    if let Err(error) = load(found, btf, program) {
        return (failed(error), None);
    }
    let cost = cost(found, started.elapsed());
    match attach(found, program.kind) {
        Ok(link) => {
            links.push((program.name, link));
            (State::Active, cost)
        }
        Err(error) => (failed(error), cost),
    }
}

/// Nobody's protection depends on it, so a kernel that does not tell is no error.
fn cost(program: &aya::programs::Program, took: Duration) -> Option<Cost> {
    let info = program.info().ok()?;
    Some(Cost {
        instructions: info.verified_instruction_count(),
        size_translated: info.size_translated(),
        size_jitted: info.size_jitted(),
        load_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
    })
}

/// Has this kernel a place for it?
pub fn has_target(btf: &Btf, program: &Program) -> bool {
    let (name, kind) = place(program);
    btf.id_by_type_name_kind(&name, kind).is_ok()
}

/// What a kernel that has a place for it describes in its BTF.
pub fn place(program: &Program) -> (String, BtfKind) {
    match program.kind {
        Kind::Lsm => (format!("bpf_lsm_{}", program.target), BtfKind::Func),
        Kind::Entry | Kind::Exit => (program.target.to_owned(), BtfKind::Func),
        Kind::Tracepoint => (format!("btf_trace_{}", program.target), BtfKind::Typedef),
    }
}

fn load(
    found: &mut aya::programs::Program,
    btf: &Btf,
    program: &Program,
) -> Result<(), ProgramError> {
    let target = program.target;
    match program.kind {
        Kind::Lsm => <&mut Lsm>::try_from(found)?.load(target, btf),
        Kind::Entry => <&mut FEntry>::try_from(found)?.load(target, btf),
        Kind::Exit => <&mut FExit>::try_from(found)?.load(target, btf),
        Kind::Tracepoint => <&mut BtfTracePoint>::try_from(found)?.load(target, btf),
    }
}

fn attach(found: &mut aya::programs::Program, kind: Kind) -> Result<FdLink, ProgramError> {
    match kind {
        Kind::Lsm => attached!(Lsm, found),
        Kind::Entry => attached!(FEntry, found),
        Kind::Exit => attached!(FExit, found),
        Kind::Tracepoint => attached!(BtfTracePoint, found),
    }
}

/// The error, and of a verifier log the end, where the reason is.
fn describe(error: &ProgramError) -> String {
    let ProgramError::LoadError {
        io_error,
        verifier_log,
    } = error
    else {
        return error.to_string();
    };
    let log = verifier_log.to_string();
    let mut tail: Vec<_> = log.lines().rev().take(12).collect();
    tail.reverse();
    format!("{io_error}: {}", tail.join("\n    "))
}

/// Runs the task iterator over every task there is.
pub fn iterate(program: &mut Iter) -> Result<(), ProbeError> {
    use std::io::Read as _;
    let run = |program: &mut Iter| -> Result<(), Box<dyn std::error::Error>> {
        let link = program.attach()?;
        let mut seen = Vec::new();
        program
            .take_link(link)?
            .into_file()?
            .read_to_end(&mut seen)?;
        Ok(())
    };
    run(program).map_err(|e| ProbeError::Iterator(e.to_string()))
}
