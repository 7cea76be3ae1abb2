//! Waiting until a descriptor is ready, a deadline passes, or another thread
//! closes the socket.
//!
//! Each thread that waits has a wake descriptor, made at its first wait and made
//! again after fork; while it waits, the wake descriptor is listed under the
//! `FdCell` it waits on, and `wake` writes to all that are listed there.
//! See poll(2), ppoll(2), eventfd(2).
#![expect(unsafe_code, reason = "poll and eventfd have no safe form")]

use std::cell::Cell;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::sys::errno::{Errno, check};
use crate::sys::fd::{FdCell, RawFd, fork_generation};

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
    /// `wake` was called.
    Woken,
}

/// A thread's wake descriptor: one eventfd, or a pipe where there is none.
struct WakeFd {
    read: OwnedFd,
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    write: OwnedFd,
    generation: u8,
}

impl WakeFd {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    fn new() -> Result<Self, Errno> {
        // SAFETY: takes numbers and answers with a new descriptor.
        let fd = check(unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) })?;
        // SAFETY: the descriptor is new, so no one else owns it.
        let read = unsafe { OwnedFd::from_raw_fd(fd) };
        Ok(Self {
            read,
            generation: fork_generation(),
        })
    }

    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    fn new() -> Result<Self, Errno> {
        let (read, write) = crate::sys::errno::from_io(std::io::pipe())?;
        let (read, write) = (OwnedFd::from(read), OwnedFd::from(write));
        crate::sys::fd::set_nonblocking(read.as_raw_fd(), true)?;
        crate::sys::fd::set_nonblocking(write.as_raw_fd(), true)?;
        Ok(Self {
            read,
            write,
            generation: fork_generation(),
        })
    }

    fn read_fd(&self) -> RawFd {
        self.read.as_raw_fd()
    }

    #[cfg(any(target_os = "linux", target_os = "android"))]
    fn write_fd(&self) -> RawFd {
        self.read.as_raw_fd()
    }

    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    fn write_fd(&self) -> RawFd {
        self.write.as_raw_fd()
    }

    /// Forgets wakes that came in, so that the next wait is not ended by them.
    fn drain(&self) {
        let mut word = [0_u8; 8];
        // SAFETY: the kernel writes at most the 8 bytes that are offered.
        let _ = unsafe { libc::read(self.read_fd(), word.as_mut_ptr().cast(), word.len()) };
    }
}

thread_local! {
    static WAKE: Cell<Option<WakeFd>> = const { Cell::new(None) };
}

struct Listed {
    cell: usize,
    wake: RawFd,
    generation: u8,
    woken: bool,
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
    let one = 1_u64.to_ne_bytes();
    let mut listed = shard(key);
    // What the parent's threads listed before a fork is theirs, not ours.
    listed.retain(|entry| entry.generation == fork_generation());
    for entry in listed.iter_mut().filter(|entry| entry.cell == key) {
        entry.woken = true;
        // SAFETY: writes 8 bytes that live past the call; the number is open, as
        // an entry is taken off the list before its wake descriptor is closed.
        let _ = unsafe { libc::write(entry.wake, one.as_ptr().cast(), one.len()) };
    }
}

/// A place on a cell's list of waiting threads; the place is given up on drop.
///
/// Made before the closed bit is looked at for the last time: a `close` that
/// comes later finds the entry, one that came earlier is seen by the look.
pub(crate) struct Waiter {
    key: usize,
    wake: Option<WakeFd>,
}

impl Waiter {
    /// Lists this thread under the cell.
    pub(crate) fn new(cell: &FdCell) -> Result<Self, Errno> {
        let wake = match WAKE.take() {
            Some(wake) if wake.generation == fork_generation() => wake,
            _ => WakeFd::new()?,
        };
        let key = key(cell);
        shard(key).push(Listed {
            cell: key,
            wake: wake.write_fd(),
            generation: wake.generation,
            woken: false,
        });
        Ok(Self {
            key,
            wake: Some(wake),
        })
    }

