use super::{super::tests::host, *};

const LSM: &str = "lockdown,apparmor,bpf";

/// The command that sets `lsm=` on a host with these files.
#[track_caller]
fn check(files: &[(&str, &str)], expected: &str) {
    let host = host(files);
    assert_eq!(set(host.path(), "lsm", LSM), expected);
}

#[test]
fn debian_and_ubuntu() {
    let tool = ("usr/sbin/update-grub", "");
    // systemd brings kernel-install along everywhere.
    let other = ("usr/bin/kernel-install", "");
    let quiet = ("etc/default/grub", "GRUB_CMDLINE_LINUX=\"quiet xlsm=a\"\n");
    check(
        &[tool, other, quiet],
        "mkdir -p /etc/default/grub.d && echo 'GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX \
         lsm=lockdown,apparmor,bpf\"' > /etc/default/grub.d/bulkhead.cfg && update-grub && reboot",
    );
}

/// A second `lsm=` behind ours would win.
#[test]
fn where_it_is_said_already_it_is_replaced() {
    let tool = ("usr/sbin/update-grub", "");
    let sed = "sed -i 's/\\blsm=[[:alnum:],._-]*/lsm=lockdown,apparmor,bpf/g'";
    let comment = ("etc/default/grub", "# GRUB_CMDLINE_LINUX=\"lsm=yama\"\n");
    let host = host(&[tool, comment]);
    assert!(set(host.path(), "lsm", LSM).contains("grub.d/bulkhead.cfg"));
    let in_main = (
        "etc/default/grub",
        "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet lsm=yama\"\n",
    );
    check(
        &[tool, in_main],
        &format!("{sed} /etc/default/grub && update-grub && reboot"),
    );
    let in_other = (
        "etc/default/grub.d/50-cloud.cfg",
        "GRUB_CMDLINE_LINUX=lsm=yama\n",
    );
    check(
        &[tool, in_main, in_other],
        &format!(
            "{sed} /etc/default/grub /etc/default/grub.d/50-cloud.cfg && update-grub && reboot"
        ),
    );
    let cmdline = ("etc/kernel/cmdline", "root=/dev/sda1 lsm=yama\n");
    check(
        &[cmdline],
        &format!(
            "{sed} /etc/kernel/cmdline && kernel-install add \"$(uname -r)\" \
             /boot/vmlinuz-$(uname -r) && reboot"
        ),
    );
    let entry = ("boot/loader/entries/arch.conf", "options lsm=yama rw\n");
    check(
        &[entry],
        &format!("{sed} /boot/loader/entries/*.conf && reboot"),
    );
}

#[test]
fn fedora_and_rhel() {
    check(
        &[("usr/sbin/grubby", ""), ("boot/loader/entries/x.conf", "")],
        "grubby --update-kernel=ALL --remove-args=lsm --args=lsm=lockdown,apparmor,bpf && reboot",
    );
}

#[test]
fn fedora_coreos() {
    let files = [
        ("run/ostree-booted", ""),
        ("usr/bin/rpm-ostree", ""),
        ("usr/sbin/grubby", ""),
    ];
    check(
        &files,
        "rpm-ostree kargs --append=lsm=lockdown,apparmor,bpf && reboot",
    );
    let said = ("proc/cmdline", "quiet lsm=yama\n");
    check(
        &[&files[..], &[said]].concat(),
        "rpm-ostree kargs --replace=lsm=lockdown,apparmor,bpf && reboot",
    );
}

#[test]
fn arch_with_grub() {
    check(
        &[("usr/bin/grub-mkconfig", ""), ("usr/bin/mkinitcpio", "")],
        "echo 'GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX lsm=lockdown,apparmor,bpf\"' >> \
         /etc/default/grub && grub-mkconfig -o /boot/grub/grub.cfg && reboot",
    );
}

#[test]
fn arch_without_grub() {
    check(
        &[("etc/kernel/cmdline", "rw\n"), ("usr/bin/mkinitcpio", "")],
        "sed -i '$ s/$/ lsm=lockdown,apparmor,bpf/' /etc/kernel/cmdline && mkinitcpio -P && reboot",
    );
    check(
        &[
            ("efi/loader/entries/arch.conf", "options rw\n"),
            ("etc/machine-id", "0a1b\n"),
        ],
        "sed -i '/^options/ s/$/ lsm=lockdown,apparmor,bpf/' /efi/loader/entries/*.conf && reboot",
    );
}

