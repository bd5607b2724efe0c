//! Which rule was tested by how many attacks on which kernel: the table in docs/kernels.md.
//!
//! The scenarios say `rule RULE ATTACK` once for each attack, and `test enforce::ATTACK ... ok` when
//! the kernel refused it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;

use anyhow::{Context as _, Result, ensure};

use crate::cargo;
use crate::kernel::Kernel;

pub(crate) const FILE: &str = "docs/kernels.md";
pub(crate) const BEGIN: &str = "<!-- rules by kernel: written by `cargo xtask test` -->";
pub(crate) const END: &str = "<!-- end of rules by kernel -->";
const ORDER: &str = "docs/rules.md";

/// What was heard from the scenarios.
#[derive(Default)]
pub(crate) struct Coverage {
    attacks: BTreeMap<String, BTreeSet<String>>,
    refused: BTreeSet<(&'static str, String)>,
}

impl Coverage {
    /// Takes one line of what the scenarios said on this kernel.
    pub(super) fn hear(&mut self, kernel: Kernel, line: &str) {
        let words: Vec<_> = line.split_whitespace().collect();
        match words[..] {
            ["rule", rule, attack] => {
                let attacks = self.attacks.entry(rule.to_owned()).or_default();
                attacks.insert(attack.to_owned());
            }
            ["test", name, "...", "ok"] => {
                if let Some(attack) = name.strip_prefix("enforce::") {
                    self.refused.insert((kernel.series(), attack.to_owned()));
                }
            }
            _ => {}
        }
    }

    pub(super) fn add(&mut self, other: Self) {
        for (rule, attacks) in other.attacks {
            self.attacks.entry(rule).or_default().extend(attacks);
        }
        self.refused.extend(other.refused);
    }

    /// Did the scenarios say which attack is about which rule?
    pub(crate) fn is_known(&self) -> bool {
        !self.attacks.is_empty()
    }

    /// Writes the table anew.
    pub(crate) fn write(&self) -> Result<()> {
        let (old, new) = self.pages()?;
        if old != new {
            fs::write(cargo::workspace()?.join(FILE), new)
                .with_context(|| format!("cannot write {FILE}"))?;
            eprintln!("{FILE} has a new table");
        }
        Ok(())
    }

    /// Fails if the table is not what this run would write.
    pub(crate) fn compare(&self) -> Result<()> {
        let (old, new) = self.pages()?;
        ensure!(
            old == new,
            "the table in {FILE} is stale: `cargo xtask test` writes it, commit it"
        );
        Ok(())
    }

    /// The page as it is, and as it should be.
    fn pages(&self) -> Result<(String, String)> {
        let read = |file: &str| {
            let path = cargo::workspace()?.join(file);
            fs::read_to_string(path).with_context(|| format!("cannot read {file}"))
        };
        let (page, rules) = (read(FILE)?, read(ORDER)?);
        let rules: Vec<_> = rules.lines().filter_map(rule_of_row).collect();
        let (before, _, after) = parts(&page)?;
        let table = self.table(&rules);
        let new = format!("{before}{BEGIN}\n{table}{END}{after}");
        Ok((page, new))
    }

    fn table(&self, rules: &[&str]) -> String {
        let mut table = "| rule |".to_owned();
        let mut line = "| --- |".to_owned();
        for kernel in Kernel::ALL {
            // Writing to a String never fails.
            let _ = write!(table, " {kernel} |");
            line.push_str(" --- |");
        }
        let _ = writeln!(table, "\n{line}");
        for rule in rules {
            let _ = write!(table, "| `{rule}` |");
            for kernel in Kernel::ALL {
                let _ = match self.count(rule, kernel) {
                    0 => write!(table, " – |"),
                    count => write!(table, " {count} |"),
                };
            }
            table.push('\n');
        }
        table
    }

    fn count(&self, rule: &str, kernel: Kernel) -> usize {
        let refused = |attack: &&String| {
            let key = (kernel.series(), (*attack).clone());
            self.refused.contains(&key)
        };
        self.attacks
            .get(rule)
            .map_or(0, |attacks| attacks.iter().filter(refused).count())
    }
}

/// The page before, between and after the marks.
pub(crate) fn parts(page: &str) -> Result<(&str, &str, &str)> {
    let split = page.split_once(BEGIN).and_then(|(before, rest)| {
        rest.split_once(END)
            .map(|(old, after)| (before, old, after))
    });
    split.with_context(|| format!("{FILE} lacks the marks `{BEGIN}` and `{END}`"))
}

/// The name in the first cell of a table's row: "| `mount` | …".
pub(crate) fn rule_of_row(row: &str) -> Option<&str> {
    let name = row.trim().strip_prefix('|')?.split('|').next()?.trim();
    let name = name.strip_prefix('`')?.strip_suffix('`')?;
    let plain = name
        .chars()
        .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    plain.then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attacks_that_were_refused_count() {
        let mut coverage = Coverage::default();
        for line in [
            "rule mount mount_tmpfs",
            "rule mount open_tree",
            "rule device disk",
            "test off::mount_tmpfs ... ok",
            "test enforce::mount_tmpfs   ... ok",
            "test enforce::open_tree     ... FAILED",
            "test enforce::disk ... ok",
        ] {
            coverage.hear(Kernel::V6_12, line);
        }
        let mut other = Coverage::default();
        other.hear(Kernel::V7_3, "test enforce::open_tree ... ok");
        coverage.add(other);
        assert!(coverage.is_known());
        let table = "\
| rule | 6.1 | 6.12 | 6.18 | 7.3 |
| --- | --- | --- | --- | --- |
| `mount` | – | 1 | – | 1 |
| `setns` | – | – | – | – |
| `device` | – | 1 | – | – |
";
        assert_eq!(coverage.table(&["mount", "setns", "device"]), table);
    }

    #[test]
    fn the_marks_are_needed() {
        assert!(parts("no marks").is_err());
        let page = format!("a\n{BEGIN}\nold\n{END}\nb");
        assert_eq!(parts(&page).ok(), Some(("a\n", "\nold\n", "\nb")));
    }
}
