//! A pattern of an image by itself, as `assign` has it in `image`.

use globset::GlobMatcher;
use serde::{Deserialize, Serialize};

use super::pattern::{matcher, reference, wanted_reference};

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Image {
    text: String,
    matcher: GlobMatcher,
}

impl Image {
    /// An image by the name that it was started with.
    pub fn fits(&self, image: &str) -> bool {
        self.matcher.is_match(reference(image))
    }
}

impl TryFrom<String> for Image {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let matcher = matcher(&wanted_reference(&text));
        let matcher = matcher.map_err(|e| format!("not a pattern: {}", e.kind()))?;
        Ok(Self { text, matcher })
    }
}

impl From<Image> for String {
    fn from(image: Image) -> Self {
        image.text
    }
}

impl PartialEq for Image {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Image {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_fits_what_an_assign_would() {
        let fits = |pattern: &str, image| Image::try_from(pattern.to_owned()).unwrap().fits(image);
        assert!(fits("nginx", "docker.io/library/nginx:1.27"));
        assert!(fits("registry.example/*", "registry.example/app:3"));
        assert!(!fits("nginx", "evil/nginx"));
        assert!(Image::try_from("a[".to_owned()).is_err());
    }

    #[test]
    fn it_travels_as_text() {
        let image: Image = serde_json::from_str("\"nginx:1.*\"").unwrap();
        assert_eq!(serde_json::to_string(&image).unwrap(), "\"nginx:1.*\"");
        assert!(serde_json::from_str::<Image>("\"a[\"").is_err());
    }
}
