//! System calls that no crate wraps, and fork: the only unsafe code of the tests.

use std::{
    ffi::CString,
    fs::File,
    io::{Read, Write},
    os::fd::{AsRawFd, FromRawFd, OwnedFd},
    panic::{AssertUnwindSafe, catch_unwind},
    process,
};

use nix::{
    errno::Errno,
    sys::wait::waitpid,
    unistd::{ForkResult, Pid},
};

use crate::outcome::{NOT_TRIED, Outcome};

/// Runs `act` in a forked child, which exits with what it returns.
///
/// # Errors
/// If the kernel refuses the fork.
pub fn fork(act: impl FnOnce() -> i32) -> nix::Result<Pid> {
    // SAFETY: an actor has one thread when it forks, so that its child finds no lock held.
    match unsafe { nix::unistd::fork() }? {
        ForkResult::Parent { child } => Ok(child),
        ForkResult::Child => {
            process::exit(catch_unwind(AssertUnwindSafe(act)).unwrap_or(NOT_TRIED.into()))
        }
    }
}

/// What `act` did in a child.
///
/// # Errors
/// If the pipe or the fork fails, or the child cannot be waited for.
pub fn in_child(act: impl FnOnce() -> Outcome) -> std::io::Result<Outcome> {
    let (reading, writing) = rustix::pipe::pipe()?;
    let child = fork(|| answer(writing, &act()))?;
    let outcome = collect(reading);
    waitpid(child, None)?;
    Ok(outcome)
}

/// What `act` did in a grandchild whose parent has exited.
///
/// # Errors
/// If the pipe or the fork fails, or the child cannot be waited for.
pub fn in_orphan(act: impl FnOnce() -> Outcome) -> std::io::Result<Outcome> {
    let (reading, writing) = rustix::pipe::pipe()?;
    let (waiting, exiting) = rustix::pipe::pipe()?;
    let child = fork(move || {
        let grandchild = fork(|| {
            // SAFETY: the grandchild has a copy of the descriptor and never returns to its owner.
            drop(unsafe { OwnedFd::from_raw_fd(exiting.as_raw_fd()) });
            // Ends when the middle process, the last to hold the other side, is gone.
            let gone = File::from(waiting).read(&mut [0]).is_ok();
            if gone {
                answer(writing, &act())
            } else {
                NOT_TRIED.into()
            }
        });
        i32::from(grandchild.is_err())
    })?;
    waitpid(child, None)?;
    Ok(collect(reading))
}

/// `mount(2)` of a filesystem through the 32-bit entry of a 64-bit kernel.
///
/// # Errors
/// What the kernel answers; `ENOSYS` where there is no such entry.
pub fn mount_32(source: &str, target: &str, kind: &str) -> nix::Result<()> {
    const MOUNT: u32 = 21;
    let strings = LowStrings::new(&[source, target, kind])?;
    // SAFETY: the call reads three NUL-terminated strings, which stay mapped until after it.
    unsafe { enter_32(MOUNT, strings.addresses) }
}

/// `setns(2)` through the 32-bit entry, where it has another number.
///
/// # Errors
/// What the kernel answers; `ENOSYS` where there is no such entry.
pub fn setns_32(namespace: &OwnedFd, kind: u32) -> nix::Result<()> {
    const SETNS: u32 = 346;
    let descriptor = u64::try_from(namespace.as_raw_fd()).map_err(|_| Errno::EBADF)?;
    // SAFETY: only numbers are passed.
    unsafe { enter_32(SETNS, [descriptor, kind.into(), 0]) }
}

/// # Safety
/// What the arguments point to has to be what the system call expects, below 4 GiB.
#[cfg(target_arch = "x86_64")]
unsafe fn enter_32(number: u32, [first, second, third]: [u64; 3]) -> nix::Result<()> {
    let result: i32;
    // SAFETY: the caller answers for the arguments. LLVM reserves rbx, so that it is exchanged by
    // hand; the entry may not preserve r8 to r11.
    unsafe {
        std::arch::asm!(
            "xchg rbx, {first:r}",
            "int 0x80",
            "xchg rbx, {first:r}",
            first = inout(reg) first => _,
            inlateout("eax") number => result,
            in("rcx") second,
            in("rdx") third,
            in("rsi") 0_u64,
            in("rdi") 0_u64,
            lateout("r8") _,
            lateout("r9") _,
            lateout("r10") _,
            lateout("r11") _,
        );
    }
    if result < 0 {
        Err(Errno::from_raw(-result))
    } else {
        Ok(())
    }
}

/// # Safety
/// None is needed: there is no such entry here.
#[cfg(not(target_arch = "x86_64"))]
unsafe fn enter_32(_number: u32, _arguments: [u64; 3]) -> nix::Result<()> {
    Err(Errno::ENOSYS)
}

/// `mount_setattr(2)`: makes the mount at `path` read-only.
///
/// # Errors
/// What the kernel answers.
pub fn make_read_only(path: &str) -> nix::Result<()> {
    let path = CString::new(path).map_err(|_| Errno::EINVAL)?;
    let attributes = MountAttr::READ_ONLY;
    // SAFETY: the path is NUL-terminated, the structure is as long as is said; both are only read.
    let result = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            libc::AT_FDCWD,
            path.as_ptr(),
            0,
            &raw const attributes,
            size_of::<MountAttr>(),
        )
    };
    Errno::result(result).map(drop)
}

