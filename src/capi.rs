//! Floor 5: the capsule `_socket.CAPI`, by which CPython's `_ssl` learns the
//! socket type. The one place that knows its layout: three pointers, the same
//! from 3.8 to 3.14. What `_ssl` then reads of an object is `sockobj::state`'s.

use std::sync::atomic::AtomicPtr;

use pyo3::exceptions::{PyOSError, PyTimeoutError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyModule};

use crate::sockobj::state::Socket;

/// CPython's `PySocketModule_APIObject`. An atomic has the layout of what is in
/// it, and may be dropped by any thread.
#[repr(C)]
struct Api {
    sock_type: AtomicPtr<ffi::PyTypeObject>,
    error: AtomicPtr<ffi::PyObject>,
    timeout_error: AtomicPtr<ffi::PyObject>,
}

/// Adds the capsule to the module.
pub(crate) fn add(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    let api = Api {
        sock_type: AtomicPtr::new(py.get_type::<Socket>().into_ptr().cast()),
        error: AtomicPtr::new(py.get_type::<PyOSError>().into_ptr()),
        timeout_error: AtomicPtr::new(py.get_type::<PyTimeoutError>().into_ptr()),
    };
    let capsule = PyCapsule::new_with_value(py, api, c"_socket.CAPI")?;
    // `_ssl` keeps the struct's address for ever, so this reference is never given back.
    let _ = capsule.clone().into_ptr();
    module.setattr("CAPI", capsule)
}
