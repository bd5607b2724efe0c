//! The Docker API, for what its files do not tell, such as another data root. Asked in a task of its
//! own and never for longer than [`TIMEOUT`].

use std::{path::Path, time::Duration};

use bollard::{API_DEFAULT_VERSION, Docker, models::ContainerInspectResponse};

use super::{Info, Lookup};

const TIMEOUT: Duration = Duration::from_secs(2);
const SOCKET: &str = "var/run/docker.sock";

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
