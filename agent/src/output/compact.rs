//! One aligned line a denial:
//! `05:12:09 DENIED  host-path  web  /etc → /x (ext4) by sh[394]: no anchor`.

mod act;

pub use act::act;

use jiff::{Timestamp, tz::TimeZone};

use super::escape;
use crate::denials::{Container, Denial, Line, Lost, Stopped};

const RED: &str = "31";
const YELLOW: &str = "33";
const MAGENTA: &str = "35";

pub struct Compact {
    colour: bool,
    zone: TimeZone,
}

impl Compact {
    pub fn new(colour: bool) -> Self {
        Self {
            colour,
            zone: TimeZone::system(),
        }
    }

    #[cfg(test)]
    pub(super) fn in_zone(zone: TimeZone) -> Self {
        let colour = false;
        Self { colour, zone }
    }

    pub fn format(&self, line: &Line) -> String {
        format!("{} {}", self.time(line.time()), self.message(line))
    }

    /// The same without the time, for what has its own.
    pub fn message(&self, line: &Line) -> String {
        match line {
            Line::Denial(denial) => {
                let colour = if denial.verdict == "denied" {
                    RED
                } else {
                    YELLOW
                };
                let verdict = self.verdict(&denial.verdict, colour);
                let rule = escape(&denial.rule);
                let container = container(&denial.container);
                let what = what(denial);
                format!("{verdict} {rule:<16} {container:<16} {what}")
            }
            Line::Stopped(stopped) => {
                let verdict = self.verdict(&stopped.verdict, RED);
                let rule = escape(&stopped.rule);
                let container = container(&stopped.container);
                let what = self::stopped(stopped);
                format!("{verdict} {rule:<16} {container:<16} {what}")
            }
            Line::Lost(lost) => {
                let verdict = self.verdict("lost", MAGENTA);
                format!("{verdict} {}", self::lost(lost))
            }
        }
    }

    fn time(&self, text: &str) -> String {
        self.time_as(text, "%H:%M:%S")
    }

    /// The wall clock's time where this is read.
    pub(super) fn time_as(&self, text: &str, form: &str) -> String {
        match text.parse::<Timestamp>() {
            Ok(time) => time.to_zoned(self.zone.clone()).strftime(form).to_string(),
            Err(_) => "--:--:--".to_owned(),
        }
    }

    pub(super) fn verdict(&self, verdict: &str, colour: &str) -> String {
        let padded = format!("{:<7}", escape(verdict).to_uppercase());
        if self.colour {
            format!("\x1b[{colour}m{padded}\x1b[0m")
        } else {
            padded
        }
    }
}

/// Its name, else the beginning of its id, else its cgroup's number.
pub(super) fn container(container: &Container) -> String {
    if let Some(name) = &container.name {
        return escape(name);
    }
    match &container.id {
        Some(id) if id.len() == 64 => escape(&id.chars().take(12).collect::<String>()),
        Some(id) => escape(id),
        None => format!("cgroup {}", container.cgroup_id),
    }
}

fn what(denial: &Denial) -> String {
    let act = act(denial);
    let who = format!("{}[{}]", denial.process.comm, denial.process.pid);
    let all = denial.violations.len() + denial.unnamed.unwrap_or(0) as usize;
    let more = match all {
        0 | 1 => String::new(),
        n => format!(" (and {} more)", n - 1),
    };
    let repeated = denial
        .repeated
        .map_or_else(String::new, |n| format!(" ({n} more times)"));
    let why = denial
        .cause
        .as_deref()
        .map_or_else(String::new, |c| format!(": {}", cause(c)));
    escape(&format!("{act} by {who}{why}{more}{repeated}"))
}

/// A cause in words.
pub fn cause(cause: &str) -> &str {
    match cause {
        "unanchored" => "no anchor",
        "not-read-only" => "allowed only read-only",
        "block-device" => "on a block device",
        "out-of-steps" => "too many mounts to check",
        "unreadable" => "mounts could not be read",
        "no-memory" => "no memory for the check",
        "no-window" => "target could not be seen",
        "working-directory" => "working directory of another mount namespace",
        "set-up" => "while setting the container up",
        other => other,
    }
}

fn stopped(stopped: &Stopped) -> String {
    let refusals = stopped.refusals.iter();
    let asked: Vec<_> = refusals.map(|refusal| refusal.asked.as_str()).collect();
    let has = format!("it ran already with {}", asked.join("; "));
    escape(&match &stopped.failure {
        None => has,
        Some(failure) => format!("{has}, and was not stopped: {failure}"),
    })
}

