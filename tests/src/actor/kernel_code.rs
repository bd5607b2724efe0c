//! Code for the kernel: modules, programs, another kernel; and the doors beside it.

use std::{ffi::CString, fs::File, os::fd::OwnedFd};

use nix::{
    errno::Errno,
    kmod::{self, DeleteModuleFlags, ModuleInitFlags},
    sys::reboot,
};

use super::{Done, Failure, take};
use crate::{kernel, raw::Entry};

/// Takes hold of the first program that is loaded, whosever it is.
pub(super) fn bpf_open_program(args: &[&str]) -> Done {
    const BPF_PROG_GET_FD_BY_ID: i64 = 13;
    let [] = take(args, "none")?;
    first_of(BPF_PROG_GET_FD_BY_ID)
}

/// The same of maps: the agent's, where there is one.
pub(super) fn bpf_open_map(args: &[&str]) -> Done {
    const BPF_MAP_GET_FD_BY_ID: i64 = 14;
    let [] = take(args, "none")?;
    first_of(BPF_MAP_GET_FD_BY_ID)
}

pub(super) fn bpf_make_map(args: &[&str]) -> Done {
    let [] = take(args, "none")?;
    kernel::bpf_make_map(Entry::Native)?;
    Ok(String::new())
}

pub(super) fn bpf_make_map_32(args: &[&str]) -> Done {
    let [] = take(args, "none")?;
    kernel::bpf_make_map(Entry::Compat)?;
    Ok(String::new())
}

pub(super) fn perf_event_open(args: &[&str]) -> Done {
    let [] = take(args, "none")?;
    kernel::count_page_faults()?;
    Ok(String::new())
}

pub(super) fn kexec_load(args: &[&str]) -> Done {
    let [] = take(args, "none")?;
    kernel::kexec_forget()?;
    Ok(String::new())
}

/// The kernel reads the file; that it is no kernel is what comes after.
pub(super) fn kexec_file_load(args: &[&str]) -> Done {
    let [file] = take(args, "FILE")?;
    match kernel::kexec_file(&OwnedFd::from(File::open(file)?)) {
        Ok(()) | Err(Errno::ENOEXEC) => Ok(String::new()),
        Err(errno) => Err(errno.into()),
    }
}

pub(super) fn iopl(args: &[&str]) -> Done {
    let [] = take(args, "none")?;
    kernel::reach_ports()?;
    Ok(String::new())
}

/// Loads a module and takes it out again.
pub(super) fn finit_module(args: &[&str]) -> Done {
    let [file, name] = take(args, "FILE NAME")?;
    kmod::finit_module(File::open(file)?, c"", ModuleInitFlags::empty())?;
    delete_module(&[name])
}

pub(super) fn init_module(args: &[&str]) -> Done {
    let [file, name] = take(args, "FILE NAME")?;
    kmod::init_module(&std::fs::read(file)?, c"")?;
    delete_module(&[name])
}

pub(super) fn delete_module(args: &[&str]) -> Done {
    let [name] = take(args, "NAME")?;
    let name = CString::new(name).map_err(|error| Failure::Usage(error.to_string()))?;
    kmod::delete_module(&name, DeleteModuleFlags::O_NONBLOCK)?;
    Ok(String::new())
}

/// What Ctrl-Alt-Del does: the mildest that `reboot(2)` has to offer.
pub(super) fn reboot_call(args: &[&str]) -> Done {
    let [] = take(args, "none")?;
    reboot::set_cad_enabled(false)?;
    Ok(String::new())
}

fn first_of(command: i64) -> Done {
    let opened = (1..1000).map(|id| kernel::bpf_open(command, id));
    let first = opened
        .into_iter()
        .find(|opened| !matches!(opened, Err(Errno::ENOENT)));
    first.ok_or(Errno::ENOENT)??;
    Ok(String::new())
}
