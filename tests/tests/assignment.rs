//! Containers of podman get their profiles where its storage was moved.

use std::{fs, path::Path};

use anyhow::{Context as _, Result, ensure};
use bulkhead_tests::{
    command,
    host::{Host, SECRET, keep_secret},
    record::Expected,
    stage::{Phase, Stage},
};

use crate::suite::Suite;

const POLICY: &str = r#"
[[profile]]
name = "kept"
host_paths = [{ path = "/srv/kept" }]

[[assign]]
image = "localhost/busybox"
profile = "kept"
"#;
const STORAGE_CONF: &str = "/etc/containers/storage.conf";
const MOVED: &str = "\
[storage]\ndriver = \"overlay\"\ngraphroot = \"/srv/moved-podman\"\nrunroot = \"/run/moved-podman\"\n";

pub(crate) fn register(suite: &mut Suite) {
    suite.trial(
        Phase::Policy,
        "policy::by_podmans_moved_storage",
        by_moved_storage,
    );
    suite.takes_long(1);
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
    keep_secret()?;
    let agent = stage.ruled_by(POLICY)?;
    let run = |name: &str, mount: &str| {
        let run = ["podman", "run", "--rm", "--network=none", "--name", name];
        command::run(&[&run[..], &["-v", mount, "busybox", "cat", "/x/secret"]].concat())
    };
    let outcome = run("policy-moved", "/srv/kept:/x:ro")?;
    let printed = agent.printed();
    ensure!(outcome.worked(Some(SECRET)), "{outcome:?}\n{printed}");
    let outcome = run("policy-moved-writable", "/srv/kept:/x")?;
    ensure!(!outcome.worked(None), "SUCCEEDED: {outcome:?}");
    let expected = Expected {
        verdict: "denied",
        rules: &["host-path"],
        container: Some("policy-moved-writable"),
        profile: Some("kept"),
        ..Expected::default()
    };
    agent.denial(0, &expected).map(drop)
}
