use altinn_core::{InstanceId, Read};
use altinn_storage::Client;

async fn wrong(client: Client<Read>, id: InstanceId) {
    let _ = client.instances().confirm(id).await;
}

fn main() {}
