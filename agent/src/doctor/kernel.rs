//! The kernel: version, BTF, security modules, lockdown, cgroups, hooks.

use std::{fs, path::Path};

use super::{Finding, boot};
use crate::probe;

/// The oldest that is tested.
const OLDEST: (u32, u32) = (6, 1);
const ARCHITECTURE: &str = "x86_64";

pub(super) fn look(host: &Path) -> Vec<Finding> {
    let text = |path: &str| fs::read_to_string(host.join(path)).ok();
    let mut all = vec![version(text("proc/sys/kernel/osrelease").as_deref())];
    all.push(architecture(std::env::consts::ARCH));
    all.push(btf(host));
    all.push(modules(host, text("sys/kernel/security/lsm").as_deref()));
    all.extend(others(text("sys/kernel/security/lsm").as_deref()));
    all.push(lockdown(text("sys/kernel/security/lockdown").as_deref()));
    all.push(cgroups(host));
    all.extend(hooks(host));
    all
}

fn version(release: Option<&str>) -> Finding {
    let release = release.unwrap_or_default().trim();
    let mut numbers = release.split(['.', '-', '+']).map(str::parse::<u32>);
    let (Some(Ok(major)), Some(Ok(minor))) = (numbers.next(), numbers.next()) else {
        return Finding::warning("kernel", "its version cannot be read");
    };
    if (major, minor) < OLDEST {
        let says = format!("Linux {release}: Bulkhead needs 6.1 or newer");
        return Finding::problem("kernel", says);
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
    if host.join("sys/kernel/btf/vmlinux").exists() {
        return Finding::fine("btf", "the kernel describes itself");
    }
    Finding::problem("btf", "the kernel does not describe itself")
        .remedy("install a kernel built with CONFIG_DEBUG_INFO_BTF=y, as Debian's, Fedora's and Ubuntu's are")
}

fn modules(host: &Path, lsm: Option<&str>) -> Finding {
    let Some(lsm) = lsm.map(str::trim) else {
        return Finding::problem("lsm", "which security modules are on cannot be told")
            .remedy("mount -t securityfs securityfs /sys/kernel/security");
    };
    if lsm.split(',').any(|module| module == "bpf") {
        return Finding::fine("lsm", lsm);
    }
    let says = format!("`bpf` is not among the security modules ({lsm}): nothing can be refused");
    Finding::problem("lsm", says).remedy(boot::add(host, &format!("lsm={lsm},bpf")))
}

/// They go on as before: the strictest counts.
fn others(lsm: Option<&str>) -> Option<Finding> {
    const MAJOR: &[&str] = &["apparmor", "selinux", "smack", "tomoyo"];
    let others: Vec<_> = lsm?.trim().split(',').collect();
    let others: Vec<_> = others
        .into_iter()
        .filter(|module| MAJOR.contains(module))
        .collect();
    let says = format!(
        "{} beside it: what either refuses is refused",
        others.join(", ")
    );
    (!others.is_empty()).then(|| Finding::fine("others", says))
}

fn lockdown(text: Option<&str>) -> Finding {
    let mode = text.and_then(|text| text.split_once('[')?.1.split(']').next());
    match mode {
        Some("confidentiality") => Finding::problem(
            "lockdown",
            "confidentiality: the kernel lets no program read its memory",
        )
        .remedy("boot with lockdown=integrity on the kernel's command line"),
        Some(mode) => Finding::fine("lockdown", mode),
        None => Finding::fine("lockdown", "not in this kernel"),
    }
}

fn cgroups(host: &Path) -> Finding {
    if host.join("sys/fs/cgroup/cgroup.controllers").exists() {
        return Finding::fine("cgroup", "version 2");
    }
    Finding::problem("cgroup", "no version 2 at /sys/fs/cgroup")
        .remedy(boot::add(host, "systemd.unified_cgroup_hierarchy=1"))
}

/// Of this machine's kernel alone: there is no other to ask.
fn hooks(host: &Path) -> Option<Finding> {
    if host != Path::new("/") {
        return None;
    }
    let missing = match probe::missing() {
        Ok(missing) => missing,
        Err(e) => return Some(Finding::problem("hooks", format!("{e:#}"))),
    };
    Some(if missing.is_empty() {
        Finding::fine("hooks", "every hook and field that Bulkhead uses is there")
    } else {
        let says = format!("this kernel has no {}", missing.join(", "));
        Finding::problem("hooks", says).remedy(
            "use a kernel that is tested (6.1, 6.12, 6.18, 7.3), or allow_missing = [\"RULE\"] in \
             the policy for the rules that `bulkhead status` names",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::{
        super::{Level, tests::host},
        *,
    };

    fn level(findings: &[Finding], about: &str) -> Level {
        let found = findings.iter().find(|finding| finding.about == about);
        found.unwrap_or_else(|| panic!("{about}")).level
    }

    #[test]
    fn a_host_that_can() {
        let host = host(&[
            ("proc/sys/kernel/osrelease", "6.12.107+deb13-cloud-amd64\n"),
            ("sys/kernel/btf/vmlinux", ""),
            (
                "sys/kernel/security/lsm",
                "lockdown,capability,apparmor,bpf\n",
            ),
            (
                "sys/kernel/security/lockdown",
                "none [integrity] confidentiality\n",
            ),
            ("sys/fs/cgroup/cgroup.controllers", "cpu"),
        ]);
        let found = look(host.path());
        assert!(found.iter().all(|f| f.level == Level::Fine), "{found:?}");
        assert!(found.iter().any(|f| f.says.starts_with("apparmor beside")));
    }

    #[test]
    fn a_host_that_lacks_everything() {
        let host = host(&[
            ("proc/sys/kernel/osrelease", "5.15.0-91-generic\n"),
            ("sys/kernel/security/lsm", "lockdown,capability\n"),
            (
                "sys/kernel/security/lockdown",
                "none integrity [confidentiality]\n",
            ),
            ("usr/sbin/update-grub", ""),
        ]);
        let found = look(host.path());
        for about in ["kernel", "btf", "lsm", "lockdown", "cgroup"] {
            assert_eq!(level(&found, about), Level::Problem, "{about}");
        }
        let remedy = |about: &str| {
            let found = found.iter().find(|finding| finding.about == about);
            found.and_then(|finding| finding.remedy.clone()).unwrap()
        };
        assert!(
            remedy("lsm").contains("lsm=lockdown,capability,bpf"),
            "{}",
            remedy("lsm")
        );
        assert!(remedy("cgroup").ends_with("update-grub && reboot"));
    }

    #[test]
    fn versions() {
        for (release, wanted) in [
            ("6.1.0-40-amd64", Level::Fine),
            ("7.3+deb13", Level::Fine),
            ("6.0.19", Level::Problem),
            ("5.10", Level::Problem),
            ("", Level::Warning),
        ] {
            assert_eq!(version(Some(release)).level, wanted, "{release}");
        }
        assert_eq!(architecture("aarch64").level, Level::Problem);
    }
}
