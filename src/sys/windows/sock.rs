//! Making and naming sockets: socket, bind, listen, accept, connect, shutdown,
//! getsockname, getpeername; and what only Windows has: WSAIoctl, and sockets that
//! another process shares. See the Winsock reference.
//!
//! No socket is inherited by children.
#![expect(unsafe_code, reason = "sockets are bare handles to Winsock")]

use std::ffi::c_int;

use windows_sys::Win32::Networking::WinSock as ws;

use crate::sys::errno::{Errno, check};
use crate::sys::fd::{self, Info, NewFd, RawFd};
use crate::sys::libc;
use crate::sys::opt;
use crate::sys::storage::RawAddr;

/// The flag for a type argument that makes a socket non-blocking: there is none.
pub(crate) const TYPE_NONBLOCK: c_int = 0;
/// The bits of a type argument that are not the type.
pub(crate) const TYPE_FLAGS: c_int = 0;

/// WSASocketW.
pub(crate) fn socket(family: c_int, kind: c_int, proto: c_int) -> Result<NewFd, Errno> {
    fd::open(family, kind, proto, None)
}

/// bind.
pub(crate) fn bind(fd: RawFd, addr: &RawAddr) -> Result<(), Errno> {
    // SAFETY: the address lives past the call with its length clamped to it.
    check(unsafe { ws::bind(fd.cast_unsigned(), addr.as_ptr(), addr.socklen()) }).map(drop)
}

/// connect, once.
pub(crate) fn connect(fd: RawFd, addr: &RawAddr) -> Result<(), Errno> {
    // SAFETY: the address lives past the call with its length clamped to it.
    check(unsafe { ws::connect(fd.cast_unsigned(), addr.as_ptr(), addr.socklen()) }).map(drop)
}

/// The result of a connection attempt that has ended.
pub(crate) fn connect_result(fd: RawFd) -> Result<(), Errno> {
    match opt::get_int(fd, libc::SOL_SOCKET, libc::SO_ERROR)? {
        0 => Ok(()),
        error if error == libc::EISCONN => Ok(()),
        error => Err(Errno(error)),
    }
}

/// listen.
pub(crate) fn listen(fd: RawFd, backlog: c_int) -> Result<(), Errno> {
    // SAFETY: takes numbers only.
    check(unsafe { ws::listen(fd.cast_unsigned(), backlog) }).map(drop)
}

/// accept. The new socket has the mode of the listener, which here is made blocking.
pub(crate) fn accept(fd: RawFd, _family: c_int, from: &mut RawAddr) -> Result<NewFd, Errno> {
    *from = RawAddr::for_kernel();
    let (addr, len) = from.out_ptrs();
    // SAFETY: the address is offered with its own room.
    let new = unsafe { ws::accept(fd.cast_unsigned(), addr, len) };
    if new == ws::INVALID_SOCKET {
        return Err(Errno::last());
    }
    let new = NewFd::new(new.cast_signed());
    fd::set_inheritable(new.number(), false)?;
    fd::set_nonblocking(new.number(), false)?;
    Ok(new)
}

/// shutdown.
pub(crate) fn shutdown(fd: RawFd, how: c_int) -> Result<(), Errno> {
    // SAFETY: takes numbers only.
    check(unsafe { ws::shutdown(fd.cast_unsigned(), how) }).map(drop)
}

/// getsockname.
pub(crate) fn getsockname(fd: RawFd) -> Result<RawAddr, Errno> {
    let mut name = RawAddr::for_kernel();
    let (addr, len) = name.out_ptrs();
    // SAFETY: the address is offered with its own room.
    check(unsafe { ws::getsockname(fd.cast_unsigned(), addr, len) })?;
    Ok(name)
}

/// getpeername.
pub(crate) fn getpeername(fd: RawFd) -> Result<RawAddr, Errno> {
    let mut name = RawAddr::for_kernel();
    let (addr, len) = name.out_ptrs();
    // SAFETY: the address is offered with its own room.
    check(unsafe { ws::getpeername(fd.cast_unsigned(), addr, len) })?;
    Ok(name)
}

const INFO: usize = size_of::<Info>();

/// The protocol of a socket, by `SO_PROTOCOL_INFOW`.
pub(crate) fn protocol(fd: RawFd) -> Result<c_int, Errno> {
    let mut bytes = [0; INFO];
    opt::get_bytes(fd, libc::SOL_SOCKET, ws::SO_PROTOCOL_INFOW, &mut bytes)?;
    let at = std::mem::offset_of!(Info, iProtocol);
    let field = bytes.get(at..).and_then(|rest| rest.first_chunk());
    Ok(c_int::from_ne_bytes(*field.ok_or(Errno::EINVAL)?))
}

/// The bytes that the process of a number needs to have the socket too.
pub(crate) fn share(fd: RawFd, process: u32) -> Result<[u8; INFO], Errno> {
    let info = fd::describe(fd, process)?;
    let mut bytes = [0; INFO];
    let from: *const u8 = (&raw const info).cast();
    // SAFETY: the structure and the array are of one length, and apart. The structure
    // was zeroed before the call filled it in, and has no padding that is not.
    unsafe { from.copy_to_nonoverlapping(bytes.as_mut_ptr(), INFO) };
    Ok(bytes)
}

/// A socket that another process has shared, with its family, type and protocol;
/// None for bytes of any other length.
pub(crate) fn shared(bytes: &[u8]) -> Option<Result<(NewFd, [c_int; 3]), Errno>> {
    if bytes.len() != INFO {
        return None;
    }
    let mut info = Info::default();
    let to: *mut u8 = (&raw mut info).cast();
    // SAFETY: the structure and the bytes are of one length, and apart; any bytes are
    // valid numbers.
    unsafe { to.copy_from_nonoverlapping(bytes.as_ptr(), INFO) };
    let numbers = [info.iAddressFamily, info.iSocketType, info.iProtocol];
    Some(fd::open_described(&info).map(|new| (new, numbers)))
}

/// The values of a `WSAIoctl` request: one number for most, three for
/// `SIO_KEEPALIVE_VALS`. The answer is the number of bytes that it answered.
pub(crate) fn ioctl(fd: RawFd, request: u32, values: &[u32]) -> Result<u32, Errno> {
    let len = u32::try_from(size_of_val(values)).map_err(|_| Errno::EINVAL)?;
    let mut answered = 0;
    // SAFETY: the values are read while they are borrowed, within their length; no
    // room for an answer is offered, and nothing goes on after the call.
    check(unsafe {
        ws::WSAIoctl(
            fd.cast_unsigned(),
            request,
            values.as_ptr().cast(),
            len,
            std::ptr::null_mut(),
            0,
            &raw mut answered,
            std::ptr::null_mut(),
            None,
        )
    })?;
    Ok(answered)
}
