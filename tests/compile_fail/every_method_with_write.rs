use altinn_core::Write;
use altinn_storage::{Applications, Client, Data, Events, Instances, MessageBox, Process};

fn wrong() {
    let _ = Client::<Write>::raw_get;
    let _ = Instances::<'static, Write>::list;
    let _ = Instances::<'static, Write>::get;
    let _ = Instances::<'static, Write>::get_by_guid;
    let _ = Data::<'static, Write>::list;
    let _ = Data::<'static, Write>::download;
    let _ = Data::<'static, Write>::edit_metadata;
    let _ = Process::<'static, Write>::state;
    let _ = Process::<'static, Write>::history;
    let _ = Process::<'static, Write>::auth_info;
    let _ = Events::<'static, Write>::list;
    let _ = Events::<'static, Write>::get;
    let _ = Applications::<'static, Write>::list;
    let _ = Applications::<'static, Write>::list_of;
    let _ = Applications::<'static, Write>::get;
    let _ = Applications::<'static, Write>::text;
    let _ = MessageBox::<'static, Write>::search;
    let _ = MessageBox::<'static, Write>::get;
    let _ = MessageBox::<'static, Write>::events;
}

fn main() {}
