//! What has one name for all systems, and on Unix costs nothing: the types in which
//! descriptors, lengths and calls differ on Windows. A part of `libc`.

use std::ffi::c_int;

/// A descriptor's number.
pub(crate) type Number = c_int;
/// A descriptor as the calls take it.
pub(crate) type Socket = c_int;
/// What `FIONBIO` reads.
pub(crate) type Flag = c_int;
/// A call that takes an address.
pub(crate) type TakesAddress =
    unsafe extern "C" fn(Socket, *const libc::sockaddr, libc::socklen_t) -> c_int;
/// A call that writes an address and its length.
pub(crate) type WritesAddress<R> =
    unsafe extern "C" fn(Socket, *mut libc::sockaddr, *mut libc::socklen_t) -> R;

/// A number as the calls take it.
#[inline]
pub(crate) const fn as_socket(number: Number) -> Socket {
    number
}

/// A number as the calls return it.
#[inline]
pub(crate) const fn as_number(socket: Socket) -> Number {
    socket
}

/// How many of so many bytes one call takes at the most.
#[inline]
pub(crate) const fn room(len: usize) -> usize {
    len
}
