//! What wakes a waiting thread, and the wait for that and for a descriptor, as Unix has
//! them. See poll(2), ppoll(2), shutdown(2).
#![expect(unsafe_code, reason = "poll has no safe form")]

use std::fs::File;
use std::net::Shutdown;
use std::os::fd::{AsRawFd, IntoRawFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use socket2::SockRef;

use crate::sys::errno::{Errno, check, from_io};
use crate::sys::fd::{self, RawFd};
use crate::sys::fork::{self, fork_generation};

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

/// Those of this process, for the children of a fork to close: the threads that wait with
/// them do not live there.
///
/// The lock is never waited for, as a fork may leave it locked for ever. What is missed for
/// that stays open in a child.
static ALL: Mutex<Vec<Weak<OwnFile>>> = Mutex::new(Vec::new());

extern "C" fn after_fork_in_child() {
    if let Ok(mut all) = ALL.try_lock() {
        for file in all.drain(..).filter_map(|file| file.upgrade()) {
            if let Some(open) = file.get() {
                // By its number: the owner finds another file there, or none, and leaves it.
                let _ = fd::close(open.as_raw_fd());
            }
        }
    }
}

/// Has the children of forks close what they are not to have; once, when the module is loaded.
pub(crate) fn watch_forks() -> Result<(), Errno> {
    fork::watch(None, Some(after_fork_in_child))
}

impl OwnFile {
    fn new(file: impl Into<OwnedFd>) -> Result<Arc<Self>, Errno> {
        let file = File::from(file.into());
        let own = Arc::new(Self {
            inode: inode(&file)?,
            file: Some(file),
        });
        if let Ok(mut all) = ALL.try_lock() {
            if all.len() == all.capacity() {
                all.retain(|file| file.strong_count() > 0);
            }
            all.push(Arc::downgrade(&own));
        }
        Ok(own)
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
    socket: Arc<OwnFile>,
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    _peer: Arc<OwnFile>,
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
    if waker < 0 {
        // No more than there are: one is all that a limit of one descriptor allows.
        poll_all(fds.split_at_mut(1).0, timeout)?;
    } else {
        poll_all(&mut fds, timeout)?;
    }
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
        // As a program does that closes all it does not know: another file is
        // moved onto the number.
        let lost = File::from(OwnedFd::from(UnixStream::pair().unwrap().0));
        let owner = UnixStream::pair().unwrap();
        let foreign = File::from(OwnedFd::from(owner.0));
        let waker = Waker {
            number: foreign.as_raw_fd(),
            socket: Arc::new(OwnFile {
                inode: inode(&lost).unwrap(),
                file: Some(foreign.try_clone().unwrap()),
            }),
            generation: fork_generation(),
        };
        waker.wake();
        std::io::Write::write_all(&mut &owner.1, b"x").unwrap();
        drop(waker);
        let mut byte = [0];
        std::io::Read::read_exact(&mut &foreign, &mut byte).unwrap();
        assert_eq!(&byte, b"x");
    }
}
