//! Settings of the whole machine that no file holds.

use nix::{
    errno::Errno,
    unistd::{acct, gethostname, sethostname},
};

use super::{Done, files, take};
use crate::calls;

/// Names the machine what it is called already.
pub(super) fn rename(args: &[&str]) -> Done {
    let [] = take(args, "none")?;
    sethostname(gethostname()?)?;
    Ok(String::new())
}

/// Lets the console have what it may have already.
pub(super) fn console_on(args: &[&str]) -> Done {
    let [] = take(args, "none")?;
    calls::console_on()?;
    Ok(String::new())
}

/// Ends the accounting of processes.
pub(super) fn end_accounting(args: &[&str]) -> Done {
    let [] = take(args, "none")?;
    acct::disable()?;
    Ok(String::new())
}

/// Has the kernel run the host's helper for keys, and reads what that left behind.
pub(super) fn request_key(args: &[&str]) -> Done {
    let [left] = take(args, "PATH")?;
    match calls::request_key() {
        // The helper brings no key.
        Ok(()) | Err(Errno::ENOKEY) => files::read(&[left]),
        Err(errno) => Err(errno.into()),
    }
}
