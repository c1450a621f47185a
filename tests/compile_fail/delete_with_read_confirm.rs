use altinn_core::{InstanceId, ReadConfirm};
use altinn_storage::Client;

fn wrong(client: Client<ReadConfirm>, id: InstanceId) {
    let _ = client.instances().delete(id);
}

fn main() {}
