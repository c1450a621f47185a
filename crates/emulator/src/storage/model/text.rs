//! Text resources.

use crate::dotnet::json::net_object;

net_object! {
    /// The texts of an application in one language.
    pub(crate) struct TextResource = "Altinn.Platform.Storage.Interface.Models.TextResource", nulls omit {
        "id" => id: Option<String>,
        "org" => org: Option<String>,
        "language" => language: Option<String>,
        "resources" => resources: Option<Vec<Option<TextResourceElement>>>,
    }
}

net_object! {
    /// One text.
    pub(crate) struct TextResourceElement = "Altinn.Platform.Storage.Interface.Models.TextResourceElement", nulls keep {
        "id" => id: Option<String>,
        "value" => value: Option<String>,
        "variables" => variables: Option<Vec<Option<TextResourceVariable>>>,
    }
}

net_object! {
    /// A placeholder in a text.
    pub(crate) struct TextResourceVariable = "Altinn.Platform.Storage.Interface.Models.TextResourceVariable", nulls keep {
        "key" => key: Option<String>,
        "dataSource" => data_source: Option<String>,
        "defaultValue" => default_value: Option<String>,
    }
}
