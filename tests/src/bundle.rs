//! OCI bundles for the runtimes themselves, without Docker.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::{command, docker, outcome::Outcome};

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

    /// Runs it to its end.
    ///
    /// # Errors
    /// If the runtime cannot be started.
    pub fn run(&self, runtime: &str, id: &str) -> Result<Outcome> {
        self.write()?;
        command::run(&[runtime, "run", "--bundle", path(&self.directory)?, id])
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

fn path(path: &Path) -> Result<&str> {
    path.to_str().context("a path that is not UTF-8")
}
