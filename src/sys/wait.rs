//! Waiting until a descriptor is ready, a deadline passes, or another thread
//! closes the socket.
//!
//! Each thread that waits has a bell, made at its first wait and made again after
//! fork; while it waits, the bell is listed under the `FdCell` it waits on, and
//! `wake` rings all that are listed there. The list is only touched with the
//! interpreter attached, as fork is, so no child finds its lock held.
//! See poll(2), ppoll(2), shutdown(2).
#![expect(unsafe_code, reason = "poll has no safe form")]

use std::cell::Cell;
use std::fs::File;
use std::net::Shutdown;
use std::os::fd::{AsRawFd, IntoRawFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use socket2::SockRef;

use crate::sys::cell::{FdCell, fork_generation};
use crate::sys::errno::{Errno, check, from_io};
use crate::sys::fd::RawFd;

/// How often a thread without a bell looks whether its socket was closed.
const SLICE: Duration = Duration::from_millis(50);

/// What a call waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wait {
    /// Data, a connection, or the end of the stream.
    Read,
    /// Room to send.
    Write,
    /// The end of a connection attempt, which an error also is.
    Connect,
}

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// The descriptor is ready, or has an error to report.
    Ready,
    /// The deadline passed.
    TimedOut,
    /// `wake` was called, or may have been: the socket is to be looked at.
    Woken,
}

