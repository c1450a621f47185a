//! The emulated services over HTTP.

use altinn_watch as _;

#[cfg(test)]
mod before_routing;
#[cfg(test)]
mod behind_the_exchange;
#[cfg(test)]
mod changes;
#[cfg(test)]
mod consents;
#[cfg(test)]
mod control;
mod emulator;
#[cfg(test)]
mod exchange;
#[cfg(test)]
mod failures;
#[cfg(test)]
mod maskinporten;
#[cfg(test)]
mod private_jwk;
#[cfg(test)]
mod signer;
#[cfg(test)]
mod skew;
#[cfg(test)]
mod support;
