//! The registry of applications.

use http::StatusCode;
use http::header::LOCATION;

use super::context::{Answer, Context, unhandled};
use super::faults::Fault;
use super::model::{Application, ApplicationList};
use crate::response::{self, with_header};

/// `GET applications`.
pub(crate) fn list(context: &Context) -> Answer {
    let applications = context.state().registry.applications().cloned().collect();
    Ok(response::json(StatusCode::OK, &ApplicationList { applications }))
}

/// `GET applications/{org}`.
pub(crate) fn list_of(context: &Context) -> Answer {
    // What is blank in a path is bound as nothing.
    let org = Some(context.values.get("org")).filter(|org| !org.trim().is_empty()).unwrap_or_default();
    if org.is_empty() || org.contains(['-', ' ']) {
        let words = format!("Application owner id '{org}' is not valid");
        return Err(context.message(StatusCode::BAD_REQUEST, &words));
    }
    let state = context.state();
    let of_org = state.registry.applications().filter(|application| application.org.as_deref() == Some(org));
    Ok(response::json(StatusCode::OK, &ApplicationList { applications: of_org.cloned().collect() }))
}

/// `GET applications/{org}/{app}`.
pub(crate) fn read(context: &Context) -> Answer {
    let id = path_id(context);
    match context.state().registry.application(&id, context.now) {
        Some(application) => Ok(response::json(StatusCode::OK, &*application)),
        None => {
            let words = format!("Could not find an application with appId={id}");
            Err(context.message(StatusCode::NOT_FOUND, &words))
        }
    }
}

/// `POST applications`: registers, or replaces. Who registered first, and when, is kept.
pub(crate) fn register(context: &Context) -> Answer {
    let mut binding = context.bind();
    let body = binding.body::<Application>(None);
    binding.finish()?;
    let body = with_counts(context, body.unwrap_or_default());
    let id = context.query.text("appId").unwrap_or_default();
    if !is_app_id(id) {
        return Err(context.message(StatusCode::BAD_REQUEST, "AppId is not valid."));
    }
    let (org, _) = id.split_once('/').ok_or_else(unhandled)?;
    let now = context.date();
    let by = context.caller()?.changed_by();
    let application = Application {
        id: Some(id.to_owned()),
        org: Some(org.to_owned()),
        data_types: Some(body.data_types.unwrap_or_default()),
        valid_from: Some(body.valid_from.unwrap_or(now)),
        created: Some(now),
        created_by: by.clone(),
        last_changed: Some(now),
        last_changed_by: by,
        ..body
    };
    context.storable(&application)?;
    let mut stored = application.clone();
    stored.strip_nulls();
    let mut state = context.state();
    let first = state.registry.registered(id).map(|known| (known.created, known.created_by.clone()));
    if let Some((created, created_by)) = first {
        stored = Application { created, created_by, ..stored };
    }
    state.registry.put(stored);
    drop(state);
    let location = context.location(id, &format!("applications/{id}"));
    Ok(with_header(response::json(StatusCode::CREATED, &application), LOCATION, &location))
}

/// `PUT applications/{org}/{app}`.
pub(crate) fn replace(context: &Context) -> Answer {
    let mut binding = context.bind();
    let body = binding.body::<Application>(None);
    binding.finish()?;
    let body = with_counts(context, body.unwrap_or_default());
    let id = path_id(context);
    let refuse = |words: &str| Err(context.message(StatusCode::BAD_REQUEST, words));
    if !is_app_id(&id) {
        return refuse(&format!("Illegal appId {id}"));
    }
    if body.id.as_deref() != Some(id.as_str()) {
        return refuse("appId in path does not match id in attached object");
    }
    if body.org.as_deref() != Some(context.values.get("org")) {
        return refuse("Org (application owner id) from path is not matching attached object");
    }
    let mut state = context.state();
    let Some(known) = state.registry.application(&id, context.now) else {
        return Err(context.message(StatusCode::NOT_FOUND, &format!("Cannot find application {id}")));
    };
    let application = Application {
        storage_account_number: known.storage_account_number,
        party_types_allowed: Some(body.party_types_allowed.unwrap_or_default()),
        created: None,
        created_by: None,
        last_changed: Some(context.date()),
        last_changed_by: context.caller()?.changed_by(),
        ..body
    };
    context.storable(&application)?;
    let (created, created_by) = (known.created, known.created_by.clone());
    state.registry.replace(Application { created, created_by, ..application.clone() });
    drop(state);
    Ok(response::json(StatusCode::OK, &application))
}

/// `DELETE applications/{org}/{app}`: retires, or removes for good.
pub(crate) fn remove(context: &Context) -> Answer {
    let mut binding = context.bind();
    let hard = binding.binder.optional_flag("hard", None).unwrap_or_default();
    binding.finish()?;
    let id = path_id(context);
    let mut state = context.state();
    let Some(application) = state.registry.application(&id, context.now) else {
        let words = format!("Didn't find the object that should be deleted with appId={id}");
        return Err(context.message(StatusCode::NOT_FOUND, &words));
    };
    let mut application = Application::clone(&application);
    if hard {
        state.registry.remove(&id);
    } else {
        application.valid_to = Some(context.date());
        application.last_changed = Some(context.date());
        application.last_changed_by = context.caller()?.changed_by();
        state.registry.retire(application.clone(), context.now);
    }
    drop(state);
    Ok(response::json(StatusCode::OK, &application))
}

/// What the service answers on `applications` for everything that its own actions don't take: whether the id would do.
pub(crate) fn is_valid_id(context: &Context) -> Answer {
    Ok(response::json(StatusCode::OK, &is_app_id(context.query.text("appId").unwrap_or_default())))
}

/// What was sent, with the counts of data types that were left out.
fn with_counts(context: &Context, mut body: Application) -> Application {
    if !context.shows(Fault::CountsDefaultToZero) {
        body.count_from_one(&serde_json::from_slice(&context.body).unwrap_or_default());
    }
    body
}

fn path_id(context: &Context) -> String {
    format!("{}/{}", context.values.get("org"), context.values.get("app"))
}

/// An organisation's code, a slash, and a name that may have hyphens; letters are lower case. Both patterns end in `$`,
/// which takes a line feed at the end.
fn is_app_id(id: &str) -> bool {
    let letter = |character: char| matches!(character, 'a'..='z' | 'æ' | 'ø' | 'å');
    let begins = |text: &str| text.starts_with(letter);
    let mut parts = id.split('/');
    let (Some(org), Some(app), None) = (parts.next(), parts.next(), parts.next()) else { return false };
    let [org, app] = [org, app].map(|part| part.strip_suffix('\n').unwrap_or(part));
    begins(org)
        && begins(app)
        && org.chars().all(|character| letter(character) || character.is_ascii_digit())
        && app.chars().all(|character| letter(character) || character.is_ascii_digit() || character == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids() {
        for (id, valid) in [
            ("ttd/contract-texts", true),
            ("blå/bær2-x", true),
            ("tt-d/contract", false),
            ("TTD/app", false),
            ("ttd", false),
            ("ttd/a/b", false),
            ("1ttd/a", false),
            ("ttd/", false),
            ("ttd\n/app\n", true),
            ("ttd/app\n\n", false),
            ("ttd/\n", false),
            ("", false),
        ] {
            assert_eq!(is_app_id(id), valid, "{id}");
        }
    }
}
