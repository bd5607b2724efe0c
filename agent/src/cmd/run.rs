//! `bulkhead run`: the daemon.

mod outputs;

use std::{fs, path::Path, sync::Arc, time::Duration};

use anyhow::Context;
use jiff::Timestamp;
use sd_notify::NotifyState;
use tokio::{net::UnixListener, sync::mpsc, task::JoinSet};
use tokio_util::sync::CancellationToken;

use self::outputs::Opened;
use crate::{
    agent::{Agent, Origin, Reload, Start},
    anchors::{Table, Watch},
    canary, cli,
    containers::{Containers, Key},
    denials::decode,
    devices::Devices,
    events,
    exit::{self, Exit},
    host, metrics,
    policy::{self, DEFAULT_FILE, Numbered, Policy},
    probe::{BPFFS, Batch, Pins, Probe, ProbeError, Settings},
    socket::{self, Memory, Past},
    watchdog::Watchdog,
};

const ROOT: &str = "/";
/// Another text for every start of the machine.
const BOOT: &str = "/proc/sys/kernel/random/boot_id";
/// How long the end waits for what still looks at a filesystem that does not answer.
const STRAGGLERS: Duration = Duration::from_millis(500);

pub fn run(args: &cli::Run, run_dir: &Path) -> anyhow::Result<Exit> {
    if !args.from_container {
        return run_on_host(args, run_dir);
    }
    let mut args = args.clone();
    let policy = args.policy.as_deref().map(host::Taken::along).transpose();
    let policy = policy.context("the policy's folder cannot be opened")?;
    args.policy = policy.as_ref().map(|taken| taken.path.clone());
    host::leave()?;
    run_on_host(&args, run_dir)
}

fn run_on_host(args: &cli::Run, run_dir: &Path) -> anyhow::Result<Exit> {
    let root = Path::new(ROOT);
    let policy = host::look(|| load(args, root, &Origin::Disk))??;
    host::is_root()?;
    host::check(root)?;
    let _lock = host::Lock::take(run_dir)?;
    let socket = socket::bind(run_dir)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .on_thread_start(look_at_the_host)
        .build()?;
    let past = past(run_dir)?;
    let ended = runtime.block_on(daemon(args, run_dir, policy, socket, past));
    runtime.shutdown_timeout(STRAGGLERS);
    ended
}

/// For the threads that do what may block: what they look up is the host's, or nothing.
fn look_at_the_host() {
    if let Err(error) = host::enter() {
        let error = anyhow::Error::new(error);
        std::process::exit(exit::report(&error) as i32);
    }
}

/// The policy, with what the command line says over it.
fn load(args: &cli::Run, root: &Path, origin: &Origin) -> Result<Policy, policy::PolicyError> {
    let file = args.policy.as_deref();
    let policy = match origin {
        Origin::Disk => policy::load(file, root)?,
        Origin::Text { path, text } => {
            policy::load_text((path.as_path(), text.as_str()), file, root)?
        }
    };
    Ok(if args.audit { policy.audited() } else { policy })
}

async fn daemon(
    args: &cli::Run,
    run_dir: &Path,
    policy: Policy,
    socket: std::os::unix::net::UnixListener,
    past: (Memory, Past),
) -> anyhow::Result<Exit> {
    // Before the programs are there, so that whoever ends the agent early ends it cleanly too.
    let signals = events::Signals::catch()?;
    let root = Path::new(ROOT);
    // Before the first look, so that nothing is made unseen in between.
    let watch = Watch::new(root);
    let pins = Pins::find(Path::new(BPFFS), !args.no_pin).map_err(ProbeError::Pins)?;
    let before = earlier_numbers(&pins, run_dir)?;
    let policy = before.follow(policy)?;
    policy.remember(run_dir)?;
    let anchors = host::look(|| Table::resolve(&policy.host_paths(), root))?
        .context("looking up the anchors")?;
    if !host::is_known() {
        log::warn!("without CAP_SYS_PTRACE, host paths are those that this process sees");
    }
    for warning in anchors.new_warnings(&Table::default()) {
        log::warn!("{warning}");
    }
    let devices = Devices::read(root).context("/proc/devices cannot be read")?;
    // Nothing is attached before it is clear that they can be had.
    let outputs = Opened::open(&args.outputs)?;
    let (mut probe, left) = protect(args, &policy, (&anchors, &devices), pins)?;
    let ring = probe.ring()?;

    let (sender, receiver) = mpsc::channel(events::QUEUE);
    let (batches, records) = mpsc::channel(events::BATCHES);
    let end = CancellationToken::new();
    let mut tasks = JoinSet::new();
    let mut taken = past.0.taken(past.1.in_hand);
    taken.add(left.denials());
    batches.try_send(left)?;
    tasks.spawn(until(end.clone(), events::ring(ring, taken, batches)));
    tasks.spawn(until(end.clone(), signals.tell(sender.clone())));
    tasks.spawn(until(end.clone(), events::ticks(sender.clone())));
    tasks.spawn(until(
        end.clone(),
        events::directories(watch, sender.clone()),
    ));
    tasks.spawn(socket::serve(
        UnixListener::from_std(socket)?,
        sender.clone(),
        end.clone(),
    ));
    if let Some(place) = outputs.metrics.clone() {
        let serve = metrics::serve(place, sender.clone());
        tasks.spawn(until(end.clone(), serve));
    }
    let start = Start {
        root: root.to_owned(),
        policy,
        anchors,
        devices,
        run_dir: run_dir.to_owned(),
        reload: reload(args, root),
        home: std::path::absolute(args.policy.as_deref().unwrap_or(Path::new(DEFAULT_FILE)))?,
        past,
        watchdog: Watchdog::new(sd_notify::watchdog_enabled(), || {
            notify(&[NotifyState::Watchdog]);
        }),
    };
    let mut agent = Agent::new(start, probe);
    let outputs = outputs.start(&mut agent, sender)?;
    announce(&agent.summary());
    let ended = agent.run(receiver, records, &mut tasks).await;
    notify(&[NotifyState::Stopping]);
    // With the agent go the queues of its readers, who then end by themselves.
    drop(agent);
    end.cancel();
    while let Some(task) = tasks.join_next().await {
        if let Err(e) = task.map_err(anyhow::Error::new).flatten() {
            log::warn!("{e:#}");
        }
    }
    outputs.finish();
    ended.map(|()| Exit::Fine)
}

