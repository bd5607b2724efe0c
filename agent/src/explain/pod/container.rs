//! One container of a Pod, as the kubelet and containerd set it up.

use probe_common::label::{IPC, NET, PID, UTS};

use super::{Node, Pod, volumes};
use crate::{
    containers::Info,
    explain::{
        Asked, Below, ExplainError, HostMount, Kind,
        settings::{Engine, Settings, User, Word},
    },
};

const CGROUP: usize = 5;

/// Reads one; `path` is where it is.
pub fn read(pod: &Pod<'_>, container: &Node, path: &str) -> Result<Asked, ExplainError> {
    let reader = Reader {
        pod,
        container,
        path,
    };
    let mut asked = Asked::new(reader.info());
    let name = container
        .get("name")
        .and_then(Node::text)
        .unwrap_or_default();
    asked.title = Some(format!("{path} {name}").trim().to_owned());
    let mut settings = Settings::new(Engine::Containerd);
    reader.namespaces(&mut settings, &mut asked);
    reader.security(&mut settings, &mut asked);
    settings.apply(&mut asked)?;
    volumes::read(pod, (container, path), &mut asked);
    if pod.is_made {
        asked.assume("what makes the pod adds something to its name");
    }
    if pod.namespace.is_none() {
        asked.assume("it is put into the namespace default");
    }
    asked.assume(
        "its pod's own container (pause) is let in: containerd gives that Docker's 14 capabilities \
         and no seccomp filter, see `*/*` in docs/policy.md",
    );
    asked.assume("containerd has the settings it comes with, and no webhook changes the pod");
    Ok(asked)
}

struct Reader<'a> {
    pod: &'a Pod<'a>,
    container: &'a Node,
    path: &'a str,
}

impl Reader<'_> {
    /// As containerd's annotations of the bundle have it.
    fn info(&self) -> Info {
        let of = |key: &str| self.container.get(key).and_then(Node::text);
        let namespace = self
            .pod
            .namespace
            .clone()
            .unwrap_or_else(|| "default".to_owned());
        let name = match self.pod.is_made {
            true => format!("{}-x", self.pod.name),
            false => self.pod.name.clone(),
        };
        let container = of("name").unwrap_or_default();
        let whole = format!("{namespace}/{name}/{container}");
        let mut labels = std::collections::BTreeMap::new();
        for (key, value) in self.pod.annotations.map(Node::fields).unwrap_or_default() {
            labels.extend(value.text().map(|text| (key.clone(), text)));
        }
        for (key, value) in [
            ("container-name", container),
            ("container-type", "container".to_owned()),
            ("image-name", of("image").unwrap_or_default()),
            ("sandbox-name", name),
            ("sandbox-namespace", namespace),
        ] {
            labels.insert(format!("io.kubernetes.cri.{key}"), value);
        }
        Info {
            name: Some(whole),
            image: of("image"),
            runtime: Some("containerd"),
            labels,
            ..Info::default()
        }
    }

    /// `spec.hostPID (line 7)`
    fn of_pod(&self, key: &str) -> Option<(&Node, String)> {
        let node = self.pod.spec.get(key)?;
        Some((
            node,
            format!("{}.{key} (line {})", self.pod.path, node.line),
        ))
    }

    /// A field of `securityContext`: the container's own, else the Pod's.
    fn context(&self, path: &[&str]) -> Option<(&Node, String)> {
        let here = |node: &'_ Node, place: &str, found: &Node| {
            debug_assert!(!node.is_nothing());
            format!(
                "{place}.securityContext.{} (line {})",
                path.join("."),
                found.line
            )
        };
        let of = |node, place| {
            let context = Node::get(node, "securityContext")?;
            let found = context.at(path)?;
            Some((found, here(node, place, found)))
        };
        of(self.container, self.path).or_else(|| of(self.pod.spec, &self.pod.path))
    }

    fn namespaces(&self, settings: &mut Settings, asked: &mut Asked) {
        // With the host's network comes its UTS namespace.
        for (key, places) in [
            ("hostPID", &[PID][..]),
            ("hostNetwork", &[NET, UTS]),
            ("hostIPC", &[IPC]),
        ] {
            let Some((_, at)) = self.of_pod(key).filter(|(node, _)| node.is_true()) else {
                continue;
            };
            let all = places.iter().map(|place| (*place, at.clone()));
            settings.namespaces.extend(all);
            if key == "hostIPC" {
                let path = "/dev/shm";
                asked.mounts.push(HostMount {
                    host_path: path.into(),
                    elsewhere: Vec::new(),
                    container_path: path.to_owned(),
                    read_only: false,
                    below: Below::Left,
                    kind: Kind::Bind,
                    at,
                });
            }
        }
        settings.own_userns = self
            .of_pod("hostUsers")
            .is_some_and(|(node, _)| node.is_false());
    }

    fn security(&self, settings: &mut Settings, asked: &mut Asked) {
        let on = |key| self.context(&[key]).filter(|(node, _)| node.is_true());
        if let Some((_, at)) = on("privileged") {
            settings.namespaces.push((CGROUP, at.clone()));
            settings.privileged = Some(at);
        }
        for (key, to) in [("add", &mut settings.add), ("drop", &mut settings.drop)] {
            let Some((list, at)) = self.context(&["capabilities", key]) else {
                continue;
            };
            let at = at.split(" (").next().unwrap_or_default();
            to.extend(list.list().iter().enumerate().map(|(i, node)| Word {
                text: node.text().unwrap_or_default(),
                at: format!("{at}[{i}] (line {})", node.line),
            }));
        }
        let escalation = self.context(&["allowPrivilegeEscalation"]);
        settings.no_new_privs = escalation.is_some_and(|(node, _)| node.is_false());
        if let Some((node, at)) = self.context(&["procMount"])
            && node.text().as_deref() == Some("Unmasked")
        {
            settings.unmasked = Some(at);
        }
        self.seccomp(settings, asked);
        settings.user = match (self.context(&["runAsUser"]), on("runAsNonRoot")) {
            (Some((node, at)), _) if node.number() == Some(0) => User::Root(at),
            (Some(_), _) | (None, Some(_)) => User::Other,
            (None, None) => User::OfImage,
        };
    }

    fn seccomp(&self, settings: &mut Settings, asked: &mut Asked) {
        match self.context(&["seccompProfile", "type"]) {
            Some((node, at)) if node.text().as_deref() == Some("Unconfined") => {
                settings.no_seccomp = Some(at);
            }
            Some(_) => {}
            None => {
                settings.no_seccomp = Some("no seccompProfile".to_owned());
                asked.assume("the kubelet runs without --seccomp-default");
            }
        }
    }
}
