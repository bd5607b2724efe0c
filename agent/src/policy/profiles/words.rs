//! The words of `host_namespaces` and `kernel_filesystems`.

use probe_common::{admission::FILESYSTEMS, label::NAMES};

use crate::policy::words::Words;

/// Those that may be the host's: with the host's mounts nothing is a container.
pub(in crate::policy) fn host_namespaces() -> Words {
    let all = NAMES.iter().enumerate().skip(1);
    Words {
        what: "namespace",
        key: "host_namespaces",
        known: all.map(|(i, name)| (1 << i, (*name).to_owned())).collect(),
    }
}

pub(in crate::policy) fn kernel_filesystems() -> Words {
    let all = FILESYSTEMS.iter().enumerate();
    Words {
        what: "kernel filesystem",
        key: "kernel_filesystems",
        known: all
            .map(|(i, (_, name))| (1 << i, (*name).to_owned()))
            .collect(),
    }
}

/// The bits of namespaces.
pub(super) fn namespaces(names: &[&str]) -> u32 {
    let all = NAMES.iter().enumerate();
    all.filter(|(_, name)| names.contains(name))
        .fold(0, |all, (i, _)| all | 1 << i)
}
