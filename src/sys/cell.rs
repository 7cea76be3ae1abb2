//! Who may touch a descriptor's number: `FdCell`, one atomic that holds the
//! number, a closed bit and a count of calls in flight.
//!
//! A call enters before it uses the number and leaves after, unless it keeps closers
//! out otherwise; `close` marks the cell and the last user closes the number, so that one
//! which the kernel has given to someone else is never touched (as in Go's fdMutex).
//! See close(2), dup(2).

use std::sync::atomic::{AtomicU64, Ordering};

use crate::sys::errno::Errno;
use crate::sys::fd::{NewFd, RawFd, close, dup, is_inheritable, set_inheritable};
use crate::sys::fork::fork_generation;

// From bit 0: 32 bits of number, 23 of users, 8 of fork generation, the closed bit.
const NO_NUMBER: u64 = 0xffff_ffff;
const USER: u64 = 1 << 32;
const USERS: u64 = ((1 << 23) - 1) << 32;
const GENERATION_SHIFT: u32 = 55;
const GENERATION: u64 = 0xff << GENERATION_SHIFT;
const CLOSED: u64 = 1 << 63;

fn generation_bits() -> u64 {
    u64::from(fork_generation()) << GENERATION_SHIFT
}

/// Whether the users of a state are threads of a parent process.
fn is_stale(state: u64) -> bool {
    state & GENERATION != generation_bits()
}

#[cfg(unix)]
fn number(state: u64) -> RawFd {
    let low = u32::try_from(state & NO_NUMBER).unwrap_or(u32::MAX);
    low.cast_signed()
}

/// The bits of a number, if a cell can hold it.
#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "not so on Windows")]
fn bits(fd: RawFd) -> Option<u64> {
    Some(u64::from(fd.cast_unsigned()))
}

#[cfg(windows)]
fn number(state: u64) -> RawFd {
    let low = u32::try_from(state & NO_NUMBER).unwrap_or(u32::MAX);
    RawFd::try_from(low.cast_signed()).unwrap_or(-1)
}

/// The bits of a handle, if a cell can hold it: of a handle, Windows uses 32 bits.
#[cfg(windows)]
fn bits(fd: RawFd) -> Option<u64> {
    Some(u64::from(i32::try_from(fd).ok()?.cast_unsigned()))
}

/// A descriptor's number with its users; see the head of the file.
pub(crate) struct FdCell(AtomicU64);

/// A duplicate that is inherited as the original is.
fn duplicate(fd: RawFd) -> Result<NewFd, Errno> {
    let copy = dup(fd)?;
    if is_inheritable(fd)? {
        set_inheritable(copy.number(), true)?;
    }
    Ok(copy)
}

/// What `FdCell::shut` found.
pub(crate) enum Shut {
    /// It was closed before, or never opened.
    Already,
    /// No call is in flight: the caller has the number now.
    Idle(RawFd),
    /// Calls are in flight; the last one will close the number.
    Busy,
}

impl FdCell {
    /// A cell without a descriptor.
    pub(crate) const fn closed() -> Self {
        Self(AtomicU64::new(CLOSED | NO_NUMBER))
    }

    /// Puts a number into a closed cell. False where the cell holds an open
    /// number, or a closed one that a call in flight still uses.
    pub(crate) fn open(&self, fd: RawFd) -> bool {
        let state = self.0.load(Ordering::Acquire);
        let in_use = state & USERS != 0 && !is_stale(state);
        if state & CLOSED == 0 || in_use {
            return false;
        }
        let Some(bits) = bits(fd) else {
            return false;
        };
        let new = bits | generation_bits();
        self.0
            .compare_exchange(state, new, Ordering::AcqRel, Ordering::Relaxed)
            .is_ok()
    }

