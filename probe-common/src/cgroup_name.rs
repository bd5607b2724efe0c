//! Which cgroup names are containers. The names are data; the probe and the unit tests run the same
//! code on them.
//!
//! | name | made by |
//! | --- | --- |
//! | 64 hex digits | Docker and CRI with the cgroupfs driver |
//! | `anything-` + 64 hex digits, with or without `.scope`, but not `*-conmon-*` | `docker-`, `cri-containerd-`, `crio-`, `libpod-`, `nerdctl-`; without `.scope` where there is no systemd |
//! | `runc-*.scope`, `crun-*.scope`, `machine-*.scope` (but not of virtual machines), `lxc.payload.*` | runc, crun, systemd-nspawn, LXC |
//! | any child of `buildkit` | BuildKit's `RUN` steps |
//! | `buildah-buildah…`, `crun-buildah-buildah…`, `runc-buildah-buildah…` | those of buildah and `podman build` |

use crate::{
    container::{BUILD, ORDINARY},
    limits::{CGROUP_NAME, ID},
};

/// A name read from the kernel, zero-filled.
pub type Name = [u8; CGROUP_NAME];
/// As much of the parent's name as matters.
pub type Parent = [u8; PARENT];
/// Bytes of a [`Parent`].
pub const PARENT: usize = 16;

const SCOPE: &[u8] = b".scope";
const CONMON: &[u8] = b"conmon-";
const BUILDKIT: &[u8; 9] = b"buildkit\0";
/// Prefix and suffix around the id where it is not 64 hex digits.
const NAMED: [(&[u8], &[u8]); 4] = [
    (b"runc-", SCOPE),
    (b"crun-", SCOPE),
    (b"machine-", SCOPE),
    (b"lxc.payload.", b""),
];
/// How buildah calls the container of a step, with a number behind.
const STEP: [&[u8; 8]; 2] = [b"buildah-", b"buildah\0"];
/// libvirt's virtual machines, which systemd names like its containers: `machine-qemu\x2d1\x2dweb`.
const MACHINE: &[u8] = b"machine-qemu\\x2d";

/// What the name of a container's cgroup says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Named {
    /// Where the container's id is in the name.
    pub start: usize,
    pub len: usize,
    /// `BUILD` where only BuildKit's parent cgroup makes it a container's, or buildah's name. No
    /// option of Docker's leads there: whatever `--cgroup-parent` says, 64 hex digits are the name.
    pub kind: u32,
}

impl Named {
    #[inline(always)]
    const fn new(start: usize, len: usize, kind: u32) -> Self {
        let len = if len < ID { len } else { ID };
        Self { start, len, kind }
    }
}

/// What the name of a cgroup says that a runtime made for one container. `None` for every other
/// cgroup.
///
/// `len` is the name's length without its NUL. A name that does not fit into [`Name`] is none that
/// a runtime gives.
#[inline(always)]
#[must_use]
pub fn container_id(name: &Name, len: usize, parent: &Parent) -> Option<Named> {
    if len == 0 || len >= CGROUP_NAME {
        return None;
    }
    if let Some(start) = hex_id(name, len) {
        return Some(Named::new(start, ID, ORDINARY));
    }
    if starts_with(name, MACHINE) {
        return None;
    }
    for (prefix, suffix) in NAMED {
        if starts_with(name, prefix) && ends_with(name, len, suffix) {
            let id = len.saturating_sub(prefix.len() + suffix.len());
            // Behind `crun-` or `runc-`.
            let kind = if is_step::<5>(name) { BUILD } else { ORDINARY };
            return Some(Named::new(prefix.len(), id, kind));
        }
    }
    if is_step::<0>(name) || parent.first_chunk() == Some(BUILDKIT) {
        return Some(Named::new(0, len, BUILD));
    }
    None
}

/// Two words instead of a loop, of which 6.1 has enough.
#[inline(always)]
fn is_step<const AT: usize>(name: &Name) -> bool {
    const { assert!(AT + 16 <= CGROUP_NAME) };
    const NUMBER: usize = 15;
    let (Some(first), Some(second)) = (name[AT..].first_chunk(), name[AT + 8..].first_chunk())
    else {
        return false;
    };
    let word = |bytes: &[u8; 8]| u64::from_ne_bytes(*bytes);
    let last = u64::from_ne_bytes([0, 0, 0, 0, 0, 0, 0, u8::MAX]);
    let differs = (word(first) ^ word(STEP[0])) | ((word(second) & !last) ^ word(STEP[1]));
    differs == 0 && name[AT + NUMBER].is_ascii_digit()
}

/// Start of 64 hex digits that are the whole name, or stand after a dash, at the end or before
/// `.scope`.
#[inline(always)]
fn hex_id(name: &Name, len: usize) -> Option<usize> {
    let scope = ends_with(name, len, SCOPE);
    let end = if scope { len - SCOPE.len() } else { len };
    if end < ID {
        return None;
    }
    let start = end - ID;
    for i in 0..ID {
        if !byte(name, start + i).is_ascii_hexdigit() {
            return None;
        }
    }
    if start == 0 && !scope {
        return Some(start);
    }
    let dashed = start > 0 && byte(name, start - 1) == b'-';
    let conmon = start >= CONMON.len() && matches_at(name, start - CONMON.len(), CONMON);
    (dashed && !conmon).then_some(start)
}

