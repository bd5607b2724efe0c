//! Docker's API on the network: who reaches it without a certificate does what root does, and no
//! rule sees it.

use std::{collections::BTreeSet, path::Path};

use serde_json::Value;

use super::{Finding, text};
use crate::anchors::daemons;

const FILE: &str = "etc/docker/daemon.json";
const ABOUT: &str = "docker-api";

/// Where Docker listens, and who says so.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Api {
    /// Addresses in the configuration file, and in command lines of dockerd.
    in_file: BTreeSet<String>,
    in_args: BTreeSet<String>,
    asks_for_certificates: bool,
}

/// Each dockerd that runs; the file alone where none is seen.
pub(super) fn all(host: &Path) -> Result<Vec<Api>, String> {
    let running = daemons::running(host).into_iter();
    let running = running.filter(|(name, _)| *name == "dockerd");
    let all: Result<Vec<_>, _> = running.map(|(_, args)| of(host, &args)).collect();
    let all = all?;
    Ok(if all.is_empty() {
        vec![of(host, &[])?]
    } else {
        all
    })
}

fn of(host: &Path, args: &[String]) -> Result<Api, String> {
    let file = daemons::values(args, "config-file").last().unwrap_or(FILE);
    let config = text(host, file.trim_start_matches('/'))?.unwrap_or_default();
    // What is wrong with the file is said where it is read for the runtimes' places.
    let config: Value = serde_json::from_str(&config).unwrap_or_default();
    let hosts = config["hosts"].as_array().into_iter().flatten();
    let in_file = hosts.filter_map(Value::as_str).map(address).collect();
    let named = ["host", "H"]
        .into_iter()
        .flat_map(|option| daemons::values(args, option));
    // `-Htcp://…` in one word.
    let attached = args.iter().filter_map(|arg| arg.strip_prefix("-H"));
    let attached = attached.filter(|value| !value.is_empty() && !value.starts_with('='));
    let verifies = args.iter().any(|arg| {
        let value = arg.trim_start_matches('-').strip_prefix("tlsverify");
        // As Go reads truth.
        matches!(
            value,
            Some("" | "=1" | "=t" | "=T" | "=true" | "=TRUE" | "=True")
        )
    });
    Ok(Api {
        in_file,
        in_args: named.chain(attached).map(address).collect(),
        asks_for_certificates: verifies || config["tlsverify"] == true,
    })
}

/// Docker takes an address without a scheme for TCP.
fn address(text: &str) -> String {
    if text.contains("://") {
        text.to_owned()
    } else {
        format!("tcp://{text}")
    }
}

impl Api {
    /// Its sockets, as paths.
    pub(super) fn sockets(&self) -> impl Iterator<Item = &str> {
        let all = self.in_file.union(&self.in_args);
        all.filter_map(|address| address.strip_prefix("unix://"))
    }

    fn finding(&self) -> Option<Finding> {
        let is_open = |address: &&String| address.starts_with("tcp:");
        let open: Vec<_> = self
            .in_file
            .union(&self.in_args)
            .filter(is_open)
            .cloned()
            .collect();
        let open = open.join(", ");
        if open.is_empty() {
            return None;
        }
        if self.asks_for_certificates {
            let says = format!("Docker listens on {open} and asks for certificates");
            return Some(Finding::fine(ABOUT, says));
        }
        let says = format!(
            "Docker listens on {open} and asks for no certificate: who reaches it does with it what \
             root does"
        );
        let from = if self.in_args.iter().any(|address| is_open(&address)) {
            "systemctl edit --full docker: take `-H tcp://…` out of ExecStart"
        } else {
            "take tcp://… out of `hosts` in /etc/docker/daemon.json"
        };
        let remedy =
            format!("{from}, or add `tlsverify` with certificates; then systemctl restart docker");
        Some(Finding::warning(ABOUT, says).remedy(remedy))
    }
}

