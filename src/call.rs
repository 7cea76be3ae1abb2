//! Floor 2: the one door for every system call that can wait.
//!
//! A call is tried first with the interpreter held, where it cannot block: no
//! other thread takes the interpreter for a whole switch interval meanwhile. Only in
//! a crowd of threads that take turns (see `release`) is it released all the same.
//! Only a wait releases it. `EINTR` runs Python's signal handlers and goes on
//! with what is left of the deadline (PEP 475). A blocking socket waits inside
//! the plain blocking call, so that `SO_RCVTIMEO`, `SO_RCVLOWAT` and
//! `MSG_WAITALL` keep the kernel's meaning. Nothing else in the crate has `release`
//! give the interpreter up.

use std::ffi::c_int;
use std::sync::atomic::AtomicI64;
use std::time::Instant;

use pyo3::prelude::*;

use crate::error::Error;
use crate::habit::Habit;
/// Runs something without the interpreter: for the resolver, and for what may linger.
pub(crate) use crate::release::released as detached;
use crate::release::{held, is_crowded};
use crate::sys::cell::{FdCell, FdGuard};
use crate::sys::errno::Errno;
use crate::sys::fd::{self, RawFd};
use crate::sys::flags::{CAN_TRY, DONTWAIT, WHOLE, asks_not_to_wait};
use crate::sys::wait::{self, Ended, Wait, Waiter};
use crate::timeout::{Budget, Timeout};

/// What a call needs of its socket.
#[derive(Clone, Copy)]
pub(crate) struct Door<'a> {
    pub(crate) cell: &'a FdCell,
    pub(crate) timeout: &'a AtomicI64,
    pub(crate) habit: &'a Habit,
}

/// How a call may be made.
#[derive(Clone, Copy)]
pub(crate) struct How {
    /// What it waits for.
    pub(crate) wait: Wait,
    /// The caller's own flags, for calls that take `MSG_DONTWAIT`; None for those
    /// that take no flags, which are never tried on a blocking socket.
    pub(crate) flags: Option<c_int>,
    /// Whether its memory is small and cannot fault (see `buffer::View`).
    pub(crate) quick: bool,
}

impl How {
    /// To receive with the caller's flags.
    #[inline]
    pub(crate) const fn receiving(flags: c_int, quick: bool) -> Self {
        Self {
            wait: Wait::Read,
            flags: Some(flags),
            quick,
        }
    }

    /// To send with the caller's flags.
    #[inline]
    pub(crate) const fn sending(flags: c_int, quick: bool) -> Self {
        Self {
            wait: Wait::Write,
            flags: Some(flags),
            quick,
        }
    }
}

/// Makes a call that can wait, on a socket with a timeout of its own.
#[inline]
pub(crate) fn call<T: Send>(
    py: Python<'_>,
    door: Door<'_>,
    how: How,
    op: impl FnMut(RawFd, c_int) -> Result<T, Errno> + Send,
) -> Result<T, Error> {
    let mut budget = Budget::new(door.timeout);
    call_within(py, door, how, &mut budget, op)
}

/// Makes a call that can wait, within a time that may span several calls.
///
/// `op` gets the number and its flags: the caller's own, with `MSG_DONTWAIT`
/// added wherever it must not wait. That `O_NONBLOCK` is set is not enough: it
/// belongs to the open file, and whoever has a duplicate may clear it.
#[inline]
pub(crate) fn call_within<T: Send>(
    py: Python<'_>,
    door: Door<'_>,
    how: How,
    budget: &mut Budget,
    mut op: impl FnMut(RawFd, c_int) -> Result<T, Errno> + Send,
) -> Result<T, Error> {
    let flags = how.flags.unwrap_or(0);
    let blocking = budget.timeout == Timeout::Blocking;
    let answers = asks_not_to_wait(flags);
    let waits = matches!(budget.timeout, Timeout::For(_)) && !answers;
    let tried = if waits && (is_crowded() || !door.habit.tries()) {
        None
    } else if !blocking || answers {
        attempt(py, door, how, budget.timeout, &mut op)
    } else if CAN_TRY
        && how.quick
        && how.flags.is_some()
        && flags & WHOLE == 0
        && !is_crowded()
        && door.habit.tries()
    {
        Some(at_once(door, |fd| op(fd, flags | DONTWAIT)))
    } else {
        None
    };
    match tried {
        Some(Ok(value)) => {
            if blocking || waits {
                door.habit.hit();
            }
            return Ok(value);
        }
        Some(Err(errno)) if errno.would_block() => {
            if budget.timeout == Timeout::NonBlocking || (blocking && answers) {
                return Err(errno.into());
            }
            door.habit.miss();
        }
        // TCP_FASTOPEN_CONNECT: the first send connects, which the try cut short.
        Some(Err(Errno::EINPROGRESS)) if blocking && !answers => {}
        Some(Err(errno)) if errno != Errno::EINTR => return Err(errno.into()),
        Some(Err(_)) => {
            py.check_signals()?;
            return call_again(py, door, how, budget, op);
        }
        None => {}
    }
    let user = door.cell.enter()?;
    match budget.timeout {
        Timeout::For(_) => wait_in(py, door, user, how, budget.deadline(), op),
        Timeout::Blocking | Timeout::NonBlocking => block_in(py, door, user, flags, op),
    }
}

