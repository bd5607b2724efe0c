//! OCI bundles for the runtimes themselves, without Docker.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::{actor::LEAKED, command, docker, host::ANCHORED, outcome::Outcome, resident::Resident};

const CAPABILITIES: &[&str] = &[
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_DAC_READ_SEARCH",
    "CAP_FOWNER",
    "CAP_KILL",
    "CAP_MKNOD",
    "CAP_NET_ADMIN",
    "CAP_SYS_ADMIN",
    "CAP_SYS_CHROOT",
    "CAP_SYS_PTRACE",
];

/// A directory with a root and a `config.json`, as `runc spec` writes it.
pub struct Bundle {
    directory: PathBuf,
    config: Value,
}

impl Bundle {
    /// Makes the root, once, and a configuration that runs `process` in it.
    ///
    /// # Errors
    /// If a file cannot be written, or `runc spec` fails.
    pub fn make(actor: &Path, directory: &str, process: &[&str]) -> Result<Self> {
        let directory = PathBuf::from(directory);
        let root = directory.join("rootfs");
        if !root.join("actor").exists() {
            docker::write_root(actor, &root)?;
        }
        let file = directory.join("config.json");
        // `runc spec` does not overwrite.
        let _ = fs::remove_file(&file);
        command::must(&["runc", "spec", "--bundle", path(&directory)?])?;
        let text = fs::read(&file).with_context(|| format!("read {}", file.display()))?;
        let mut bundle = Self {
            directory,
            config: serde_json::from_slice(&text)?,
        };
        bundle.set("/process/terminal", json!(false))?;
        bundle.set("/process/args", json!(process))?;
        // crun makes the mounts when the device rules hold already.
        bundle.set(
            "/linux/resources/devices",
            json!([{"allow": true, "access": "rwm"}]),
        )?;
        for set in ["bounding", "effective", "permitted"] {
            bundle.push(
                &format!("/process/capabilities/{set}"),
                json!("CAP_SYS_ADMIN"),
            )?;
        }
        Ok(bundle)
    }

    /// Something more inside: the type, the source and the destination of a mount.
    ///
    /// # Errors
    /// If the configuration has no list of mounts.
    pub fn mount(mut self, kind: &str, source: &str, destination: &str) -> Result<Self> {
        let options = if kind == "bind" {
            json!(["rbind", "ro"])
        } else {
            json!([])
        };
        let mount = json!({"destination": destination, "type": kind, "source": source,
            "options": options});
        self.push("/mounts", mount)?;
        Ok(self)
    }

    /// With another value in its configuration, by its JSON pointer.
    ///
    /// # Errors
    /// If there is nothing in that place.
    pub fn with(mut self, pointer: &str, value: Value) -> Result<Self> {
        self.set(pointer, value)?;
        Ok(self)
    }

    /// Without a namespace of its own of this type.
    ///
    /// # Errors
    /// If the configuration has no list of namespaces.
    pub fn sharing(mut self, kind: &str) -> Result<Self> {
        let list = self.config.pointer_mut("/linux/namespaces");
        let list = list.and_then(Value::as_array_mut);
        let list = list.context("no namespaces")?;
        list.retain(|namespace| namespace["type"] != kind);
        Ok(self)
    }

    /// With the capabilities that attacks need.
    ///
    /// # Errors
    /// If the configuration has no list of them.
    pub fn with_capabilities(mut self) -> Result<Self> {
        for set in ["bounding", "effective", "permitted"] {
            self.set(&format!("/process/capabilities/{set}"), json!(CAPABILITIES))?;
        }
        Ok(self)
    }

    /// With a program of the host's that the runtime runs while it sets the container up.
    ///
    /// # Errors
    /// If the configuration is no object.
    pub fn hook(mut self, stage: &str, argv: &[&str]) -> Result<Self> {
        let hook = json!({ stage: [{"path": argv.first(), "args": argv}] });
        let config = self.config.as_object_mut().context("no object")?;
        config.insert("hooks".to_owned(), hook);
        Ok(self)
    }

    /// In this cgroup.
    ///
    /// # Errors
    /// If the configuration says nothing of Linux.
    pub fn in_cgroup(mut self, path: &str) -> Result<Self> {
        let linux = self.config.pointer_mut("/linux");
        let linux = linux.and_then(Value::as_object_mut).context("no linux")?;
        linux.insert("cgroupsPath".to_owned(), json!(path));
        Ok(self)
    }

    /// What runs it, with the host's descriptors left open ([`LEAKED`]).
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn leaking(&self, actor: &Path, runtime: &str, id: &str) -> Result<Command> {
        self.write()?;
        let mut command = Command::new(actor);
        let preserved = LEAKED.to_string();
        command.args(["leaking", runtime, "run", "--preserve-fds", &preserved]);
        command.args(["--bundle", path(&self.directory)?, id]);
        Ok(command)
    }

    /// Runs it to its end.
    ///
    /// # Errors
    /// If the runtime cannot be started.
    pub fn run(&self, runtime: &str, id: &str) -> Result<Outcome> {
        self.run_with(runtime, &[], id)
    }

    /// The same with options of the runtime's.
    ///
    /// # Errors
    /// If the runtime cannot be started.
    pub fn run_with(&self, runtime: &str, options: &[&str], id: &str) -> Result<Outcome> {
        self.write()?;
        let bundle = ["--bundle", path(&self.directory)?, id];
        command::run(&[&[runtime, "run"], options, &bundle].concat())
    }

    /// Begins to run it.
    ///
    /// # Errors
    /// If the runtime cannot be started.
    pub fn spawn(&self, runtime: &str, id: &str) -> Result<Child> {
        self.write()?;
        let mut command = Command::new(runtime);
        command.args(["run", "--bundle", path(&self.directory)?, id]);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command.spawn().with_context(|| format!("start {runtime}"))
    }

    /// Runs it in the background.
    ///
    /// # Errors
    /// If the runtime fails.
    pub fn start(&self, runtime: &str, id: &str) -> Result<()> {
        self.write()?;
        let bundle = path(&self.directory)?;
        // The container would keep our pipes open.
        let detached =
            format!("{runtime} run -d --bundle {bundle} {id} </dev/null >/dev/null 2>&1");
        command::must(&["sh", "-c", &detached])?;
        Ok(())
    }

    fn write(&self) -> Result<()> {
        let file = self.directory.join("config.json");
        fs::write(&file, self.config.to_string())
            .with_context(|| format!("write {}", file.display()))
    }

    fn set(&mut self, pointer: &str, value: Value) -> Result<()> {
        *self
            .config
            .pointer_mut(pointer)
            .with_context(|| format!("no {pointer}"))? = value;
        Ok(())
    }

    fn push(&mut self, pointer: &str, value: Value) -> Result<()> {
        let list = self
            .config
            .pointer_mut(pointer)
            .and_then(Value::as_array_mut);
        list.with_context(|| format!("no list {pointer}"))?
            .push(value);
        Ok(())
    }
}

/// A resident actor with the host's descriptors left open.
///
/// # Errors
/// If the runtime does not start it.
pub fn leaky_actor(actor: &Path, id: &str) -> Result<Resident> {
    // Left by a run before this one.
    command::run(&["crun", "delete", "-f", id])?;
    let directory = format!("{ANCHORED}/leaky");
    let bundle = Bundle::make(actor, &directory, &["/actor", "serve"])?.with_capabilities()?;
    Resident::start(bundle.leaking(actor, "crun", id)?)
}

fn path(path: &Path) -> Result<&str> {
    path.to_str().context("a path that is not UTF-8")
}
