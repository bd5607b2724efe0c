//! What a runtime is told about a container, in words that all of them share, and what the kernel
//! has then.

#[cfg(test)]
mod tests;

use probe_common::{
    admission::{DOCKERS, FILESYSTEMS},
    label::USER,
    rule::rules,
};

use super::{Asked, ExplainError};
use crate::capabilities;

const TIME: usize = 6;

/// What podman gives by default.
const PODMANS: u64 = DOCKERS & !(1 << 13 | 1 << 27 | 1 << 29);

/// A runtime and its defaults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Docker,
    Podman,
    /// containerd for Kubernetes.
    Containerd,
}

impl Engine {
    fn name(self) -> &'static str {
        match self {
            Self::Docker => "Docker",
            Self::Podman => "podman",
            Self::Containerd => "containerd",
        }
    }

    fn capabilities(self) -> u64 {
        match self {
            Self::Docker | Self::Containerd => DOCKERS,
            Self::Podman => PODMANS,
        }
    }

    /// How one forbids new privileges.
    fn no_new_privs(self) -> &'static str {
        match self {
            Self::Docker | Self::Podman => "no --security-opt no-new-privileges",
            Self::Containerd => "no allowPrivilegeEscalation: false",
        }
    }
}

/// A word, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    pub text: String,
    pub at: String,
}

/// Who runs in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum User {
    /// What the image says, which nobody knows here.
    #[default]
    OfImage,
    Root(String),
    /// A name, which the image's `/etc/passwd` has a number for.
    Named(String),
    Other,
}

impl User {
    /// From `USER[:GROUP]`.
    pub fn read(text: &str, at: &str) -> Self {
        let user = text.split(':').next().unwrap_or_default();
        match user.parse::<u32>() {
            Ok(0) => Self::Root(at.to_owned()),
            Ok(_) => Self::Other,
            Err(_) if user == "root" => Self::Root(at.to_owned()),
            Err(_) if user.is_empty() => Self::OfImage,
            Err(_) => Self::Named(user.to_owned()),
        }
    }
}

#[derive(Debug, Clone)]
pub struct Settings {
    pub engine: Engine,
    pub privileged: Option<String>,
    pub add: Vec<Word>,
    pub drop: Vec<Word>,
    /// Those of the host that were asked for.
    pub namespaces: Vec<(usize, String)>,
    pub no_seccomp: Option<String>,
    pub no_new_privs: bool,
    pub unmasked: Option<String>,
    pub user: User,
    /// Its root is not the host's.
    pub own_userns: bool,
    pub writable_cgroup: Option<String>,
}

impl Settings {
    pub fn new(engine: Engine) -> Self {
        Self {
            engine,
            privileged: None,
            add: Vec::new(),
            drop: Vec::new(),
            namespaces: Vec::new(),
            no_seccomp: None,
            no_new_privs: false,
            unmasked: None,
            user: User::default(),
            own_userns: false,
            writable_cgroup: None,
        }
    }

    /// Adds what the kernel will have.
    ///
    /// # Errors
    /// If a capability has a name that there is not.
    pub fn apply(&self, asked: &mut Asked) -> Result<(), ExplainError> {
        self.capabilities(asked)?;
        self.namespaces(asked);
        self.mounts(asked);
        self.user(asked);
        if let Some(at) = self.no_seccomp.as_ref().or(self.privileged.as_ref()) {
            asked.breaks(rules::SECCOMP, at);
        }
        if !self.no_new_privs {
            asked.breaks(rules::NO_NEW_PRIVS, self.engine.no_new_privs());
        }
        Ok(())
    }

    fn capabilities(&self, asked: &mut Asked) -> Result<(), ExplainError> {
        let (add, all) = set(&self.add)?;
        let (drop, none) = set(&self.drop)?;
        if self.own_userns {
            return Ok(());
        }
        if let Some(at) = &self.privileged {
            asked.capabilities(capabilities::ALL, at);
            return Ok(());
        }
        let drop = drop
            .into_iter()
            .fold(0, |set, (number, _)| set | 1 << number);
        let default = format!("{}'s default", self.engine.name());
        // Of Docker what is added counts more than what is dropped, and `ALL` most; the others have
        // it the other way round.
        let docker = self.engine == Engine::Docker;
        match (all, none) {
            (Some(at), none) if docker || none.is_none() => {
                asked.capabilities(capabilities::ALL & !drop, &at);
            }
            (_, Some(_)) => {}
            _ => asked.capabilities(self.engine.capabilities() & !drop, &default),
        }
        for (number, at) in add {
            if docker || drop >> number & 1 == 0 {
                asked.capability(number, &at);
            }
        }
        Ok(())
    }

    fn namespaces(&self, asked: &mut Asked) {
        let default = format!("{}'s default", self.engine.name());
        for (place, at) in &self.namespaces {
            if *place != USER {
                asked.namespace(*place, at);
            }
        }
        asked.namespace(TIME, &default);
        if !self.own_userns {
            let at = self.namespaces.iter().find(|(place, _)| *place == USER);
            asked.namespace(USER, at.map_or(&default, |(_, at)| at));
        }
    }

    fn mounts(&self, asked: &mut Asked) {
        if let Some(at) = &self.privileged {
            asked.filesystem(place("sysfs"), at);
        }
        if let Some(at) = self.writable_cgroup.as_ref().or(self.privileged.as_ref()) {
            asked.filesystem(place("cgroup2"), at);
        }
        if let Some(at) = self.unmasked.as_ref().or(self.privileged.as_ref()) {
            asked.breaks(rules::PROC_MOUNT, at);
        }
    }

    fn user(&self, asked: &mut Asked) {
        if self.own_userns {
            return;
        }
        match &self.user {
            User::Root(at) => asked.breaks(rules::ROOT_USER, at),
            User::OfImage => {
                asked.breaks(rules::ROOT_USER, "no user is named");
                asked.assume("the image names no user of its own, so it runs as root");
            }
            User::Named(name) => {
                asked.assume(format!("user {name:?} of the image is not root"));
            }
            User::Other => {}
        }
    }
}

/// The place of a kernel filesystem in `admission::FILESYSTEMS`.
pub fn place(name: &str) -> usize {
    let all = FILESYSTEMS.iter();
    all.map(|(_, known)| known)
        .position(|known| *known == name)
        .unwrap_or(FILESYSTEMS.len())
}

/// Numbers, each with where it stands, and where it says `ALL`.
type Set = (Vec<(u32, String)>, Option<String>);

fn set(words: &[Word]) -> Result<Set, ExplainError> {
    let (mut numbers, mut all) = (Vec::new(), None);
    for Word { text, at } in words {
        let bare = text.to_ascii_uppercase();
        if bare == "ALL" || bare == "CAP_ALL" {
            all.get_or_insert_with(|| at.clone());
            continue;
        }
        let number = capabilities::number(text)
            .ok_or_else(|| ExplainError::usage(format!("{at}: there is no capability {text:?}")))?;
        numbers.push((number, at.clone()));
    }
    Ok((numbers, all))
}
