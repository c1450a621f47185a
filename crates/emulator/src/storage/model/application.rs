//! Application metadata.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::dotnet::datetime::DateTime;
use crate::dotnet::json::{net_object, sent_member};

/// Texts by language.
type LanguageString = BTreeMap<String, Option<String>>;

net_object! {
    /// What an application is.
    pub(crate) struct Application = "Altinn.Platform.Storage.Interface.Models.Application", nulls omit {
        "id" => id: Option<String>,
        "versionId" => version_id: Option<String>,
        "org" => org: Option<String>,
        "title" => title: Option<LanguageString>,
        "validFrom" => valid_from: Option<DateTime>,
        "validTo" => valid_to: Option<DateTime>,
        "processId" => process_id: Option<String>,
        "dataTypes" => data_types: Option<Vec<Option<DataType>>>,
        "partyTypesAllowed" => party_types_allowed: Option<PartyTypesAllowed>,
        "autoDeleteOnProcessEnd" => auto_delete_on_process_end: bool,
        "preventInstanceDeletionForDays" => prevent_instance_deletion_for_days: Option<i32>,
        "presentationFields" => presentation_fields: Option<Vec<Option<DataField>>>,
        "dataFields" => data_fields: Option<Vec<Option<DataField>>>,
        "eFormidling" => e_formidling: Option<EFormidlingContract>,
        "onEntry" => on_entry: Option<OnEntryConfig>,
        "messageBoxConfig" => message_box_config: Option<MessageBoxConfig>,
        "copyInstanceSettings" => copy_instance_settings: Option<CopyInstanceSettings>,
        "apiScopes" => api_scopes: Option<ApiScopesConfiguration>,
        "storageAccountNumber" => storage_account_number: Option<i32>,
        "disallowUserInstantiation" => disallow_user_instantiation: bool,
        "homepage" => homepage: Option<String>,
        "keywords" => keywords: Option<Vec<Option<Keyword>>>,
        "description" => description: Option<LanguageString>,
        "access" => access: Option<AppMetadataAccess>,
        "contactPoints" => contact_points: Option<Vec<Option<AppMetadataContactPoint>>>,
        "created" => created: Option<DateTime>,
        "createdBy" => created_by: Option<String>,
        "lastChanged" => last_changed: Option<DateTime>,
        "lastChangedBy" => last_changed_by: Option<String>,
    }
}

impl Application {
    /// Lets counts of data types be 1 that the `document` they come from doesn't mention: what they are by the
    /// service's own description.
    pub(crate) fn count_from_one(&mut self, document: &Value) {
        let sent = sent_member(document, "dataTypes").and_then(Value::as_array);
        for (data_type, sent) in self.data_types.iter_mut().flatten().zip(sent.into_iter().flatten()) {
            let Some(data_type) = data_type else { continue };
            if sent_member(sent, "maxCount").is_none() {
                data_type.max_count = 1;
            }
            if sent_member(sent, "minCount").is_none() {
                data_type.min_count = 1;
            }
        }
    }

    /// Leaves out the members of objects that are null, as the database does with a document that is registered, but
    /// not with one that replaces it. What has a default has it again then.
    pub(crate) fn strip_nulls(&mut self) {
        let strip = |texts: &mut Option<LanguageString>| {
            if let Some(texts) = texts {
                texts.retain(|_, text| text.is_some());
            }
        };
        strip(&mut self.title);
        strip(&mut self.description);
        if let Some(access) = &mut self.access {
            strip(&mut access.right_description);
        }
        for data_type in self.data_types.iter_mut().flatten().flatten() {
            strip(&mut data_type.description);
            data_type.enabled_file_analysers.get_or_insert_default();
            data_type.enabled_file_validators.get_or_insert_default();
        }
    }

    /// The declared data type of this id, which is compared exactly.
    pub(crate) fn data_type(&self, id: &str) -> Option<&DataType> {
        self.data_types.iter().flatten().flatten().find(|data_type| data_type.id.as_deref() == Some(id))
    }
}

