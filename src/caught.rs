//! Floor 1: panics as exceptions, so that none reaches C.
//!
//! No code of this crate panics by itself. PyO3 does where Python has no memory for
//! an int, a str or a tuple, and where an exception is only made as it is raised.

use std::any::Any;
use std::ffi::c_int;
use std::panic::{AssertUnwindSafe, catch_unwind};

use pyo3::exceptions::PyMemoryError;
use pyo3::ffi;
use pyo3::panic::PanicException;
use pyo3::prelude::*;

/// Makes PyO3's class for panics, which it compares each error with that it fetches. By
/// itself it makes it for the first one. Where that says that no stack or memory is left, the
/// making fails, is to fetch that error, and waits for the class, which is itself, for ever.
pub(crate) fn prepare(py: Python<'_>) {
    let _ = py.get_type::<PanicException>();
}

/// Runs `body`; a panic becomes an error.
#[inline]
pub(crate) fn caught<T>(body: impl FnOnce() -> PyResult<T>) -> PyResult<T> {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|payload| Err(panicked(&*payload)))
}

/// Runs `body`; an error or a panic becomes the current exception, and null.
#[inline]
pub(crate) fn or_null(
    py: Python<'_>,
    body: impl FnOnce() -> PyResult<*mut ffi::PyObject>,
) -> *mut ffi::PyObject {
    or_raised(py, std::ptr::null_mut(), body)
}

/// Runs `body`; an error or a panic becomes the current exception, and -1.
#[inline]
pub(crate) fn or_minus_one(py: Python<'_>, body: impl FnOnce() -> PyResult<()>) -> c_int {
    or_raised(py, -1, || body().map(|()| 0))
}

// The error is raised inside, and so what comes out of the catching fits a register: a
// result with an error in it would go through memory, in calls that take a nanosecond.
#[inline]
fn or_raised<T: Copy>(py: Python<'_>, failed: T, body: impl FnOnce() -> PyResult<T>) -> T {
    let done = catch_unwind(AssertUnwindSafe(|| {
        body().unwrap_or_else(|error| {
            raise(py, error);
            failed
        })
    }));
    done.unwrap_or_else(|payload| {
        raise(py, panicked(&*payload));
        failed
    })
}

fn raise(py: Python<'_>, error: PyErr) {
    // The exception itself is only made here, which takes memory, too. The second
    // try is for one that the interpreter has ready.
    if catch_unwind(AssertUnwindSafe(|| error.restore(py))).is_err() {
        let ready = || PyMemoryError::new_err(()).restore(py);
        let _ = catch_unwind(AssertUnwindSafe(ready));
    }
}

#[cold]
fn panicked(payload: &(dyn Any + Send)) -> PyErr {
    let text = payload
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| payload.downcast_ref::<&str>().map(ToString::to_string))
        .unwrap_or_default();
    // What PyO3 says where Python had no memory.
    if text == "PyObject pointer is null" {
        return PyMemoryError::new_err(());
    }
    PanicException::new_err(text)
}
