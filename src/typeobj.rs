//! Floor 1: finishing a class: methods from a table, `__init__`, read-only ints, its
//! name in messages, and the seal that makes it immutable as CPython's own are.
//!
//! All of it is done while only the importing thread knows the class, before
//! anything derives from it. See "Type Objects" in the C API manual.
#![expect(unsafe_code, reason = "PyO3 has no safe form for these slots")]

use std::ffi::{CStr, c_void};

use pyo3::exceptions::PyTypeError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyType;

use crate::libpython::PyDescr_NewWrapper;
use crate::method::Table;

const INIT: &CStr = c"__init__";

/// The name of a class as CPython's messages have it: one from C has its module's with it.
pub(crate) fn name_in_messages(class: &Bound<'_, PyType>) -> String {
    // SAFETY: the class is alive, and so has a name.
    let name = unsafe { (*class.as_type_ptr()).tp_name };
    // SAFETY: a class's name is a C string that lives as long as the class.
    let name = unsafe { CStr::from_ptr(name) };
    name.to_string_lossy().into_owned()
}

/// Adds a table's methods to a class; before anything derives from it.
pub(crate) fn add_methods(class: &Bound<'_, PyType>, table: Table) -> PyResult<()> {
    for entry in (table.entries)() {
        let name = entry.name();
        if name == INIT {
            continue; // see `add_init`
        }
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

/// Reads or changes the slots of a class that only the importing thread knows.
pub(crate) fn with_slots<R>(
    class: &Bound<'_, PyType>,
    f: impl FnOnce(&mut ffi::PyTypeObject) -> R,
) -> R {
    // SAFETY: the class is alive, and nobody else looks at it: its module is being
    // imported by this thread, and what `f` does runs no Python.
    f(unsafe { &mut *class.as_type_ptr() })
}

/// Makes the `__init__` of a table the class's own: as a slot, which construction calls at
/// once and classes made in Python inherit, and under its name as what CPython makes of such
/// a slot. `inspect` of 3.13 cannot read the constructor of a class whose `__init__` is a
/// method of any other kind. The doc, and so the signature, is the table's.
pub(crate) fn add_init(class: &Bound<'_, PyType>, table: Table) -> PyResult<()> {
    let py = class.py();
    let entry = (table.entries)()
        .into_iter()
        .find(|entry| entry.name() == INIT);
    let entry = entry.ok_or_else(|| PyTypeError::new_err("no __init__"))?;
    let slot = entry.as_init();
    let slot = slot.ok_or_else(|| PyTypeError::new_err("no slot for __init__"))?;
    let model = py
        .get_type::<PyAny>()
        .getattr(INIT.to_string_lossy().as_ref())?;
    let wrapper_type = &raw mut ffi::PyWrapperDescr_Type;
    if !std::ptr::eq(model.get_type_ptr(), wrapper_type) {
        return Err(PyTypeError::new_err("object.__init__ is no slot"));
    }
    let model: *mut ffi::PyWrapperDescrObject = model.as_ptr().cast();
    // SAFETY: the class of the model has just been looked at.
    let base = unsafe { (*model).d_base };
    // SAFETY: a slot's description is a static of the interpreter.
    let mut base = unsafe { std::ptr::read(base) };
    base.doc = entry.into_def().ml_doc;
    let base = Box::leak(Box::new(base));
    let raw = class.as_type_ptr();
    // SAFETY: the class is alive, the description lives for ever, and the slot is of the
    // kind that it describes; the answer is a new reference or null with an exception set.
    let descriptor = unsafe { PyDescr_NewWrapper(raw, base, slot_address(slot)) };
    // SAFETY: as said.
    let descriptor = unsafe { Bound::from_owned_ptr_or_err(py, descriptor) }?;
    // Which sets the slot, too.
    class.setattr(INIT.to_string_lossy().as_ref(), descriptor)
}

#[expect(
    clippy::as_conversions,
    reason = "C keeps the address of a slot as void *"
)]
fn slot_address(slot: ffi::initproc) -> *mut c_void {
    slot as *mut c_void
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
    with_slots(class, |slots| slots.tp_name = name.as_ptr());
}

/// Makes a class immutable, as CPython's own are, once it is complete.
pub(crate) fn seal(class: &Bound<'_, PyType>) {
    with_slots(class, |slots| {
        #[cfg(not(Py_GIL_DISABLED))]
        (slots.tp_flags |= ffi::Py_TPFLAGS_IMMUTABLETYPE);
        #[cfg(Py_GIL_DISABLED)]
        slots.tp_flags.fetch_or(
            ffi::Py_TPFLAGS_IMMUTABLETYPE,
            std::sync::atomic::Ordering::Relaxed,
        );
    });
}
