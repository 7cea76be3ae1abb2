//! Whether an open file has one user only: the object that made it. Nobody was told
//! the number, and no fork has copied it since. What poll(2) has seen ready on such a
//! file is still there for the next call. Must not know what the file is.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::sys::fork::forks;

const SHARED: u32 = u32::MAX;

/// The count of forks when the file was made; `SHARED` once others may use the file.
pub(crate) struct Sole(AtomicU32);

impl Sole {
    /// A file that others may use.
    pub(crate) const fn shared() -> Self {
        Self(AtomicU32::new(SHARED))
    }

    /// The file was made just now, by its object.
    pub(crate) fn claim(&self) {
        self.0.store(forks(), Ordering::Relaxed);
    }

    /// The number was told, or is not ours alone.
    #[inline]
    pub(crate) fn share(&self) {
        self.0.store(SHARED, Ordering::Relaxed);
    }

    /// Whether nobody else can use the file.
    pub(crate) fn holds(&self) -> bool {
        let claimed = self.0.load(Ordering::Relaxed);
        claimed != SHARED && claimed == forks()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_until_it_is_shared_or_copied() {
        let sole = Sole::shared();
        assert!(!sole.holds());
        sole.claim();
        assert!(sole.holds());
        sole.share();
        assert!(!sole.holds());
        sole.0.store(forks().wrapping_sub(1), Ordering::Relaxed);
        assert!(!sole.holds());
    }
}
