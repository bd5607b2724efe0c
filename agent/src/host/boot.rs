//! How a word gets onto the kernel's command line of this host.

use std::path::Path;

/// What writes the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Loader {
    /// Fedora, RHEL and their kin: GRUB and others, by one tool.
    Grubby,
    /// Debian, Ubuntu and their kin.
    Grub,
    /// Arch, openSUSE: GRUB without `update-grub`.
    GrubMkconfig,
    /// systemd-boot, or unified kernel images, by kernel-install.
    KernelInstall,
    Unknown,
}

impl Loader {
    fn of(host: &Path) -> Self {
        let has = |path: &str| host.join(path).exists();
        let tool = |name: &str| has(&format!("usr/sbin/{name}")) || has(&format!("usr/bin/{name}"));
        if tool("grubby") {
            Self::Grubby
        } else if tool("update-grub") {
            Self::Grub
        } else if tool("grub-mkconfig") || tool("grub2-mkconfig") {
            Self::GrubMkconfig
        } else if has("etc/kernel/cmdline") || tool("kernel-install") {
            Self::KernelInstall
        } else {
            Self::Unknown
        }
    }
}

/// What to type so that the next boot has this word on the kernel's command line.
pub(super) fn add(host: &Path, word: &str) -> String {
    let has = |path: &str| host.join(path).exists();
    match Loader::of(host) {
        Loader::Grubby => format!("grubby --update-kernel=ALL --args=\"{word}\" && reboot"),
        Loader::Grub => format!(
            "mkdir -p /etc/default/grub.d && echo 'GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX {word}\"' \
             > /etc/default/grub.d/bulkhead.cfg && update-grub && reboot"
        ),
        Loader::GrubMkconfig => {
            let (tool, file) = if has("boot/grub2") {
                ("grub2-mkconfig", "/boot/grub2/grub.cfg")
            } else {
                ("grub-mkconfig", "/boot/grub/grub.cfg")
            };
            format!(
                "echo 'GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX {word}\"' >> /etc/default/grub && \
                 {tool} -o {file} && reboot"
            )
        }
        Loader::KernelInstall => format!(
            "echo \"$(cat /etc/kernel/cmdline 2>/dev/null || cat /proc/cmdline) {word}\" \
             > /etc/kernel/cmdline.new && mv /etc/kernel/cmdline.new /etc/kernel/cmdline && \
             kernel-install add \"$(uname -r)\" \"/boot/vmlinuz-$(uname -r)\" && reboot"
        ),
        Loader::Unknown => format!("add `{word}` to the kernel's command line, then reboot"),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::tests::host, *};

    #[test]
    fn each_distribution_has_its_command() {
        let mut all = Vec::new();
        for (files, begins) in [
            (&[("usr/sbin/grubby", "")][..], "grubby "),
            (
                &[("usr/sbin/update-grub", "")],
                "mkdir -p /etc/default/grub.d",
            ),
            (
                &[
                    ("usr/bin/grub-mkconfig", ""),
                    ("usr/bin/kernel-install", ""),
                ],
                "echo 'GRUB_CMDLINE",
            ),
            (
                &[("etc/kernel/cmdline", "quiet")],
                "echo \"$(cat /etc/kernel",
            ),
            (&[], "add `lsm=a,bpf`"),
        ] {
            let host = host(files);
            let command = add(host.path(), "lsm=a,bpf");
            assert!(command.starts_with(begins), "{command}");
            assert!(command.contains("lsm=a,bpf"), "{command}");
            all.push(command);
        }
        all.dedup();
        assert_eq!(all.len(), 5);
    }

    #[test]
    fn opensuse_has_grub_elsewhere() {
        let host = host(&[("usr/sbin/grub2-mkconfig", ""), ("boot/grub2/grub.cfg", "")]);
        let command = add(host.path(), "x");
        assert!(
            command.contains("grub2-mkconfig -o /boot/grub2/grub.cfg"),
            "{command}"
        );
    }
}