fn lost(lost: &Lost) -> String {
    let where_ = match lost.cause.as_str() {
        "ring" => "the kernel's ring was full",
        "budget" => "containers that were over their budget",
        "agent" => "an agent that was killed had them in hand",
        "malformed" => "the agent could not read them",
        "reader" => "this reader was too slow",
        "export" => "the export file did not take them",
        "journal" => "the journal did not take them",
        "otlp" => "the OTLP receiver did not take them",
        other => other,
    };
    if lost.cause == "history" {
        return format!("{} lines are gone from the agent's memory", lost.count);
    }
    escape(&format!("{} denials: {where_}", lost.count))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::denials::sample;

    fn compact(line: &Line) -> String {
        Compact::in_zone(TimeZone::UTC).format(line)
    }

    #[track_caller]
    fn check(record: probe_common::record::Denial, expected: &str) {
        assert_eq!(compact(&sample::line(&record, 1)), expected);
    }

    #[test]
    fn each_rule_says_what_was_tried() {
        check(
            sample::host_path(),
            "05:12:09 DENIED  host-path        web              / → /tmp (ext4) by head[394]: no anchor",
        );
        check(
            sample::mount(),
            "05:12:09 DENIED  mount            web              mount /dev/sda1 → /mnt/x by mount[394]",
        );
        check(
            sample::setns(),
            "05:12:09 DENIED  setns            web              setns to namespace 4026531840 by head[394]",
        );
        check(
            sample::kill(),
            "05:12:09 DENIED  foreign-process  web              task_kill signal 9 → systemd[1] by head[394]",
        );
    }

    #[test]
    fn each_rule_of_containment_does_too() {
        check(
            sample::foreign_file(),
            "05:12:09 DENIED  foreign-file     web              openat of foreign /etc/shadow (ext4) by head[394]",
        );
        check(
            sample::working_directory(),
            "05:12:09 DENIED  foreign-file     web              execve of foreign /root by head[394]: working directory of another mount namespace",
        );
        check(
            sample::namespace_file(),
            "05:12:09 DENIED  namespace-file   web              open of namespace 4026531840 by head[394]",
        );
        check(
            sample::kernel_interface(),
            "05:12:09 DENIED  kernel-interface web              openat of /proc/sys/kernel/core_pattern (proc) for writing by head[394]",
        );
        check(
            sample::device(),
            "05:12:09 DENIED  device           web              openat of device 259:0 /dev/nvme0n1 by head[394]",
        );
        check(
            sample::mknod(),
            "05:12:09 DENIED  device           web              mknod of device 259:1 by head[394]",
        );
        check(
            sample::terminal(),
            "05:12:09 DENIED  device           web              ioctl TIOCSTI of device 136:0 /dev/pts/0 by head[394]",
        );
        check(
            sample::shim(),
            "05:12:09 DENIED  runtime-socket   web              connect → @/containerd-shim/s by head[394]",
        );
        check(
            sample::bpf(),
            "05:12:09 DENIED  kernel-code      web              bpf command 5 by head[394]",
        );
        check(
            sample::module(),
            "05:12:09 DENIED  kernel-code      web              socket wants module net-pf-29 by head[394]",
        );
        check(
            sample::insmod(),
            "05:12:09 DENIED  kernel-code      web              finit_module (i386) by head[394]",
        );
        check(
            sample::user_namespace(),
            "05:12:09 DENIED  user-namespace   web              unshare makes a user namespace by head[394]",
        );
        check(
            sample::crypto_socket(),
            "05:12:09 DENIED  crypto-socket    web              socket of family AF_ALG by head[394]",
        );
        check(
            sample::handle(),
            "05:12:09 DENIED  handle           web              open_by_handle_at by head[394]",
        );
    }

    #[test]
    fn a_loss_is_a_line_too() {
        assert_eq!(
            compact(&sample::lost(12)),
            "05:12:10 LOST    12 denials: the kernel's ring was full"
        );
    }

    #[test]
    fn colour_is_the_verdicts_alone() {
        let zone = TimeZone::UTC;
        let line = Compact { colour: true, zone }.format(&sample::line(&sample::mount(), 1));
        assert!(
            line.starts_with("05:12:09 \x1b[31mDENIED \x1b[0m mount"),
            "{line:?}"
        );
        assert_eq!(line.matches('\x1b').count(), 2);
    }

    #[test]
    fn names_of_strangers_are_escaped() {
        let mut record = sample::mount();
        sample::put(&mut record.comm, b"a\x1b[2J");
        let Line::Denial(mut denial) = sample::line(&record, 1) else {
            unreachable!()
        };
        denial.container.name = Some("web\n".to_owned());
        let line = compact(&Line::Denial(denial));
        assert!(!line.chars().any(char::is_control), "{line:?}");
        assert!(line.contains("by a\\u{1b}[2J[394]"), "{line}");
    }

    #[test]
    fn a_container_that_was_stopped_says_what_it_had() {
        let shown = compact(&sample::stopped(None));
        assert!(shown.contains("STOPPED host-path        web "), "{shown}");
        let had = "it ran already with /etc at /x, writable";
        assert!(shown.ends_with(had), "{shown}");
        let shown = compact(&sample::stopped(Some("no API")));
        assert!(shown.contains("RUNNING"), "{shown}");
        assert!(shown.ends_with("and was not stopped: no API"), "{shown}");
    }

    #[test]
    fn a_container_without_a_name_shows_its_id_or_cgroup() {
        let Line::Denial(mut denial) = sample::line(&sample::mount(), 1) else {
            unreachable!()
        };
        denial.container.name = None;
        assert_eq!(container(&denial.container), "2f2f2f2f2f2f");
        denial.container.id = None;
        assert_eq!(container(&denial.container), "cgroup 179");
    }
}