/// What containers have that an earlier agent's programs contain.
fn earlier_numbers(pins: &Pins, run_dir: &Path) -> anyhow::Result<Numbered> {
    if pins.found() {
        return Ok(Numbered::remembered(run_dir, pins.numbers()?));
    }
    if pins.found_other() {
        // What their numbers say is in no table that this agent can read.
        return Numbered::written(run_dir).context(
            "an agent of another layout was here, and what its numbers say cannot be read: \
             `bulkhead unload` begins anew",
        );
    }
    Ok(Numbered::default())
}

/// The probe, which has refused the canary and stays, and what an earlier one had still to tell.
fn protect(
    args: &cli::Run,
    policy: &Numbered,
    tables: (&Table, &Devices),
    pins: Pins,
) -> anyhow::Result<(Probe, Batch)> {
    let mut probe = start(args, policy, tables, pins)?;
    // A sandbox may have the cgroups read-only.
    host::look(|| canary::try_it(&mut probe))??;
    let is_successor = probe.is_successor();
    let left = probe.keep()?;
    if is_successor {
        // It may have been the earlier agent's programs that refused.
        host::look(|| canary::try_it(&mut probe))??;
    }
    Ok((probe, left))
}

/// The probe, with what is known of the containers that run already.
fn start(
    args: &cli::Run,
    policy: &Numbered,
    (anchors, devices): (&Table, &Devices),
    pins: Pins,
) -> Result<Probe, ProbeError> {
    let containers = Containers::new(Path::new(ROOT));
    let look = |cgroup, id: &[u8]| {
        let id = decode::container_id(id);
        containers.look(Key::of(cgroup, &id))
    };
    let settings = Settings {
        mode: policy.policy.mode,
        allow_missing: policy.policy.allow_missing,
        profiles: &policy.all_contents(),
        assign: &|cgroup, id| policy.number(&look(cgroup, id)),
        peers: &|cgroup, id| look(cgroup, id).peers,
        anchors,
        of_runtime: &|runtime| policy.number_of_runtime(runtime),
        devices,
        kernel_log: args.kernel_log,
    };
    Probe::start(&settings, pins)
}

/// What an agent before this one left, if the machine was not started anew since.
fn past(run_dir: &Path) -> anyhow::Result<(Memory, Past)> {
    let boot = fs::read_to_string(BOOT).with_context(|| format!("cannot read {BOOT}"))?;
    let now = Timestamp::now().as_nanosecond();
    let series = format!("{:x}-{now:x}", std::process::id());
    Ok(Memory::open(run_dir, boot.trim(), &series))
}

async fn until(
    end: CancellationToken,
    task: impl Future<Output = anyhow::Result<()>>,
) -> anyhow::Result<()> {
    end.run_until_cancelled(task).await.unwrap_or(Ok(()))
}

fn reload(args: &cli::Run, root: &Path) -> Reload {
    let (args, root) = (args.clone(), root.to_owned());
    Arc::new(move |origin| load(&args, &root, origin))
}

fn announce(summary: &str) {
    eprintln!("bulkhead: {summary}");
    notify(&[NotifyState::Ready, NotifyState::Status(summary)]);
}

fn notify(states: &[NotifyState<'_>]) {
    if let Err(e) = sd_notify::notify(states) {
        log::warn!("cannot tell systemd: {e}");
    }
}
