//! The decision: the probe's own for everything but host paths, and theirs by path.

use std::{
    iter,
    path::{Path, PathBuf},
};

use probe_common::{
    admission::{self, FILESYSTEMS, Facts, SHARED},
    anchor::ROOT_ONLY,
    container::{Profile, bit},
    label,
    rule::rules,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    About, Asked, Below, Host, HostMount, Kind,
    advice::{self, Advice},
    host::Piece,
    own,
};
use crate::{
    capabilities,
    policy::{Access, Device, HostPath},
    proc::mountinfo,
};

/// What is compared with what somebody asked for.
#[derive(Debug, Clone, Copy)]
pub struct Rulebook<'a> {
    /// The profile's name, for what to write.
    pub name: &'a str,
    pub profile: &'a Profile,
    pub host_paths: &'a [HostPath],
    pub devices: &'a [Device],
}

/// One thing that the profile does not allow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Refusal {
    pub rule: String,
    /// What was asked for.
    pub asked: String,
    /// Where it was.
    pub at: String,
    /// What the profile allows.
    pub allowed: String,
    /// The line of the policy that says so; none where that is built in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said: Option<String>,
    /// The smallest change that lets it pass.
    pub advice: String,
    /// Whether that is one of the profile.
    #[serde(skip)]
    pub is_setting: bool,
}

/// A host path, or kernel filesystem in one, that no anchor covers.
struct Uncovered<'a> {
    mount: &'a HostMount,
    piece: Piece,
    /// Its place in `FILESYSTEMS`, where it is one.
    filesystem: Option<usize>,
}

/// Where the anchor is that lets a piece in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cover {
    /// Above the place where the piece's filesystem is mounted.
    Above,
    /// On that filesystem.
    Inside,
}

impl Cover {
    pub fn by(anchor: &Path, piece: &Piece, host: &Host) -> Self {
        let mount = mountinfo::at(host.mounts(), &piece.path);
        match mount {
            Some(mount) if !anchor.starts_with(&mount.place) => Self::Above,
            _ => Self::Inside,
        }
    }
}

/// Everything that the profile does not allow, in the order of the probe's records.
pub fn decide(book: Rulebook<'_>, asked: &Asked, host: &Host) -> Vec<Refusal> {
    let with_own_proc = own_proc(asked, host).map(|at| {
        let mut asked = asked.clone();
        asked.breaks(rules::PROC_MOUNT, at);
        asked
    });
    let asked = with_own_proc.as_ref().unwrap_or(asked);
    let uncovered = uncovered(book, asked, host);
    let mut facts = asked.facts;
    let mut refusals = Refusals {
        book,
        asked,
        all: Vec::new(),
    };
    for found in &uncovered {
        add(found, &mut facts);
    }
    let found = admission::decide(book.profile, &facts);
    for rule in admission::RULES
        .iter()
        .filter(|rule| found.rules & bit(**rule) != 0)
    {
        match *rule {
            rules::HOST_PATH | rules::BLOCK_DEVICE => refusals.paths(*rule, &uncovered),
            rules::CAPABILITIES => refusals.capabilities(found.capabilities),
            rules::HOST_NAMESPACE => refusals.namespaces(found.namespaces),
            rules::KERNEL_FILESYSTEM => refusals.filesystems(found.filesystems, &uncovered),
            rule => refusals.simple(rule),
        }
    }
    refusals.all
}

/// What takes along the place where the runtime mounts the container's root: the `/proc` below that is
/// the container's own, and has no masks there.
fn own_proc<'a>(asked: &'a Asked, host: &Host) -> Option<&'a str> {
    let roots = || {
        let runtimes = host.runtimes().iter();
        runtimes.filter(|(_, rule)| rule.flags & ROOT_ONLY != 0)
    };
    // Nothing is resolved for the mounts that take nothing along.
    let takes = |mount: &&HostMount| {
        mount.kind == Kind::Bind && mount.below != Below::Left && {
            let path = host.resolve(&mount.host_path);
            roots().any(|(place, _)| host.resolve(place).starts_with(&path))
        }
    };
    asked
        .mounts
        .iter()
        .find(takes)
        .map(|mount| mount.at.as_str())
}

