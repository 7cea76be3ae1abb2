//! Floor 3c: the table of address families: which file reads and writes the
//! addresses of which family. A new family is one file and one line in each
//! of the two tables here.

use std::ffi::c_int;

use pyo3::prelude::*;

use crate::sys::storage::RawAddr;

pub(crate) mod form;
pub(crate) mod host;
pub(crate) mod inet;
pub(crate) mod inet6;
pub(crate) mod unix;
pub(crate) mod unknown;

pub(crate) use form::Target;

/// The address that a Python value stands for on a socket.
pub(crate) fn from_python(target: Target<'_>, value: Borrowed<'_, '_, PyAny>) -> PyResult<RawAddr> {
    match target.family {
        libc::AF_INET => inet::from_python(target, value),
        libc::AF_INET6 => inet6::from_python(target, value),
        libc::AF_UNIX => unix::from_python(target, value),
        _ => unknown::from_python(target, value),
    }
}

/// The Python value of an address that the kernel filled in; None where it wrote
/// none. `proto` is the socket's protocol.
pub(crate) fn to_python<'py>(
    py: Python<'py>,
    raw: &RawAddr,
    proto: c_int,
) -> PyResult<Bound<'py, PyAny>> {
    let _ = proto;
    if raw.len() == 0 {
        return Ok(py.None().into_bound(py));
    }
    match raw.family() {
        libc::AF_INET => inet::to_python(py, raw),
        libc::AF_INET6 => inet6::to_python(py, raw),
        libc::AF_UNIX => unix::to_python(py, raw),
        _ => unknown::to_python(py, raw),
    }
}