net_object! {
    /// One kind of data element.
    pub(crate) struct DataType = "Altinn.Platform.Storage.Interface.Models.DataType", nulls omit {
        "id" => id: Option<String>,
        "description" => description: Option<LanguageString>,
        "allowedContentTypes" => allowed_content_types: Option<Vec<Option<String>>>,
        "allowedContributers" => allowed_contributers: Option<Vec<Option<String>>>,
        "allowedContributors" => allowed_contributors: Option<Vec<Option<String>>>,
        "actionRequiredToRead" => action_required_to_read: Option<String>,
        "actionRequiredToWrite" => action_required_to_write: Option<String>,
        "appLogic" => app_logic: Option<ApplicationLogic>,
        "taskId" => task_id: Option<String>,
        "maxSize" => max_size: Option<i32>,
        "maxCount" => max_count: i32,
        "minCount" => min_count: i32,
        "grouping" => grouping: Option<String>,
        "enablePdfCreation" => enable_pdf_creation: bool = true,
        "enableFileScan" => enable_file_scan: bool,
        "validationErrorOnPendingFileScan" => validation_error_on_pending_file_scan: bool,
        "enabledFileAnalysers" => enabled_file_analysers: Option<Vec<Option<String>>> = Some(Vec::new()),
        "enabledFileValidators" => enabled_file_validators: Option<Vec<Option<String>>> = Some(Vec::new()),
        "allowedKeysForUserDefinedMetadata" => allowed_keys_for_user_defined_metadata: Option<Vec<Option<String>>>,
    }
}

net_object! {
    /// What the app does with a data type.
    pub(crate) struct ApplicationLogic = "Altinn.Platform.Storage.Interface.Models.ApplicationLogic", nulls omit {
        "autoCreate" => auto_create: Option<bool>,
        "classRef" => class_ref: Option<String>,
        "schemaRef" => schema_ref: Option<String>,
        "allowAnonymousOnStateless" => allow_anonymous_on_stateless: bool,
        "autoDeleteOnProcessEnd" => auto_delete_on_process_end: bool,
        "disallowUserCreate" => disallow_user_create: bool,
        "disallowUserDelete" => disallow_user_delete: bool,
        "shadowFields" => shadow_fields: Option<ShadowFields>,
    }
}

net_object! {
    /// Fields that are not kept.
    pub(crate) struct ShadowFields = "Altinn.Platform.Storage.Interface.Models.ShadowFields", nulls omit {
        "prefix" => prefix: Option<String>,
        "saveToDataType" => save_to_data_type: Option<String>,
    }
}

net_object! {
    /// Who may start one.
    pub(crate) struct PartyTypesAllowed = "Altinn.Platform.Storage.Interface.Models.PartyTypesAllowed", nulls omit {
        "bankruptcyEstate" => bankruptcy_estate: bool,
        "organisation" => organisation: bool,
        "person" => person: bool,
        "subUnit" => sub_unit: bool,
    }
}

net_object! {
    /// A field that is copied to the instance.
    pub(crate) struct DataField = "Altinn.Platform.Storage.Interface.Models.DataField", nulls keep {
        "id" => id: Option<String>,
        "path" => path: Option<String>,
        "dataTypeId" => data_type_id: Option<String>,
    }
}

net_object! {
    /// Forwarding by eFormidling.
    pub(crate) struct EFormidlingContract = "Altinn.Platform.Storage.Interface.Models.EFormidlingContract", nulls omit {
        "serviceId" => service_id: Option<String>,
        "dpfShipmentType" => dpf_shipment_type: Option<String>,
        "receiver" => receiver: Option<String>,
        "sendAfterTaskId" => send_after_task_id: Option<String>,
        "process" => process: Option<String>,
        "standard" => standard: Option<String>,
        "typeVersion" => type_version: Option<String>,
        "type" => kind: Option<String>,
        "securityLevel" => security_level: i32,
        "dataTypes" => data_types: Option<Vec<Option<String>>>,
    }
}

net_object! {
    /// What the app shows first.
    pub(crate) struct OnEntryConfig = "Altinn.Platform.Storage.Interface.Models.OnEntryConfig", nulls keep {
        "show" => show: Option<String>,
    }
}

net_object! {
    /// Message box settings.
    pub(crate) struct MessageBoxConfig = "Altinn.Platform.Storage.Interface.Models.MessageBoxConfig", nulls omit {
        "hideSettings" => hide_settings: Option<HideSettings>,
        "syncAdapterSettings" => sync_adapter_settings: Option<SyncAdapterSettings>,
    }
}

