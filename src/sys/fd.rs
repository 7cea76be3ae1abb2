//! Bare descriptors: a number that nobody owns yet, and the few calls that are for
//! any descriptor: close, duplicate, inheritance, blocking. Who may use a socket's
//! number, and when, is `cell`'s. See close(2), dup(2), fcntl(2), ioctl_fionbio(2).
#![expect(unsafe_code, reason = "descriptors are bare numbers to libc")]

#[cfg(unix)]
use std::ffi::c_int;

use crate::sys::errno::{Errno, check};
use crate::sys::libc;

/// A descriptor's number; on Windows a socket's handle, in the sign in which
/// `INVALID_SOCKET` is -1.
pub(crate) type RawFd = libc::Number;
/// A number in an object's state.
#[cfg(unix)]
pub(crate) type AtomicFd = std::sync::atomic::AtomicI32;
#[cfg(windows)]
pub(crate) type AtomicFd = std::sync::atomic::AtomicIsize;

#[cfg(windows)]
#[path = "windows/fd.rs"]
mod windows;
#[cfg(windows)]
pub(crate) use windows::*;

/// close(2), once: after EINTR the number is gone on Linux.
pub(crate) fn close(fd: RawFd) -> Result<(), Errno> {
    // SAFETY: closing touches no memory of ours; that the number is the caller's
    // to close is what `FdCell` and the callers of `dup` establish.
    check(unsafe { libc::close(libc::as_socket(fd)) }).map(drop)
}

#[cfg(unix)]
fn fcntl(fd: RawFd, command: c_int, argument: c_int) -> Result<c_int, Errno> {
    // SAFETY: the commands of this file take and return numbers only; an invalid
    // number gives EBADF.
    check(unsafe { libc::fcntl(fd, command, argument) })
}

/// A number that no object owns yet; closed if none comes to own it.
#[derive(Debug)]
pub(crate) struct NewFd(RawFd);

impl NewFd {
    /// Takes charge of a number that the system has just given out.
    pub(crate) fn new(number: RawFd) -> Self {
        Self(number)
    }

    /// Takes charge of what a call has returned, unless that is an error.
    pub(crate) fn returned(result: libc::Socket) -> Result<Self, Errno> {
        match libc::as_number(result) {
            -1 => Err(Errno::last()),
            number => Ok(Self(number)),
        }
    }

    /// The number, still in charge of it.
    pub(crate) fn number(&self) -> RawFd {
        self.0
    }

    /// The number, which is the caller's from now on.
    pub(crate) fn release(self) -> RawFd {
        std::mem::ManuallyDrop::new(self).0
    }
}

impl Drop for NewFd {
    fn drop(&mut self) {
        // Whatever went wrong before is what the caller hears of.
        let _ = close(self.0);
    }
}

/// A duplicate that children of exec do not inherit.
#[cfg(unix)]
pub(crate) fn dup(fd: RawFd) -> Result<NewFd, Errno> {
    fcntl(fd, libc::F_DUPFD_CLOEXEC, 0).map(NewFd)
}

/// Whether children of exec inherit the descriptor.
#[cfg(unix)]
pub(crate) fn is_inheritable(fd: RawFd) -> Result<bool, Errno> {
    Ok(fcntl(fd, libc::F_GETFD, 0)? & libc::FD_CLOEXEC == 0)
}

/// Sets whether children of exec inherit the descriptor.
#[cfg(unix)]
pub(crate) fn set_inheritable(fd: RawFd, inheritable: bool) -> Result<(), Errno> {
    let flags = if inheritable { 0 } else { libc::FD_CLOEXEC };
    fcntl(fd, libc::F_SETFD, flags).map(drop)
}

/// Whether `O_NONBLOCK` is set. It belongs to the open file, so that a duplicate
/// in another process may have changed it.
#[cfg(unix)]
pub(crate) fn is_nonblocking(fd: RawFd) -> bool {
    fcntl(fd, libc::F_GETFL, 0).is_ok_and(|flags| flags & libc::O_NONBLOCK != 0)
}

/// Sets or clears `O_NONBLOCK`, by the one call that needs no look at the flags.
pub(crate) fn set_nonblocking(fd: RawFd, nonblocking: bool) -> Result<(), Errno> {
    let mut flag = libc::Flag::from(nonblocking);
    // SAFETY: FIONBIO reads one such number, which lives past the call.
    check(unsafe { libc::ioctl(libc::as_socket(fd), libc::FIONBIO, &raw mut flag) }).map(drop)
}

/// A duplicate of the standard input, for tests that need a number to themselves.
#[cfg(test)]
#[cfg(unix)]
pub(crate) fn at_or_above(least: RawFd) -> RawFd {
    fcntl(0, libc::F_DUPFD_CLOEXEC, least).expect("there is a standard input")
}
