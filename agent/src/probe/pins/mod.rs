//! What outlives the agent: maps and links that have a name in the BPF filesystem. The kernel keeps
//! what has one, so containers stay contained while no agent runs, and the next takes it over.
//!
//! The folder is root's alone. What is in it and is not Bulkhead's is reported, never used.

mod check;
mod folder;
mod gone;

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

use aya::{
    maps::{MapData, MapError},
    pin::PinError as Refused,
    programs::links::FdLink,
};
use aya_obj::Object;
use nix::sys::statfs::{BPF_FS_MAGIC, statfs};
use probe_common::limits;

use self::folder::{is_own, make, names, names_of_any, remove};

/// Where BPF objects have names; systemd mounts it.
pub const BPFFS: &str = "/sys/fs/bpf";
/// Root's folder there, with one for each layout.
pub const FOLDER: &str = "bulkhead";
/// What the next agent takes over. The other maps have nothing in them that lasts.
const MAPS: [&str; 13] = [
    "CONTAINERS",
    "ANCHORS",
    "RUNTIMES",
    "PROFILES",
    "NAMESPACES",
    "DEVICES",
    "DEVICE_GRANTS",
    "HOST",
    "RING",
    "LOST",
    "LABELS",
    "KEPT",
    "KEPT_COUNT",
];
/// Ends the name of a link that is about to replace another. The kernel wants no dots here.
const NEW: &str = "-new";

#[derive(Debug, thiserror::Error)]
pub enum PinError {
    #[error("{} is no BPF filesystem", .0.display())]
    NotMounted(PathBuf),
    #[error("{} is not Bulkhead's: {why}", path.display())]
    Foreign { path: PathBuf, why: String },
    #[error("cannot {act} {}", path.display())]
    Io {
        act: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    #[error("{0} programs are still attached; the kernel takes its time")]
    Late(usize),
    #[error("cannot pin {}", path.display())]
    Pin { path: PathBuf, source: Refused },
}

impl PinError {
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NotMounted(path) => Some(format!(
                "mount it: mount -t bpf -o mode=700 bpf {}; or, for programs that end with the agent: bulkhead \
                 run --no-pin",
                path.display()
            )),
            Self::Foreign { .. } => Some(format!(
                "look at it; `bulkhead unload` removes everything in {BPFFS}/{FOLDER}"
            )),
            Self::Io { .. } | Self::Pin { .. } | Self::Late(_) => None,
        }
    }
}

/// The folder, as an agent found it.
#[derive(Debug)]
pub struct Pins {
    folder: PathBuf,
    layout: PathBuf,
    /// Those of agents with another layout.
    others: Vec<PathBuf>,
    /// An earlier agent's programs are there.
    found: bool,
    wanted: bool,
    /// Made here, and not yet to be kept.
    made: bool,
}

impl Pins {
    /// Looks what an earlier agent has left. `wanted`: whether this one is to leave anything.
    ///
    /// # Errors
    /// If there is something that no agent makes, or no BPF filesystem to leave anything in.
    pub fn find(bpffs: &Path, wanted: bool) -> Result<Self, PinError> {
        let is_mounted = statfs(bpffs).is_ok_and(|found| found.filesystem_type() == BPF_FS_MAGIC);
        if wanted && !is_mounted {
            return Err(PinError::NotMounted(bpffs.to_owned()));
        }
        Self::look(bpffs, wanted)
    }

    fn look(bpffs: &Path, wanted: bool) -> Result<Self, PinError> {
        let folder = bpffs.join(FOLDER);
        let mut pins = Self {
            layout: folder.join(limits::LAYOUT.to_string()),
            others: Vec::new(),
            found: false,
            wanted,
            made: false,
            folder,
        };
        for name in names(&pins.folder)? {
            let path = pins.folder.join(&name);
            is_own(&path)?;
            if path == pins.layout {
                names(&pins.maps())?;
                pins.found = !names(&pins.links())?.is_empty();
            } else if name.parse::<u32>().is_ok() {
                pins.others.push(path);
            } else {
                let why = "no layout has this name".to_owned();
                return Err(PinError::Foreign { path, why });
            }
        }
        Ok(pins)
    }

    /// Whether an earlier agent's programs of this layout are attached.
    pub fn found(&self) -> bool {
        self.found
    }

    /// The same of another layout.
    pub fn found_other(&self) -> bool {
        !self.others.is_empty()
    }

    fn maps(&self) -> PathBuf {
        self.layout.join("maps")
    }

    fn links(&self) -> PathBuf {
        self.layout.join("links")
    }

    /// Where the maps of this agent are or will be: nowhere, if nothing was found and nothing is to
    /// be left.
    ///
    /// # Errors
    /// If one is there that is not as in `object`, or one of those is missing that the programs use
    /// which were found.
    pub(super) fn take_maps(
        &mut self,
        object: &[u8],
    ) -> Result<Vec<(&'static str, PathBuf)>, super::ProbeError> {
        let mut taken = Vec::new();
        // What an agent left that ended before its programs were attached has no labels.
        let is_attached =
            |other: &&PathBuf| names(&other.join("links")).is_ok_and(|links| !links.is_empty());
        let other = self.others.iter().rfind(is_attached);
        if let Some(other) = other.or(self.others.last()) {
            taken.push(("LABELS_BEFORE", check::labels(&other.join("maps/LABELS"))?));
        }
        if !self.found && !self.wanted {
            return Ok(taken);
        }
        if self.found {
            let object = Object::parse(object).map_err(super::error::unreadable)?;
            for name in MAPS {
                check::map(&self.maps().join(name), object.maps.get(name))?;
            }
        } else {
            // Programs use other maps than those that somebody began to pin.
            remove(&self.layout)?;
            self.made = true;
            for folder in [&self.layout, &self.maps(), &self.links()] {
                make(folder)?;
            }
        }
        let maps = self.maps();
        taken.extend(MAPS.map(|name| (name, maps.join(name))));
        Ok(taken)
    }

