//! Text resources of applications.

use http::StatusCode;

use super::context::{Answer, Context, Refusal, unhandled};
use super::model::TextResource;
use crate::response;

/// `POST applications/{org}/{app}/texts`: creates, or replaces.
pub(crate) fn create(context: &Context) -> Answer {
    let mut binding = context.bind();
    let body = binding.body::<TextResource>(None);
    binding.finish()?;
    let text = body.unwrap_or_default();
    let language = text.language.clone().unwrap_or_default();
    check_language(context, &language)?;
    let app = path_id(context);
    let mut state = context.state();
    state.registry.registered(&app).ok_or_else(unhandled)?;
    context.storable(&text)?;
    let text = complete(context, text, &language);
    state.registry.put_text(&app, &language, text.clone());
    drop(state);
    Ok(response::json(StatusCode::OK, &text))
}

/// `GET applications/{org}/{app}/texts/{language}`.
pub(crate) fn read(context: &Context) -> Answer {
    let language = context.values.get("language");
    check_language(context, language)?;
    match context.state().registry.text(&path_id(context), language, context.now) {
        Some(text) => Ok(response::json(StatusCode::OK, &*text)),
        None => Err(context.problem(StatusCode::NOT_FOUND, None)),
    }
}

/// `PUT applications/{org}/{app}/texts/{language}`. Where there is nothing to replace, nothing is said.
pub(crate) fn replace(context: &Context) -> Answer {
    let mut binding = context.bind();
    let body = binding.body::<TextResource>(None);
    binding.finish()?;
    let text = body.unwrap_or_default();
    let language = text.language.clone().unwrap_or_default();
    check_language(context, &language)?;
    let in_path = context.values.get("language");
    if language != in_path {
        let words =
            format!("The language specified in the textResource {language} does not match the api path: {in_path}");
        return Err(context.message(StatusCode::BAD_REQUEST, &words));
    }
    context.storable(&text)?;
    let app = path_id(context);
    let mut state = context.state();
    if !state.registry.has_text(&app, &language) {
        return Ok(response::empty(StatusCode::NO_CONTENT));
    }
    let text = complete(context, text, &language);
    state.registry.put_text(&app, &language, text.clone());
    drop(state);
    Ok(response::json(StatusCode::OK, &text))
}

/// `DELETE applications/{org}/{app}/texts/{language}`. The text is looked up first, as it is for those who read it.
pub(crate) fn remove(context: &Context) -> Answer {
    let (app, language) = (path_id(context), context.values.get("language"));
    if !is_language(language) {
        return Err(unhandled());
    }
    let mut state = context.state();
    if state.registry.text(&app, language, context.now).is_none() {
        return Err(context.problem(StatusCode::NOT_FOUND, None));
    }
    if !state.registry.remove_text(&app, language) {
        let words = format!("Unable to delete text resource for {app}");
        return Err(context.message(StatusCode::INTERNAL_SERVER_ERROR, &words));
    }
    drop(state);
    Ok(response::empty(StatusCode::OK))
}

fn complete(context: &Context, text: TextResource, language: &str) -> TextResource {
    let (org, app) = (context.values.get("org"), context.values.get("app"));
    TextResource { id: Some(format!("{org}-{app}-{language}")), org: Some(org.to_owned()), ..text }
}

fn check_language(context: &Context, language: &str) -> Result<(), Refusal> {
    if is_language(language) {
        return Ok(());
    }
    let words = "The language must be a two letter ISO language name.";
    Err(context.message(StatusCode::BAD_REQUEST, words))
}

/// The service's pattern ends in `$`, which takes a line feed at the end.
fn is_language(text: &str) -> bool {
    let text = text.strip_suffix('\n').unwrap_or(text);
    text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_alphabetic())
}

fn path_id(context: &Context) -> String {
    format!("{}/{}", context.values.get("org"), context.values.get("app"))
}