fn rule_of(uncovered: &Uncovered<'_>) -> u32 {
    match (uncovered.mount.kind, uncovered.filesystem) {
        (Kind::Disk, _) => rules::BLOCK_DEVICE,
        (_, Some(_)) => rules::KERNEL_FILESYSTEM,
        _ => rules::HOST_PATH,
    }
}

fn add(found: &Uncovered<'_>, facts: &mut Facts) {
    match found.filesystem {
        Some(place) => facts.filesystems |= 1 << (place & 31),
        None => facts.broken |= bit(rule_of(found)),
    }
}

/// Of each mount the first piece that is not covered, and every kernel filesystem.
fn uncovered<'a>(book: Rulebook<'_>, asked: &'a Asked, host: &Host) -> Vec<Uncovered<'a>> {
    let mut all: Vec<Uncovered<'a>> = Vec::new();
    for mount in &asked.mounts {
        let mut named = false;
        for piece in host.pieces(mount) {
            let filesystem = FILESYSTEMS.iter().position(|(_, name)| *name == piece.fs);
            let innocent = mount.kind == Kind::Bind
                && (is_innocent(&piece, filesystem)
                    || is_let_in(book, (asked, mount), &piece, host));
            let granted = mount.kind == Kind::Disk && is_granted(book.devices, &piece.path, host);
            let filesystem = filesystem.filter(|_| mount.kind == Kind::Bind);
            if innocent || granted || named && filesystem.is_none() {
                continue;
            }
            named |= filesystem.is_none();
            all.push(Uncovered {
                mount,
                piece,
                filesystem,
            });
        }
    }
    all
}

fn is_innocent(piece: &Piece, filesystem: Option<usize>) -> bool {
    const DEVICES: &[&str] = &["null", "zero", "full", "random", "urandom", "tty"];
    let name = piece.path.strip_prefix("/dev").ok().and_then(Path::to_str);
    piece.fs == "mqueue"
        || name.is_some_and(|name| DEVICES.contains(&name))
        || piece.read_only && filesystem.is_some_and(|place| place < SHARED)
}

/// Does the policy give this disk to the container?
pub fn is_granted(devices: &[Device], disk: &Path, host: &Host) -> bool {
    let mut disks = devices.iter().filter(|device| device.block);
    disks.any(|device| host.resolve(&device.path) == disk)
}

/// As the kernel does: an anchor on the piece's own filesystem settles it, by whichever path; one
/// above where that filesystem is mounted has to be above every such place.
fn is_let_in(
    book: Rulebook<'_>,
    (asked, mount): (&Asked, &HostMount),
    piece: &Piece,
    host: &Host,
) -> bool {
    let elsewhere = mount.elsewhere.iter().map(|path| Piece {
        path: path.clone(),
        ..piece.clone()
    });
    let ways = iter::once(piece.clone()).chain(elsewhere).map(|piece| {
        let of_policy = covered(book.host_paths, &piece, host);
        of_policy.max(own::covers(host, mount, &piece, &asked.info))
    });
    let ways: Vec<_> = ways.collect();
    ways.contains(&Some(Cover::Inside)) || ways.iter().all(Option::is_some)
}

fn covered(host_paths: &[HostPath], piece: &Piece, host: &Host) -> Option<Cover> {
    let one = |entry: &HostPath| {
        let open = entry.access == Access::Rw || piece.read_only;
        let entry = host.resolve(&entry.path);
        (open && piece.path.starts_with(&entry)).then(|| Cover::by(&entry, piece, host))
    };
    host_paths.iter().filter_map(one).max()
}

struct Refusals<'a> {
    book: Rulebook<'a>,
    asked: &'a Asked,
    all: Vec<Refusal>,
}

