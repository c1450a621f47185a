use altinn_core::{InstanceId, ReadConfirm};
use altinn_storage::Client;

fn wrong(client: Client<ReadConfirm>, id: InstanceId) {
    let _ = client.data(id).upload("model".parse().unwrap(), "<skjema/>");
}

fn main() {}