/// `open_tree_attr(2)`, since 6.15: a read-only clone of the mount at `path`.
///
/// # Errors
/// What the kernel answers.
pub fn open_tree_attr(path: &str) -> nix::Result<OwnedFd> {
    const OPEN_TREE_ATTR: libc::c_long = 467;
    const OPEN_TREE_CLONE: libc::c_uint = 1;
    let path = CString::new(path).map_err(|_| Errno::EINVAL)?;
    let attributes = MountAttr::READ_ONLY;
    // SAFETY: the path is NUL-terminated, the structure is as long as is said; both are only read.
    let result = unsafe {
        libc::syscall(
            OPEN_TREE_ATTR,
            libc::AT_FDCWD,
            path.as_ptr(),
            OPEN_TREE_CLONE,
            &raw const attributes,
            size_of::<MountAttr>(),
        )
    };
    descriptor(result)
}

/// `ioctl(NS_MNT_GET_PREV)`, since 6.12: the mount namespace made before this one.
///
/// # Errors
/// What the kernel answers; `ENOENT` at the first of all.
pub fn previous_mount_namespace(namespace: &OwnedFd) -> nix::Result<OwnedFd> {
    let mut info = MountNamespaceInfo::default();
    let request = libc::_IOR::<MountNamespaceInfo>(0xb7, 12);
    // SAFETY: the request code carries the size of the structure, which is all the kernel writes.
    let result = unsafe { libc::ioctl(namespace.as_raw_fd(), request, &raw mut info) };
    descriptor(result.into())
}

/// `kcmp(2)`: whether two processes share their memory.
///
/// # Errors
/// What the kernel answers.
pub fn compare_memory(pid: i32, other: i32) -> nix::Result<()> {
    const KCMP_VM: libc::c_int = 1;
    // SAFETY: only numbers are passed.
    let result = unsafe { libc::syscall(libc::SYS_kcmp, pid, other, KCMP_VM, 0, 0) };
    Errno::result(result).map(drop)
}

#[repr(C)]
struct MountAttr {
    attr_set: u64,
    attr_clr: u64,
    propagation: u64,
    userns_fd: u64,
}

impl MountAttr {
    const READ_ONLY: Self = Self {
        attr_set: 1,
        attr_clr: 0,
        propagation: 0,
        userns_fd: 0,
    };
}

#[derive(Default)]
#[repr(C)]
struct MountNamespaceInfo {
    size: u32,
    mounts: u32,
    id: u64,
}

fn descriptor(result: libc::c_long) -> nix::Result<OwnedFd> {
    let number = Errno::result(result)?;
    let number = i32::try_from(number).map_err(|_| Errno::EBADF)?;
    // SAFETY: the kernel has just made this descriptor for us.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}

fn answer(pipe: OwnedFd, outcome: &Outcome) -> i32 {
    let written = serde_json::to_vec(outcome)
        .map_err(std::io::Error::from)
        .and_then(|bytes| File::from(pipe).write_all(&bytes));
    if written.is_ok() { 0 } else { NOT_TRIED.into() }
}

fn collect(pipe: OwnedFd) -> Outcome {
    serde_json::from_reader(File::from(pipe))
        .unwrap_or_else(|_| Outcome::not_tried("the child died without an answer"))
}

#[cfg(target_arch = "x86_64")]
const LOW: libc::c_int = libc::MAP_32BIT;
#[cfg(not(target_arch = "x86_64"))]
const LOW: libc::c_int = 0;

/// NUL-terminated strings below 4 GiB, where 32-bit pointers reach.
struct LowStrings {
    page: *mut libc::c_void,
    addresses: [u64; 3],
}

impl LowStrings {
    const SLOT: usize = 1024;

    fn new(strings: &[&str; 3]) -> nix::Result<Self> {
        let size = Self::SLOT * strings.len();
        // SAFETY: a fresh anonymous mapping touches nothing that exists.
        let page = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                size,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | LOW,
                -1,
                0,
            )
        };
        if page == libc::MAP_FAILED {
            return Err(Errno::last());
        }
        let mut low = Self {
            page,
            addresses: [0; 3],
        };
        for (i, (text, address)) in strings.iter().zip(&mut low.addresses).enumerate() {
            let bytes = text.as_bytes();
            if bytes.len() >= Self::SLOT {
                return Err(Errno::ENAMETOOLONG);
            }
            let slot = low.page.cast::<u8>().wrapping_add(i * Self::SLOT);
            // SAFETY: the slot lies in the mapping, is longer than the text, and is zero behind it.
            unsafe { slot.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
            *address = slot.addr() as u64;
        }
        Ok(low)
    }
}

impl Drop for LowStrings {
    fn drop(&mut self) {
        // SAFETY: the mapping is ours, and nothing points into it any more.
        unsafe { libc::munmap(self.page, Self::SLOT * self.addresses.len()) };
    }
}
