//! The system calls that are timed, one function each, and the only unsafe code here.
//! Each checks the result as a caller must, and does nothing else: no retry, no allocation.
//! Follows send(2), recv(2), socket(2), getsockopt(2), epoll(7), `clock_gettime(2)`.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use libc::{c_int, epoll_event, iovec, msghdr, sockaddr_in, socklen_t};

fn length<T>() -> socklen_t {
    socklen_t::try_from(size_of::<T>()).unwrap_or(socklen_t::MAX)
}

#[inline]
fn count(result: libc::ssize_t) -> io::Result<usize> {
    usize::try_from(result).map_err(|_| io::Error::last_os_error())
}

#[inline]
fn status(result: c_int) -> io::Result<c_int> {
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(result)
    }
}

fn clock(id: libc::clockid_t) -> io::Result<u64> {
    let mut now = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `now` is a live timespec that the call fills.
    status(unsafe { libc::clock_gettime(id, &raw mut now) })?;
    let seconds = u64::try_from(now.tv_sec).unwrap_or(0);
    let nanos = u64::try_from(now.tv_nsec).unwrap_or(0);
    Ok(seconds * 1_000_000_000 + nanos)
}

pub fn monotonic_ns() -> io::Result<u64> {
    clock(libc::CLOCK_MONOTONIC)
}

pub fn thread_cpu_ns() -> io::Result<u64> {
    clock(libc::CLOCK_THREAD_CPUTIME_ID)
}

#[inline]
pub fn send(fd: BorrowedFd<'_>, data: &[u8]) -> io::Result<usize> {
    let (fd, from) = (fd.as_raw_fd(), data.as_ptr().cast());
    // SAFETY: `from` points to `data.len()` readable bytes for the length of the call.
    count(unsafe { libc::send(fd, from, data.len(), libc::MSG_NOSIGNAL) })
}

#[inline]
pub fn recv(fd: BorrowedFd<'_>, room: &mut [u8]) -> io::Result<usize> {
    let (fd, to) = (fd.as_raw_fd(), room.as_mut_ptr().cast());
    // SAFETY: `to` points to `room.len()` bytes that are borrowed for writing.
    count(unsafe { libc::recv(fd, to, room.len(), 0) })
}

#[inline]
pub fn sendto(fd: BorrowedFd<'_>, data: &[u8], to: &sockaddr_in) -> io::Result<usize> {
    let (fd, from) = (fd.as_raw_fd(), data.as_ptr().cast());
    let name = (&raw const *to).cast();
    // SAFETY: both pointers come from live references, with the lengths of what they name.
    count(unsafe { libc::sendto(fd, from, data.len(), 0, name, length::<sockaddr_in>()) })
}

#[inline]
pub fn recvfrom(fd: BorrowedFd<'_>, room: &mut [u8], from: &mut sockaddr_in) -> io::Result<usize> {
    let (fd, to) = (fd.as_raw_fd(), room.as_mut_ptr().cast());
    let name = (&raw mut *from).cast();
    let mut size = length::<sockaddr_in>();
    // SAFETY: the buffer and the address are borrowed for writing, with their true lengths.
    count(unsafe { libc::recvfrom(fd, to, room.len(), 0, name, &raw mut size) })
}

/// A message of one part and no ancillary data.
fn message(part: &mut iovec) -> msghdr {
    let blank = MaybeUninit::<msghdr>::zeroed();
    // SAFETY: a msghdr of zeroes is valid: null pointers and no lengths.
    let mut message = unsafe { blank.assume_init() };
    message.msg_iov = part;
    message.msg_iovlen = 1;
    message
}

#[inline]
pub fn sendmsg(fd: BorrowedFd<'_>, data: &[u8]) -> io::Result<usize> {
    let mut part = iovec {
        iov_base: data.as_ptr().cast_mut().cast(),
        iov_len: data.len(),
    };
    let message = message(&mut part);
    // SAFETY: the message names one part, which is `data`; sendmsg only reads it.
    count(unsafe { libc::sendmsg(fd.as_raw_fd(), &raw const message, libc::MSG_NOSIGNAL) })
}

#[inline]
pub fn recvmsg(fd: BorrowedFd<'_>, room: &mut [u8]) -> io::Result<usize> {
    let mut part = iovec {
        iov_base: room.as_mut_ptr().cast(),
        iov_len: room.len(),
    };
    let mut message = message(&mut part);
    // SAFETY: the message names one part, which is `room`, borrowed for writing.
    count(unsafe { libc::recvmsg(fd.as_raw_fd(), &raw mut message, 0) })
}

#[inline]
pub fn getsockname(fd: BorrowedFd<'_>, name: &mut sockaddr_in) -> io::Result<()> {
    let mut size = length::<sockaddr_in>();
    let to = (&raw mut *name).cast();
    // SAFETY: `to` is borrowed for writing and `size` is its true length.
    status(unsafe { libc::getsockname(fd.as_raw_fd(), to, &raw mut size) }).map(drop)
}

#[inline]
pub fn set_int(fd: BorrowedFd<'_>, level: c_int, option: c_int, value: c_int) -> io::Result<()> {
    let (fd, from, size) = (fd.as_raw_fd(), (&raw const value).cast(), length::<c_int>());
    // SAFETY: `from` points to the c_int on this frame, and `size` is its length.
    status(unsafe { libc::setsockopt(fd, level, option, from, size) }).map(drop)
}

