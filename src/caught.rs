//! Floor 1: panics as exceptions, so that none reaches C.
//!
//! No code of this crate panics by itself. PyO3 does where Python has no memory for
//! an int, a str or a tuple, and where an exception is only made as it is raised.

use std::any::Any;
use std::ffi::c_int;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};

use pyo3::exceptions::PyMemoryError;
use pyo3::ffi;
use pyo3::panic::PanicException;
use pyo3::prelude::*;

/// Makes PyO3's class for panics, which it compares each error with that it fetches. By
/// itself it makes it for the first one. Where that says that no stack or memory is left, the
/// making fails, is to fetch that error, and waits for the class, which is itself, for ever.
///
/// And has a lack of memory told as an exception alone, not on the standard error as well.
pub(crate) fn prepare(py: Python<'_>) {
    let _ = py.get_type::<PanicException>();
    known_as_attached(|| ()); // the first time PyO3 takes a lock
    let usual = take_hook();
    set_hook(Box::new(move |panic| {
        if text_of(panic.payload()) != NO_MEMORY {
            usual(panic);
        }
    }));
}

/// What PyO3 says where Python had no memory.
const NO_MEMORY: &str = "PyObject pointer is null";

fn text_of(payload: &(dyn Any + Send)) -> &str {
    let owned = payload.downcast_ref::<String>().map(String::as_str);
    let text = owned.or_else(|| payload.downcast_ref::<&str>().copied());
    text.unwrap_or_default()
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
    if catch_unwind(AssertUnwindSafe(|| known_as_attached(|| error.restore(py)))).is_err() {
        let ready = || PyMemoryError::new_err(()).restore(py);
        let _ = catch_unwind(AssertUnwindSafe(ready));
    }
}

/// Drops an error that nobody is to hear of.
#[cold]
pub(crate) fn forget(error: PyErr) {
    known_as_attached(|| drop(error));
}

/// The value of a try, whose error nobody is to hear of.
#[inline]
pub(crate) fn tried<T>(result: PyResult<T>) -> Option<T> {
    result.map_err(forget).ok()
}

/// Runs what drops references that PyO3 counts itself. The functions of this crate are called
/// past PyO3, which does not know that their threads are attached, and would keep what they
/// drop until somebody lets it know: for ever, in a thread that only makes calls.
fn known_as_attached(body: impl FnOnce()) {
    let mut body = Some(body);
    let mut run = || body.take().map_or((), |body| body());
    // None at the end of the interpreter, where what is kept does no harm.
    Python::try_attach(|_| run()).unwrap_or_else(run);
}

#[cold]
fn panicked(payload: &(dyn Any + Send)) -> PyErr {
    match text_of(payload) {
        NO_MEMORY => PyMemoryError::new_err(()),
        other => PanicException::new_err(other.to_owned()),
    }
}
