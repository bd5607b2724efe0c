//! `-v`, `--mount` and `--device`: which of them bring a part of the host in.

#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use super::{Asked, Below, ExplainError, HostMount, Kind, settings::Engine};

/// Where relative paths begin, and whose rules hold.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    pub engine: Engine,
    pub directory: &'a Path,
}

impl Reader<'_> {
    /// `[SOURCE:]PLACE[:OPTIONS]`.
    pub fn volume(&self, text: &str, asked: &mut Asked) -> Result<(), ExplainError> {
        let at = format!("-v {text}");
        let parts: Vec<&str> = text.split(':').collect();
        let (source, place, options) = match parts[..] {
            // An anonymous volume.
            [_] => return Ok(()),
            [source, place] => (source, place, ""),
            [source, place, options] => (source, place, options),
            _ => return Err(ExplainError::usage(format!("{at} has too many colons"))),
        };
        if source.is_empty() || !place.starts_with('/') {
            let problem = format!("{at} must be SOURCE:PLACE[:OPTIONS], the place from /");
            return Err(ExplainError::Usage(problem));
        }
        let options = Options::read(options, &at)?;
        if !source.starts_with(['/', '.']) {
            return named(source, &at, asked);
        }
        asked.mounts.push(HostMount {
            host_path: self.directory.join(source),
            elsewhere: Vec::new(),
            container_path: place.to_owned(),
            read_only: options.read_only,
            below: self.below(options.read_only, options.below),
            kind: if options.overlay {
                Kind::Overlay
            } else {
                Kind::Bind
            },
            at,
        });
        Ok(())
    }

    /// Docker makes everything below a read-only mount read-only too (25, on kernels since 5.12).
    fn below(&self, read_only: bool, said: Option<Below>) -> Below {
        let usual = match self.engine {
            Engine::Docker if read_only => Below::TakenReadOnly,
            _ => Below::Taken,
        };
        said.unwrap_or(usual)
    }

    /// `type=bind,source=…,target=…,readonly`.
    pub fn mount(&self, text: &str, asked: &mut Asked) -> Result<(), ExplainError> {
        let at = format!("--mount {text}");
        let fields = Fields::read(text, &at)?;
        match fields.get(&["type"]).unwrap_or("volume") {
            "bind" | "glob" => self.bind(&fields, at, asked),
            "volume" => volume_by_driver(&fields, &at, asked),
            "tmpfs" | "ramfs" | "devpts" | "image" | "artifact" => Ok(()),
            other => Err(ExplainError::usage(format!(
                "{at}: there is no type {other}"
            ))),
        }
    }

    fn bind(&self, fields: &Fields<'_>, at: String, asked: &mut Asked) -> Result<(), ExplainError> {
        let source = fields.get(&["source", "src"]);
        let place = fields.get(&["target", "destination", "dst"]);
        let (Some(source), Some(place)) = (source, place) else {
            return Err(ExplainError::usage(format!(
                "{at} needs a source and a target"
            )));
        };
        let read_only = fields.is_on(&["readonly", "ro"]) || fields.get(&["rw"]) == Some("false");
        let below = match fields.get(&["bind-recursive"]) {
            Some("disabled") => Some(Below::Left),
            Some("writable") => Some(Below::Taken),
            Some("readonly") => Some(Below::TakenReadOnly),
            _ if fields.is_on(&["bind-nonrecursive"]) => Some(Below::Left),
            _ => None,
        };
        asked.mounts.push(HostMount {
            host_path: self.directory.join(source),
            elsewhere: Vec::new(),
            container_path: place.to_owned(),
            read_only,
            below: self.below(read_only, below),
            kind: Kind::Bind,
            at,
        });
        Ok(())
    }
}

/// A volume by its name brings nothing of the host in, unless it was made to.
fn named(name: &str, at: &str, asked: &mut Asked) -> Result<(), ExplainError> {
    if name.contains('/') {
        let problem = format!("{at}: {name:?} is neither a path from / nor a volume's name");
        return Err(ExplainError::Usage(problem));
    }
    asked.assume(format!(
        "volume {name} is an ordinary one: if its driver options bind a host directory, that counts"
    ));
    Ok(())
}

