//! Making and naming sockets: socket, socketpair, bind, listen, accept, connect,
//! shutdown, getsockname, getpeername.
//!
//! socket2 where it says what we mean; libc where it does not, with the reason.
//! Every descriptor is made close-on-exec in the call that makes it.
#![expect(unsafe_code, reason = "socket2's addresses do not cover every family")]

use std::ffi::c_int;
#[cfg(unix)]
use std::os::fd::IntoRawFd;

#[cfg(unix)]
use socket2::{Domain, Protocol, Socket, Type};

#[cfg(unix)]
use crate::sys::errno::from_io;
use crate::sys::errno::{Errno, check};
use crate::sys::fd::{NewFd, RawFd};
use crate::sys::ffi;
use crate::sys::libc;
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

fn without_inheritance(new: NewFd) -> Result<NewFd, Errno> {
    if CLOEXEC == 0 {
        crate::sys::fd::set_inheritable(new.number(), false)?;
    }
    Ok(new)
}

#[cfg(windows)]
#[path = "windows/sock.rs"]
mod windows;
#[cfg(windows)]
pub(crate) use windows::*;

/// A type argument that asks for `CLOEXEC` too.
#[cfg(unix)]
fn kind_of(kind: c_int) -> Type {
    Type::from(kind | CLOEXEC)
}

/// socket(2), in one call with its flags.
#[cfg(unix)]
pub(crate) fn socket(family: c_int, kind: c_int, proto: c_int) -> Result<NewFd, Errno> {
    let proto = Protocol::from(proto);
    let new = Socket::new_raw(Domain::from(family), kind_of(kind), Some(proto));
    without_inheritance(NewFd::new(from_io(new)?.into_raw_fd()))
}

/// socketpair(2).
#[cfg(unix)]
pub(crate) fn socketpair([family, kind, proto]: [c_int; 3]) -> Result<[NewFd; 2], Errno> {
    let proto = Protocol::from(proto);
    let pair = Socket::pair_raw(Domain::from(family), kind_of(kind), Some(proto));
    let (a, b) = from_io(pair)?;
    let [a, b] = [a, b].map(|end| without_inheritance(NewFd::new(end.into_raw_fd())));
    Ok([a?, b?])
}

fn with_address(call: libc::TakesAddress, fd: RawFd, addr: &RawAddr) -> Result<(), Errno> {
    // SAFETY: `bind` and `connect` read the address, which lives past the call,
    // and no more of it than its length, which is clamped to the storage.
    check(unsafe { call(libc::as_socket(fd), addr.as_ptr(), addr.socklen()) }).map(drop)
}

/// bind(2).
pub(crate) fn bind(fd: RawFd, addr: &RawAddr) -> Result<(), Errno> {
    with_address(libc::bind, fd, addr)
}

/// connect(2), once.
pub(crate) fn connect(fd: RawFd, addr: &RawAddr) -> Result<(), Errno> {
    with_address(libc::connect, fd, addr)
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
    check(ffi::listen(libc::as_socket(fd), backlog)).map(drop)
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
pub(crate) fn accept(fd: RawFd, family: c_int, from: &mut RawAddr) -> Result<NewFd, Errno> {
    let (addr, len) = peer_ptrs(family, from);
    // SAFETY: the address is offered with its own room, or not at all.
    NewFd::returned(unsafe { libc::accept4(fd, addr, len, libc::SOCK_CLOEXEC) })
}

/// accept(2), then what accept4 would have done.
#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
pub(crate) fn accept(fd: RawFd, family: c_int, from: &mut RawAddr) -> Result<NewFd, Errno> {
    let new = NewFd::returned(named(libc::accept, fd, peer_ptrs(family, from)))?;
    // Here the new socket inherits the listener's mode.
    crate::sys::fd::set_nonblocking(new.number(), false)?;
    without_inheritance(new)
}

/// shutdown(2).
pub(crate) fn shutdown(fd: RawFd, how: c_int) -> Result<(), Errno> {
    check(ffi::shutdown(libc::as_socket(fd), how)).map(drop)
}

/// Calls with the pointers of storage that the caller owns, or with null.
fn named<R>(
    call: libc::WritesAddress<R>,
    fd: RawFd,
    (addr, len): (*mut libc::sockaddr, *mut libc::socklen_t),
) -> R {
    // SAFETY: `getsockname`, `getpeername` and `accept` write to the address, which
    // is offered with its own room or not at all, and to that length.
    unsafe { call(libc::as_socket(fd), addr, len) }
}

fn name_of(call: libc::WritesAddress<c_int>, fd: RawFd) -> Result<RawAddr, Errno> {
    let mut name = RawAddr::for_kernel();
    check(named(call, fd, name.out_ptrs()))?;
    Ok(name)
}

/// getsockname(2).
pub(crate) fn getsockname(fd: RawFd) -> Result<RawAddr, Errno> {
    name_of(libc::getsockname, fd)
}

/// getpeername(2).
pub(crate) fn getpeername(fd: RawFd) -> Result<RawAddr, Errno> {
    name_of(libc::getpeername, fd)
}
