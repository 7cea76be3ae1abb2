//! getsockopt(2) and setsockopt(2) with a number, with bytes, and with none.
//!
//! Which of the three a caller means, and what the bytes say, is decided above.
#![expect(unsafe_code, reason = "socket2 has no option by number")]

use std::ffi::c_int;
use std::ptr;

use crate::sys::errno::{Errno, check};
use crate::sys::fd::RawFd;
use crate::sys::io::Window;
use crate::sys::libc;

fn socklen(len: usize) -> Result<libc::socklen_t, Errno> {
    libc::socklen_t::try_from(len).map_err(|_| Errno::EINVAL)
}

/// An option as an int.
pub(crate) fn get_int(fd: RawFd, level: c_int, name: c_int) -> Result<c_int, Errno> {
    let mut value = [0; size_of::<c_int>()];
    get_bytes(fd, level, name, &mut value)?;
    Ok(c_int::from_ne_bytes(value))
}

/// An option as bytes; the result is their count as the kernel says it, within `buffer`.
pub(crate) fn get_bytes(
    fd: RawFd,
    level: c_int,
    name: c_int,
    buffer: &mut [u8],
) -> Result<usize, Errno> {
    let mut len = socklen(buffer.len())?;
    let (socket, room) = (libc::as_socket(fd), buffer.as_mut_ptr().cast());
    // SAFETY: the kernel writes at most `len` bytes, the buffer's own length.
    check(unsafe { libc::getsockopt(socket, level, name, room, &raw mut len) })?;
    Ok(usize::try_from(len).unwrap_or(0).min(buffer.len()))
}

/// What an option is set to.
#[derive(Clone, Copy)]
pub(crate) enum Value<'a> {
    /// Bytes.
    Bytes(Window<'a>),
    /// No value but a length, as `ALG_SET_AEAD_AUTHSIZE` takes it.
    Length(u32),
}

/// Sets an option.
pub(crate) fn set(fd: RawFd, level: c_int, name: c_int, value: Value<'_>) -> Result<(), Errno> {
    let (ptr, len) = match value {
        Value::Bytes(window) => (window.ptr(), socklen(window.len())?),
        Value::Length(len) => {
            let len = usize::try_from(len).map_err(|_| Errno::EINVAL)?;
            (ptr::null(), socklen(len)?)
        }
    };
    let socket = libc::as_socket(fd);
    // SAFETY: the kernel reads `len` bytes, the window's own length; a null value
    // it refuses (EFAULT) or leaves unread.
    check(unsafe { libc::setsockopt(socket, level, name, ptr.cast(), len) }).map(drop)
}
