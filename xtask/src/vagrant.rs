//! The Vagrantfile, as far as it can be looked at without Vagrant.

use std::process::Command;

use anyhow::Result;

use crate::{cargo, exec, setup};

/// It is Ruby, and sets what it means to set.
pub(crate) fn check() -> Result<()> {
    setup::ensure(setup::DIST)?;
    let dir = cargo::workspace()?.join("vagrant");
    let ruby = |args: &[&str]| exec::quiet(Command::new("ruby").current_dir(&dir).args(args));
    ruby(&["-wc", "Vagrantfile"])?;
    ruby(&["check.rb"])?;
    exec::quiet(
        Command::new("sh")
            .current_dir(&dir)
            .args(["-n", "provision.sh"]),
    )
}
