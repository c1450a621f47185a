//! A look at a set-up, step by step, until something is wrong.

mod report;

use altinn_core::Scope;

use crate::credentials::Credentials;
use crate::error::{Error, ErrorKind, Leg, scrub};
use crate::exchanged::Exchanged;
use crate::grant::CLOCK_MAY_BE;
use crate::jwt;
use crate::maskinporten::Maskinporten;
use crate::maskinporten::source::Source;
use crate::preflight;
use crate::provider::DynProvider;
use crate::request::TokenRequest;
use crate::retry::Budget;
use crate::token::AltinnToken;

pub use report::{CheckError, CheckOutcome, CheckReport, CheckStep, CheckedStep};

/// Finds out what is wrong with a set-up: goes all the way to an Altinn token step by step, and stops where one fails.
///
/// Nothing is taken from the cache or put into it, and no refusal that is remembered counts. `altinn-storage` has a
/// function of the same name that makes a first request, too.
///
/// `credentials`: as they come from where they are made, because that may be what fails.
///
/// ```no_run
/// use altinn_auth::{Credentials, check};
/// use altinn_core::ReadConfirm;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let report = check(Credentials::<ReadConfirm>::from_env()).await;
/// print!("{report}");
/// std::process::exit(if report.passed() { 0 } else { 1 });
/// # }
/// ```
///
/// The steps are those of [`CheckStep`], but for the last:
///
/// ```text
/// key       passed: kid 4c1e0d2a, RS256
/// metadata  passed: https://test.maskinporten.no/
/// clock     passed: 0 s ahead of Maskinporten's
/// token     passed: client 6f0f3c2e-0000-4000-8000-aaaaaaaaaaaa, 120 s
/// scopes    failed: Maskinporten did not grant altinn:serviceowner/instances.write; add it to the client in the …
/// exchange  skipped
/// org code  skipped
/// ```
///
/// A Maskinporten of your own must publish metadata for it. Of a token sidecar, a ready-made token and a
/// [`TokenProvider`](crate::TokenProvider) the steps are skipped that are not theirs.
pub async fn check<S: Scope>(credentials: Result<Credentials<S>, Error>) -> CheckReport {
    let mut report = CheckReport::default();
    if let Some(credentials) = report.value(CheckStep::Key, credentials) {
        let shared = credentials.shared();
        let (request, owner) = (shared.cache.request(), shared.cache.owner());
        match shared.provider.exchanged() {
            Some(source) => exchanged(source, request, owner, &mut report).await,
            None => provided(&*shared.provider, request, owner, &mut report).await,
        };
    }
    report.skip_the_rest();
    report
}

/// `None` when a step failed.
async fn exchanged(
    source: &Exchanged,
    request: &TokenRequest,
    owner: Option<&str>,
    report: &mut CheckReport,
) -> Option<()> {
    match &source.maskinporten {
        Source::Grant(maskinporten) => set_up(maskinporten, request, report).await?,
        Source::Sidecar(_) => {
            for step in [CheckStep::Key, CheckStep::Metadata, CheckStep::Clock] {
                report.skip(step, "the token sidecar's affair");
            }
        }
    }
    let budget = Budget::start();
    // Not the one that a sidecar keeps: it was granted for what was right then.
    let result = source.maskinporten.token(request, true, &budget).await;
    let token = accepted(result, report)?;
    report.claims = jwt::shown(token.expose());
    let client = source.maskinporten.client_id().map(|client| format!("client {client}, ")).unwrap_or_default();
    report.pass(CheckStep::Token, format!("{client}{} s", token.lifetime().as_secs()));

    report.scopes = token.scopes().map(scrub).collect();
    report.value(CheckStep::Scopes, preflight::scopes(request, &token))?;
    let surplus = preflight::surplus(request, &token).map(|scope| format!("; not asked for: {scope}"));
    report.pass(CheckStep::Scopes, format!("{}{}", report.scopes.join(" "), surplus.unwrap_or_default()));

    let altinn = report.value(CheckStep::Exchange, source.exchange(request, &token, &budget).await)?;
    report.pass(CheckStep::Exchange, format!("{} s", altinn.lifetime().as_secs()));
    let expected = source.check_org(request, &altinn);
    let expected = expected.and_then(|()| preflight::org(request, owner, &altinn, Some(Leg::Exchange)));
    org(expected, &altinn, report)
}

