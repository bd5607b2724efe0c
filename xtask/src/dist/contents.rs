//! What is in a package, whatever kind it is.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

use crate::exec;

/// Where the two kinds of distributions keep the same thing.
const ELSEWHERE: &[(&str, &str)] = &[("/zsh/site-functions/", "/zsh/vendor-completions/")];
/// Debian has a file of its own about the licence.
const DEBIAN_ONLY: &str = "/usr/share/doc/bulkhead/copyright";

/// Fails if one has a file that the other lacks.
pub(super) fn compare(deb: &Path, rpm: &Path) -> Result<()> {
    let (deb, rpm) = (of_deb(deb)?, of_rpm(rpm)?);
    let differing: Vec<_> = deb.symmetric_difference(&rpm).cloned().collect();
    if deb.is_empty() || !differing.is_empty() {
        bail!("not in both packages: {}", differing.join(", "));
    }
    Ok(())
}

fn of_deb(deb: &Path) -> Result<BTreeSet<String>> {
    let listed = exec::stdout(Command::new("dpkg-deb").arg("--contents").arg(deb))?;
    // Mode, owner, size, date, time, path.
    let paths = listed.lines().filter(|line| !line.starts_with('d'));
    let paths = paths.filter_map(|line| line.split_whitespace().nth(5));
    let paths = paths.map(|path| path.trim_start_matches('.').to_owned());
    Ok(paths.filter(|path| path != DEBIAN_ONLY).collect())
}

fn of_rpm(rpm: &Path) -> Result<BTreeSet<String>> {
    let listed = exec::stdout(Command::new("rpm").args(["-qpl", "--nosignature"]).arg(rpm))?;
    let usual = |path: &str| {
        let mut path = path.to_owned();
        for (from, to) in ELSEWHERE {
            path = path.replace(from, to);
        }
        path
    };
    Ok(listed.lines().map(usual).collect())
}
