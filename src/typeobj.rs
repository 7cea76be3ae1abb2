//! Floor 1: finishing a class: methods from a table, read-only ints, its name in
//! messages, and the seal that makes it immutable as CPython's own are.
//!
//! All of it is done while only the importing thread knows the class, before
//! anything derives from it. See "Type Objects" in the C API manual.
#![expect(unsafe_code, reason = "PyO3 has no safe form for these slots")]

use std::ffi::CStr;

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyType;

use crate::method::Table;

/// Adds a table's methods to a class; before anything derives from it.
pub(crate) fn add_methods(class: &Bound<'_, PyType>, table: Table) -> PyResult<()> {
    for entry in (table.entries)() {
        let name = entry.name();
        let def = Box::leak(Box::new(entry.into_def()));
        // SAFETY: the class is alive and the definition lives for ever; the
        // answer is a new reference or null with an exception set.
        let descriptor = unsafe { ffi::PyDescr_NewMethod(class.as_type_ptr(), def) };
        // SAFETY: as said.
        let descriptor = unsafe { Bound::from_owned_ptr_or_err(class.py(), descriptor) }?;
        class.setattr(name.to_string_lossy().as_ref(), descriptor)?;
    }
    Ok(())
}

/// Adds read-only attributes that are C ints at fixed offsets of the object.
pub(crate) fn add_int_members(
    class: &Bound<'_, PyType>,
    members: &[(&'static CStr, usize)],
) -> PyResult<()> {
    for (name, offset) in members {
        let def = Box::leak(Box::new(ffi::PyMemberDef {
            name: name.as_ptr(),
            type_code: ffi::Py_T_INT,
            offset: ffi::Py_ssize_t::try_from(*offset)?,
            flags: ffi::Py_READONLY,
            doc: std::ptr::null(),
        }));
        // SAFETY: the class is alive and the definition lives for ever; the
        // answer is a new reference or null with an exception set.
        let descriptor = unsafe { ffi::PyDescr_NewMember(class.as_type_ptr(), def) };
        // SAFETY: as said.
        let descriptor = unsafe { Bound::from_owned_ptr_or_err(class.py(), descriptor) }?;
        class.setattr(name.to_string_lossy().as_ref(), descriptor)?;
    }
    Ok(())
}

/// Gives a class the bare name that a class written in Python has in messages.
pub(crate) fn rename(class: &Bound<'_, PyType>, name: &'static CStr) {
    // SAFETY: the class is alive, only the importing thread knows it yet, and the
    // name lives for ever.
    unsafe { (*class.as_type_ptr()).tp_name = name.as_ptr() };
}

/// Makes a class immutable, as CPython's own are, once it is complete.
pub(crate) fn seal(class: &Bound<'_, PyType>) {
    let raw = class.as_type_ptr();
    // SAFETY: the class is alive, and only the importing thread knows it yet.
    unsafe { (*raw).tp_flags |= ffi::Py_TPFLAGS_IMMUTABLETYPE };
    // SAFETY: the class is alive; the call drops what caches know of it.
    unsafe { ffi::PyType_Modified(raw) };
}
