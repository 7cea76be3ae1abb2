//! `Errno`, the only error below the Python line, and the checks that turn a
//! system call's `-1` into one. `io::Error` does not leave `sys`: PyO3 would
//! turn it into an exception without `errno`. See errno(3).
#![cfg_attr(
    unix,
    expect(unsafe_code, reason = "std's form of strerror adds to the text")
)]

use std::ffi::c_int;

use crate::sys::libc;

/// An error number of the operating system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Errno(pub(crate) c_int);

impl Errno {
    pub(crate) const EAGAIN: Self = Self(libc::EAGAIN);
    pub(crate) const EBADF: Self = Self(libc::EBADF);
    pub(crate) const EINPROGRESS: Self = Self(libc::EINPROGRESS);
    /// What a connection attempt that goes on says.
    #[cfg(unix)]
    pub(crate) const CONNECTING: Self = Self(libc::EINPROGRESS);
    #[cfg(windows)]
    pub(crate) const CONNECTING: Self = Self(libc::EWOULDBLOCK);
    pub(crate) const EINTR: Self = Self(libc::EINTR);
    pub(crate) const EINVAL: Self = Self(libc::EINVAL);
    #[cfg(unix)]
    pub(crate) const ENOMEM: Self = Self(libc::ENOMEM);

    /// The calling thread's last error.
    pub(crate) fn last() -> Self {
        Self::from_io(&std::io::Error::last_os_error())
    }

    /// The number inside an error of std or socket2; `EINVAL` where there is none.
    pub(crate) fn from_io(error: &std::io::Error) -> Self {
        Self(error.raw_os_error().unwrap_or(libc::EINVAL))
    }

    /// Whether the call would have had to wait.
    pub(crate) fn would_block(self) -> bool {
        self.0 == libc::EAGAIN || self.0 == libc::EWOULDBLOCK
    }
}

/// The result of a call that returns -1 on an error.
pub(crate) fn check(ret: c_int) -> Result<c_int, Errno> {
    if ret == -1 {
        Err(Errno::last())
    } else {
        Ok(ret)
    }
}

/// The result of a call that returns a length, or -1 on an error.
pub(crate) fn check_len<T>(ret: T) -> Result<usize, Errno>
where
    usize: TryFrom<T>,
{
    usize::try_from(ret).map_err(|_| Errno::last())
}

/// The result of a call of socket2 or std.
pub(crate) fn from_io<T>(result: std::io::Result<T>) -> Result<T, Errno> {
    result.map_err(|error| Errno::from_io(&error))
}

/// Gives the operating system's text for an error number, as strerror(3) has it.
#[cfg(unix)]
pub(crate) fn with_message<T>(errno: Errno, give: impl FnOnce(&str) -> T) -> T {
    let mut buffer = [0_u8; MESSAGE_ROOM];
    // SAFETY: the call writes at most the length that it is given, which is the
    // buffer's own, and takes any number.
    let _ = unsafe { libc::strerror_r(errno.0, buffer.as_mut_ptr().cast(), MESSAGE_ROOM) };
    let text = buffer.split(|byte| *byte == 0).next().unwrap_or_default();
    give(&String::from_utf8_lossy(text))
}

#[cfg(unix)]
const MESSAGE_ROOM: usize = 256;

/// Gives the operating system's text for an error number.
#[cfg(windows)]
pub(crate) fn with_message<T>(errno: Errno, give: impl FnOnce(&str) -> T) -> T {
    let text = std::io::Error::from_raw_os_error(errno.0).to_string();
    // The standard library puts the number after it.
    give(text.split(" (os error ").next().unwrap_or_default())
}
