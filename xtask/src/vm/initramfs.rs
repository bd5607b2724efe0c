//! What a machine boots with: busybox, the scripts that start it, the agent and the shared folder.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

use super::machine::{Root, Vm};
use crate::{cache, exec};

const INIT: &str = include_str!("guest/init.sh");
const START: &str = include_str!("guest/start.sh");
/// What starts the command where systemd is the first program.
const UNIT: &str = include_str!("guest/vm.service");

pub(super) fn pack(vm: &Vm, terminal: bool, archive: &Path) -> Result<()> {
    let tree = tempfile::tempdir_in(archive.parent().context("the archive has a folder")?)
        .context("cannot make a folder for the initramfs")?;
    let bin = cache::sub(tree.path(), "bin")?;
    let own = cache::sub(tree.path(), "vm")?;
    let share = cache::sub(&own, "share")?;

    copy(Path::new("/bin/busybox"), &bin.join("busybox"))?;
    script(&tree.path().join("init"), INIT)?;
    script(&own.join("start"), START)?;
    script(&own.join("vm.service"), UNIT)?;
    script(&own.join("settings"), &settings(vm, terminal))?;
    if !vm.command.is_empty() {
        let words: Vec<String> = vm.command.iter().map(|word| exec::quoted(word)).collect();
        script(&own.join("command"), &format!("exec {}\n", words.join(" ")))?;
    }
    // A debug build is mostly debug information, which the machine would unpack for nothing.
    let mut strip = Command::new("strip");
    exec::quiet(
        strip
            .arg("--strip-debug")
            .arg("-o")
            .arg(own.join("bulkhead"))
            .arg(&vm.agent),
    )?;
    if let Some(dir) = &vm.share {
        exec::quiet(Command::new("cp").args(["-rL", "-T"]).arg(dir).arg(&share))?;
    }
    let mut cpio = Command::new("sh");
    cpio.args([
        "-c",
        r#"cd "$1" && find . | cpio --quiet -o -H newc > "$2""#,
        "sh",
    ]);
    exec::quiet(cpio.arg(tree.path()).arg(archive))
}

/// What the scripts want to know, as a shell reads it.
fn settings(vm: &Vm, terminal: bool) -> String {
    let root = match vm.root {
        Root::Minimal => "minimal",
        Root::Docker => "docker",
        Root::Systemd => "systemd",
    };
    let mut settings = format!("root={root}\nterm=dumb\n");
    if terminal {
        let term = std::env::var_os("TERM").unwrap_or_else(|| "dumb".into());
        let size = exec::stdout(Command::new("sh").args(["-c", "stty size < /dev/tty"]));
        let size = size.unwrap_or_else(|_| "24 80".to_owned());
        let (rows, columns) = size.trim().split_once(' ').unwrap_or(("24", "80"));
        let term = exec::quoted(&term);
        settings =
            format!("root={root}\nterminal=yes\nterm={term}\nrows={rows}\ncolumns={columns}\n");
    }
    settings
}

fn script(path: &Path, text: &str) -> Result<()> {
    let name = || format!("cannot write {}", path.display());
    fs::write(path, text).with_context(name)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).with_context(name)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::copy(from, to).with_context(|| format!("cannot copy {}", from.display()))?;
    Ok(())
}
