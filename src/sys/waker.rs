//! What wakes a waiting thread, and the wait for that and for a descriptor, as Unix has
//! them. See poll(2), ppoll(2), shutdown(2).
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

/// A file of ours, told apart by its inode from what may have its number by now.
///
/// A program may close numbers that it does not know (`os.closerange` in a daemon)
/// and be given one of ours for a file of its own, which is then not ours to touch.
struct OwnFile {
    file: Option<File>,
    inode: (u64, u64),
}

impl OwnFile {
    fn new(file: impl Into<OwnedFd>) -> Result<Self, Errno> {
        let file = File::from(file.into());
        Ok(Self {
            inode: inode(&file)?,
            file: Some(file),
        })
    }

    /// The file, unless its number was closed behind our back.
    fn get(&self) -> Option<&File> {
        self.file
            .as_ref()
            .filter(|file| inode(file) == Ok(self.inode))
    }
}

fn inode(file: &File) -> Result<(u64, u64), Errno> {
    let metadata = from_io(file.metadata())?;
    Ok((metadata.dev(), metadata.ino()))
}

impl Drop for OwnFile {
    fn drop(&mut self) {
        if self.get().is_none()
            && let Some(others) = self.file.take()
        {
            let _ = others.into_raw_fd(); // not ours to close
        }
    }
}

/// A thread's wake descriptor: a socket that `wake` shuts down, after which it is ready
/// for ever. A pipe would do as well; an eventfd would not, as it has no inode of its own.
pub(crate) struct Waker {
    socket: OwnFile,
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    _peer: OwnFile,
    number: RawFd,
    generation: u8,
}

impl Waker {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub(crate) fn new() -> Result<Self, Errno> {
        use std::os::unix::net::UnixDatagram;
        let socket = from_io(UnixDatagram::unbound())?;
        Ok(Self {
            number: socket.as_raw_fd(),
            socket: OwnFile::new(socket)?,
            generation: fork_generation(),
        })
    }

    // Elsewhere a socket without a peer cannot be shut down.
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    pub(crate) fn new() -> Result<Self, Errno> {
        use std::os::unix::net::UnixStream;
        let (socket, peer) = from_io(UnixStream::pair())?;
        Ok(Self {
            number: socket.as_raw_fd(),
            socket: OwnFile::new(socket)?,
            _peer: OwnFile::new(peer)?,
            generation: fork_generation(),
        })
    }

    /// The descriptor to wait for.
    pub(crate) fn number(&self) -> RawFd {
        self.number
    }

    /// Whether this process made it, and not a parent.
    pub(crate) fn is_current(&self) -> bool {
        self.generation == fork_generation()
    }

    /// Makes the descriptor ready, for good.
    pub(crate) fn wake(&self) {
        if let Some(socket) = self.socket.get() {
            // Nothing is left to do where it fails: the wait ends at its deadline.
            let _ = SockRef::from(socket).shutdown(Shutdown::Both);
        }
    }
}

/// Waits until the descriptor or the waker is ready, and says which; both are false
/// where the time ran out. A negative number is none.
pub(crate) fn poll(
    fd: RawFd,
    events: Events,
    waker: RawFd,
    timeout: Option<Duration>,
) -> Result<[bool; 2], Errno> {
    let mut fds = [pollfd(fd, events), pollfd(waker, READ)];
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
        let mut waker = Waker::new().unwrap();
        // As a program does that closes all it does not know: another file is
        // moved onto the number.
        let owner = UnixStream::pair().unwrap();
        let foreign = File::from(OwnedFd::from(owner.0));
        let lost = waker.socket.file.replace(foreign).unwrap();
        waker.wake();
        std::io::Write::write_all(&mut &owner.1, b"x").unwrap();
        let foreign = waker.socket.file.as_ref().unwrap().try_clone().unwrap();
        drop(waker);
        drop(lost);
        let mut byte = [0];
        std::io::Read::read_exact(&mut &foreign, &mut byte).unwrap();
        assert_eq!(&byte, b"x");
    }
}
