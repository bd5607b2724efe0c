//! What strangers write and `bulkhead explain` reads: a bundle's `config.json`, and a pod's YAML. What
//! can be read gets an answer.
#![no_main]

use std::sync::LazyLock;

use bulkhead_fuzz::{
    Folder,
    explain::{self, Asked, ExplainError, Host},
    policy::Policy,
};
use libfuzzer_sys::fuzz_target;

const HOST_MOUNTS: &str = "\
1 0 8:1 / / rw - ext4 /dev/sda1 rw
2 1 0:5 / /proc rw - proc proc rw
3 1 0:6 / /sys rw - sysfs sysfs rw
4 1 8:2 / /srv rw - ext4 /dev/sda2 rw
";

struct Reader {
    folder: Folder,
    host: Host,
    policies: [Policy; 2],
}

static READER: LazyLock<Reader> = LazyLock::new(|| {
    let folder = Folder::new();
    folder.write("proc/1/mountinfo", HOST_MOUNTS.as_bytes());
    for path in ["etc/passwd", "srv/x", "run/docker.sock", "bundle/rootfs/x"] {
        folder.write(path, b"");
    }
    let restricted = Policy {
        default: "restricted".to_owned(),
        ..Policy::default()
    };
    Reader {
        host: Host::read(folder.path()),
        folder,
        policies: [Policy::default(), restricted],
    }
});

fuzz_target!(|data: &[u8]| {
    READER.folder.write("bundle/config.json", data);
    let file = READER.folder.path().join("bundle/config.json");
    let bundle = explain::bundle(&file, &READER.host);
    READER.answer(bundle.map(|asked| vec![asked]));
    READER.answer(explain::pod(&file));
});

impl Reader {
    fn answer(&self, asked: Result<Vec<Asked>, ExplainError>) {
        let all = match asked {
            Ok(all) => all,
            Err(error) => {
                assert!(!error.to_string().is_empty());
                return;
            }
        };
        for asked in all {
            for policy in &self.policies {
                let answer = explain::answer(policy, asked.clone(), &self.host);
                assert!(!answer.to_string().is_empty());
            }
        }
    }
}
