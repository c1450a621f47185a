//! The emulated services over HTTP.

#[cfg(test)]
mod emulator;
#[cfg(test)]
mod exchange;
#[cfg(test)]
mod maskinporten;
#[cfg(test)]
mod support;
#[cfg(test)]
#[path = "../watch/mod.rs"]
mod watch;
