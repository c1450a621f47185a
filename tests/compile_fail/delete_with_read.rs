use altinn_core::{InstanceId, Read};
use altinn_storage::Client;

fn wrong(client: Client<Read>, id: InstanceId) {
    let _ = client.instances().delete(id);
}

fn main() {}
