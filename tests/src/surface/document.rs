//! A document in `openapi/`, and the operation of it that a request is for.

use std::path::Path;

use http::{Method, StatusCode};
use serde_json::Value;
use url::Url;

/// One service's document.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) service: &'static str,
    pub(super) root: Value,
    /// The part of the path that all operations have in common.
    base: String,
}

/// An operation of a document, with what its path says for all of its methods.
pub(super) struct Operation<'a> {
    pub(super) document: &'a Document,
    path: &'a Value,
    own: &'a Value,
    /// The values in the path, by the names of its parameters.
    pub(super) in_path: Vec<(&'a str, String)>,
}

impl Document {
    pub(super) fn read(service: &'static str) -> Result<Self, String> {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi").join(service).with_extension("json");
        let text = std::fs::read_to_string(file).map_err(|error| format!("{service}: {error}"))?;
        let root: Value = serde_json::from_str(&text).map_err(|error| format!("{service}: {error}"))?;
        let server = root["servers"][0]["url"].as_str().unwrap_or_default();
        let server: Url = server.parse().map_err(|error| format!("{service}: its address: {error}"))?;
        let base = server.path().trim_end_matches('/').to_owned();
        Ok(Self { service, root, base })
    }

    /// The operation whose path fits; fixed segments go before variable ones.
    pub(super) fn find(&self, method: &Method, url: &Url) -> Option<Operation<'_>> {
        let given: Vec<&str> = url.path().strip_prefix(&self.base)?.split('/').collect();
        let paths = self.root["paths"].as_object()?.iter();
        let fitting = paths.filter_map(|(template, path)| Some((values(template, &given)?, path)));
        let (in_path, path) = fitting.min_by_key(|(values, _)| values.len())?;
        let own = path.get(method.as_str().to_lowercase())?;
        Some(Operation { document: self, path, own, in_path })
    }

    /// The ids of the operations, each with the name of a parameter in its query or, in lower case, its headers.
    pub(super) fn parameters(&self) -> impl Iterator<Item = (&str, String)> {
        let paths = self.root["paths"].as_object().into_iter().flat_map(|paths| paths.values());
        let operations = paths.filter_map(Value::as_object).flat_map(|path| path.values());
        operations.filter_map(|one| Some((one["operationId"].as_str()?, one["parameters"].as_array()?))).flat_map(
            |(id, parameters)| {
                let of_query =
                    parameters.iter().filter(|one| one["in"] == "query").filter_map(|one| one["name"].as_str());
                let of_headers =
                    parameters.iter().filter(|one| one["in"] == "header").filter_map(|one| one["name"].as_str());
                let names = of_query.map(str::to_owned).chain(of_headers.map(str::to_ascii_lowercase));
                names.map(move |name| (id, name))
            },
        )
    }

    /// The ids of the operations, each with the status of a refusal that is listed by itself.
    pub(super) fn refusals(&self) -> impl Iterator<Item = (&str, StatusCode)> {
        let paths = self.root["paths"].as_object().into_iter().flat_map(|paths| paths.values());
        let operations = paths.filter_map(Value::as_object).flat_map(|path| path.values());
        operations.filter_map(|one| Some((one["operationId"].as_str()?, one["responses"].as_object()?))).flat_map(
            |(id, responses)| {
                let statuses = responses.keys().filter_map(|status| status.parse::<StatusCode>().ok());
                statuses.filter(|status| !status.is_success()).map(move |status| (id, status))
            },
        )
    }

    /// `value`, or where it refers to.
    pub(super) fn resolve<'a>(&'a self, value: &'a Value) -> Result<&'a Value, String> {
        let Some(reference) = value["$ref"].as_str() else { return Ok(value) };
        let pointer = reference.strip_prefix('#').unwrap_or_default();
        self.root.pointer(pointer).ok_or(format!("what {reference} refers to"))
    }
}

/// The values of the parameters of a path, if the path is of this form.
fn values<'a>(template: &'a str, given: &[&str]) -> Option<Vec<(&'a str, String)>> {
    let wanted: Vec<&str> = template.split('/').collect();
    if wanted.len() != given.len() {
        return None;
    }
    let mut values = Vec::new();
    for (wanted, given) in wanted.into_iter().zip(given) {
        let given = percent_encoding::percent_decode_str(given).decode_utf8_lossy();
        match wanted.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) => values.push((name, given.into_owned())),
            None if wanted == given => {}
            None => return None,
        }
    }
    Some(values)
}

impl<'a> Operation<'a> {
    pub(super) fn id(&self) -> Option<&'a str> {
        self.own["operationId"].as_str()
    }

    /// Whether it is more than listed.
    pub(super) fn has_answers(&self) -> bool {
        self.own["responses"].is_object()
    }

    /// Whether it asks for a token of its own; what the whole service asks for counts where it doesn't say.
    pub(super) fn wants_token(&self) -> bool {
        let security = self.own.get("security").unwrap_or(&self.document.root["security"]);
        security.as_array().is_some_and(|one| !one.is_empty())
    }

    /// The parameters that go into this place: `path`, `query` or `header`.
    pub(super) fn parameters(&self, place: &'static str) -> impl Iterator<Item = &'a Value> + use<'a> {
        let all = [self.path, self.own].into_iter();
        all.flat_map(|part| part["parameters"].as_array().into_iter().flatten()).filter(move |one| one["in"] == place)
    }

    /// What it says of the body of a request; `null` where there is none.
    pub(super) fn request_body(&self) -> &'a Value {
        &self.own["requestBody"]
    }

    /// What it says of an answer with this status.
    pub(super) fn response(&self, status: StatusCode) -> Result<&'a Value, String> {
        let responses = &self.own["responses"];
        let refusal = || if status.is_success() { None } else { responses.get("default") };
        let response = responses.get(status.as_str()).or_else(refusal).ok_or(format!("the status {status}"))?;
        self.document.resolve(response)
    }
}
