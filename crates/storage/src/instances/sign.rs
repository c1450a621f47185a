use std::fmt;

use altinn_core::transport::RequestSpec;
use altinn_core::{DataElementId, DataTypeId, Error, ErrorKind, InstanceId, OrgNumber, PersonNumber};
use http::Method;
use serde::Serialize;
use uuid::Uuid;

use super::{SIGN, advice, of};

/// What is to be signed, by whom, and where the signature goes.
///
/// ```
/// use altinn_storage::{SignRequest, Signee};
///
/// # let form = "00000000-0000-4000-8000-000000000002".parse()?;
/// let signature = "signature".parse()?;
/// let request = SignRequest::new(signature, Signee::user(20_001)).element(form).generated_from_task("Task_2");
/// # let _ = request;
/// # Ok::<(), altinn_core::InvalidId>(())
/// ```
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
#[must_use]
pub struct SignRequest {
    signature_document_data_type: DataTypeId,
    data_element_signatures: Vec<ElementSignature>,
    signee: Signee,
    generated_from_task: String,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct ElementSignature {
    data_element_id: DataElementId,
    signed: bool,
}

impl SignRequest {
    /// Of no data element yet.
    ///
    /// * `data_type`: of the data element that will hold the signature. The app's metadata must declare it, for the
    ///   instance's current task or for none.
    /// * `signee`: who signs.
    pub fn new(data_type: DataTypeId, signee: Signee) -> Self {
        Self {
            signature_document_data_type: data_type,
            data_element_signatures: Vec::new(),
            signee,
            generated_from_task: String::new(),
        }
    }

    /// A data element that is signed. The signature holds the SHA-256 of its content.
    pub fn element(self, id: DataElementId) -> Self {
        self.with(id, true)
    }

    /// A data element that stands in the signature's document, with its SHA-256, as not signed.
    pub fn unsigned_element(self, id: DataElementId) -> Self {
        self.with(id, false)
    }

    fn with(mut self, id: DataElementId, signed: bool) -> Self {
        self.data_element_signatures.push(ElementSignature { data_element_id: id, signed });
        self
    }

    /// The task that the signature was made in, such as `Task_2`.
    pub fn generated_from_task(mut self, task: impl Into<String>) -> Self {
        self.generated_from_task = task.into();
        self
    }
}

/// Who signs. The service believes what stands here. `Debug` leaves out the numbers.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
#[must_use]
pub struct Signee {
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    system_user_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    person_number: Option<PersonNumber>,
    #[serde(skip_serializing_if = "Option::is_none")]
    organisation_number: Option<OrgNumber>,
}

impl Signee {
    /// A user, by Altinn's user id.
    pub fn user(id: i32) -> Self {
        Self { user_id: Some(id.to_string()), system_user_id: None, person_number: None, organisation_number: None }
    }

    /// A system user, by its id.
    pub fn system_user(id: Uuid) -> Self {
        Self { user_id: None, system_user_id: Some(id), person_number: None, organisation_number: None }
    }

    /// With the national identity number of the person who signs.
    pub fn person(mut self, number: PersonNumber) -> Self {
        self.person_number = Some(number);
        self
    }

    /// With the number of the organisation on whose behalf is signed.
    pub fn organisation(mut self, number: OrgNumber) -> Self {
        self.organisation_number = Some(number);
        self
    }
}

impl fmt::Debug for Signee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signee").finish_non_exhaustive()
    }
}

/// Not repeated once it may have arrived: each call deletes the signee's earlier signature and makes another.
pub(super) fn sign(id: InstanceId, request: &SignRequest) -> Result<RequestSpec, Error> {
    if request.data_element_signatures.is_empty() {
        return Err(Error::new(ErrorKind::InvalidInput, SIGN).with_detail("there is no data element to sign"));
    }
    of(RequestSpec::new(SIGN, Method::POST), id).path(["sign"]).judge(advice::sign).json(request)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn request() -> SignRequest {
        let signee = Signee::user(1337).person("01039012345".parse().unwrap());
        SignRequest::new("signature".parse().unwrap(), signee)
    }

    fn element() -> DataElementId {
        "00000000-0000-4000-8000-000000000002".parse().unwrap()
    }

    #[test]
    fn the_service_reads_what_is_meant() {
        let request = request().element(element()).generated_from_task("Task_2");
        let expected = json!({
            "signatureDocumentDataType": "signature",
            "dataElementSignatures": [{"dataElementId": element(), "signed": true}],
            "signee": {"userId": "1337", "personNumber": "01039012345"},
            "generatedFromTask": "Task_2",
        });
        assert_eq!(serde_json::to_value(&request).unwrap(), expected);
        assert!(!format!("{request:?}").contains("01039012345") && !format!("{request:?}").contains("1337"));
    }

    #[test]
    fn nothing_is_not_signed() {
        let id = "501337/00000000-0000-4000-8000-000000000001".parse().unwrap();
        assert_eq!(sign(id, &request()).unwrap_err().kind(), ErrorKind::InvalidInput);
        assert!(sign(id, &request().unsigned_element(element())).is_ok());
    }
}