    /// Becomes a user of the descriptor, unless it is closed.
    #[inline]
    pub(crate) fn enter(&self) -> Result<FdGuard<'_>, Errno> {
        let state = self.0.fetch_add(USER, Ordering::Acquire);
        if state & (CLOSED | GENERATION) == generation_bits() {
            return Ok(FdGuard {
                cell: self,
                fd: number(state),
                generation: fork_generation(),
            });
        }
        self.enter_slow(state)
    }

    #[cold]
    fn enter_slow(&self, state: u64) -> Result<FdGuard<'_>, Errno> {
        if state & CLOSED != 0 {
            // Meanwhile the last user may have left, and seen us here.
            self.release();
            return Err(Errno::EBADF);
        }
        // First use after a fork: the parent's users are not here. Only the
        // thread that forked runs yet, or others that it started since, and
        // those that lose this exchange find the new generation set.
        let mut current = state.wrapping_add(USER);
        while is_stale(current) {
            let fresh = (current & (NO_NUMBER | CLOSED)) | generation_bits();
            match self
                .0
                .compare_exchange(current, fresh, Ordering::AcqRel, Ordering::Acquire)
            {
                Ok(_) => break,
                Err(now) => current = now,
            }
        }
        self.enter()
    }

    /// Marks the cell closed and says who closes the number.
    pub(crate) fn shut(&self) -> Shut {
        let mut state = self.0.load(Ordering::Acquire);
        while state & CLOSED == 0 {
            let idle = state & USERS == 0 || is_stale(state);
            // A number that the caller takes is not left for anyone to find.
            let next = if idle {
                CLOSED | NO_NUMBER | generation_bits()
            } else {
                state | CLOSED
            };
            match self
                .0
                .compare_exchange(state, next, Ordering::AcqRel, Ordering::Acquire)
            {
                Ok(_) if idle => return Shut::Idle(number(state)),
                Ok(_) => return Shut::Busy,
                Err(now) => state = now,
            }
        }
        Shut::Already
    }

    /// Marks the cell closed and gives a number for its descriptor to the caller,
    /// who owns it from now on. None where it was closed already.
    ///
    /// Where calls are in flight it is a duplicate: the last of them closes their
    /// own number, so that none can touch it once the new owner has closed his.
    pub(crate) fn give_up(&self) -> Option<RawFd> {
        let mut state = self.0.load(Ordering::Acquire);
        while state & CLOSED == 0 {
            let idle = state & USERS == 0 || is_stale(state);
            let copy = if idle {
                None
            } else {
                duplicate(number(state)).ok()
            };
            let given = if copy.is_some() {
                state | CLOSED
            } else {
                state | CLOSED | NO_NUMBER // there is no other number to be had
            };
            match self
                .0
                .compare_exchange(state, given, Ordering::AcqRel, Ordering::Acquire)
            {
                Ok(_) => return Some(copy.map_or(number(state), NewFd::release)),
                Err(now) => state = now,
            }
        }
        None
    }

    /// The number, without becoming a user: for those who keep every closer out meanwhile.
    pub(crate) fn look(&self) -> Result<RawFd, Errno> {
        let state = self.0.load(Ordering::SeqCst);
        let open = (state & CLOSED == 0).then(|| number(state));
        open.ok_or(Errno::EBADF)
    }

    /// The number, -1 once closed; in one order with all that is sequentially consistent.
    pub(crate) fn number(&self) -> RawFd {
        self.look().unwrap_or(-1)
    }

    /// Whether `close` or `detach` has been called.
    pub(crate) fn is_closed(&self) -> bool {
        self.0.load(Ordering::Acquire) & CLOSED != 0
    }

    fn leave(&self, generation: u8) {
        if generation == fork_generation() {
            self.release();
        } // else this process has never counted the caller
    }

    /// Takes one user off; the last one of a closed cell closes the number.
    fn release(&self) {
        let state = self.0.fetch_sub(USER, Ordering::AcqRel).wrapping_sub(USER);
        if state & (CLOSED | USERS) != CLOSED || number(state) < 0 {
            return;
        }
        // Whoever takes the number out closes it. Where this is lost, another has
        // come in to find the cell closed, and is the last one in its turn.
        let won = self.0.compare_exchange(
            state,
            state | NO_NUMBER,
            Ordering::AcqRel,
            Ordering::Relaxed,
        );
        if won.is_ok() {
            // The error of a late close has no one left to go to.
            let _ = close(number(state));
        }
    }
}

impl Drop for FdCell {
    fn drop(&mut self) {
        // Nobody can be inside any more. A number is left where no finalizer ran,
        // or where the last users are threads of a parent process.
        let left = number(*self.0.get_mut());
        if left >= 0 {
            let _ = close(left);
        }
    }
}

/// A call in flight: the number is valid for as long as this lives.
pub(crate) struct FdGuard<'a> {
    cell: &'a FdCell,
    fd: RawFd,
    generation: u8,
}

