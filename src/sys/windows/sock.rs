//! Making sockets, and what only Windows has: WSAIoctl, and sockets that another
//! process shares. A part of `sock`. See the Winsock reference.
#![expect(unsafe_code, reason = "sockets are bare handles to Winsock")]

use std::ffi::c_int;
use std::mem::offset_of;

use windows_sys::Win32::Networking::WinSock as ws;

use crate::sys::errno::{Errno, check};
use crate::sys::fd::{self, INFO, Info, NewFd, RawFd};
use crate::sys::libc;
use crate::sys::opt;

/// WSASocketW.
pub(crate) fn socket(family: c_int, kind: c_int, proto: c_int) -> Result<NewFd, Errno> {
    fd::open(family, kind, proto, None)
}

/// The protocol of a socket, by `SO_PROTOCOL_INFOW`.
pub(crate) fn protocol(fd: RawFd) -> Result<c_int, Errno> {
    let mut info = Info::empty();
    opt::get_bytes(fd, libc::SOL_SOCKET, ws::SO_PROTOCOL_INFOW, &mut info.0)?;
    info.int(offset_of!(ws::WSAPROTOCOL_INFOW, iProtocol))
}

/// The bytes that the process of a number needs to have the socket too.
pub(crate) fn share(fd: RawFd, process: u32) -> Result<[u8; INFO], Errno> {
    fd::describe(fd, process).map(|info| info.0)
}

/// A socket that another process has shared, with its family, type and protocol;
/// None for bytes of any other length.
pub(crate) fn shared(bytes: &[u8]) -> Option<Result<(NewFd, [c_int; 3]), Errno>> {
    let info = Info(bytes.try_into().ok()?);
    Some(open_shared(&info))
}

fn open_shared(info: &Info) -> Result<(NewFd, [c_int; 3]), Errno> {
    let numbers = [
        info.int(offset_of!(ws::WSAPROTOCOL_INFOW, iAddressFamily))?,
        info.int(offset_of!(ws::WSAPROTOCOL_INFOW, iSocketType))?,
        info.int(offset_of!(ws::WSAPROTOCOL_INFOW, iProtocol))?,
    ];
    Ok((fd::open_described(info)?, numbers))
}

/// The values of a `WSAIoctl` request: one number for most, three for
/// `SIO_KEEPALIVE_VALS`. Returns the number of bytes that the request wrote.
pub(crate) fn ioctl(fd: RawFd, request: u32, values: &[u32]) -> Result<u32, Errno> {
    let len = u32::try_from(size_of_val(values)).map_err(|_| Errno::EINVAL)?;
    let mut written = 0;
    // SAFETY: the values are read while they are borrowed, within their length; no
    // room for output is offered, and nothing goes on after the call.
    check(unsafe {
        ws::WSAIoctl(
            fd.cast_unsigned(),
            request,
            values.as_ptr().cast(),
            len,
            std::ptr::null_mut(),
            0,
            &raw mut written,
            std::ptr::null_mut(),
            None,
        )
    })?;
    Ok(written)
}
