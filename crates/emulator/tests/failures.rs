//! Failures on order happen to one request, and what follows is as if nothing had been.
#![allow(clippy::unwrap_used, reason = "a helper of a test fails as loudly as a test")]

use altinn_watch as _;

use std::time::{Duration, Instant};

use altinn_emulator::{Emulator, Failure, Submission};

fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

async fn get(emulator: &Emulator, path: &str) -> reqwest::Result<(u16, String)> {
    let token = emulator.service_owner_token("ttd", "altinn:serviceowner/instances.read").unwrap();
    let url = format!("{}{path}", emulator.url());
    let answer = client().get(url).bearer_auth(token).send().await?;
    let status = answer.status().as_u16();
    Ok((status, answer.text().await?))
}

#[tokio::test]
async fn each_happens_once_and_only_where_it_was_ordered() {
    let emulator = Emulator::start().await.unwrap();
    emulator.seed(Submission::new("ttd/mottak-demo", 510_001));
    let list = "storage/api/v1/instances?org=ttd";

    emulator.fail_next("/storage/", Failure::status(503).header("retry-after", "7").body("<html>busy</html>"));
    assert_eq!(get(&emulator, "health").await.unwrap().0, 200);
    let busy = client().get(format!("{}{list}", emulator.url())).send().await.unwrap();
    assert_eq!((busy.status().as_u16(), &busy.headers()["retry-after"]), (503, &"7".parse().unwrap()));
    assert_eq!(busy.text().await.unwrap(), "<html>busy</html>");
    let (status, whole) = get(&emulator, list).await.unwrap();
    assert_eq!(status, 200);

    emulator.fail_next("/storage/", Failure::lost_answer());
    assert!(get(&emulator, list).await.is_err());
    emulator.fail_next("/storage/", Failure::cut_after(40));
    assert!(get(&emulator, list).await.is_err(), "a part of {} bytes passed for the whole", whole.len());

    emulator.fail_next("/storage/", Failure::delayed(Duration::from_millis(300)));
    let begun = Instant::now();
    assert_eq!(get(&emulator, list).await.unwrap(), (200, whole.clone()));
    assert!(begun.elapsed() >= Duration::from_millis(300));
    assert_eq!(get(&emulator, list).await.unwrap(), (200, whole));
}

#[tokio::test]
async fn a_lost_answer_does_not_undo_the_work() {
    let emulator = Emulator::start().await.unwrap();
    let id = emulator.seed(Submission::new("ttd/mottak-demo", 510_001));
    let scopes = "altinn:serviceowner/instances.read altinn:serviceowner/instances.write";
    let token = emulator.service_owner_token("ttd", scopes).unwrap();
    let url = format!("{}storage/api/v1/instances/{id}/complete", emulator.url());
    emulator.fail_next("/storage/", Failure::lost_answer());
    let lost = client().post(url).bearer_auth(&token).send().await;
    assert!(lost.is_err() || lost.unwrap().bytes().await.is_err());
    let (_, instance) = get(&emulator, &format!("storage/api/v1/instances/{id}")).await.unwrap();
    assert!(instance.contains("completeConfirmations"), "{instance}");
}
