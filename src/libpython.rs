//! Floor 1: functions of the interpreter that PyO3 does not bind. All are documented in
//! the C API manual or in their header, and exported by the versions that build them. PyO3
//! links none of Python on Windows but by name, function by function, so ours are linked
//! in the same way there.
#![expect(unsafe_code, reason = "PyO3 does not bind these")]

use std::ffi::{c_char, c_int, c_void};

use pyo3::ffi;

#[cfg_attr(
    all(windows, not(Py_3_11)),
    link(name = "python310", kind = "raw-dylib")
)]
#[cfg_attr(
    all(windows, Py_3_11, not(Py_3_12)),
    link(name = "python311", kind = "raw-dylib")
)]
#[cfg_attr(
    all(windows, Py_3_12, not(Py_3_13)),
    link(name = "python312", kind = "raw-dylib")
)]
#[cfg_attr(
    all(windows, Py_3_13, not(Py_3_14), not(Py_GIL_DISABLED)),
    link(name = "python313", kind = "raw-dylib")
)]
#[cfg_attr(
    all(windows, Py_3_13, not(Py_3_14), Py_GIL_DISABLED),
    link(name = "python313t", kind = "raw-dylib")
)]
#[cfg_attr(
    all(windows, Py_3_14, not(Py_3_15), not(Py_GIL_DISABLED)),
    link(name = "python314", kind = "raw-dylib")
)]
#[cfg_attr(
    all(windows, Py_3_14, not(Py_3_15), Py_GIL_DISABLED),
    link(name = "python314t", kind = "raw-dylib")
)]
#[cfg_attr(
    all(windows, Py_3_15, not(Py_GIL_DISABLED)),
    link(name = "python315", kind = "raw-dylib")
)]
#[cfg_attr(
    all(windows, Py_3_15, Py_GIL_DISABLED),
    link(name = "python315t", kind = "raw-dylib")
)]
unsafe extern "C" {
    pub(crate) fn PySys_Audit(event: *const c_char, format: *const c_char, ...) -> c_int;

    pub(crate) fn PyDescr_NewWrapper(
        class: *mut ffi::PyTypeObject,
        base: *mut ffi::wrapperbase,
        wrapped: *mut c_void,
    ) -> *mut ffi::PyObject;

    pub(crate) fn _PyBytes_Resize(bytes: *mut *mut ffi::PyObject, size: ffi::Py_ssize_t) -> c_int;

    /// Private, and in no manual: what shows a capsule to the garbage collector.
    #[cfg(Py_3_13)]
    pub(crate) fn _PyCapsule_SetTraverse(
        capsule: *mut ffi::PyObject,
        traverse: ffi::traverseproc,
        clear: ffi::inquiry,
    ) -> c_int;
}