/// A call that a signal ended before it began to wait, from its start.
#[cold]
fn call_again<T: Send>(
    py: Python<'_>,
    door: Door<'_>,
    how: How,
    budget: &mut Budget,
    op: impl FnMut(RawFd, c_int) -> Result<T, Errno> + Send,
) -> Result<T, Error> {
    // By way of a plain function, as the closure's type must not grow.
    fn again<T: Send>(
        py: Python<'_>,
        door: Door<'_>,
        how: How,
        budget: &mut Budget,
        op: &mut (dyn FnMut(RawFd, c_int) -> Result<T, Errno> + Send),
    ) -> Result<T, Error> {
        loop {
            if budget.timeout != Timeout::NonBlocking {
                let user = door.cell.enter()?;
                let flags = how.flags.unwrap_or(0);
                return match budget.timeout {
                    Timeout::For(_) => wait_in(py, door, user, how, budget.deadline(), op),
                    _ => block_in(py, door, user, flags, op),
                };
            }
            match attempt(py, door, how, budget.timeout, op) {
                Some(Err(Errno::EINTR)) | None => py.check_signals()?,
                Some(other) => return Ok(other?),
            }
        }
    }
    let mut op = op;
    again(py, door, how, budget, &mut op)
}

/// A call that cannot wait: held where its memory is quick, else detached. None
/// where it might wait after all, and has a timeout to wait with.
#[inline]
fn attempt<T: Send>(
    py: Python<'_>,
    door: Door<'_>,
    how: How,
    timeout: Timeout,
    op: &mut (impl FnMut(RawFd, c_int) -> Result<T, Errno> + Send + ?Sized),
) -> Option<Result<T, Errno>> {
    let Some(flags) = how.flags else {
        // Without flags `O_NONBLOCK` is all that there is.
        return match door.cell.enter() {
            Ok(user) if timeout == Timeout::NonBlocking => {
                Some(at_once_or_detached(py, &user, |fd| op(fd, 0)))
            }
            Ok(user) => fd::is_nonblocking(user.fd()).then(|| held(py, || op(user.fd(), 0))),
            Err(errno) => Some(Err(errno)),
        };
    };
    let flags = flags | DONTWAIT;
    if how.quick && !is_crowded() {
        return Some(at_once(door, |fd| op(fd, flags)));
    }
    let user = door.cell.enter();
    Some(user.and_then(|user| detached(py, || op(user.fd(), flags))))
}

/// The plain blocking call, detached, until it is not interrupted.
fn block_in<'a, T: Send>(
    py: Python<'_>,
    door: Door<'a>,
    mut user: FdGuard<'a>,
    flags: c_int,
    mut op: impl FnMut(RawFd, c_int) -> Result<T, Errno> + Send,
) -> Result<T, Error> {
    loop {
        let fd = user.fd();
        match detached(py, || op(fd, flags)) {
            Err(Errno::EINTR) => {
                // A handler may close the socket, or fork.
                drop(user);
                py.check_signals()?;
                user = door.cell.enter()?;
            }
            other => return Ok(other?),
        }
    }
}

/// Sends `len` bytes as the kernel's `send` does: a blocking socket sends everything, unless
/// an error or a signal comes between. `op` gets how many bytes were sent before.
#[inline]
pub(crate) fn send(
    py: Python<'_>,
    door: Door<'_>,
    (flags, quick): (c_int, bool),
    len: usize,
    mut op: impl FnMut(RawFd, c_int, usize) -> Result<usize, Errno> + Send,
) -> Result<usize, Error> {
    let mut tried = false;
    let count = call(py, door, How::sending(flags, quick), |fd, flags| {
        tried = asks_not_to_wait(flags);
        op(fd, flags, 0)
    })?;
    let blocking = Budget::new(door.timeout).timeout == Timeout::Blocking;
    if count >= len || !tried || !blocking || asks_not_to_wait(flags) {
        return Ok(count);
    }
    // What is left goes by one plain blocking call: a signal ends it, as it would have ended
    // the one call that both stand for.
    py.check_signals()?;
    let user = door.cell.enter();
    let more = user.and_then(|user| detached(py, || op(user.fd(), flags, count)));
    // What was sent was sent: the next call meets the error again.
    Ok(count + more.unwrap_or(0))
}

