//! Who reads a list item by item can tell an instance that can't be had from a page that can't.

#![allow(clippy::unwrap_used, reason = "a helper of a test fails as loudly as a test")]

use altinn_watch as _;

use std::error::Error as _;

use altinn_core::ErrorKind;
use altinn_storage::Unreadable;
use altinn_tests::trouble::Troubled;
use futures::StreamExt;

#[tokio::test]
async fn an_item_that_can_t_be_read_says_where_it_lies_and_the_list_goes_on() {
    let troubled = Troubled::new(0..130).await;
    troubled.between.trouble().unreadable = Some(troubled.ids[42].clone());
    let items: Vec<_> = troubled.list().items().collect().await;
    assert_eq!(items.iter().filter(|item| item.is_ok()).count(), 129);
    let errors: Vec<_> = items.iter().filter_map(|item| item.as_ref().err()).collect();
    let [error] = errors[..] else { unreachable!("{errors:?}") };
    assert_eq!(error.kind(), ErrorKind::Unreadable);
    let unreadable = Unreadable::of(error).unwrap();
    assert_eq!((unreadable.from, unreadable.through), (Some(troubled.times[42]), Some(troubled.times[42])));
    assert_eq!(unreadable.error.kind(), ErrorKind::Decode);
    assert!(error.to_string().contains(&troubled.times[42].to_string()), "{error}");
    assert_eq!(error.source().unwrap().to_string(), unreadable.error.to_string());
}

#[tokio::test]
async fn an_item_that_can_t_be_served_does_so_too() {
    let troubled = Troubled::new(0..30).await;
    troubled.between.trouble().unservable = vec![troubled.ids[7].clone()];
    let items: Vec<_> = troubled.list().page_size(10).items().collect().await;
    let errors: Vec<_> = items.iter().filter_map(|item| item.as_ref().err()).collect();
    assert_eq!((items.len(), errors.len()), (30, 1));
    let unreadable = Unreadable::of(errors[0]).unwrap();
    assert!(unreadable.from.unwrap() <= troubled.times[7] && troubled.times[7] <= unreadable.through.unwrap());
    assert_eq!(unreadable.error.kind(), ErrorKind::Server);
}

#[tokio::test]
async fn a_page_that_fails_is_no_single_instance() {
    let troubled = Troubled::new(0..3).await;
    troubled.between.trouble().down.push(0..1_000);
    let mut items = troubled.list().items();
    let error = items.try_next().await.unwrap_err();
    assert_eq!((error.kind(), error.may_pass()), (ErrorKind::Server, true));
    assert!(Unreadable::of(&error).is_none());
    troubled.between.trouble().down.clear();
    assert_eq!(items.filter(|item| std::future::ready(item.is_ok())).count().await, 3, "the same page again");
}
