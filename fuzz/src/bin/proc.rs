//! Mounts of a process, and names and paths of cgroups. A container chooses much of what is there.
#![no_main]

use std::path::Path;

use bulkhead_fuzz::{ids_in, proc::mountinfo};
use libfuzzer_sys::fuzz_target;
use probe_common::{
    cgroup_name::{self, Name, PARENT, Parent},
    limits,
};

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let mounts = mountinfo::read(&text);
    assert!(mounts.len() <= text.lines().count());
    for mount in &mounts {
        let shown = mountinfo::at(&mounts, &mount.place).expect("it is there");
        assert_eq!(shown.place, mount.place);
    }
    mountinfo::at(&mounts, Path::new("/a/b"));
    for id in ids_in(&text) {
        assert!(id.len() == 64 && id.bytes().all(|b| b.is_ascii_hexdigit()));
    }
    let (above, name) = data.split_at(data.len().min(PARENT - 1));
    let mut parent: Parent = [0; PARENT];
    parent[..above.len()].copy_from_slice(above);
    named(name, &parent);
    named(data, &[0; PARENT]);
});

fn named(bytes: &[u8], parent: &Parent) {
    let bytes = &bytes[..bytes.len().min(limits::CGROUP_NAME)];
    let mut name: Name = [0; limits::CGROUP_NAME];
    name[..bytes.len()].copy_from_slice(bytes);
    if let Some(found) = cgroup_name::container_id(&name, bytes.len(), parent) {
        assert!(found.start + found.len <= bytes.len(), "beyond the name");
    }
}
