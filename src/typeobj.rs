//! Floor 1: finishing a class: methods from a table, read-only ints, its name in
//! messages, and the seal that makes it immutable as CPython's own are.
//!
//! All of it is done while only the importing thread knows the class, before
//! anything derives from it. See "Type Objects" in the C API manual.
#![expect(unsafe_code, reason = "PyO3 has no safe form for these slots")]

use std::ffi::{CStr, c_int};
use std::sync::OnceLock;

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

/// The public class's `__init__` as its table has it, and the slot that looks it up.
static INIT: OnceLock<(ffi::PyCFunctionFastWithKeywords, ffi::initproc)> = OnceLock::new();

/// Lets `tp_init` call the table's `__init__` at once, as the slot that CPython puts there
/// looks the name up and unpacks the arguments anew. Classes made in Python keep that slot.
pub(crate) fn call_init_directly(class: &Bound<'_, PyType>, table: Table) {
    let raw = class.as_type_ptr();
    // SAFETY: the class is alive, and only the importing thread knows it yet.
    let slot = unsafe { (*raw).tp_init };
    let entry = (table.entries)()
        .into_iter()
        .find(|entry| entry.name() == c"__init__");
    let (Some(slot), Some(entry)) = (slot, entry) else {
        return;
    };
    let def = entry.into_def();
    if def.ml_flags != ffi::METH_FASTCALL | ffi::METH_KEYWORDS {
        return;
    }
    // SAFETY: the flags say which of the pointers it is.
    let method = unsafe { def.ml_meth.PyCFunctionFastWithKeywords };
    if INIT.set((method, slot)).is_ok() {
        // SAFETY: as above.
        unsafe { (*raw).tp_init = Some(init) };
    }
}

unsafe extern "C" fn init(
    object: *mut ffi::PyObject,
    args: *mut ffi::PyObject,
    kwargs: *mut ffi::PyObject,
) -> c_int {
    let Some((method, slot)) = INIT.get() else {
        return -1;
    };
    if !kwargs.is_null() {
        // SAFETY: the slot's own arguments, passed on.
        return unsafe { slot(object, args, kwargs) };
    }
    // SAFETY: `tp_init` is called with a tuple.
    let count = unsafe { ffi::PyTuple_GET_SIZE(args) };
    let tuple: *mut ffi::PyTupleObject = args.cast();
    // SAFETY: as above; the tuple lives past the call, and its items with it.
    let items = unsafe { &raw const (*tuple).ob_item };
    // SAFETY: the table's function, with an object of its class and as many items as
    // the tuple has.
    let answer = unsafe { method(object, items.cast(), count, std::ptr::null_mut()) };
    if answer.is_null() {
        return -1;
    }
    // SAFETY: the answer is a new reference.
    unsafe { ffi::Py_DECREF(answer) };
    0
}

/// Adds read-only attributes that are C ints at fixed offsets of the object: name,
/// offset and doc of each.
pub(crate) fn add_int_members(
    class: &Bound<'_, PyType>,
    members: &[(&'static CStr, usize, &'static CStr)],
) -> PyResult<()> {
    for (name, offset, doc) in members {
        let def = Box::leak(Box::new(ffi::PyMemberDef {
            name: name.as_ptr(),
            type_code: ffi::Py_T_INT,
            offset: ffi::Py_ssize_t::try_from(*offset)?,
            flags: ffi::Py_READONLY,
            doc: doc.as_ptr(),
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
