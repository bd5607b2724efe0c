//! Starting cargo: with the BPF linker on the path, and for static programs.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::{exec, setup};

pub(crate) const TARGET: &str = "x86_64-unknown-linux-gnu";

/// A cargo that finds `bpf-linker`, what makes packages and what judges metrics, started in the workspace.
pub(crate) fn command() -> Result<Command> {
    let old = env::var_os("PATH").unwrap_or_default();
    let own = [
        setup::linker_dir()?,
        setup::packagers_dir()?,
        setup::PROMTOOL.dir()?,
    ];
    let dirs = own.into_iter().chain(env::split_paths(&old));
    let path = env::join_paths(dirs).context("cannot put the linker on the search path")?;
    let mut cargo = Command::new("cargo");
    cargo.env("PATH", path).current_dir(workspace()?);
    // cargo itself reads this for `-Z build-std`; what .cargo/config.toml sets is for what it starts.
    cargo.env("RUSTC_BOOTSTRAP", "1");
    Ok(cargo)
}

/// The folder with the root `Cargo.toml`.
pub(crate) fn workspace() -> Result<&'static Path> {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .context("xtask is in the workspace")
}

/// A program that was built.
pub(crate) struct Program {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
}

/// `cargo VERB` for programs that need nothing of the machine they run on.
pub(crate) fn for_static_target(verb: &str) -> Result<Command> {
    let mut cargo = command()?;
    cargo.args([verb, "--quiet", "--target", TARGET]);
    // Only for this target: build scripts and the probe keep their own flags.
    cargo.env(
        "CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTFLAGS",
        "-C target-feature=+crt-static",
    );
    // What is shipped is the same bytes wherever it is built; the probe's build gets these too.
    cargo.env("CARGO_PROFILE_RELEASE_TRIM_PATHS", "all");
    cargo.env("CARGO_UNSTABLE_TRIM_PATHS", "true");
    Ok(cargo)
}

/// Builds such programs: the words of a cargo command, its verb first.
pub(crate) fn build_static(args: &[&str]) -> Result<Vec<Program>> {
    let (verb, rest) = args.split_first().context("cargo needs a verb")?;
    let mut cargo = for_static_target(verb)?;
    cargo
        .args(rest)
        .arg("--message-format=json-render-diagnostics")
        .stdout(Stdio::piped());
    let started = cargo
        .spawn()
        .and_then(std::process::Child::wait_with_output);
    let output = started.with_context(|| format!("cannot start {}", exec::shown(&cargo)))?;
    if !output.status.success() {
        bail!("{} failed ({})", exec::shown(&cargo), output.status);
    }
    Ok(programs(&String::from_utf8_lossy(&output.stdout)))
}

/// One of them by name.
pub(crate) fn named(programs: Vec<Program>, name: &str) -> Result<PathBuf> {
    let found = programs.into_iter().find(|program| program.name == name);
    found
        .map(|program| program.path)
        .with_context(|| format!("cargo built no program {name}"))
}

fn programs(messages: &str) -> Vec<Program> {
    let program = |line: &str| {
        let message: Value = serde_json::from_str(line).ok()?;
        let path = message.get("executable")?.as_str()?.into();
        let name = message.get("target")?.get("name")?.as_str()?.to_owned();
        Some(Program { name, path })
    };
    messages.lines().filter_map(program).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_the_messages_with_an_executable() {
        let messages = r#"{"reason":"compiler-artifact","target":{"name":"lib"},"executable":null}
{"reason":"compiler-artifact","target":{"name":"actor"},"executable":"/t/actor"}
{"reason":"build-finished","success":true}"#;
        let found = programs(messages);
        assert_eq!(found.len(), 1);
        assert_eq!(named(found, "actor").unwrap(), Path::new("/t/actor"));
    }
}