pub(super) fn look(host: &Path) -> Vec<Finding> {
    match all(host) {
        Ok(all) => all.iter().filter_map(Api::finding).collect(),
        Err(reason) => vec![Finding::unknown(ABOUT, reason)],
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{Level, tests::host},
        *,
    };

    #[track_caller]
    fn check(file: &str, args: &[&str], expected: Option<(Level, &str)>) {
        let host = host(&[(FILE, file)]);
        let args: Vec<_> = args.iter().map(|arg| (*arg).to_owned()).collect();
        let found = of(host.path(), &args).unwrap().finding();
        let found = found.map(|found| (found.level, found.says));
        match (found, expected) {
            (None, None) => {}
            (Some((level, says)), Some((wanted, start))) => {
                assert_eq!(level, wanted, "{says}");
                assert!(says.starts_with(start), "{says}");
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_file_says_so() {
        check(
            r#"{"hosts":["unix:///var/run/docker.sock","tcp://0.0.0.0:2375"]}"#,
            &[],
            Some((
                Level::Warning,
                "Docker listens on tcp://0.0.0.0:2375 and asks for no",
            )),
        );
        check(
            r#"{"hosts":["tcp://0.0.0.0:2376"],"tlsverify":true}"#,
            &[],
            Some((
                Level::Fine,
                "Docker listens on tcp://0.0.0.0:2376 and asks for certificates",
            )),
        );
        // Encrypted, for everybody.
        check(
            r#"{"hosts":["tcp://0.0.0.0:2376"],"tls":true}"#,
            &[],
            Some((Level::Warning, "")),
        );
        for text in [
            r#"{"hosts":["unix:///var/run/docker.sock","fd://"]}"#,
            "{",
            "",
        ] {
            check(text, &[], None);
        }
    }

    #[test]
    fn the_command_line_says_so() {
        let open = Some((Level::Warning, "Docker listens on tcp://0.0.0.0:2375 and"));
        for args in [
            &["-H", "fd://", "-H", "tcp://0.0.0.0:2375"][..],
            &["-H=tcp://0.0.0.0:2375"],
            &["-Htcp://0.0.0.0:2375"],
            &["--host=0.0.0.0:2375"],
            &["--host", "tcp://0.0.0.0:2375", "--tls", "--tlsverify=false"],
        ] {
            check("", args, open);
        }
        let asks = Some((Level::Fine, "Docker listens on tcp://0.0.0.0:2376 and"));
        for verify in ["--tlsverify", "-tlsverify=1", "--tlsverify=true"] {
            check("", &["-H", "tcp://0.0.0.0:2376", verify], asks);
        }
        check("", &["-H", "fd://", "--config-file", "/x"], None);
        check("", &["-H"], None);
    }

    #[test]
    fn the_remedy_is_where_it_is_said() {
        let host = host(&[("srv/d.json", r#"{"hosts":["tcp://a:1"]}"#)]);
        let args = |args: &[&str]| args.iter().map(|arg| (*arg).to_owned()).collect::<Vec<_>>();
        let elsewhere = of(host.path(), &args(&["--config-file=/srv/d.json"])).unwrap();
        let remedy = elsewhere.finding().unwrap().remedy.unwrap();
        assert!(
            remedy.starts_with("take tcp://… out of `hosts` in "),
            "{remedy}"
        );
        let api = of(
            host.path(),
            &args(&["-H", "tcp://a:1", "-H", "unix:///srv/d.sock"]),
        )
        .unwrap();
        let remedy = api.finding().unwrap().remedy.unwrap();
        assert!(
            remedy.starts_with("systemctl edit --full docker: "),
            "{remedy}"
        );
        assert_eq!(api.sockets().collect::<Vec<_>>(), ["/srv/d.sock"]);
    }

    #[test]
    fn a_file_that_cannot_be_read_is_said() {
        let host = host(&[("etc/docker/daemon.json/x", "")]);
        let found = look(host.path());
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].level, Level::Unknown);
    }
}
