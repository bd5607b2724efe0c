//! What an entry of the journal says.

use crate::{
    denials::{Container, Denial, Line, Lost, Stopped},
    output::json,
};

const WARNING: u8 = 4;
const NOTICE: u8 = 5;
const ERROR: u8 = 3;

/// `journalctl MESSAGE_ID=…`.
const REFUSED: &str = "52405fa2a4674a7ebebb0ff5d636299a";
const STOPPED: &str = "5cfbbb2e7cd342d6af217cd0b2003d4a";
const LOST: &str = "3ebdd58802b64b27a3e8caf510dda443";

/// One entry, as journald reads it.
pub(super) fn entry(line: &Line, message: &str) -> Vec<u8> {
    let mut entry = Entry(Vec::new());
    entry.field("SYSLOG_IDENTIFIER", "bulkhead");
    entry.field("MESSAGE", message);
    match line {
        Line::Denial(denial) => entry.denial(denial),
        Line::Stopped(stopped) => entry.stopped(stopped),
        Line::Lost(lost) => entry.lost(lost),
    }
    if let Some(seq) = line.seq() {
        entry.field("BULKHEAD_SEQ", &seq.to_string());
    }
    entry.field("BULKHEAD_TIME", line.time());
    entry.field("BULKHEAD_JSON", &json(line));
    entry.0
}

struct Entry(Vec<u8>);

impl Entry {
    fn denial(&mut self, denial: &Denial) {
        let audited = denial.verdict == "audited";
        let priority = if audited { NOTICE } else { WARNING };
        self.head(priority, REFUSED, (&denial.verdict, &denial.rule));
        self.container(&denial.container);
        self.field("BULKHEAD_HOOK", &denial.hook);
        self.field("BULKHEAD_PID", &denial.process.pid.to_string());
        self.field("BULKHEAD_UID", &denial.process.uid.to_string());
        self.field("BULKHEAD_COMM", &denial.process.comm);
        self.maybe("BULKHEAD_EXE", denial.process.exe.as_ref());
        self.maybe("BULKHEAD_HOST_PATH", denial.target.host_path.as_ref());
        self.maybe("BULKHEAD_HINT", denial.hint.as_ref());
        if let Some(repeated) = denial.repeated {
            self.field("BULKHEAD_REPEATED", &repeated.to_string());
        }
    }

    fn stopped(&mut self, stopped: &Stopped) {
        let failed = stopped.failure.is_some();
        let priority = if failed { ERROR } else { WARNING };
        self.head(priority, STOPPED, (&stopped.verdict, &stopped.rule));
        self.container(&stopped.container);
    }

    fn lost(&mut self, lost: &Lost) {
        self.head(ERROR, LOST, ("lost", &lost.rule));
        self.field("BULKHEAD_COUNT", &lost.count.to_string());
        self.field("BULKHEAD_CAUSE", &lost.cause);
    }

    fn head(&mut self, priority: u8, id: &str, (verdict, rule): (&str, &str)) {
        self.field("PRIORITY", &priority.to_string());
        self.field("MESSAGE_ID", id);
        self.field("BULKHEAD_VERDICT", verdict);
        self.field("BULKHEAD_RULE", rule);
    }

    /// As Docker's journald driver names them.
    fn container(&mut self, container: &Container) {
        if let Some(id) = &container.id {
            let short: String = id.chars().take(12).collect();
            self.field("CONTAINER_ID", &short);
            self.field("CONTAINER_ID_FULL", id);
        }
        self.maybe("CONTAINER_NAME", container.name.as_ref());
        self.maybe("IMAGE_NAME", container.image.as_ref());
        self.maybe("BULKHEAD_RUNTIME", container.runtime.as_ref());
        self.field("BULKHEAD_PROFILE", &container.profile);
        self.field("BULKHEAD_CGROUP_ID", &container.cgroup_id.to_string());
    }

    fn maybe(&mut self, name: &str, value: Option<&String>) {
        if let Some(value) = value {
            self.field(name, value);
        }
    }

    /// With its length where a line feed in it would begin another field.
    fn field(&mut self, name: &str, value: &str) {
        let Self(out) = self;
        out.extend_from_slice(name.as_bytes());
        if value.contains('\n') {
            out.push(b'\n');
            out.extend_from_slice(&(value.len() as u64).to_le_bytes());
        } else {
            out.push(b'=');
        }
        out.extend_from_slice(value.as_bytes());
        out.push(b'\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::denials::sample;

    fn text(line: &Line) -> String {
        String::from_utf8(entry(line, "a message")).unwrap()
    }

    #[track_caller]
    fn has(text: &str, fields: &[&str]) {
        for field in fields {
            assert!(text.lines().any(|line| line == *field), "{field} in {text}");
        }
    }

    #[test]
    fn a_denial_has_the_fields_that_people_ask_for() {
        let id = "2f".repeat(32);
        let said = text(&sample::line(&sample::host_path(), 41));
        has(
            &said,
            &[
                "SYSLOG_IDENTIFIER=bulkhead",
                "MESSAGE=a message",
                "PRIORITY=4",
                "CONTAINER_NAME=web",
                "CONTAINER_ID=2f2f2f2f2f2f",
                &format!("CONTAINER_ID_FULL={id}"),
                "IMAGE_NAME=nginx:1.27",
                "BULKHEAD_RULE=host-path",
                "BULKHEAD_VERDICT=denied",
                "BULKHEAD_SEQ=41",
                "BULKHEAD_HOST_PATH=/",
            ],
        );
        let json = said
            .lines()
            .find_map(|line| line.strip_prefix("BULKHEAD_JSON="));
        let read: Line = serde_json::from_str(json.unwrap()).unwrap();
        assert_eq!(read.seq(), Some(41));
    }

    #[test]
    fn a_name_of_a_stranger_makes_no_field_of_its_own() {
        let mut line = sample::line(&sample::mount(), 1);
        if let Line::Denial(denial) = &mut line {
            denial.container.name = Some("a\nPRIORITY=0".to_owned());
        }
        let bytes = entry(&line, "x");
        let field = b"CONTAINER_NAME\n\x0c\0\0\0\0\0\0\0a\nPRIORITY=0\n";
        assert!(bytes.windows(field.len()).any(|found| found == field));
    }

    #[test]
    fn each_kind_has_its_priority_and_id() {
        has(
            &text(&sample::lost(12)),
            &["PRIORITY=3", "BULKHEAD_COUNT=12", "BULKHEAD_CAUSE=ring"],
        );
        has(&text(&sample::stopped(None)), &["PRIORITY=4"]);
        has(&text(&sample::stopped(Some("no API"))), &["PRIORITY=3"]);
        let ids = [REFUSED, STOPPED, LOST];
        assert!(ids.iter().all(|id| id.len() == 32));
        has(
            &text(&sample::stopped(None)),
            &[&format!("MESSAGE_ID={STOPPED}")],
        );
    }

    #[test]
    fn names_of_fields_are_valid() {
        let all = [
            sample::line(&sample::host_path(), 1),
            sample::lost(1),
            sample::stopped(None),
        ];
        for name in all.iter().flat_map(|line| names(&text(line))) {
            let valid = |c: char| c.is_ascii_uppercase() || c == '_';
            assert!(name.chars().all(valid) && name.len() < 64, "{name}");
        }
    }

    fn names(text: &str) -> Vec<String> {
        let names = text.lines().filter_map(|line| line.split_once('='));
        names.map(|(name, _)| name.to_owned()).collect()
    }
}
