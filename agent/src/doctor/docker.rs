//! Docker's API on the network: who reaches it without a certificate is root, and no rule sees it.

use std::{fs, path::Path};

use serde_json::Value;

use super::Finding;
use crate::anchors::daemons;

const FILE: &str = "etc/docker/daemon.json";

pub(super) fn look(host: &Path) -> Option<Finding> {
    let config = fs::read_to_string(host.join(FILE)).ok();
    let config: Value = config
        .and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_default();
    let hosts = config["hosts"].as_array().into_iter().flatten();
    let mut open: Vec<_> = hosts.filter_map(Value::as_str).map(str::to_owned).collect();
    let mut verifies = config["tlsverify"] == true;
    for (_, args) in daemons::running(host)
        .into_iter()
        .filter(|(name, _)| *name == "dockerd")
    {
        for option in ["host", "H"] {
            open.extend(daemons::values(&args, option).map(str::to_owned));
        }
        verifies |= args
            .iter()
            .any(|arg| arg == "--tlsverify" || arg == "--tlsverify=true");
    }
    open.retain(|address| address.starts_with("tcp:"));
    open.sort();
    open.dedup();
    if open.is_empty() || verifies {
        return None;
    }
    let says = format!(
        "Docker listens on {} and asks for no certificate: who reaches it is root on this host",
        open.join(", ")
    );
    Some(Finding::warning("docker", says).remedy(
        "take tcp:// out of `hosts` in /etc/docker/daemon.json and out of -H in `systemctl cat \
         docker`, then systemctl restart docker; or set `tlsverify` there, with certificates",
    ))
}

#[cfg(test)]
mod tests {
    use super::{super::tests::host, *};

    fn says(text: &str) -> Option<String> {
        let host = host(&[(FILE, text)]);
        look(host.path()).map(|found| found.says)
    }

    #[test]
    fn only_without_certificates() {
        let open = says(r#"{"hosts":["unix:///var/run/docker.sock","tcp://0.0.0.0:2375"]}"#);
        assert!(open.unwrap().contains("on tcp://0.0.0.0:2375 and"));
        for text in [
            r#"{"hosts":["tcp://0.0.0.0:2376"],"tlsverify":true}"#,
            r#"{"hosts":["unix:///var/run/docker.sock"]}"#,
            "{",
            "",
        ] {
            assert_eq!(says(text), None, "{text}");
        }
    }
}
