//! The policies in `policies/` let in what their comments name, and nothing besides.

use anyhow::{Result, ensure};
use bulkhead_tests::{
    command,
    docker::{self, docker},
    host::{Host, SECRET, keep_secret},
    record::Expected,
    stage::{POLICY, Phase, Stage},
    workload::{self, Workload},
};

use crate::suite::Suite;

const RESTRICTED: &str = include_str!("../../policies/restricted-by-default.toml");
const DOCKER_IN_DOCKER: Workload = (
    "docker_in_docker",
    include_str!("workloads/docker_in_docker.sh"),
);
const BACKUP: &str = "registry.example/backup";
const MONITORING: &str = "prom/node-exporter";
const ANY: &str = "busybox";
/// What `restricted` asks for.
const CAREFUL: &[&str] = &[
    "--user=1000",
    "--cap-drop=ALL",
    "--security-opt=no-new-privileges",
];

pub(crate) fn register(suite: &mut Suite) {
    for (name, act) in [
        ("backup", backup as fn(&mut Host, &mut Stage) -> Result<()>),
        ("monitoring", monitoring),
        ("everything_else", everything_else),
        ("docker_in_docker", docker_in_docker),
    ] {
        let name = format!("policy::restricted_by_default::{name}");
        suite.trial(Phase::Policy, name, act);
        suite.takes_long(1);
    }
}

fn backup(_: &mut Host, stage: &mut Stage) -> Result<()> {
    begin(stage)?;
    let read = ["cat", "/data/kept/secret"];
    let srv = ["-v", "/srv:/data:ro"];
    lets_in(BACKUP, &srv, &read, SECRET)?;
    for options in [
        &["-v", "/srv:/data"][..],
        &["-v", "/:/data:ro"],
        &["-v", "/srv:/data:ro", "--privileged"],
    ] {
        refuses(BACKUP, options, &["true"])?;
    }
    refuses(ANY, &[CAREFUL, &srv].concat(), &["true"])
}

fn monitoring(_: &mut Host, stage: &mut Stage) -> Result<()> {
    begin(stage)?;
    // `rslave`, too, where the host shares its mounts, as systemd does.
    let whole = ["--pid=host", "-v", "/:/host:ro"];
    let read = "cat /host/srv/kept/secret && test -e /proc/1/ns && ! touch /host/srv/kept/new";
    lets_in(MONITORING, &whole, &["sh", "-c", read], SECRET)?;
    for options in [
        &["--pid=host", "-v", "/:/host"][..],
        &[&whole[..], &["--network=host"]].concat(),
        &[&whole[..], &["--privileged"]].concat(),
    ] {
        refuses(MONITORING, options, &["true"])?;
    }
    refuses(ANY, &[CAREFUL, &whole].concat(), &["true"])?;
    sockets(stage)
}

/// What may be read may not be given orders to, unless the policy names it.
fn sockets(stage: &mut Stage) -> Result<()> {
    docker::must(&["tag", "debian", MONITORING])?;
    let connect = "socat -u OPEN:/dev/null UNIX-CONNECT:/host/run/docker.sock && echo hello";
    let options = ["--pid=host", "-v", "/:/host:ro"];
    let run = || docker(&words(MONITORING, &options, &["sh", "-c", connect]));
    let since = stage.agent()?.now();
    let outcome = run()?;
    ensure!(!outcome.worked(None), "SUCCEEDED: {outcome:?}");
    let expected = Expected {
        verdict: "denied",
        rules: &["runtime-socket"],
        hook: Some("unix_stream_connect"),
        ..Expected::default()
    };
    stage.agent()?.denial(since, &expected)?;
    let read_only = "host_paths = [{ path = \"/\", access = \"ro\" }";
    for named in [
        ", { path = \"/run/docker.sock\" }",
        ", { path = \"/run\", access = \"rw\" }",
    ] {
        let policy = RESTRICTED.replace(read_only, &format!("{read_only}{named}"));
        stage.ruled_by(&policy)?;
        let outcome = run()?;
        ensure!(outcome.worked(Some("hello")), "{named}: {outcome:?}");
    }
    Ok(())
}

fn everything_else(_: &mut Host, stage: &mut Stage) -> Result<()> {
    begin(stage)?;
    lets_in(ANY, CAREFUL, &["echo", "hello"], "hello")?;
    refuses(ANY, &[], &["true"])?;
    for leave_out in CAREFUL {
        let others = CAREFUL.iter().filter(|option| option != &leave_out);
        refuses(ANY, &others.copied().collect::<Vec<_>>(), &["true"])?;
    }
    Ok(())
}

fn docker_in_docker(_: &mut Host, stage: &mut Stage) -> Result<()> {
    begin(stage)?;
    let done = workload::run(&DOCKER_IN_DOCKER);
    docker::remove("policy-")?;
    let printed = || {
        stage
            .agent()
            .map_or_else(|_| String::new(), |agent| agent.printed())
    };
    done.map_err(|error| error.context(printed()))
}

fn begin(stage: &mut Stage) -> Result<()> {
    keep_secret()?;
    for image in [BACKUP, MONITORING] {
        docker::must(&["tag", ANY, image])?;
    }
    stage.ruled_by(RESTRICTED).map(drop)
}

fn words<'a>(image: &'a str, options: &[&'a str], act: &[&'a str]) -> Vec<&'a str> {
    let run = ["run", "--rm", "--name", "policy-example"];
    let has_network = options.iter().any(|option| option.starts_with("--network"));
    let network: &[&str] = if has_network {
        &[]
    } else {
        &["--network=none"]
    };
    [&run[..], network, options, &[image], act].concat()
}

fn lets_in(image: &str, options: &[&str], act: &[&str], says: &str) -> Result<()> {
    let words = words(image, options, act);
    let outcome = docker(&words)?;
    ensure!(outcome.worked(Some(says)), "{words:?}: {outcome:?}");
    foretold(&words, 0)
}

fn refuses(image: &str, options: &[&str], act: &[&str]) -> Result<()> {
    let words = words(image, options, act);
    let outcome = docker(&words)?;
    ensure!(!outcome.worked(None), "{words:?} SUCCEEDED");
    ensure!(
        outcome.output.contains("operation not permitted"),
        "{words:?}: {outcome:?}"
    );
    foretold(&words, 3)
}

/// `bulkhead explain` says the same.
fn foretold(run: &[&str], status: i32) -> Result<()> {
    let explain = ["bulkhead", "explain", "--policy", POLICY, "--", "docker"];
    let outcome = command::run(&[&explain, run].concat())?;
    ensure!(outcome.status == status, "{run:?}: {outcome:?}");
    Ok(())
}
