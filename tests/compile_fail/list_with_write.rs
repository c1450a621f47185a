use altinn_core::Write;
use altinn_storage::{Client, InstanceQuery};

fn wrong(client: Client<Write>) {
    let _ = client.instances().list(InstanceQuery::org("ttd"));
}

fn main() {}
