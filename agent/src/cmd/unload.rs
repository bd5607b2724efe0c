//! `bulkhead unload`: the way out.

use std::{
    fs::File,
    io::Write as _,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use super::print;
use crate::{
    exit::Exit,
    host::{self, HostError},
    probe::{self, Attached, BPFFS, ProbeError},
    socket::{
        Request, SocketError,
        client::{Client, LONG},
    },
};

/// What is written here outlives every agent: it comes to the journal too.
const KERNEL_LOG: &str = "/dev/kmsg";
/// How long the agent may take to end.
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(50);

pub fn unload(run_dir: &Path) -> anyhow::Result<Exit> {
    host::is_root()?;
    let attached = Attached::look(Path::new(BPFFS));
    let said = match Client::ask(run_dir, &Request::Unload) {
        Ok(mut client) => {
            // Some links take the kernel a moment each, and it waits for them.
            client.answer_within::<()>(LONG)?;
            await_end(run_dir)?;
            "the agent has taken its programs off and ended: containers are not contained any more"
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
    // The links are gone, whatever time the kernel takes for the programs.
    if let Err(error) = tell_kernel_log(said) {
        log::warn!("{KERNEL_LOG}: {error}");
    }
    attached.is_gone().map_err(ProbeError::Pins)?;
    print(said)?;
    Ok(Exit::Fine)
}

/// Programs without a name are there until the agent has ended.
fn await_end(run_dir: &Path) -> Result<(), HostError> {
    let since = Instant::now();
    loop {
        match host::Lock::take(run_dir) {
            Err(HostError::Running(_)) if since.elapsed() < PATIENCE => thread::sleep(PAUSE),
            ended => return ended.map(drop),
        }
    }
}

fn tell_kernel_log(said: &str) -> std::io::Result<()> {
    let pid = std::process::id();
    let line = format!("<4>bulkhead: unload by pid {pid}: {said}\n");
    File::options()
        .append(true)
        .open(KERNEL_LOG)?
        .write_all(line.as_bytes())
}
