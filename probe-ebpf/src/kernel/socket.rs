//! Unix sockets.

use core::hint::black_box;

use aya_ebpf::helpers::generated::bpf_probe_read_kernel;
use probe_common::limits;

use super::{Cgroup, Dentry, Mount, layout, u32_at, u64_at};

/// `sun_family`, before the address itself.
const FAMILY: u64 = 2;

/// A `struct sock` of family `AF_UNIX`.
#[derive(Clone, Copy)]
pub struct Socket(pub u64);

impl Socket {
    /// Of a `struct socket`.
    #[inline(always)]
    pub fn of(socket: u64) -> Option<Self> {
        u64_at(socket + layout().socket_sock())
            .filter(|sock| *sock != 0)
            .map(Self)
    }

    /// Id of the cgroup of the process that made it.
    #[inline(always)]
    pub fn cgroup(self) -> Option<u64> {
        let place = self.0 + layout().sock_cgroup() + layout().sock_cgroup_pointer();
        Cgroup(u64_at(place)?).node()?.id()
    }

    /// Where it is in the filesystem, if it has a path.
    #[inline(always)]
    pub fn path(self) -> Option<(Mount, Dentry)> {
        let path = self.0 + layout().unix_path();
        let dentry = Dentry::of_path(path).filter(|dentry| dentry.0 != 0)?;
        Some((Mount::of_path(path)?, dentry))
    }

    /// Has it been bound to an address?
    #[inline(always)]
    pub fn is_bound(self) -> bool {
        u64_at(self.0 + layout().unix_address()) != Some(0)
    }

    /// Its address: a path as it was bound to, or after a NUL an abstract name. Returns the bytes
    /// used.
    #[inline(always)]
    pub fn address(self, to: &mut [u8; limits::HOST_PATH]) -> Option<u32> {
        let address = u64_at(self.0 + layout().unix_address())?;
        let len = u32_at(address + layout().address_len())?.saturating_sub(FAMILY as u32);
        // The longest is 108; the mask is the bound that the verifier can see.
        let len = black_box(len) & 127;
        let from = address + layout().address_name() + FAMILY;
        // SAFETY: the buffer is longer than 127 bytes; the helper checks the source.
        unsafe { bpf_probe_read_kernel(to.as_mut_ptr().cast(), len, from as *const _) };
        Some(len)
    }
}
