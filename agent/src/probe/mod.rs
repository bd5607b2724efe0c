//! The probe in the kernel: loaded, attached, fed and read. The only folder that names aya.

mod attach;
mod batch;
mod cgroups;
mod demand;
mod error;
mod layout;
mod missing;
mod pins;
mod programs;
mod ring;
mod tables;
mod trace;

use std::{collections::BTreeMap, path::Path};

use aya::{Btf, Ebpf, EbpfLoader, include_bytes_aligned, programs::Iter};
use probe_common::{
    container::{Container, PROFILE_CANARY},
    limits,
};
use serde::{Deserialize, Serialize};

#[cfg(test)]
pub use self::programs::PROGRAMS;
pub use self::{
    batch::Batch,
    error::ProbeError,
    missing::{Missing, missing},
    pins::{Attached, BPFFS, PinError, Pins, unload},
    ring::Ring,
};
use self::{
    programs::{INHERITOR, ITERATOR},
    tables::Tables,
};
use crate::{
    anchors,
    devices::Devices,
    policy::{Allowed, Content, Mode},
};

/// Where the v2 hierarchy is mounted.
pub const CGROUPS: &str = "/sys/fs/cgroup";

static OBJECT: &[u8] = include_bytes_aligned!(concat!(env!("OUT_DIR"), "/probe"));

/// Ids of the containers whose network and IPC namespaces one shares.
pub type Peers = [Option<String>; 2];

/// What the probe starts with.
pub struct Settings<'a> {
    pub mode: Mode,
    /// Rules whose absent hooks are no reason not to start.
    pub allow_missing: Allowed,
    /// What every number of a profile says.
    pub profiles: &'a [Content<'a>],
    /// The number for a container of before the probe, by its cgroup and id.
    pub assign: &'a dyn Fn(u64, &[u8]) -> u32,
    /// Whom such a container shares its network and IPC namespaces with.
    pub peers: &'a dyn Fn(u64, &[u8]) -> Peers,
    pub anchors: &'a anchors::Table,
    /// The number for containers of a runtime of which nothing else is known.
    pub of_runtime: &'a dyn Fn(&'static str) -> u32,
    pub devices: &'a Devices,
    /// Forward the probe's own log, in builds that have one.
    pub kernel_log: bool,
}

/// The probe, attached until this is dropped, or for longer if it is [kept](Probe::keep).
pub struct Probe {
    ebpf: Ebpf,
    tables: Tables,
    hooks: Vec<HookState>,
    links: attach::Links,
    pins: Pins,
}

/// One program and what became of it.
pub struct HookState {
    pub name: &'static str,
    /// `None`: every rule needs it.
    pub rule: Option<&'static str>,
    pub state: State,
    /// Of one that was loaded.
    pub cost: Option<Cost>,
}

/// What it took the kernel to check and translate a program.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cost {
    /// Instructions that the verifier went through; it gives up at a million.
    pub instructions: Option<u32>,
    /// Bytes, after the verifier.
    pub size_translated: Option<u32>,
    /// Bytes of machine code.
    pub size_jitted: u32,
    pub load_ms: u64,
}

pub enum State {
    Active,
    /// This kernel has nothing to attach it to.
    Absent(String),
    Failed(String),
}

/// A container that the kernel knows.
pub struct Entry {
    pub cgroup: u64,
    /// Zero-filled; empty where its cgroup's name has none.
    pub id: [u8; limits::ID],
    /// The number of its profile.
    pub profile: u32,
}

pub struct Counters {
    /// Records that found no room in the ring.
    pub lost: u64,
    /// Container cgroups, nested ones included.
    pub containers: u64,
}

