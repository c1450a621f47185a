use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::SystemTime;

use super::Algorithm;
use crate::error::Error;

/// A key that signs grants without being here: in an HSM, in Azure Key Vault, in a cloud's key management.
///
/// Give it to [`CredentialsBuilder::signer`](crate::CredentialsBuilder::signer). It is asked once for each grant, that
/// is twice an hour or so.
///
/// This one has a key vault sign. Such services want the hash of what is signed, made with the algorithm that
/// [`algorithm`](Self::algorithm) names.
///
/// ```
/// use altinn_auth::{Algorithm, Credentials, Error, Signer};
/// use altinn_core::{Environment, Read};
/// # use std::io;
/// # #[derive(Debug)]
/// # struct Vault;
/// # impl Vault {
/// #     async fn sign(&self, _key: &str, _algorithm: &str, _digest: &[u8]) -> io::Result<Vec<u8>> { Ok(vec![0; 256]) }
/// # }
/// # fn sha256(_: &[u8]) -> [u8; 32] { [0; 32] }
///
/// #[derive(Debug)]
/// struct VaultKey {
///     vault: Vault,
///     /// The key's name in the vault.
///     name: String,
///     /// The id under which its public half is registered on the Maskinporten client.
///     kid: String,
/// }
///
/// impl Signer for VaultKey {
///     fn algorithm(&self) -> Algorithm {
///         Algorithm::Rs256
///     }
///
///     fn kid(&self) -> Option<&str> {
///         Some(&self.kid)
///     }
///
///     async fn sign(&self, input: &[u8]) -> Result<Vec<u8>, Error> {
///         let digest = sha256(input);
///         // The vault may be out of reach for a moment: `true` has the grant tried again.
///         self.vault.sign(&self.name, "RS256", &digest).await.map_err(|error| Error::signer(error, true))
///     }
/// }
///
/// # fn main() -> Result<(), Error> {
/// let key = VaultKey { vault: Vault, name: "maskinporten".into(), kid: "4c1e0d2a".into() };
/// let credentials = Credentials::<Read>::builder(Environment::tt02()).client_id("my-client").signer(key).build()?;
/// # Ok(())
/// # }
/// ```
pub trait Signer: fmt::Debug + Send + Sync + 'static {
    /// The algorithm of the signatures.
    fn algorithm(&self) -> Algorithm;

    /// The id under which the public half is registered on the client; `None` for a key with
    /// [`certificates`](Self::certificates).
    fn kid(&self) -> Option<&str>;

    /// The chain of certificates, each as base64 of its DER form (standard alphabet), the key's own first. Used where
    /// there is no key id.
    fn certificates(&self) -> &[String] {
        &[]
    }

    /// When the key ends, a year after its public half was added to the client, so that there is a warning in the last
    /// 30 days. `None`, unless you say otherwise, when that is not known.
    fn expires_at(&self) -> Option<SystemTime> {
        None
    }

    /// Signs.
    ///
    /// `input`: the first two parts of a JWT. The result is the bare signature, in bytes, not in base64.
    ///
    /// # Errors
    /// [`Error::signer`] with your own error in it.
    fn sign(&self, input: &[u8]) -> impl Future<Output = Result<Vec<u8>, Error>> + Send;
}

type SignFuture<'a> = Pin<Box<dyn Future<Output = Result<Vec<u8>, Error>> + Send + 'a>>;

/// The same for use behind a pointer, which a trait with `impl Future` can't stand.
pub(crate) trait DynSigner: fmt::Debug + Send + Sync {
    fn algorithm(&self) -> Algorithm;
    fn kid(&self) -> Option<&str>;
    fn certificates(&self) -> &[String];
    fn expires_at(&self) -> Option<SystemTime>;
    fn sign<'a>(&'a self, input: &'a [u8]) -> SignFuture<'a>;
}

impl<S: Signer> DynSigner for S {
    fn algorithm(&self) -> Algorithm {
        Signer::algorithm(self)
    }

    fn kid(&self) -> Option<&str> {
        Signer::kid(self)
    }

    fn certificates(&self) -> &[String] {
        Signer::certificates(self)
    }

    fn expires_at(&self) -> Option<SystemTime> {
        Signer::expires_at(self)
    }

    fn sign<'a>(&'a self, input: &'a [u8]) -> SignFuture<'a> {
        Box::pin(Signer::sign(self, input))
    }
}
