//! Making sockets, and what only Windows has: WSAIoctl, and sockets that another
//! process shares. A part of `sock`. See the Winsock reference.
#![expect(unsafe_code, reason = "sockets are bare handles to Winsock")]

use std::ffi::c_int;

use windows_sys::Win32::Networking::WinSock as ws;

use crate::sys::errno::{Errno, check};
use crate::sys::fd::{self, Info, NewFd, RawFd};
use crate::sys::libc;
use crate::sys::opt;

/// WSASocketW.
pub(crate) fn socket(family: c_int, kind: c_int, proto: c_int) -> Result<NewFd, Errno> {
    fd::open(family, kind, proto, None)
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
