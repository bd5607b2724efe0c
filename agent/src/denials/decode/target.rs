//! What it was tried on: only the fields that the rule and the hook have.

use probe_common::{
    record,
    rule::{hooks, rules},
    walk::rule_of,
};

use super::{Target, Violation, paths, some};

pub(super) fn target(record: &record::Denial, violations: &[Violation]) -> Target {
    if !violations.is_empty() {
        return admission(record, violations);
    }
    let common = Target {
        fs: paths::text(&record.fs),
        dev: some(record.dev, 0).map(device),
        ino: some(record.ino, 0),
        namespace: some(record.namespace, 0),
        pid: some(record.target_pid, 0),
        comm: paths::text(&record.target_comm),
        flags: some(record.call_flags, 0),
        ..Target::default()
    };
    let file = matches!(record.hook, hooks::FILE_OPEN | hooks::FILE_RECEIVE);
    match record.rule {
        rules::MOUNT if !file => Target {
            source: plain(record),
            path: (length(record) > 0).then(|| path(record)),
            ..common
        },
        rules::MOUNT | rules::NAMESPACE_FILE | rules::KERNEL_INTERFACE => Target {
            path: plain(record),
            ..common
        },
        rules::FOREIGN_PROCESS => Target {
            signal: (record.hook == hooks::TASK_KILL).then_some(record.detail),
            ..common
        },
        rules::FOREIGN_FILE => Target {
            host_path: plain(record),
            ..common
        },
        rules::DEVICE => of_device(record, common),
        rules::RUNTIME_SOCKET => Target {
            socket: paths::socket(host_bytes(record)),
            ..common
        },
        rules::KERNEL_CODE => of_kernel_code(record, common),
        rules::CRYPTO_SOCKET => Target {
            detail: Some(record.detail),
            ..common
        },
        _ => common,
    }
}

fn of_device(record: &record::Denial, common: Target) -> Target {
    let ioctl = matches!(record.hook, hooks::FILE_IOCTL | hooks::FILE_IOCTL_COMPAT);
    let number = if ioctl { 0 } else { record.detail };
    Target {
        path: plain(record),
        dev: common.dev.or_else(|| some(number, 0).map(device)),
        detail: ioctl.then_some(record.detail),
        ..common
    }
}

fn of_kernel_code(record: &record::Denial, common: Target) -> Target {
    let request = record.hook == hooks::KERNEL_MODULE_REQUEST;
    // Zero is a command, an id and a reason like any other.
    let numbered = matches!(
        record.hook,
        hooks::BPF | hooks::KERNEL_READ_FILE | hooks::KERNEL_LOAD_DATA | hooks::LOCKED_DOWN
    );
    let (module, path) = if request {
        (plain(record), None)
    } else {
        (None, plain(record))
    };
    Target {
        module,
        path,
        detail: numbered.then_some(record.detail),
        ..common
    }
}

/// Major and minor number, in the kernel's own encoding.
fn device(number: u32) -> String {
    format!("{}:{}", number >> 20, number & 0xf_ffff)
}

fn host_length(record: &record::Denial) -> usize {
    (record.path_lengths & 0xffff) as usize
}

fn length(record: &record::Denial) -> usize {
    (record.path_lengths >> 16) as usize
}

fn path(record: &record::Denial) -> String {
    paths::leaf_first(&record.path, length(record))
}

/// Of an admission: the first mount that breaks the rule which the record is called by. What the
/// probe says of a filesystem is about the first mount of all.
fn admission(record: &record::Denial, violations: &[Violation]) -> Target {
    let rule = rules::name(record.rule).unwrap_or_default();
    let found = violations.iter().find(|violation| violation.rule == rule);
    let found = found.filter(|violation| violation.path.is_some());
    let target = found.map_or_else(Target::default, |violation| Target {
        host_path: violation.host_path.clone(),
        path: violation.path.clone(),
        ..Target::default()
    });
    if found.is_none() || rule_of(record.cause) != record.rule {
        return target;
    }
    Target {
        fs: paths::text(&record.fs),
        dev: some(record.dev, 0).map(device),
        ino: some(record.ino, 0),
        ..target
    }
}

/// The used part of `host_path`; all of it where the probe had more, or did not count.
fn host_bytes(record: &record::Denial) -> &[u8] {
    match host_length(record) {
        0 => &record.host_path,
        length => record.host_path.get(..length).unwrap_or(&record.host_path),
    }
}

/// `host_path` where it is plain text.
fn plain(record: &record::Denial) -> Option<String> {
    paths::text(host_bytes(record))
}
