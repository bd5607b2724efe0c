//! How the cost grows with what there is: what all programs together take of a container's start, and
//! what one `file_open` takes on the host and in a container.

use std::{
    fs,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use bulkhead_tests::{
    agent::{ATTACKED, Agent},
    bundle::Bundle,
    command,
    host::ANCHORED,
};
use serde_json::json;

use super::stats::Stats;

const POLICY: &str = "/tmp/growth.toml";
const CGROUPS: &str = "/sys/fs/cgroup/growth";
const OPEN: &str = "file_open";
/// The best counts; the first only fills caches.
const TRIES: usize = 4;
/// An agent that has had nothing to do for so long has nothing to do.
const STILL: Duration = Duration::from_secs(2);
/// Nanoseconds that such an agent runs all the same meanwhile.
const IDLE: u64 = 20_000_000;

/// Its name, the places it is looked at, and what makes it so.
type Curve = (
    &'static str,
    &'static [usize],
    fn(&Agent, usize) -> Result<Case>,
);

/// What a container is started with.
#[derive(Default)]
struct Case {
    mounts: Vec<(&'static str, String, String)>,
    /// Of the file that is opened.
    depth: usize,
}

const CURVES: &[Curve] = &[
    ("mounts", &[10, 100, 1_000, 5_000], mounts),
    ("path depth", &[1, 10, 50, 100, 200], depth),
    ("anchors", &[1, 10, 100, 1_000], anchors),
    ("profiles", &[4, 16, 64, 256], profiles),
    // The last: these stay.
    ("containers", &[1, 10, 100, 1_000, 10_000], containers),
];

pub(crate) fn all() -> Result<()> {
    write_policy(&[ANCHORED.to_owned()], 0)?;
    let agent = Agent::start(&["--policy", POLICY])?;
    for (name, places, make) in CURVES {
        for place in *places {
            let case = make(&agent, *place)?;
            for (of, instructions) in measure(&case)? {
                println!(
                    "{}",
                    json!({"curve": name, "of": of, "x": place, "instructions": instructions})
                );
            }
        }
    }
    agent.stop()
}

fn measure(case: &Case) -> Result<[(&'static str, u64); 3]> {
    let depth = case.depth.to_string();
    let bundle = |argv: &[&str]| {
        let bundle = Bundle::make(
            &std::env::current_exe()?,
            &format!("{ANCHORED}/bench"),
            argv,
        )?;
        let bundle = bundle.mount("tmpfs", "tmpfs", "/tmp")?;
        case.mounts
            .iter()
            .try_fold(bundle, |bundle, (kind, source, at)| {
                bundle.mount(kind, source, at)
            })
    };
    let nothing = bundle(&["/actor", "nothing"])?;
    let start = best(|| {
        let stats = Stats::begin()?;
        run(&nothing)?;
        let spent = stats.since()?;
        Ok(spent.values().map(|spent| spent.instructions).sum())
    })?;
    let opening = bundle(&["/actor", "open-below", &depth])?;
    let contained = best(|| {
        let stats = Stats::begin()?;
        run(&opening)?;
        each_open(stats)
    })?;
    let host = best(|| {
        let stats = Stats::begin()?;
        command::must(&[&exe()?, "open-below", &depth])?;
        each_open(stats)
    })?;
    Ok([
        ("start of a container", start),
        ("file_open, contained", contained),
        ("file_open, host", host),
    ])
}

fn best(mut once: impl FnMut() -> Result<u64>) -> Result<u64> {
    once()?;
    let tries = (1..TRIES).map(|_| once()).collect::<Result<Vec<_>>>()?;
    tries.into_iter().min().context("no try")
}

fn exe() -> Result<String> {
    let exe = std::env::current_exe()?;
    Ok(exe.to_str().context("no text")?.to_owned())
}

fn run(bundle: &Bundle) -> Result<()> {
    let outcome = bundle.run("crun", "bench")?;
    ensure!(outcome.status == 0, "{outcome:?}");
    Ok(())
}

fn each_open(stats: Stats) -> Result<u64> {
    let spent = *stats.since()?.get(OPEN).context("nothing was opened")?;
    Ok(spent.instructions / spent.calls)
}

fn containers(agent: &Agent, count: usize) -> Result<Case> {
    for number in 0..count {
        fs::create_dir_all(format!("{CGROUPS}/docker-{number:064x}.scope"))?;
    }
    // It looks each of them up, and what it opens meanwhile would be counted.
    let stat = || fs::read_to_string(format!("/proc/{}/schedstat", agent.pid()));
    let mut before = stat()?;
    loop {
        thread::sleep(STILL);
        let now = stat()?;
        if busy(&now)? < busy(&before)? + IDLE {
            return Ok(Case::default());
        }
        before = now;
    }
}

/// Nanoseconds that it has run.
fn busy(schedstat: &str) -> Result<u64> {
    let first = schedstat.split(' ').next().context("an empty file")?;
    Ok(first.parse()?)
}

fn mounts(_: &Agent, count: usize) -> Result<Case> {
    let mount = |number| ("tmpfs", "tmpfs".to_owned(), format!("/many/{number}"));
    Ok(Case {
        mounts: (0..count).map(mount).collect(),
        depth: 0,
    })
}

/// One volume whose source lies so deep below what may be mounted.
fn depth(_: &Agent, depth: usize) -> Result<Case> {
    let path = format!("{ANCHORED}/deep{}", "/d".repeat(depth));
    fs::create_dir_all(&path)?;
    Ok(Case {
        mounts: vec![("bind", path, "/deep".to_owned())],
        depth,
    })
}

/// Host paths that the policy names, the last of which is mounted.
fn anchors(agent: &Agent, count: usize) -> Result<Case> {
    let path = |number| format!("/srv/anchors/{number}");
    let mut paths: Vec<_> = (0..count).map(path).collect();
    for path in &paths {
        fs::create_dir_all(Path::new(path))?;
    }
    let last = path(count - 1);
    paths.push(ANCHORED.to_owned());
    write_policy(&paths, 0)?;
    agent.reload("policy read again")?;
    Ok(Case {
        mounts: vec![("bind", last, "/anchored".to_owned())],
        depth: 0,
    })
}

/// The three built-in ones and the container's are among them.
fn profiles(agent: &Agent, count: usize) -> Result<Case> {
    write_policy(&[ANCHORED.to_owned()], count)?;
    agent.reload("policy read again")?;
    Ok(Case::default())
}

fn write_policy(paths: &[String], profiles: usize) -> Result<()> {
    let paths: Vec<_> = paths
        .iter()
        .map(|path| format!("{{ path = {path:?}, access = \"rw\" }}"))
        .collect();
    let others = (4..profiles).map(|number| format!("[[profile]]\nname = \"p{number}\"\n"));
    let text = format!(
        "mode = \"enforce\"\ndefault = \"attacked\"\n{}{ATTACKED}host_paths = [{}]\n",
        others.collect::<String>(),
        paths.join(", ")
    );
    let file = PathBuf::from(POLICY);
    fs::write(&file, text).with_context(|| format!("write {}", file.display()))
}