/// What can be looked at before a token is asked for.
async fn set_up(maskinporten: &Maskinporten, request: &TokenRequest, report: &mut CheckReport) -> Option<()> {
    let key = report.value(CheckStep::Key, maskinporten.try_key(request).await)?;
    report.pass(CheckStep::Key, key);

    let published = report.value(CheckStep::Metadata, maskinporten.published().await)?;
    let endpoint = &maskinporten.endpoint;
    let unused = published.endpoint != *endpoint.usual() && !endpoint.discovers();
    let hint = if unused { "; grants are not sent to the endpoint that it names: see discover" } else { "" };
    report.pass(CheckStep::Metadata, format!("{}{hint}", maskinporten.issuer));

    report.clock_offset = published.clock_offset;
    let Some(offset) = published.clock_offset else {
        report.skip(CheckStep::Clock, "Maskinporten doesn't tell the time");
        return Some(());
    };
    if CLOCK_MAY_BE.contains(&offset) || maskinporten.clock.corrects() {
        let side = if offset < 0 { "behind" } else { "ahead of" };
        report.pass(CheckStep::Clock, format!("{} s {side} Maskinporten's", offset.unsigned_abs()));
        return Some(());
    }
    let error = Error::of(ErrorKind::ClockSkew, "Maskinporten would refuse the dates of a grant")
        .leg(Leg::Maskinporten)
        .clock_skew(Some(offset))
        .advice("set the clock by a time server (NTP), or have grants dated by Maskinporten's (correct_clock)");
    report.fail(CheckStep::Clock, error.build());
    None
}

/// Of a set-up that gets Altinn tokens otherwise than from Maskinporten.
async fn provided(
    provider: &dyn DynProvider,
    request: &TokenRequest,
    owner: Option<&str>,
    report: &mut CheckReport,
) -> Option<()> {
    for step in [CheckStep::Key, CheckStep::Metadata, CheckStep::Clock] {
        report.skip(step, "the token is not from Maskinporten");
    }
    let token = accepted(provider.fetch(request).await, report)?;
    report.claims = jwt::shown(token.expose());
    report.pass(CheckStep::Token, "");
    report.scopes = token.scopes().map(scrub).collect();
    report.value(CheckStep::Scopes, preflight::given(request, &token))?;
    report.pass(CheckStep::Scopes, report.scopes.join(" "));
    report.skip(CheckStep::Exchange, "the token is an Altinn token already");
    org(preflight::org(request, owner, &token, None), &token, report)
}

/// Where Maskinporten refuses scopes, it is taken to have accepted client and key: there is no saying which scopes a
/// client has before it is known. That is how the emulator does it; Digdir documents no order.
fn accepted<T>(result: Result<T, Error>, report: &mut CheckReport) -> Option<T> {
    match result {
        Err(error) if error.kind() == ErrorKind::ScopeNotGranted => {
            report.pass(CheckStep::Token, "client and key are accepted");
            report.fail(CheckStep::Scopes, error);
            None
        }
        result => report.value(CheckStep::Token, result),
    }
}

fn org(checked: Result<(), Error>, token: &AltinnToken, report: &mut CheckReport) -> Option<()> {
    report.org = token.org().map(scrub);
    report.value(CheckStep::OrgCode, checked)?;
    let code = report.org.clone().unwrap_or_default();
    report.pass(CheckStep::OrgCode, code);
    Some(())
}
