//! Signing.

use serde::Serialize;
use uuid::Uuid;

use crate::dotnet::datetime::DateTime;
use crate::dotnet::json::net_object;

net_object! {
    /// What to sign, and for whom.
    pub(crate) struct SignRequest = "Altinn.Platform.Storage.Interface.Models.SignRequest", nulls keep {
        "signatureDocumentDataType" => signature_document_data_type: Option<String>,
        "generatedFromTask" => generated_from_task: Option<String> = Some(String::new()),
        "dataElementSignatures" => data_element_signatures: Option<Vec<Option<DataElementSignature>>>,
        "signee" => signee: Option<Signee> = Some(Signee::default()),
    }
}

net_object! {
    /// One element to sign.
    pub(crate) struct DataElementSignature =
        "Altinn.Platform.Storage.Interface.Models.SignRequest+DataElementSignature", nulls keep
    {
        "dataElementId" => data_element_id: Option<String>,
        "signed" => signed: bool,
    }
}

net_object! {
    /// Who signs.
    pub(crate) struct Signee = "Altinn.Platform.Storage.Interface.Models.Signee", nulls keep {
        "userId" => user_id: Option<String>,
        "systemUserId" => system_user_id: Option<Uuid>,
        "personNumber" => person_number: Option<String>,
        "organisationNumber" => organisation_number: Option<String>,
    }
}

/// The document that a signature leaves behind.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SignDocument {
    pub(crate) id: String,
    pub(crate) instance_guid: String,
    pub(crate) signed_time: DateTime,
    pub(crate) signee_info: Signee,
    pub(crate) data_element_signatures: Vec<DocumentSignature>,
}

/// One signed element.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DocumentSignature {
    pub(crate) data_element_id: String,
    pub(crate) sha256_hash: String,
    pub(crate) signed: bool,
}
