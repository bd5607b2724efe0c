//! Debian's packages through a private apt: own sources and lists in the cache, `/etc/apt` untouched.
//!
//! The mirror is the one this machine's own apt is configured with.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result};

use crate::{cache, exec};

const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";
const HOST_SUITES: &[&str] = &["bookworm", "bookworm-updates", "bookworm-backports"];
const GUEST_SUITES: &[&str] = &["trixie", "trixie-updates", "trixie-backports"];
/// Lists younger than this are not fetched again.
const FRESH: Duration = Duration::from_secs(60 * 60);

/// One set of sources with its own lists.
pub(crate) struct Apt {
    dir: PathBuf,
}

impl Apt {
    /// Debian 12 with its backports: what may be installed on this machine.
    pub(crate) fn host() -> Result<Self> {
        let sites = Sites::of_this_machine()?;
        let mut lines = lines(&sites.main, HOST_SUITES);
        lines.push_str(&source(&sites.security, "bookworm-security"));
        Self::new("host", &lines)
    }

    /// Debian 12 and 13: what is unpacked into the cache and never installed.
    pub(crate) fn guest() -> Result<Self> {
        let sites = Sites::of_this_machine()?;
        let suites = [HOST_SUITES, GUEST_SUITES].concat();
        Self::new("guest", &lines(&sites.main, &suites))
    }

    fn new(name: &str, sources: &str) -> Result<Self> {
        let dir = cache::sub(&cache::dir()?, &format!("apt/{name}"))?;
        for part in ["state/lists/partial", "cache/archives/partial"] {
            cache::sub(&dir, part)?;
        }
        let list = dir.join("sources.list");
        if fs::read_to_string(&list).unwrap_or_default() != sources {
            fs::write(&list, sources)
                .with_context(|| format!("cannot write {}", list.display()))?;
            fs::remove_file(dir.join("fresh")).unwrap_or_default();
        }
        Ok(Self { dir })
    }

    /// Fetches the package lists, unless that was done a moment ago.
    pub(crate) fn refresh(&self) -> Result<()> {
        let stamp = self.dir.join("fresh");
        let age = fs::metadata(&stamp).and_then(|stamp| stamp.modified());
        let age = age.map(|since| SystemTime::now().duration_since(since).unwrap_or_default());
        if age.is_ok_and(|age| age < FRESH) {
            return Ok(());
        }
        let mut update = self.command("apt-get");
        exec::quiet(update.args(["-o", "APT::Update::Error-Mode=any", "update"]))?;
        fs::write(&stamp, "").with_context(|| format!("cannot write {}", stamp.display()))
    }

    /// Installs on this machine, from `release` where it is given.
    pub(crate) fn install(&self, packages: &[&str], release: Option<&str>) -> Result<()> {
        let mut install = self.command("apt-get");
        install.env("DEBIAN_FRONTEND", "noninteractive");
        install.args([
            "-o",
            "DPkg::Lock::Timeout=300",
            "--yes",
            "--no-install-recommends",
        ]);
        if let Some(release) = release {
            install.args(["--target-release", release]);
        }
        exec::quiet(install.arg("install").args(packages))
    }

    /// Every package whose name starts so.
    pub(crate) fn names(&self, prefix: &str) -> Result<Vec<String>> {
        let listed = exec::stdout(self.command("apt-cache").args(["pkgnames", prefix]))?;
        Ok(listed.lines().map(str::to_owned).collect())
    }

    /// The versions of a package that can be had.
    pub(crate) fn versions(&self, package: &str) -> Result<Vec<String>> {
        let listed = exec::stdout(self.command("apt-cache").args(["madison", package]))?;
        let version = |line: &str| Some(line.split('|').nth(1)?.trim().to_owned());
        Ok(listed.lines().filter_map(version).collect())
    }

    /// Downloads a package (`name` or `name=version`) and unpacks it into a folder.
    pub(crate) fn unpack(&self, package: &str, into: &Path) -> Result<()> {
        let downloads = tempfile::tempdir_in(&self.dir).context("cannot make a folder")?;
        let mut download = self.command("apt-get");
        exec::quiet(download.current_dir(&downloads).args(["download", package]))?;
        let found = fs::read_dir(&downloads).context("cannot list what was downloaded")?;
        for file in found {
            let file = file.context("cannot list what was downloaded")?.path();
            exec::quiet(
                Command::new("dpkg-deb")
                    .arg("--extract")
                    .arg(file)
                    .arg(into),
            )?;
        }
        Ok(())
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        let dir = self.dir.display();
        for option in [
            format!("Dir::Etc::SourceList={dir}/sources.list"),
            "Dir::Etc::SourceParts=-".to_owned(),
            format!("Dir::State={dir}/state"),
            "Dir::State::status=/var/lib/dpkg/status".to_owned(),
            format!("Dir::Cache={dir}/cache"),
            "Dir::Cache::pkgcache=pkgcache.bin".to_owned(),
            "Acquire::Languages=none".to_owned(),
            "Acquire::Retries=3".to_owned(),
            // Its own user could not write below somebody's home.
            "APT::Sandbox::User=root".to_owned(),
        ] {
            command.args(["-o", &option]);
        }
        command
    }
}

/// The mirror for Debian 13, in the form that `mmdebstrap` wants.
pub(crate) fn trixie() -> Result<String> {
    Ok(source(&Sites::of_this_machine()?.main, "trixie"))
}

/// What this machine's own apt would fetch, a line each; it need not have fetched it yet.
pub(crate) fn configured() -> Result<String> {
    exec::stdout(Command::new("apt-get").args(["--print-uris", "update"]))
}

/// Where this machine gets Debian 12 from.
struct Sites {
    main: String,
    security: String,
}

impl Sites {
    fn of_this_machine() -> Result<Self> {
        Self::read(&configured()?)
    }

    fn read(listed: &str) -> Result<Self> {
        let site = |suites: &[&str]| {
            listed.lines().find_map(|line| {
                let (site, rest) = line.strip_prefix('\'')?.split_once("/dists/")?;
                let suite = rest.split_once("/InRelease'")?.0;
                suites.contains(&suite).then(|| site.to_owned())
            })
        };
        let main = site(&["bookworm", "oldstable", "stable"])
            .context("apt's configuration names no mirror of Debian 12 (bookworm)")?;
        let security = site(&["bookworm-security", "oldstable-security", "stable-security"])
            .context("apt's configuration names no mirror of bookworm-security")?;
        Ok(Self { main, security })
    }
}

fn lines(site: &str, suites: &[&str]) -> String {
    suites.iter().map(|suite| source(site, suite)).collect()
}

fn source(site: &str, suite: &str) -> String {
    format!("deb [arch=amd64 signed-by={KEYRING}] {site} {suite} main\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sites_are_those_of_debian_itself() {
        let sites = Sites::read(
            "'http://other.example/x/dists/nodistro/InRelease' other 0\n\
             'http://a.example/debian/dists/bookworm/InRelease' a.example 0\n\
             'http://a.example/debian/dists/bookworm-updates/InRelease' a.example 0\n\
             'http://b.example/security/dists/bookworm-security/InRelease' b.example 0\n",
        )
        .unwrap();
        assert_eq!(sites.main, "http://a.example/debian");
        assert_eq!(sites.security, "http://b.example/security");
        assert!(Sites::read("").is_err());
    }
}
