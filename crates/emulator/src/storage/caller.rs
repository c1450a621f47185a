//! Who is calling Storage.

use http::HeaderMap;
use uuid::Uuid;

use super::model::PlatformUser;
use crate::dotnet::guid;
use crate::platform::Platform;
use crate::token::{Authentication, Claims, authenticate};

/// The scope that lets a service owner list instances.
const READ_SCOPE: &str = "altinn:serviceowner/instances.read";
/// The scope that should be needed to change them.
const WRITE_SCOPE: &str = "altinn:serviceowner/instances.write";
/// The scope of the platform's own synchroniser, which opens reading, writing and deleting everywhere.
const SYNC_SCOPE: &str = "altinn:storage/instances.syncadapter";

/// A caller whose token is valid.
#[derive(Debug)]
pub(crate) struct Caller {
    claims: Claims,
    /// The service owner's code.
    pub(crate) org: Option<String>,
    pub(crate) org_number: Option<String>,
    pub(crate) user_id: Option<i32>,
    system_user: Option<SystemUser>,
}

#[derive(Debug)]
struct SystemUser {
    id: Uuid,
    owner: Option<String>,
}

impl Caller {
    /// Reads the caller of a request; `None` without a valid token.
    pub(crate) fn of(headers: &HeaderMap, platform: &Platform) -> Option<Self> {
        match authenticate(headers, platform) {
            Authentication::Caller(claims) => Some(Self::from(claims)),
            Authentication::Anonymous | Authentication::Invalid | Authentication::Unreadable => None,
        }
    }

    /// The value of `createdBy` and `lastChangedBy`: user, else the system user's owner, else organisation.
    pub(crate) fn changed_by(&self) -> Option<String> {
        let system_user = self.system_user.as_ref().and_then(|user| user.owner.clone());
        self.user_id.map(|id| id.to_string()).or(system_user).or_else(|| self.org_number.clone())
    }

    /// Whether this is the organisation `org`, letter by letter.
    pub(crate) fn is_org(&self, org: &str) -> bool {
        self.org.as_deref() == Some(org)
    }

    pub(crate) fn is_system_user(&self) -> bool {
        self.system_user.is_some()
    }

    /// The claimed authentication level, if any.
    pub(crate) fn auth_level(&self) -> Option<i64> {
        self.claims.auth_level()
    }

    /// The token's own id, if it has one.
    pub(crate) fn session(&self) -> Option<String> {
        self.claims.text("jti")
    }

    /// Whether a scope that lists instances is among its scopes.
    pub(crate) fn may_list(&self) -> bool {
        self.has_scope(READ_SCOPE) || self.is_sync_adapter()
    }

    /// Whether a scope for changing instances is among its scopes.
    pub(crate) fn may_write(&self) -> bool {
        self.has_scope(WRITE_SCOPE) || self.is_sync_adapter()
    }

    /// Whether this is the platform's synchroniser.
    pub(crate) fn is_sync_adapter(&self) -> bool {
        self.has_scope(SYNC_SCOPE)
    }

    /// The service looks for the scope's text anywhere in the claim: in the older one, if the token has it.
    fn has_scope(&self, scope: &str) -> bool {
        let scopes = self.claims.legacy_scope().or_else(|| self.claims.scope());
        scopes.is_some_and(|scopes| scopes.to_ascii_lowercase().contains(scope))
    }

    /// Whether it sees what is deleted for good: decided by scope, not by organisation.
    pub(crate) fn sees_everything(&self) -> bool {
        let owner = |scopes: String| scopes.split(' ').any(|scope| scope.starts_with("altinn:serviceowner"));
        self.is_sync_adapter() || self.claims.scope().is_some_and(owner)
    }

    /// Whether this is Studio.
    pub(crate) fn is_studio(&self) -> bool {
        self.claims.app().as_deref() == Some("studio.designer")
    }

    /// How events name it.
    pub(crate) fn platform_user(&self) -> PlatformUser {
        let level = self.auth_level().and_then(|level| i32::try_from(level).ok()).unwrap_or_default();
        PlatformUser {
            user_id: self.user_id,
            org_id: self.org.clone(),
            authentication_level: level,
            system_user_id: self.system_user.as_ref().map(|user| user.id),
            system_user_owner_org_no: self.system_user.as_ref().and_then(|user| user.owner.clone()),
            ..PlatformUser::default()
        }
    }

    /// The subjects that policies know it by.
    pub(crate) fn subjects(&self) -> impl Iterator<Item = String> + '_ {
        let org = self.org.iter().map(|org| format!("org:{org}"));
        let user = self.user_id.iter().map(|id| format!("user:{id}"));
        let system = self.system_user.iter().map(|user| format!("systemuser:{}", user.id));
        org.chain(user).chain(system)
    }
}

impl From<Claims> for Caller {
    fn from(claims: Claims) -> Self {
        let system_user = claims.system_user().and_then(|details| {
            let id = details.get("systemuser_id")?.get(0)?.as_str()?;
            let owner = details.get("systemuser_org").and_then(|org| org.get("ID")).and_then(|id| id.as_str());
            Some(SystemUser {
                id: guid::parse(id)?,
                owner: owner.and_then(|id| id.split(':').nth(1)).map(str::to_owned),
            })
        });
        Self {
            org: claims.org(),
            org_number: claims.org_number(),
            user_id: claims.user_id().and_then(|id| i32::try_from(id).ok()),
            system_user,
            claims,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn caller(claims: Value) -> Caller {
        let Value::Object(claims) = claims else { panic!("an object") };
        Caller::from(Claims::from(claims))
    }

    #[test]
    fn the_read_scope_counts_wherever_its_text_stands() {
        for (claims, may_list, sees_everything) in [
            (json!({"scope": "altinn:serviceowner altinn:serviceowner/instances.read"}), true, true),
            (json!({"scope": "altinn:serviceowner/instances.readonlyfoo"}), true, true),
            (json!({"scope": "altinn:serviceowner"}), false, true),
            (json!({"urn:altinn:scope": "altinn:serviceowner/instances.read"}), true, false),
            (json!({"scope": "altinn:storage/instances.syncadapter"}), true, true),
            (json!({"scope": "altinn:instances.read"}), false, false),
            (json!({"scope": "altinn:serviceowner/instances.read", "urn:altinn:scope": "other"}), false, true),
        ] {
            let caller = caller(claims);
            assert_eq!((caller.may_list(), caller.sees_everything()), (may_list, sees_everything), "{caller:?}");
        }
    }

    #[test]
    fn a_system_user_acts_for_its_owner() {
        let caller = caller(json!({"urn:altinn:orgNumber": "974761076", "authorization_details": {
            "type": "urn:altinn:systemuser",
            "systemuser_id": ["a1b2c3d4-0000-4000-8000-000000000001"],
            "systemuser_org": {"authority": "iso6523-actorid-upis", "ID": "0192:910423495"},
        }}));
        assert!(caller.is_system_user());
        assert_eq!(caller.changed_by().as_deref(), Some("910423495"));
        let user = caller.platform_user();
        assert_eq!(user.system_user_owner_org_no.as_deref(), Some("910423495"));
        let subjects: Vec<String> = caller.subjects().collect();
        assert_eq!(subjects, ["systemuser:a1b2c3d4-0000-4000-8000-000000000001"]);
    }
}
