//! `learn`, `why` and `try`: from what was refused to a policy that lets it in, and nothing more.

use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use bulkhead_tests::{
    agent::{Agent, RECORD},
    bundle::Bundle,
    command,
    docker::ATTACKER,
    host::{Host, SECRET, keep_secret},
    lines::Lines,
    outcome::Outcome,
    record::{Expected, Record},
    stage::{POLICY, Phase, Stage},
};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use crate::{podman, suite::Suite};

const LEARNT: &str = "/tmp/learnt.toml";
const TRIED: &str = "/tmp/tried.toml";
/// Beside [`POLICY`].
const FOLDER: &str = "/tmp/scenarios.d";
const ELSEWHERE: &str = "/opt/learnt";
/// From a denial's line on one socket to the same line on another.
const DELIVERY: Duration = Duration::from_secs(3);

const READ: &[&str] = &["cat", "/x/secret"];
const READS_KEPT: &[&str] = &["-v", "/srv/kept:/x:ro"];
/// What `learn` sees: a runtime, a name, what is asked for, and what is done.
const SEEN: &[Run] = &[
    ("docker", "policy-learnt-path", READS_KEPT, "busybox", READ),
    (
        "docker",
        "policy-learnt-mounts",
        &["--privileged", "--pid=host"],
        ATTACKER,
        &["umount", "/dev/shm"],
    ),
    (
        "podman",
        "policy-learnt-podman",
        &["-v", "/srv/kept:/x", "--cap-add=SYS_TIME"],
        ATTACKER,
        READ,
    ),
];
/// One step beyond each of them, and what one of them may by another.
const BEYOND: &[Run] = &[
    (
        "docker",
        "policy-beyond-access",
        &["-v", "/srv/kept:/x"],
        "busybox",
        READ,
    ),
    (
        "docker",
        "policy-beyond-path",
        &["-v", "/srv:/x:ro"],
        "busybox",
        &["ls", "/x"],
    ),
    (
        "docker",
        "policy-beyond-namespace",
        &["--privileged", "--pid=host", "--ipc=host"],
        ATTACKER,
        &["true"],
    ),
    ("docker", "policy-beyond-image", READS_KEPT, ATTACKER, READ),
    (
        "podman",
        "policy-beyond-capability",
        &["--cap-add=SYS_TIME,SYS_NICE"],
        ATTACKER,
        &["true"],
    ),
];

type Run = (
    &'static str,
    &'static str,
    &'static [&'static str],
    &'static str,
    &'static [&'static str],
);

pub(crate) fn register(suite: &mut Suite) {
    for (name, act) in [
        (
            "policy::what_was_learnt_is_enough_and_no_more",
            learn as fn(&mut Host, &mut Stage) -> Result<()>,
        ),
        ("policy::why_names_the_smallest_change", why),
        ("policy::a_trial_ends_by_itself", trial),
    ] {
        suite.trial(Phase::Policy, name, act);
        suite.takes_long(1);
    }
}

fn run((runtime, name, options, image, act): &Run) -> Result<Outcome> {
    let run = [runtime, "run", "--rm", "--network=none", "--name", name];
    command::run(&[&run, *options, &[*image], *act].concat())
}

fn bundle(host: &Host, mount: &str) -> Result<Outcome> {
    Bundle::make(&host.actor, ELSEWHERE, &["/bin/cat", "/tmp/secret"])?
        .mount("bind", mount, "/tmp")?
        .run("runc", "policy-learnt-bundle")
}

fn learn(host: &mut Host, stage: &mut Stage) -> Result<()> {
    keep_secret()?;
    podman::import()?;
    let agent = stage.ruled_by("")?;
    let learning = Learning::start()?;
    let since = agent.now();
    as_before(host)?;
    let names = SEEN.iter().map(|(_, name, ..)| *name);
    for name in names.chain(["policy-learnt-bundle"]) {
        heard_of(agent, since, "audited", name)?;
    }
    thread::sleep(DELIVERY);
    learning.end()?;
    let (_, first, ..) = SEEN[0];
    let outcome = run(&SEEN[0])?;
    ensure!(!outcome.worked(None), "{first} SUCCEEDED after the audit");

    let learnt = fs::read_to_string(LEARNT)?;
    let told = || format!("{learnt}\n{}", agent.printed());
    command::must(&["bulkhead", "check", LEARNT]).with_context(told)?;
    stage.ruled_by(&learnt)?;
    as_before(host).with_context(told)?;
    for beyond in BEYOND {
        let (_, name, ..) = beyond;
        let outcome = run(beyond)?;
        ensure!(!outcome.worked(None), "{name} SUCCEEDED\n{}", told());
        heard_of(agent, since, "denied", name)?;
    }
    let outcome = bundle(host, "/etc")?;
    ensure!(!outcome.worked(None), "SUCCEEDED: {outcome:?}\n{}", told());
    heard_of(agent, since, "denied", "policy-learnt-bundle")
}

/// What `learn` saw works.
fn as_before(host: &Host) -> Result<()> {
    for seen in SEEN {
        let outcome = run(seen)?;
        ensure!(outcome.status == 0, "{seen:?}: {outcome:?}");
    }
    let outcome = bundle(host, "/srv/kept")?;
    ensure!(outcome.worked(Some(SECRET)), "the bundle: {outcome:?}");
    Ok(())
}

