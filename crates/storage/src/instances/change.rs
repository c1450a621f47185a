//! Small changes to an instance: read status, substatus, presentation texts, data values.

use std::collections::BTreeMap;

use altinn_core::transport::{Operation, RequestSpec};
use altinn_core::{Error, ErrorKind, InstanceId};
use http::Method;
use serde_json::json;

use super::{
    ReadStatus, SET_DATA_VALUES, SET_PRESENTATION_TEXTS, SET_READ_STATUS, SET_SUBSTATUS, Substatus, advice, of,
};

pub(super) fn read_status(id: InstanceId, status: &ReadStatus) -> Result<RequestSpec, Error> {
    // The service would store a number as it is.
    if matches!(status, ReadStatus::Unknown(_)) {
        return Err(Error::new(ErrorKind::InvalidInput, SET_READ_STATUS)
            .with_detail("the service knows Unread, Read and UpdatedSinceLastReview"));
    }
    let spec = of(RequestSpec::new(SET_READ_STATUS, Method::PUT), id).path(["readstatus"]);
    Ok(spec.query("status", status).judge(advice::read_status))
}

/// Repeatable: a second one leaves another event, and the same substatus.
pub(super) fn substatus(id: InstanceId, substatus: &Substatus) -> Result<RequestSpec, Error> {
    if substatus.label.as_deref().is_none_or(str::is_empty) {
        return Err(Error::new(ErrorKind::InvalidInput, SET_SUBSTATUS).with_detail("a substatus needs a label"));
    }
    of(RequestSpec::new(SET_SUBSTATUS, Method::PUT), id).path(["substatus"]).judge(advice::substatus).json(substatus)
}

pub(super) fn presentation_texts(id: InstanceId, texts: &BTreeMap<String, String>) -> Result<RequestSpec, Error> {
    no_removal(SET_PRESENTATION_TEXTS, texts)?;
    of(RequestSpec::new(SET_PRESENTATION_TEXTS, Method::PUT), id)
        .path(["presentationtexts"])
        .judge(advice::task)
        .json(&json!({ "texts": texts }))
}

pub(super) fn data_values(id: InstanceId, values: &BTreeMap<String, String>) -> Result<RequestSpec, Error> {
    no_removal(SET_DATA_VALUES, values)?;
    of(RequestSpec::new(SET_DATA_VALUES, Method::PUT), id)
        .path(["datavalues"])
        .judge(advice::task)
        .json(&json!({ "values": values }))
}

/// An empty value is meant to remove its key, but the service merges what is left into what is stored: the key stays,
/// and the answer says success.
fn no_removal(operation: Operation, texts: &BTreeMap<String, String>) -> Result<(), Error> {
    match texts.iter().find(|(_, text)| text.is_empty()) {
        Some((key, _)) => Err(Error::new(ErrorKind::InvalidInput, operation).with_detail(format!(
            "the value of {key:?} is empty, which is to remove it, but the service keeps it all the same: set another \
             value instead"
        ))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{instance as id, target};

    #[test]
    fn each_change_has_its_path() {
        assert_eq!(target(&read_status(id(), &ReadStatus::Read).unwrap()), "instances/{i}/readstatus?status=Read");
        assert_eq!(target(&substatus(id(), &Substatus::new("merke")).unwrap()), "instances/{i}/substatus");
        let texts = BTreeMap::from([("a".to_owned(), "1".to_owned())]);
        assert_eq!(target(&presentation_texts(id(), &texts).unwrap()), "instances/{i}/presentationtexts");
        assert_eq!(target(&data_values(id(), &texts).unwrap()), "instances/{i}/datavalues");
    }

    #[test]
    fn what_the_service_would_take_wrongly_is_refused() {
        let kind = |refused: Result<RequestSpec, Error>| refused.unwrap_err().kind();
        assert_eq!(kind(read_status(id(), &ReadStatus::from("7"))), ErrorKind::InvalidInput);
        assert_eq!(kind(substatus(id(), &Substatus::default())), ErrorKind::InvalidInput);
        assert_eq!(kind(substatus(id(), &Substatus::new(""))), ErrorKind::InvalidInput);
        let texts = BTreeMap::from([("a".to_owned(), "1".to_owned()), ("b".to_owned(), String::new())]);
        let refused = data_values(id(), &texts).unwrap_err();
        assert!(refused.to_string().contains("\"b\""), "{refused}");
        assert_eq!(kind(presentation_texts(id(), &texts)), ErrorKind::InvalidInput);
    }
}