impl Probe {
    /// Loads and attaches everything, and labels the containers that run already.
    ///
    /// # Errors
    /// If this kernel lacks something that enforcing needs; then nothing stays attached but what was
    /// before.
    pub fn start(settings: &Settings<'_>, mut pins: Pins) -> Result<Self, ProbeError> {
        let layout = layout::read(Path::new(layout::BTF))?;
        let btf = Btf::from_sys_fs().map_err(|e| ProbeError::Btf {
            reason: e.to_string(),
        })?;
        let succeeds = u32::from(pins.found_other());
        let mut loader = EbpfLoader::new();
        loader
            .btf(Some(&btf))
            .override_global("LAYOUT", &layout, true)
            .override_global("SUCCEEDS", &succeeds, true)
            .allow_unsupported_maps();
        for (name, path) in pins.take_maps(OBJECT)? {
            loader.map_pin_path(name, path);
        }
        let mut ebpf = loader.load(OBJECT).map_err(ProbeError::Load)?;
        trace::forward(&mut ebpf, settings.kernel_log);
        let mut tables = Tables::take(&mut ebpf)?;
        // An earlier agent's programs go on by what is there until these have taken their place.
        if !pins.found() {
            tables.set(settings)?;
        }
        // What the host is must be known before anything is attached that asks.
        let first = load_iterator(&mut ebpf, &btf, ITERATOR)?;
        attach::iterate(first)?;
        let (hooks, links) = attach::all(&mut ebpf, &btf);
        demand::hooks(&hooks, settings)?;
        if pins.found() {
            tables.set(settings)?;
        }
        let mut probe = Self {
            ebpf,
            tables,
            hooks,
            links,
            pins,
        };
        probe.adopt_running(settings, &btf)?;
        Ok(probe)
    }

    /// Whether an earlier agent's programs are attached beside these.
    pub fn is_successor(&self) -> bool {
        self.pins.found() || self.pins.found_other()
    }

    /// From now on the programs stay when the agent ends, unless that was not wanted; what an earlier
    /// agent has left is taken off, and the records are given that no ring has any more.
    ///
    /// # Errors
    /// If the BPF filesystem does not take their names.
    pub fn keep(&mut self) -> Result<Batch, ProbeError> {
        let mut records = Batch::default();
        for left in self.pins.keep(&mut self.links)? {
            ring::drain(left.ring, &mut records)?;
            self.tables.count_lost(left.lost)?;
        }
        Ok(records)
    }

    /// Takes every program off, those included that an earlier agent has left.
    ///
    /// # Errors
    /// If one cannot be taken off; it may be all that is left.
    pub fn unload(&mut self) -> Result<(), ProbeError> {
        unload(Path::new(BPFFS))?;
        self.links.clear();
        Ok(())
    }

    /// Containers of before the probe: their cgroups, then their tasks. Twice, for what a task that
    /// had no label yet forked meanwhile.
    fn adopt_running(&mut self, settings: &Settings<'_>, btf: &Btf) -> Result<(), ProbeError> {
        let map = &mut self.tables.containers;
        let mut left_out = None;
        cgroups::containers(Path::new(CGROUPS), &mut |cgroup, mut container| {
            // The kernel saw who made it, and an earlier agent told it who its peers are.
            let known = map.get(&cgroup, 0);
            let is_known = known.is_ok();
            container = known.unwrap_or(container);
            let [id, ..] = container.ids;
            if container.owner == cgroup {
                container.profile = (settings.assign)(cgroup, &id);
            }
            if container.owner == cgroup && !is_known {
                let peers = (settings.peers)(cgroup, &id);
                name_peers(&mut container, peers.each_ref().map(Option::as_deref));
            }
            if let Err(error) = map.insert(cgroup, container, 0) {
                let (count, _) = left_out.get_or_insert((0_u64, error));
                *count += 1;
            }
        })
        .map_err(ProbeError::Cgroups)?;
        // Whoever may make cgroups does not decide whether there is an agent.
        if let Some((count, error)) = left_out {
            log::warn!("{count} cgroups of containers have no room in the table: {error}");
        }
        if self.pins.found_other() {
            let inheritor = load_iterator(&mut self.ebpf, btf, INHERITOR)?;
            for _ in 0..2 {
                attach::iterate(inheritor)?;
            }
        }
        for _ in 0..2 {
            attach::iterate(iterator(&mut self.ebpf, ITERATOR)?)?;
        }
        Ok(())
    }

    pub fn hooks(&self) -> &[HookState] {
        &self.hooks
    }

    /// The ring; there is one, and it can be taken once.
    pub fn ring(&mut self) -> Result<Ring, ProbeError> {
        Ring::new(tables::take(&mut self.ebpf, "RING")?)
    }

    pub fn counters(&self) -> Result<Counters, ProbeError> {
        let containers = self.tables.containers.keys().count();
        Ok(Counters {
            lost: self.tables.lost()?,
            containers: containers as u64,
        })
    }

