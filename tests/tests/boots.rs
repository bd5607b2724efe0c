//! What only another kernel command line shows. Each boot has a machine of its own, busybox alone,
//! and `BOOT` names it; `cargo xtask test` knows the command lines.

use std::{env, fs, os::unix::fs::PermissionsExt as _, process::ExitCode};

use anyhow::{Context, Result, bail, ensure};
use bulkhead_tests::{agent::Agent, command, outcome::Outcome};
use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::Value;

const LSM: &str = "/sys/kernel/security/lsm";
const GRUB: &str = "/etc/default/grub";
/// What our `update-grub` writes instead of a boot loader's configuration.
const WRITTEN: &str = "/tmp/cmdline";

type Check = fn() -> Result<()>;

const WITHOUT_BPF: &[(&str, Check)] = &[
    ("run_refuses", run_refuses),
    ("doctor_names_the_command", doctor_names_the_command),
    ("the_command_mends_it", the_command_mends_it),
    ("monitoring_is_alarmed", monitoring_is_alarmed),
];
/// In this order: lockdown only ever gets stricter.
const INTEGRITY: &[(&str, Check)] = &[
    ("doctor_is_content", doctor_is_content),
    ("run_enforces", run_enforces),
    ("confidentiality_is_too_much", confidentiality_is_too_much),
];

fn main() -> Result<ExitCode> {
    let mut arguments = Arguments::from_args();
    arguments.test_threads = Some(1);
    let boot = env::var("BOOT").context("which boot is this?")?;
    let checks = match boot.as_str() {
        "without_bpf" => WITHOUT_BPF,
        "integrity" => INTEGRITY,
        other => bail!("no boot is called {other}"),
    };
    let trial = |(name, check): &(&str, Check)| {
        let check = *check;
        Trial::test(format!("boot::{boot}::{name}"), move || {
            check().map_err(|error| Failed::from(format!("{error:#}")))
        })
    };
    let conclusion = libtest_mimic::run(&arguments, checks.iter().map(trial).collect());
    Ok(if conclusion.has_failed() {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// What this host needs on its command line, by the modules that are on.
fn wanted() -> Result<String> {
    let modules = fs::read_to_string(LSM)?;
    ensure!(!modules.contains("bpf"), "booted with {modules}");
    Ok(format!("lsm={},bpf", modules.trim()))
}

fn ends(argv: &[&str], status: i32, words: &[&str]) -> Result<Outcome> {
    let outcome = command::run(argv)?;
    ensure!(outcome.status == status, "not {status}: {outcome:?}");
    for word in words {
        ensure!(outcome.output.contains(word), "no {word:?}: {outcome:?}");
    }
    Ok(outcome)
}

fn run_refuses() -> Result<()> {
    let hint = format!("hint: write {} in the place of lsm=… on", wanted()?);
    let says = "`bpf` is not among the security modules (";
    ends(&["bulkhead", "run"], 4, &[says, &hint])?;
    Ok(())
}

fn doctor_names_the_command() -> Result<()> {
    let remedy = format!("→ write {} in the place of", wanted()?);
    // The rest of this machine is well.
    let words = [
        "PROBLEM  lsm ",
        &remedy,
        "ok       hooks ",
        "this host cannot enforce: 1 to mend",
    ];
    ends(&["bulkhead", "doctor"], 4, &words)?;
    Ok(())
}

/// On what looks like Debian: what is said is done, and our `update-grub` tells what of it.
fn the_command_mends_it() -> Result<()> {
    let wanted = wanted()?;
    fs::create_dir_all("/etc/default")?;
    fs::create_dir_all("/usr/sbin")?;
    let tool = "/usr/sbin/update-grub";
    let text = format!(
        "#!/bin/sh\n. {GRUB}\nfor file in /etc/default/grub.d/*.cfg; do [ ! -e $file ] || . $file; \
         done\necho \"$GRUB_CMDLINE_LINUX\" > {WRITTEN}\n"
    );
    fs::write(tool, text)?;
    fs::set_permissions(tool, fs::Permissions::from_mode(0o755))?;
    for file in [
        "GRUB_CMDLINE_LINUX=\"quiet lsm=capability rw\"\n",
        "GRUB_CMDLINE_LINUX=\"quiet rw\"\n",
    ] {
        fs::write(GRUB, file)?;
        let said = ends(&["bulkhead", "run"], 4, &[])?.output;
        let hint = said.lines().find_map(|line| line.strip_prefix("hint: "));
        let change = hint.and_then(|hint| Some(hint.split_once(" && reboot; ")?.0));
        let change = change.with_context(|| format!("no command in {said}"))?;
        command::must(&["sh", "-c", change])?;
        let written = fs::read_to_string(WRITTEN)?;
        let words: Vec<_> = written.split_whitespace().collect();
        ensure!(words.contains(&wanted.as_str()), "{change}: {written}");
        ensure!(written.matches("lsm=").count() == 1, "{change}: {written}");
        ensure!(
            words.contains(&"quiet") && words.contains(&"rw"),
            "{written}"
        );
    }
    Ok(())
}

fn monitoring_is_alarmed() -> Result<()> {
    let line = "BULKHEAD CRITICAL - no agent is running";
    let said = ends(&["bulkhead", "status", "-o", "nagios"], 2, &[line])?;
    ensure!(said.output.lines().count() == 1, "{said:?}");
    Ok(())
}

/// The command line is as the other boot's doctor said, so that was right.
fn doctor_is_content() -> Result<()> {
    let said = ends(&["bulkhead", "doctor", "-o", "json"], 0, &[])?;
    let report: Value = serde_json::from_str(&said.output).with_context(|| format!("{said:?}"))?;
    ensure!(report["ok"] == true, "{report}");
    let findings = report["findings"].as_array().context("no findings")?;
    let mut modes = findings
        .iter()
        .filter(|finding| finding["about"] == "lockdown");
    ensure!(
        modes.any(|finding| finding["says"] == "integrity"),
        "{report}"
    );
    Ok(())
}

/// Ready is only who was refused something.
fn run_enforces() -> Result<()> {
    let agent = Agent::start(&[])?;
    let said = ends(
        &["bulkhead", "status", "-o", "nagios"],
        0,
        &["BULKHEAD OK - enforcing ("],
    )?;
    ensure!(said.output.lines().count() == 1, "{said:?}");
    agent.stop()
}

fn confidentiality_is_too_much() -> Result<()> {
    fs::write("/sys/kernel/security/lockdown", "confidentiality")?;
    let remedy = "write lockdown=integrity in the place of lockdown=… on the kernel's command line";
    let problem = "PROBLEM  lockdown         confidentiality: ";
    let words = [problem, remedy, "cannot enforce: 1 to mend"];
    ends(&["bulkhead", "doctor"], 4, &words)?;
    let hint = format!("hint: {remedy}");
    ends(
        &["bulkhead", "run"],
        4,
        &["lockdown is in confidentiality mode", &hint],
    )?;
    Ok(())
}
