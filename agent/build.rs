//! Builds the probe for the BPF target and puts the object into `OUT_DIR`.

use std::{env, error::Error, fs, path::Path};

use aya_build::{Package, Toolchain};
use object::{
    build::elf::{Builder, SectionData},
    elf::SHT_STRTAB,
};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=../probe-common/src");
    let toolchain = env::var("RUSTUP_TOOLCHAIN").unwrap_or_else(|_| "stable".into());
    let is_on = |feature: &str| {
        let variable = format!("CARGO_FEATURE_{}", feature.to_uppercase().replace('-', "_"));
        env::var_os(variable).is_some()
    };
    let mut features = vec!["trace", "next-layout"];
    features.retain(|feature| is_on(feature));
    let probe = Package {
        name: "probe-ebpf",
        root_dir: "../probe-ebpf",
        features: &features,
        ..Package::default()
    };
    aya_build::build_ebpf([probe], Toolchain::Custom(&toolchain))?;
    strip(&Path::new(&env::var("OUT_DIR")?).join("probe"))
}

/// Of the debug information only what was made BTF of is needed.
fn strip(object: &Path) -> Result<(), Box<dyn Error>> {
    let whole = fs::read(object)?;
    let mut elf = Builder::read(&*whole)?;
    for section in &mut elf.sections {
        let name = section.name.to_string();
        section.delete = name.starts_with(".debug_") || name.starts_with(".rel.debug_");
    }
    elf.delete_orphans();
    // LLVM has the names of sections and of symbols in one section.
    let names = elf.sections.add();
    names.name = ".shstrtab".into();
    names.sh_type = SHT_STRTAB;
    names.sh_addralign = 1;
    names.data = SectionData::SectionString;
    let mut stripped = Vec::new();
    elf.write(&mut stripped)?;
    fs::write(object, stripped)?;
    Ok(())
}
