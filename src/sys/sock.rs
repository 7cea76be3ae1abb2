//! Making and naming sockets: socket, socketpair, bind, listen, accept, connect,
//! shutdown, getsockname, getpeername.
//!
//! socket2 where it says what we mean; libc where it does not, with the reason.
//! Every descriptor is made close-on-exec in the call that makes it.
#![expect(unsafe_code, reason = "socket2's addresses do not cover every family")]

use std::ffi::c_int;

use crate::sys::errno::{Errno, check};
use crate::sys::fd::RawFd;
use crate::sys::opt;
use crate::sys::storage::RawAddr;

#[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
const CLOEXEC: c_int = libc::SOCK_CLOEXEC;
#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
const CLOEXEC: c_int = 0;

/// `SOCK_NONBLOCK` where the platform takes it in the type argument, else 0.
#[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
pub(crate) const TYPE_NONBLOCK: c_int = libc::SOCK_NONBLOCK;
#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
pub(crate) const TYPE_NONBLOCK: c_int = 0;

/// The bits of a type argument that are not the type.
pub(crate) const TYPE_FLAGS: c_int = TYPE_NONBLOCK | CLOEXEC;

fn without_inheritance(fd: RawFd) -> Result<RawFd, Errno> {
    if CLOEXEC == 0 {
        crate::sys::fd::set_inheritable(fd, false)?;
    }
    Ok(fd)
}

/// socket(2), in one call with its flags. Why not socket2: it makes further
/// calls and its types hide the flag bits.
pub(crate) fn socket(family: c_int, kind: c_int, proto: c_int) -> Result<RawFd, Errno> {
    // SAFETY: takes numbers and answers with a new descriptor.
    let fd = check(unsafe { libc::socket(family, kind | CLOEXEC, proto) })?;
    without_inheritance(fd)
}

/// socketpair(2).
pub(crate) fn socketpair(family: c_int, kind: c_int, proto: c_int) -> Result<[RawFd; 2], Errno> {
    let mut pair = [-1; 2];
    // SAFETY: the kernel writes two ints, the array's own length.
    check(unsafe { libc::socketpair(family, kind | CLOEXEC, proto, pair.as_mut_ptr()) })?;
    let [a, b] = pair;
    Ok([without_inheritance(a)?, without_inheritance(b)?])
}

/// bind(2).
pub(crate) fn bind(fd: RawFd, addr: &RawAddr) -> Result<(), Errno> {
    // SAFETY: the address and its length, clamped to the storage, live past the call.
    check(unsafe { libc::bind(fd, addr.as_ptr(), addr.socklen()) }).map(drop)
}

/// connect(2), once.
pub(crate) fn connect(fd: RawFd, addr: &RawAddr) -> Result<(), Errno> {
    // SAFETY: the address and its length, clamped to the storage, live past the call.
    check(unsafe { libc::connect(fd, addr.as_ptr(), addr.socklen()) }).map(drop)
}

/// The result of a connection attempt that has ended.
pub(crate) fn connect_result(fd: RawFd) -> Result<(), Errno> {
    match opt::get_int(fd, libc::SOL_SOCKET, libc::SO_ERROR)? {
        0 => Ok(()),
        error if error == libc::EISCONN => Ok(()),
        error => Err(Errno(error)),
    }
}

/// listen(2).
pub(crate) fn listen(fd: RawFd, backlog: c_int) -> Result<(), Errno> {
    // SAFETY: takes numbers only.
    check(unsafe { libc::listen(fd, backlog) }).map(drop)
}

/// Where accept(2) is to write the peer's address. A socket of `AF_ALG` has no
/// name, and Linux drops the connection (`ECONNABORTED`) where one is asked for.
fn peer_ptrs(family: c_int, from: &mut RawAddr) -> (*mut libc::sockaddr, *mut libc::socklen_t) {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    if family == libc::AF_ALG {
        return (std::ptr::null_mut(), std::ptr::null_mut());
    }
    let _ = family;
    *from = RawAddr::for_kernel();
    from.out_ptrs()
}

/// accept4(2): the new descriptor is close-on-exec and blocking. `from` is left
/// as it is where the family's sockets have no name.
#[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
pub(crate) fn accept(fd: RawFd, family: c_int, from: &mut RawAddr) -> Result<RawFd, Errno> {
    let (addr, len) = peer_ptrs(family, from);
    // SAFETY: the address is offered with its own room, or not at all.
    check(unsafe { libc::accept4(fd, addr, len, libc::SOCK_CLOEXEC) })
}

/// accept(2), then what accept4 would have done.
#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
pub(crate) fn accept(fd: RawFd, family: c_int, from: &mut RawAddr) -> Result<RawFd, Errno> {
    let (addr, len) = peer_ptrs(family, from);
    // SAFETY: the address is offered with its own room, or not at all.
    let new = check(unsafe { libc::accept(fd, addr, len) })?;
    crate::sys::fd::set_nonblocking(new, false)?;
    without_inheritance(new)
}

/// shutdown(2).
pub(crate) fn shutdown(fd: RawFd, how: c_int) -> Result<(), Errno> {
    // SAFETY: takes numbers only.
    check(unsafe { libc::shutdown(fd, how) }).map(drop)
}

/// getsockname(2).
pub(crate) fn getsockname(fd: RawFd) -> Result<RawAddr, Errno> {
    let mut name = RawAddr::for_kernel();
    let (addr, len) = name.out_ptrs();
    // SAFETY: the address is offered with its own room.
    check(unsafe { libc::getsockname(fd, addr, len) })?;
    Ok(name)
}

/// getpeername(2).
pub(crate) fn getpeername(fd: RawFd) -> Result<RawAddr, Errno> {
    let mut name = RawAddr::for_kernel();
    let (addr, len) = name.out_ptrs();
    // SAFETY: the address is offered with its own room.
    check(unsafe { libc::getpeername(fd, addr, len) })?;
    Ok(name)
}
