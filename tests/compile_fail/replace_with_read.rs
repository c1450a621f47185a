use altinn_core::{DataElementId, InstanceId, Read};
use altinn_storage::Client;

fn wrong(client: Client<Read>, id: InstanceId, element: DataElementId) {
    let _ = client.data(id).replace(element, "<skjema/>");
}

fn main() {}
