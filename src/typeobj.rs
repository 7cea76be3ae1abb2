//! Floor 1: finishing the module and its classes: functions, methods and slots from a
//! table, read-only ints, a class's name in messages, and the seal that makes it
//! immutable, as CPython's own classes are.
//!
//! All of it is done while only the importing thread knows the class, before
//! anything derives from it. See "Type Objects" in the C API manual.
#![expect(unsafe_code, reason = "PyO3 has no safe form for these slots")]

use std::ffi::{CStr, c_void};
use std::mem::offset_of;
use std::sync::atomic::{AtomicU32, Ordering};

use pyo3::exceptions::PyTypeError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyModule, PyString, PyType};

use crate::libpython::PyDescr_NewWrapper;
use crate::method::{Answer, Definition, Table};

/// The name of a class as CPython's messages have it: one from C has its module's with it.
pub(crate) fn name_in_messages(class: &Bound<'_, PyType>) -> String {
    // SAFETY: the class is alive, and so has a name.
    let name = unsafe { (*class.as_type_ptr()).tp_name };
    // SAFETY: a class's name is a C string that lives as long as the class.
    let name = unsafe { CStr::from_ptr(name) };
    name.to_string_lossy().into_owned()
}

/// What is to be made, of what.
enum Kind<'a, 'py> {
    /// A method of a class.
    Method(&'a Bound<'py, PyType>, Definition),
    /// An attribute at an offset of a class's objects.
    Member(&'a Bound<'py, PyType>, ffi::PyMemberDef),
    /// A slot of a class by its name: its description, and the address of the function in it.
    Slot(&'a Bound<'py, PyType>, ffi::wrapperbase, *mut c_void),
    /// A function of a module, and the name of the module that pickle finds it in.
    Function(&'a Bound<'py, PyModule>, Definition, Bound<'py, PyString>),
}

fn made<'py>(py: Python<'py>, kind: Kind<'_, 'py>) -> Answer<'py> {
    let object = match kind {
        // SAFETY: the class is alive and the definition lives for ever, with a function that
        // takes what CPython passes by its flags, and first an object of the class, which
        // the descriptor makes sure of.
        Kind::Method(class, def) => unsafe {
            ffi::PyDescr_NewMethod(class.as_type_ptr(), def.leaked())
        },
        // SAFETY: the class is alive and the definition lives for ever; the offset is that of
        // a field of the definition's type in the class's objects.
        Kind::Member(class, def) => unsafe {
            ffi::PyDescr_NewMember(class.as_type_ptr(), leaked(def))
        },
        // SAFETY: the class is alive and the description lives for ever; the function takes
        // what the description's wrapper calls it with.
        Kind::Slot(class, base, function) => unsafe {
            PyDescr_NewWrapper(class.as_type_ptr(), leaked(base), function)
        },
        // SAFETY: the module is alive and the definition lives for ever, with a function that
        // takes what CPython passes by its flags, and first the module, which it holds.
        Kind::Function(module, def, home) => unsafe {
            ffi::PyCFunction_NewEx(def.leaked(), module.as_ptr(), home.as_ptr())
        },
    };
    // SAFETY: each of these calls returns a new reference, or null with an exception set.
    unsafe { Bound::from_owned_ptr_or_err(py, object) }
}

fn leaked<T>(definition: T) -> *mut T {
    Box::leak(Box::new(definition))
}

/// Adds a table's methods to a class; before anything derives from it.
///
/// `__init__` and `__del__` become the class's own: as slots, which are called at once and
/// which classes made in Python inherit, and under their names as what CPython makes of such
/// a slot. `inspect` of 3.13 cannot read the constructor of a class whose `__init__` is a
/// method of any other kind. The doc, and so the signature, is the table's.
pub(crate) fn add_methods(class: &Bound<'_, PyType>, table: Table) -> PyResult<()> {
    for entry in (table.entries)() {
        let name = entry.name();
        let slot = entry.slot();
        let def = entry.into_def();
        let kind = match slot {
            None => Kind::Method(class, def),
            Some(function) => {
                let mut base = model(class.py(), name)?;
                base.doc = def.doc();
                // Which sets the slot, too, once it is an attribute.
                Kind::Slot(class, base, function)
            }
        };
        let descriptor = made(class.py(), kind)?;
        class.setattr(name.to_string_lossy().as_ref(), descriptor)?;
    }
    Ok(())
}

/// Adds the methods of a class to one below it, too; slots are inherited anyway.
pub(crate) fn repeat_methods(class: &Bound<'_, PyType>, table: Table) -> PyResult<()> {
    for entry in (table.entries)() {
        let name = entry.name();
        if entry.slot().is_none() {
            let descriptor = made(class.py(), Kind::Method(class, entry.into_def()))?;
            class.setattr(name.to_string_lossy().as_ref(), descriptor)?;
        }
    }
    Ok(())
}

