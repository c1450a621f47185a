use altinn_core::Read;
use altinn_storage::{Client, Data, Events, Instances, Process};

fn wrong() {
    let _ = Client::<Read>::raw_write;
    let _ = Instances::<'static, Read>::create;
    let _ = Instances::<'static, Read>::confirm;
    let _ = Instances::<'static, Read>::delete;
    let _ = Instances::<'static, Read>::undelete;
    let _ = Instances::<'static, Read>::set_read_status;
    let _ = Instances::<'static, Read>::set_substatus;
    let _ = Instances::<'static, Read>::set_presentation_texts;
    let _ = Instances::<'static, Read>::set_data_values;
    let _ = Instances::<'static, Read>::lock;
    let _ = Instances::<'static, Read>::sign;
    let _ = Data::<'static, Read>::upload;
    let _ = Data::<'static, Read>::replace;
    let _ = Data::<'static, Read>::delete;
    let _ = Data::<'static, Read>::edit_metadata;
    let _ = Data::<'static, Read>::update_metadata;
    let _ = Data::<'static, Read>::lock;
    let _ = Data::<'static, Read>::unlock;
    let _ = Process::<'static, Read>::update;
    let _ = Process::<'static, Read>::update_with_events;
    let _ = Events::<'static, Read>::post;
}

fn main() {}
