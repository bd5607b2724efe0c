//! `run` and `create` of Docker and podman.

use std::path::Path;

use probe_common::label::{IPC, NET, PID, USER, UTS};

use super::{
    Asked, Below, ExplainError, HostMount, Kind,
    flags::{self, Given},
    options::{DOCKER_RUN, PODMAN_RUN},
    settings::{Engine, Settings, User, Word},
    volumes::Reader,
};
use crate::containers::Info;

const CGROUP: usize = 5;

struct Run<'a> {
    reader: Reader<'a>,
    settings: Settings,
    asked: Asked,
    /// `--systemd` of podman.
    systemd: String,
    /// `--rootfs` of podman: the image is a directory.
    rootfs: bool,
}

/// Reads what stands behind `run` or `create`.
///
/// # Errors
/// If the runtime would not take it.
pub fn read(engine: Engine, words: &[String], directory: &Path) -> Result<Asked, ExplainError> {
    let (program, runtime) = match engine {
        Engine::Podman => (PODMAN_RUN, "podman"),
        _ => (DOCKER_RUN, "docker"),
    };
    let parsed = flags::parse(program, words)?;
    let Some((image, command)) = parsed.rest.split_first() else {
        return Err(ExplainError::usage(format!(
            "{} names no image",
            program.name
        )));
    };
    let mut run = Run {
        reader: Reader { engine, directory },
        settings: Settings::new(engine),
        asked: Asked::new(Info {
            image: Some(image.clone()),
            runtime: Some(runtime),
            ..Info::default()
        }),
        systemd: "true".to_owned(),
        rootfs: false,
    };
    for given in &parsed.given {
        run.take(given)?;
    }
    run.finish(image, command)
}

