//! Floor 5: the capsule `_socket.CAPI`, by which CPython's `_ssl` learns the
//! socket type. The one place that knows its layout: three pointers, the same
//! since 3.8. What `_ssl` then reads of an object is `sockobj::state`'s.
//!
//! From 3.13 on the garbage collector sees the type in the capsule, as in CPython's own.
#![cfg_attr(
    Py_3_13,
    expect(unsafe_code, reason = "PyO3 has no capsule that the collector sees")
)]

#[cfg(Py_3_13)]
use std::ffi::{c_int, c_void};
use std::sync::atomic::AtomicPtr;
#[cfg(Py_3_13)]
use std::sync::atomic::Ordering;

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
    #[cfg(Py_3_13)]
    show(&capsule);
    module.setattr("CAPI", capsule)
}

/// The socket type that the capsule names, with a reference that is never given back.
#[cfg(Py_3_13)]
static TYPE: AtomicPtr<ffi::PyObject> = AtomicPtr::new(std::ptr::null_mut());

#[cfg(Py_3_13)]
fn show(capsule: &Bound<'_, PyCapsule>) {
    let class = capsule.py().get_type::<Socket>();
    TYPE.store(class.into_ptr(), Ordering::Release);
    // SAFETY: the capsule is alive and nobody else has it yet; the functions have the
    // collector's signatures and live for ever.
    unsafe { crate::libpython::_PyCapsule_SetTraverse(capsule.as_ptr(), traverse, clear) };
}

#[cfg(Py_3_13)]
extern "C" fn traverse(_: *mut ffi::PyObject, visit: ffi::visitproc, arg: *mut c_void) -> c_int {
    // SAFETY: the collector calls with its own function and argument, while no thread runs
    // Python; `show` stored an object that lives for ever before it gave this function away.
    unsafe { visit(TYPE.load(Ordering::Acquire), arg) }
}

#[cfg(Py_3_13)]
extern "C" fn clear(_: *mut ffi::PyObject) -> c_int {
    0 // `_ssl` may still hold what the capsule names
}
