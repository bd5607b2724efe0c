//! containerd as a kubelet uses it: pods and containers through the Container Runtime Interface.

mod messages;

use std::{
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use prost::Message;
use tokio::runtime::Runtime;
use tonic::{
    Status,
    client::Grpc,
    codegen::http::uri::PathAndQuery,
    transport::{Channel, Endpoint},
};
use tonic_prost::ProstCodec;

pub use messages::Mount;
use messages::*;

use crate::outcome::Outcome;

const SOCKET: &str = "unix:///run/containerd/containerd.sock";
const SERVICE: &str = "/runtime.v1.RuntimeService";
/// For a container to end.
const ENDING: Duration = Duration::from_secs(60);
/// What the kubelet asks for where `procMount` is `Default`.
const MASKED: &[&str] = &[
    "/proc/acpi",
    "/proc/asound",
    "/proc/interrupts",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/sched_debug",
    "/proc/scsi",
    "/proc/timer_list",
    "/proc/timer_stats",
    "/sys/devices/virtual/powercap",
    "/sys/firmware",
];
const READONLY: &[&str] = &[
    "/proc/bus",
    "/proc/fs",
    "/proc/irq",
    "/proc/sys",
    "/proc/sysrq-trigger",
];

/// A pod, on the host's network: for another a plugin would be needed.
#[derive(Clone, Debug, Default)]
pub struct Pod {
    pub namespace: &'static str,
    pub name: &'static str,
    pub host_pid: bool,
    /// Whether one of its containers is.
    pub privileged: bool,
}

/// A container of a pod.
#[derive(Clone, Debug)]
pub struct Container<'a> {
    pub name: &'a str,
    pub image: &'a str,
    pub command: &'a [&'a str],
    pub mounts: Vec<Mount>,
    pub privileged: bool,
}

/// The connection.
pub struct Cri {
    runtime: Runtime,
    client: Grpc<Channel>,
}

impl Cri {
    /// # Errors
    /// If containerd does not answer.
    pub fn connect() -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let endpoint = Endpoint::from_static(SOCKET);
        let channel = runtime.block_on(endpoint.connect()).context(SOCKET)?;
        Ok(Self {
            runtime,
            client: Grpc::new(channel),
        })
    }

    /// Starts a pod's sandbox; gives its id.
    ///
    /// # Errors
    /// What the runtime says.
    pub fn run_pod(&mut self, pod: &Pod) -> Result<String> {
        let config = Some(pod.config());
        let answer: Named = self.call("RunPodSandbox", RunPod { config })?;
        Ok(answer.name)
    }

    /// Runs a container to its end. What the runtime says of one that it cannot start is its output.
    ///
    /// # Errors
    /// If it cannot be made, or does not end.
    pub fn run(&mut self, pod: (&Pod, &str), container: &Container<'_>) -> Result<Outcome> {
        let id = match self.start(pod, container) {
            Ok(id) => id,
            Err(said) => return Ok(Outcome::not_tried(format!("{said:#}"))),
        };
        let deadline = Instant::now() + ENDING;
        loop {
            let name = id.clone();
            let answer: StatusAnswer = self.call("ContainerStatus", Named { name })?;
            let status = answer.status.context("no status")?;
            if status.state == EXITED {
                let (status, output) = (status.exit_code, status.message);
                return Ok(Outcome { status, output });
            }
            ensure!(Instant::now() < deadline, "{} does not end", container.name);
            thread::sleep(Duration::from_millis(100));
        }
    }

    /// Starts one that stays; gives its id.
    ///
    /// # Errors
    /// What the runtime says.
    pub fn start(&mut self, pod: (&Pod, &str), container: &Container<'_>) -> Result<String> {
        let (of, id) = pod;
        let create = CreateContainer {
            pod: id.to_owned(),
            config: Some(container.config(of)),
            pod_config: Some(of.config()),
        };
        let made: Named = self.call("CreateContainer", create)?;
        let _: Nothing = self.call("StartContainer", made.clone())?;
        Ok(made.name)
    }

    /// Runs a command in one, as `kubectl exec` and probes of liveness do.
    ///
    /// # Errors
    /// What the runtime says.
    pub fn exec(&mut self, container: &str, command: &[&str]) -> Result<Outcome> {
        let exec = ExecSync {
            container: container.to_owned(),
            command: owned(command),
            timeout: 60,
        };
        let answer: ExecSyncAnswer = self.call("ExecSync", exec)?;
        Ok(Outcome {
            status: answer.exit_code,
            output: String::from_utf8_lossy(&answer.stdout).into_owned(),
        })
    }

    /// Stops a pod and removes it, with all its containers.
    ///
    /// # Errors
    /// What the runtime says.
    pub fn remove_pod(&mut self, id: &str) -> Result<()> {
        let name = id.to_owned();
        let _: Nothing = self.call("StopPodSandbox", Named { name: name.clone() })?;
        let _: Nothing = self.call("RemovePodSandbox", Named { name })?;
        Ok(())
    }

    fn call<Q, A>(&mut self, method: &str, request: Q) -> Result<A>
    where
        Q: Message + 'static,
        A: Message + Default + 'static,
    {
        let path: PathAndQuery = format!("{SERVICE}/{method}").parse()?;
        let client = &mut self.client;
        let answer = self.runtime.block_on(async {
            let ready = client.ready().await;
            ready.map_err(|e| Status::unavailable(e.to_string()))?;
            let codec = ProstCodec::<Q, A>::default();
            client
                .unary(tonic::Request::new(request), path, codec)
                .await
        });
        Ok(answer.with_context(|| method.to_owned())?.into_inner())
    }
}

impl Pod {
    fn namespaces(&self) -> Namespaces {
        Namespaces {
            network: NODE,
            pid: if self.host_pid { NODE } else { 0 },
        }
    }

    fn config(&self) -> PodConfig {
        let context = PodContext {
            namespaces: Some(self.namespaces()),
            privileged: self.privileged,
        };
        PodConfig {
            metadata: Some(PodMetadata {
                name: self.name.to_owned(),
                uid: format!("{}-{}", self.namespace, self.name),
                namespace: self.namespace.to_owned(),
            }),
            linux: Some(PodOnLinux {
                context: Some(context),
            }),
        }
    }
}

impl Container<'_> {
    fn config(&self, pod: &Pod) -> ContainerConfig {
        let paths = |paths| {
            if self.privileged {
                Vec::new()
            } else {
                owned(paths)
            }
        };
        let context = ContainerContext {
            privileged: self.privileged,
            namespaces: Some(pod.namespaces()),
            masked_paths: paths(MASKED),
            readonly_paths: paths(READONLY),
        };
        let named = |name: &str| {
            let name = name.to_owned();
            Some(Named { name })
        };
        ContainerConfig {
            metadata: named(self.name),
            image: named(self.image),
            command: owned(self.command),
            mounts: self.mounts.clone(),
            linux: Some(ContainerOnLinux {
                context: Some(context),
            }),
        }
    }
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}
