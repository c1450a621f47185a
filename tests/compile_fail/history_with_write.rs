use altinn_core::{InstanceId, Write};
use altinn_storage::Client;

async fn wrong(client: Client<Write>, id: InstanceId) {
    let _ = client.process(id).history().await;
}

fn main() {}