impl Refusals<'_> {
    fn push(&mut self, rule: u32, asked: String, at: &str) {
        let all = asked.clone();
        self.push_one(rule, (asked, at), &all);
    }

    /// One of several for one key, which has to have `all` of them.
    fn push_one(&mut self, rule: u32, (asked, at): (String, &str), all: &str) {
        let allowed = advice::allowed(rule, self.book);
        let advice = advice::change(rule, (all, at), self.book);
        self.add(rule, (asked, at), allowed, advice);
    }

    fn add(&mut self, rule: u32, (asked, at): (String, &str), allowed: String, advice: Advice) {
        self.all.push(Refusal {
            rule: rules::name(rule).unwrap_or("unknown").to_owned(),
            asked,
            at: at.to_owned(),
            allowed,
            said: None,
            advice: advice.text,
            is_setting: advice.is_setting,
        });
    }

    fn paths(&mut self, rule: u32, uncovered: &[Uncovered<'_>]) {
        let all = || uncovered.iter().filter(|found| rule_of(found) == rule);
        let entry = |found: &Uncovered<'_>| {
            let path = found.piece.path.display().to_string();
            advice::entry(found.mount, &path, found.piece.read_only)
        };
        let mut entries: Vec<_> = all().filter_map(entry).collect();
        entries.dedup();
        for found in all() {
            let Uncovered { mount, piece, .. } = found;
            let access = if piece.read_only {
                "read-only"
            } else {
                "writable"
            };
            let path = piece.path.display().to_string();
            let place = Path::new(&mount.container_path);
            let place = place.components().chain(piece.below.components());
            let place: PathBuf = place.collect();
            let asked = format!("{path} at {}, {access}", place.display());
            let advice = advice::path(mount, (&path, piece.read_only), &entries, self.book);
            let allowed = advice::allowed(rule, self.book);
            self.add(rule, (asked, &mount.at), allowed, advice);
        }
    }

    /// One line for each place that asked for some.
    fn capabilities(&mut self, excess: u64) {
        let mut groups: Vec<(&str, u64)> = Vec::new();
        for number in capabilities::numbers(excess) {
            let at = self
                .asked
                .why(About::Capability(number))
                .unwrap_or("unknown");
            match groups.iter_mut().find(|(of, _)| *of == at) {
                Some((_, set)) => *set |= 1 << number,
                None => groups.push((at, 1 << number)),
            }
        }
        // What one word gives has an advice of its own.
        let is_single = |at: &str| at.starts_with("--cap-add") || at.starts_with("process.");
        let single = groups.iter().filter(|(at, _)| is_single(at));
        let all = single.fold(0, |all, (_, set)| all | set);
        for (at, set) in groups {
            let all = if is_single(at) { all } else { set };
            let [asked, all] = [set, all].map(|set| capabilities::names(set).join(", "));
            self.push_one(rules::CAPABILITIES, (asked, at), &all);
        }
    }

    fn namespaces(&mut self, excess: u32) {
        let has = |place: &usize| excess >> place & 1 == 1;
        let names = label::NAMES.iter().enumerate();
        let names: Vec<_> = names.filter(|(place, _)| has(place)).collect();
        // Nothing lets in the host's mounts.
        let all = names.iter().map(|(_, name)| **name);
        let all: Vec<_> = all.filter(|name| *name != "mnt").collect();
        for (place, name) in names {
            let at = self.asked.why(About::Namespace(place)).unwrap_or("unknown");
            let all = if *name == "mnt" {
                (*name).to_owned()
            } else {
                all.join(", ")
            };
            self.push_one(rules::HOST_NAMESPACE, ((*name).to_owned(), at), &all);
        }
    }

    fn filesystems(&mut self, excess: u32, uncovered: &[Uncovered<'_>]) {
        for (place, (_, name)) in FILESYSTEMS.iter().enumerate() {
            if excess >> place & 1 == 0 {
                continue;
            }
            let mounted = uncovered
                .iter()
                .find(|found| found.filesystem == Some(place));
            let at = self.asked.why(About::Filesystem(place));
            let at = at.or_else(|| mounted.map(|found| found.mount.at.as_str()));
            self.push(
                rules::KERNEL_FILESYSTEM,
                (*name).to_owned(),
                at.unwrap_or("unknown"),
            );
        }
    }

    fn simple(&mut self, rule: u32) {
        let asked = match rule {
            rules::PROC_MOUNT => "a /proc without masks",
            rules::SECCOMP => "no seccomp filter",
            rules::NO_NEW_PRIVS => "programs may gain privileges",
            rules::ROOT_USER => "the host's user 0",
            _ => "a setting",
        };
        let at = self.asked.why(About::Rule(rule)).unwrap_or("unknown");
        self.push(rule, asked.to_owned(), at);
    }
}
