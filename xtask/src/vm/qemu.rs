//! The QEMU command line.

use std::fs::{self, OpenOptions};
use std::path::Path;
use std::process::Command;

use anyhow::Result;

use super::machine::{Files, Processors, Root, Vm};
use crate::setup;

/// An oops or a lockup ends the machine, so that it is seen.
const KERNEL: &str =
    "console=ttyS0 quiet panic=-1 oops=panic softlockup_panic=1 watchdog_thresh=30";
/// Where a reboot does not end the machine, one that panics stands still. What the disk would start
/// besides takes an emulated processor longer than all the rest.
const BY_SYSTEMD: &str = "panic=0 systemd.unit=multi-user.target systemd.mask=nginx.service \
    systemd.mask=postgresql.service systemd.mask=redis-server.service \
    systemd.mask=e2scrub_reap.service systemd.mask=systemd-pstore.service \
    systemd.mask=timers.target systemd.mask=machines.target";

/// Serial ports: the kernel's log, the command's output, the machine's status.
pub(super) fn command(vm: &Vm, files: &Files) -> Result<Command> {
    // Without us there is nobody to end it.
    let mut qemu = Command::new("setpriv");
    qemu.args(["--pdeathsig", "KILL", "qemu-system-x86_64"]);
    qemu.args(["-nodefaults", "-no-user-config", "-display", "none"]);
    let mut kernel = KERNEL.to_owned();
    if vm.root == Root::Systemd {
        kernel = format!("{KERNEL} {BY_SYSTEMD}");
    } else {
        qemu.arg("-no-reboot");
    }
    qemu.args(processor(vm.processors));
    qemu.args(["-m", if vm.root.has_disk() { "4G" } else { "1G" }]);
    qemu.arg("-kernel").arg(vm.kernel.dir()?.join("vmlinuz"));
    qemu.arg("-initrd").arg(files.initramfs());
    qemu.args(["-append", &format!("{kernel} {}", vm.append)]);

    let file = |id: &str, path: &Path| format!("file,id={id},path={}", escaped(path));
    qemu.arg("-chardev").arg(file("log", &files.console()));
    qemu.args(["-chardev", "stdio,id=out,signal=off"]);
    qemu.arg("-chardev")
        .arg(file("status", &files.status_file()));
    for port in ["log", "out", "status"] {
        qemu.arg("-serial").arg(format!("chardev:{port}"));
    }

    disk(&mut qemu, "modules", &vm.kernel.dir()?.join("modules.img"));
    if vm.root.has_disk() {
        disk(&mut qemu, "root", &setup::docker_root()?);
    }
    qemu.env("TMPDIR", files.scratch());
    Ok(qemu)
}

/// A disk that forgets, so that many machines start from one image. All kernels have NVMe built in.
fn disk(qemu: &mut Command, name: &str, image: &Path) {
    let image = escaped(image);
    let drive = format!("file={image},format=raw,if=none,id={name},snapshot=on,cache=unsafe");
    qemu.arg("-drive").arg(drive);
    qemu.arg("-device")
        .arg(format!("nvme,drive={name},serial={name}"));
}

/// An emulated `rep movsb` goes byte by byte, so without `erms` containers start a third faster.
fn processor(processors: Processors) -> Vec<&'static str> {
    let count = match processors {
        Processors::One => "1",
        Processors::Two => "2",
        Processors::Counting => {
            let args = ["-accel", "tcg,thread=single", "-smp", "1"];
            // Of a `rep movsb` each byte would count. Without `cx16` 7.3 has no task storage.
            let time = ["-icount", "shift=0,sleep=off", "-cpu", "max,-erms,-fsrm"];
            return [args, time].concat();
        }
    };
    let [accel, cpu] = if has_kvm() {
        ["kvm", "host"]
    } else if setup::qemu_is_sound() {
        ["tcg,thread=multi", "max,-erms,-fsrm"]
    } else {
        ["tcg,thread=single", "max,-erms,-cx16"]
    };
    vec!["-accel", accel, "-cpu", cpu, "-smp", count]
}

/// The device alone says little: where the processor does not tell of it, machines do not start.
fn has_kvm() -> bool {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let flagged = cpu
        .split_whitespace()
        .any(|flag| flag == "vmx" || flag == "svm");
    flagged
        && OpenOptions::new()
            .read(true)
            .write(true)
            .open("/dev/kvm")
            .is_ok()
}

/// QEMU separates options by commas.
fn escaped(path: &Path) -> String {
    path.to_string_lossy().replace(',', ",,")
}
