//! Capabilities: names to the kernel's bits.

use super::{
    error::{Problem, Wrong},
    source::{Place, Section},
    words::Words,
};
use crate::capabilities::{self, name, names, number, numbers};

/// Every capability, also those that no kernel has yet.
pub const ALL: u64 = u64::MAX;

const KEYS: &[&str] = &["add", "drop"];
const EVERY: &str = "ALL";

/// What a profile says about capabilities over those that it has from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Change {
    add: u64,
    drop: u64,
}

impl Change {
    /// `ALL` is dropped before anything is added, as Docker and Kubernetes do: else nothing would
    /// be left of what is added beside it.
    pub(super) fn of(self, inherited: u64) -> u64 {
        if self.drop == ALL {
            self.add
        } else {
            (inherited | self.add) & !self.drop
        }
    }
}

/// Reads the table `capabilities`.
pub(super) fn read(section: &Section<'_>) -> Result<Change, Wrong> {
    section.only(KEYS)?;
    let (add, added) = list(section, "add", "capabilities.add")?;
    let (drop, dropped) = list(section, "drop", "capabilities.drop")?;
    for (name, place) in dropped {
        if added.iter().any(|(other, _)| *other == name) {
            return Err(Wrong::new(place, Problem::AddedAndDropped(name)));
        }
    }
    Ok(Change { add, drop })
}

type Named = (String, Place);

fn list(
    section: &Section<'_>,
    key: &'static str,
    whole: &'static str,
) -> Result<(u64, Vec<Named>), Wrong> {
    let list = section.strings(key)?.unwrap_or_default();
    let names: Vec<Named> = list
        .iter()
        .map(|(name, place)| (plain(name), place.clone()))
        .collect();
    if let [(name, _)] = names.as_slice()
        && name == EVERY
    {
        return Ok((ALL, names));
    }
    let words = names.iter().map(|(name, place)| (&**name, place.clone()));
    let bits = words_of(whole).bits(&words.collect::<Vec<_>>())?;
    Ok((bits, names))
}

/// `CAP_SYS_ADMIN` and `sys_admin` are `SYS_ADMIN`.
fn plain(text: &str) -> String {
    let upper = text.to_ascii_uppercase();
    let bare = upper.strip_prefix("CAP_").unwrap_or(&upper);
    number(bare).and_then(name).unwrap_or(bare).to_owned()
}

/// The names without their prefix, by number.
pub(super) fn known() -> Vec<(u64, String)> {
    let bits = numbers(capabilities::ALL).map(|number| 1 << number);
    bits.zip(names(capabilities::ALL)).collect()
}

fn words_of(key: &'static str) -> Words {
    let mut known = known();
    // Beside other names it is one too many, so it shares their bits.
    known.push((ALL, EVERY.to_owned()));
    Words {
        what: "capability",
        key,
        known,
    }
}

#[cfg(test)]
mod tests {
    use probe_common::admission::{DOCKERS, NET_BIND_SERVICE};

    use super::*;

    fn bits(names: &[&str]) -> u64 {
        let known = known();
        let bit = |name: &&str| known.iter().find(|(_, known)| known == name).unwrap().0;
        names.iter().map(bit).fold(0, |all, bit| all | bit)
    }

    #[test]
    fn names_are_the_kernels_numbers() {
        assert_eq!(bits(&["NET_BIND_SERVICE"]), NET_BIND_SERVICE);
        let dockers = [
            "AUDIT_WRITE",
            "CHOWN",
            "DAC_OVERRIDE",
            "FOWNER",
            "FSETID",
            "KILL",
            "MKNOD",
            "NET_BIND_SERVICE",
            "NET_RAW",
            "SETFCAP",
            "SETGID",
            "SETPCAP",
            "SETUID",
            "SYS_CHROOT",
        ];
        assert_eq!(bits(&dockers), DOCKERS);
        assert_eq!(known().len(), 41);
        assert_eq!(known()[21], (1 << 21, "SYS_ADMIN".to_owned()));
    }

    #[test]
    fn single_ones_are_dropped_last_and_all_first() {
        let change = |add, drop| Change { add, drop };
        assert_eq!(change(0b100, 0b1).of(0b11), 0b110);
        assert_eq!(change(ALL, 0b1).of(0), ALL - 1);
        assert_eq!(change(0b100, ALL).of(0b11), 0b100);
    }
}
