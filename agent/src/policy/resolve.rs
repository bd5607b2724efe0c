//! Checked → resolved: the one look at the filesystem.

use std::{io, path::Path};

use super::{
    Policy,
    check::Checked,
    error::{Problem, Wrong},
};

/// Every host path must be there now; what it is becomes an anchor in `anchors`.
pub(super) fn resolve(checked: Checked, root: &Path) -> Result<Policy, Wrong> {
    for (host_path, span) in checked.profiles.paths() {
        let here = root.join(host_path.path.strip_prefix("/").unwrap_or(&host_path.path));
        if let Err(e) = std::fs::metadata(&here) {
            let path = host_path.path.display().to_string();
            let problem = match e.kind() {
                io::ErrorKind::NotFound => Problem::NotThere { path },
                _ => Problem::Unreachable {
                    path,
                    reason: e.to_string(),
                },
            };
            return Err(Wrong::new(span.clone(), problem));
        }
    }
    Ok(Policy {
        mode: checked.mode,
        default: checked.default,
        profiles: checked.profiles.into_profiles(),
        assigns: checked.assigns,
        file: None,
    })
}
