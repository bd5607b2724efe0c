//! What the kernel counts of each program: calls, and nanoseconds, which are instructions here.

use std::{collections::BTreeMap, fs};

use anyhow::Result;
use aya::programs::loaded_programs;

const ENABLED: &str = "/proc/sys/kernel/bpf_stats_enabled";

/// What one program has taken.
#[derive(Clone, Copy, Default)]
pub(crate) struct Spent {
    pub(crate) calls: u64,
    pub(crate) instructions: u64,
}

/// What each had taken when this began.
pub(crate) struct Stats(BTreeMap<String, Spent>);

impl Stats {
    pub(crate) fn begin() -> Result<Self> {
        fs::write(ENABLED, "1")?;
        Ok(Self(all()?))
    }

    /// What those that were called have taken since then; nothing is counted afterwards.
    pub(crate) fn since(self) -> Result<BTreeMap<String, Spent>> {
        fs::write(ENABLED, "0")?;
        let mut now = all()?;
        for (name, spent) in &mut now {
            let before = self.0.get(name).copied().unwrap_or_default();
            spent.calls -= before.calls;
            spent.instructions -= before.instructions;
        }
        // The kernel's own have no name.
        now.retain(|name, spent| spent.calls > 0 && !name.is_empty());
        Ok(now)
    }
}

/// Programs of one name are one: some are attached in two places.
fn all() -> Result<BTreeMap<String, Spent>> {
    let mut found = BTreeMap::<String, Spent>::new();
    for program in loaded_programs() {
        let program = program?;
        let name = program.name_as_str().unwrap_or_default().to_owned();
        let spent = found.entry(name).or_default();
        spent.calls += program.run_count();
        spent.instructions += u64::try_from(program.run_time().as_nanos())?;
    }
    Ok(found)
}
