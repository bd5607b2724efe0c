//! Images are built: what `RUN` does is done in a container like any other.

use std::fs;

use anyhow::{Result, ensure};
use bulkhead_tests::{
    agent::Agent,
    command,
    docker::ATTACKER,
    host::Host,
    outcome::Outcome,
    record::Expected,
    stage::{Phase, Stage},
    workload::{self, Workload},
};

use crate::{podman, suite::Suite};

const FOLDER: &str = "/tmp/judged";

/// With the recipe that all of them follow.
macro_rules! build {
    ($name:literal) => {
        (
            $name,
            concat!(
                include_str!("workloads/recipe.sh"),
                include_str!(concat!("workloads/", $name, ".sh"))
            ),
        )
    };
}

const BUILDS: &[Workload] = &[
    build!("build_legacy"),
    build!("build_buildkit"),
    build!("build_buildkit_mounts"),
    build!("build_buildah"),
];

pub(crate) fn register(suite: &mut Suite) {
    for build in BUILDS {
        suite.workload(build.0, move |_, _| workload::run(build));
    }
    suite.trial(Phase::Policy, "policy::a_step_of_buildah_is_judged", judged);
    suite.takes_long(1);
}

/// What it may have is asked, and what it does is contained: buildah starts its runtime by itself,
/// from a mount namespace of its own.
fn judged(_: &mut Host, stage: &mut Stage) -> Result<()> {
    let etc = ["-v", "/etc:/x"];
    let (reads, mounts) = ("test -s /x/passwd", "mount -t tmpfs none /tmp");
    let all = ["--cap-add", "all"];
    let privileged = "[[profile]]\nname = \"privileged\"\ncontain.allow = [\"mount\"]\n";
    stage.ruled_by(&format!("default = \"privileged\"\n{privileged}"))?;
    for (options, act) in [(&etc, reads), (&all, mounts)] {
        let outcome = build(options, act)?;
        ensure!(outcome.worked(None), "{options:?} {act}: {outcome:?}");
    }
    let agent = stage.ruled_by("default = \"privileged\"\n")?;
    refused(agent, (&all, mounts), "mount")?;
    let agent = stage.ruled_by("")?;
    refused(agent, (&all, "true"), "capabilities")?;
    refused(agent, (&etc, reads), "host-path")?;
    // An overlay over the folder that is built, which buildah makes before the step starts.
    let whole = ["--build-context", "h=/etc"];
    let overlaid = "--mount=type=bind,from=h,target=/x,rw test -s /x/passwd";
    refused(agent, (&whole, overlaid), "host-path")?;
    stage.ruled_by("default = \"privileged\"\n")?;
    let outcome = build(&whole, overlaid)?;
    ensure!(outcome.worked(None), "{outcome:?}");
    Ok(())
}

fn refused(agent: &Agent, (options, act): (&[&str], &str), rule: &str) -> Result<()> {
    let since = agent.now();
    let outcome = build(options, act)?;
    ensure!(!outcome.worked(None), "{options:?} {act} SUCCEEDED");
    let expected = Expected {
        verdict: "denied",
        rules: &[rule],
        ..Expected::default()
    };
    agent.denial(since, &expected).map(drop)
}

fn build(options: &[&str], act: &str) -> Result<Outcome> {
    podman::import()?;
    let recipe = format!("FROM localhost/{ATTACKER}\nRUN {act}\n");
    fs::create_dir_all(FOLDER)?;
    fs::write(format!("{FOLDER}/Dockerfile"), recipe)?;
    let build = [
        "buildah",
        "build",
        "--pull=never",
        "--network=none",
        "--layers=false",
    ];
    command::run(&[&build[..], options, &[FOLDER]].concat())
}
