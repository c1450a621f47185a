use altinn_core::Text;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use serde_with::{As, DefaultOnNull};

/// The texts of an app in one language.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct TextResource {
    /// Its id, `{org}-{app}-{language}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Text>,
    /// The service owner's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub org: Option<Text>,
    /// Two letters, such as `nb`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<Text>,
    /// The texts.
    #[serde(deserialize_with = "As::<DefaultOnNull>::deserialize")]
    pub resources: Vec<TextElement>,
    /// Members that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl TextResource {
    /// The text with this key, its variables unreplaced.
    pub fn get(&self, id: &str) -> Option<&str> {
        self.resources.iter().find(|text| text.id.as_deref() == Some(id))?.value.as_deref()
    }
}

/// One text of an app.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct TextElement {
    /// Its key.
    pub id: Option<Text>,
    /// The text, with `{0}`, `{1}` … where its variables stand.
    pub value: Option<Text>,
    /// What its variables are replaced by, in order.
    #[serde(deserialize_with = "As::<DefaultOnNull>::deserialize")]
    pub variables: Vec<TextVariable>,
}

/// What a variable in a text is replaced by.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct TextVariable {
    /// Where it stands in the source.
    pub key: Option<Text>,
    /// The source, such as `dataModel.default`.
    pub data_source: Option<Text>,
    /// What stands for it where the source has nothing.
    pub default_value: Option<Text>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_found_by_its_key() {
        let texts = r#"{"id":"ttd-a-nb","resources":[{"id":"tittel","value":"Blåbær","variables":null}]}"#;
        let texts: TextResource = serde_json::from_str(texts).unwrap();
        assert_eq!((texts.get("tittel"), texts.get("Tittel")), (Some("Blåbær"), None));
    }
}
