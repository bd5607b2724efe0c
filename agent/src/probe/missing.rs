//! What a kernel lacks that the programs need.

use std::path::Path;

use aya_obj::btf::BtfKind;

use super::{
    ProbeError, attach, layout,
    programs::{PROGRAMS, Program},
};

/// A program that a kernel has no place for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Missing {
    pub program: &'static str,
    /// What it would be attached to.
    pub target: &'static str,
}

/// Programs that the kernel with this BTF has no place for; fields that it lacks are an error.
///
/// # Errors
/// If it is no BTF, or lacks a field.
pub fn missing(btf: &Path) -> Result<Vec<Missing>, ProbeError> {
    let btf = layout::open(btf)?;
    layout::of(&btf)?;
    let is_there = |program: &&Program| {
        let (name, kind) = attach::place(program);
        let types = btf.resolve_types_by_name(&name).unwrap_or_default();
        types.iter().any(|found| match found {
            btf_rs::Type::Func(_) => kind == BtfKind::Func,
            btf_rs::Type::Typedef(_) => kind == BtfKind::Typedef,
            _ => false,
        })
    };
    let missing = PROGRAMS.iter().filter(|program| !is_there(program));
    let named = missing.map(|program| Missing {
        program: program.name,
        target: program.target,
    });
    Ok(named.collect())
}
