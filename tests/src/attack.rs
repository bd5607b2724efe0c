//! An attack as data: what is done, and what has to come of it.

use std::{panic::Location, sync::Arc};

use anyhow::Result;
use nix::errno::Errno;

use crate::{
    host::{Host, SECRET},
    outcome::Outcome,
    stage::Stage,
};

pub type Custom = Arc<dyn Fn(&Host, &mut Stage) -> Result<Outcome> + Send + Sync>;

/// Who does it, and how.
#[derive(Clone)]
pub enum Way {
    /// A resident actor in a privileged container.
    Actor(Vec<&'static str>),
    /// The same, in a container that ran before the agent did.
    EarlyActor(Vec<&'static str>),
    /// The same, in a container that was started with descriptors of the host's open.
    LeakyActor(Vec<&'static str>),
    /// `docker run` with these options; the script prints the secret.
    DockerRun(Vec<&'static str>, &'static str),
    /// The same with mounts; `{at}` is a place of the attack's own. Where nothing is refused, one
    /// container with the mounts of all such attacks has to do: starting one takes seconds.
    DockerMount(Mount),
    /// `docker exec` of the actor with these options into the resident's container.
    DockerExec(Vec<&'static str>, Vec<&'static str>),
    Custom(Custom),
}

#[derive(Clone)]
pub struct Mount {
    pub options: Vec<&'static str>,
    /// More options, when it is done alone.
    pub alone: Vec<&'static str>,
    /// Prints the secret.
    pub script: &'static str,
}

pub type Prepare = fn(&Host) -> Result<()>;

/// Facts in braces (`{disk}`, `{victim}`, …) are put in when it is done.
#[derive(Clone)]
pub struct Attack {
    pub name: &'static str,
    pub way: Way,
    pub(crate) rules: Vec<&'static str>,
    pub(crate) hook: Option<&'static str>,
    pub(crate) host_path: Option<&'static str>,
    pub(crate) container: Option<&'static str>,
    pub(crate) evidence: Option<&'static str>,
    pub(crate) prepare: Option<Prepare>,
    pub(crate) by_another: bool,
    pub(crate) is_tool: bool,
    pub(crate) answer: Option<Errno>,
    since: (u32, u32),
    pub(crate) at: &'static Location<'static>,
}

impl Attack {
    #[track_caller]
    #[must_use]
    pub fn new(name: &'static str, rule: &'static str, way: Way) -> Self {
        let at = Location::caller();
        let reveals = matches!(way, Way::DockerRun(..) | Way::DockerMount(_));
        Self {
            name,
            way,
            rules: vec![rule],
            hook: None,
            host_path: None,
            container: None,
            evidence: reveals.then_some(SECRET),
            prepare: None,
            by_another: false,
            is_tool: false,
            answer: None,
            since: (0, 0),
            at,
        }
    }

    #[track_caller]
    #[must_use]
    pub fn actor(name: &'static str, rule: &'static str, argv: &[&'static str]) -> Self {
        Self::new(name, rule, Way::Actor(argv.to_vec()))
    }

    /// By the container that shares the host's network and names, and ran before the agent did.
    #[track_caller]
    #[must_use]
    pub fn early(name: &'static str, rule: &'static str, argv: &[&'static str]) -> Self {
        Self::new(name, rule, Way::EarlyActor(argv.to_vec()))
    }

    /// By the container that was started with descriptors of the host's open.
    #[track_caller]
    #[must_use]
    pub fn leaky(name: &'static str, rule: &'static str, argv: &[&'static str]) -> Self {
        Self::new(name, rule, Way::LeakyActor(argv.to_vec()))
    }

    /// A real tool in a privileged container; it says itself how it failed.
    #[track_caller]
    #[must_use]
    pub fn tool(name: &'static str, rule: &'static str, argv: &[&'static str]) -> Self {
        let mut attack = Self::actor(name, rule, &[&["tool"], argv].concat()).by_another();
        attack.is_tool = true;
        attack
    }

    #[track_caller]
    #[must_use]
    pub fn docker(name: &'static str, options: &[&'static str], script: &'static str) -> Self {
        Self::new(name, "host-path", Way::DockerRun(options.to_vec(), script))
    }

    #[track_caller]
    #[must_use]
    pub fn mount(name: &'static str, options: &[&'static str], script: &'static str) -> Self {
        let (options, alone) = (options.to_vec(), Vec::new());
        Self::new(
            name,
            "host-path",
            Way::DockerMount(Mount {
                options,
                alone,
                script,
            }),
        )
    }

    /// More options for a mount that is done alone.
    #[must_use]
    pub fn with(mut self, options: &[&'static str]) -> Self {
        if let Way::DockerMount(mount) = &mut self.way {
            mount.alone.extend(options);
        }
        self
    }

    /// Done by a function; the host path, where given, tells its denial from others.
    #[track_caller]
    #[must_use]
    pub fn custom<F>(name: &'static str, rule: &'static str, act: F) -> Self
    where
        F: Fn(&Host, &mut Stage) -> Result<Outcome> + Send + Sync + 'static,
    {
        Self::new(name, rule, Way::Custom(Arc::new(act)))
    }

    /// Another rule may refuse it as well.
    #[must_use]
    pub fn or(mut self, rule: &'static str) -> Self {
        self.rules.push(rule);
        self
    }

    /// It is this rule and no other.
    #[must_use]
    pub fn by_rule(mut self, rule: &'static str) -> Self {
        self.rules = vec![rule];
        self
    }

    /// The hook that has to refuse it.
    #[must_use]
    pub fn hook(mut self, hook: &'static str) -> Self {
        self.hook = Some(hook);
        self
    }

    /// The host path that the denial has to name.
    #[must_use]
    pub fn host_path(mut self, path: &'static str) -> Self {
        self.host_path = Some(path);
        self
    }

    /// The name of the container that a function starts.
    #[must_use]
    pub fn in_container(mut self, name: &'static str) -> Self {
        self.container = Some(name);
        self
    }

    /// Success is to have the secret.
    #[must_use]
    pub fn reveals(mut self) -> Self {
        self.evidence = Some(SECRET);
        self
    }

    /// Another task than the actor does it in the end: its denial has no name that is known.
    #[must_use]
    pub fn by_another(mut self) -> Self {
        self.by_another = true;
        self
    }

    /// What the kernel makes of the refusal, where that is not `EPERM`.
    #[must_use]
    pub fn answered(mut self, errno: Errno) -> Self {
        self.answer = Some(errno);
        self
    }

    /// Makes what has to be there before.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn prepare(&self, host: &Host) -> Result<()> {
        self.prepare.map_or(Ok(()), |prepare| prepare(host))
    }

    /// What has to be there before; done each time.
    #[must_use]
    pub fn after(mut self, prepare: fn(&Host) -> Result<()>) -> Self {
        self.prepare = Some(prepare);
        self
    }

    /// The first kernel that has the call.
    #[must_use]
    pub fn since(mut self, major: u32, minor: u32) -> Self {
        self.since = (major, minor);
        self
    }

    #[must_use]
    pub fn is_possible_on(&self, kernel: (u32, u32)) -> bool {
        kernel >= self.since
    }

    /// The rule that it is about.
    #[must_use]
    pub fn rule(&self) -> &'static str {
        self.rules.first().copied().unwrap_or_default()
    }

    #[must_use]
    pub fn hook_expected(&self) -> Option<&'static str> {
        self.hook
    }
}
