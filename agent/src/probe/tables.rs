//! What the agent writes into the probe's maps. New entries go in before old ones leave.

use std::{
    borrow::Borrow,
    collections::{BTreeMap, BTreeSet},
};

use aya::{
    Ebpf, Pod,
    maps::{Array, HashMap, Map, MapData, MapError, PerCpuArray, PerCpuValues},
};
use probe_common::{
    anchor::{Anchor, FileId},
    container::{Container, DeviceGrant, MODE_AUDIT, MODE_ENFORCE, Profile},
};

use super::{ProbeError, Settings};
use crate::{
    anchors,
    devices::Devices,
    policy::{self, Content, Mode},
};

/// The maps, taken out of the loaded object.
pub struct Tables {
    pub containers: HashMap<MapData, u64, Container>,
    anchors: HashMap<MapData, FileId, Anchor>,
    runtimes: HashMap<MapData, FileId, u32>,
    profiles: Array<MapData, Profile>,
    device_grants: HashMap<MapData, DeviceGrant, u32>,
    devices: HashMap<MapData, u32, u32>,
    lost: PerCpuArray<MapData, u64>,
}

impl Tables {
    pub fn take(ebpf: &mut Ebpf) -> Result<Self, ProbeError> {
        Ok(Self {
            containers: take(ebpf, "CONTAINERS")?,
            anchors: take(ebpf, "ANCHORS")?,
            runtimes: take(ebpf, "RUNTIMES")?,
            profiles: take(ebpf, "PROFILES")?,
            device_grants: take(ebpf, "DEVICE_GRANTS")?,
            devices: take(ebpf, "DEVICES")?,
            lost: take(ebpf, "LOST")?,
        })
    }

    /// Everything that the agent writes before a container is known.
    pub fn set(&mut self, settings: &Settings<'_>) -> Result<(), ProbeError> {
        self.set_profiles(settings.profiles)?;
        self.set_anchors(settings.anchors, settings.of_runtime)?;
        self.set_devices(settings.devices)
    }

    /// One write for each: mode and rules of a profile change together. Numbers that are not among
    /// them stay what they are.
    pub fn set_profiles(&mut self, contents: &[Content<'_>]) -> Result<(), ProbeError> {
        for (number, mode, profile) in contents {
            let mode = match mode {
                Mode::Enforce => MODE_ENFORCE,
                Mode::Audit => MODE_AUDIT,
            };
            let content = Profile {
                mode,
                ..profile.admission()
            };
            self.grant(*number, &profile.devices)
                .map_err(failed("DEVICE_GRANTS"))?;
            self.profiles
                .set(*number, content, 0)
                .map_err(failed("PROFILES"))?;
        }
        Ok(())
    }

    /// Gives a profile its devices, and no others.
    fn grant(&mut self, number: u32, devices: &[policy::Device]) -> Result<(), MapError> {
        let wanted = devices.iter();
        let wanted: BTreeSet<_> = wanted
            .map(|device| DeviceGrant::new(number, device.block, device.dev))
            .collect();
        for grant in &wanted {
            self.device_grants.insert(grant, 1, 0)?;
        }
        let present: Vec<_> = self.device_grants.keys().collect::<Result<_, _>>()?;
        let stale = |grant: &&DeviceGrant| grant.profile == number && !wanted.contains(grant);
        for grant in present.iter().filter(stale) {
            self.device_grants.remove(grant)?;
        }
        Ok(())
    }

    /// `number`: the profile for a runtime's containers of which nothing else is known.
    pub fn set_anchors(
        &mut self,
        table: &anchors::Table,
        number: &dyn Fn(&'static str) -> u32,
    ) -> Result<(), ProbeError> {
        replace(&mut self.anchors, table.anchors()).map_err(failed("ANCHORS"))?;
        let runtimes = table.runtimes().iter();
        let runtimes = runtimes.map(|(file, runtime)| (*file, number(runtime)));
        replace(&mut self.runtimes, &runtimes.collect()).map_err(failed("RUNTIMES"))
    }

    pub fn set_devices(&mut self, devices: &Devices) -> Result<(), ProbeError> {
        replace(&mut self.devices, devices.majors()).map_err(failed("DEVICES"))
    }

    /// Records that found no room in the ring, over all CPUs.
    pub fn lost(&self) -> Result<u64, ProbeError> {
        sum(&self.lost).map_err(failed("LOST"))
    }

    /// Goes on with the count of another map, in which nobody counts any more.
    pub fn count_lost(&mut self, before: Result<MapData, MapError>) -> Result<(), ProbeError> {
        let failed = failed("LOST");
        let before = before.and_then(|data| PerCpuArray::try_from(Map::PerCpuArray(data)));
        let before = before.and_then(|map| sum(&map)).map_err(&failed)?;
        let mut now = self.lost.get(&0, 0).map_err(&failed)?.to_vec();
        if let Some(count) = now.first_mut() {
            *count += before;
        }
        let now = PerCpuValues::try_from(now).map_err(|e| failed(e.into()))?;
        self.lost.set(0, now, 0).map_err(&failed)
    }
}

fn sum(per_cpu: &PerCpuArray<MapData, u64>) -> Result<u64, MapError> {
    Ok(per_cpu.get(&0, 0)?.iter().sum())
}

pub fn take<T>(ebpf: &mut Ebpf, name: &'static str) -> Result<T, ProbeError>
where
    T: TryFrom<Map, Error = MapError>,
{
    let map = ebpf.take_map(name).ok_or(ProbeError::NoMap(name))?;
    T::try_from(map).map_err(failed(name))
}

/// Numbers of profiles that something was said of.
pub fn used_numbers(profiles: Result<MapData, MapError>) -> Result<BTreeSet<u32>, ProbeError> {
    let failed = failed("PROFILES");
    let map = profiles.and_then(|data| Array::<_, Profile>::try_from(Map::Array(data)));
    let map = map.map_err(&failed)?;
    let mut used = BTreeSet::new();
    for (number, content) in (0..).zip(map.iter()) {
        if content.map_err(&failed)? != Profile::default() {
            used.insert(number);
        }
    }
    Ok(used)
}

pub fn failed(map: &'static str) -> impl Fn(MapError) -> ProbeError {
    move |source| ProbeError::Map { map, source }
}

fn replace<K: Pod + Ord, V: Pod>(
    map: &mut HashMap<MapData, K, V>,
    wanted: &BTreeMap<K, V>,
) -> Result<(), MapError> {
    for (key, value) in wanted {
        map.insert(key, value.borrow(), 0)?;
    }
    let present: Vec<K> = map.keys().collect::<Result<_, _>>()?;
    for key in present.iter().filter(|key| !wanted.contains_key(key)) {
        map.remove(key)?;
    }
    Ok(())
}
