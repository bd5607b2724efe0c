//! Attacks by mounts that share one container where nothing is refused.

use std::collections::HashMap;

use anyhow::Result;

use crate::{
    attack::{Attack, Mount, Prepare, Way},
    docker::{ATTACKER, docker},
    host::Host,
    outcome::Outcome,
    stage::Stage,
};

#[derive(Clone)]
struct Member {
    name: &'static str,
    mount: Mount,
    prepare: Option<Prepare>,
}

#[derive(Clone, Default)]
pub struct Crowd {
    members: Vec<Member>,
    /// What each script printed, after the container has run.
    said: Option<HashMap<String, String>>,
}

impl Crowd {
    /// The attacks of these that go by mounts.
    #[must_use]
    pub fn of(attacks: &[Attack]) -> Self {
        let member = |attack: &Attack| match &attack.way {
            Way::DockerMount(mount) => {
                let (name, prepare) = (attack.name, attack.prepare);
                Some(Member {
                    name,
                    mount: mount.clone(),
                    prepare,
                })
            }
            _ => None,
        };
        Self {
            members: attacks.iter().filter_map(member).collect(),
            said: None,
        }
    }

    /// What came of one of them; the container is run for the first that asks.
    ///
    /// # Errors
    /// If something that an attack needs cannot be made.
    pub fn outcome(&mut self, host: &Host, stage: &Stage, name: &str) -> Result<Outcome> {
        let said = match self.said.take() {
            Some(said) => said,
            None => self.run(host, stage)?,
        };
        let output = said.get(name).cloned();
        self.said = Some(said);
        Ok(output.map_or_else(
            || Outcome::not_tried("the container that all mounts share did not start"),
            |output| Outcome { status: 0, output },
        ))
    }

    fn run(&self, host: &Host, stage: &Stage) -> Result<HashMap<String, String>> {
        let mut argv: Vec<String> = ["run", "--privileged", "--network", "none", "--name"]
            .map(String::from)
            .to_vec();
        argv.push(stage.named("crowd"));
        let mut script = String::new();
        for member in &self.members {
            member.prepare.map_or(Ok(()), |prepare| prepare(host))?;
            let put = |text: &str| {
                let at = format!("/at/{}", member.name);
                stage.expand(host, text).replace("{at}", &at)
            };
            argv.extend(member.mount.options.iter().map(|option| put(option)));
            script += &format!("echo '== {}'\n{}\n", member.name, put(member.mount.script));
        }
        argv.extend([ATTACKER, "sh", "-c", &script].map(String::from));
        let outcome = docker(&argv.iter().map(String::as_str).collect::<Vec<_>>())?;
        Ok(sections(&outcome.output))
    }
}

/// What follows each heading.
fn sections(output: &str) -> HashMap<String, String> {
    let sections = output.split("== ").skip(1);
    sections
        .filter_map(|section| section.split_once('\n'))
        .map(|(name, said)| (name.to_owned(), said.to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_script_has_its_own_output() {
        let said = sections("warning\n== one\nsecret\n== two\n== three\nno\nmore\n");
        assert_eq!(said["one"], "secret\n");
        assert_eq!(said["two"], "");
        assert_eq!(said["three"], "no\nmore\n");
        assert_eq!(said.len(), 3);
    }
}
