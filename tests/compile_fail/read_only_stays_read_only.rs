use altinn_core::{InstanceId, ReadWrite};
use altinn_storage::Client;

async fn wrong(client: Client<ReadWrite>, id: InstanceId) {
    let _ = client.read_only().instances().confirm(id).await;
}

fn main() {}
