use altinn_core::Secret;

use crate::askable::{self, Beside};
use crate::error::{Error, ErrorKind};
use crate::preflight;
use crate::provider::TokenProvider;
use crate::request::TokenRequest;
use crate::token::AltinnToken;

const SOURCE: &str = "what was given, a ready-made token,";

/// A token that was given ready-made and can't be renewed.
#[derive(Debug)]
pub(crate) struct StaticToken(Option<AltinnToken>);

impl StaticToken {
    pub(crate) fn new(token: Secret) -> Self {
        Self(AltinnToken::of_unknown_age(token))
    }
}

impl TokenProvider for StaticToken {
    async fn fetch(&self, request: &TokenRequest) -> Result<AltinnToken, Error> {
        let Some(token) = &self.0 else {
            return Err(Error::of(ErrorKind::Config, "the token that was given holds characters that no header takes")
                .advice("it may have line breaks in it, or not be a token at all")
                .into());
        };
        if token.remaining().is_zero() {
            return Err(Error::of(ErrorKind::TokenExpired, "the token that was given has expired")
                .advice("give a new one, or credentials that can renew it")
                .into());
        }
        askable::check(request, SOURCE, Beside::Nothing)?;
        preflight::given(request, token)?;
        Ok(token.clone())
    }
}
