//! The Docker API, which podman has too: for what its files do not tell, such as another data root,
//! and to stop a container. Asked in a task of its own and never for longer than [`TIMEOUT`].

use std::{path::Path, time::Duration};

use bollard::{
    API_DEFAULT_VERSION, Docker, models::ContainerInspectResponse,
    query_parameters::StopContainerOptionsBuilder,
};

use super::{Info, Lookup};

const TIMEOUT: Duration = Duration::from_secs(2);
/// For a container to end: what it is given for that, and as long again for the runtime.
const ENDING: Duration = Duration::from_secs(20);
const GRACE: i32 = 10;
const SOCKET: &str = "var/run/docker.sock";
const OF_PODMAN: &str = "run/podman/podman.sock";

/// Whether there is somebody to ask about this id.
pub fn can_answer(root: &Path, id: &str) -> bool {
    let is_id = id.len() == 64 && id.bytes().all(|b| b.is_ascii_hexdigit());
    is_id && root.join(SOCKET).exists()
}

/// Asks Docker; `None` if it does not know the container or does not answer in time.
pub async fn ask(root: &Path, id: &str) -> Option<Info> {
    let socket = root.join(SOCKET);
    let asked = tokio::time::timeout(TIMEOUT, async {
        let docker = Docker::connect_with_unix(
            &socket.to_string_lossy(),
            TIMEOUT.as_secs(),
            API_DEFAULT_VERSION,
        )?;
        docker
            .negotiate_version()
            .await?
            .inspect_container(id, None)
            .await
    });
    match asked.await {
        Ok(Ok(answer)) => Some(info(answer)),
        Ok(Err(e)) => {
            log::debug!("docker does not tell about {id}: {e}");
            None
        }
        Err(_) => {
            log::debug!("docker did not answer about {id} within {TIMEOUT:?}");
            None
        }
    }
}

/// Has a container's runtime stop it, as its `stop` would, if that is the container of this process:
/// anybody can give a cgroup the name of another's container, and one that is being set up has not
/// given up yet what it will.
///
/// # Errors
/// Why it could not.
pub async fn stop(
    root: &Path,
    runtime: Option<&str>,
    (id, process): (&str, u32),
) -> Result<(), String> {
    let (socket, remedy) = match runtime {
        Some("docker") => (SOCKET, ""),
        Some("podman") => (OF_PODMAN, " (systemctl enable --now podman.socket)"),
        Some(other) => return Err(format!("{other} has no API to stop it by")),
        None => return Err("its runtime is not known".to_owned()),
    };
    let path = root.join(socket);
    let stopped = tokio::time::timeout(ENDING, async {
        let api = Docker::connect_with_unix(
            &path.to_string_lossy(),
            ENDING.as_secs(),
            API_DEFAULT_VERSION,
        )?;
        let options = StopContainerOptionsBuilder::new().t(GRACE).build();
        let api = api.negotiate_version().await?;
        let state = api
            .inspect_container(id, None)
            .await?
            .state
            .unwrap_or_default();
        let is_it = state.running == Some(true) && state.pid == Some(process.into());
        if is_it {
            api.stop_container(id, Some(options)).await?;
        }
        Ok::<_, bollard::errors::Error>(is_it)
    });
    match stopped.await {
        Ok(Ok(true)) => Ok(()),
        Ok(Ok(false)) => Err(format!("its runtime does not run it as process {process}")),
        Ok(Err(e)) => Err(format!("/{socket}: {e}{remedy}")),
        Err(_) => Err(format!(
            "/{socket}: not within {} seconds",
            ENDING.as_secs()
        )),
    }
}

/// The container in Docker's `container:<id>`.
pub(super) fn shared_with(mode: &str) -> Option<&str> {
    mode.strip_prefix("container:").filter(|id| !id.is_empty())
}

fn info(answer: ContainerInspectResponse) -> Info {
    let host = answer.host_config.unwrap_or_default();
    let peer = |mode: Option<String>| shared_with(&mode?).map(str::to_owned);
    let config = answer.config.unwrap_or_default();
    Info {
        id: answer.id,
        name: answer
            .name
            .map(|name| name.trim_start_matches('/').to_owned()),
        image: config.image,
        labels: config.labels.into_iter().flatten().collect(),
        runtime: Some("docker"),
        peers: [peer(host.network_mode), peer(host.ipc_mode)],
        lookup: Lookup::Resolved,
        ..Info::default()
    }
}
