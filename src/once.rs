//! Floor 1: values that are made once, and the names of Python's attributes among them.
//!
//! PyO3's `PyOnceLock`, and so its `intern!`, gives the interpreter up while a thread makes
//! the value. Where another thread forks at that moment, the value stays half made in the
//! child, and whoever wants it there waits for ever. Here nothing is half made while anybody
//! else can run: two threads may both make the value, and one of the two is kept.

use std::convert::Infallible;
use std::sync::OnceLock;

/// A place for a value that is made at its first use.
pub(crate) struct ForkSafeOnce<T>(OnceLock<T>);

impl<T> ForkSafeOnce<T> {
    pub(crate) const fn new() -> Self {
        Self(OnceLock::new())
    }

    /// The value, if there is one yet.
    #[inline]
    pub(crate) fn get(&self) -> Option<&T> {
        self.0.get()
    }

    /// Keeps a value, unless there is one.
    pub(crate) fn set(&self, value: T) {
        let _ = self.0.set(value);
    }

    /// The value; it is made where there is none.
    #[inline]
    pub(crate) fn get_or_try_make<E>(&self, make: impl FnOnce() -> Result<T, E>) -> Result<&T, E> {
        if let Some(value) = self.get() {
            return Ok(value);
        }
        let made = make()?;
        Ok(self.0.get_or_init(|| made))
    }

    /// The value; it is made where there is none.
    #[inline]
    pub(crate) fn get_or_make(&self, make: impl FnOnce() -> T) -> &T {
        let Ok(value) = self.get_or_try_make(|| Ok::<T, Infallible>(make()));
        value
    }
}

/// The name of an attribute as a Python string, made at its first use.
macro_rules! name {
    ($py:expr, $text:expr) => {{
        static NAME: $crate::once::ForkSafeOnce<pyo3::Py<pyo3::types::PyString>> =
            $crate::once::ForkSafeOnce::new();
        let py = $py;
        NAME.get_or_make(|| pyo3::types::PyString::intern(py, $text).unbind())
            .bind(py)
    }};
}
pub(crate) use name;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_makes_it_may_ask_for_it() {
        static PLACE: ForkSafeOnce<u8> = ForkSafeOnce::new();
        let outer = PLACE.get_or_make(|| PLACE.get_or_make(|| 1) + 1);
        assert_eq!(*outer, 1, "the first one is kept");
    }

    #[test]
    fn a_failure_leaves_the_place_empty() {
        let place = ForkSafeOnce::new();
        assert_eq!(place.get_or_try_make(|| Err::<u8, _>("no")), Err("no"));
        assert_eq!(place.get(), None);
        place.set(1);
        place.set(2);
        assert_eq!(place.get(), Some(&1));
    }
}
