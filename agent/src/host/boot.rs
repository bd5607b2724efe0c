//! How a word gets onto the kernel's command line of this host: by the tools of its distribution.

use std::{
    fs, iter,
    path::{Path, PathBuf},
};

/// What the loader that started this machine calls itself, in UTF-16 behind four bytes.
const LOADER: &str = "sys/firmware/efi/efivars/LoaderInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f";
const CMDLINE: &str = "etc/kernel/cmdline";
/// Where systemd-boot looks for its entries.
const ENTRIES: &[&str] = &[
    "boot/loader/entries",
    "efi/loader/entries",
    "boot/efi/loader/entries",
];
/// A value on the command line, as sed has it.
const VALUE: &str = "[[:alnum:],._-]*";

/// What writes the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Loader {
    /// Fedora CoreOS and its kin.
    Ostree,
    /// Fedora, RHEL and their kin: GRUB and others, by one tool.
    Grubby,
    /// Debian, Ubuntu and their kin.
    UpdateGrub,
    /// Arch, openSUSE: GRUB without `update-grub`.
    GrubMkconfig,
    /// openSUSE with systemd-boot.
    Sdbootutil,
    /// systemd-boot, or unified kernel images, by kernel-install.
    KernelInstall,
    /// Unified kernel images, by Arch's tool.
    Mkinitcpio,
    /// systemd-boot with entries that somebody wrote.
    Entries(&'static str),
    Unknown,
}

impl Loader {
    fn of(host: &Path) -> Self {
        let has = |path: &str| host.join(path).exists();
        let tool = |name: &str| has(&format!("usr/sbin/{name}")) || has(&format!("usr/bin/{name}"));
        if has("run/ostree-booted") && tool("rpm-ostree") {
            return Self::Ostree;
        }
        if tool("grubby") {
            return Self::Grubby;
        }
        if !is_systemd_boot(host) {
            if tool("update-grub") {
                return Self::UpdateGrub;
            }
            if tool("grub-mkconfig") || tool("grub2-mkconfig") {
                return Self::GrubMkconfig;
            }
        }
        if tool("sdbootutil") {
            return Self::Sdbootutil;
        }
        match ENTRIES
            .iter()
            .find(|entries| !confs(host, entries).is_empty())
        {
            Some(entries) if are_made(host, entries) => Self::KernelInstall,
            Some(entries) => Self::Entries(entries),
            None if has(CMDLINE) && tool("mkinitcpio") => Self::Mkinitcpio,
            None if has(CMDLINE) || is_systemd_boot(host) && tool("kernel-install") => {
                Self::KernelInstall
            }
            None => Self::Unknown,
        }
    }
}

/// What to type so that the next boot has `key=value` on the kernel's command line, in the place of
/// what else it says of that key. `host` is the host's root folder.
pub fn set(host: &Path, key: &str, value: &str) -> String {
    let word = format!("{key}={value}");
    let has = has_key(&read(host, "proc/cmdline"), key);
    let change = match Loader::of(host) {
        Loader::Ostree if has => format!("rpm-ostree kargs --replace={word}"),
        Loader::Ostree => format!("rpm-ostree kargs --append={word}"),
        Loader::Grubby => {
            format!("grubby --update-kernel=ALL --remove-args={key} --args={word}")
        }
        Loader::UpdateGrub => format!("{} && update-grub", in_grub(host, key, &word)),
        Loader::GrubMkconfig => {
            format!("{} && {}", in_grub(host, key, &word), mkconfig(host))
        }
        Loader::Sdbootutil => {
            format!(
                "{} && sdbootutil update-all-entries",
                in_cmdline(host, key, &word)
            )
        }
        Loader::KernelInstall => {
            let image = image(host);
            let cmdline = in_cmdline(host, key, &word);
            format!("{cmdline} && kernel-install add \"$(uname -r)\" {image}")
        }
        Loader::Mkinitcpio => format!("{} && mkinitcpio -P", in_cmdline(host, key, &word)),
        Loader::Entries(entries) => in_entries(host, entries, key, &word),
        Loader::Unknown if has => {
            return format!(
                "write {word} in the place of {key}=… on the kernel's command line, then reboot"
            );
        }
        Loader::Unknown => {
            return format!("add {word} to the kernel's command line, then reboot");
        }
    };
    format!("{change} && reboot")
}

/// What to do so that the next boot has lockdown in integrity mode: it only ever gets stricter.
pub fn loosen_lockdown(host: &Path) -> String {
    if has_key(&read(host, "proc/cmdline"), "lockdown") {
        return set(host, "lockdown", "integrity");
    }
    "take out what writes `confidentiality` to /sys/kernel/security/lockdown (grep -rl \
     kernel/security/lockdown /etc), then reboot"
        .to_owned()
}

