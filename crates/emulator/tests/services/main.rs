//! The emulated services over HTTP.

use altinn_watch as _;

#[cfg(test)]
mod before_routing;
#[cfg(test)]
mod behind_the_exchange;
mod emulator;
#[cfg(test)]
mod exchange;
#[cfg(test)]
mod maskinporten;
#[cfg(test)]
mod signer;
#[cfg(test)]
mod support;
