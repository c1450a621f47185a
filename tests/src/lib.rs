//! What the tests of the Altinn SDK crates share; nothing here is part of the SDK.
//!
//! * [`clients`]: Storage clients that give up quickly.
//! * [`contract`]: holds a service against recordings of the real one.
//! * [`fault`]: a loopback server that gives scripted answers, the broken ones included.
//! * [`owner`]: a service owner with its apps in an emulator.
//! * [`redaction`]: shows that a text holds no secret.
//! * [`refusal`]: an outcome that is an error with words that help.
//! * [`sample`]: an instance and a data element for it.
//! * [`surface`]: holds requests and answers against `openapi/`.
//! * [`trouble`]: a Storage that fails on pages, on instances, or for a while.

#[cfg(test)]
use altinn_watch as _;

pub mod clients;
pub mod contract;
pub mod fault;
pub mod owner;
pub mod redaction;
pub mod refusal;
pub mod sample;
pub mod surface;
pub mod trouble;

/// The examples of the README compile.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