#[test]
fn opensuse() {
    check(
        &[("usr/sbin/grub2-mkconfig", ""), ("boot/grub2/grub.cfg", "")],
        "echo 'GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX lsm=lockdown,apparmor,bpf\"' >> \
         /etc/default/grub && grub2-mkconfig -o /boot/grub2/grub.cfg && reboot",
    );
    check(
        &[("usr/bin/sdbootutil", ""), ("etc/kernel/cmdline", "rw\n")],
        "sed -i '$ s/$/ lsm=lockdown,apparmor,bpf/' /etc/kernel/cmdline && \
         sdbootutil update-all-entries && reboot",
    );
}

/// Debian's GRUB may still be installed: what started the machine counts.
#[test]
fn debian_with_systemd_boot() {
    let name: Vec<u8> = b"systemd-boot 257"
        .iter()
        .flat_map(|byte| [*byte, 0])
        .collect();
    let name = [&[6, 0, 0, 0][..], &name].concat();
    let name = String::from_utf8(name).unwrap();
    let files = [
        ("usr/sbin/update-grub", ""),
        ("usr/bin/kernel-install", ""),
        (LOADER, name.as_str()),
        ("etc/machine-id", "0a1b\n"),
        (
            "boot/efi/loader/entries/0a1b-6.12.1.conf",
            "options quiet\n",
        ),
    ];
    let made = "mkdir -p /etc/kernel && (tr ' ' '\\n' < /proc/cmdline | grep -v -e ^initrd= \
                -e ^BOOT_IMAGE= -e ^lsm=; echo lsm=lockdown,apparmor,bpf) | tr '\\n' ' ' > \
                /etc/kernel/cmdline && kernel-install add \"$(uname -r)\" \
                /boot/vmlinuz-$(uname -r) && reboot";
    check(&files, made);
    check(&files[..3], made);
}

/// Fedora and others keep the image with the modules.
#[test]
fn kernel_install_is_told_where_the_image_is() {
    check(
        &[
            ("etc/kernel/cmdline", "rw\n"),
            ("proc/sys/kernel/osrelease", "6.12.1\n"),
            ("usr/lib/modules/6.12.1/vmlinuz", ""),
        ],
        "sed -i '$ s/$/ lsm=lockdown,apparmor,bpf/' /etc/kernel/cmdline && kernel-install add \
         \"$(uname -r)\" /usr/lib/modules/$(uname -r)/vmlinuz && reboot",
    );
}

#[test]
fn a_loader_that_nobody_knows() {
    let tool = ("usr/bin/kernel-install", "");
    check(
        &[tool],
        "add lsm=lockdown,apparmor,bpf to the kernel's command line, then reboot",
    );
    check(
        &[tool, ("proc/cmdline", "quiet lsm=yama\n")],
        "write lsm=lockdown,apparmor,bpf in the place of lsm=… on the kernel's command line, \
         then reboot",
    );
}

/// The shell does what it is told: on files as they are before.
#[test]
fn the_commands_do_it() {
    let run = |text: &str, command: &str| {
        let host = host(&[("file", text)]);
        let command = command.replace("/etc/kernel/cmdline", "file");
        let mut shell = std::process::Command::new("sh");
        let status = shell
            .args(["-c", &command])
            .current_dir(host.path())
            .status();
        assert!(status.unwrap().success(), "{command}");
        fs::read_to_string(host.path().join("file")).unwrap()
    };
    let cmdline = |said: &str| {
        let host = host(&[(CMDLINE, said)]);
        in_cmdline(host.path(), "lsm", "lsm=a,bpf")
    };
    for (before, after) in [
        ("quiet lsm=x,y rw\n", "quiet lsm=a,bpf rw\n"),
        ("lsm=\n", "lsm=a,bpf\n"),
        ("quiet\nrw", "quiet\nrw lsm=a,bpf"),
    ] {
        assert_eq!(run(before, &cmdline(before)), after);
    }
    let made = cmdline("").replace("/proc/cmdline", "from");
    let running = "printf 'BOOT_IMAGE=/x root=/dev/sda1 lsm=x initrd=/y rw' > from; ";
    assert_eq!(
        run(
            "",
            &format!("{running}{}", made.replace("mkdir -p /etc/kernel && ", ""))
        ),
        "root=/dev/sda1 rw lsm=a,bpf "
    );
}
