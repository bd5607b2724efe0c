//! `bulkhead unload`: the way out.

use std::{fs::File, io::Write as _, path::Path};

use super::print;
use crate::{
    exit::Exit,
    host,
    probe::{self, BPFFS, ProbeError},
    socket::{Request, SocketError, client::Client},
};

/// What is written here outlives every agent: it comes to the journal too.
const KERNEL_LOG: &str = "/dev/kmsg";

pub fn unload(run_dir: &Path) -> anyhow::Result<Exit> {
    host::is_root()?;
    let said = match Client::ask(run_dir, &Request::Unload) {
        Ok(mut client) => {
            client.answer::<()>()?;
            "the agent has taken its programs off and ends: containers are not contained any more"
        }
        Err(SocketError::NoAgent) => {
            let _lock = host::Lock::take(run_dir)?;
            if probe::unload(Path::new(BPFFS)).map_err(ProbeError::Pins)? {
                "every program is off: containers are not contained any more"
            } else {
                "nothing was loaded"
            }
        }
        Err(error) => return Err(error.into()),
    };
    if let Err(error) = tell_kernel_log(said) {
        log::warn!("{KERNEL_LOG}: {error}");
    }
    print(said)?;
    Ok(Exit::Fine)
}

fn tell_kernel_log(said: &str) -> std::io::Result<()> {
    let pid = std::process::id();
    let line = format!("<4>bulkhead: unload by pid {pid}: {said}\n");
    File::options()
        .append(true)
        .open(KERNEL_LOG)?
        .write_all(line.as_bytes())
}
