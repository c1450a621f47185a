//! The way to a token over HTTP: against a scripted stub for what goes wrong on the wire, and against the emulator for
//! what the real services decide.

#![expect(clippy::unwrap_used, clippy::panic, reason = "clippy's exemption for tests leaves out their helpers")]

use altinn_watch as _;

mod check;
mod clock;
mod confirm;
mod culprits;
mod discovery;
mod disk;
mod emulator;
mod exchange_leg;
mod hosts;
mod interrupted;
mod keys;
mod layer;
mod lifetimes;
mod maskinporten_leg;
mod maskinporten_token;
mod own_layers;
mod preflight;
mod processes;
mod redaction;
mod requests;
mod settings;
mod sources;
mod statistics;
mod streams;
mod stub;
mod timeouts;
mod traces;
mod who_asked;
