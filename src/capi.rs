//! Floor 5: the capsule `_socket.CAPI`, by which CPython's `_ssl` learns the
//! socket type. The one place that knows its layout: three pointers, the same
//! from 3.8 to 3.14. What `_ssl` then reads of an object is `sockobj::state`'s.
#![expect(unsafe_code, reason = "a C struct in a capsule")]

#[cfg(Py_3_13)]
use std::ffi::c_int;

use pyo3::exceptions::{PyOSError, PyTimeoutError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyModule;

#[cfg(Py_3_13)]
use crate::libpython::libpython;
use crate::sockobj::state::Socket;

/// CPython's `PySocketModule_APIObject`.
#[repr(C)]
struct Api {
    sock_type: *mut ffi::PyTypeObject,
    error: *mut ffi::PyObject,
    timeout_error: *mut ffi::PyObject,
}

#[cfg(Py_3_13)]
libpython! {
    /// Exported and private: what makes stock's capsule visible to the collector.
    fn _PyCapsule_SetTraverse(
        capsule: *mut ffi::PyObject,
        traverse: ffi::traverseproc,
        clear: ffi::inquiry,
    ) -> c_int;
}

#[cfg(Py_3_13)]
unsafe extern "C" fn traverse(
    capsule: *mut ffi::PyObject,
    visit: ffi::visitproc,
    arg: *mut std::ffi::c_void,
) -> c_int {
    // SAFETY: the collector calls with the capsule that `add` made.
    let api = unsafe { ffi::PyCapsule_GetPointer(capsule, c"_socket.CAPI".as_ptr()) };
    let api: *const Api = api.cast();
    // SAFETY: the struct is leaked, so it lives for ever.
    let Some(api) = (unsafe { api.as_ref() }) else {
        return 0;
    };
    for object in [api.sock_type.cast(), api.error, api.timeout_error] {
        // SAFETY: the three objects are alive: the struct holds references.
        let stop = unsafe { visit(object, arg) };
        if stop != 0 {
            return stop;
        }
    }
    0
}

#[cfg(Py_3_13)]
unsafe extern "C" fn clear(_: *mut ffi::PyObject) -> c_int {
    0 // the struct is never freed, and `_ssl` may still hold what it names
}

/// Adds the capsule to the module.
pub(crate) fn add(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    let api = Box::leak(Box::new(Api {
        sock_type: py.get_type::<Socket>().into_ptr().cast(),
        error: py.get_type::<PyOSError>().into_ptr(),
        timeout_error: py.get_type::<PyTimeoutError>().into_ptr(),
    }));
    let pointer = std::ptr::from_mut(api).cast();
    // SAFETY: the pointer is not null and is never freed; the name is static, and
    // is the one that `_ssl` asks for.
    let capsule = unsafe { ffi::PyCapsule_New(pointer, c"_socket.CAPI".as_ptr(), None) };
    // SAFETY: a new reference, or null with an exception set.
    let capsule = unsafe { Bound::from_owned_ptr_or_err(py, capsule) }?;
    #[cfg(Py_3_13)]
    {
        // SAFETY: the capsule is new, and the two functions fit its struct.
        unsafe { _PyCapsule_SetTraverse(capsule.as_ptr(), traverse, clear) };
    }
    module.setattr("CAPI", capsule)
}
