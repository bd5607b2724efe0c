//! POSIX message queues, whose filesystem the kernel mounts for itself.

use super::{Done, take};
use crate::calls;

/// Makes a message queue and removes it.
pub(super) fn message_queue(args: &[&str]) -> Done {
    let [name] = take(args, "NAME")?;
    calls::message_queue(name)?;
    Ok(String::new())
}
