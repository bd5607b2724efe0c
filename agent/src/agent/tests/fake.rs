//! A kernel that only notes what it is told.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    rc::Rc,
};

use crate::{
    agent::Kernel,
    anchors::Table,
    devices::Devices,
    policy::Content,
    probe::{self, ProbeError},
    status::Hook,
};

#[derive(Clone, Default)]
pub(super) struct Fake {
    pub(super) lost: Rc<RefCell<VecDeque<u64>>>,
    pub(super) told: Rc<RefCell<Vec<String>>>,
    pub(super) containers: Rc<RefCell<Vec<(u64, u32)>>>,
    pub(super) is_broken: Rc<Cell<bool>>,
}

impl Fake {
    fn tell(&self, what: String) -> Result<(), ProbeError> {
        self.told.borrow_mut().push(what);
        Ok(())
    }
}

impl Kernel for Fake {
    fn hooks(&self) -> Vec<Hook> {
        Vec::new()
    }

    fn counters(&self) -> Result<probe::Counters, ProbeError> {
        let mut lost = self.lost.borrow_mut();
        let now = if lost.len() > 1 {
            lost.pop_front()
        } else {
            lost.front().copied()
        };
        Ok(probe::Counters {
            lost: now.unwrap_or_default(),
            containers: 2,
        })
    }

    fn containers(&self) -> Result<Vec<probe::Entry>, ProbeError> {
        let all = self.containers.borrow();
        let entry = |&(cgroup, profile): &(u64, u32)| probe::Entry {
            cgroup,
            id: [b'a'; 64],
            profile,
        };
        Ok(all.iter().map(entry).collect())
    }

    fn set_profiles(&mut self, contents: &[Content<'_>]) -> Result<(), ProbeError> {
        if self.is_broken.get() {
            return Err(ProbeError::NoMap("PROFILES"));
        }
        let content = |(number, mode, profile): &Content<'_>| {
            format!("{number} {mode:?} {:#x}", profile.allowed.bits())
        };
        let all: Vec<_> = contents.iter().map(content).collect();
        self.tell(all.join(", "))
    }

    fn set_anchors(
        &mut self,
        _: &Table,
        of_runtime: &dyn Fn(&'static str) -> u32,
    ) -> Result<(), ProbeError> {
        self.tell(format!("anchors, podman {}", of_runtime("podman")))
    }

    fn set_devices(&mut self, devices: &Devices) -> Result<(), ProbeError> {
        self.tell(format!("devices {:?}", devices.majors().keys()))
    }

    fn container_peers(&mut self, cgroup: u64, peers: [Option<&str>; 2]) -> Result<(), ProbeError> {
        self.tell(format!("{cgroup} {peers:?}"))
    }

    fn container_profile(&mut self, cgroup: u64, profile: u32) -> Result<(), ProbeError> {
        self.tell(format!("{cgroup} has profile {profile}"))
    }

    fn unload(&mut self) -> Result<(), ProbeError> {
        if self.is_broken.get() {
            return Err(ProbeError::NoMap("PROFILES"));
        }
        self.tell("unload".into())
    }

    fn assign(&mut self, profile: &mut dyn FnMut(u64, &[u8]) -> u32) -> Result<(), ProbeError> {
        let id = [b'a'; 64];
        self.tell(format!("all: {}", profile(7, &id)))
    }
}
