//! The metadata and texts of apps.

mod advice;
mod data_type;
mod model;
mod settings;
mod text;

use altinn_core::transport::{Operation, RequestSpec};
use altinn_core::{AppId, CanRead, Error, ErrorKind, Scope, operation};
use http::Method;
use serde::Deserialize;
use serde_with::{As, DefaultOnNull};

use crate::Client;
use crate::org_code::wrong_code;

pub use data_type::{ApplicationLogic, DataType, ShadowFields};
pub use model::{Application, ContactPoint, DataField, Keyword, PartyTypesAllowed};
pub use settings::{
    AccessMetadata, ApiScopes, ApiScopesConfiguration, CopyInstanceSettings, EFormidlingContract, HideSettings,
    MessageBoxConfig, OnEntry,
};
pub use text::{TextElement, TextResource, TextVariable};

const LIST: Operation = operation!("applications.list");
const LIST_OF: Operation = operation!("applications.list_of");
const GET: Operation = operation!("applications.get");
const TEXT: Operation = operation!("applications.text");

/// Operations on the metadata and texts of apps. From [`Client::applications`].
#[derive(Debug)]
pub struct Applications<'a, S: Scope> {
    client: &'a Client<S>,
}

impl<'a, S: Scope> Applications<'a, S> {
    pub(crate) fn new(client: &'a Client<S>) -> Self {
        Self { client }
    }

    /// Lists all apps of the environment, of every service owner. Needs `altinn:serviceowner/instances.read` here; the
    /// service answers this to anybody.
    ///
    /// There are no pages: it is one large answer.
    ///
    /// # Errors
    /// What any call may meet.
    pub async fn list(&self) -> Result<Vec<Application>, Error>
    where
        S: CanRead,
    {
        let answer: ApplicationList = self.client.transport().json(&list()).await?;
        Ok(answer.applications)
    }

    /// Lists the apps of one service owner. Needs `altinn:serviceowner/instances.read` here; the service answers this
    /// to anybody.
    ///
    /// * `org`: the service owner's code in lower case, such as `ttd`. For one that is not known the list is empty.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) for a code that is empty, or holds anything but small letters and
    /// digits, and what any call may meet.
    pub async fn list_of(&self, org: &str) -> Result<Vec<Application>, Error>
    where
        S: CanRead,
    {
        let answer: ApplicationList = self.client.transport().json(&list_of(org)?).await?;
        Ok(answer.applications)
    }

    /// Reads the metadata of an app: its data types, and what is set up for it. Needs
    /// `altinn:serviceowner/instances.read` here; the service answers this to anybody.
    ///
    /// After a new version is deployed it may be five minutes old.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) when no such app is deployed in this environment, and what any call may meet.
    pub async fn get(&self, app: &AppId) -> Result<Application, Error>
    where
        S: CanRead,
    {
        self.client.transport().json(&get(app)).await
    }

    /// Reads the texts of an app in one language: what the keys in substatus, titles and the like stand for. Needs
    /// `altinn:serviceowner/instances.read` here; for the service any token will do.
    ///
    /// * `language`: two small letters, such as `nb`, `nn` or `en`. The service compares letter by letter and would find
    ///   no texts for `NB`.
    ///
    /// They may be one hour old, and so may the answer that there are none.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) for anything but two small letters, [`NotFound`](ErrorKind::NotFound) when
    /// the app has no texts in this language, and what any call may meet.
    pub async fn text(&self, app: &AppId, language: &str) -> Result<TextResource, Error>
    where
        S: CanRead,
    {
        self.client.transport().json(&text(app, language)?).await
    }
}

impl<S: Scope> Clone for Applications<'_, S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S: Scope> Copy for Applications<'_, S> {}

#[derive(Deserialize)]
struct ApplicationList {
    // No default: an answer without it is none, and must not pass for an empty list.
    #[serde(deserialize_with = "As::<DefaultOnNull>::deserialize")]
    applications: Vec<Application>,
}

fn list() -> RequestSpec {
    RequestSpec::new(LIST, Method::GET).path(["applications"]).judge(advice::read)
}

fn list_of(org: &str) -> Result<RequestSpec, Error> {
    if let Some(wrong) = wrong_code(org) {
        return Err(Error::new(ErrorKind::InvalidInput, LIST_OF).with_detail(wrong));
    }
    Ok(RequestSpec::new(LIST_OF, Method::GET).path(["applications"]).segment(org).judge(advice::read))
}

fn of(spec: RequestSpec, app: &AppId) -> RequestSpec {
    spec.path(["applications"]).segment(app.org()).segment(app.app()).judge(advice::read)
}

fn get(app: &AppId) -> RequestSpec {
    of(RequestSpec::new(GET, Method::GET), app)
}

fn text(app: &AppId, language: &str) -> Result<RequestSpec, Error> {
    // For capital letters the service answers that there are no texts, and remembers it for an hour.
    if language.len() != 2 || !language.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return Err(
            Error::new(ErrorKind::InvalidInput, TEXT).with_detail("a language is two small letters, such as nb")
        );
    }
    Ok(of(RequestSpec::new(TEXT, Method::GET), app).path(["texts"]).segment(language).judge(advice::text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::target;

    #[test]
    fn each_question_has_its_path() {
        let app = "brønnøy/årsregnskap".parse().unwrap();
        assert_eq!(target(&list()), "applications");
        assert_eq!(target(&list_of("ttd").unwrap()), "applications/ttd");
        assert_eq!(target(&get(&app)), "applications/br%C3%B8nn%C3%B8y/%C3%A5rsregnskap");
        assert_eq!(target(&text(&"ttd/a".parse().unwrap(), "nb").unwrap()), "applications/ttd/a/texts/nb");
    }

    #[test]
    fn what_the_service_would_refuse_is_refused() {
        for org in ["", "a-b", "a b", "TTD", "tTd", "ÅS", "ttd.", "ttd/x", ".", "..", "ttd\0"] {
            assert_eq!(list_of(org).unwrap_err().kind(), ErrorKind::InvalidInput, "{org:?}");
        }
        for language in ["", "n", "nob", "nø", "n1", "æ", "NB", "nB"] {
            assert!(text(&"ttd/a".parse().unwrap(), language).is_err(), "{language:?}");
        }
    }
}
