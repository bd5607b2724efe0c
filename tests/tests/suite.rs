//! Trials and the state they share: the host, and the stage of the phase they run in.

use std::{
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::{Context, Result, anyhow, bail, ensure};
use bulkhead_tests::{
    attack::{Attack, Way},
    crowd::Crowd,
    host::Host,
    stage::{Phase, Stage},
};
use libtest_mimic::{Failed, Trial};
use probe_common::rule::hooks;

/// `cargo xtask test` boots these.
const MATRIX: [(u32, u32); 4] = [(6, 1), (6, 12), (6, 18), (7, 3)];

/// Trials by phase, so that each agent is started once.
pub(crate) struct Suite {
    world: Arc<Mutex<World>>,
    kernel: (u32, u32),
    /// How many trials, or groups of them, take long.
    long: usize,
    trials: Vec<Planned>,
    hooks: Vec<&'static str>,
    attacks: Vec<Attack>,
}

struct Planned {
    phase: Phase,
    kernels: Kernels,
    trial: Trial,
}

/// Where a trial runs when nobody asks for more.
#[derive(Clone, Copy)]
enum Kernels {
    All,
    /// One of the matrix, as its name has it.
    One,
    This(u32, u32),
    /// Only where it is asked for.
    None,
}

impl Kernels {
    /// What is refused is refused on each; the rest does not depend on it as much, and takes long.
    fn of(phase: Phase, name: &str) -> Self {
        match phase {
            Phase::Enforce if name.starts_with("enforce::") => Self::All,
            Phase::Off => Self::All,
            _ => Self::One,
        }
    }

    fn has(self, kernel: (u32, u32), name: &str) -> bool {
        let mut hasher = DefaultHasher::new();
        name.hash(&mut hasher);
        let number = hasher.finish();
        let place = MATRIX.iter().position(|known| *known == kernel);
        // What is tried on another kernel is tried whole.
        let Some(place) = place else { return true };
        match self {
            Self::All => true,
            Self::One => place as u64 == number % MATRIX.len() as u64,
            Self::This(major, minor) => kernel == (major, minor),
            Self::None => false,
        }
    }
}

impl Suite {
    pub(crate) fn new() -> Result<Self> {
        Ok(Self {
            world: Arc::default(),
            kernel: running_kernel()?,
            long: 0,
            trials: Vec::new(),
            hooks: Vec::new(),
            attacks: Vec::new(),
        })
    }

    /// Every attack in every phase; what an actor does, the host does as well, unharmed.
    pub(crate) fn attacks(&mut self, attacks: Vec<Attack>) {
        self.attacks.extend(attacks.iter().cloned());
        for attack in attacks {
            if !attack.is_possible_on(self.kernel) {
                continue;
            }
            // For the table in docs/kernels.md.
            println!("rule {} {}", attack.rule(), attack.name);
            self.hooks.extend(attack.hook_expected());
            for phase in [Phase::Off, Phase::Enforce, Phase::Audit] {
                let (name, attack) = (format!("{}::{}", phase.name(), attack.name), attack.clone());
                self.add(phase, name, move |host, stage| attack.check(host, stage));
            }
            if let Way::Actor(argv) | Way::LeakyActor(argv) = attack.way.clone() {
                let name = format!("neighbour::{}", attack.name);
                self.add(Phase::Enforce, name, move |host, stage| {
                    undisturbed(host, stage, |host, stage| {
                        attack.prepare(host)?;
                        host_does(host, stage, attack.name, &argv)
                    })
                });
            }
        }
    }

    /// Something that is done while enforcing, and nothing of it is refused.
    pub(crate) fn innocent(
        &mut self,
        name: &str,
        act: impl FnOnce(&mut Host, &mut Stage) -> Result<()> + Send + 'static,
    ) {
        self.add_innocent(Phase::Innocence, name, act);
    }

    /// The same of something that has more privileges than `baseline` admits.
    pub(crate) fn innocent_with_privileges(
        &mut self,
        name: &str,
        act: impl FnOnce(&mut Host, &mut Stage) -> Result<()> + Send + 'static,
    ) {
        self.add_innocent(Phase::Enforce, name, act);
    }

    /// The same of something that takes an emulated machine long.
    pub(crate) fn workload(
        &mut self,
        name: &str,
        act: impl FnOnce(&mut Host, &mut Stage) -> Result<()> + Send + 'static,
    ) {
        self.innocent(name, act);
        self.takes_long(1);
    }

    /// The last `count` trials run on one kernel of the matrix, the next on the next one.
    pub(crate) fn takes_long(&mut self, count: usize) {
        let (major, minor) = MATRIX[self.long % MATRIX.len()];
        self.long += 1;
        self.plan(count, Kernels::This(major, minor));
    }

    /// The last `count` trials depend on the kernel.
    pub(crate) fn everywhere(&mut self, count: usize) {
        self.plan(count, Kernels::All);
    }

    /// The last one takes too long for every run: `--include-ignored` asks for it.
    pub(crate) fn is_load(&mut self) {
        self.plan(1, Kernels::None);
    }

    fn plan(&mut self, count: usize, kernels: Kernels) {
        let last = self.trials.iter_mut().rev().take(count);
        last.for_each(|planned| planned.kernels = kernels);
    }

    /// Anything else.
    pub(crate) fn trial(
        &mut self,
        phase: Phase,
        name: impl Into<String>,
        act: impl FnOnce(&mut Host, &mut Stage) -> Result<()> + Send + 'static,
    ) {
        self.add(phase, name.into(), act);
    }

    /// The trials, ordered by phase, and how to tear down after them.
    pub(crate) fn finish(mut self) -> (Vec<Trial>, impl FnOnce() -> Result<()>) {
        self.trials.sort_by_key(|planned| planned.phase);
        let kernel = self.kernel;
        let trials = self
            .trials
            .into_iter()
            .map(|Planned { kernels, trial, .. }| {
                let is_elsewhere = !kernels.has(kernel, trial.name());
                trial.with_ignored_flag(is_elsewhere)
            });
        let trials = trials.collect();
        let world = self.world;
        lock(&world).crowd = Crowd::of(&self.attacks);
        (trials, move || lock(&world).end())
    }

    /// Each hook that refuses is met by an attack that expects it by name.
    pub(crate) fn cover_every_hook(&mut self) {
        let met = std::mem::take(&mut self.hooks);
        let trial = Trial::test("off::every_hook_has_an_attack", move || {
            let names = hooks::ALL
                .iter()
                .filter(|(hook, _)| *hook != hooks::TASK_ALLOC);
            let unmet: Vec<_> = names
                .map(|(_, name)| name)
                .filter(|n| !met.contains(n))
                .collect();
            if unmet.is_empty() {
                Ok(())
            } else {
                Err(format!("never met: {unmet:?}").into())
            }
        });
        self.trials.push(Planned {
            phase: Phase::Off,
            kernels: Kernels::All,
            trial,
        });
    }

    fn add_innocent(
        &mut self,
        phase: Phase,
        name: &str,
        act: impl FnOnce(&mut Host, &mut Stage) -> Result<()> + Send + 'static,
    ) {
        self.add(phase, format!("innocence::{name}"), |host, stage| {
            undisturbed(host, stage, act)
        });
    }

    fn add<F>(&mut self, phase: Phase, name: String, act: F)
    where
        F: FnOnce(&mut Host, &mut Stage) -> Result<()> + Send + 'static,
    {
        let world = Arc::clone(&self.world);
        let kernels = Kernels::of(phase, &name);
        let trial = Trial::test(name, move || {
            let done = lock(&world).within(phase, act);
            done.map_err(|error| Failed::from(format!("{error:#}")))
        });
        self.trials.push(Planned {
            phase,
            kernels,
            trial,
        });
    }
}

/// What cannot be made is not tried again by every trial that needs it.
#[derive(Default)]
struct World {
    crowd: Crowd,
    host: Option<Result<Host, String>>,
    stage: Option<(Phase, Result<Stage, String>)>,
}

impl World {
    fn within(
        &mut self,
        phase: Phase,
        act: impl FnOnce(&mut Host, &mut Stage) -> Result<()>,
    ) -> Result<()> {
        self.enter(phase)?;
        match (&mut self.host, &mut self.stage) {
            (Some(Ok(host)), Some((_, Ok(stage)))) => act(host, stage),
            (Some(Err(error)), _) => bail!("the host was not prepared: {error}"),
            (_, Some((_, Err(error)))) => bail!("the phase did not begin: {error}"),
            _ => bail!("no host, no stage"),
        }
    }

    fn enter(&mut self, phase: Phase) -> Result<()> {
        let whole = |error: anyhow::Error| format!("{error:#}");
        let host = self
            .host
            .get_or_insert_with(|| Host::prepare().map_err(whole));
        let here = self
            .stage
            .as_ref()
            .is_some_and(|(current, _)| *current == phase);
        if host.is_ok() && !here {
            self.leave()?;
            self.stage = Some((
                phase,
                Stage::begin(phase, self.crowd.clone()).map_err(whole),
            ));
        }
        Ok(())
    }

    fn leave(&mut self) -> Result<()> {
        match self.stage.take() {
            Some((phase, Ok(stage))) => stage
                .end()
                .with_context(|| format!("end of phase {}", phase.name())),
            _ => Ok(()),
        }
    }

    fn end(&mut self) -> Result<()> {
        self.leave()?;
        self.host = None;
        Ok(())
    }
}

fn lock(world: &Mutex<World>) -> std::sync::MutexGuard<'_, World> {
    world.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Nothing is refused while `act` goes on.
fn undisturbed(
    host: &mut Host,
    stage: &mut Stage,
    act: impl FnOnce(&mut Host, &mut Stage) -> Result<()>,
) -> Result<()> {
    stage.denials_since(0)?;
    let from = stage.agent()?.now();
    act(host, stage)?;
    let denials = stage.denials_since(from)?;
    // A line of repeats comes a second after the first of them, which may have been before.
    let firsts = denials
        .iter()
        .filter(|denial| denial.number("/repeated").is_none());
    let denials: Vec<_> = firsts.map(ToString::to_string).collect();
    ensure!(
        denials.is_empty(),
        "refused meanwhile: {}",
        denials.join("\n")
    );
    Ok(())
}

/// The same act by a host task, in a mount namespace of its own that is thrown away.
fn host_does(host: &mut Host, stage: &mut Stage, name: &str, argv: &[&str]) -> Result<()> {
    let tag = stage.tag(name);
    let words = [&["as", &tag, "in-own-mounts"], argv].concat();
    let words: Vec<_> = words.iter().map(|word| stage.expand(host, word)).collect();
    let outcome = host.neighbour.perform(&words)?;
    ensure!(outcome.status == 0, "the host cannot: {outcome:?}");
    Ok(())
}

fn running_kernel() -> Result<(u32, u32)> {
    let release = nix::sys::utsname::uname()?
        .release()
        .to_string_lossy()
        .into_owned();
    let mut numbers = release
        .split(['.', '-'])
        .map_while(|part| part.parse().ok());
    match (numbers.next(), numbers.next()) {
        (Some(major), Some(minor)) => Ok((major, minor)),
        _ => Err(anyhow!("kernel release {release} has no numbers")),
    }
}
