//! Tests can read what is logged. Those of this file record beside each other.
#![allow(clippy::unwrap_used, reason = "a helper of a test fails as loudly as a test")]

use altinn_watch::Recording;

#[test]
fn a_recording_has_the_lines_of_all_threads_from_its_start_on_with_their_spans() {
    let outer = Recording::start();
    tracing::info!("the first line");
    let recording = Recording::start();

    let span = tracing::info_span!("call", method = "GET", status = tracing::field::Empty);
    span.in_scope(|| {
        span.record("status", 200);
        tracing::debug!(attempt = 2, reason = "busy", "trying again");
    });
    std::thread::spawn(|| log::warn!(target: "elsewhere", "by the log crate")).join().unwrap();
    let text = recording.text();
    let line = "DEBUG call{method=\"GET\" status=200}: recording: trying again attempt=2 reason=\"busy\"\n";
    assert!(text.contains(line), "{text}");
    assert!(text.contains("WARN elsewhere: by the log crate"), "{text}");
    assert!(!text.contains("the first line"), "{text}");

    drop(recording);
    assert!(outer.text().contains("INFO recording: the first line\n"));
}

#[test]
fn a_thread_s_recording_leaves_out_the_others() {
    let recording = Recording::of_this_thread();
    std::thread::spawn(|| tracing::warn!("by another")).join().unwrap();
    tracing::warn!("by this one");
    assert_eq!(recording.text(), "WARN recording: by this one\n");
    drop(recording);
    tracing::warn!("unheard");
    assert_eq!(Recording::of_this_thread().text(), "");
}