    /// Every container but the canary, without the cgroups nested in them.
    pub fn containers(&self) -> Result<Vec<Entry>, ProbeError> {
        // The kernel begins again where an entry goes away meanwhile.
        let mut found = BTreeMap::new();
        for entry in self.tables.containers.iter() {
            let (cgroup, container) = entry.map_err(tables::failed("CONTAINERS"))?;
            let [id, ..] = container.ids;
            let profile = container.profile;
            if container.owner == cgroup && profile != PROFILE_CANARY {
                let entry = Entry {
                    cgroup,
                    id,
                    profile,
                };
                found.insert(cgroup, entry);
            }
        }
        Ok(found.into_values().collect())
    }

    pub fn set_profiles(&mut self, contents: &[Content<'_>]) -> Result<(), ProbeError> {
        self.tables.set_profiles(contents)
    }

    /// Gives containers, by their cgroups, other profiles than they have; those that run already as
    /// well.
    pub fn assign(&mut self, profile: &mut dyn FnMut(u64, &[u8]) -> u32) -> Result<(), ProbeError> {
        let map = &mut self.tables.containers;
        let all: Vec<_> = map.iter().flatten().collect();
        for (cgroup, container) in all {
            let [id, ..] = container.ids;
            if container.owner == cgroup && container.profile != PROFILE_CANARY {
                self.container_profile(cgroup, profile(cgroup, &id))?;
            }
        }
        // Twice: a child that is made while its parent is still to come may be behind the first.
        for _ in 0..2 {
            attach::iterate(iterator(&mut self.ebpf, ITERATOR)?)?;
        }
        Ok(())
    }

    /// Gives one container its profile, before it runs. One that is gone already is no error.
    pub fn container_profile(&mut self, cgroup: u64, profile: u32) -> Result<(), ProbeError> {
        match self.tables.containers.get(&cgroup, 0) {
            Ok(container) if container.profile != profile => {
                let container = Container {
                    profile,
                    ..container
                };
                self.tables
                    .containers
                    .insert(cgroup, container, 0)
                    .map_err(tables::failed("CONTAINERS"))
            }
            _ => Ok(()),
        }
    }

    pub fn set_anchors(
        &mut self,
        table: &anchors::Table,
        of_runtime: &dyn Fn(&'static str) -> u32,
    ) -> Result<(), ProbeError> {
        self.tables.set_anchors(table, of_runtime)
    }

    pub fn set_devices(&mut self, devices: &Devices) -> Result<(), ProbeError> {
        self.tables.set_devices(devices)
    }

    /// Names the containers whose network and IPC namespaces this one was asked to share: their
    /// `resolv.conf` and `shm` are its own too. A container that is gone already is no error.
    pub fn container_peers(
        &mut self,
        cgroup: u64,
        peers: [Option<&str>; 2],
    ) -> Result<(), ProbeError> {
        let Ok(mut container) = self.tables.containers.get(&cgroup, 0) else {
            return Ok(());
        };
        name_peers(&mut container, peers);
        self.tables
            .containers
            .insert(cgroup, container, 0)
            .map_err(tables::failed("CONTAINERS"))
    }

    /// Puts a container under the canary's profile. False if the probe does not know it.
    pub fn make_canary(&mut self, cgroup: u64) -> Result<bool, ProbeError> {
        let Ok(mut container) = self.tables.containers.get(&cgroup, 0) else {
            return Ok(false);
        };
        container.profile = PROFILE_CANARY;
        let put = self.tables.containers.insert(cgroup, container, 0);
        put.map(|()| true).map_err(tables::failed("CONTAINERS"))
    }
}

fn name_peers(container: &mut Container, peers: [Option<&str>; 2]) {
    let [_, net, ipc] = &mut container.ids;
    for (id, peer) in [net, ipc].into_iter().zip(peers) {
        *id = [0; limits::ID];
        for (to, from) in id.iter_mut().zip(peer.unwrap_or_default().bytes()) {
            *to = from;
        }
    }
}

fn load_iterator<'a>(
    ebpf: &'a mut Ebpf,
    btf: &Btf,
    name: &str,
) -> Result<&'a mut Iter, ProbeError> {
    let program = iterator(ebpf, name)?;
    program
        .load("task", btf)
        .map_err(|e| ProbeError::Iterator(e.to_string()))?;
    Ok(program)
}

fn iterator<'a>(ebpf: &'a mut Ebpf, name: &str) -> Result<&'a mut Iter, ProbeError> {
    let wrong = || ProbeError::Iterator(format!("the probe has no {name}"));
    ebpf.program_mut(name)
        .ok_or_else(wrong)?
        .try_into()
        .map_err(|_| wrong())
}
