//! Docker, as an administrator types it.

use std::{
    fs,
    os::unix::fs::symlink,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, ensure};

use crate::{actor::TMPFS, command, lines::Lines, outcome::Outcome};

/// The image with the actor and a shell.
pub const ATTACKER: &str = "attacker";
/// What it was made from, on the host.
pub const ATTACKER_ROOT: &str = "/tmp/attacker";
/// A named volume that every resident actor mounts at `/v`.
pub const VOLUME: &str = "bulkhead-actor";
/// What is in [`VOLUME`], on the host.
pub const VOLUME_DIR: &str = "/var/lib/docker/volumes/bulkhead-actor/_data";

const EVENT: Duration = Duration::from_secs(60);
const APPLETS: &[&str] = &[
    "sh", "cat", "chroot", "echo", "env", "grep", "ls", "mkdir", "mount", "nsenter", "readlink",
    "sleep", "test", "touch", "true", "umount", "unshare",
];

/// Runs `docker` to its end, whatever that is.
///
/// # Errors
/// If it cannot be started.
pub fn docker(args: &[&str]) -> Result<Outcome> {
    command::run(&[&["docker"], args].concat())
}

/// Runs `docker`, which has to succeed.
///
/// # Errors
/// If it does not; with what it said.
pub fn must(args: &[&str]) -> Result<String> {
    command::must(&[&["docker"], args].concat())
}

/// Builds the image of the attacker from two static programs.
///
/// # Errors
/// If a file is missing or Docker does not take the image.
pub fn import_attacker(actor: &Path) -> Result<()> {
    let root = Path::new(ATTACKER_ROOT);
    write_root(actor, root)?;
    let tar = format!(
        "tar -C {} -c . | docker import - {ATTACKER}",
        root.display()
    );
    command::must(&["sh", "-c", &tar])?;
    Ok(())
}

/// A root directory with the actor and a shell.
///
/// # Errors
/// If a file cannot be written.
pub fn write_root(actor: &Path, root: &Path) -> Result<()> {
    let bin = root.join("bin");
    for directory in ["bin", "dev", "etc", "proc", "sys", "tmp"] {
        fs::create_dir_all(root.join(directory))?;
    }
    let busybox = command::must(&["sh", "-c", "command -v busybox"])?;
    fs::copy(&busybox, bin.join("busybox")).with_context(|| format!("copy {busybox}"))?;
    fs::copy(actor, root.join("actor")).with_context(|| format!("copy {}", actor.display()))?;
    for applet in APPLETS {
        // A root that was written before is written again.
        let _ = fs::remove_file(bin.join(applet));
        symlink("busybox", bin.join(applet))?;
    }
    Ok(())
}

/// `docker run` of an actor with every privilege that Docker has to give, but no host path.
#[must_use]
pub fn privileged_actor(name: &str, options: &[&str]) -> Command {
    let mut docker = Command::new("docker");
    docker.args([
        "run",
        "-i",
        "--name",
        name,
        "--privileged",
        "--pid=host",
        "--cgroupns=host",
    ]);
    docker.args(options);
    docker.args(["-v", &format!("{VOLUME}:/v")]);
    for directory in TMPFS {
        docker.args(["--tmpfs", directory]);
    }
    docker.args([ATTACKER, "/actor", "serve"]);
    docker
}

/// The pid of a container's first process, seen from the host.
///
/// # Errors
/// If there is no such container.
pub fn pid(name: &str) -> Result<String> {
    must(&["inspect", "-f", "{{.State.Pid}}", name])
}

/// Removes every container whose name starts so.
///
/// # Errors
/// If Docker does not do it.
pub fn remove(prefix: &str) -> Result<()> {
    let filter = format!("name=^/{prefix}");
    let ids = must(&["ps", "-aq", "--filter", &filter])?;
    let ids: Vec<&str> = ids.lines().collect();
    if !ids.is_empty() {
        must(&[&["rm", "-f", "-v"], &ids[..]].concat())?;
    }
    Ok(())
}

/// Does something and waits until Docker has reported `count` events of a kind about a container.
///
/// # Errors
/// If the act fails, or the events do not come in time.
pub fn events_of(
    container: &str,
    event: &str,
    count: usize,
    act: impl FnOnce() -> Result<()>,
) -> Result<()> {
    let since = must(&["info", "-f", "{{.SystemTime}}"])?;
    act()?;
    let mut listening = Command::new("docker")
        .args(["events", "--since", &since, "--format", "{{.Action}}"])
        .args(["--filter", &format!("container={container}")])
        .stdout(Stdio::piped())
        .spawn()
        .context("docker events")?;
    let lines = Lines::of(listening.stdout.take().context("its stdout")?);
    let mut seen = 0;
    let enough = lines.wait_for(0, EVENT, |line| {
        seen += usize::from(line == event);
        (seen == count).then_some(())
    });
    listening.kill()?;
    listening.wait()?;
    enough.with_context(|| format!("{count} events {event} of {container}"))?;
    ensure!(seen == count, "{seen} events");
    Ok(())
}
