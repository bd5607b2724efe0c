//! What runtimes put over a container's `/proc`: read-only mounts over what changes the machine, and
//! anything at all over what shows its memory and keys.

use super::{DOWN, Host, MASK, Walk};
use crate::rule::causes;

/// Names below `/proc`; the bit is the place in this list. The first [`HIDDEN`] are hidden, the
/// others at least read-only.
pub const MASKS: &[&str] = &["kcore", "keys", "sys", "sysrq-trigger", "irq", "bus", "fs"];
pub const HIDDEN: usize = 2;
/// The bits of these.
const HIDDEN_BITS: u32 = (1 << HIDDEN) - 1;

/// The bit of a name, by its length and first eight bytes; 0 for any other.
const fn mask(length: u32, start: u64) -> u32 {
    // A name's last bytes are not its own.
    let kept = if length >= 8 { 8 } else { length };
    let start = if kept == 8 {
        start
    } else {
        start & ((1 << (8 * kept)) - 1)
    };
    let mut i = 0;
    while i < MASKS.len() {
        if length as usize == MASKS[i].len() && start == word(MASKS[i].as_bytes()) {
            return 1 << i;
        }
        i += 1;
    }
    0
}

/// The first eight bytes, as they are in memory.
const fn word(name: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    let mut i = 0;
    while i < 8 && i < name.len() {
        bytes[i] = name[i];
        i += 1;
    }
    u64::from_ne_bytes(bytes)
}

impl Walk {
    /// This mount is a whole `/proc` of the container's own: what is over it?
    #[inline(always)]
    pub(super) fn unmasked_begin<H: Host>(&mut self, host: &H) -> Option<()> {
        self.masked = if self.is_read_only(host)? {
            !HIDDEN_BITS
        } else {
            0
        };
        self.next = host.pointer(self.mount + host.layout().mount_children())?;
        self.phase = MASK;
        Some(())
    }

    /// Takes the next mount on it.
    #[inline(always)]
    pub(super) fn mask<H: Host>(&mut self, host: &H) -> Option<()> {
        let layout = host.layout();
        if self.next == self.mount + layout.mount_children() {
            if layout.masks() & !self.masked == 0 {
                self.phase = DOWN;
                return Some(());
            }
            self.cause = causes::UNMASKED;
            return self.suspect(host);
        }
        let child = self.next - layout.mount_sibling();
        self.next = host.pointer(self.next)?;
        let place = host.mountpoint(child)?;
        if host.dentry_parent(place)? != host.mount_root(self.mount)? {
            return Some(());
        }
        let name = place + layout.dentry_name();
        let length = host.u32(name + layout.name_len())?;
        let start = host.u64(host.pointer(name + layout.name_text())?)?;
        let flags = host.u32(child + layout.mount_vfs() + layout.vfsmount_flags())?;
        let hides = host.mount_sb(child)? != self.sb;
        let found = mask(length, start);
        if hides || super::judge::is_read_only(flags) && found & HIDDEN_BITS == 0 {
            self.masked |= found;
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_by_length_and_start() {
        let memory = |text: &[u8; 8]| u64::from_ne_bytes(*text);
        assert_eq!(mask(3, memory(b"sys\0####")), 0b100);
        assert_eq!(mask(13, memory(b"sysrq-tr")), 0b1000);
        assert_eq!(mask(5, memory(b"kcore\0..")), 1);
        assert_eq!(mask(8, memory(b"sysrq-tr")), 0);
        assert_eq!(mask(4, memory(b"syst\0###")), 0);
        assert_eq!(mask(0, memory(b"\0#######")), 0);
    }
}
