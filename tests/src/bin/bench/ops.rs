//! Operations that programs do all day. Each is done in rounds. What else the machine does only ever
//! adds, so the best round is the figure; the one in the middle says how far it can be trusted.

use std::{
    fs::{self, File},
    hint::black_box,
    io::Read as _,
    os::unix::net::{UnixListener, UnixStream},
    process::Command,
};

use anyhow::{Context as _, Result, bail, ensure};
use bulkhead_tests::raw;
use nix::{
    mount::{MntFlags, MsFlags, mount, umount2},
    sched::{CloneFlags, setns, unshare},
    sys::wait::waitpid,
    time::{ClockId, clock_gettime},
    unistd::getppid,
};
use serde_json::json;

/// An odd number. What is short is done within two ticks of the clock in some of them.
const ROUNDS: usize = 21;
/// Before them.
const WARM_UP: usize = 4;
const FOLDER: &str = "/tmp/bench";
/// How often a file is opened whose path is measured.
const OPENED: u32 = 2_000;

/// Its name, how often it is done in a round, and what it is.
type Op = (&'static str, u32, fn() -> Result<Act>);

type Act = Box<dyn FnMut() -> Result<()>>;

/// What everybody does.
const COMMON: &[Op] = &[
    ("getppid", 1_000, || Ok(Box::new(parent))),
    ("open+close", 100, open),
    ("stat", 100, || Ok(Box::new(stat))),
    ("read", 500, read),
    ("connect", 50, connect),
    ("fork+exit", 10, || Ok(Box::new(fork))),
    ("exec", 5, || Ok(Box::new(exec))),
    ("/proc/PID/stat", 50, || Ok(Box::new(proc_stat))),
    ("setns", 500, enter),
];
const OF_HOST: &[Op] = &[("mount+umount", 10, || Ok(Box::new(mount_and_umount)))];
const OF_CONTAINER: &[Op] = &[("mount, refused", 10, || Ok(Box::new(mount_is_refused)))];
const OF_DOCKER: &[Op] = &[("docker run --rm true", 1, || Ok(Box::new(docker_run)))];

pub(crate) fn run(kind: &str) -> Result<()> {
    prepare()?;
    let ops = match kind {
        "host" => {
            unshare(CloneFlags::CLONE_NEWNS)?;
            let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
            mount(None::<&str>, "/", None::<&str>, private, None::<&str>)?;
            [COMMON, OF_HOST].concat()
        }
        "contained" => COMMON.to_vec(),
        "refused" => OF_CONTAINER.to_vec(),
        "docker" => OF_DOCKER.to_vec(),
        other => bail!("{other}: no such kind"),
    };
    for op in ops {
        measure(op)?;
    }
    Ok(())
}

/// Opens a file below so many folders, again and again.
pub(crate) fn open_below(depth: usize) -> Result<()> {
    prepare()?;
    std::env::set_current_dir(FOLDER)?;
    // Step by step: no path of the kernel's is that long.
    for _ in 0..depth {
        fs::create_dir_all("d")?;
        std::env::set_current_dir("d")?;
    }
    fs::write("file", "")?;
    let path = std::env::current_dir()?.join("file");
    for _ in 0..OPENED {
        File::open(&path)?;
    }
    Ok(())
}

/// Who holds a container beside Bulkhead has to be there: a figure of nobody looks good.
pub(crate) fn is_held_by(beside: &str) -> Result<()> {
    // Where AppArmor is off there is no such file, or nothing in it.
    let label = fs::read_to_string("/proc/self/attr/current").unwrap_or_default();
    let status = fs::read_to_string("/proc/self/status")?;
    let found = [
        ("apparmor", label.starts_with("docker-default")),
        ("seccomp", status.lines().any(|line| line == "Seccomp:\t2")),
    ];
    for (name, is_there) in found {
        ensure!(
            is_there == beside.contains(name),
            "{beside}, but {name}: {is_there}: {label}"
        );
    }
    Ok(())
}

fn prepare() -> Result<()> {
    fs::create_dir_all(FOLDER)?;
    Ok(fs::write(format!("{FOLDER}/file"), "what is read")?)
}

fn measure((name, count, prepare): Op) -> Result<()> {
    let mut act = prepare().with_context(|| format!("preparing {name}"))?;
    let mut rounds = Vec::new();
    for round in 0..WARM_UP + ROUNDS {
        let since = now()?;
        for _ in 0..count {
            act().context(name)?;
        }
        let each = (now()? - since) as f64 / f64::from(count);
        if round >= WARM_UP {
            rounds.push(each);
        }
    }
    rounds.sort_by(f64::total_cmp);
    let (best, middle) = (rounds.first(), rounds.get(ROUNDS / 2));
    let line = json!({"op": name, "instructions": best, "middle": middle});
    println!("{line}");
    Ok(())
}

/// A nanosecond is an instruction here.
fn now() -> Result<i64> {
    let now = clock_gettime(ClockId::CLOCK_MONOTONIC)?;
    Ok(now.tv_sec() * 1_000_000_000 + now.tv_nsec())
}

fn parent() -> Result<()> {
    black_box(getppid());
    Ok(())
}

fn open() -> Result<Act> {
    Ok(Box::new(|| {
        File::open("/tmp/bench/file")?;
        Ok(())
    }))
}

fn stat() -> Result<()> {
    rustix::fs::stat("/tmp/bench/file")?;
    Ok(())
}

fn read() -> Result<Act> {
    let file = File::open("/tmp/bench/file")?;
    Ok(Box::new(move || {
        rustix::io::pread(&file, &mut [0; 8], 0)?;
        Ok(())
    }))
}

fn connect() -> Result<Act> {
    let path = format!("{FOLDER}/socket");
    if fs::exists(&path)? {
        fs::remove_file(&path)?;
    }
    let listener = UnixListener::bind(&path)?;
    Ok(Box::new(move || {
        let stream = UnixStream::connect(&path)?;
        listener.accept()?;
        drop(stream);
        Ok(())
    }))
}

fn fork() -> Result<()> {
    waitpid(raw::fork(|| 0)?, None)?;
    Ok(())
}

/// Itself, which ends at once.
fn exec() -> Result<()> {
    let mut program = Command::new("/proc/self/exe");
    let status = program.arg("nothing").status()?;
    ensure!(status.success(), "{status}");
    Ok(())
}

fn proc_stat() -> Result<()> {
    File::open("/proc/self/stat")?.read_exact(&mut [0; 8])?;
    Ok(())
}

fn enter() -> Result<Act> {
    let own = File::open("/proc/self/ns/uts")?;
    Ok(Box::new(move || Ok(setns(&own, CloneFlags::CLONE_NEWUTS)?)))
}

fn mount_and_umount() -> Result<()> {
    let nothing = None::<&str>;
    mount(
        Some("bench"),
        FOLDER,
        Some("tmpfs"),
        MsFlags::empty(),
        nothing,
    )?;
    Ok(umount2(FOLDER, MntFlags::MNT_DETACH)?)
}

fn mount_is_refused() -> Result<()> {
    let nothing = None::<&str>;
    let done = mount(
        Some("bench"),
        FOLDER,
        Some("tmpfs"),
        MsFlags::empty(),
        nothing,
    );
    ensure!(done == Err(nix::errno::Errno::EPERM), "{done:?}");
    Ok(())
}

fn docker_run() -> Result<()> {
    let run = ["run", "--rm", "--network=none", "busybox", "true"];
    let status = Command::new("docker").args(run).status()?;
    ensure!(status.success(), "docker run: {status}");
    Ok(())
}
