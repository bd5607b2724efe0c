//! Which container it is: id → name, image and runtime, from the runtimes' state on disk, else from
//! the Docker API.
//!
//! Every reader takes the host's root folder, so a temporary folder is a host. What is not there is
//! no error: containers come and go.

mod cache;
mod cgroups;
mod containerd;
mod docker;
pub mod docker_api;
mod json;
mod machines;
mod oci;
mod podman;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use cache::Cache;
use probe_common::{label::BY_DESCENT, limits};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::anchors::Roots;

/// Labels with the Kubernetes namespace: of containerd, of the others.
const NAMESPACES: [&str; 2] = [
    "io.kubernetes.cri.sandbox-namespace",
    "io.kubernetes.pod.namespace",
];
/// How long a failed look-up is not tried again.
const RETRY: Duration = Duration::from_secs(1);

/// Whether name and image are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Lookup {
    Resolved,
    /// The runtime has been asked and has not answered yet.
    Pending,
    #[default]
    Failed,
}

/// What is known of a container.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Info {
    pub id: Option<String>,
    pub name: Option<String>,
    pub image: Option<String>,
    pub runtime: Option<&'static str>,
    /// Of Docker, and the annotations of OCI bundles.
    pub labels: BTreeMap<String, String>,
    /// Those of the pod, where the runtime writes them down.
    pub pod_labels: BTreeMap<String, String>,
    /// Path of its cgroup below the root of the hierarchy, where it was needed to find the rest.
    pub cgroup: Option<String>,
    /// Ids of the containers whose network and IPC namespaces it was asked to share.
    pub peers: [Option<String>; 2],
    pub lookup: Lookup,
}

impl Info {
    /// The Kubernetes namespace. Each runtime has its own place for it, where what a pod's author
    /// writes does not get; a key of another runtime's may be an annotation of anybody's.
    pub fn namespace(&self) -> Option<&str> {
        let [of_containerd, of_others] = NAMESPACES;
        let key = match self.runtime? {
            "containerd" => of_containerd,
            "cri-o" | "docker" => of_others,
            _ => return None,
        };
        self.labels.get(key).map(String::as_str)
    }
}

/// A container as a record names it.
#[derive(Debug, Clone, Copy)]
pub struct Key<'a> {
    /// `Label::container`: the identity, which is also the key of the cache.
    pub identity: u64,
    /// The cgroup that the task is in.
    pub cgroup: u64,
    /// Empty where the probe does not know it.
    pub id: &'a str,
}

impl<'a> Key<'a> {
    /// A container by its cgroup.
    pub fn of(cgroup: u64, id: &'a str) -> Self {
        Self {
            identity: cgroup,
            cgroup,
            id,
        }
    }
}

/// The containers of this host, as far as they have been met.
pub struct Containers {
    root: PathBuf,
    cache: Cache,
    /// Where the runtimes' configuration said that they keep things, and when that was read.
    roots: Mutex<Option<(Instant, Arc<Roots>)>>,
}