impl FdGuard<'_> {
    /// The number.
    #[inline]
    pub(crate) fn fd(&self) -> RawFd {
        self.fd
    }

    /// Whether `close` or `detach` was called since.
    pub(crate) fn is_closed(&self) -> bool {
        self.cell.is_closed()
    }

    /// Whether no other call is in flight.
    pub(crate) fn is_alone(&self) -> bool {
        self.cell.0.load(Ordering::Acquire) & USERS == USER
    }
}

impl Drop for FdGuard<'_> {
    #[inline]
    fn drop(&mut self) {
        self.cell.leave(self.generation);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::fd::at_or_above;
    use std::sync::atomic::AtomicU8;

    /// A number that no other test of this process is given meanwhile.
    fn some_fd() -> RawFd {
        static NEXT: AtomicU8 = AtomicU8::new(0);
        at_or_above(600 + RawFd::from(NEXT.fetch_add(1, Ordering::Relaxed)))
    }

    #[test]
    fn the_last_user_closes_the_number() {
        let fd = some_fd();
        let cell = FdCell::closed();
        assert!(cell.open(fd));
        let (a, b) = (cell.enter().unwrap(), cell.enter().unwrap());
        assert!(matches!(cell.shut(), Shut::Busy));
        assert!(cell.enter().is_err());
        drop(a);
        assert!(is_inheritable(fd).is_ok());
        drop(b);
        assert!(is_inheritable(fd).is_err());
        assert!(matches!(cell.shut(), Shut::Already));
    }

    #[test]
    fn a_number_given_up_is_never_closed_here() {
        let fd = some_fd();
        let cell = FdCell::closed();
        assert!(cell.open(fd));
        assert_eq!(cell.give_up(), Some(fd));
        assert_eq!(cell.give_up(), None);
        drop(cell);
        close(fd).unwrap();
    }

    #[test]
    fn a_number_in_use_is_not_given_up_but_its_duplicate() {
        let fd = some_fd();
        let cell = FdCell::closed();
        assert!(cell.open(fd));
        let user = cell.enter().unwrap();
        let copy = cell.give_up().unwrap();
        assert_ne!(copy, fd);
        close(copy).unwrap();
        assert!(is_inheritable(fd).is_ok());
        drop(user);
        assert!(is_inheritable(fd).is_err());
    }

    #[test]
    fn a_late_entrant_does_not_lose_the_number() {
        for _ in 0..2_000 {
            let fd = some_fd();
            let cell = FdCell::closed();
            assert!(cell.open(fd));
            let user = cell.enter().unwrap();
            assert!(matches!(cell.shut(), Shut::Busy));
            std::thread::scope(|scope| {
                scope.spawn(|| while cell.enter().is_ok() {});
                drop(user);
            });
            assert!(number(cell.0.load(Ordering::Relaxed)) < 0);
        }
    }

    #[test]
    fn a_number_stays_valid_for_whoever_is_inside() {
        for round in 0..50 {
            let fd = some_fd();
            let cell = FdCell::closed();
            assert!(cell.open(fd));
            std::thread::scope(|scope| {
                for _ in 0..3 {
                    scope.spawn(|| {
                        while let Ok(user) = cell.enter() {
                            assert!(is_inheritable(user.fd()).is_ok());
                        }
                    });
                }
                match (round % 2 == 0).then(|| cell.shut()) {
                    Some(Shut::Idle(number)) => close(number).unwrap(),
                    Some(_) => (),
                    None => close(cell.give_up().unwrap()).unwrap(),
                }
            });
            assert_eq!(cell.number(), -1);
        }
    }

    #[test]
    fn what_nobody_closed_is_closed_with_the_cell() {
        let fd = some_fd();
        let cell = FdCell::closed();
        assert!(cell.open(fd));
        drop(cell);
        assert!(is_inheritable(fd).is_err());
        drop(FdCell::closed());
        assert!(is_inheritable(1).is_ok() || is_inheritable(0).is_ok());
    }

    #[test]
    fn the_users_of_a_parent_process_do_not_count() {
        let fd = some_fd();
        let cell = FdCell::closed();
        assert!(cell.open(fd));
        let parents = cell.enter().unwrap();
        // As the child of a fork finds it.
        let older = cell
            .0
            .load(Ordering::Relaxed)
            .wrapping_sub(1 << GENERATION_SHIFT);
        cell.0.store(older & !CLOSED, Ordering::Relaxed);
        drop(cell.enter().unwrap());
        assert!(matches!(cell.shut(), Shut::Idle(number) if number == fd));
        let _ = std::mem::ManuallyDrop::new(parents);
        close(fd).unwrap();
    }
}
