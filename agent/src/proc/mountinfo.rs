//! `/proc/PID/mountinfo`.

use std::path::{Path, PathBuf};

/// One mount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    pub id: u64,
    /// Major and minor number of its filesystem.
    pub device: (u32, u32),
    /// Which directory of its filesystem it shows.
    pub root: PathBuf,
    pub place: PathBuf,
    pub read_only: bool,
    pub fs: String,
    pub source: String,
}

/// Every mount; a line that is not one is left out.
pub fn read(text: &str) -> Vec<Mount> {
    text.lines().filter_map(line).collect()
}

fn line(line: &str) -> Option<Mount> {
    let (own, rest) = line.split_once(" - ")?;
    let own: Vec<&str> = own.split(' ').collect();
    let [id, _, device, root, place, options, ..] = own[..] else {
        return None;
    };
    let (major, minor) = device.split_once(':')?;
    let mut rest = rest.split(' ');
    let (fs, source, superblock) = (rest.next()?, rest.next()?, rest.next().unwrap_or_default());
    let is_read_only = |options: &str| options.split(',').any(|option| option == "ro");
    Some(Mount {
        id: id.parse().ok()?,
        device: (major.parse().ok()?, minor.parse().ok()?),
        root: unescape(root).into(),
        place: unescape(place).into(),
        read_only: is_read_only(options) || is_read_only(superblock),
        fs: fs.to_owned(),
        source: unescape(source),
    })
}

/// The kernel writes blanks and backslashes as `\040`.
fn unescape(text: &str) -> String {
    let (mut out, mut rest) = (Vec::new(), text.as_bytes());
    while let Some((first, after)) = rest.split_first() {
        let octal = after.get(..3).filter(|_| *first == b'\\');
        let number = octal
            .and_then(|octal| std::str::from_utf8(octal).ok())
            .and_then(|octal| u8::from_str_radix(octal, 8).ok());
        out.push(number.unwrap_or(*first));
        rest = after
            .get(if number.is_some() { 3 } else { 0 }..)
            .unwrap_or_default();
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// The mount that shows what is at `path`.
pub fn at<'a>(mounts: &'a [Mount], path: &Path) -> Option<&'a Mount> {
    let fitting = mounts.iter().filter(|mount| path.starts_with(&mount.place));
    // Of two at one place the later is on top.
    fitting.max_by_key(|mount| mount.place.components().count())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
21 1 259:3 / / rw,relatime shared:1 - ext4 /dev/root rw\n\
22 21 0:21 / /sys rw - sysfs sysfs rw\n\
30 21 8:1 /data /srv/my\\040disk ro,relatime - xfs /dev/sda1 rw\n\
31 21 8:2 / /srv/over rw - ext4 /dev/sda2 ro,data=ordered\n\
40 21 0:50 / /srv/over rw - tmpfs tmpfs rw\n\
nonsense\n";

    #[test]
    fn lines_are_read() {
        let mounts = read(TEXT);
        assert_eq!(mounts.len(), 5);
        let disk = at(&mounts, Path::new("/srv/my disk/a/b")).unwrap();
        assert_eq!((disk.device, disk.fs.as_str()), ((8, 1), "xfs"));
        assert_eq!(disk.root, Path::new("/data"));
        assert!(disk.read_only && mounts[3].read_only && !mounts[0].read_only);
        assert_eq!(at(&mounts, Path::new("/srv")).unwrap().fs, "ext4");
        assert_eq!(at(&mounts, Path::new("/srv/over")).unwrap().fs, "tmpfs");
        assert_eq!(at(&mounts, Path::new("/system")).unwrap().fs, "ext4");
    }
}
