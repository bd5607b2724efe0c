//! The probe: BPF LSM programs that keep containers from reaching the host.
//!
//! One hook, one file, one question. `kernel.rs` alone knows where the kernel keeps things.
#![no_std]
#![no_main]
#![feature(core_intrinsics)]
#![allow(
    internal_features,
    reason = "an atomic addition, which has no other name here"
)]

mod kernel;
mod maps;
mod trace;

mod label;
mod namespaces;
mod recognition;
mod report;

mod admission;
mod containment;

mod hooks;

#[panic_handler]
fn panic(_info: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}

/// `bpf_lsm_verify_prog` demands a licence compatible with the GPL.
#[unsafe(link_section = "license")]
#[unsafe(no_mangle)]
static LICENSE: [u8; 13] = *b"Dual MIT/GPL\0";