/// Whether a command line, or a file with one in it, says something of this key.
fn has_key(text: &str, key: &str) -> bool {
    let lines = text
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'));
    let words = lines.flat_map(|line| line.split([' ', '\t', '"', '\'']));
    words
        .filter_map(|word| word.split_once('='))
        .any(|(name, value)| {
            // GRUB_CMDLINE_LINUX=lsm=… without quotation marks.
            name == key || value.split_once('=').is_some_and(|(name, _)| name == key)
        })
}

/// In the file where GRUB's configuration says it already, else in a file of our own or at the end.
fn in_grub(host: &Path, key: &str, word: &str) -> String {
    let main = PathBuf::from("etc/default/grub");
    let files = iter::once(main).chain(confs(host, "etc/default/grub.d"));
    let said = files.filter(|file| has_key(&read(host, file), key));
    let said: Vec<_> = said.map(|file| format!("/{}", file.display())).collect();
    if !said.is_empty() {
        return replaced(key, word, &said.join(" "));
    }
    let line = format!("'GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX {word}\"'");
    if Loader::of(host) == Loader::UpdateGrub {
        // Debian's GRUB reads that folder, others' do not.
        let file = "/etc/default/grub.d/bulkhead.cfg";
        format!("mkdir -p /etc/default/grub.d && echo {line} > {file}")
    } else {
        format!("echo {line} >> /etc/default/grub")
    }
}

fn mkconfig(host: &Path) -> &'static str {
    if host.join("boot/grub2").exists() {
        "grub2-mkconfig -o /boot/grub2/grub.cfg"
    } else {
        "grub-mkconfig -o /boot/grub/grub.cfg"
    }
}

/// Without the file kernel-install takes the running kernel's command line.
fn in_cmdline(host: &Path, key: &str, word: &str) -> String {
    let said = read(host, CMDLINE);
    if has_key(&said, key) {
        replaced(key, word, "/etc/kernel/cmdline")
    } else if said.trim().is_empty() {
        format!(
            "mkdir -p /etc/kernel && (tr ' ' '\\n' < /proc/cmdline | grep -v -e ^initrd= -e \
             ^BOOT_IMAGE= -e ^{key}=; echo {word}) | tr '\\n' ' ' > /etc/kernel/cmdline"
        )
    } else {
        format!("sed -i '$ s/$/ {word}/' /etc/kernel/cmdline")
    }
}

fn in_entries(host: &Path, entries: &'static str, key: &str, word: &str) -> String {
    let files = format!("/{entries}/*.conf");
    let said = confs(host, entries)
        .iter()
        .any(|file| has_key(&read(host, file), key));
    if said {
        replaced(key, word, &files)
    } else {
        format!("sed -i '/^options/ s/$/ {word}/' {files}")
    }
}

fn replaced(key: &str, word: &str, files: &str) -> String {
    let key = key.replace('.', "\\.");
    format!("sed -i 's/\\b{key}={VALUE}/{word}/g' {files}")
}

/// The running kernel's image, where distributions have it.
fn image(host: &Path) -> &'static str {
    let release = read(host, "proc/sys/kernel/osrelease");
    let modules = format!("usr/lib/modules/{}/vmlinuz", release.trim());
    if host.join(modules).exists() {
        "/usr/lib/modules/$(uname -r)/vmlinuz"
    } else {
        "/boot/vmlinuz-$(uname -r)"
    }
}

fn is_systemd_boot(host: &Path) -> bool {
    let name = fs::read(host.join(LOADER)).unwrap_or_default();
    let name: Vec<u8> = name.into_iter().filter(|byte| *byte != 0).collect();
    String::from_utf8_lossy(&name).contains("systemd-boot")
}

/// kernel-install begins their names with the machine's id, or with its own word for it.
fn are_made(host: &Path, entries: &str) -> bool {
    let ids = ["etc/machine-id", "etc/kernel/entry-token"].map(|file| read(host, file));
    let ids: Vec<_> = ids
        .iter()
        .map(|id| id.trim())
        .filter(|id| !id.is_empty())
        .collect();
    confs(host, entries).iter().any(|file| {
        let name = file
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        ids.iter().any(|id| name.starts_with(&format!("{id}-")))
    })
}

/// What configures, in one of the host's folders.
fn confs(host: &Path, folder: &str) -> Vec<PathBuf> {
    let files = fs::read_dir(host.join(folder))
        .into_iter()
        .flatten()
        .flatten();
    let names = files.map(|file| Path::new(folder).join(file.file_name()));
    let is_one = |file: &PathBuf| {
        let extension = file.extension().unwrap_or_default();
        extension == "conf" || extension == "cfg"
    };
    let mut found: Vec<_> = names.filter(is_one).collect();
    found.sort();
    found
}

/// A file that cannot be read says nothing.
fn read(host: &Path, file: impl AsRef<Path>) -> String {
    fs::read_to_string(host.join(file)).unwrap_or_default()
}

#[cfg(test)]
mod tests;
