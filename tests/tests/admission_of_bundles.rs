//! The same settings in plain OCI bundles, which no engine knows of: what a bundle asks for is refused
//! for its rule, is let in by the profile that says so, and `bulkhead explain --bundle` agrees.

use anyhow::{Context, Result, ensure};
use bulkhead_tests::{
    bundle::Bundle,
    command,
    explain::explain,
    host::Host,
    record::Expected,
    stage::{Phase, Stage},
};
use serde_json::json;

use crate::suite::Suite;

const DIRECTORY: &str = "/srv/bundles/asks";

struct Case {
    name: &'static str,
    asks: fn(Bundle, &Host) -> Result<Bundle>,
    /// The rule, and a word of the record's `violations`.
    rule: &'static str,
    word: &'static str,
    /// What the profile says on top of what every bundle here needs, and what lets it in.
    says: &'static str,
    lets: &'static str,
}

/// A mount of this type, which no container has.
macro_rules! filesystem {
    ($kind:literal) => {
        Case {
            name: $kind,
            asks: |bundle, _| bundle.mount($kind, $kind, "/tmp"),
            rule: "kernel-filesystem",
            word: concat!("[\"", $kind, "\"]"),
            says: "",
            lets: concat!("kernel_filesystems = [\"", $kind, "\"]"),
        }
    };
}

const CASES: &[Case] = &[
    Case {
        name: "capability",
        asks: |bundle, _| Ok(bundle),
        rule: "capabilities",
        word: "[\"SYS_ADMIN\"]",
        says: "capabilities.drop = [\"SYS_ADMIN\"]",
        lets: "capabilities.add = [\"SYS_ADMIN\"]",
    },
    Case {
        name: "host_pid",
        asks: |bundle, _| bundle.sharing("pid"),
        rule: "host-namespace",
        word: "[\"pid\"]",
        says: "",
        lets: "host_namespaces = [\"pid\"]",
    },
    Case {
        name: "host_network",
        asks: |bundle, _| bundle.sharing("network"),
        rule: "host-namespace",
        word: "[\"net\"]",
        says: "",
        lets: "host_namespaces = [\"net\"]",
    },
    Case {
        name: "unmasked_proc",
        asks: |bundle, _| {
            let bundle = bundle.with("/linux/maskedPaths", json!([]))?;
            bundle.with("/linux/readonlyPaths", json!([]))
        },
        rule: "proc-mount",
        word: "\"/proc\"",
        says: "",
        lets: "proc_mount = \"unmasked\"",
    },
    Case {
        name: "no_seccomp",
        asks: |bundle, _| Ok(bundle),
        rule: "seccomp",
        word: "seccomp",
        says: "seccomp = \"required\"",
        lets: "seccomp = \"any\"",
    },
    Case {
        name: "new_privileges",
        asks: |bundle, _| bundle.with("/process/noNewPrivileges", json!(false)),
        rule: "no-new-privs",
        word: "no-new-privs",
        says: "no_new_privs = \"required\"",
        lets: "no_new_privs = \"any\"",
    },
    Case {
        name: "root_user",
        asks: |bundle, _| Ok(bundle),
        rule: "root-user",
        word: "root-user",
        says: "user = \"non-root\"",
        lets: "user = \"any\"",
    },
    Case {
        name: "host_path",
        asks: |bundle, _| bundle.mount("bind", "/etc", "/tmp"),
        rule: "host-path",
        word: "\"/etc\"",
        says: "",
        lets: "host_paths = [{ path = \"/etc\" }]",
    },
    Case {
        name: "disk",
        asks: |bundle, host| bundle.mount("ext4", host.fact("loop")?, "/tmp"),
        rule: "block-device",
        word: "block-device",
        says: "",
        lets: "devices = [\"{loop}\"]",
    },
    filesystem!("debugfs"),
    filesystem!("tracefs"),
    filesystem!("securityfs"),
    filesystem!("bpf"),
    filesystem!("configfs"),
    filesystem!("binfmt_misc"),
];

pub(crate) fn register(suite: &mut Suite) {
    for runtime in ["runc", "crun"] {
        for case in CASES {
            let name = format!("policy::admission_by_{runtime}::{}", case.name);
            suite.trial(Phase::Policy, name, move |host, stage| {
                one(host, stage, runtime, case)
            });
            if runtime == "runc" {
                suite.everywhere(1);
            }
        }
    }
}

fn one(host: &Host, stage: &Stage, runtime: &str, case: &Case) -> Result<()> {
    let bundle = Bundle::make(&host.actor, DIRECTORY, &["/bin/echo", "hello"])?;
    let bundle = (case.asks)(bundle, host)?;
    // Some filesystems are modules.
    if case.rule == "kernel-filesystem" {
        command::run(&["modprobe", "-q", case.name])?;
    }
    let policy = |profile: &str| {
        let lets = host.expand(case.lets);
        format!(
            "[[profile]]\nname = \"bundles\"\n\
             host_paths = [{{ path = \"/srv/bundles\", access = \"rw\" }}]\n\
             {SYS_ADMIN}\
             [[profile]]\nname = \"says\"\nextends = \"bundles\"\n{}\n\
             [[profile]]\nname = \"lets\"\nextends = \"says\"\n{lets}\n\
             [[assign]]\nruntime = \"{runtime}\"\nprofile = \"{profile}\"\n",
            case.says
        )
    };
    let agent = stage.ruled_by(&policy("says"))?;
    let since = agent.now();
    let outcome = bundle.run(runtime, "policy-asks")?;
    ensure!(!outcome.worked(None), "SUCCEEDED: {outcome:?}");
    let expected = Expected {
        verdict: "denied",
        rules: &[case.rule],
        hook: Some("bprm_check_security"),
        ..Expected::default()
    };
    let (_, record) = agent.denial(since, &expected)?;
    let text = record.to_string();
    ensure!(text.contains(case.word), "no {} in {text}", case.word);
    let rules = record.each("/violations", "rule");
    ensure!(rules == [case.rule], "{rules:?} in {text}");
    foretold(&policy("says"), &rules)?;

    stage.ruled_by(&policy("lets"))?;
    let outcome = bundle.run(runtime, "policy-asks")?;
    let printed = agent.printed();
    ensure!(outcome.worked(Some("hello")), "{outcome:?}\n{printed}");
    foretold(&policy("lets"), &[])
}

/// Every bundle of the tests has it.
const SYS_ADMIN: &str = "capabilities.add = [\"SYS_ADMIN\"]\n";

/// `explain` cannot know what will run the bundle, so the profile is everybody's here.
fn foretold(policy: &str, rules: &[&str]) -> Result<()> {
    const ELSEWHERE: &str = "/tmp/asks.toml";
    let assigned = policy
        .lines()
        .rfind(|line| line.starts_with("profile = "))
        .context("an assign")?;
    let default = assigned.replacen("profile", "default", 1);
    std::fs::write(ELSEWHERE, format!("{default}\n{policy}"))?;
    let (_, answer) = explain(ELSEWHERE, &["--bundle", DIRECTORY])?;
    let found = answer.each("/refusals", "rule");
    ensure!(
        found == rules,
        "explain: {found:?}, not {rules:?}: {answer}"
    );
    Ok(())
}
