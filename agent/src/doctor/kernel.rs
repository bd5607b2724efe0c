//! The kernel: version, BTF, cgroups, hooks, who may load BPF programs.

use std::path::Path;

use super::{Finding, modules, text};
use crate::{
    host::boot,
    probe::{self, Missing, ProbeError},
    status,
};

/// The oldest that is tested.
const OLDEST: (u32, u32) = (6, 1);
const ARCHITECTURE: &str = "x86_64";
const BTF: &str = "sys/kernel/btf/vmlinux";
const BPF_FOR_ALL: &str = "proc/sys/kernel/unprivileged_bpf_disabled";
/// A hook of every kernel with `CONFIG_BPF_LSM`.
const ANY_HOOK: &str = "file_open";
const NEWER: &str = "install a kernel that Bulkhead is tested on, Linux 6.1, 6.12, 6.18 or 7.3, as \
                     Debian's are";

pub(super) fn look(host: &Path) -> Vec<Finding> {
    let mut all = vec![version(&text(host, "proc/sys/kernel/osrelease"))];
    all.push(architecture(std::env::consts::ARCH));
    all.push(btf(host));
    let missing = host
        .join(BTF)
        .exists()
        .then(|| probe::missing(&host.join(BTF)));
    let has_lsm = !matches!(&missing, Some(Ok(missing)) if has(missing, ANY_HOOK));
    all.push(if has_lsm {
        modules::bpf(host)
    } else {
        Finding::problem("lsm", "this kernel was built without CONFIG_BPF_LSM").remedy(NEWER)
    });
    all.extend(modules::others(host));
    all.push(modules::lockdown(host));
    all.push(cgroups(host));
    all.extend(missing.filter(|_| has_lsm).map(hooks));
    all.extend(loading(host));
    all
}

fn version(release: &Result<Option<String>, String>) -> Finding {
    let release = match release {
        Ok(Some(release)) => release.trim(),
        Ok(None) => return Finding::unknown("kernel", "there is no /proc that tells its version"),
        Err(reason) => return Finding::unknown("kernel", reason),
    };
    let mut numbers = release.split(['.', '-', '+']).map(str::parse::<u32>);
    let (Some(Ok(major)), Some(Ok(minor))) = (numbers.next(), numbers.next()) else {
        return Finding::unknown(
            "kernel",
            format!("{release} is no version that is understood"),
        );
    };
    if (major, minor) < OLDEST {
        let says = format!("Linux {release}: Bulkhead needs 6.1 or newer");
        return Finding::problem("kernel", says).remedy(NEWER);
    }
    Finding::fine("kernel", format!("Linux {release}"))
}

fn architecture(name: &str) -> Finding {
    if name == ARCHITECTURE {
        Finding::fine("processor", name)
    } else {
        Finding::problem("processor", format!("{name}: only x86-64 is supported"))
    }
}

fn btf(host: &Path) -> Finding {
    if host.join(BTF).exists() {
        return Finding::fine("btf", "the kernel describes itself");
    }
    let says = format!("the kernel does not describe itself: there is no /{BTF}");
    Finding::problem("btf", says).remedy(
        "install a kernel built with CONFIG_DEBUG_INFO_BTF=y, as Debian's, Fedora's and Ubuntu's \
         are",
    )
}

fn cgroups(host: &Path) -> Finding {
    if host.join("sys/fs/cgroup/cgroup.controllers").exists() {
        return Finding::fine("cgroup", "version 2");
    }
    Finding::problem("cgroup", "no version 2 at /sys/fs/cgroup").remedy(boot::set(
        host,
        "systemd.unified_cgroup_hierarchy",
        "1",
    ))
}

fn has(missing: &[Missing], target: &str) -> bool {
    missing.iter().any(|missing| missing.target == target)
}

fn hooks(missing: Result<Vec<Missing>, ProbeError>) -> Finding {
    let missing = match missing {
        Ok(missing) if missing.is_empty() => {
            return Finding::fine("hooks", "every hook and field that Bulkhead uses is there");
        }
        Ok(missing) => missing,
        Err(e) => {
            let says = format!("{:#}", anyhow::Error::new(e));
            return Finding::problem("hooks", says).remedy(NEWER);
        }
    };
    let mut rules = Vec::new();
    let mut lacks = Vec::new();
    for Missing { program, target } in missing {
        let of = status::needing(program);
        let shown = if of.is_empty() {
            "every rule".to_owned()
        } else {
            of.join(", ")
        };
        lacks.push(format!("{target} ({shown})"));
        rules.extend(of.iter().map(|rule| format!("\"{rule}\"")));
    }
    lacks.dedup();
    rules.sort();
    rules.dedup();
    let says = format!("this kernel has no {}", lacks.join(", no "));
    let remedy = if lacks.iter().any(|hook| hook.ends_with("(every rule)")) {
        NEWER.to_owned()
    } else {
        let rules = rules.join(", ");
        format!("{NEWER}; or do without: allow_missing = [{rules}] in the policy")
    };
    Finding::problem("hooks", says).remedy(remedy)
}