#[inline(always)]
fn ends_with(name: &Name, len: usize, suffix: &[u8]) -> bool {
    len >= suffix.len() && matches_at(name, len - suffix.len(), suffix)
}

#[inline(always)]
fn starts_with(name: &Name, prefix: &[u8]) -> bool {
    matches_at(name, 0, prefix)
}

#[inline(always)]
fn matches_at(name: &Name, at: usize, wanted: &[u8]) -> bool {
    let mut same = true;
    let mut i = 0;
    while i < wanted.len() {
        same &= wanted.get(i).is_some_and(|w| *w == byte(name, at + i));
        i += 1;
    }
    same
}

/// The byte at `i`. The mask is the bound the verifier sees; callers stay inside it. The compiler,
/// which knows that too, must not fold it into a pointer whose bound the verifier then misses.
#[inline(always)]
fn byte(name: &Name, i: usize) -> u8 {
    const { assert!(CGROUP_NAME.is_power_of_two()) };
    name[core::hint::black_box(i) & (CGROUP_NAME - 1)]
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "2f4370a9c1d2e3f405162738495a6b7c8d9eafb0c1d2e3f405162738495a6b7c";

    fn name(text: &str) -> Name {
        let mut name = [0; CGROUP_NAME];
        name[..text.len()].copy_from_slice(text.as_bytes());
        name
    }

    fn parent(text: &str) -> Parent {
        let mut parent = [0; PARENT];
        let len = text.len().min(PARENT - 1);
        parent[..len].copy_from_slice(&text.as_bytes()[..len]);
        parent
    }

    #[track_caller]
    fn check(text: &str, above: &str, wanted: Option<&str>) {
        let found = container_id(&name(text), text.len(), &parent(above));
        assert_eq!(
            found.map(|found| &text[found.start..found.start + found.len]),
            wanted,
            "{text}"
        );
    }

    #[test]
    fn ids_of_every_runtime() {
        check(HEX, "docker", Some(HEX));
        for runtime in ["docker", "cri-containerd", "crio", "libpod", "nerdctl"] {
            check(&format!("{runtime}-{HEX}.scope"), "system.slice", Some(HEX));
        }
        check(&format!("libpod-{HEX}"), "libpod_parent", Some(HEX));
        check("runc-web.scope", "system.slice", Some("web"));
        check("crun-web.scope", "user.slice", Some("web"));
        check("machine-debian.scope", "machine.slice", Some("debian"));
        check("lxc.payload.c1", "", Some("c1"));
        check("kx2m9q0", "buildkit", Some("kx2m9q0"));
    }

    #[test]
    fn only_buildkits_parent_and_a_name_of_its_own_make_a_build() {
        let kind = |text: &str, above| {
            container_id(&name(text), text.len(), &parent(above)).map(|found| found.kind)
        };
        assert_eq!(kind("kx2m9q0", "buildkit"), Some(BUILD));
        assert_eq!(kind(&HEX[1..], "buildkit"), Some(BUILD));
        let names = [
            HEX.to_string(),
            format!("docker-{HEX}.scope"),
            format!("libpod-{HEX}"),
            "runc-web.scope".into(),
            "lxc.payload.c1".into(),
        ];
        for name in names {
            assert_eq!(kind(&name, "buildkit"), Some(ORDINARY), "{name}");
        }
        for name in [
            "buildah-buildah41",
            "crun-buildah-buildah41.scope",
            "runc-buildah-buildah41.scope",
        ] {
            assert_eq!(kind(name, ""), Some(BUILD), "{name}");
        }
        assert_eq!(kind("crun-buildah.scope", ""), Some(ORDINARY));
        assert_eq!(kind("buildah-x", ""), None);
        assert_eq!(kind("buildah-buildah-nightly.service", ""), None);
        assert_eq!(kind("kx2m9q0", "buildkit2"), None);
        assert_eq!(kind("kx2m9q0", "docker"), None);
    }

    #[test]
    fn what_is_not_a_container() {
        check("", "docker", None);
        check("system.slice", "", None);
        check("docker", "", None);
        check("buildkit", "", None);
        check("x", "buildkit.service", None);
        check(r"machine-qemu\x2d1\x2dweb.scope", "machine.slice", None);
        check("session-1.scope", "user-0.slice", None);
        check(&HEX[1..], "docker", None);
        check(&format!("{HEX}0"), "docker", None);
        check(&format!("{HEX}.scope"), "docker", None);
        check(&format!("{HEX}.service"), "docker", None);
        check(&HEX.replace('2', "g"), "docker", None);
        check(&format!("libpod-conmon-{HEX}.scope"), "machine.slice", None);
        check(&format!("libpod-conmon-{HEX}"), "libpod_parent", None);
        check(
            &format!("docker-{}.scope", &HEX[1..]),
            "machine.slice",
            None,
        );
    }

    #[test]
    fn a_name_that_fills_the_buffer_is_none() {
        let full = [b'a'; CGROUP_NAME];
        assert_eq!(container_id(&full, CGROUP_NAME, &parent("buildkit")), None);
    }
}
