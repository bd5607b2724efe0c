//! System calls that no crate wraps, and fork: the only unsafe code of the tests.

use std::{
    fs::File,
    io::{Read, Write},
    os::fd::{AsRawFd, FromRawFd, OwnedFd},
    panic::{AssertUnwindSafe, catch_unwind},
    process,
};

use io_uring::{IoUring, squeue};
use nix::{
    errno::Errno,
    sys::wait::waitpid,
    unistd::{ForkResult, Pid},
};
use rustix::process::nice;

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

/// What `act` did in the last of a chain of processes, which goes on forking as long as `more`.
///
/// # Errors
/// If the pipe or the first fork fails, or the child cannot be waited for.
pub fn in_chain(more: &dyn Fn() -> bool, act: &dyn Fn() -> Outcome) -> std::io::Result<Outcome> {
    let (reading, writing) = rustix::pipe::pipe()?;
    // Who waits for its end is not to wait for a processor as well.
    let first = fork(|| nice(10).map_or(1, |_| link(writing, more, act)))?;
    let outcome = collect(reading);
    waitpid(first, None)?;
    Ok(outcome)
}

fn link(pipe: OwnedFd, more: &dyn Fn() -> bool, act: &dyn Fn() -> Outcome) -> i32 {
    if !more() {
        return answer(pipe, &act());
    }
    i32::from(fork(|| link(pipe, more, act)).is_err())
}

/// Calls that no crate wraps, or that are made through the 32-bit entry as well.
///
/// Each reads and writes nothing but its own [`Word`]s, so that none can harm the caller.
#[derive(Clone, Copy, Debug)]
pub enum Call {
    Bpf,
    Clone,
    Connect,
    Fcntl,
    FinitModule,
    InitModule,
    Ioctl,
    Iopl,
    IoprioSet,
    Kcmp,
    KexecFileLoad,
    KexecLoad,
    Mount,
    MountSetattr,
    MqOpen,
    MqUnlink,
    OpenByHandleAt,
    OpenTreeAttr,
    Openat,
    PerfEventOpen,
    RequestKey,
    Setns,
    Socket,
    Swapoff,
    Swapon,
    Syslog,
    UnlinkAt,
}

impl Call {
    /// The number at the native entry, and at the 32-bit one of x86.
    fn numbers(self) -> (libc::c_long, u32) {
        match self {
            Self::Bpf => (libc::SYS_bpf, 357),
            Self::Clone => (libc::SYS_clone, 120),
            Self::Connect => (libc::SYS_connect, 362),
            Self::Fcntl => (libc::SYS_fcntl, 55),
            Self::FinitModule => (libc::SYS_finit_module, 350),
            Self::InitModule => (libc::SYS_init_module, 128),
            Self::Ioctl => (libc::SYS_ioctl, 54),
            Self::Iopl => (libc::SYS_iopl, 110),
            Self::IoprioSet => (libc::SYS_ioprio_set, 289),
            Self::Kcmp => (libc::SYS_kcmp, 349),
            Self::KexecFileLoad => (libc::SYS_kexec_file_load, u32::MAX), // x86-32 has none.
            Self::KexecLoad => (libc::SYS_kexec_load, 283),
            Self::Mount => (libc::SYS_mount, 21),
            Self::MountSetattr => (libc::SYS_mount_setattr, 442),
            Self::MqOpen => (libc::SYS_mq_open, 277),
            Self::MqUnlink => (libc::SYS_mq_unlink, 278),
            Self::OpenByHandleAt => (libc::SYS_open_by_handle_at, 342),
            Self::OpenTreeAttr => (467, 467),
            Self::Openat => (libc::SYS_openat, 295),
            Self::PerfEventOpen => (libc::SYS_perf_event_open, 336),
            Self::RequestKey => (libc::SYS_request_key, 287),
            Self::Setns => (libc::SYS_setns, 346),
            Self::Socket => (libc::SYS_socket, 359),
            Self::Swapoff => (libc::SYS_swapoff, 115),
            Self::Swapon => (libc::SYS_swapon, 87),
            Self::Syslog => (libc::SYS_syslog, 103),
            Self::UnlinkAt => (libc::SYS_unlinkat, 301),
        }
    }
}

/// An argument of a [`Call`].
#[derive(Debug)]
pub enum Word<'a> {
    /// A number or a descriptor; negative ones are sign-extended.
    Number(i64),
    /// The address of a copy of these bytes; what the kernel writes there is lost.
    Bytes(&'a [u8]),
    /// The address of these characters and a zero.
    Text(&'a str),
}

impl From<&OwnedFd> for Word<'_> {
    fn from(descriptor: &OwnedFd) -> Self {
        Self::Number(descriptor.as_raw_fd().into())
    }
}

/// By which door the kernel is entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    Native,
    /// `int 0x80`, where calls have other numbers. At most five arguments.
    Compat,
}

/// Makes a system call.
///
/// # Errors
/// What the kernel answers; `ENOSYS` where there is no such entry.
pub fn call(entry: Entry, call: Call, words: &[Word]) -> nix::Result<i64> {
    let page = Page::holding(words)?;
    let [a, b, c, d, e] = page.arguments;
    let (native, compat) = call.numbers();
    if entry == Entry::Compat {
        // SAFETY: what is pointed to lies in the page, below 4 GiB, and stays there until after it.
        return unsafe { enter_32(compat, page.arguments) };
    }
    // SAFETY: what is pointed to lies in the page, which stays mapped until after the call.
    Errno::result(unsafe { libc::syscall(native, a, b, c, d, e) })
}

