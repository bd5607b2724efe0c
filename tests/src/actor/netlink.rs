//! Messages to the kernel: its audit, and interfaces in another network namespace.

use nix::errno::Errno;
use rustix::net::{
    AddressFamily, Protocol, RecvFlags, SendFlags, SocketType, netlink, recv, send, socket,
};

use super::{Done, Failure, number, take};

const ROUTE: Option<Protocol> = None;
const HEADER: usize = 16;
const ERROR: u16 = 2;
const REQUEST_AND_ACK: u16 = 5;
const NEW_AND_EXCLUSIVE: u16 = 0x600;

/// What `auditctl` does, with nothing to change.
pub(super) fn set_audit(args: &[&str]) -> Done {
    const AUDIT_SET: u16 = 1001;
    const STATUS: usize = 40;
    let [] = take(args, "none")?;
    ask(Some(netlink::AUDIT), (AUDIT_SET, 0), &[0; STATUS])?;
    Ok(String::new())
}

/// Tells everybody of a device that is not there.
pub(super) fn device_event(args: &[&str]) -> Done {
    const FIRST_KIND: u16 = 16;
    let [] = take(args, "none")?;
    let event = b"add@/devices/bulkhead\0ACTION=add\0DEVPATH=/devices/bulkhead\0SUBSYSTEM=none\0";
    ask(Some(netlink::KOBJECT_UEVENT), (FIRST_KIND, 0), event)?;
    Ok(String::new())
}

/// Gives the namespace of a process a number, and asks for its first interface by that.
pub(super) fn link_by_number(args: &[&str]) -> Done {
    const RTM_GETLINK: u16 = 18;
    const RTM_NEWNSID: u16 = 88;
    const RTM_GETNSID: u16 = 90;
    const NETNSA_NSID: u16 = 1;
    const NETNSA_PID: u16 = 2;
    const IFLA_TARGET_NETNSID: u16 = 46;
    const FAMILY: [u8; 4] = [0; 4];
    let [pid] = take(args, "PID")?;
    let pid = attribute(NETNSA_PID, &number::<u32>(pid)?.to_ne_bytes());
    let named = attribute(NETNSA_NSID, &7_i32.to_ne_bytes());
    let numbered = [&FAMILY[..], &pid, &named].concat();
    match ask(ROUTE, (RTM_NEWNSID, 0), &numbered) {
        // Docker has numbered it already.
        Ok(_) | Err(Errno::EEXIST) => {}
        Err(errno) => return Err(errno.into()),
    }
    let answer = ask(ROUTE, (RTM_GETNSID, 0), &[&FAMILY[..], &pid].concat())?;
    let number = answer
        .get(HEADER + FAMILY.len() + 4..)
        .and_then(|rest| rest.first_chunk::<4>());
    let number = number.ok_or_else(|| Failure::Usage("no number".to_owned()))?;
    let message = [
        &first_interface()[..],
        &attribute(IFLA_TARGET_NETNSID, number),
    ]
    .concat();
    ask(ROUTE, (RTM_GETLINK, 0), &message)?;
    Ok(String::new())
}

/// Makes an interface in the namespace of a process.
pub(super) fn link_in_process(args: &[&str]) -> Done {
    const IFLA_NET_NS_PID: u16 = 19;
    let [pid] = take(args, "PID")?;
    make_link(IFLA_NET_NS_PID, pid)
}

/// The same in a namespace by its descriptor.
pub(super) fn link_in_namespace(args: &[&str]) -> Done {
    const IFLA_NET_NS_FD: u16 = 28;
    let [fd] = take(args, "FD")?;
    make_link(IFLA_NET_NS_FD, fd)
}

fn make_link(place: u16, value: &str) -> Done {
    const RTM_NEWLINK: u16 = 16;
    const IFLA_IFNAME: u16 = 3;
    const IFLA_LINKINFO: u16 = 18;
    const IFLA_INFO_KIND: u16 = 1;
    const ANY: [u8; 16] = [0; 16];
    let name = attribute(IFLA_IFNAME, b"bulkhead0\0");
    let kind = attribute(IFLA_LINKINFO, &attribute(IFLA_INFO_KIND, b"dummy"));
    let place = attribute(place, &number::<u32>(value)?.to_ne_bytes());
    let message = [&ANY[..], &name, &kind, &place].concat();
    ask(ROUTE, (RTM_NEWLINK, NEW_AND_EXCLUSIVE), &message)?;
    Ok(String::new())
}

/// An `ifinfomsg` that names interface 1.
fn first_interface() -> [u8; 16] {
    let mut message = [0; 16];
    message[4] = 1;
    message
}

fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(4 + value.len()).unwrap_or_default();
    let mut bytes = [&length.to_ne_bytes()[..], &kind.to_ne_bytes(), value].concat();
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

/// Sends one message and takes the answer, or the error in it.
fn ask(protocol: Option<Protocol>, (kind, flags): (u16, u16), body: &[u8]) -> nix::Result<Vec<u8>> {
    let length = u32::try_from(HEADER + body.len()).unwrap_or_default();
    let flags = REQUEST_AND_ACK | flags;
    let message = [
        &length.to_ne_bytes()[..],
        &kind.to_ne_bytes(),
        &flags.to_ne_bytes(),
        &[0; 8],
        body,
    ];
    let io = |error: rustix::io::Errno| Errno::from_raw(error.raw_os_error());
    let kernel = socket(AddressFamily::NETLINK, SocketType::RAW, protocol).map_err(io)?;
    send(&kernel, &message.concat(), SendFlags::empty()).map_err(io)?;
    let mut answer = vec![0; 8192];
    let (length, _) = recv(&kernel, &mut answer[..], RecvFlags::empty()).map_err(io)?;
    answer.truncate(length);
    let word = |at: usize| answer.get(at..)?.first_chunk::<4>().copied();
    let kind = answer.get(4..6).and_then(|kind| kind.first_chunk());
    if kind.copied().map(u16::from_ne_bytes) == Some(ERROR) {
        // Behind the header is an errno, negated; 0 is the acknowledgement.
        match word(HEADER).map_or(0, i32::from_ne_bytes) {
            0 => {}
            errno => return Err(Errno::from_raw(-errno)),
        }
    }
    Ok(answer)
}