/// `volume-opt=type=none,volume-opt=o=bind,volume-opt=device=/srv`: the local driver mounts what it
/// is told to.
fn volume_by_driver(fields: &Fields<'_>, at: &str, asked: &mut Asked) -> Result<(), ExplainError> {
    let options: BTreeMap<&str, &str> = fields.options().collect();
    let of = |key: &str| options.get(key).copied().unwrap_or_default();
    let place = fields.get(&["target", "destination", "dst"]).unwrap_or("/");
    let local = matches!(fields.get(&["volume-driver"]), None | Some("" | "local"));
    if !local {
        asked.assume(format!("the driver of {at} brings nothing of the host in"));
        return Ok(());
    }
    let has = |wanted: &str| of("o").split(',').any(|option| option == wanted);
    let lower = of("o")
        .split(',')
        .find_map(|option| option.strip_prefix("lowerdir="));
    let (path, kind) = match of("type") {
        _ if has("bind") || has("rbind") => (of("device"), Kind::Bind),
        "overlay" => (
            lower.and_then(|dirs| dirs.split(':').next()).unwrap_or("/"),
            Kind::Overlay,
        ),
        "" | "none" | "tmpfs" | "nfs" | "nfs4" | "cifs" | "smb3" => {
            return match fields.get(&["source", "src"]) {
                Some(name) if options.is_empty() => named(name, at, asked),
                _ => Ok(()),
            };
        }
        _ => (of("device"), Kind::Disk),
    };
    let read_only = has("ro") || fields.is_on(&["readonly", "ro"]);
    asked.mounts.push(HostMount {
        host_path: PathBuf::from(path),
        elsewhere: Vec::new(),
        container_path: place.to_owned(),
        read_only,
        below: if has("rbind") {
            Below::Taken
        } else {
            Below::Left
        },
        kind,
        at: at.to_owned(),
    });
    Ok(())
}

/// The last part of `-v`.
#[derive(Default)]
struct Options {
    read_only: bool,
    overlay: bool,
    below: Option<Below>,
}

impl Options {
    fn read(text: &str, at: &str) -> Result<Self, ExplainError> {
        const IGNORED: &[&str] = &[
            "rw",
            "z",
            "Z",
            "U",
            "copy",
            "nocopy",
            "dev",
            "nodev",
            "exec",
            "noexec",
            "suid",
            "nosuid",
            "shared",
            "slave",
            "private",
            "unbindable",
            "rshared",
            "rslave",
            "rprivate",
            "runbindable",
            "cached",
            "delegated",
            "consistent",
            "default",
            "rbind",
            "",
        ];
        let mut options = Self::default();
        for option in text.split(',') {
            match option {
                "ro" | "readonly" => options.read_only = true,
                "rro" => {
                    options.read_only = true;
                    options.below = Some(Below::TakenReadOnly);
                }
                "bind" => options.below = Some(Below::Left),
                "O" => options.overlay = true,
                _ if IGNORED.contains(&option) => {}
                _ if ["upperdir=", "workdir=", "idmap"]
                    .iter()
                    .any(|known| option.starts_with(known)) => {}
                _ => {
                    return Err(ExplainError::usage(format!(
                        "{at}: there is no option {option:?}"
                    )));
                }
            }
        }
        Ok(options)
    }
}

/// `key=value` pairs; a key alone is on.
struct Fields<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Fields<'a> {
    /// Commas in quotes do not separate: `"volume-opt=o=bind,ro"`.
    fn read(text: &'a str, at: &str) -> Result<Self, ExplainError> {
        let (mut fields, mut rest) = (Vec::new(), text);
        while !rest.is_empty() {
            let field = match rest.strip_prefix('"') {
                Some(quoted) => {
                    let (field, after) = quoted
                        .split_once('"')
                        .ok_or_else(|| ExplainError::usage(format!("{at}: a quote is open")))?;
                    rest = after.strip_prefix(',').unwrap_or(after);
                    field
                }
                None => {
                    let (field, after) = rest.split_once(',').unwrap_or((rest, ""));
                    rest = after;
                    field
                }
            };
            fields.push(field.split_once('=').unwrap_or((field, "true")));
        }
        Ok(Self(fields))
    }

    fn get(&self, names: &[&str]) -> Option<&'a str> {
        let mut fields = self.0.iter();
        fields
            .find(|(key, _)| names.contains(key))
            .map(|(_, value)| *value)
    }

    fn is_on(&self, names: &[&str]) -> bool {
        matches!(self.get(names), Some("true" | "1"))
    }

    /// The driver's own.
    fn options(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let all = self.0.iter().filter(|(key, _)| *key == "volume-opt");
        all.filter_map(|(_, option)| option.split_once('='))
    }
}