/// Adds a table's functions to a module, under their names with a prefix. Their `__module__`
/// is `rsock`, where pickle finds them; but `_socket` for those of no or one argument, as
/// CPython itself refuses wrong arguments to these, by the module's name and the function's.
pub(crate) fn add_functions(
    module: &Bound<'_, PyModule>,
    prefix: &str,
    table: Table,
) -> PyResult<()> {
    let py = module.py();
    for entry in (table.entries)() {
        let name = format!("{prefix}{}", entry.name().to_string_lossy());
        let def = entry.into_def();
        let home = if def.is_simple() { "_socket" } else { "rsock" };
        let function = made(py, Kind::Function(module, def, PyString::new(py, home)))?;
        module.setattr(name, function)?;
    }
    Ok(())
}

/// The interpreter's own description of a slot, from a class that is known to fill it.
fn model(py: Python<'_>, name: &CStr) -> PyResult<ffi::wrapperbase> {
    let owner = if name == c"__del__" {
        py.import("types")?.getattr("GeneratorType")?
    } else {
        py.get_type::<PyAny>().into_any()
    };
    let model = owner.getattr(name.to_string_lossy().as_ref())?;
    let wrapper_type = &raw mut ffi::PyWrapperDescr_Type;
    if !std::ptr::eq(model.get_type_ptr(), wrapper_type) {
        return Err(PyTypeError::new_err("not the descriptor of a slot"));
    }
    let model: *mut ffi::PyWrapperDescrObject = model.as_ptr().cast();
    // SAFETY: the class of the model has just been looked at, and its owner holds it.
    let base = unsafe { (*model).d_base };
    // SAFETY: a slot's description is a static of the interpreter.
    Ok(unsafe { std::ptr::read(base) })
}

/// Adds read-only attributes that are C ints at fixed offsets of the object: name,
/// offset and doc of each.
pub(crate) fn add_int_members(
    class: &Bound<'_, PyType>,
    members: &[(&'static CStr, usize, &'static CStr)],
) -> PyResult<()> {
    for (name, offset, doc) in members {
        let def = ffi::PyMemberDef {
            name: name.as_ptr(),
            type_code: ffi::Py_T_INT,
            offset: ffi::Py_ssize_t::try_from(*offset)?,
            flags: ffi::Py_READONLY,
            doc: doc.as_ptr(),
        };
        let descriptor = made(class.py(), Kind::Member(class, def))?;
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

/// The number of a class's present state: a change of it, or of one above it, gives it
/// another. It is 0 for none, until the next look-up.
#[inline]
pub(crate) fn version(class: &Bound<'_, PyType>) -> u32 {
    let place = class
        .as_type_ptr()
        .wrapping_byte_add(offset_of!(ffi::PyTypeObject, tp_version_tag));
    // SAFETY: the class is alive, and the field aligned. The interpreter may write it at the
    // same time, on builds without a GIL, and does so atomically there.
    unsafe { AtomicU32::from_ptr(place.cast()) }.load(Ordering::Relaxed)
}

/// Gives a class without a `__new__` that of the class above it, as CPython's own classes
/// inherit theirs: a second one could not be put back once somebody had replaced it. The class
/// adds nothing to an object but what is right as zeroes, which is how objects are allocated.
pub(crate) fn inherit_new(class: &Bound<'_, PyType>, base: &Bound<'_, PyType>) {
    let new = with_slots(base, |slots| slots.tp_new);
    with_slots(class, |slots| {
        slots.tp_new = new;
        // Which PyO3 has set, for want of a `__new__`.
        #[cfg(not(Py_GIL_DISABLED))]
        (slots.tp_flags &= !ffi::Py_TPFLAGS_DISALLOW_INSTANTIATION);
        #[cfg(Py_GIL_DISABLED)]
        slots
            .tp_flags
            .fetch_and(!ffi::Py_TPFLAGS_DISALLOW_INSTANTIATION, Ordering::Relaxed);
    });
}

/// Makes a table's function what a call of the class is, in place of `__new__` and `__init__`
/// in turn. Classes below it do not inherit it.
pub(crate) fn set_call(class: &Bound<'_, PyType>, table: Table) {
    for entry in (table.entries)() {
        with_slots(class, |slots| {
            let place = (&raw mut slots.tp_vectorcall).cast::<*mut c_void>();
            // SAFETY: the slot has a function's address. This one takes what the vectorcall
            // protocol passes, and first the class, as none below it has the slot.
            unsafe { place.write(entry.into_def().function()) }
        });
    }
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
        slots
            .tp_flags
            .fetch_or(ffi::Py_TPFLAGS_IMMUTABLETYPE, Ordering::Relaxed);
    });
}
