//! The compact line with what else a person may ask for: the day, the line's number, the image, the
//! profile, the user and the file, the hook, the technique, and what to do.

use super::{Compact, escape};
use crate::denials::{Container, Denial, Line};

pub struct Wide(Compact);

impl Wide {
    pub fn new(colour: bool) -> Self {
        Self(Compact::new(colour))
    }

    pub fn format(&self, line: &Line) -> String {
        let time = self.0.time_as(line.time(), "%Y-%m-%d %H:%M:%S%.3f");
        let seq = line.seq().map_or_else(|| "-".to_owned(), |n| n.to_string());
        let message = self.0.message(line);
        let more = match line {
            Line::Denial(denial) => denied(denial),
            Line::Stopped(stopped) => of(&stopped.container),
            Line::Lost(_) => Vec::new(),
        };
        let more = more.iter().map(|part| format!(" | {}", escape(part)));
        format!("{time} {seq:>6} {message}{}", more.collect::<String>())
    }
}

fn denied(denial: &Denial) -> Vec<String> {
    let mut parts = of(&denial.container);
    let process = &denial.process;
    let exe = process.exe.as_deref().unwrap_or("?");
    parts.push(format!("uid {} {exe}", process.uid));
    parts.push(format!("{} {}", denial.hook, denial.attack.join(" ")));
    parts.extend(denial.hint.as_ref().map(|hint| format!("→ {hint}")));
    parts
}

fn of(container: &Container) -> Vec<String> {
    let id = container.id.as_deref().unwrap_or("no id");
    let image = container.image.as_deref().unwrap_or("no image");
    vec![
        format!("{id:.12} {image}"),
        format!("profile {}", container.profile),
    ]
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;
    use crate::denials::sample;

    fn wide(line: &Line) -> String {
        Wide(Compact::in_zone(TimeZone::UTC)).format(line)
    }

    #[test]
    fn all_of_a_denial_is_on_one_line() {
        assert_eq!(
            wide(&sample::line(&sample::host_path(), 41)),
            "2026-11-22 05:12:09.402     41 DENIED  host-path        web              \
             / → /tmp (ext4) by head[394]: no anchor | 2f2f2f2f2f2f nginx:1.27 | profile baseline \
             | uid 0 /bin/head | bprm_check_security T1611 | → nobody should let the whole host \
             into a container: mount only the directory that it needs"
        );
    }

    #[test]
    fn names_of_strangers_are_escaped() {
        let mut line = sample::line(&sample::mount(), 1);
        if let Line::Denial(denial) = &mut line {
            denial.container.image = Some("a\u{1b}[2J\n".to_owned());
        }
        assert!(!wide(&line).chars().any(char::is_control));
    }
}
