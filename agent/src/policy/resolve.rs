//! Checked → resolved: the one look at the filesystem.

use std::{
    io,
    os::unix::fs::{FileTypeExt, MetadataExt},
    path::Path,
};

use probe_common::label::IPC;

use super::{
    Access, Device, HostPath, Policy, Profile, Said,
    check::Checked,
    error::{Problem, Wrong},
    source::Place,
};

const SHARED_MEMORY: &str = "/dev/shm";

/// Every host path must be there now; what it is becomes an anchor in `anchors`. So must every
/// device, whose numbers are read here.
pub(super) fn resolve(checked: Checked, root: &Path) -> Result<Policy, Wrong> {
    for (host_path, place) in checked.profiles.paths() {
        look(root, &host_path.path, ("host path", place))?;
    }
    let mut profiles = checked
        .profiles
        .into_profiles(|path, place| device(root, path, place))?;
    for profile in profiles.values_mut() {
        share_memory(root, profile);
    }
    Ok(Policy {
        mode: checked.mode,
        existing: checked.existing,
        default: checked.default,
        allow_missing: checked.allow_missing,
        profiles,
        assigns: checked.assigns,
        file: None,
        said: Said::default(),
    })
}

/// Runtimes give the host's shared memory to a container along with the host's IPC namespace.
fn share_memory(root: &Path, profile: &mut Profile) {
    let shared = profile.namespaces & 1 << IPC != 0;
    if shared && root.join(SHARED_MEMORY.trim_start_matches('/')).exists() {
        profile.host_paths.push(HostPath {
            path: SHARED_MEMORY.into(),
            access: Access::Rw,
        });
    }
}

fn device(root: &Path, path: &Path, place: &Place) -> Result<Device, Wrong> {
    let found = look(root, path, ("device", place))?;
    let (is_block, is_char) = (
        found.file_type().is_block_device(),
        found.file_type().is_char_device(),
    );
    if !is_block && !is_char {
        let problem = Problem::NoDevice(path.display().to_string());
        return Err(Wrong::new(place.clone(), problem));
    }
    Ok(Device {
        path: path.to_owned(),
        block: is_block,
        dev: number(found.rdev()),
    })
}

/// As the kernel keeps it, which is not as `stat` tells it.
fn number(rdev: u64) -> u32 {
    let (major, minor) = (nix::sys::stat::major(rdev), nix::sys::stat::minor(rdev));
    // 12 and 20 bits: no device has more.
    u32::try_from(major << 20 | minor).unwrap_or(u32::MAX)
}

fn look(
    root: &Path,
    path: &Path,
    (what, place): (&'static str, &Place),
) -> Result<std::fs::Metadata, Wrong> {
    let here = root.join(path.strip_prefix("/").unwrap_or(path));
    std::fs::metadata(here).map_err(|e| {
        let path = path.display().to_string();
        let problem = match e.kind() {
            io::ErrorKind::NotFound => Problem::NotThere { what, path },
            _ => Problem::Unreachable {
                what,
                path,
                reason: e.to_string(),
            },
        };
        Wrong::new(place.clone(), problem)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_devices_number_is_the_kernels() {
        assert_eq!(number(0x0811), 8 << 20 | 0x11, "/dev/sdb1");
        assert_eq!(number(0x0010_0301), 3 << 20 | 0x101);
    }
}
