//! Where this kernel keeps the fields the probe reads, from its own BTF.

use std::path::Path;

use btf_rs::{Btf, Struct, Type};
use probe_common::{
    layout::{ABSENT, FIELDS, Layout},
    walk::MASKS,
};

use super::ProbeError;

pub const BTF: &str = "/sys/kernel/btf/vmlinux";

/// Looks every field up. All that are missing are named in one error.
pub fn read(btf: &Path) -> Result<Layout, ProbeError> {
    of(&open(btf)?)
}

pub fn open(btf: &Path) -> Result<Btf, ProbeError> {
    Btf::from_file(btf).map_err(|e| ProbeError::Btf {
        reason: e.to_string(),
    })
}

/// The same of one that is open.
pub fn of(btf: &Btf) -> Result<Layout, ProbeError> {
    let mut offsets = [ABSENT; FIELDS.len()];
    let mut missing = Vec::new();
    for (offset, (_, places)) in offsets.iter_mut().zip(FIELDS) {
        match places
            .iter()
            .find_map(|(structure, member)| find(btf, structure, member))
        {
            Some(found) => *offset = found,
            None => missing.push(
                places
                    .iter()
                    .map(|(s, m)| format!("{s}.{m}"))
                    .collect::<Vec<_>>()
                    .join(" or "),
            ),
        }
    }
    if !missing.is_empty() {
        return Err(ProbeError::Fields(missing.join(", ")));
    }
    // Up to 6.12 a `list_head` threaded through `mnt_instance`, later a bare chain.
    let list = find(btf, "mount", "mnt_instance").is_some();
    let secret = enumerator(btf, "lockdown_reason", "LOCKDOWN_XFRM_SECRET");
    Ok(Layout::new(
        &offsets,
        list,
        secret.unwrap_or(ABSENT),
        masks(),
    ))
}

/// What of a `/proc` has to be masked: the files that this kernel has.
fn masks() -> u32 {
    let there = |name: &&str| Path::new("/proc").join(name).exists();
    let bits = MASKS.iter().enumerate().filter(|(_, name)| there(name));
    bits.fold(0, |all, (i, _)| all | 1 << i)
}

/// The value of one of an enum's names.
fn enumerator(btf: &Btf, name: &str, wanted: &str) -> Option<u64> {
    let types = btf.resolve_types_by_name(name).ok()?;
    types.into_iter().find_map(|found| match found {
        Type::Enum(found) => found.members.iter().find_map(|member| {
            let is_wanted = btf.resolve_name(member).is_ok_and(|name| name == wanted);
            is_wanted.then(|| u64::from(member.val()))
        }),
        _ => None,
    })
}

/// Byte offset of a member, also inside anonymous structs and unions.
fn find(btf: &Btf, structure: &str, member: &str) -> Option<u64> {
    let types = btf.resolve_types_by_name(structure).ok()?;
    types.into_iter().find_map(|found| match found {
        Type::Struct(found) => member_offset(btf, &found, member),
        _ => None,
    })
}

fn member_offset(btf: &Btf, structure: &Struct, wanted: &str) -> Option<u64> {
    structure.members.iter().find_map(|member| {
        let offset = u64::from(member.bit_offset()) / 8;
        let name = btf.resolve_name(member).unwrap_or_default();
        if name == wanted {
            return Some(offset);
        }
        if !name.is_empty() {
            return None;
        }
        match btf.resolve_chained_type(member).ok()? {
            Type::Struct(inner) | Type::Union(inner) => {
                member_offset(btf, &inner, wanted).map(|inside| offset + inside)
            }
            _ => None,
        }
    })
}
