//! Each known fault of the real services is shown by default, and gone when it is switched off.
#![allow(clippy::unwrap_used, reason = "a helper of a test fails as loudly as a test")]

use altinn_watch as _;

mod data;
mod exchange;
mod instances;
mod platform;
mod queries;
mod setup;
#[path = "../services/signer.rs"]
mod signer;

use altinn_emulator::Fault;

use setup::{Setup, WORLD};

/// Whether the fault shows.
async fn shows(fault: Fault, without: Option<Fault>) -> bool {
    let staging = WORLD.replace(r#""platform": {"#, r#""platform": {"staging": true, "#);
    let world = if fault == Fault::StagingShowsExceptions { &staging } else { WORLD };
    let setup = Setup::in_world(world, without).await;
    if let Some(shows) = queries::shows(&setup, fault).await {
        return shows;
    }
    if let Some(shows) = instances::shows(&setup, fault).await {
        return shows;
    }
    if let Some(shows) = data::shows(&setup, fault).await {
        return shows;
    }
    if let Some(shows) = exchange::shows(&setup, fault).await {
        return shows;
    }
    platform::shows(&setup, fault).await.unwrap_or_else(|| unreachable!("nobody looks for {fault}"))
}

#[tokio::test]
async fn every_fault_has_a_switch() {
    let mut wrong = Vec::new();
    for fault in Fault::ALL {
        if !shows(*fault, None).await {
            wrong.push(format!("{fault} does not show"));
        }
        if shows(*fault, Some(*fault)).await {
            wrong.push(format!("{fault} shows although it is off"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
