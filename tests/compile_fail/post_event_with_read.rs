use altinn_core::{InstanceId, Read};
use altinn_storage::{Client, InstanceEvent, InstanceEventType};

async fn wrong(client: Client<Read>, id: InstanceId) {
    let _ = client.events(id).post(InstanceEvent::new(InstanceEventType::Saved)).await;
}

fn main() {}