    /// The numbers of profiles that containers may have.
    ///
    /// # Errors
    /// If the kernel does not give them.
    pub fn numbers(&self) -> Result<BTreeSet<u32>, super::ProbeError> {
        super::tables::used_numbers(MapData::from_pin(self.maps().join("PROFILES")))
    }

    /// From now on the programs stay attached without an agent: those found there leave, one by one,
    /// when their successors are attached. Without pins, what was found leaves. Gives the ring and
    /// the count of losses of each agent with another layout, which nobody will find any more.
    ///
    /// # Errors
    /// If a name cannot be given.
    pub(super) fn keep(
        &mut self,
        links: &mut Vec<(&'static str, FdLink)>,
    ) -> Result<Vec<Left>, PinError> {
        let others = std::mem::take(&mut self.others);
        let leaving = others.iter().map(PathBuf::as_path);
        let leaving = gone::programs(leaving.chain((!self.wanted).then_some(&*self.layout)));
        let map = |other: &PathBuf, name| MapData::from_pin(other.join("maps").join(name));
        let left = others.iter().map(|other| Left {
            ring: map(other, "RING"),
            lost: map(other, "LOST"),
        });
        let left = left.collect();
        if self.wanted {
            let folder = self.links();
            let mut kept = BTreeSet::new();
            // The agent holds them too: what it says of itself is true also if somebody empties the folder.
            for (name, link) in std::mem::take(links) {
                links.push((name, replace(&folder, name, link)?));
                kept.insert(name.to_owned());
            }
            for name in names(&folder)? {
                if !kept.contains(&name) {
                    remove(&folder.join(name))?;
                }
            }
            self.made = false;
            others.iter().try_for_each(|other| unpin_layout(other))?;
        } else {
            unpin(&self.folder)?;
        }
        if let Err(error) = gone::wait(&leaving) {
            log::warn!("{error}: until then both refuse");
        }
        Ok(left)
    }
}

/// What programs of another layout had to tell.
pub(super) struct Left {
    pub(super) ring: Result<MapData, MapError>,
    pub(super) lost: Result<MapData, MapError>,
}

/// An agent that did not get as far as to protect anything leaves nothing.
impl Drop for Pins {
    fn drop(&mut self) {
        if self.made
            && let Err(error) = remove(&self.layout)
        {
            log::warn!("{error}");
        }
    }
}

/// Takes every program off and removes the folder. False if there was none. An agent that runs holds
/// its own until it ends.
///
/// # Errors
/// If something cannot be removed.
pub fn unload(bpffs: &Path) -> Result<bool, PinError> {
    let folder = bpffs.join(FOLDER);
    let is_there = fs::symlink_metadata(&folder).is_ok();
    unpin(&folder)?;
    Ok(is_there)
}

/// What is attached by the links that have a name.
pub struct Attached(BTreeSet<u32>);

impl Attached {
    pub fn look(bpffs: &Path) -> Self {
        let folder = bpffs.join(FOLDER);
        let layouts = is_own(&folder).and_then(|()| names_of_any(&folder));
        let layouts = layouts.unwrap_or_default().into_iter();
        let layouts: Vec<_> = layouts.map(|name| folder.join(name)).collect();
        Self(gone::programs(layouts.iter().map(PathBuf::as_path)))
    }

    /// How many programs.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Waits until the kernel has taken it off.
    ///
    /// # Errors
    /// If that takes too long.
    pub fn is_gone(&self) -> Result<(), PinError> {
        gone::wait(&self.0)
    }
}

/// Links go before the maps that their programs use: nothing is refused half.
fn unpin(folder: &Path) -> Result<(), PinError> {
    if fs::symlink_metadata(folder).is_ok_and(|found| found.is_dir()) {
        for layout in names_of_any(folder)? {
            unpin_layout(&folder.join(layout))?;
        }
    }
    remove(folder)
}

fn unpin_layout(layout: &Path) -> Result<(), PinError> {
    if fs::symlink_metadata(layout).is_ok_and(|found| found.is_dir()) {
        remove(&layout.join("links"))?;
    }
    remove(layout)
}

fn replace(folder: &Path, name: &str, link: FdLink) -> Result<FdLink, PinError> {
    let (new, path) = (folder.join(format!("{name}{NEW}")), folder.join(name));
    remove(&new)?;
    let pinned = link.pin(&new).map_err(|source| PinError::Pin {
        path: new.clone(),
        source,
    })?;
    fs::rename(&new, &path).map_err(|source| PinError::Io {
        act: "rename a link to",
        path,
        source,
    })?;
    Ok(pinned.into())
}

#[cfg(test)]
mod tests;
