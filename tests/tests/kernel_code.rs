//! A contained task brings code into the kernel, or looks into it.

use anyhow::Result;
use bulkhead_tests::{attack::Attack, command, docker::VOLUME_DIR, host::Host};
use nix::errno::Errno;

use crate::suite::Suite;

pub(crate) fn register(suite: &mut Suite) {
    suite.attacks(programs());
    suite.attacks(modules());
    suite.attacks(kernels());
    suite.attacks(doors());
}

fn programs() -> Vec<Attack> {
    let attack = |name, argv| Attack::actor(name, "kernel-code", argv);
    vec![
        attack("bpf_map", &["bpf-make-map"]).hook("bpf"),
        attack("bpf_map_by_32_bit_call", &["bpf-make-map-32"]).hook("bpf"),
        attack("bpf_program_of_another", &["bpf-open-program"]).hook("bpf"),
        attack("bpf_map_of_another", &["bpf-open-map"]).hook("bpf"),
        attack("perf_event", &["perf-event-open"]).hook("perf_event_open"),
    ]
}

fn modules() -> Vec<Attack> {
    let attack = |name, argv| Attack::actor(name, "kernel-code", argv);
    vec![
        attack("finit_module", &["finit-module", "/v/dummy.ko", "dummy"])
            .hook("capable")
            .after(unload_module),
        attack("init_module", &["init-module", "/v/dummy.ko", "dummy"])
            .hook("capable")
            .after(unload_module),
        attack("delete_module", &["delete-module", "dummy"])
            .hook("capable")
            .after(load_module),
        // A family that nobody here uses; without the module it is unknown.
        attack("module_by_a_socket", &["socket", "41", "2"])
            .hook("kernel_module_request")
            .answered(Errno::EAFNOSUPPORT)
            .after(unload_family),
    ]
}

fn kernels() -> Vec<Attack> {
    let attack = |name, argv| Attack::actor(name, "kernel-code", argv);
    vec![
        attack("kexec_load", &["kexec-load"]).hook("kernel_load_data"),
        attack("kexec_file_load", &["kexec-file-load", "/proc/self/exe"]).hook("kernel_read_file"),
        attack("reboot", &["reboot"]).hook("capable"),
        attack("reboot_after_unshare", &["unshare-pids", "reboot"]).hook("capable"),
    ]
}

fn doors() -> Vec<Attack> {
    let attack = |name, argv| Attack::actor(name, "kernel-code", argv).hook("locked_down");
    vec![
        attack("iopl", &["iopl"]),
        attack("proc_kcore", &["open", "/proc/kcore"]),
    ]
}

fn load_module(_: &Host) -> Result<()> {
    command::must(&["modprobe", "dummy"]).map(drop)
}

/// The module lies where a container finds it, and is not loaded.
fn unload_module(_: &Host) -> Result<()> {
    let copy = format!("cp $(modinfo -n dummy) {VOLUME_DIR}/dummy.ko; modprobe -r dummy");
    command::must(&["sh", "-ec", &copy]).map(drop)
}

fn unload_family(_: &Host) -> Result<()> {
    command::must(&["modprobe", "-r", "kcm"]).map(drop)
}