/// A thread's wake descriptor: a socket that is shut down, and so ready for ever,
/// once it was rung.
///
/// A program may close numbers that it does not know (`os.closerange` in a daemon)
/// and be given ours for a file of its own. A pipe, an eventfd or a socket could
/// all be rung there, but sockets and pipes have an inode to be told apart by.
struct Bell {
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
    fn new() -> Result<Self, Errno> {
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
    fn new() -> Result<Self, Errno> {
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

    /// Makes it ready, for good.
    fn ring(&self) {
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

thread_local! {
    static BELL: Cell<Option<Arc<Bell>>> = const { Cell::new(None) };
}

/// This thread's bell, or a new one; None where the process has no descriptor left.
fn bell() -> Option<Arc<Bell>> {
    match BELL.try_with(Cell::take) {
        Ok(Some(bell)) if bell.generation == fork_generation() => Some(bell),
        _ => Bell::new().ok().map(Arc::new),
    }
}

struct Listed {
    cell: usize,
    bell: Arc<Bell>,
    rung: bool,
}

const SHARDS: usize = 16;
static WAITERS: [Mutex<Vec<Listed>>; SHARDS] = [const { Mutex::new(Vec::new()) }; SHARDS];

fn key(cell: &FdCell) -> usize {
    std::ptr::from_ref(cell).addr()
}

fn shard(key: usize) -> MutexGuard<'static, Vec<Listed>> {
    // Objects are 16 bytes apart at the least.
    let [first, ..] = &WAITERS;
    WAITERS
        .get((key >> 4) % SHARDS)
        .unwrap_or(first)
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
}

/// Ends every wait that is under way on the cell.
pub(crate) fn wake(cell: &FdCell) {
    let key = key(cell);
    let mut listed = shard(key);
    // What the parent's threads listed before a fork is theirs, not ours.
    listed.retain(|entry| entry.bell.generation == fork_generation());
    for entry in listed.iter_mut().filter(|entry| entry.cell == key) {
        entry.rung = true;
        entry.bell.ring();
    }
}

/// A place on a cell's list of waiting threads; the place is given up on drop.
///
/// Made before the closed bit is looked at for the last time: a `close` that
/// comes later finds the entry, one that came earlier is seen by the look.
pub(crate) struct Waiter {
    key: usize,
    bell: Option<Arc<Bell>>,
    spent: bool,
}

impl Waiter {
    /// Lists this thread under the cell.
    pub(crate) fn new(cell: &FdCell) -> Self {
        let (key, bell) = (key(cell), bell());
        if let Some(bell) = &bell {
            shard(key).push(Listed {
                cell: key,
                bell: Arc::clone(bell),
                rung: false,
            });
        }
        Self {
            key,
            bell,
            spent: false,
        }
    }

    /// Waits for `fd` until `deadline`, or for ever without one. EINTR is
    /// reported: handlers are the caller's business.
    pub(crate) fn wait(
        &mut self,
        fd: RawFd,
        what: Wait,
        deadline: Option<Instant>,
    ) -> Result<Ended, Errno> {
        let events = match what {
            Wait::Read => libc::POLLIN,
            Wait::Write => libc::POLLOUT,
            Wait::Connect => libc::POLLOUT | libc::POLLERR,
        };
        let bell = self.bell.as_ref().map_or(-1, |bell| bell.number);
        let slice = (bell < 0)
            .then(|| Instant::now().checked_add(SLICE))
            .flatten()
            .filter(|slice| deadline.is_none_or(|deadline| *slice < deadline));
        let mut fds = [pollfd(fd, events), pollfd(bell, libc::POLLIN)];
        let left = |at: Instant| at.saturating_duration_since(Instant::now());
        poll(&mut fds, slice.or(deadline).map(left))?;
        let [socket, bell] = fds;
        if bell.revents != 0 {
            self.spent = true;
            return Ok(Ended::Woken);
        }
        if socket.revents != 0 {
            return Ok(Ended::Ready);
        }
        Ok(if slice.is_some() {
            Ended::Woken
        } else {
            Ended::TimedOut
        })
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        let Some(bell) = self.bell.take() else {
            return;
        };
        let mut listed = shard(self.key);
        let place = listed
            .iter()
            .position(|entry| entry.cell == self.key && Arc::ptr_eq(&entry.bell, &bell));
        let rung = place.is_some_and(|at| listed.swap_remove(at).rung);
        drop(listed);
        if !rung && !self.spent {
            let _ = BELL.try_with(|place| place.set(Some(bell)));
        }
    }
}

fn pollfd(fd: RawFd, events: libc::c_short) -> libc::pollfd {
    libc::pollfd {
        fd,
        events,
        revents: 0,
    }
}

/// Whether a descriptor is ready to be read from, or has an error to report.
pub(crate) fn is_readable(fd: RawFd) -> bool {
    let mut fds = [pollfd(fd, libc::POLLIN)];
    let looked = poll(&mut fds, Some(Duration::ZERO));
    let [socket] = fds;
    looked.is_ok() && socket.revents != 0
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn poll(fds: &mut [libc::pollfd], timeout: Option<Duration>) -> Result<(), Errno> {
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
fn poll(fds: &mut [libc::pollfd], timeout: Option<Duration>) -> Result<(), Errno> {
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

    fn cell_of(stream: &UnixStream) -> FdCell {
        let cell = FdCell::closed();
        assert!(cell.open(stream.try_clone().unwrap().into_raw_fd()));
        cell
    }

    #[test]
    fn a_wait_ends_at_its_deadline() {
        let (a, _b) = UnixStream::pair().unwrap();
        let cell = cell_of(&a);
        let deadline = Instant::now() + Duration::from_millis(20);
        let mut waiter = Waiter::new(&cell);
        let ended = waiter.wait(a.as_raw_fd(), Wait::Read, Some(deadline));
        assert_eq!(ended, Ok(Ended::TimedOut));
        assert!(Instant::now() >= deadline);
    }

    #[test]
    fn a_wake_ends_a_wait_and_leaves_nothing_for_the_next() {
        let (a, b) = UnixStream::pair().unwrap();
        let cell = cell_of(&a);
        let mut waiter = Waiter::new(&cell);
        wake(&cell);
        assert_eq!(
            waiter.wait(a.as_raw_fd(), Wait::Read, None),
            Ok(Ended::Woken)
        );
        wake(&cell);
        drop(waiter);
        let mut waiter = Waiter::new(&cell);
        std::io::Write::write_all(&mut &b, b"x").unwrap();
        assert_eq!(
            waiter.wait(a.as_raw_fd(), Wait::Read, None),
            Ok(Ended::Ready)
        );
    }

    #[test]
    fn a_number_that_was_taken_away_is_left_to_its_new_owner() {
        let (a, _b) = UnixStream::pair().unwrap();
        let cell = cell_of(&a);
        drop(Waiter::new(&cell));
        let bell = BELL.take().unwrap();
        // As a program does that closes all it does not know: another file is
        // moved onto the number.
        let owner = UnixStream::pair().unwrap();
        let foreign = File::from(OwnedFd::from(owner.0));
        let mut bell = Arc::into_inner(bell).unwrap();
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

    #[test]
    fn a_thread_without_a_bell_waits_in_slices() {
        let (a, _b) = UnixStream::pair().unwrap();
        let mut waiter = Waiter {
            key: 0,
            bell: None,
            spent: false,
        };
        let begun = Instant::now();
        let mut wait = |deadline| waiter.wait(a.as_raw_fd(), Wait::Read, deadline);
        assert_eq!(wait(None), Ok(Ended::Woken));
        assert!(begun.elapsed() >= SLICE);
        let near = Some(Instant::now() + SLICE / 5);
        assert_eq!(wait(near), Ok(Ended::TimedOut));
    }
}
