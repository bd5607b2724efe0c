//! Builds the probe for the BPF target and puts the object into `OUT_DIR`.

use aya_build::{Package, Toolchain};

fn main() -> aya_build::Result<()> {
    println!("cargo:rerun-if-changed=../probe-common/src");
    let toolchain = std::env::var("RUSTUP_TOOLCHAIN").unwrap_or_else(|_| "stable".into());
    let features: &[&str] = match std::env::var_os("CARGO_FEATURE_TRACE") {
        Some(_) => &["trace"],
        None => &[],
    };
    let probe = Package { name: "probe-ebpf", root_dir: "../probe-ebpf", features, ..Package::default() };
    aya_build::build_ebpf([probe], Toolchain::Custom(&toolchain))
}
