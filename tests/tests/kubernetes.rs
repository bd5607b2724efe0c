//! Pods, as a kubelet has containerd run them: each has the profile of its Kubernetes namespace, and
//! `bulkhead explain --pod` foretells what the kernel does.

use std::{fs, path::Path};

use crate::suite::Suite;
use anyhow::{Context, Result, ensure};
use bulkhead_tests::{
    agent::Agent,
    command,
    cri::{Container, Cri, Mount, Pod},
    explain::explain,
    host::{Host, SECRET, keep_secret},
    outcome::Outcome,
    record::Expected,
    stage::{Phase, Stage},
};

const POLICY: &str = "/tmp/kubernetes.toml";
const MANIFEST: &str = "/tmp/pod.yaml";
/// The first assign is the sandboxes', as in docs/policy.md. All pods have the host's network here.
const TEXT: &str = r#"
[[assign]]
runtime = "containerd"
name = "*/*"
profile = "privileged"

[[profile]]
name = "pods"
host_namespaces = ["net"]

[[profile]]
name = "kept"
extends = "pods"
host_paths = [{ path = "/srv/kept" }]

[[assign]]
namespace = "prod"
profile = "kept"

[[assign]]
namespace = "dev"
profile = "pods"
"#;
const IMAGE: &str = "docker.io/library/busybox:latest";
/// containerd's `sandbox_image`.
const PAUSE: &str = "registry.k8s.io/pause:3.8";
/// Where a kubelet keeps what it makes for a pod.
const VOLUME: &str = "/var/lib/kubelet/pods/one/volumes/kubernetes.io~empty-dir/data";
const SUB_PATH: &str = "/var/lib/kubelet/pods/one/volume-subpaths/data/app/0";
const CONFIG_MAPS: &str = "/var/lib/kubelet/pods/one/volumes/kubernetes.io~configmap";
const CONFIG_MAP: &str = "/var/lib/kubelet/pods/one/volumes/kubernetes.io~configmap/v";
const HOSTS: &str = "/var/lib/kubelet/pods/one/etc-hosts";
const TERMINATION: &str = "/var/lib/kubelet/pods/one/containers/app/0123abcd";

/// One pod with one container in it.
struct Case {
    pod: Pod,
    mounts: &'static [(&'static str, &'static str, bool)],
    act: &'static str,
    /// What refuses it and with which profile; `None` lets it in.
    refused: Option<(&'static [&'static str], &'static str)>,
}

const CASES: &[Case] = &[
    Case {
        pod: pod("prod", "web-1"),
        mounts: &[("/srv/kept", "/x", true)],
        act: "grep -q the-hosts-secret /x/secret",
        refused: None,
    },
    Case {
        pod: pod("prod", "web-2"),
        mounts: &[("/srv/kept", "/x", false)],
        act: "touch /x/written",
        refused: Some((&["host-path"], "kept")),
    },
    Case {
        pod: pod("dev", "web-1"),
        mounts: &[("/srv/kept", "/x", true)],
        act: "grep -q the-hosts-secret /x/secret",
        refused: Some((&["host-path"], "pods")),
    },
    Case {
        pod: Pod {
            privileged: true,
            ..pod("dev", "root-1")
        },
        mounts: &[],
        act: "mount -t tmpfs none /mnt",
        refused: Some((&["capabilities", "kernel-filesystem", "proc-mount"], "pods")),
    },
    Case {
        pod: Pod {
            host_pid: true,
            ..pod("dev", "pid-1")
        },
        mounts: &[],
        act: "grep -qx start /proc/1/comm",
        refused: Some((&["host-namespace"], "pods")),
    },
    // Of a namespace that the policy does not name.
    Case {
        pod: pod("other", "web-1"),
        mounts: &[],
        act: "true",
        refused: Some((&["host-namespace"], "baseline")),
    },
    // What the kubelet hands to each container.
    Case {
        pod: pod("dev", "volumes-1"),
        mounts: &[
            (VOLUME, "/data", false),
            (SUB_PATH, "/sub", false),
            (CONFIG_MAP, "/config", true),
            (HOSTS, "/etc/hosts", false),
            (TERMINATION, "/dev/termination-log", false),
        ],
        act: "touch /data/a /sub/a && echo a >> /etc/hosts && echo a > /dev/termination-log",
        refused: None,
    },
    // The kubelet would follow a link there, as the host's root.
    Case {
        pod: pod("dev", "volumes-2"),
        mounts: &[(CONFIG_MAPS, "/x", false)],
        act: "ln -s /etc /x/link && rm /x/link",
        refused: Some((&["host-path"], "pods")),
    },
    Case {
        pod: pod("dev", "volumes-3"),
        mounts: &[(CONFIG_MAP, "/x", false)],
        act: "ln -s /etc /x/link && rm /x/link",
        refused: Some((&["host-path"], "pods")),
    },
];

const fn pod(namespace: &'static str, name: &'static str) -> Pod {
    Pod {
        namespace,
        name,
        host_pid: false,
        privileged: false,
    }
}

pub(crate) fn register(suite: &mut Suite) {
    suite.trial(Phase::Alone, "alone::pods_of_a_kubelet", pods);
    suite.takes_long(1);
}

