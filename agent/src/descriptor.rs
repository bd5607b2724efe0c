//! Waiting for what the kernel tells through a descriptor.

use std::{io, os::fd::AsRawFd};

use tokio::io::unix::AsyncFd;

/// Lets the runtime wait for something with a descriptor of the kernel's.
#[expect(
    deprecated,
    reason = "the replacement is unsafe; these descriptors live as long as what owns them"
)]
pub fn watch<T: AsRawFd>(owner: T) -> io::Result<AsyncFd<T>> {
    AsyncFd::new(owner)
}