fn heard_of(agent: &Agent, since: usize, verdict: &str, container: &str) -> Result<()> {
    let expected = Expected {
        verdict,
        rules: &["host-path", "capabilities", "host-namespace"],
        container: Some(container),
        ..Expected::default()
    };
    agent.denial(since, &expected).map(drop)
}

/// `bulkhead learn`, until Ctrl-C.
struct Learning {
    child: Child,
    said: Lines,
}

impl Learning {
    fn start() -> Result<Self> {
        // It overwrites nothing.
        let _ = fs::remove_file(LEARNT);
        let mut child = Command::new("bulkhead")
            .args(["learn", "--audit", "--for", "10m", "--write", LEARNT])
            .stderr(Stdio::piped())
            .spawn()
            .context("start bulkhead learn")?;
        let said = Lines::of(child.stderr.take().context("its stderr")?);
        let begun = |line: &str| line.contains("learning for").then_some(());
        said.wait_for(0, RECORD, begun)?;
        Ok(Self { child, said })
    }

    fn end(mut self) -> Result<()> {
        kill(
            Pid::from_raw(i32::try_from(self.child.id())?),
            Signal::SIGINT,
        )?;
        let status = self.child.wait()?;
        ensure!(status.success(), "{status}: {:?}", self.said.since(0));
        Ok(())
    }
}

impl Drop for Learning {
    fn drop(&mut self) {
        // It may have ended before: then there is nothing to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What it proposes is written as it stands there, and is enough.
fn why(_: &mut Host, stage: &mut Stage) -> Result<()> {
    const NAME: &str = "policy-why";
    let wanted: Run = (
        "docker",
        NAME,
        &["-v", "/srv/kept:/x", "--cap-add=SYS_TIME", "--pid=host"],
        ATTACKER,
        READ,
    );
    keep_secret()?;
    let agent = stage.ruled_by("")?;
    for _ in 0..2 {
        let since = agent.now();
        let outcome = run(&wanted)?;
        ensure!(!outcome.worked(None), "SUCCEEDED: {outcome:?}");
        heard_of(agent, since, "denied", NAME)?;
    }
    let said = command::must(&["bulkhead", "why", NAME])?;
    let words = [NAME, "gone", "2 times", "/srv/kept", "SYS_TIME", "pid"];
    for word in words {
        ensure!(said.contains(word), "no {word} in {said}");
    }
    let answer = Record::parse(&command::must(&["bulkhead", "why", NAME, "-o", "json"])?)?;
    let hint = answer.text("/refusals/0/hint");
    let settings = hint
        .strip_prefix("write ")
        .and_then(|hint| hint.split_once(" in profile baseline"));
    let (settings, _) = settings.with_context(|| format!("the hint {hint:?}"))?;
    stage.ruled_by(&format!(
        "profile = [{{ name = \"baseline\", {settings} }}]\n"
    ))?;
    let outcome = run(&wanted)?;
    ensure!(outcome.worked(Some(SECRET)), "{settings}: {outcome:?}");
    let nobody = command::run(&["bulkhead", "why", "policy-nobody"])?;
    ensure!(nobody.status == 1, "{nobody:?}");
    Ok(())
}

/// By the agent's clock, and by what is read in its place; the folder beside the policy counts in both.
fn trial(_: &mut Host, stage: &mut Stage) -> Result<()> {
    let wanted: Run = ("docker", "policy-tried", READS_KEPT, "busybox", READ);
    keep_secret()?;
    fs::create_dir_all(FOLDER)?;
    let profile = |name: &str| {
        format!("[[profile]]\nname = \"{name}\"\nhost_paths = [{{ path = \"/srv/kept\" }}]\n")
    };
    fs::write(TRIED, profile("baseline"))?;
    let agent = stage.ruled_by("")?;
    let is_let_in = || Ok::<_, anyhow::Error>(run(&wanted)?.worked(Some(SECRET)));
    let begin = |span: &str| command::must(&["bulkhead", "try", TRIED, "--for", span]);

    ensure!(!is_let_in()?, "SUCCEEDED before");
    let from = agent.heard();
    begin("20s")?;
    ensure!(is_let_in()?, "on trial: {}", agent.printed());
    agent.says(from, "was taken back")?;
    ensure!(!is_let_in()?, "SUCCEEDED after the trial");

    begin("10m")?;
    agent.reload("policy read again")?;
    ensure!(!is_let_in()?, "SUCCEEDED after the policy was read again");

    begin("10m")?;
    command::must(&["bulkhead", "try", "--confirm"])?;
    ensure!(is_let_in()?, "confirmed: {}", agent.printed());
    stage.ruled_by("")?;

    let file = Path::new(FOLDER).join("one.toml");
    let assign = "[[assign]]\nname = \"policy-tried\"\nprofile = \"kept\"\n";
    fs::write(&file, format!("{}{assign}", profile("kept")))?;
    let done = || -> Result<()> {
        stage.ruled_by("")?;
        ensure!(is_let_in()?, "by the folder: {}", agent.printed());
        fs::write(TRIED, "default = \"restricted\"\n")?;
        begin("10m")?;
        ensure!(is_let_in()?, "by the folder, on trial: {}", agent.printed());
        Ok(())
    };
    let done = done();
    fs::remove_file(file)?;
    done?;
    stage.ruled_by("")?;
    ensure!(!is_let_in()?, "SUCCEEDED without {POLICY}'s folder");
    Ok(())
}
