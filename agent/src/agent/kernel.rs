//! What the loop asks of the probe, so that tests can run it without a kernel.

use crate::{
    anchors::Table,
    devices::Devices,
    policy::Content,
    probe::{Counters, Entry, Probe, ProbeError},
    status::Hook,
};

pub trait Kernel {
    fn hooks(&self) -> Vec<Hook>;
    fn counters(&self) -> Result<Counters, ProbeError>;
    /// Every container.
    fn containers(&self) -> Result<Vec<Entry>, ProbeError>;
    fn set_profiles(&mut self, contents: &[Content<'_>]) -> Result<(), ProbeError>;
    /// `of_runtime`: the profile for a runtime's containers of which nothing else is known.
    fn set_anchors(
        &mut self,
        anchors: &Table,
        of_runtime: &dyn Fn(&'static str) -> u32,
    ) -> Result<(), ProbeError>;
    fn set_devices(&mut self, devices: &Devices) -> Result<(), ProbeError>;
    /// The containers whose network and IPC namespaces the one with this cgroup was asked to share.
    fn container_peers(&mut self, cgroup: u64, peers: [Option<&str>; 2]) -> Result<(), ProbeError>;
    /// The profile of one container that does not run yet.
    fn container_profile(&mut self, cgroup: u64, profile: u32) -> Result<(), ProbeError>;
    /// Takes every program off.
    fn unload(&mut self) -> Result<(), ProbeError>;
    /// The profiles of all containers there are, by cgroup and id.
    fn assign(&mut self, profile: &mut dyn FnMut(u64, &[u8]) -> u32) -> Result<(), ProbeError>;
}

impl Kernel for Probe {
    fn hooks(&self) -> Vec<Hook> {
        Self::hooks(self).iter().map(Hook::from).collect()
    }

    fn counters(&self) -> Result<Counters, ProbeError> {
        Self::counters(self)
    }

    fn containers(&self) -> Result<Vec<Entry>, ProbeError> {
        Self::containers(self)
    }

    fn set_profiles(&mut self, contents: &[Content<'_>]) -> Result<(), ProbeError> {
        Self::set_profiles(self, contents)
    }

    fn set_anchors(
        &mut self,
        anchors: &Table,
        of_runtime: &dyn Fn(&'static str) -> u32,
    ) -> Result<(), ProbeError> {
        Self::set_anchors(self, anchors, of_runtime)
    }

    fn set_devices(&mut self, devices: &Devices) -> Result<(), ProbeError> {
        Self::set_devices(self, devices)
    }

    fn container_peers(&mut self, cgroup: u64, peers: [Option<&str>; 2]) -> Result<(), ProbeError> {
        Self::container_peers(self, cgroup, peers)
    }

    fn container_profile(&mut self, cgroup: u64, profile: u32) -> Result<(), ProbeError> {
        Self::container_profile(self, cgroup, profile)
    }

    fn unload(&mut self) -> Result<(), ProbeError> {
        Self::unload(self)
    }

    fn assign(&mut self, profile: &mut dyn FnMut(u64, &[u8]) -> u32) -> Result<(), ProbeError> {
        Self::assign(self, profile)
    }
}
