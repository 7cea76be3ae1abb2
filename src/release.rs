//! Floor 1: giving up the interpreter, and what it has cost lately to get it back.
//!
//! Beside a thread that computes, that takes a whole switch interval; among threads that
//! wait and respond in turns, as long as one of them keeps it. The first is why a call
//! that need not wait keeps the interpreter. The second is why it does not in a crowd,
//! where all the others would sleep through each system call that is made with it held.

use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant};

use pyo3::prelude::*;

/// Longer than threads take turns among themselves, shorter than a switch interval.
const COMPUTED: Duration = Duration::from_millis(1);
/// Longer than it takes to have the interpreter where nobody else wants it.
const WAITED: Duration = Duration::from_micros(2);
/// For how many releases a thread that computes is reckoned with.
const LASTING: u8 = 64;
/// How many releases without a wait make up for one with a wait.
const WEIGHT: u8 = 60;
/// What a few waits in a row add up to, and one by chance does not.
const CROWDED: u8 = 64;

/// Releases for which a thread that computes is still reckoned with.
static COMPUTES: AtomicU8 = AtomicU8::new(0);
/// How much threads have waited for each other lately.
static CROWD: AtomicU8 = AtomicU8::new(0);

/// Runs `f` without the interpreter.
pub(crate) fn released<T: Send>(py: Python<'_>, f: impl FnOnce() -> T + Send) -> T {
    if cfg!(Py_GIL_DISABLED) {
        return py.detach(f);
    }
    let (value, ended) = py.detach(|| (f(), Instant::now()));
    note(ended.elapsed());
    value
}

/// Runs `f`, which a look at the file's mode says does not wait, with the interpreter held.
/// Without a GIL another thread may change the mode between look and call; and a thread
/// that waited without having given the interpreter up would stop all others at the next
/// collection.
#[inline]
pub(crate) fn held<T: Send>(py: Python<'_>, f: impl FnOnce() -> T + Send) -> T {
    if cfg!(Py_GIL_DISABLED) {
        return py.detach(f);
    }
    f()
}

/// Whether a call that need not wait had better give the interpreter up all the same.
#[inline]
pub(crate) fn is_crowded() -> bool {
    CROWD.load(Ordering::Relaxed) >= CROWDED && COMPUTES.load(Ordering::Relaxed) == 0
}

fn note(waited: Duration) {
    if waited >= COMPUTED {
        COMPUTES.store(LASTING, Ordering::Relaxed);
        return;
    }
    fade(&COMPUTES);
    if waited >= WAITED {
        let waits = CROWD.load(Ordering::Relaxed);
        CROWD.store(waits.saturating_add(WEIGHT), Ordering::Relaxed);
    } else {
        fade(&CROWD);
    }
}

/// One less; a count that another thread changes meanwhile may be off by one.
fn fade(count: &AtomicU8) {
    let left = count.load(Ordering::Relaxed);
    if left > 0 {
        count.store(left - 1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crowd_counts_until_it_is_gone_or_somebody_computes() {
        note(WAITED);
        assert!(!is_crowded(), "one wait is chance");
        for _ in 0..u8::MAX {
            note(WAITED);
        }
        assert!(is_crowded());
        note(COMPUTED);
        assert!(!is_crowded());
        for _ in 0..LASTING {
            note(WAITED);
        }
        assert!(is_crowded());
        for _ in 0..u8::MAX {
            note(Duration::ZERO);
        }
        assert!(!is_crowded());
    }
}
