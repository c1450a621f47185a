use std::borrow::Cow;

use crate::error::{Error, ErrorKind};

/// Of a sub-client, from before there was `consumer_org`.
const ON_BEHALF_OF: &str = "iss_onbehalfof";

/// That a claim of the caller's own is neither set otherwise, nor one that a grant has no place for.
pub(super) fn check(name: &str) -> Result<(), Error> {
    let own = |instead| Some((format!("the claim {name} has a method of its own").into(), instead));
    let refused: Option<(Cow<'static, str>, &str)> = match name {
        "" => Some(("a claim has no name".into(), "give it the name that the API's owner documents")),
        "aud" | "iss" | "iat" | "exp" | "jti" => {
            Some((format!("the claim {name} is set for every grant").into(), "leave it out"))
        }
        "scope" => own("use additional_scope"),
        "resource" => own("use resource"),
        "pid" => own("use person"),
        "consumer_org" => own("use on_behalf_of"),
        "authorization_details" => own("use system_user, or authorization_details for another kind"),
        // That some are taken today is written nowhere.
        "sub" | "nbf" => Some((
            format!("the claim {name} does not belong in a grant").into(),
            "leave it out: Maskinporten documents no such claim, and may refuse those that it does not document",
        )),
        _ => None,
    };
    match refused {
        Some((message, advice)) => Err(Error::of(ErrorKind::Config, message).advice(advice).into()),
        None => Ok(()),
    }
}

/// That a grant names whom it is for in one way: Maskinporten takes `consumer_org` or `iss_onbehalfof`.
///
/// * `consumer`: whether there is an organisation to ask on behalf of.
/// * `names`: those of the caller's own claims.
pub(super) fn check_consumer<'a>(consumer: bool, mut names: impl Iterator<Item = &'a str>) -> Result<(), Error> {
    if consumer && names.any(|name| name == ON_BEHALF_OF) {
        return Err(Error::of(
            ErrorKind::Config,
            "the claim iss_onbehalfof and an organisation to ask on behalf of (consumer_org) exclude each other",
        )
        .advice("leave the claim out: on_behalf_of has taken its place")
        .into());
    }
    Ok(())
}
