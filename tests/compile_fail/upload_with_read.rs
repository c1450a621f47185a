use altinn_core::{InstanceId, Read};
use altinn_storage::Client;

fn wrong(client: Client<Read>, id: InstanceId) {
    let _ = client.data(id).upload("model".parse().unwrap(), "<skjema/>");
}

fn main() {}
