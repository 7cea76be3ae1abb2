//! What a waiting thread can be woken by, and the wait for that and for a descriptor,
//! as Unix has them. See poll(2), ppoll(2), shutdown(2).
#![expect(unsafe_code, reason = "poll has no safe form")]

use std::fs::File;
use std::net::Shutdown;
use std::os::fd::{AsRawFd, IntoRawFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::time::Duration;

use socket2::SockRef;

use crate::sys::errno::{Errno, check, from_io};
use crate::sys::fd::RawFd;
use crate::sys::fork::fork_generation;

/// What to wait for.
pub(crate) type Events = libc::c_short;

pub(crate) const READ: Events = libc::POLLIN;
pub(crate) const WRITE: Events = libc::POLLOUT;
pub(crate) const CONNECT: Events = libc::POLLOUT | libc::POLLERR;

/// A thread's wake descriptor: a socket that is shut down, and so ready for ever,
/// once it was rung.
///
/// A program may close numbers that it does not know (`os.closerange` in a daemon)
/// and be given ours for a file of its own. A pipe, an eventfd or a socket could
/// all be rung there, but sockets and pipes have an inode to be told apart by.
pub(crate) struct Bell {
    ears: Option<File>,
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    _rope: File,
    number: RawFd,
    inode: (u64, u64),
    generation: u8,
}

fn inode(file: &File) -> Result<(u64, u64), Errno> {
    let metadata = from_io(file.metadata())?;
    Ok((metadata.dev(), metadata.ino()))
}

impl Bell {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub(crate) fn new() -> Result<Self, Errno> {
        use std::os::unix::net::UnixDatagram;
        let socket = from_io(UnixDatagram::unbound())?;
        let ears = File::from(OwnedFd::from(socket));
        Ok(Self {
            number: ears.as_raw_fd(),
            inode: inode(&ears)?,
            ears: Some(ears),
            generation: fork_generation(),
        })
    }

    // Elsewhere a socket without a peer cannot be shut down.
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    pub(crate) fn new() -> Result<Self, Errno> {
        use std::os::unix::net::UnixStream;
        let (ears, rope) = from_io(UnixStream::pair())?;
        let ears = File::from(OwnedFd::from(ears));
        Ok(Self {
            number: ears.as_raw_fd(),
            inode: inode(&ears)?,
            ears: Some(ears),
            _rope: File::from(OwnedFd::from(rope)),
            generation: fork_generation(),
        })
    }

    /// The file, unless its number was closed behind our back.
    fn ours(&self) -> Option<&File> {
        self.ears
            .as_ref()
            .filter(|ears| inode(ears) == Ok(self.inode))
    }

    /// What to wait for.
    pub(crate) fn number(&self) -> RawFd {
        self.number
    }

    /// Whether this process made it, and not a parent.
    pub(crate) fn is_current(&self) -> bool {
        self.generation == fork_generation()
    }

    /// Makes it ready, for good.
    pub(crate) fn ring(&self) {
        if let Some(ears) = self.ours() {
            // Nothing is left to do where it fails: the wait ends at its deadline.
            let _ = SockRef::from(ears).shutdown(Shutdown::Both);
        }
    }
}

impl Drop for Bell {
    fn drop(&mut self) {
        if self.ours().is_none()
            && let Some(others) = self.ears.take()
        {
            let _ = others.into_raw_fd(); // not ours to close
        }
    }
}

/// Waits until the descriptor or the bell is ready, and says which; both are false
/// where the time ran out. A negative number is none.
pub(crate) fn poll(
    fd: RawFd,
    events: Events,
    bell: RawFd,
    timeout: Option<Duration>,
) -> Result<[bool; 2], Errno> {
    let mut fds = [pollfd(fd, events), pollfd(bell, READ)];
    poll_all(&mut fds, timeout)?;
    Ok(fds.map(|one| one.revents != 0))
}

fn pollfd(fd: RawFd, events: Events) -> libc::pollfd {
    libc::pollfd {
        fd,
        events,
        revents: 0,
    }
}

/// Whether a descriptor is ready to be read from, or has an error to report.
pub(crate) fn is_readable(fd: RawFd) -> bool {
    let mut fds = [pollfd(fd, READ)];
    let looked = poll_all(&mut fds, Some(Duration::ZERO));
    let [one] = fds;
    looked.is_ok() && one.revents != 0
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn poll_all(fds: &mut [libc::pollfd], timeout: Option<Duration>) -> Result<(), Errno> {
    let timeout = timeout.map(timespec);
    let timeout_ptr = timeout
        .as_ref()
        .map_or(std::ptr::null(), std::ptr::from_ref);
    let count = libc::nfds_t::try_from(fds.len()).map_err(|_| Errno::EINVAL)?;
    // SAFETY: the array and the timeout live past the call, the count is the
    // array's own, and a null mask leaves signals as they are.
    check(unsafe { libc::ppoll(fds.as_mut_ptr(), count, timeout_ptr, std::ptr::null()) }).map(drop)
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn poll_all(fds: &mut [libc::pollfd], timeout: Option<Duration>) -> Result<(), Errno> {
    // Milliseconds, rounded up so that a wait never ends before its deadline.
    let timeout = timeout.map_or(-1, |left| {
        i32::try_from(left.as_nanos().div_ceil(1_000_000)).unwrap_or(i32::MAX)
    });
    let count = libc::nfds_t::try_from(fds.len()).map_err(|_| Errno::EINVAL)?;
    // SAFETY: the array lives past the call and the count is its own.
    check(unsafe { libc::poll(fds.as_mut_ptr(), count, timeout) }).map(drop)
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn timespec(duration: Duration) -> libc::timespec {
    libc::timespec {
        tv_sec: libc::time_t::try_from(duration.as_secs()).unwrap_or(libc::time_t::MAX),
        tv_nsec: libc::c_long::from(duration.subsec_nanos().cast_signed()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixStream;

    #[test]
    fn a_number_that_was_taken_away_is_left_to_its_new_owner() {
        let mut bell = Bell::new().unwrap();
        // As a program does that closes all it does not know: another file is
        // moved onto the number.
        let owner = UnixStream::pair().unwrap();
        let foreign = File::from(OwnedFd::from(owner.0));
        let lost = bell.ears.replace(foreign).unwrap();
        bell.ring();
        std::io::Write::write_all(&mut &owner.1, b"x").unwrap();
        let foreign = bell.ears.as_ref().unwrap().try_clone().unwrap();
        drop(bell);
        drop(lost);
        let mut byte = [0];
        std::io::Read::read_exact(&mut &foreign, &mut byte).unwrap();
        assert_eq!(&byte, b"x");
    }
}