/// Waits until the socket is ready, then makes the call; again while another
/// taker was quicker, until the deadline.
fn wait_in<'a, T: Send>(
    py: Python<'_>,
    door: Door<'a>,
    mut user: FdGuard<'a>,
    how: How,
    deadline: Option<Instant>,
    mut op: impl FnMut(RawFd, c_int) -> Result<T, Errno> + Send,
) -> Result<T, Error> {
    let flags = how.flags.map_or(0, |flags| flags | DONTWAIT);
    let passed = || deadline.is_some_and(|deadline| Instant::now() >= deadline);
    let mut looks = how.wait != Wait::Write || !is_crowded(); // not tried, if crowded
    loop {
        let mut waiter = Waiter::new(door.cell);
        let fd = user.fd();
        let ended = detached(py, || {
            loop {
                if user.is_closed() {
                    return Ok(Err(Ended::Woken));
                }
                if looks {
                    match waiter.wait(fd, how.wait, deadline)? {
                        Ended::Ready if user.is_closed() => return Ok(Err(Ended::Woken)),
                        Ended::Ready => {}
                        other => return Ok(Err(other)),
                    }
                }
                looks = true;
                match op(fd, flags) {
                    // Ready again and again, and never done: time counts all the same.
                    Err(errno) if errno.would_block() && passed() => {
                        return Ok(Err(Ended::TimedOut));
                    }
                    Err(errno) if errno.would_block() => {}
                    other => return other.map(Ok),
                }
            }
        });
        drop(waiter);
        match ended {
            Ok(Ok(value)) => return Ok(value),
            Ok(Err(Ended::TimedOut)) => return Err(Error::TimedOut),
            Ok(Err(Ended::Woken | Ended::Ready)) => {
                // A wake may be an old one; only a closed socket ends the call.
                if user.is_closed() {
                    return Err(Errno::EBADF.into());
                }
            }
            Err(Errno::EINTR) => {
                drop(user);
                py.check_signals()?;
                user = door.cell.enter()?;
                if passed() {
                    return Err(Error::TimedOut);
                }
            }
            Err(errno) => return Err(errno.into()),
        }
    }
}

/// Waits for the end of something under way, with no call before: `op` is made
/// when the socket is ready.
pub(crate) fn wait_then<T: Send>(
    py: Python<'_>,
    door: Door<'_>,
    what: Wait,
    budget: &mut Budget,
    op: impl FnMut(RawFd, c_int) -> Result<T, Errno> + Send,
) -> Result<T, Error> {
    let user = door.cell.enter()?;
    let how = How {
        wait: what,
        flags: None,
        quick: false,
    };
    wait_in(py, door, user, how, budget.deadline(), op)
}

/// A call that takes no flags, on a blocking socket: held, where a look says that it
/// need not wait. The caller vouches that nobody else can take what the look sees but
/// calls in flight, and these are counted here.
pub(crate) fn if_readable<T>(
    door: Door<'_>,
    op: impl FnOnce(RawFd) -> Result<T, Errno>,
) -> Option<Result<T, Error>> {
    // Without a GIL there is no queue to keep out of, and two calls can look at once.
    if cfg!(Py_GIL_DISABLED)
        || Budget::new(door.timeout).timeout != Timeout::Blocking
        || !door.habit.tries()
    {
        return None;
    }
    let user = door.cell.enter().ok()?;
    if !user.is_alone() || !wait::is_readable(user.fd()) {
        door.habit.miss();
        return None;
    }
    door.habit.hit();
    match op(user.fd()) {
        Err(Errno::EINTR) => None,
        other => Some(other.map_err(Error::from)),
    }
}

/// A call that cannot wait and touches no more than its own arguments: held, all the time
/// from the look for the number on. So nobody else can close it, and the caller need not be
/// counted among its users, which takes a tenth of the time of a call. Without a GIL it is.
#[inline]
pub(crate) fn at_once<T>(
    door: Door<'_>,
    op: impl FnOnce(RawFd) -> Result<T, Errno>,
) -> Result<T, Errno> {
    if cfg!(Py_GIL_DISABLED) {
        let user = door.cell.enter()?;
        return op(user.fd());
    }
    op(door.cell.look()?)
}

/// A call on a socket that is not to wait: held, unless its file is blocking all
/// the same (see `call_within`).
pub(crate) fn at_once_or_detached<T: Send>(
    py: Python<'_>,
    user: &FdGuard<'_>,
    op: impl FnOnce(RawFd) -> Result<T, Errno> + Send,
) -> Result<T, Errno> {
    let fd = user.fd();
    if fd::is_nonblocking(fd) {
        held(py, || op(fd))
    } else {
        detached(py, || op(fd))
    }
}