net_object! {
    /// When instances are hidden from the message box.
    pub(crate) struct HideSettings = "Altinn.Platform.Storage.Interface.Models.HideSettings", nulls omit {
        "hideAlways" => hide_always: bool,
        "hideOnTask" => hide_on_task: Option<Vec<Option<String>>>,
    }
}

net_object! {
    /// What is not copied to Dialogporten.
    pub(crate) struct SyncAdapterSettings = "Altinn.Platform.Storage.Interface.Models.SyncAdapterSettings", nulls omit {
        "disableSync" => disable_sync: bool,
        "enableUserSuppliedDialogId" => enable_user_supplied_dialog_id: bool,
        "disableCreate" => disable_create: bool,
        "disableDelete" => disable_delete: bool,
        "disableAddActivities" => disable_add_activities: bool,
        "disableAddTransmissions" => disable_add_transmissions: bool,
        "disableSyncDueAt" => disable_sync_due_at: bool,
        "disableSyncStatus" => disable_sync_status: bool,
        "disableMarkCompletedWhenConfirmed" => disable_mark_completed_when_confirmed: bool,
        "disableSyncContentTitle" => disable_sync_content_title: bool,
        "disableSyncContentSummary" => disable_sync_content_summary: bool,
        "disableSyncContentAdditionalInformation" => disable_sync_content_additional_information: bool,
        "disableSyncContentExtendedStatus" => disable_sync_content_extended_status: bool,
        "disableSyncAttachments" => disable_sync_attachments: bool,
        "disableSyncApiActions" => disable_sync_api_actions: bool,
        "disableSyncGuiActions" => disable_sync_gui_actions: bool,
    }
}

net_object! {
    /// Whether an instance can be copied.
    pub(crate) struct CopyInstanceSettings = "Altinn.Platform.Storage.Interface.Models.CopyInstanceSettings", nulls keep {
        "enabled" => enabled: bool,
        "excludedDataTypes" => excluded_data_types: Option<Vec<Option<String>>>,
        "excludedDataFields" => excluded_data_fields: Option<Vec<Option<String>>>,
        "includeAttachments" => include_attachments: bool,
        "includedDataValues" => included_data_values: Option<Vec<Option<String>>>,
        "includedPresentationTexts" => included_presentation_texts: Option<Vec<Option<String>>>,
        "includeDueBefore" => include_due_before: bool,
    }
}

net_object! {
    /// Scopes that the app asks for.
    pub(crate) struct ApiScopesConfiguration =
        "Altinn.Platform.Storage.Interface.Models.ApiScopesConfiguration", nulls omit
    {
        "users" => users: Option<ApiScopes>,
        "serviceOwners" => service_owners: Option<ApiScopes>,
        "errorMessageTextResourceKey" => error_message_text_resource_key: Option<String>,
    }
}

net_object! {
    /// Scopes for one kind of caller.
    pub(crate) struct ApiScopes = "Altinn.Platform.Storage.Interface.Models.ApiScopes", nulls keep {
        "read" => read: Option<String>,
        "write" => write: Option<String>,
        "errorMessageTextResourceKey" => error_message_text_resource_key: Option<String>,
    }
}

net_object! {
    /// A word to find the app by.
    pub(crate) struct Keyword = "Altinn.Platform.Storage.Interface.Models.Keyword", nulls omit {
        "word" => word: Option<String>,
        "language" => language: Option<String>,
    }
}

net_object! {
    /// How access is described.
    pub(crate) struct AppMetadataAccess = "Altinn.Platform.Storage.Interface.Models.AppMetadataAccess", nulls omit {
        "rightDescription" => right_description: Option<LanguageString>,
        "delegable" => delegable: bool,
        "visible" => visible: bool,
    }
}

net_object! {
    /// Whom to ask.
    pub(crate) struct AppMetadataContactPoint =
        "Altinn.Platform.Storage.Interface.Models.AppMetadataContactPoint", nulls omit
    {
        "category" => category: Option<String>,
        "email" => email: Option<String>,
        "telephone" => telephone: Option<String>,
        "contactPage" => contact_page: Option<String>,
    }
}
