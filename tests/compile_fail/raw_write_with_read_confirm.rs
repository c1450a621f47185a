use altinn_core::{ReadConfirm};
use altinn_storage::Client;

fn wrong(client: Client<ReadConfirm>) {
    let _ = client.raw_write(http::Method::POST, ["instances"]);
}

fn main() {}
