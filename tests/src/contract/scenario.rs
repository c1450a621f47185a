//! What a recording file says.

use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::error::ContractError;

/// A recording: steps in order, and what holds for all of them.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// The name, which is the file's name without its ending.
    pub name: String,
    #[serde(rename = "about")]
    _about: String,
    /// What state the world must be in, where it is not the plain one.
    #[serde(default)]
    pub setup: Option<Value>,
    /// Fixed variables.
    #[serde(default)]
    pub(super) vars: Map<String, Value>,
    /// Saved variables that are not named in the recording.
    #[serde(default)]
    pub(super) plain: Vec<String>,
    /// Members of JSON bodies whose value varies from run to run.
    #[serde(default)]
    pub(super) mask: Vec<String>,
    /// Response headers to compare beside the usual ones.
    #[serde(default)]
    pub(super) keep: Vec<String>,
    /// The requests with their answers.
    pub(super) steps: Vec<Step>,
}

/// One request, with the answer of the real service.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Step {
    pub(super) name: String,
    #[serde(rename = "as", default)]
    pub(super) actor: Option<String>,
    pub(super) method: String,
    pub(super) path: String,
    /// Texts or lists of texts; null leaves out a header that would be sent otherwise.
    #[serde(default)]
    pub(super) headers: Map<String, Value>,
    #[serde(default)]
    pub(super) body: Option<BodyTemplate>,
    #[serde(default)]
    pub(super) save: Map<String, Value>,
    #[serde(default)]
    pub(super) ignore: Vec<Ignored>,
    #[serde(rename = "note", default)]
    _note: Option<String>,
    #[serde(default)]
    pub(super) wait_ms: Option<u64>,
    #[serde(default)]
    pub(super) keep: Vec<String>,
    pub(super) response: Value,
}

/// What of an answer is not compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Ignored {
    Headers,
    Body,
}

/// How the body of a request is made.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum BodyTemplate {
    Json(Value),
    Text(String),
    Base64(String),
    Zeros(usize),
    /// So many bytes 0, 1, … 255, 0, 1, …
    Pattern(usize),
    Multipart(Multipart),
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Multipart {
    pub(super) boundary: String,
    #[serde(default)]
    pub(super) subtype: Option<String>,
    pub(super) parts: Vec<MultipartPart>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MultipartPart {
    /// Whole lines.
    pub(super) headers: Vec<String>,
    #[serde(default)]
    pub(super) body: Option<BodyTemplate>,
}

impl Scenario {
    /// Reads a recording.
    ///
    /// * `path`: a JSON file.
    ///
    /// # Errors
    ///
    /// [`ContractError::Read`] and [`ContractError::Parse`]; an unknown member counts as the latter, since it would
    /// mean a rule that this runner does not follow.
    pub fn read(path: &Path) -> Result<Self, ContractError> {
        read_json(path)
    }
}

/// Reads a JSON file into `T`.
pub(super) fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, ContractError> {
    let bytes = std::fs::read(path).map_err(|source| ContractError::Read { path: path.to_owned(), source })?;
    serde_json::from_slice(&bytes).map_err(|source| ContractError::Parse { what: path.display().to_string(), source })
}
