//! Floor 1: whether the next call on a socket is tried first, without waiting (see `call`),
//! by how the last tries fared. Must not know what a call is.

use std::sync::atomic::{AtomicU8, Ordering};

/// How the first tries on a socket that may wait have fared: after a few misses in a
/// row only one call in sixteen tries, so that ping-pong pays no extra call.
pub(crate) struct Habit(AtomicU8);

const PATIENCE: u8 = 3;
const NEVER: u8 = u8::MAX;

impl Habit {
    /// Nothing tried yet.
    pub(crate) const fn new() -> Self {
        Self(AtomicU8::new(0))
    }

    /// Ends the tries for good: `SO_RCVLOWAT` makes a short answer wrong.
    pub(crate) fn never(&self) {
        self.0.store(NEVER, Ordering::Relaxed);
    }

    /// Whether the tries have ended for good.
    pub(crate) fn is_never(&self) -> bool {
        self.0.load(Ordering::Relaxed) == NEVER
    }

    /// Whether to try first this time.
    #[inline]
    pub(crate) fn tries(&self) -> bool {
        let misses = self.0.load(Ordering::Relaxed);
        if misses < PATIENCE {
            return true;
        }
        if misses == NEVER {
            return false;
        }
        // 16 to 31 go round for ever; each 16 is a try.
        let next = if misses >= 31 {
            16
        } else {
            (misses + 1).max(17)
        };
        self.0.store(next, Ordering::Relaxed);
        next == 16
    }

    /// A try made the call.
    #[inline]
    pub(crate) fn hit(&self) {
        if self.0.load(Ordering::Relaxed) != NEVER {
            self.0.store(0, Ordering::Relaxed);
        }
    }

    /// A try would have had to wait.
    pub(crate) fn miss(&self) {
        let misses = self.0.load(Ordering::Relaxed);
        if misses < PATIENCE {
            self.0.store(misses + 1, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tries_in_64(habit: &Habit) -> usize {
        (0..64).filter(|_| habit.tries()).count()
    }

    #[test]
    fn who_keeps_missing_tries_one_in_sixteen() {
        let habit = Habit::new();
        assert_eq!(tries_in_64(&habit), 64);
        for _ in 0..PATIENCE {
            habit.miss();
        }
        assert_eq!(tries_in_64(&habit), 4);
        habit.hit();
        assert_eq!(tries_in_64(&habit), 64);
    }

    #[test]
    fn never_stays() {
        let habit = Habit::new();
        habit.never();
        habit.hit();
        habit.miss();
        assert_eq!(tries_in_64(&habit), 0);
        assert!(habit.is_never());
    }
}