impl Containers {
    pub fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            cache: Cache::new(),
            roots: Mutex::default(),
        }
    }

    /// A runtime has made a container's cgroup: looks at once, its files may be gone soon.
    pub fn made(&mut self, key: Key<'_>) -> &Info {
        let info = self.look(key);
        self.cache.put(key.identity, info, None)
    }

    /// What is known of a container; looks again if nothing was known and the last look is old.
    pub fn find(&mut self, key: Key<'_>, now: Instant) -> Info {
        if let Some((info, tried)) = self.cache.get(key.identity) {
            let wait = tried.is_some_and(|at| now.saturating_duration_since(at) < RETRY);
            if info.lookup != Lookup::Failed || wait {
                return info.clone();
            }
        }
        let info = self.look(key);
        self.cache.put(key.identity, info, Some(now)).clone()
    }

    /// What came of the last look for this one, if there was any.
    pub fn lookup(&mut self, identity: u64) -> Lookup {
        let known = self.cache.get_mut(identity);
        known.map_or(Lookup::Failed, |info| info.lookup)
    }

    /// The runtime is being asked.
    pub fn asked(&mut self, identity: u64) {
        if let Some(info) = self.cache.get_mut(identity) {
            info.lookup = Lookup::Pending;
        }
    }

    /// The runtime's answer: `None` if it does not know the container either.
    pub fn answered(&mut self, identity: u64, answer: Option<Info>, now: Instant) {
        let known = self.cache.get(identity).map(|(info, _)| info.clone());
        let info = match answer {
            Some(info) => info,
            None => Info {
                lookup: Lookup::Failed,
                ..known.unwrap_or_default()
            },
        };
        self.cache.put(identity, info, Some(now));
    }

    /// What is known of a container now, remembered by nobody.
    pub fn look(&self, key: Key<'_>) -> Info {
        let mut info = Info {
            id: Some(key.id.to_owned()).filter(|id| !id.is_empty()),
            ..Info::default()
        };
        if let Some(found) = self.by_id(key.id) {
            return found;
        }
        // The search below is for containers without an id, and it is long.
        if info.id.is_some() {
            return info;
        }
        // An identity by descent names a mount namespace, so only the task's cgroup is a cgroup.
        let cgroup = if key.identity & BY_DESCENT == 0 && key.identity != 0 {
            key.identity
        } else {
            key.cgroup
        };
        let Some(path) = cgroups::path_of(&self.root, cgroup) else {
            return info;
        };
        let by_path = cgroups::id_in(&path).and_then(|id| {
            info.id.get_or_insert_with(|| id.to_owned());
            self.by_id(id)
        });
        match by_path.or_else(|| oci::by_cgroup(&self.root, &path)) {
            Some(found) => Info {
                cgroup: Some(path),
                ..found
            },
            None => Info {
                cgroup: Some(path),
                ..info
            },
        }
    }

    fn by_id(&self, id: &str) -> Option<Info> {
        if !is_safe_id(id) {
            return self.machine(id);
        }
        let found = docker::by_id(&self.root, id)
            .or_else(|| podman::by_id(&self.root, id))
            .or_else(|| containerd::by_id(&self.root, id))
            .or_else(|| self.elsewhere(id))
            // Every runtime has its containers there too, without what it knows of them.
            .or_else(|| oci::by_id(&self.root, id));
        found
            .map(|found| resolved(id, found))
            .or_else(|| self.machine(id))
    }

    fn machine(&self, id: &str) -> Option<Info> {
        machines::by_id(&self.root, id).map(|found| resolved(id, found))
    }

    /// Where the runtimes' configuration says that they keep their containers: last, because finding
    /// that out takes longer. The ids of those that have such places are all of one length.
    fn elsewhere(&self, id: &str) -> Option<Info> {
        if id.len() != limits::ID {
            return None;
        }
        let roots = self.roots();
        docker::elsewhere(&roots, id)
            .or_else(|| podman::elsewhere(&self.root, &roots, id))
            .or_else(|| containerd::elsewhere(&roots, id))
    }

    fn roots(&self) -> Arc<Roots> {
        let mut known = self.roots.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((read, roots)) = &*known
            && read.elapsed() < RETRY
        {
            return roots.clone();
        }
        let roots = Arc::new(Roots::find(&self.root));
        *known = Some((Instant::now(), roots.clone()));
        roots
    }
}

fn resolved(id: &str, found: Info) -> Info {
    Info {
        id: Some(id.to_owned()),
        lookup: Lookup::Resolved,
        ..found
    }
}

/// Whether an id can be a file's name: it comes from a cgroup's name, which others choose.
fn is_safe_id(id: &str) -> bool {
    !id.is_empty()
        && !id.starts_with('.')
        && id
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"_.+-".contains(&b))
}

#[cfg(test)]
mod tests;
