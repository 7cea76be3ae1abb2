//! Floor 1: timeouts. A socket's timeout is one number of nanoseconds, in the
//! form that CPython's own socket object has it, because `_ssl` reads it there:
//! -1 second means blocking, 0 non-blocking, anything else the time a call has.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use pyo3::exceptions::{PyOverflowError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyFloat;

use crate::caught;
use crate::once::name;

/// The value that means blocking.
pub(crate) const BLOCKING: i64 = -1_000_000_000;
/// The value that means non-blocking.
pub(crate) const NONBLOCKING: i64 = 0;

const NANOS: f64 = 1e9;
const NANOS_PER_SECOND: i64 = 1_000_000_000;

/// What new sockets start with; see `setdefaulttimeout`.
pub(crate) static DEFAULT: AtomicI64 = AtomicI64::new(BLOCKING);

/// The three modes of a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timeout {
    /// A call waits for as long as it takes.
    Blocking,
    /// A call never waits.
    NonBlocking,
    /// A call waits this long.
    For(Duration),
}

impl Timeout {
    /// The mode that a number of nanoseconds stands for.
    #[inline]
    pub(crate) fn from_nanos(nanos: i64) -> Self {
        match u64::try_from(nanos) {
            Err(_) => Self::Blocking,
            Ok(0) => Self::NonBlocking,
            Ok(nanos) => Self::For(Duration::from_nanos(nanos)),
        }
    }
}

/// The time that one call has: it starts to run at the first wait.
pub(crate) struct Budget {
    pub(crate) timeout: Timeout,
    deadline: Option<Instant>,
}

impl Budget {
    /// The budget of a call on a socket with this timeout.
    #[inline]
    pub(crate) fn new(nanos: &AtomicI64) -> Self {
        Self {
            timeout: Timeout::from_nanos(nanos.load(Ordering::Relaxed)),
            deadline: None,
        }
    }

    /// The moment by which the call has to be done; none for a blocking one.
    pub(crate) fn deadline(&mut self) -> Option<Instant> {
        match self.timeout {
            Timeout::For(time) => {
                // A deadline past the clock's end is none.
                self.deadline = self.deadline.or_else(|| Instant::now().checked_add(time));
                self.deadline
            }
            Timeout::Blocking | Timeout::NonBlocking => None,
        }
    }
}

/// A `settimeout` argument: None, or seconds as an int or a float.
pub(crate) fn parse(value: Borrowed<'_, '_, PyAny>) -> PyResult<i64> {
    if value.is_none() {
        return Ok(BLOCKING);
    }
    let nanos = match value.cast::<PyFloat>() {
        Ok(seconds) => from_float(seconds.value())?,
        Err(_) => from_int(value)?,
    };
    if nanos < 0 {
        return Err(PyValueError::new_err("Timeout value out of range"));
    }
    Ok(nanos)
}

fn too_large() -> PyErr {
    // The words changed with the version.
    PyOverflowError::new_err(if cfg!(Py_3_14) {
        "timestamp out of range for C PyTime_t"
    } else if cfg!(Py_3_13) {
        "timestamp too large to convert to C PyTime_t"
    } else {
        "timestamp too large to convert to C _PyTime_t"
    })
}

fn from_float(seconds: f64) -> PyResult<i64> {
    if seconds.is_nan() {
        return Err(PyValueError::new_err("Invalid value NaN (not a number)"));
    }
    // Away from zero: a timeout never becomes shorter, nor a tiny one zero.
    let nanos = seconds * NANOS;
    let nanos = if nanos < 0.0 {
        nanos.floor()
    } else {
        nanos.ceil()
    };
    if !(-9.223_372_036_854_775e18..=9.223_372_036_854_775e18).contains(&nanos) {
        return Err(if cfg!(all(Py_3_11, not(Py_3_14))) {
            PyOverflowError::new_err("timestamp out of range for platform time_t")
        } else {
            too_large()
        });
    }
    #[expect(
        clippy::as_conversions,
        clippy::cast_possible_truncation,
        reason = "the range was checked, and there is no try_from for floats"
    )]
    Ok(nanos as i64)
}

fn from_int(value: Borrowed<'_, '_, PyAny>) -> PyResult<i64> {
    let py = value.py();
    match value.extract::<i64>() {
        Ok(seconds) => seconds.checked_mul(NANOS_PER_SECOND).ok_or_else(too_large),
        Err(error) if error.is_instance_of::<PyOverflowError>(py) => Err(too_large()),
        Err(error) if cfg!(Py_3_14) && !value.get_type().hasattr(name!(py, "__index__"))? => {
            caught::forget(error);
            from_other(value)
        }
        Err(error) => Err(error),
    }
}

/// Seconds as neither an int nor a float: 3.15 takes any real number.
fn from_other(value: Borrowed<'_, '_, PyAny>) -> PyResult<i64> {
    if cfg!(Py_3_15) {
        return from_float(value.extract()?);
    }
    Err(PyTypeError::new_err(format!(
        "'{}' object cannot be interpreted as an integer or float",
        value.get_type().fully_qualified_name()?
    )))
}

/// A timeout as `gettimeout` returns it: None, or seconds as a float.
#[inline]
pub(crate) fn to_python(py: Python<'_>, nanos: i64) -> Option<Bound<'_, PyFloat>> {
    (nanos >= 0).then(|| seconds(py, nanos))
}

/// Out of line, so that None is the short way.
#[cold]
fn seconds(py: Python<'_>, nanos: i64) -> Bound<'_, PyFloat> {
    let (seconds, rest) = (nanos / NANOS_PER_SECOND, nanos % NANOS_PER_SECOND);
    #[expect(
        clippy::as_conversions,
        clippy::cast_precision_loss,
        reason = "gettimeout returns a float, as exact as a float can be"
    )]
    let value = if rest == 0 {
        seconds as f64
    } else {
        nanos as f64 / NANOS
    };
    PyFloat::new(py, value)
}