fn pods(_: &mut Host, _: &mut Stage) -> Result<()> {
    prepare()?;
    let mut cri = Cri::connect()?;
    for case in CASES {
        let outcome = case.run(&mut cri)?;
        ensure!(outcome.worked(None), "{} without: {outcome:?}", case.name());
    }
    fs::write(POLICY, TEXT)?;
    let agent = Agent::start(&["--policy", POLICY])?;
    for case in CASES {
        let (since, name) = (agent.now(), case.name());
        let outcome = case.run(&mut cri)?;
        match case.refused {
            Some((rules, profile)) => {
                ensure!(!outcome.worked(None), "{name} SUCCEEDED");
                let expected = Expected {
                    verdict: "denied",
                    rules,
                    container: Some(&name),
                    profile: Some(profile),
                    ..Expected::default()
                };
                agent.denial(since, &expected)?;
            }
            None => ensure!(
                outcome.worked(None),
                "{name}: {outcome:?}\n{}",
                agent.printed()
            ),
        }
        case.is_foretold()?;
    }
    runs(&mut cri)?;
    agent.stop()
}

/// A container that stays: `kubectl exec`, a probe of liveness, and `explain` of what runs.
fn runs(cri: &mut Cri) -> Result<()> {
    let case = &CASES[0];
    let sandbox = cri.run_pod(&case.pod)?;
    let container = Container {
        command: &["sleep", "600"],
        ..case.container()
    };
    let id = cri.start((&case.pod, &sandbox), &container)?;
    let outcome = cri.exec(&id, &["cat", "/x/secret"])?;
    ensure!(outcome.worked(Some(SECRET)), "exec: {outcome:?}");
    let (outcome, answer) = explain(POLICY, &["--container", &id])?;
    ensure!(outcome.status == 0, "{outcome:?}");
    let said = [answer.text("/verdict"), answer.text("/profile")];
    ensure!(said == ["admitted", "kept"], "{answer}");
    cri.remove_pod(&sandbox)
}

impl Case {
    /// As records call the container.
    fn name(&self) -> String {
        format!("{}/{}/app", self.pod.namespace, self.pod.name)
    }

    fn container(&self) -> Container<'_> {
        let mounts = self.mounts.iter().map(|(path, at, read_only)| Mount {
            at: (*at).to_owned(),
            path: (*path).to_owned(),
            read_only: *read_only,
        });
        Container {
            name: "app",
            image: IMAGE,
            command: &[],
            mounts: mounts.collect(),
            privileged: self.pod.privileged,
        }
    }

    fn run(&self, cri: &mut Cri) -> Result<Outcome> {
        let sandbox = cri.run_pod(&self.pod)?;
        let container = Container {
            command: &["sh", "-c", self.act],
            ..self.container()
        };
        let outcome = cri.run((&self.pod, &sandbox), &container)?;
        cri.remove_pod(&sandbox)?;
        Ok(outcome)
    }

    /// `explain --pod` names the same rules.
    fn is_foretold(&self) -> Result<()> {
        fs::write(MANIFEST, self.manifest())?;
        let (_, answer) = explain(POLICY, &["--pod", MANIFEST])?;
        let rules = self.refused.map_or(&[][..], |(rules, _)| rules);
        let foretold = answer.each("/refusals", "rule");
        ensure!(foretold == rules, "{}: explain: {answer}", self.name());
        Ok(())
    }

    /// What its author wrote. The kubelet's own files are in no manifest.
    fn manifest(&self) -> String {
        let Pod {
            namespace, name, ..
        } = self.pod;
        let (mut mounts, mut volumes) = (String::new(), String::new());
        let own = |path: &str| path.starts_with("/var/lib/kubelet") && self.refused.is_none();
        for (path, at, read_only) in self.mounts.iter().filter(|(path, ..)| !own(path)) {
            mounts += &format!("\n    - {{name: v, mountPath: {at}, readOnly: {read_only}}}");
            volumes += &format!("\n  - {{name: v, hostPath: {{path: {path}}}}}");
        }
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: {namespace}}}\nspec:\n  \
             hostNetwork: true\n  hostPID: {}\n  containers:\n  - name: app\n    image: {IMAGE}\n    \
             securityContext: {{privileged: {}}}\n    volumeMounts:{mounts}\n  volumes:{volumes}\n",
            self.pod.host_pid, self.pod.privileged,
        )
    }
}

fn prepare() -> Result<()> {
    keep_secret()?;
    for folder in [VOLUME, SUB_PATH, CONFIG_MAP] {
        fs::create_dir_all(folder)?;
    }
    command::must(&["mount", "--bind", VOLUME, SUB_PATH])?;
    for file in [HOSTS, TERMINATION] {
        fs::create_dir_all(Path::new(file).parent().context("a folder")?)?;
        fs::write(file, "")?;
    }
    let import = format!(
        "docker import --change 'CMD [\"/bin/sleep\",\"86400\"]' /opt/images/busybox.tar {PAUSE} && \
         docker save busybox {PAUSE} | ctr -n k8s.io image import -"
    );
    command::must(&["sh", "-c", &import]).map(drop)
}