#[inline]
pub fn get_int(fd: BorrowedFd<'_>, level: c_int, option: c_int) -> io::Result<c_int> {
    let mut value: c_int = 0;
    let mut size = length::<c_int>();
    let to = (&raw mut value).cast();
    // SAFETY: `to` points to the c_int on this frame, and `size` is its length.
    status(unsafe { libc::getsockopt(fd.as_raw_fd(), level, option, to, &raw mut size) })?;
    Ok(value)
}

#[inline]
fn owned(fd: c_int) -> io::Result<OwnedFd> {
    let fd = status(fd)?;
    // SAFETY: the kernel has just made this descriptor and nothing else has its number.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// An IPv4 stream socket, close-on-exec, with any further `flags`.
#[inline]
pub fn tcp_socket(flags: c_int) -> io::Result<OwnedFd> {
    let kind = libc::SOCK_STREAM | libc::SOCK_CLOEXEC | flags;
    // SAFETY: socket(2) takes no pointer.
    owned(unsafe { libc::socket(libc::AF_INET, kind, 0) })
}

#[inline]
pub fn connect(fd: BorrowedFd<'_>, to: &sockaddr_in) -> io::Result<()> {
    let name = (&raw const *to).cast();
    // SAFETY: `name` comes from a live reference to an address of this length.
    status(unsafe { libc::connect(fd.as_raw_fd(), name, length::<sockaddr_in>()) }).map(drop)
}

#[inline]
pub fn accept(fd: BorrowedFd<'_>, peer: &mut sockaddr_in) -> io::Result<OwnedFd> {
    let mut size = length::<sockaddr_in>();
    let name = (&raw mut *peer).cast();
    let flags = libc::SOCK_CLOEXEC;
    // SAFETY: `name` is borrowed for writing and `size` is its true length.
    owned(unsafe { libc::accept4(fd.as_raw_fd(), name, &raw mut size, flags) })
}

/// Waits until the descriptor can be written, 5 seconds at most.
#[inline]
pub fn wait_writable(fd: BorrowedFd<'_>) -> io::Result<()> {
    let mut entry = libc::pollfd {
        fd: fd.as_raw_fd(),
        events: libc::POLLOUT,
        revents: 0,
    };
    // SAFETY: one live entry, and the count says one.
    if status(unsafe { libc::poll(&raw mut entry, 1, 5000) })? == 1 {
        Ok(())
    } else {
        Err(io::ErrorKind::TimedOut.into())
    }
}

/// Makes close(2) reset the connection, so that no port is left waiting.
pub fn reset_on_close(fd: BorrowedFd<'_>) -> io::Result<()> {
    let linger = libc::linger {
        l_onoff: 1,
        l_linger: 0,
    };
    let (fd, from, size) = (
        fd.as_raw_fd(),
        (&raw const linger).cast(),
        length::<libc::linger>(),
    );
    // SAFETY: `from` points to the linger on this frame, and `size` is its length.
    status(unsafe { libc::setsockopt(fd, libc::SOL_SOCKET, libc::SO_LINGER, from, size) }).map(drop)
}

pub fn loopback(port: u16) -> sockaddr_in {
    sockaddr_in {
        sin_family: libc::sa_family_t::try_from(libc::AF_INET).unwrap_or(2),
        sin_port: port.to_be(),
        sin_addr: libc::in_addr {
            s_addr: u32::from_ne_bytes([127, 0, 0, 1]),
        },
        sin_zero: [0; 8],
    }
}

pub fn epoll() -> io::Result<OwnedFd> {
    // SAFETY: epoll_create1(2) takes no pointer.
    owned(unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) })
}

/// Watches `fd` for input and hang-up, and for room to write where `writable`.
pub fn watch(
    epoll: BorrowedFd<'_>,
    fd: BorrowedFd<'_>,
    token: u64,
    writable: bool,
    new: bool,
) -> io::Result<()> {
    let events = libc::EPOLLIN | if writable { libc::EPOLLOUT } else { 0 };
    let mut event = epoll_event {
        events: events.unsigned_abs(),
        u64: token,
    };
    let verb = if new {
        libc::EPOLL_CTL_ADD
    } else {
        libc::EPOLL_CTL_MOD
    };
    // SAFETY: `event` is a live epoll_event that the call only reads.
    status(unsafe { libc::epoll_ctl(epoll.as_raw_fd(), verb, fd.as_raw_fd(), &raw mut event) })
        .map(drop)
}

pub fn epoll_wait(
    epoll: BorrowedFd<'_>,
    events: &mut [epoll_event],
    milliseconds: c_int,
) -> io::Result<usize> {
    let room = c_int::try_from(events.len()).unwrap_or(c_int::MAX);
    let to = events.as_mut_ptr();
    // SAFETY: `to` has room for `events.len()` entries, and `room` is no more than that.
    let ready = unsafe { libc::epoll_wait(epoll.as_raw_fd(), to, room, milliseconds) };
    match status(ready) {
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(0),
        other => other.map(|ready| usize::try_from(ready).unwrap_or(0)),
    }
}
