//! The machine under attack: its secrets, a process with one, and a host task as neighbour.

use std::{
    ffi::OsStr,
    fs,
    os::{
        fd::OwnedFd,
        unix::fs::{MetadataExt, symlink},
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result};
use nix::sys::stat::{major, minor};

use crate::{
    command, docker, gift, kernel, lines::Lines, raw::Entry, resident::Resident, sockets, tools,
};

/// What an attack on the host's files, processes and disk is after.
pub const SECRET: &str = "the-hosts-secret";

/// Bundles below this directory may be run: the policy of the scenarios says so.
pub const ANCHORED: &str = "/srv/bundles";

/// Where it is.
const SECRETS: &[&str] = &[
    "/root/bulkhead-secret",
    "/etc/bulkhead-secret",
    "/var/lib/docker/bulkhead-secret",
];

pub struct Host {
    /// The actor's program.
    pub actor: PathBuf,
    /// An actor outside every container.
    pub neighbour: Resident,
    facts: Vec<(&'static str, String)>,
    victim: Child,
    /// Somebody else's, for those who look for one.
    _map: OwnedFd,
}

impl Host {
    /// Makes this machine worth attacking: secrets, an image, a volume, victims.
    ///
    /// # Errors
    /// If any of it cannot be made.
    pub fn prepare() -> Result<Self> {
        let own = std::env::current_exe().context("the path of the scenarios")?;
        let actor = own.with_file_name("actor");
        for secret in SECRETS {
            fs::write(secret, SECRET).with_context(|| format!("write {secret}"))?;
        }
        fs::create_dir_all(ANCHORED)?;
        docker::import_attacker(&actor)?;
        prepare_gifts()?;
        sockets::serve().context("listen for containers on the host's network")?;
        tools::copy()?;
        let mut facts = disk()?;
        facts.push(("loop", unmounted_disk()?));
        let victim = start_victim(&actor, &mut facts)?;
        facts.extend(other_container()?);
        let mut serve = Command::new(&actor);
        serve.args([
            OsStr::new("leaking"),
            actor.as_os_str(),
            OsStr::new("serve"),
        ]);
        let neighbour = Resident::start(serve)?;
        Ok(Self {
            actor,
            neighbour,
            facts,
            victim,
            _map: kernel::bpf_make_map(Entry::Native).context("make a map")?,
        })
    }

    /// What is known of this machine under a name.
    ///
    /// # Errors
    /// If there is no such fact.
    pub fn fact(&self, name: &str) -> Result<&str> {
        let found = self.facts.iter().find(|(fact, _)| *fact == name);
        found
            .map(|(_, value)| value.as_str())
            .with_context(|| format!("no fact {name}"))
    }

    /// Puts facts where `text` has their names in braces.
    #[must_use]
    pub fn expand(&self, text: &str) -> String {
        let put = |text: String, (name, value): &(&str, String)| {
            text.replace(&format!("{{{name}}}"), value)
        };
        self.facts.iter().fold(text.to_owned(), put)
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // It may have ended before: then there is nothing to do.
        let _ = self.victim.kill();
        let _ = self.victim.wait();
    }
}

/// What a policy may let in: `/srv/kept/secret`.
///
/// # Errors
/// If it cannot be written.
pub fn keep_secret() -> Result<()> {
    fs::create_dir_all("/srv/kept")?;
    fs::write("/srv/kept/secret", SECRET).context("the secret")
}

/// A volume with a socket in it, and a tmpfs of the host to give away.
fn prepare_gifts() -> Result<()> {
    docker::must(&["volume", "create", docker::VOLUME])?;
    let socket = Path::new(docker::VOLUME_DIR).join("gift.sock");
    // Left by a run before this one.
    let _ = fs::remove_file(&socket);
    gift::give_at(&socket).with_context(|| format!("listen at {}", socket.display()))?;
    // The host finds the socket where a container does.
    if !Path::new("/v").exists() {
        symlink(docker::VOLUME_DIR, "/v").context("link /v")?;
    }
    command::must(&["mount", "-t", "tmpfs", "none", gift::TMPFS])?;
    Ok(())
}

/// The disk that the host's root is on.
fn disk() -> Result<Vec<(&'static str, String)>> {
    let device = fs::metadata("/")?.dev();
    let (major, minor) = (major(device), minor(device));
    let event = format!("/sys/dev/block/{major}:{minor}/uevent");
    let event = fs::read_to_string(&event).with_context(|| format!("read {event}"))?;
    let name = event.lines().find_map(|line| line.strip_prefix("DEVNAME="));
    let name = name.context("a disk without a name")?;
    Ok(vec![
        ("disk", format!("/dev/{name}")),
        ("disk-name", name.to_owned()),
        // nvme0n1: the first namespace of controller nvme0.
        ("controller", format!("/dev/{}", controller(name))),
        (
            "generic",
            format!("/dev/{}", name.replacen("nvme", "ng", 1)),
        ),
        ("disk-major", major.to_string()),
        ("disk-minor", minor.to_string()),
    ])
}

fn controller(disk: &str) -> &str {
    disk.rfind('n')
        .and_then(|end| disk.get(..end))
        .unwrap_or(disk)
}

/// A disk with a secret that the host does not have mounted anywhere.
fn unmounted_disk() -> Result<String> {
    let make = "modprobe -q loop; mkdir -p /tmp/disk && cp /root/bulkhead-secret /tmp/disk && \
        mke2fs -q -t ext4 -d /tmp/disk /tmp/disk.img 4M && losetup -f --show /tmp/disk.img";
    command::must(&["sh", "-c", make])
}

/// A host process whose memory, environment and descriptors hold the secret.
fn start_victim(actor: &Path, facts: &mut Vec<(&'static str, String)>) -> Result<Child> {
    let mut victim = Command::new(actor)
        .args(["victim", "/root/bulkhead-secret"])
        .env("SECRET", SECRET)
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("start the victim")?;
    let lines = Lines::of(victim.stdout.take().context("its stdout")?);
    let words = |line: &str| Some(line.split(' ').map(str::to_owned).collect::<Vec<_>>());
    let (_, places) = lines.wait_for(0, Duration::from_secs(20), words)?;
    let names = ["victim", "victim-address", "victim-length", "victim-fd"];
    facts.extend(names.into_iter().zip(places));
    Ok(victim)
}

/// A container beside the attacker's, with the secret in its environment and its root.
fn other_container() -> Result<[(&'static str, String); 2]> {
    docker::remove("other")?;
    let secret = format!("SECRET={SECRET}");
    let run = [
        "run",
        "-d",
        "-i",
        "--name",
        "other",
        "--network",
        "none",
        "-e",
        &secret,
    ];
    let id = docker::must(&[&run[..], &[docker::ATTACKER, "/actor", "serve"]].concat())?;
    Ok([("other", id), ("other-pid", docker::pid("other")?)])
}
