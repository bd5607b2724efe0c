//! YAML and JSON, each value with its line. Kubernetes reads YAML 1.1: `yes` is true, and `<<` takes
//! another mapping in.

#[cfg(test)]
mod tests;

use saphyr::{LoadableYamlNode as _, MarkedYaml, Scalar, YamlData};

/// Deeper is no manifest of anybody's.
const DEPTH: usize = 64;

#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    pub line: usize,
    data: Data,
}

#[derive(Debug, Clone, PartialEq)]
enum Data {
    Nothing,
    Bool(bool),
    Number(i64),
    Text(String),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

/// Every document of a file.
///
/// # Errors
/// If it is not YAML: what is wrong, and where.
pub fn read(text: &str) -> Result<Vec<Node>, String> {
    let documents = MarkedYaml::load_from_str(text).map_err(|e| e.to_string())?;
    documents.iter().map(|node| convert(node, 0)).collect()
}

fn convert(node: &MarkedYaml<'_>, depth: usize) -> Result<Node, String> {
    let line = node.span.start.line();
    if depth > DEPTH {
        return Err(format!("line {line} is nested too deep"));
    }
    let data = match &node.data {
        YamlData::Value(Scalar::Boolean(value)) => Data::Bool(*value),
        YamlData::Value(Scalar::Integer(value)) => Data::Number(*value),
        YamlData::Value(Scalar::String(value)) => Data::Text(value.to_string()),
        YamlData::Value(Scalar::FloatingPoint(value)) => Data::Text(value.to_string()),
        YamlData::Sequence(all) => {
            let all = all.iter().map(|node| convert(node, depth + 1));
            Data::List(all.collect::<Result<_, _>>()?)
        }
        YamlData::Mapping(all) => {
            let mut fields = Vec::new();
            for (key, value) in all {
                if let Some(key) = convert(key, depth + 1)?.text() {
                    fields.push((key, convert(value, depth + 1)?));
                }
            }
            Data::Map(fields)
        }
        YamlData::Tagged(_, node) => return convert(node, depth + 1),
        _ => Data::Nothing,
    };
    Ok(Node { line, data })
}

impl Node {
    /// A field, its own before those that `<<` takes in.
    pub fn get(&self, key: &str) -> Option<&Self> {
        let Data::Map(fields) = &self.data else {
            return None;
        };
        let own = |wanted| {
            let mut fields = fields.iter();
            fields
                .find(|(name, _)| name == wanted)
                .map(|(_, node)| node)
        };
        own(key)
            .or_else(|| {
                let merged = own("<<")?;
                merged
                    .get(key)
                    .or_else(|| merged.list().iter().find_map(|one| one.get(key)))
            })
            .filter(|node| node.data != Data::Nothing)
    }

    /// A field of a field.
    pub fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    pub fn list(&self) -> &[Self] {
        match &self.data {
            Data::List(all) => all,
            _ => &[],
        }
    }

    pub fn fields(&self) -> &[(String, Self)] {
        match &self.data {
            Data::Map(all) => all,
            _ => &[],
        }
    }

    /// A scalar's text.
    pub fn text(&self) -> Option<String> {
        match &self.data {
            Data::Text(text) => Some(text.clone()),
            Data::Number(number) => Some(number.to_string()),
            Data::Bool(value) => Some(value.to_string()),
            _ => None,
        }
    }

    pub fn number(&self) -> Option<i64> {
        match &self.data {
            Data::Number(number) => Some(*number),
            _ => None,
        }
    }

    pub fn is_true(&self) -> bool {
        self.as_bool() == Some(true)
    }

    pub fn is_false(&self) -> bool {
        self.as_bool() == Some(false)
    }

    fn as_bool(&self) -> Option<bool> {
        match &self.data {
            Data::Bool(value) => Some(*value),
            Data::Text(text) => match text.to_ascii_lowercase().as_str() {
                "yes" | "on" | "y" | "true" => Some(true),
                "no" | "off" | "n" | "false" => Some(false),
                _ => None,
            },
            _ => None,
        }
    }

    pub fn is_nothing(&self) -> bool {
        self.data == Data::Nothing
    }
}
