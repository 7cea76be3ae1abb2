//! Waiting until a descriptor is ready, a deadline passes, or another thread
//! closes the socket.
//!
//! Each thread that waits has a waker, made at its first wait and made again after
//! fork; while it waits, the waker is listed under the `FdCell` it waits on, and
//! `wake` uses all that are listed there. The list is only touched with the
//! interpreter attached, as is fork, so no child finds its lock held.
//! The waker itself, and the call that waits, are in `waker`.

use std::cell::Cell;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::sys::cell::FdCell;
use crate::sys::errno::Errno;
use crate::sys::fd::RawFd;
pub(crate) use crate::sys::waker::is_readable;
use crate::sys::waker::{self, Waker};

/// How often a thread without a waker looks whether its socket was closed.
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

thread_local! {
    static WAKER: Cell<Option<Arc<Waker>>> = const { Cell::new(None) };
}

/// This thread's waker, or a new one; None where the process has no descriptor left.
fn waker() -> Option<Arc<Waker>> {
    match WAKER.try_with(Cell::take) {
        Ok(Some(waker)) if waker.is_current() => Some(waker),
        _ => Waker::new().ok().map(Arc::new),
    }
}

struct Listed {
    cell: usize,
    waker: Arc<Waker>,
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
    let mut listed = shard(key);
    // What the parent's threads listed before a fork is theirs, not ours.
    listed.retain(|entry| entry.waker.is_current());
    for entry in listed.iter_mut().filter(|entry| entry.cell == key) {
        entry.woken = true;
        entry.waker.wake();
    }
}

/// A place on a cell's list of waiting threads; the place is given up on drop.
///
/// Made before the closed bit is looked at for the last time: a `close` that
/// comes later finds the entry, one that came earlier is seen by the look.
pub(crate) struct Waiter {
    key: usize,
    waker: Option<Arc<Waker>>,
    /// Whether it was used.
    spent: bool,
    /// Whether a wait for it, too, is more than `RLIMIT_NOFILE` allows.
    denied: bool,
}

impl Waiter {
    /// Lists this thread under the cell.
    pub(crate) fn new(cell: &FdCell) -> Self {
        let (key, waker) = (key(cell), waker());
        if let Some(waker) = &waker {
            shard(key).push(Listed {
                cell: key,
                waker: Arc::clone(waker),
                woken: false,
            });
        }
        Self {
            key,
            waker,
            spent: false,
            denied: false,
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
            Wait::Read => waker::READ,
            Wait::Write => waker::WRITE,
            Wait::Connect => waker::CONNECT,
        };
        let waker = self.waker.as_ref().filter(|_| !self.denied);
        let number = waker.map_or(-1, |waker| waker.number());
        let slice = (number < 0)
            .then(|| Instant::now().checked_add(SLICE))
            .flatten()
            .filter(|slice| deadline.is_none_or(|deadline| *slice < deadline));
        let left = |at: Instant| at.saturating_duration_since(Instant::now());
        let timeout = slice.or(deadline).map(left);
        let [ready, woken] = match waker::poll(fd, events, number, timeout) {
            Err(Errno::EINVAL) if number >= 0 => {
                self.denied = true;
                return self.wait(fd, what, deadline);
            }
            other => other?,
        };
        if woken {
            self.spent = true;
            return Ok(Ended::Woken);
        }
        if ready {
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
        let Some(waker) = self.waker.take() else {
            return;
        };
        let mut listed = shard(self.key);
        let place = listed
            .iter()
            .position(|entry| entry.cell == self.key && Arc::ptr_eq(&entry.waker, &waker));
        let woken = place.is_some_and(|at| listed.swap_remove(at).woken);
        drop(listed);
        if !woken && !self.spent {
            let _ = WAKER.try_with(|place| place.set(Some(waker)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::cell::Shut;
    use std::os::fd::{AsRawFd, IntoRawFd};
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
    fn a_wake_ends_the_waits_of_all_threads() {
        for _ in 0..200 {
            let (a, _b) = UnixStream::pair().unwrap();
            let (cell, idle) = (cell_of(&a), cell_of(&a));
            std::thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| {
                        while let Ok(user) = cell.enter() {
                            let mut waiter = Waiter::new(&cell);
                            if !user.is_closed() {
                                let ended = waiter.wait(user.fd(), Wait::Read, None);
                                assert_eq!(ended, Ok(Ended::Woken));
                            }
                        }
                    });
                }
                wake(&idle);
                if let Shut::Idle(number) = cell.shut() {
                    crate::sys::fd::close(number).unwrap();
                }
                wake(&cell);
            });
        }
    }

    #[test]
    fn a_thread_without_a_bell_waits_in_slices() {
        let (a, _b) = UnixStream::pair().unwrap();
        let mut waiter = Waiter {
            key: 0,
            waker: None,
            spent: false,
            denied: false,
        };
        let begun = Instant::now();
        let mut wait = |deadline| waiter.wait(a.as_raw_fd(), Wait::Read, deadline);
        assert_eq!(wait(None), Ok(Ended::Woken));
        assert!(begun.elapsed() >= SLICE);
        let near = Some(Instant::now() + SLICE / 5);
        assert_eq!(wait(near), Ok(Ended::TimedOut));
    }
}
