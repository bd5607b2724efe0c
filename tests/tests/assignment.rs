//! Containers that other engines than Docker know of get their profiles: by the Kubernetes namespace,
//! as containerd's CRI plugin writes it, and from a storage of podman's that was moved.

use std::{fs, path::Path};

use anyhow::{Context, Result, ensure};
use bulkhead_tests::{
    agent::Agent,
    command,
    host::{Host, SECRET, keep_secret},
    outcome::Outcome,
    record::Expected,
    stage::{Phase, Stage},
};

use crate::suite::Suite;

/// The first assign is the sandboxes', as in docs/policy.md.
const POLICY: &str = r#"
[[assign]]
runtime = "containerd"
name = "*/*"
profile = "privileged"

[[profile]]
name = "kept"
host_paths = [{ path = "/srv/kept" }]

[[assign]]
namespace = "prod"
profile = "kept"

[[assign]]
image = "localhost/busybox"
profile = "kept"
"#;
const STORAGE_CONF: &str = "/etc/containers/storage.conf";
const MOVED: &str = "\
[storage]\ndriver = \"overlay\"\ngraphroot = \"/srv/moved-podman\"\nrunroot = \"/run/moved-podman\"\n";
const BUSYBOX: &str = "docker.io/library/busybox:latest";

pub(crate) fn register(suite: &mut Suite) {
    for (name, act) in [
        (
            "policy::by_kubernetes_namespace",
            by_namespace as fn(&mut Host, &mut Stage) -> Result<()>,
        ),
        ("policy::by_podmans_moved_storage", by_moved_storage),
    ] {
        suite.trial(Phase::Policy, name, act);
        suite.takes_long(1);
    }
}

fn by_namespace(_: &mut Host, stage: &mut Stage) -> Result<()> {
    let import = "docker save busybox | ctr -n k8s.io image import -";
    command::must(&["sh", "-c", import])?;
    let agent = begin(stage)?;
    let mount = "--mount=type=bind,src=/srv/kept,dst=/x,options=rbind:ro";
    let read = format!("grep -q {SECRET} /x/secret");
    let read = ["sh", "-c", &read];

    let outcome = in_pod(1, ("prod", "web-1", "app"), &[mount], &read)?;
    let printed = agent.printed();
    ensure!(outcome.status == 0, "{outcome:?}\n{printed}");
    let outcome = in_pod(2, ("dev", "web-1", "app"), &[mount], &read)?;
    ensure!(outcome.status != 0, "another namespace SUCCEEDED");
    refused(agent, "host-path", "dev/web-1/app", "baseline")?;
    let outcome = in_pod(3, ("prod", "web-2", "app"), &["--privileged"], &["true"])?;
    ensure!(outcome.status != 0, "--privileged SUCCEEDED");
    refused(agent, "capabilities", "prod/web-2/app", "kept")?;
    let outcome = in_pod(4, ("prod", "web-1", ""), &["--privileged"], &["true"])?;
    let printed = agent.printed();
    ensure!(outcome.status == 0, "a sandbox: {outcome:?}\n{printed}");
    Ok(())
}

/// A container with what the CRI plugin writes into its bundle; a sandbox has no name of its own.
fn in_pod(
    number: u32,
    (namespace, pod, name): (&str, &str, &str),
    options: &[&str],
    act: &[&str],
) -> Result<Outcome> {
    let annotate = |key: &str, value: &str| format!("--annotation=io.kubernetes.cri.{key}={value}");
    let mut words = ["ctr", "-n", "k8s.io", "run", "--rm", "--null-io"]
        .map(str::to_owned)
        .to_vec();
    words.push(annotate("sandbox-namespace", namespace));
    words.push(annotate("sandbox-name", pod));
    if !name.is_empty() {
        words.push(annotate("container-name", name));
    }
    words.extend(options.iter().map(|option| (*option).to_owned()));
    words.extend([BUSYBOX.to_owned(), format!("{number:064x}")]);
    words.extend(act.iter().map(|word| (*word).to_owned()));
    command::run(&words.iter().map(String::as_str).collect::<Vec<_>>())
}

fn by_moved_storage(_: &mut Host, stage: &mut Stage) -> Result<()> {
    let before = fs::read(STORAGE_CONF).ok();
    let folder = Path::new(STORAGE_CONF).parent().context("a folder")?;
    fs::create_dir_all(folder)?;
    fs::write(STORAGE_CONF, MOVED)?;
    let done = in_moved_storage(stage);
    match before {
        Some(text) => fs::write(STORAGE_CONF, text)?,
        None => fs::remove_file(STORAGE_CONF)?,
    }
    done
}

fn in_moved_storage(stage: &Stage) -> Result<()> {
    command::must(&[
        "podman",
        "import",
        "-q",
        "/opt/images/busybox.tar",
        "busybox",
    ])?;
    let agent = begin(stage)?;
    let run = |name: &str, mount: &str| {
        let run = ["podman", "run", "--rm", "--network=none", "--name", name];
        command::run(&[&run[..], &["-v", mount, "busybox", "cat", "/x/secret"]].concat())
    };
    let outcome = run("policy-moved", "/srv/kept:/x:ro")?;
    let printed = agent.printed();
    ensure!(outcome.worked(Some(SECRET)), "{outcome:?}\n{printed}");
    let outcome = run("policy-moved-writable", "/srv/kept:/x")?;
    ensure!(!outcome.worked(None), "SUCCEEDED: {outcome:?}");
    refused(agent, "host-path", "policy-moved-writable", "kept")
}

fn begin(stage: &Stage) -> Result<&Agent> {
    keep_secret()?;
    stage.ruled_by(POLICY)
}

fn refused(agent: &Agent, rule: &str, container: &str, profile: &str) -> Result<()> {
    let expected = Expected {
        verdict: "denied",
        rules: &[rule],
        container: Some(container),
        profile: Some(profile),
        ..Expected::default()
    };
    agent.denial(0, &expected).map(drop)
}
