//! Command lines as Docker and podman read them: `--flag=value`, `--flag value`, `-dit`, `-p80:80`.
//! The first word that is no flag ends them.

#[cfg(test)]
mod tests;

use super::ExplainError;

/// A flag of a program.
#[derive(Debug, Clone, Copy)]
pub struct Flag {
    /// Long name, then short name where there is one: `"volume v"`.
    names: &'static str,
    takes: bool,
}

/// Flags that take nothing; `--flag=false` is possible.
pub const fn switch(names: &'static str) -> Flag {
    Flag {
        names,
        takes: false,
    }
}

/// Flags that take a value.
pub const fn value(names: &'static str) -> Flag {
    Flag { names, takes: true }
}

impl Flag {
    fn long(&self) -> &'static str {
        self.names.split(' ').next().unwrap_or_default()
    }

    fn short(&self) -> Option<char> {
        self.names.split(' ').nth(1)?.chars().next()
    }

    #[cfg(test)]
    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.names.split(' ')
    }
}

/// A flag in a command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// Its long name.
    pub name: &'static str,
    /// Of a switch `true` or `false`.
    pub value: String,
    /// As one would write it.
    pub at: String,
}

/// Flags in their order, and the words from the first that is none on.
#[derive(Debug, Default)]
pub struct Parsed {
    pub given: Vec<Given>,
    pub rest: Vec<String>,
}

/// What a program's flags are, and how it is called in messages.
#[derive(Debug, Clone, Copy)]
pub struct Program {
    pub name: &'static str,
    pub flags: &'static [&'static [Flag]],
}

impl Program {
    fn flags(&self) -> impl Iterator<Item = &'static Flag> {
        self.flags.iter().copied().flatten()
    }

    fn unknown(&self, flag: String) -> ExplainError {
        let near = |known: &Flag| {
            (
                strsim::osa_distance(known.long(), flag.trim_matches('-')),
                known.long(),
            )
        };
        let nearest = self.flags().map(near).min();
        ExplainError::Flag {
            program: self.name,
            nearest: nearest
                .filter(|(distance, _)| *distance <= 2)
                .map(|(_, name)| format!("--{name}")),
            flag,
        }
    }
}

/// Reads the flags in front of the first other word.
///
/// # Errors
/// If a flag is not one of the program's, or has no value.
pub fn parse(program: Program, words: &[String]) -> Result<Parsed, ExplainError> {
    let mut parsed = Parsed::default();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if word == "--" {
            break;
        }
        if let Some(long) = word.strip_prefix("--") {
            parsed.given.push(read_long(program, long, &mut words)?);
        } else if let Some(short) = word.strip_prefix('-').filter(|short| !short.is_empty()) {
            read_short(program, short, (&mut words, &mut parsed.given))?;
        } else {
            parsed.rest.push(word.clone());
            break;
        }
    }
    parsed.rest.extend(words.cloned());
    Ok(parsed)
}

type Words<'a> = std::slice::Iter<'a, String>;

fn read_long(program: Program, text: &str, words: &mut Words<'_>) -> Result<Given, ExplainError> {
    let (name, inline) = match text.split_once('=') {
        Some((name, inline)) => (name, Some(inline.to_owned())),
        None => (text, None),
    };
    let flag = program.flags().find(|flag| flag.long() == name);
    let Some(flag) = flag else {
        return Err(program.unknown(format!("--{name}")));
    };
    given(flag, inline, words)
}

/// `-dit`, `-p80:80`, `-p=80:80`, `-p 80:80`.
fn read_short(
    program: Program,
    text: &str,
    (words, all): (&mut Words<'_>, &mut Vec<Given>),
) -> Result<(), ExplainError> {
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        let flag = program.flags().find(|flag| flag.short() == Some(letter));
        let Some(flag) = flag else {
            return Err(program.unknown(format!("-{letter}")));
        };
        let after = letters.as_str();
        let inline = match after.strip_prefix('=') {
            Some(inline) => Some(inline),
            None => Some(after).filter(|after| flag.takes && !after.is_empty()),
        };
        all.push(given(flag, inline.map(str::to_owned), words)?);
        if inline.is_some() {
            break;
        }
    }
    Ok(())
}

fn given(
    flag: &Flag,
    inline: Option<String>,
    words: &mut Words<'_>,
) -> Result<Given, ExplainError> {
    let name = flag.long();
    if flag.takes {
        let value = inline.or_else(|| words.next().cloned());
        let value =
            value.ok_or_else(|| ExplainError::usage(format!("--{name} stands without a value")))?;
        let at = format!("--{name} {value}");
        return Ok(Given { name, value, at });
    }
    let on = match inline.as_deref() {
        None | Some("1" | "t" | "T" | "true" | "TRUE" | "True") => true,
        Some("0" | "f" | "F" | "false" | "FALSE" | "False") => false,
        Some(other) => {
            let problem = format!("--{name} is {other:?}, must be true or false");
            return Err(ExplainError::Usage(problem));
        }
    };
    Ok(Given {
        name,
        value: on.to_string(),
        at: format!("--{name}"),
    })
}
