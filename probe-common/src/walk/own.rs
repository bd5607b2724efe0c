//! What a runtime keeps for one container: is it this one's, and one of the things that are for it?

use super::{Host, OWN_FILE, OWN_ID_WORD, Walk};
use crate::limits;

/// Files and folders that runtimes give a container of what they keep for it. The rest there is how
/// they steer it, or where they write its output: who could put a link there would be root.
pub const OWN_FILES: [&str; 9] = [
    "hosts",
    "hostname",
    "resolv.conf",
    ".containerenv",
    "passwd",
    "group",
    "localtime",
    "timezone",
    "secrets",
];
/// Folders of which everything just below is the container's: podman's secrets, and the volumes that
/// an image asks the CRI plugin for.
pub const OWN_FOLDERS: [&str; 2] = ["secrets", "volumes"];

/// A name's length and its first eight bytes.
pub(super) type Head = (u32, u64);

pub(super) const fn head(name: &str) -> Head {
    let bytes = name.as_bytes();
    let mut word = [0; 8];
    let mut i = 0;
    while i < 8 && i < bytes.len() {
        word[i] = bytes[i];
        i += 1;
    }
    (bytes.len() as u32, u64::from_le_bytes(word))
}

/// As one expression: a loop over a table would be memory that the verifier has to follow.
#[inline(always)]
const fn is_own_file(name: Head) -> bool {
    const HEADS: [Head; 9] = {
        let mut all = [(0, 0); 9];
        let mut i = 0;
        while i < 9 {
            all[i] = head(OWN_FILES[i]);
            i += 1;
        }
        all
    };
    const fn same(one: Head, other: Head) -> bool {
        one.0 == other.0 && one.1 == other.1
    }
    same(name, HEADS[0])
        || same(name, HEADS[1])
        || same(name, HEADS[2])
        || same(name, HEADS[3])
        || same(name, HEADS[4])
        || same(name, HEADS[5])
        || same(name, HEADS[6])
        || same(name, HEADS[7])
        || same(name, HEADS[8])
}

#[inline(always)]
const fn is_own_folder(name: Head) -> bool {
    const SECRETS: Head = head(OWN_FOLDERS[0]);
    const VOLUMES: Head = head(OWN_FOLDERS[1]);
    name.0 == SECRETS.0 && (name.1 == SECRETS.1 || name.1 == VOLUMES.1)
}

impl Walk {
    /// Is the component just below the anchor one of the container's own ids?
    #[inline(always)]
    pub(super) fn own_id<H: Host>(&mut self, host: &H) -> Option<()> {
        if self.below == 0 {
            return self.next_rule();
        }
        let name = self.below + host.layout().dentry_name();
        if host.u32(name + host.layout().name_len())? != limits::ID as u32 {
            return self.next_rule();
        }
        self.text = host.pointer(name + host.layout().name_text())?;
        self.word = 0;
        self.differs = [0; 3];
        self.phase = OWN_ID_WORD;
        Some(())
    }

    /// Compares eight bytes of the name with each id. The differences are collected in memory, where
    /// neither the compiler nor the verifier makes branches of them.
    #[inline(always)]
    pub(super) fn own_id_word<H: Host>(&mut self, host: &H) -> Option<()> {
        const WORDS: u32 = (limits::ID / 8) as u32;
        if self.word >= WORDS {
            if !self.differs.contains(&0) {
                return self.next_rule();
            }
            // A filesystem that was mounted there for the container is its own as a whole.
            self.phase = if self.origin == 0 {
                OWN_FILE
            } else {
                self.allowed()
            };
            return Some(());
        }
        let i = (self.word % WORDS) as usize;
        let word = host.u64(self.text + 8 * i as u64)?;
        for (differs, id) in self.differs.iter_mut().zip(&self.ids) {
            *differs |= id.get(i)? ^ word;
        }
        self.word += 1;
        Some(())
    }

    /// Is what is mounted one of those things?
    #[inline(always)]
    pub(super) fn own_file<H: Host>(&mut self, host: &H) -> Option<()> {
        let root = host.mount_root(self.mount)?;
        let folder = host.dentry_parent(root)?;
        if is_own_file(head_of(host, root)?) || is_own_folder(head_of(host, folder)?) {
            self.phase = self.allowed();
            return Some(());
        }
        self.next_rule()
    }
}

/// The kernel keeps more than eight bytes of every name.
#[inline(always)]
pub(super) fn head_of<H: Host>(host: &H, dentry: u64) -> Option<Head> {
    let name = dentry + host.layout().dentry_name();
    let length = host.u32(name + host.layout().name_len())?;
    let word = host.u64(host.pointer(name + host.layout().name_text())?)?;
    // What comes after the end is of names before.
    let kept = if length < 8 {
        word & !(u64::MAX << (8 * (length & 7)))
    } else {
        word
    };
    Some((length, kept))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_tells_the_names_apart() {
        for name in OWN_FILES {
            assert!(is_own_file(head(name)), "{name}");
        }
        for name in OWN_FOLDERS {
            assert!(is_own_folder(head(name)), "{name}");
        }
        for name in [
            "",
            "host",
            "hostsx",
            "config.json",
            "config.v2.json",
            "status",
        ] {
            assert!(!is_own_file(head(name)), "{name}");
            assert!(!is_own_folder(head(name)), "{name}");
        }
    }
}
