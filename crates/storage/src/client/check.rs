use altinn_auth::{CheckReport, CheckStep, Credentials};
use altinn_core::{Error, Read, Scope};

use super::{Client, ClientBuilder};
use crate::InstanceQuery;

const UNREADABLE: &str = "these credentials can't read";

/// Finds out what is wrong with a set-up: the steps of [`altinn_auth::check()`], and then a first request to Storage, for
/// a list of one instance of the service owner's.
///
/// With an HTTP client, layers or retries of your own take [`ClientBuilder::check`].
///
/// `credentials`: as they come from where they are made, because that may be what fails.
///
/// ```no_run
/// use altinn_auth::Credentials;
/// use altinn_core::ReadConfirm;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let report = altinn_storage::check(Credentials::<ReadConfirm>::from_env()).await;
/// print!("{report}");
/// if let Some(step) = report.failed() {
///     eprintln!("The set-up is not complete: {}", step.step());
/// }
/// # }
/// ```
pub async fn check<S: Scope>(credentials: Result<Credentials<S>, altinn_auth::Error>) -> CheckReport {
    match credentials {
        Ok(credentials) => ClientBuilder::new(credentials).check().await,
        Err(error) => {
            let mut report = altinn_auth::check::<S>(Err(error)).await;
            report.skip(CheckStep::Storage, "");
            report
        }
    }
}

impl<S: Scope> ClientBuilder<S> {
    /// As [`check`](crate::check()), with a client of these settings. Credentials that don't read skip the request.
    pub async fn check(self) -> CheckReport {
        let mut report = altinn_auth::check(Ok(self.credentials.clone())).await;
        match report.org().map(str::to_owned) {
            Some(org) if S::READS => report.then(CheckStep::Storage, first_request(self, org)).await,
            _ => {
                report.skip(CheckStep::Storage, if report.passed() { UNREADABLE } else { "" });
                report
            }
        }
    }
}

async fn first_request<S: Scope>(builder: ClientBuilder<S>, org: String) -> Result<String, Error> {
    let client = builder.build()?;
    // The layer that adds the token still goes by `S`.
    let reading = Client::<Read>::from_parts(client.transport().clone(), client.environment().clone());
    reading.instances().list(InstanceQuery::org(org.as_str())).page_size(1).limit(1).await?;
    Ok(format!("instances of {org} can be listed"))
}
