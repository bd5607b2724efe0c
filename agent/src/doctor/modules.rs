//! Security modules: `bpf` among them, the others beside it, and lockdown.

use std::path::Path;

use super::{Finding, text};
use crate::host::{self, boot};

const LSM: &str = "sys/kernel/security/lsm";
/// Those with a policy of their own for every process.
const MAJOR: &[&str] = &["apparmor", "selinux", "smack", "tomoyo"];

pub(super) fn bpf(host: &Path) -> Finding {
    let lsm = match text(host, LSM) {
        Ok(Some(lsm)) => lsm,
        Ok(None) => {
            return Finding::problem("lsm", "which security modules are on cannot be told")
                .remedy("mount -t securityfs securityfs /sys/kernel/security");
        }
        Err(reason) => return Finding::unknown("lsm", reason),
    };
    let lsm = lsm.trim();
    if lsm.split(',').any(|module| module == "bpf") {
        return Finding::fine("lsm", lsm);
    }
    let says = format!("`bpf` is not among the security modules ({lsm}): nothing can be refused");
    Finding::problem("lsm", says).remedy(boot::set(host, "lsm", &format!("{lsm},bpf")))
}

/// The first module that refuses ends the question, so those in front hide what `bpf` would have
/// refused: it is refused all the same.
pub(super) fn others(host: &Path) -> Option<Finding> {
    let lsm = text(host, LSM).ok()??;
    let all: Vec<_> = lsm.trim().split(',').collect();
    let place = all.iter().position(|module| *module == "bpf")?;
    let is_major = |module: &&&str| MAJOR.contains(*module);
    let shown = |modules: &[&str], where_: &str| {
        let major: Vec<_> = modules.iter().filter(is_major).copied().collect();
        (!major.is_empty()).then(|| format!("{} {where_}", major.join(" and ")))
    };
    let before = shown(
        all.get(..place)?,
        "before bpf (what is refused there Bulkhead does not report)",
    );
    let after = shown(
        all.get(place..)?,
        "after bpf (not asked about what Bulkhead refuses)",
    );
    let says: Vec<_> = before.into_iter().chain(after).collect();
    (!says.is_empty()).then(|| Finding::fine("other-lsms", says.join("; ")))
}

pub(super) fn lockdown(host: &Path) -> Finding {
    match host::lockdown(host) {
        Ok(Some(mode)) if mode == host::CONFIDENTIALITY => {
            let says = format!("{mode}: the kernel lets no BPF program read its memory");
            Finding::problem("lockdown", says).remedy(boot::loosen_lockdown(host))
        }
        Ok(Some(mode)) => Finding::fine("lockdown", mode),
        Ok(None) => Finding::fine("lockdown", "not in use"),
        Err(e) => Finding::unknown("lockdown", format!("its mode cannot be read: {e}")),
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{Level, tests::host},
        *,
    };

    const LOCKDOWN: &str = "sys/kernel/security/lockdown";

    #[test]
    fn bpf_is_among_them_or_not() {
        let with = host(&[(LSM, "lockdown,capability,apparmor,bpf\n")]);
        let found = bpf(with.path());
        assert_eq!(found.level, Level::Fine);
        assert_eq!(found.says, "lockdown,capability,apparmor,bpf");

        let without = host(&[(LSM, "lockdown,capability,bpfx\n"), ("usr/sbin/grubby", "")]);
        let found = bpf(without.path());
        assert_eq!(found.level, Level::Problem);
        let remedy = found.remedy.unwrap();
        assert!(
            remedy.contains("--args=lsm=lockdown,capability,bpfx,bpf "),
            "{remedy}"
        );

        let found = bpf(host(&[]).path());
        assert_eq!(found.level, Level::Problem);
        assert!(found.remedy.unwrap().starts_with("mount -t securityfs"));
        // A folder cannot be read as a file, not even by root.
        let odd = host(&[("sys/kernel/security/lsm/x", "")]);
        assert_eq!(bpf(odd.path()).level, Level::Unknown);
    }

    #[test]
    fn which_others_are_asked_first() {
        for (lsm, says) in [
            (
                "lockdown,apparmor,tomoyo,bpf,ipe\n",
                Some(
                    "apparmor and tomoyo before bpf (what is refused there Bulkhead does not report)",
                ),
            ),
            (
                "bpf,selinux",
                Some("selinux after bpf (not asked about what Bulkhead refuses)"),
            ),
            ("lockdown,yama,bpf", None),
            ("apparmor", None),
        ] {
            let found = others(host(&[(LSM, lsm)]).path());
            let found = found.map(|found| found.says);
            assert_eq!(found.as_deref(), says, "{lsm}");
        }
        let both = others(host(&[(LSM, "apparmor,bpf,selinux")]).path()).unwrap();
        assert!(both.says.contains("apparmor before") && both.says.contains("selinux after"));
    }

    #[test]
    fn only_confidentiality_keeps_the_probe_out() {
        for (text, level, says) in [
            ("[none] integrity confidentiality\n", Level::Fine, "none"),
            (
                "none [integrity] confidentiality\n",
                Level::Fine,
                "integrity",
            ),
            ("", Level::Fine, "not in use"),
        ] {
            let found = lockdown(host(&[(LOCKDOWN, text)]).path());
            assert_eq!((found.level, found.says.as_str()), (level, says));
        }
        let locked = (LOCKDOWN, "none integrity [confidentiality]\n");
        let found = lockdown(host(&[locked]).path());
        assert_eq!(found.level, Level::Problem);
        assert!(found.remedy.unwrap().starts_with("take out what writes"));
        let files = [
            locked,
            ("proc/cmdline", "quiet lockdown=confidentiality\n"),
            ("usr/sbin/update-grub", ""),
            (
                "etc/default/grub",
                "GRUB_CMDLINE_LINUX=\"lockdown=confidentiality\"\n",
            ),
        ];
        let remedy = lockdown(host(&files).path()).remedy.unwrap();
        assert!(
            remedy.contains("/lockdown=integrity/g' /etc/default/grub && "),
            "{remedy}"
        );
    }
}