/// A container is refused that anyway; this is about the host's own users.
fn loading(host: &Path) -> Option<Finding> {
    const SETTING: &str = "kernel.unprivileged_bpf_disabled";
    let about = "unprivileged-bpf";
    match text(host, BPF_FOR_ALL) {
        Ok(text) => match text?.trim() {
            "0" => Some(
                Finding::warning(about, "every user may load BPF programs into the kernel").remedy(
                    format!(
                        "echo {SETTING}=2 > /etc/sysctl.d/60-bulkhead.conf && sysctl -w {SETTING}=2"
                    ),
                ),
            ),
            _ => Some(Finding::fine(about, "only root may load BPF programs")),
        },
        Err(reason) => Some(Finding::unknown(about, reason)),
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{
            Level,
            tests::{about, host},
        },
        *,
    };

    #[test]
    fn versions() {
        let level = |release: &str| version(&Ok(Some(release.to_owned()))).level;
        for (release, wanted) in [
            ("6.1.0-40-amd64\n", Level::Fine),
            ("7.3+deb13", Level::Fine),
            ("6.0.19", Level::Problem),
            ("5.15.0-91-generic", Level::Problem),
            ("", Level::Unknown),
        ] {
            assert_eq!(level(release), wanted, "{release}");
        }
        assert_eq!(version(&Ok(None)).level, Level::Unknown);
        assert_eq!(version(&Err("x".to_owned())).level, Level::Unknown);
        assert_eq!(architecture("x86_64").level, Level::Fine);
        assert_eq!(architecture("aarch64").level, Level::Problem);
    }

    #[test]
    fn btf_and_cgroups() {
        let with = host(&[(BTF, ""), ("sys/fs/cgroup/cgroup.controllers", "cpu")]);
        assert_eq!(btf(with.path()).level, Level::Fine);
        assert_eq!(cgroups(with.path()).level, Level::Fine);
        let without = host(&[("usr/sbin/update-grub", "")]);
        assert_eq!(btf(without.path()).level, Level::Problem);
        let found = cgroups(without.path());
        assert_eq!(found.level, Level::Problem);
        let remedy = found.remedy.unwrap();
        assert!(
            remedy.contains(" systemd.unified_cgroup_hierarchy=1\""),
            "{remedy}"
        );
    }

    #[test]
    fn a_hook_that_is_missing_is_named_with_its_rules() {
        let missing = |program, target| Missing { program, target };
        assert_eq!(hooks(Ok(vec![])).level, Level::Fine);
        let lacks = vec![
            missing("userns_create", "userns_create"),
            missing("netns_enter", "netns_install"),
            missing("netns_leave", "netns_install"),
        ];
        let found = hooks(Ok(lacks));
        assert_eq!(found.level, Level::Problem);
        assert_eq!(
            found.says,
            "this kernel has no userns_create (user-namespace), no netns_install (setns)"
        );
        let remedy = found.remedy.unwrap();
        let end = "allow_missing = [\"setns\", \"user-namespace\"] in the policy";
        assert!(remedy.ends_with(end), "{remedy}");
        let found = hooks(Ok(vec![missing("task_alloc", "task_alloc")]));
        assert_eq!(found.says, "this kernel has no task_alloc (every rule)");
        assert_eq!(found.remedy.unwrap(), NEWER);
        let found = hooks(Err(ProbeError::Fields("mount.mnt_ns".to_owned())));
        assert_eq!(found.says, "this kernel's BTF lacks mount.mnt_ns");
    }

    #[test]
    fn a_btf_that_is_none_is_a_problem_of_the_hooks() {
        let host = host(&[(BTF, "")]);
        let found = look(host.path());
        assert_eq!(about(&found, "btf")[0].level, Level::Fine);
        assert_eq!(about(&found, "hooks")[0].level, Level::Problem);
    }

    #[test]
    fn who_may_load_programs() {
        for (text, level) in [
            ("0\n", Level::Warning),
            ("1\n", Level::Fine),
            ("2\n", Level::Fine),
        ] {
            let host = host(&[(BPF_FOR_ALL, text)]);
            let found = loading(host.path()).unwrap();
            assert_eq!(found.level, level, "{text}");
            assert_eq!(found.remedy.is_some(), level == Level::Warning);
        }
        assert_eq!(loading(host(&[]).path()), None);
    }
}