impl Run<'_> {
    fn take(&mut self, given: &Given) -> Result<(), ExplainError> {
        let Given { name, value, at } = given;
        let on = value == "true";
        match *name {
            "privileged" => self.settings.privileged = on.then(|| at.clone()),
            "cap-add" => self.words(given, |settings| &mut settings.add),
            "cap-drop" => self.words(given, |settings| &mut settings.drop),
            "security-opt" => self.security(value, at)?,
            "user" => self.settings.user = User::read(value, at),
            "pid" => self.namespace(PID, given)?,
            "ipc" => self.ipc(given)?,
            "uts" => self.namespace(UTS, given)?,
            "cgroupns" => self.namespace(CGROUP, given)?,
            "network" | "net" => self.namespace(NET, given)?,
            "userns" => self.user_namespace(given)?,
            "uidmap" => self.settings.own_userns |= !maps_to_root(value),
            "volume" => self.reader.volume(value, &mut self.asked)?,
            "mount" => self.reader.mount(value, &mut self.asked)?,
            "device" => self.device(value),
            "gpus" => self.asked.devices.push(at.clone()),
            "use-api-socket" if on => self.own_mount("/var/run/docker.sock", at),
            "systemd" => self.systemd.clone_from(value),
            "rootfs" => self.rootfs = on,
            "name" => self.asked.info.name = Some(value.clone()),
            "label" | "annotation" => self.label(name, value),
            "volumes-from" | "pod" | "label-file" | "runtime" => self.unknown(name, value),
            _ => {}
        }
        Ok(())
    }

    /// Podman splits at commas, Docker does not.
    fn words(&mut self, given: &Given, to: fn(&mut Settings) -> &mut Vec<Word>) {
        let podman = self.settings.engine == Engine::Podman;
        let words = given.value.split(|c| podman && c == ',').map(|text| Word {
            text: text.to_owned(),
            at: format!("--{} {text}", given.name),
        });
        to(&mut self.settings).extend(words);
    }

    fn security(&mut self, value: &str, at: &str) -> Result<(), ExplainError> {
        let (key, said) = value.split_once(['=', ':']).unwrap_or((value, "true"));
        let at = || Some(at.to_owned());
        match (key, said) {
            ("seccomp", "unconfined") => self.settings.no_seccomp = at(),
            ("seccomp", _) => self.settings.no_seccomp = None,
            ("no-new-privileges", said) => {
                self.settings.no_new_privs = matches!(said, "true" | "1")
            }
            ("systempaths", "unconfined") => self.settings.unmasked = at(),
            ("writable-cgroups", "true") => self.settings.writable_cgroup = at(),
            ("unmask", paths) if unmasks(paths) => self.settings.unmasked = at(),
            ("unmask" | "mask" | "proc-opts" | "systempaths" | "writable-cgroups", _) => {}
            ("apparmor" | "label" | "credentialspec", _) => {}
            _ => {
                let problem = format!("there is no --security-opt {key}");
                return Err(ExplainError::Usage(problem));
            }
        }
        Ok(())
    }

    /// The last one counts; a container can be in several networks.
    fn namespace(&mut self, place: usize, given: &Given) -> Result<(), ExplainError> {
        const MODES: &[&str] = &["", "host", "none", "private", "shareable"];
        let Given { name, value, at } = given;
        let is_shared = value.starts_with("container:") || value.starts_with("ns:");
        // A network may be called anything; user namespaces have more modes.
        if ![NET, USER].contains(&place) && !is_shared && !MODES.contains(&value.as_str()) {
            return Err(ExplainError::usage(format!(
                "{at}: there is no such mode: `host`, `private` or `container:NAME`"
            )));
        }
        if place != NET {
            self.settings
                .namespaces
                .retain(|(other, _)| *other != place);
        }
        if value == "host" {
            self.settings.namespaces.push((place, at.clone()));
        } else if is_shared {
            let assumption = format!("what --{name} {value} shares is not the host's");
            self.asked.assume(assumption);
        }
        Ok(())
    }

    /// With the host's IPC namespace comes its `/dev/shm`.
    fn ipc(&mut self, given: &Given) -> Result<(), ExplainError> {
        self.namespace(IPC, given)?;
        self.asked
            .mounts
            .retain(|mount| !mount.at.starts_with("--ipc "));
        if given.value == "host" {
            self.own_mount("/dev/shm", &given.at);
        }
        Ok(())
    }

    fn user_namespace(&mut self, given: &Given) -> Result<(), ExplainError> {
        const PODMANS: &[&str] = &["auto", "container", "keep-id", "nomap", "ns", "private"];
        let Given { value, at, .. } = given;
        let mode = value.split(':').next().unwrap_or_default();
        self.settings.own_userns = match mode {
            "" | "host" => false,
            _ if self.settings.engine == Engine::Podman && PODMANS.contains(&mode) => true,
            _ => return Err(ExplainError::usage(format!("{at}: there is no such mode"))),
        };
        self.namespace(USER, given)
    }

    fn device(&mut self, value: &str) {
        let source = value.split(':').next().unwrap_or(value);
        self.asked.devices.push(source.to_owned());
    }

    /// What the runtime mounts because of another option, at its own place.
    fn own_mount(&mut self, path: &str, at: &str) {
        self.asked.mounts.push(HostMount {
            host_path: path.into(),
            elsewhere: Vec::new(),
            container_path: path.to_owned(),
            read_only: false,
            below: Below::Left,
            kind: Kind::Bind,
            at: at.to_owned(),
        });
    }

    /// What a policy calls labels are Docker's labels, and podman's annotations.
    fn label(&mut self, name: &str, value: &str) {
        let wanted = match self.settings.engine {
            Engine::Podman => "annotation",
            _ => "label",
        };
        if name == wanted {
            let (key, value) = value.split_once('=').unwrap_or((value, ""));
            let labels = &mut self.asked.info.labels;
            labels.insert(key.to_owned(), value.to_owned());
        }
    }

    fn unknown(&mut self, name: &str, value: &str) {
        self.asked.assume(match name {
            "volumes-from" => format!("the volumes of {value} bring nothing of the host in"),
            "pod" => format!("pod {value} shares no namespace with the host"),
            "label-file" => format!("{value} has no label that the policy looks at"),
            _ => format!("runtime {value} sets containers up as runc does"),
        });
    }

    fn finish(mut self, image: &str, command: &[String]) -> Result<Asked, ExplainError> {
        let daemon = match self.settings.engine {
            Engine::Podman => {
                self.systemd_mode(command);
                "podman is started by root, with the settings it comes with"
            }
            _ => "dockerd has the settings it comes with: no userns-remap, its own seccomp filter",
        };
        if self.rootfs {
            self.root_directory(image);
        }
        self.settings.apply(&mut self.asked)?;
        self.asked.assume(daemon);
        if self.settings.engine != Engine::Podman {
            self.asked
                .assume("the image has no label that the policy looks at");
        }
        Ok(self.asked)
    }

    /// A systemd inside gets a cgroup that it can write.
    fn systemd_mode(&mut self, command: &[String]) {
        let first = command.first().map_or("", String::as_str);
        let name = first.rsplit('/').next().unwrap_or(first);
        let is_init = matches!(name, "init" | "systemd");
        match self.systemd.as_str() {
            "always" => self.settings.writable_cgroup = Some("--systemd always".to_owned()),
            "true" if is_init => {
                self.settings.writable_cgroup =
                    Some(format!("{first}, which podman takes for systemd"));
            }
            "true" if command.is_empty() => {
                self.asked.assume("the image does not start systemd");
            }
            _ => {}
        }
    }

    fn root_directory(&mut self, image: &str) {
        let (path, overlay) = match image.strip_suffix(":O") {
            Some(path) => (path, true),
            None => (image, false),
        };
        self.asked.mounts.push(HostMount {
            host_path: self.reader.directory.join(path),
            elsewhere: Vec::new(),
            container_path: "/".to_owned(),
            read_only: false,
            below: Below::Taken,
            kind: if overlay { Kind::Overlay } else { Kind::Bind },
            at: format!("--rootfs {image}"),
        });
    }
}

/// Does podman's `unmask` open what the probe asks about?
fn unmasks(paths: &str) -> bool {
    paths.split(':').any(|path| {
        let place = path.trim_end_matches(['*', '/']);
        path.eq_ignore_ascii_case("all") || place == "/proc" || super::spec::is_mask(place)
    })
}

/// Does `--uidmap CONTAINER:HOST:LENGTH` make somebody the host's root?
fn maps_to_root(value: &str) -> bool {
    value.split(':').nth(1) == Some("0")
}
