//! Text → source: TOML with the place of every key and value.

use std::ops::Range;

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::error::{Problem, Wrong, nearest};

/// A table of the policy file, with a fixed set of keys.
pub(super) struct Section<'a> {
    span: Range<usize>,
    entries: Vec<Entry<'a>>,
}

/// One key and its value.
pub(super) struct Entry<'a> {
    pub(super) key: &'a str,
    pub(super) key_span: Range<usize>,
    value: &'a Spanned<DeValue<'a>>,
}

/// A string and its place.
type Placed<'a> = (&'a str, Range<usize>);

/// The whole file.
pub(super) struct Source<'a>(Spanned<DeTable<'a>>);

/// Reads TOML.
pub(super) fn read(text: &str) -> Result<Source<'_>, Wrong> {
    DeTable::parse(text).map(Source).map_err(|e| {
        let message = e.message().lines().collect::<Vec<_>>().join(", ");
        Wrong::new(e.span().unwrap_or_default(), Problem::Syntax(message))
    })
}

impl Source<'_> {
    pub(super) fn top(&self) -> Section<'_> {
        Section::new(self.0.get_ref(), self.0.span())
    }
}

impl<'a> Section<'a> {
    fn new(table: &'a DeTable<'a>, span: Range<usize>) -> Self {
        let mut entries: Vec<_> = table
            .iter()
            .map(|(key, value)| Entry {
                key: key.get_ref(),
                key_span: key.span(),
                value,
            })
            .collect();
        entries.sort_by_key(|entry| entry.key_span.start);
        Self { span, entries }
    }

    /// The first key of the file's order that is not one of `known`.
    pub(super) fn only(&self, known: &'static [&'static str]) -> Result<(), Wrong> {
        match self.entries.iter().find(|e| !known.contains(&e.key)) {
            None => Ok(()),
            Some(entry) => Err(Wrong::new(
                entry.key_span.clone(),
                Problem::UnknownKey {
                    key: entry.key.to_owned(),
                    nearest: nearest(entry.key, known.iter().copied()),
                    known,
                },
            )),
        }
    }

    pub(super) fn entries(&self) -> &[Entry<'a>] {
        &self.entries
    }

    pub(super) fn span(&self) -> Range<usize> {
        self.span.clone()
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
        const WANTED: &str = "a list of strings";
        let list = self.typed(key, WANTED, |value| match value {
            DeValue::Array(items) => Some(items),
            _ => None,
        })?;
        let item = |item: &'a Spanned<DeValue<'a>>| match item.get_ref() {
            DeValue::String(text) => Ok((text.as_ref(), item.span())),
            other => Err(wrong_type(key, item.span(), (other, WANTED))),
        };
        list.map(|(items, _)| items.iter().map(item).collect())
            .transpose()
    }

    /// Every key of a table whose values are strings, with the places of these.
    pub(super) fn all_strings(
        &self,
        name: &'static str,
    ) -> Result<Vec<(&'a str, &'a str, Range<usize>)>, Wrong> {
        let one = |entry: &Entry<'a>| match entry.value.get_ref() {
            DeValue::String(text) => Ok((entry.key, text.as_ref(), entry.value.span())),
            other => Err(wrong_type(name, entry.value.span(), (other, "a string"))),
        };
        self.entries.iter().map(one).collect()
    }

    /// A table of its own.
    pub(super) fn table(&self, key: &'static str) -> Result<Option<Section<'a>>, Wrong> {
        let table = self.typed(key, "a table", |value| match value {
            DeValue::Table(table) => Some(table),
            _ => None,
        })?;
        Ok(table.map(|(table, span)| Section::new(table, span)))
    }

    /// A list of tables.
    pub(super) fn tables(&self, key: &'static str) -> Result<Vec<Section<'a>>, Wrong> {
        const WANTED: &str = "a list of tables";
        let list = self.typed(key, WANTED, |value| match value {
            DeValue::Array(items) => Some(items),
            _ => None,
        })?;
        let items = list.map(|(items, _)| items.iter()).into_iter().flatten();
        items
            .map(|item| match item.get_ref() {
                DeValue::Table(table) => Ok(Section::new(table, item.span())),
                other => Err(wrong_type(key, item.span(), (other, WANTED))),
            })
            .collect()
    }

    fn typed<T>(
        &self,
        key: &'static str,
        wanted: &'static str,
        take: impl FnOnce(&'a DeValue<'a>) -> Option<T>,
    ) -> Result<Option<(T, Range<usize>)>, Wrong> {
        let Some(entry) = self.entries.iter().find(|e| e.key == key) else {
            return Ok(None);
        };
        let span = entry.value.span();
        match take(entry.value.get_ref()) {
            Some(value) => Ok(Some((value, span))),
            None => Err(wrong_type(key, span, (entry.value.get_ref(), wanted))),
        }
    }
}

fn wrong_type(
    key: &'static str,
    span: Range<usize>,
    (found, wanted): (&DeValue<'_>, &'static str),
) -> Wrong {
    let found = match found {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a float",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    };
    Wrong::new(span, Problem::Type { key, found, wanted })
}
