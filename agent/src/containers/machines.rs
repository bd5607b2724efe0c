//! systemd-nspawn's and LXC's containers, by the names in those of their cgroups. They have no
//! images.

use std::{fs, path::Path};

use super::{Info, is_safe_id};

/// What systemd-machined writes of each machine before its first program runs.
const MACHINES: &str = "run/systemd/machines";
const NSPAWN: &str = "SERVICE=systemd-nspawn";
const LXC: &str = "var/lib/lxc";

pub(super) fn by_id(root: &Path, id: &str) -> Option<Info> {
    let name = unescaped(id).filter(|name| is_safe_id(name))?;
    let machine = fs::read_to_string(root.join(MACHINES).join(&name)).unwrap_or_default();
    let runtime = if machine.lines().any(|line| line == NSPAWN) {
        "systemd-nspawn"
    } else if root.join(LXC).join(&name).join("config").is_file() {
        "lxc"
    } else {
        return None;
    };
    Some(Info {
        name: Some(name),
        runtime: Some(runtime),
        ..Info::default()
    })
}

/// systemd writes `-` in the name of a unit as `\x2d`.
fn unescaped(id: &str) -> Option<String> {
    let mut parts = id.split("\\x");
    let mut name = parts.next()?.to_owned();
    for part in parts {
        let (code, rest) = part.split_at_checked(2)?;
        let byte = u8::from_str_radix(code, 16).ok()?;
        name.push(char::from(byte));
        name.push_str(rest);
    }
    Some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write(
            "run/systemd/machines/my-debian",
            "NAME=my-debian\nSERVICE=systemd-nspawn\nCLASS=container\n",
        );
        write("run/systemd/machines/vm", "SERVICE=libvirt-qemu\n");
        write("var/lib/lxc/c1/config", "");
        root
    }

    #[test]
    fn machines_are_found_by_their_escaped_names() {
        let root = host();
        let look = |id: &str| {
            let info = by_id(root.path(), id)?;
            Some((info.runtime?, info.name?))
        };
        let nspawn = ("systemd-nspawn", "my-debian".to_owned());
        assert_eq!(look(r"my\x2ddebian"), Some(nspawn));
        assert_eq!(look("c1"), Some(("lxc", "c1".to_owned())));
        for other in [
            "vm",
            "nobody",
            r"..\x2fmachines\x2fmy-debian",
            r"a\x2",
            r"a\xü",
            "",
        ] {
            assert_eq!(look(other), None, "{other}");
        }
    }
}
