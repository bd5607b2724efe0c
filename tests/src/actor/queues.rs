//! POSIX message queues, whose filesystem the kernel mounts for itself.

use nix::{
    mqueue::{MQ_OFlag, mq_close, mq_open, mq_unlink},
    sys::stat::Mode,
};

use super::{Done, take};

/// Makes a message queue and removes it.
pub(super) fn message_queue(args: &[&str]) -> Done {
    let [name] = take(args, "NAME")?;
    let flags = MQ_OFlag::O_CREAT | MQ_OFlag::O_RDWR;
    let queue = mq_open(name, flags, Mode::S_IRUSR | Mode::S_IWUSR, None)?;
    mq_close(queue)?;
    mq_unlink(name)?;
    Ok(String::new())
}
