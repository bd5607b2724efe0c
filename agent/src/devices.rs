//! Character devices that lead to the host: their major numbers are given out at run time, and
//! `/proc/devices` tells them.

use std::{collections::BTreeMap, fs, io, path::Path};

/// Disks and their controllers, memory, processors, watchdogs: names that drivers register.
const NAMES: &[&str] = &[
    "aac",
    "aux",
    "bsg",
    "cpu/msr",
    "dax",
    "dimmctl",
    "dpti",
    "megadev",
    "megaraid_sas_ioctl",
    "ndctl",
    "nvme",
    "nvme-generic",
    "raw",
    "sg",
    "twa",
    "twe",
    "twl",
    "watchdog",
];
/// Flash: the driver numbers its names.
const FLASH: &str = "ubi";

/// Major numbers, as the probe's map has them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Devices(BTreeMap<u32, u32>);

impl Devices {
    /// Reads `/proc/devices` below `root`.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn read(root: &Path) -> io::Result<Self> {
        fs::read_to_string(root.join("proc/devices")).map(|text| Self::parse(&text))
    }

    /// Lines `247 nvme`, after the heading `Character devices:` and before that of block devices.
    fn parse(text: &str) -> Self {
        let lines = text.lines().map(str::trim);
        let characters = lines
            .skip_while(|line| !line.starts_with("Character devices"))
            .take_while(|line| !line.starts_with("Block devices"));
        let majors = characters.filter_map(|line| {
            let (major, name) = line.split_once(' ')?;
            let name = name.trim();
            let leads = NAMES.contains(&name) || name.starts_with(FLASH);
            leads.then_some(major.parse().ok()?)
        });
        Self(majors.map(|major| (major, 1)).collect())
    }

    pub fn majors(&self) -> &BTreeMap<u32, u32> {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
Character devices:
  1 mem
  4 /dev/vc/0
 10 misc
 21 sg
136 pts
202 cpu/msr
235 nvme-generic
236 nvme
247 ubi0
248 watchdog
254 bsg

Block devices:
  7 loop
  8 sd
253 nvme
259 blkext
";

    #[test]
    fn majors_are_those_of_character_devices_by_name() {
        let majors: Vec<_> = Devices::parse(TEXT).majors().keys().copied().collect();
        assert_eq!(majors, [21, 202, 235, 236, 247, 248, 254]);
    }

    #[test]
    fn what_is_no_line_says_nothing() {
        assert_eq!(Devices::parse(""), Devices::default());
        let text = "Character devices:\nnvme\nx nvme\n 236 nvmes\n";
        assert_eq!(Devices::parse(text), Devices::default());
    }

    #[test]
    fn it_is_read_below_the_root() {
        let root = tempfile::tempdir().unwrap();
        assert!(Devices::read(root.path()).is_err());
        fs::create_dir(root.path().join("proc")).unwrap();
        fs::write(root.path().join("proc/devices"), TEXT).unwrap();
        assert_eq!(Devices::read(root.path()).unwrap().majors().len(), 7);
    }
}