    /// Waits for `fd` until `deadline`, or for ever without one. EINTR is
    /// reported: handlers are the caller's business.
    pub(crate) fn wait(
        &self,
        fd: RawFd,
        what: Wait,
        deadline: Option<Instant>,
    ) -> Result<Ended, Errno> {
        let events = match what {
            Wait::Read => libc::POLLIN,
            Wait::Write => libc::POLLOUT,
            Wait::Connect => libc::POLLOUT | libc::POLLERR,
        };
        let wake = self.wake.as_ref().map_or(-1, WakeFd::read_fd);
        let mut fds = [pollfd(fd, events), pollfd(wake, libc::POLLIN)];
        let ready = poll(&mut fds, deadline)?;
        let [socket, wake] = fds;
        if wake.revents != 0 {
            if let Some(wake) = &self.wake {
                wake.drain();
            }
            return Ok(Ended::Woken);
        }
        if ready == 0 || socket.revents == 0 {
            return Ok(Ended::TimedOut);
        }
        Ok(Ended::Ready)
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        if let Some(wake) = self.wake.take() {
            let number = wake.write_fd();
            let mut listed = shard(self.key);
            if let Some(at) = listed
                .iter()
                .position(|entry| entry.cell == self.key && entry.wake == number)
                && listed.swap_remove(at).woken
            {
                // A wake that came after the wait ended must not end the next one.
                wake.drain();
            }
            drop(listed);
            WAKE.set(Some(wake));
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

#[cfg(any(target_os = "linux", target_os = "android"))]
fn poll(fds: &mut [libc::pollfd], deadline: Option<Instant>) -> Result<i32, Errno> {
    let timeout = deadline.map(|at| timespec(at.saturating_duration_since(Instant::now())));
    let timeout_ptr = timeout
        .as_ref()
        .map_or(std::ptr::null(), std::ptr::from_ref);
    let count = libc::nfds_t::try_from(fds.len()).map_err(|_| Errno::EINVAL)?;
    // SAFETY: the array and the timeout live past the call, the count is the
    // array's own, and a null mask leaves signals as they are.
    check(unsafe { libc::ppoll(fds.as_mut_ptr(), count, timeout_ptr, std::ptr::null()) })
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn poll(fds: &mut [libc::pollfd], deadline: Option<Instant>) -> Result<i32, Errno> {
    // Milliseconds, rounded up so that a wait never ends before its deadline.
    let timeout = deadline.map_or(-1, |at| {
        let left = at.saturating_duration_since(Instant::now());
        i32::try_from(left.as_nanos().div_ceil(1_000_000)).unwrap_or(i32::MAX)
    });
    let count = libc::nfds_t::try_from(fds.len()).map_err(|_| Errno::EINVAL)?;
    // SAFETY: the array lives past the call and the count is its own.
    check(unsafe { libc::poll(fds.as_mut_ptr(), count, timeout) })
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
        assert!(cell.open(stream.as_raw_fd()));
        cell
    }

    #[test]
    fn a_wait_ends_at_its_deadline() {
        let (a, _b) = UnixStream::pair().unwrap();
        let cell = cell_of(&a);
        let deadline = Instant::now() + Duration::from_millis(20);
        let waiter = Waiter::new(&cell).unwrap();
        let ended = waiter.wait(a.as_raw_fd(), Wait::Read, Some(deadline));
        assert_eq!(ended, Ok(Ended::TimedOut));
        assert!(Instant::now() >= deadline);
    }

    #[test]
    fn a_wake_ends_a_wait_and_leaves_nothing_for_the_next() {
        let (a, b) = UnixStream::pair().unwrap();
        let cell = cell_of(&a);
        let waiter = Waiter::new(&cell).unwrap();
        wake(&cell);
        assert_eq!(
            waiter.wait(a.as_raw_fd(), Wait::Read, None),
            Ok(Ended::Woken)
        );
        wake(&cell);
        drop(waiter);
        let waiter = Waiter::new(&cell).unwrap();
        std::io::Write::write_all(&mut &b, b"x").unwrap();
        assert_eq!(
            waiter.wait(a.as_raw_fd(), Wait::Read, None),
            Ok(Ended::Ready)
        );
    }
}