/// The same for a call that makes a descriptor.
///
/// # Errors
/// What the kernel answers.
pub fn open(entry: Entry, what: Call, words: &[Word]) -> nix::Result<OwnedFd> {
    let number = i32::try_from(call(entry, what, words)?).map_err(|_| Errno::EBADF)?;
    // SAFETY: the kernel has just made this descriptor for us.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}

/// A descriptor that this process was started with.
///
/// # Errors
/// `EBADF` if it was not.
pub fn inherited(number: i32) -> nix::Result<OwnedFd> {
    // SAFETY: only the flags are asked for.
    Errno::result(unsafe { libc::fcntl(number, libc::F_GETFD) })?;
    // SAFETY: it is open, and nobody else of this process knows of it.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}

/// Makes `act` the work of a child that begins in another cgroup (`CLONE_INTO_CGROUP`, since 5.7).
///
/// # Errors
/// If the pipe fails, or the kernel refuses the child.
pub fn in_cgroup(cgroup: &OwnedFd, act: impl FnOnce() -> Outcome) -> std::io::Result<Outcome> {
    const INTO_CGROUP: u64 = 1 << 33;
    const CHILD_ENDS_WITH: usize = 4;
    const CGROUP: usize = 10;
    let (reading, writing) = rustix::pipe::pipe()?;
    let mut arguments = [0_u64; 11];
    arguments[0] = INTO_CGROUP;
    arguments[CHILD_ENDS_WITH] = libc::SIGCHLD.unsigned_abs().into();
    arguments[CGROUP] = cgroup.as_raw_fd().unsigned_abs().into();
    // SAFETY: the structure is as long as is said; without a stack of its own the child goes on
    // with a copy of this one, as after fork, and an actor has one thread.
    let child = unsafe {
        libc::syscall(
            libc::SYS_clone3,
            arguments.as_mut_ptr(),
            size_of_val(&arguments),
        )
    };
    match Errno::result(child)? {
        0 => process::exit(
            catch_unwind(AssertUnwindSafe(|| answer(writing, &act()))).unwrap_or(NOT_TRIED.into()),
        ),
        child => {
            drop(writing);
            let outcome = collect(reading);
            let child = i32::try_from(child).unwrap_or_default();
            waitpid(Pid::from_raw(child), None)?;
            Ok(outcome)
        }
    }
}

/// Has the kernel do one thing through a ring, and gives what it answered.
///
/// # Errors
/// The errno of the act, or of making the ring.
pub fn through_a_ring(entry: &squeue::Entry) -> std::io::Result<i32> {
    let mut ring = IoUring::new(2)?;
    // SAFETY: the caller of this function keeps what the entry points to until it returns.
    unsafe { ring.submission().push(entry) }.map_err(|_| Errno::EBUSY)?;
    ring.submit_and_wait(1)?;
    let done = ring.completion().next().ok_or(Errno::EIO)?;
    if done.result() < 0 {
        return Err(std::io::Error::from_raw_os_error(-done.result()));
    }
    Ok(done.result())
}

/// # Safety
/// What the arguments point to has to be what the system call expects, below 4 GiB.
#[cfg(target_arch = "x86_64")]
unsafe fn enter_32(
    number: u32,
    [first, second, third, fourth, fifth]: [i64; 5],
) -> nix::Result<i64> {
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
            in("rsi") fourth,
            in("rdi") fifth,
            lateout("r8") _,
            lateout("r9") _,
            lateout("r10") _,
            lateout("r11") _,
        );
    }
    if result < 0 {
        Err(Errno::from_raw(-result))
    } else {
        Ok(result.into())
    }
}

/// # Safety
/// None is needed: there is no such entry here.
#[cfg(not(target_arch = "x86_64"))]
unsafe fn enter_32(_number: u32, _arguments: [i64; 5]) -> nix::Result<i64> {
    Err(Errno::ENOSYS)
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

/// What the words of a call point to, below 4 GiB, where 32-bit pointers reach.
struct Page {
    start: *mut libc::c_void,
    size: usize,
    arguments: [i64; 5],
}

impl Page {
    /// Behind the last word, for what a call writes.
    const SPARE: usize = 4096;

    fn holding(words: &[Word]) -> nix::Result<Self> {
        let bytes = |word: &Word| match word {
            Word::Number(_) => 0,
            Word::Bytes(bytes) => bytes.len(),
            Word::Text(text) => text.len() + 1,
        };
        let slot = |word: &Word| bytes(word).next_multiple_of(16);
        let mut page = Self::of(words.iter().map(slot).sum::<usize>() + Self::SPARE)?;
        let mut offset = 0;
        for (word, argument) in words.iter().zip(&mut page.arguments) {
            let content = match word {
                Word::Number(number) => {
                    *argument = *number;
                    continue;
                }
                Word::Bytes(bytes) => bytes,
                Word::Text(text) => text.as_bytes(),
            };
            let place = page.start.cast::<u8>().wrapping_add(offset);
            // SAFETY: the mapping has room for every slot, and is zero behind what is copied.
            unsafe { place.copy_from_nonoverlapping(content.as_ptr(), content.len()) };
            *argument = i64::try_from(place.addr()).map_err(|_| Errno::EFAULT)?;
            offset += slot(word);
        }
        Ok(page)
    }

    fn of(size: usize) -> nix::Result<Self> {
        // SAFETY: a fresh anonymous mapping touches nothing that exists.
        let start = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                size,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | LOW,
                -1,
                0,
            )
        };
        if start == libc::MAP_FAILED {
            return Err(Errno::last());
        }
        Ok(Self {
            start,
            size,
            arguments: [0; 5],
        })
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        // SAFETY: the mapping is ours, and nothing points into it any more.
        unsafe { libc::munmap(self.start, self.size) };
    }
}
