use altinn_core::{InstanceId, ReadConfirm};
use altinn_storage::{Client, ProcessState};

async fn wrong(client: Client<ReadConfirm>, id: InstanceId, state: ProcessState) {
    let _ = client.process(id).update(state).await;
}

fn main() {}
