//! Settings of the whole machine that no file holds.

use nix::{
    errno::Errno,
    unistd::{acct, gethostname, sethostname},
};
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketType, netlink, recv, send, socket};

use super::{Done, Failure, take};

/// Names the machine what it is called already.
pub(super) fn rename(args: &[&str]) -> Done {
    let [] = take(args, "none")?;
    sethostname(gethostname()?)?;
    Ok(String::new())
}

/// Ends the accounting of processes.
pub(super) fn end_accounting(args: &[&str]) -> Done {
    let [] = take(args, "none")?;
    acct::disable()?;
    Ok(String::new())
}

/// What `auditctl` does, with nothing to change.
pub(super) fn set_audit(args: &[&str]) -> Done {
    const AUDIT_SET: u16 = 1001;
    const REQUEST_AND_ACK: u16 = 5;
    const HEADER: usize = 16;
    const STATUS: usize = 40;
    let [] = take(args, "none")?;
    let mut message = vec![0; HEADER + STATUS];
    let length = u32::try_from(message.len()).unwrap_or_default();
    let header = [
        &length.to_ne_bytes()[..],
        &AUDIT_SET.to_ne_bytes(),
        &REQUEST_AND_ACK.to_ne_bytes(),
    ]
    .concat();
    message.splice(..header.len(), header);
    let kernel = socket(
        AddressFamily::NETLINK,
        SocketType::RAW,
        Some(netlink::AUDIT),
    )?;
    send(&kernel, &message, SendFlags::empty())?;
    let mut answer = [0; 128];
    recv(&kernel, &mut answer[..], RecvFlags::empty())?;
    // Behind the header of the answer is an errno, negated.
    let errno = answer.get(HEADER..).and_then(|rest| rest.first_chunk());
    match errno.copied().map(i32::from_ne_bytes) {
        Some(0) => Ok(String::new()),
        Some(errno) => Err(Errno::from_raw(-errno).into()),
        None => Err(Failure::Usage("no answer".to_owned())),
    }
}
