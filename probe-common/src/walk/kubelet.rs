//! What the kubelet keeps for a pod: `UID/etc-hosts`, `UID/containers/NAME/HASH` (the termination
//! log), and `UID/volumes/PLUGIN/NAME`.
//!
//! It goes there again and again as the host's root. Who could put a link in place of one of its
//! folders, or into a volume that it writes itself, would have it write anywhere.

use super::{
    Host, KUBELET, Walk,
    own::{Head, head, head_of},
};
use crate::rule::causes;

/// Of the plugins that are the kubelet's own.
pub const PLUGIN: &str = "kubernetes.io~";
/// Those into whose volumes it writes as long as the pod is there.
pub const WRITTEN: [&str; 4] = ["configmap", "downward-api", "projected", "secret"];

/// Components below the anchor: the plugin's, and those that there are at least.
const AT_PLUGIN: u32 = 3;
const DEPTH: u32 = 4;

impl Walk {
    /// From the mount's root, or from where the host has mounted its filesystem.
    #[inline(always)]
    pub(super) fn kubelet_begin<H: Host>(&mut self, host: &H) -> Option<()> {
        if self.origin == 0 {
            self.text = host.mount_root(self.mount)?;
            self.word = self.depth;
        } else {
            self.text = host.mountpoint(self.origin)?;
            self.word = self.depth.wrapping_sub(self.inside_depth);
        }
        self.phase = KUBELET;
        Some(())
    }

    /// Up to the third component, which is the plugin where the second is `volumes`.
    #[inline(always)]
    pub(super) fn kubelet<H: Host>(&mut self, host: &H) -> Option<()> {
        const ETC_HOSTS: Head = head("etc-hosts");
        const CONTAINERS: Head = head("containers");
        const VOLUMES: Head = head("volumes");
        let above = host.dentry_parent(self.text)?;
        if self.word > AT_PLUGIN {
            self.text = above;
            self.word -= 1;
            return Some(());
        }
        let direct = self.origin == 0;
        let is_hosts = direct && self.depth == 2 && head_of(host, self.text)? == ETC_HOSTS;
        if self.depth < DEPTH && !is_hosts {
            return self.next_rule();
        }
        let folder = if self.word == AT_PLUGIN {
            head_of(host, above)?
        } else {
            (0, 0)
        };
        let volumes = folder == VOLUMES;
        if direct && !is_hosts && !volumes && folder != CONTAINERS {
            return self.next_rule();
        }
        // What a storage driver serves is one deeper, beside what the kubelet notes of it.
        if direct && self.depth == DEPTH && volumes && is_csi(host, self.text)? {
            return self.next_rule();
        }
        if volumes && is_written(host, self.text)? && !self.is_read_only(host)? {
            self.cause = causes::NOT_READ_ONLY;
            return self.next_rule();
        }
        self.phase = self.allowed();
        Some(())
    }
}

/// `kubernetes.io~csi`.
#[inline(always)]
fn is_csi<H: Host>(host: &H, dentry: u64) -> Option<bool> {
    const NAME: &str = "kubernetes.io~csi";
    const TAIL: u64 = head("s.io~csi").1;
    let (length, first) = head_of(host, dentry)?;
    if length != NAME.len() as u32 || first != head(NAME).1 {
        return Some(false);
    }
    let text = host.pointer(dentry + host.layout().dentry_name() + host.layout().name_text())?;
    Some(host.u64(text + NAME.len() as u64 - 8)? == TAIL)
}

#[inline(always)]
fn is_written<H: Host>(host: &H, dentry: u64) -> Option<bool> {
    const fn eight(name: &str) -> u64 {
        head(name).1
    }
    const OWN: u64 = eight(PLUGIN);
    const CONFIG_MAP: u64 = eight(WRITTEN[0]);
    const DOWNWARD: u64 = eight(WRITTEN[1]);
    const PROJECTED: u64 = eight(WRITTEN[2]);
    const SECRET: u64 = eight(WRITTEN[3]);
    /// The least that one of them has, and what of eight bytes is its name.
    const SHORTEST: u32 = (PLUGIN.len() + WRITTEN[3].len()) as u32;
    const SIX: u64 = u64::MAX >> 16;
    let (length, first) = head_of(host, dentry)?;
    if length < SHORTEST || first != OWN {
        return Some(false);
    }
    let text = host.pointer(dentry + host.layout().dentry_name() + host.layout().name_text())?;
    let kind = host.u64(text + PLUGIN.len() as u64)?;
    let is_secret = length == SHORTEST && kind & SIX == SECRET;
    Some(is_secret || kind == CONFIG_MAP || kind == DOWNWARD || kind == PROJECTED)
}
