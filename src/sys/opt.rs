//! getsockopt(2) and setsockopt(2) with a number, with bytes, and with none.
//!
//! Which of the three a caller means, and what the bytes say, is decided above.
#![expect(unsafe_code, reason = "socket2 has no option by number")]

use std::ffi::c_int;
use std::ptr;

use crate::sys::errno::{Errno, check};
use crate::sys::fd::RawFd;

fn socklen(len: usize) -> Result<libc::socklen_t, Errno> {
    libc::socklen_t::try_from(len).map_err(|_| Errno::EINVAL)
}

/// An option as an int.
pub(crate) fn get_int(fd: RawFd, level: c_int, name: c_int) -> Result<c_int, Errno> {
    let mut value: c_int = 0;
    let mut len = socklen(size_of::<c_int>())?;
    // SAFETY: the kernel writes at most `len` bytes, the size of the int.
    check(unsafe { libc::getsockopt(fd, level, name, (&raw mut value).cast(), &raw mut len) })?;
    Ok(value)
}

/// An option as bytes; the answer is as long as the kernel says, within `buffer`.
pub(crate) fn get_bytes(
    fd: RawFd,
    level: c_int,
    name: c_int,
    buffer: &mut [u8],
) -> Result<usize, Errno> {
    let mut len = socklen(buffer.len())?;
    // SAFETY: the kernel writes at most `len` bytes, the buffer's own length.
    check(unsafe { libc::getsockopt(fd, level, name, buffer.as_mut_ptr().cast(), &raw mut len) })?;
    Ok(usize::try_from(len).unwrap_or(0).min(buffer.len()))
}

/// Sets an option from bytes.
pub(crate) fn set_bytes(fd: RawFd, level: c_int, name: c_int, value: &[u8]) -> Result<(), Errno> {
    let len = socklen(value.len())?;
    // SAFETY: the kernel reads `len` bytes, the slice's own length.
    check(unsafe { libc::setsockopt(fd, level, name, value.as_ptr().cast(), len) }).map(drop)
}

/// Sets an option with no value but a length, as `ALG_SET_AEAD_AUTHSIZE` takes it.
pub(crate) fn set_len(
    fd: RawFd,
    level: c_int,
    name: c_int,
    len: libc::socklen_t,
) -> Result<(), Errno> {
    // SAFETY: a null value is refused (EFAULT) or unread by the kernel.
    check(unsafe { libc::setsockopt(fd, level, name, ptr::null(), len) }).map(drop)
}
