use altinn_core::ReadConfirm;
use altinn_storage::{Client, Data, Events, Instances, Process};

fn wrong() {
    let _ = Client::<ReadConfirm>::raw_write;
    let _ = Instances::<'static, ReadConfirm>::create;
    let _ = Instances::<'static, ReadConfirm>::delete;
    let _ = Instances::<'static, ReadConfirm>::undelete;
    let _ = Instances::<'static, ReadConfirm>::set_read_status;
    let _ = Instances::<'static, ReadConfirm>::set_substatus;
    let _ = Instances::<'static, ReadConfirm>::set_presentation_texts;
    let _ = Instances::<'static, ReadConfirm>::set_data_values;
    let _ = Instances::<'static, ReadConfirm>::lock;
    let _ = Instances::<'static, ReadConfirm>::sign;
    let _ = Data::<'static, ReadConfirm>::upload;
    let _ = Data::<'static, ReadConfirm>::replace;
    let _ = Data::<'static, ReadConfirm>::delete;
    let _ = Data::<'static, ReadConfirm>::edit_metadata;
    let _ = Data::<'static, ReadConfirm>::update_metadata;
    let _ = Data::<'static, ReadConfirm>::lock;
    let _ = Data::<'static, ReadConfirm>::unlock;
    let _ = Process::<'static, ReadConfirm>::update;
    let _ = Process::<'static, ReadConfirm>::update_with_events;
    let _ = Events::<'static, ReadConfirm>::post;
}

fn main() {}
