//! Loading and attaching one program after the other.

use aya::{
    Btf, Ebpf,
    programs::{BtfTracePoint, FEntry, FExit, Iter, Lsm, ProgramError},
};
use aya_obj::btf::BtfKind;

use super::{
    HookState, ProbeError, State,
    programs::{Kind, PROGRAMS, Program},
};

/// Loads and attaches every program that this kernel has a place for.
pub fn all(ebpf: &mut Ebpf, btf: &Btf) -> Vec<HookState> {
    PROGRAMS
        .iter()
        .map(|program| HookState {
            name: program.name,
            rule: program.rule.and_then(probe_common::rule::rules::name),
            state: one(ebpf, btf, program),
        })
        .collect()
}

fn one(ebpf: &mut Ebpf, btf: &Btf, program: &Program) -> State {
    if !has_target(btf, program) {
        return State::Absent(format!("this kernel has no {}", program.target));
    }
    match attach(ebpf, btf, program) {
        Ok(()) => State::Active,
        Err(error) => State::Failed(describe(&error)),
    }
}

fn has_target(btf: &Btf, program: &Program) -> bool {
    let (name, kind) = match program.kind {
        Kind::Lsm => (format!("bpf_lsm_{}", program.target), BtfKind::Func),
        Kind::Entry | Kind::Exit => (program.target.to_owned(), BtfKind::Func),
        Kind::Tracepoint => (format!("btf_trace_{}", program.target), BtfKind::Typedef),
    };
    btf.id_by_type_name_kind(&name, kind).is_ok()
}

fn attach(ebpf: &mut Ebpf, btf: &Btf, program: &Program) -> Result<(), ProgramError> {
    let Some(found) = ebpf.program_mut(program.name) else {
        return Err(ProgramError::NotLoaded);
    };
    match program.kind {
        Kind::Lsm => {
            let lsm: &mut Lsm = found.try_into()?;
            lsm.load(program.target, btf)?;
            lsm.attach().map(|_| ())
        }
        Kind::Entry => {
            let entry: &mut FEntry = found.try_into()?;
            entry.load(program.target, btf)?;
            entry.attach().map(|_| ())
        }
        Kind::Exit => {
            let exit: &mut FExit = found.try_into()?;
            exit.load(program.target, btf)?;
            exit.attach().map(|_| ())
        }
        Kind::Tracepoint => {
            let tracepoint: &mut BtfTracePoint = found.try_into()?;
            tracepoint.load(program.target, btf)?;
            tracepoint.attach().map(|_| ())
        }
    }
}

/// The error, and of a verifier log the end, where the reason is.
fn describe(error: &ProgramError) -> String {
    let ProgramError::LoadError { io_error, verifier_log } = error else {
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
        program.take_link(link)?.into_file()?.read_to_end(&mut seen)?;
        Ok(())
    };
    run(program).map_err(|e| ProbeError::Iterator(e.to_string()))
}
