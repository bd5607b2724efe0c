//! What has to be looked up on this machine.

use std::{
    fs,
    path::{Path, PathBuf},
};

pub trait Host {
    /// Is there something at this path? A policy with a path that is not there is refused.
    fn has(&self, path: &str) -> bool;
    /// The node of a device by its number, `8:1`. `name` is what it was called, where a block and a
    /// character device share the number.
    fn node(&self, number: &str, name: Option<&str>) -> Option<String>;
}

/// A host by its root folder.
pub struct OnDisk(pub PathBuf);

impl Host for OnDisk {
    fn has(&self, path: &str) -> bool {
        self.0.join(path.trim_start_matches('/')).exists()
    }

    fn node(&self, number: &str, name: Option<&str>) -> Option<String> {
        let found = ["block", "char"].map(|kind| self.node_of(kind, number));
        match found {
            [Some(block), Some(character)] => {
                let name = Path::new(name?).file_name();
                let is_it = |node: &String| Path::new(node).file_name() == name;
                [block, character].into_iter().find(is_it)
            }
            [block, character] => block.or(character),
        }
    }
}

impl OnDisk {
    fn node_of(&self, kind: &str, number: &str) -> Option<String> {
        let is_number = number.bytes().all(|b| b.is_ascii_digit() || b == b':');
        let event = format!("sys/dev/{kind}/{number}/uevent");
        let text = fs::read_to_string(self.0.join(event).as_path()).ok()?;
        let name = text
            .lines()
            .find_map(|line| line.strip_prefix("DEVNAME="))?;
        let node = format!("/dev/{name}");
        (is_number && self.has(&node)).then_some(node)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(devices: &[(&str, &str, &str)]) -> (tempfile::TempDir, OnDisk) {
        let root = tempfile::tempdir().unwrap();
        for (kind, number, name) in devices {
            let folder = root.path().join("sys/dev").join(kind).join(number);
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join("uevent"), format!("MAJOR=8\nDEVNAME={name}\n")).unwrap();
            let node = root.path().join("dev").join(name);
            fs::create_dir_all(node.parent().unwrap()).unwrap();
            fs::write(node, "").unwrap();
        }
        let host = OnDisk(root.path().to_owned());
        (root, host)
    }

    #[test]
    fn a_device_has_the_name_the_kernel_gives_it() {
        let (_root, host) = host(&[("block", "8:1", "sda1"), ("char", "1:1", "mem")]);
        assert_eq!(host.node("8:1", None).as_deref(), Some("/dev/sda1"));
        assert_eq!(host.node("1:1", None).as_deref(), Some("/dev/mem"));
        assert_eq!(host.node("8:2", None), None);
        assert_eq!(host.node("../8:1", None), None);
        assert!(host.has("/dev/sda1") && !host.has("/dev/sdb"));
    }

    #[test]
    fn one_number_may_be_two_devices() {
        let (_root, host) = host(&[("block", "9:0", "md0"), ("char", "9:0", "st0")]);
        let node = |name| host.node("9:0", name);
        assert_eq!(node(Some("/dev/st0")).as_deref(), Some("/dev/st0"));
        assert_eq!(node(Some("/x/md0")).as_deref(), Some("/dev/md0"));
        assert_eq!((node(Some("/disk")), node(None)), (None, None));
    }
}
