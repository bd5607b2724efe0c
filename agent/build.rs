//! Builds the probe for the BPF target and puts the object into `OUT_DIR`.

use aya_build::{Package, Toolchain};

fn main() -> aya_build::Result<()> {
    println!("cargo:rerun-if-changed=../probe-common/src");
    let toolchain = std::env::var("RUSTUP_TOOLCHAIN").unwrap_or_else(|_| "stable".into());
    let is_on = |feature: &str| {
        let variable = format!("CARGO_FEATURE_{}", feature.to_uppercase().replace('-', "_"));
        std::env::var_os(variable).is_some()
    };
    let mut features = vec!["trace", "next-layout"];
    features.retain(|feature| is_on(feature));
    let probe = Package {
        name: "probe-ebpf",
        root_dir: "../probe-ebpf",
        features: &features,
        ..Package::default()
    };
    aya_build::build_ebpf([probe], Toolchain::Custom(&toolchain))
}
