//! Text → source: TOML with the place of every key and value.

use std::ops::Range;

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::error::{Problem, Wrong, nearest};

/// Where in the text something stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// Which of the policy's files.
    pub(super) file: usize,
    pub(super) span: Range<usize>,
}

/// A table of the policy, with a fixed set of keys.
pub(super) struct Section<'a> {
    place: Place,
    entries: Vec<Entry<'a>>,
}

/// One key and its value.
pub(super) struct Entry<'a> {
    pub(super) key: &'a str,
    key_span: Range<usize>,
    value: &'a Spanned<DeValue<'a>>,
}

/// A string and its place.
pub(super) type Placed<'a> = (&'a str, Place);

/// A whole file.
pub(super) struct Source<'a> {
    file: usize,
    table: Spanned<DeTable<'a>>,
}

/// Reads TOML, the text of the policy's file of this number.
pub(super) fn read(file: usize, text: &str) -> Result<Source<'_>, Wrong> {
    match DeTable::parse(text) {
        Ok(table) => Ok(Source { file, table }),
        Err(e) => {
            let mut message = e.message().lines().collect::<Vec<_>>().join(", ");
            let span = e.span().unwrap_or_default();
            if message == "duplicate key" {
                let key = text.get(span.clone()).unwrap_or_default();
                let instead = match key {
                    "assign" | "profile" => format!(": write [[{key}]] for each"),
                    "host_paths" => ": all of them stand in one list".to_owned(),
                    _ => String::new(),
                };
                message = format!("key `{key}` is here twice{instead}");
            }
            let is_bare = message.contains("quoted");
            let bare = bare(text, span.start).filter(|_| is_bare);
            let problem = Problem::Syntax { message, bare };
            Err(Wrong::new(Place { file, span }, problem))
        }
    }
}

/// The word that is the whole value in the line at `at`.
fn bare(text: &str, at: usize) -> Option<String> {
    let (before, after) = text.split_at_checked(at)?;
    let (start, end) = (before.rsplit('\n').next()?, after.split('\n').next()?);
    let line = format!("{start}{end}");
    let (_, value) = line.split_once('=')?;
    let value = value.split('#').next()?.trim();
    let is_word = |c: char| c.is_ascii_alphanumeric() || "_-./".contains(c);
    (!value.is_empty() && value.chars().all(is_word)).then(|| value.to_owned())
}

impl Source<'_> {
    pub(super) fn top(&self) -> Section<'_> {
        let span = self.table.span();
        Section::new(
            self.table.get_ref(),
            Place {
                file: self.file,
                span,
            },
        )
    }
}

impl<'a> Section<'a> {
    fn new(table: &'a DeTable<'a>, place: Place) -> Self {
        let mut entries: Vec<_> = table
            .iter()
            .map(|(key, value)| Entry {
                key: key.get_ref(),
                key_span: key.span(),
                value,
            })
            .collect();
        entries.sort_by_key(|entry| entry.key_span.start);
        Self { place, entries }
    }

    /// A span of the same file.
    fn at(&self, span: Range<usize>) -> Place {
        Place {
            file: self.place.file,
            span,
        }
    }

    /// The first key of the file's order that is not one of `known`.
    pub(super) fn only(&self, known: &'static [&'static str]) -> Result<(), Wrong> {
        match self.entries.iter().find(|e| !known.contains(&e.key)) {
            None => Ok(()),
            Some(entry) => Err(Wrong::new(
                self.at(entry.key_span.clone()),
                Problem::UnknownKey {
                    key: entry.key.to_owned(),
                    nearest: nearest(entry.key, known.iter().copied()),
                    known,
                },
            )),
        }
    }

    /// Where a key stands, if it is there.
    pub(super) fn key(&self, key: &str) -> Option<Place> {
        let entry = self.entries.iter().find(|e| e.key == key)?;
        Some(self.at(entry.key_span.clone()))
    }

    pub(super) fn place(&self) -> Place {
        self.place.clone()
    }

    /// A string, with its place.
    pub(super) fn string(&self, key: &'static str) -> Result<Option<Placed<'a>>, Wrong> {
        self.typed(key, "a string", |value| match value {
            DeValue::String(text) => Some(text.as_ref()),
            _ => None,
        })
    }

    /// A list of strings, each with its place.
    pub(super) fn strings(&self, key: &'static str) -> Result<Option<Vec<Placed<'a>>>, Wrong> {
        let list = self.typed(key, "a list of strings", |value| match value {
            DeValue::Array(items) => Some(items),
            _ => None,
        })?;
        let item = |item: &'a Spanned<DeValue<'a>>| match item.get_ref() {
            DeValue::String(text) => Ok((text.as_ref(), self.at(item.span()))),
            other => Err(wrong_type(
                (key, true),
                self.at(item.span()),
                (other, "a string"),
            )),
        };
        list.map(|(items, _)| items.iter().map(item).collect())
            .transpose()
    }

    /// Every key of a table whose values are strings, with the places of these.
    pub(super) fn all_strings(
        &self,
        name: &'static str,
    ) -> Result<Vec<(&'a str, Placed<'a>)>, Wrong> {
        let one = |entry: &Entry<'a>| {
            let place = self.at(entry.value.span());
            match entry.value.get_ref() {
                DeValue::String(text) => Ok((entry.key, (text.as_ref(), place))),
                other => Err(wrong_type((name, false), place, (other, "a string"))),
            }
        };
        self.entries.iter().map(one).collect()
    }

    /// A table of its own.
    pub(super) fn table(&self, key: &'static str) -> Result<Option<Section<'a>>, Wrong> {
        let table = self.typed(key, "a table", |value| match value {
            DeValue::Table(table) => Some(table),
            _ => None,
        })?;
        Ok(table.map(|(table, place)| Section::new(table, place)))
    }

    /// A list of tables.
    pub(super) fn tables(&self, key: &'static str) -> Result<Vec<Section<'a>>, Wrong> {
        let list = self.typed(key, "a list of tables", |value| match value {
            DeValue::Array(items) => Some(items),
            _ => None,
        })?;
        let items = list.map(|(items, _)| items.iter()).into_iter().flatten();
        items
            .map(|item| match (item.get_ref(), self.at(item.span())) {
                (DeValue::Table(table), place) => Ok(Section::new(table, place)),
                (other, place) => Err(wrong_type((key, true), place, (other, "a table"))),
            })
            .collect()
    }

    fn typed<T>(
        &self,
        key: &'static str,
        wanted: &'static str,
        take: impl FnOnce(&'a DeValue<'a>) -> Option<T>,
    ) -> Result<Option<(T, Place)>, Wrong> {
        let Some(entry) = self.entries.iter().find(|e| e.key == key) else {
            return Ok(None);
        };
        let place = self.at(entry.value.span());
        match take(entry.value.get_ref()) {
            Some(value) => Ok(Some((value, place))),
            None => Err(wrong_type(
                (key, false),
                place,
                (entry.value.get_ref(), wanted),
            )),
        }
    }
}

/// `is_item`: it is about an entry of the key's list.
fn wrong_type(
    (key, is_item): (&'static str, bool),
    place: Place,
    (found, wanted): (&DeValue<'_>, &'static str),
) -> Wrong {
    let problem = Problem::Type {
        key,
        found: name(found),
        wanted,
        is_item,
    };
    Wrong::new(place, problem)
}

fn name(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a float",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
