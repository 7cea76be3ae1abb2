//! Floor 1: finishing a class: methods from a table, `__init__`, read-only ints, its
//! name in messages, and the seal that makes it immutable as CPython's own are.
//!
//! All of it is done while only the importing thread knows the class, before
//! anything derives from it. See "Type Objects" in the C API manual.
#![expect(unsafe_code, reason = "PyO3 has no safe form for these slots")]

use std::ffi::{CStr, c_int, c_void};
use std::sync::OnceLock;

use pyo3::exceptions::PyTypeError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple, PyType};

use crate::caught::or_null;
use crate::libpython::libpython;
use crate::method::Table;

libpython! {
    // Documented in its header, and not among PyO3's bindings.
    fn PyDescr_NewWrapper(
        class: *mut ffi::PyTypeObject,
        base: *mut ffi::wrapperbase,
        wrapped: *mut c_void,
    ) -> *mut ffi::PyObject;
}

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

/// A class's `__init__`: the function of its table, and the slot that calls it.
pub(crate) struct Init {
    function: OnceLock<ffi::PyCFunctionFastWithKeywords>,
    slot: ffi::initproc,
}

pub(crate) static BASE_INIT: Init = Init {
    function: OnceLock::new(),
    slot: base_init,
};

pub(crate) static PUBLIC_INIT: Init = Init {
    function: OnceLock::new(),
    slot: public_init,
};

/// Makes the `__init__` of a table the class's own: as a slot, which construction calls at
/// once and classes made in Python inherit, and under its name as what CPython makes of such
/// a slot. `inspect` of 3.13 cannot read the constructor of a class whose `__init__` is a
/// method of any other kind. The doc, and so the signature, is the table's.
pub(crate) fn add_init(class: &Bound<'_, PyType>, table: Table, init: &Init) -> PyResult<()> {
    let py = class.py();
    let entry = (table.entries)()
        .into_iter()
        .find(|entry| entry.name() == INIT);
    let def = entry
        .ok_or_else(|| PyTypeError::new_err("no __init__"))?
        .into_def();
    if def.ml_flags != ffi::METH_FASTCALL | ffi::METH_KEYWORDS {
        return Err(PyTypeError::new_err("__init__ must take keywords"));
    }
    // SAFETY: the flags say which of the pointers it is.
    let function = unsafe { def.ml_meth.PyCFunctionFastWithKeywords };
    let _ = init.function.set(function);
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
    base.doc = def.ml_doc;
    let base = Box::leak(Box::new(base));
    let raw = class.as_type_ptr();
    // SAFETY: the class is alive, the description lives for ever, and the slot is of the
    // kind that it describes; the answer is a new reference or null with an exception set.
    let descriptor = unsafe { PyDescr_NewWrapper(raw, base, slot_address(init.slot)) };
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

unsafe extern "C" fn base_init(
    object: *mut ffi::PyObject,
    args: *mut ffi::PyObject,
    kwargs: *mut ffi::PyObject,
) -> c_int {
    // SAFETY: the slot's own arguments, passed on.
    unsafe { call_init(&BASE_INIT, object, args, kwargs) }
}

unsafe extern "C" fn public_init(
    object: *mut ffi::PyObject,
    args: *mut ffi::PyObject,
    kwargs: *mut ffi::PyObject,
) -> c_int {
    // SAFETY: as above.
    unsafe { call_init(&PUBLIC_INIT, object, args, kwargs) }
}

/// # Safety
/// The arguments are those of `tp_init` of the class that `init` is of.
#[inline]
unsafe fn call_init(
    init: &Init,
    object: *mut ffi::PyObject,
    args: *mut ffi::PyObject,
    kwargs: *mut ffi::PyObject,
) -> c_int {
    let Some(function) = init.function.get() else {
        return -1;
    };
    let answer = if kwargs.is_null() {
        // SAFETY: `tp_init` is called with a tuple.
        let count = unsafe { ffi::PyTuple_GET_SIZE(args) };
        let tuple: *mut ffi::PyTupleObject = args.cast();
        // SAFETY: as above; the tuple lives past the call, and its items with it.
        let items = unsafe { &raw const (*tuple).ob_item };
        // SAFETY: the table's function, with an object of its class and as many items as
        // the tuple has.
        unsafe { function(object, items.cast(), count, std::ptr::null_mut()) }
    } else {
        // SAFETY: CPython calls a slot with the thread attached.
        let py = unsafe { Python::assume_attached() };
        // SAFETY: `tp_init` is called with a tuple, which lives past the call.
        let args = unsafe { Borrowed::from_ptr(py, args) };
        // SAFETY: as above, and here with a dict.
        let kwargs = unsafe { Borrowed::from_ptr(py, kwargs) };
        or_null(py, || {
            let (count, items, names) = vector(args, kwargs)?;
            let pointers: Vec<_> = items.iter().map(Bound::as_ptr).collect();
            // SAFETY: as above; the values of the names follow the `count` others, and all
            // of them are held until the end of this block.
            Ok(unsafe { function(object, pointers.as_ptr(), count, names.as_ptr()) })
        })
    };
    if answer.is_null() {
        return -1;
    }
    // SAFETY: the answer is a new reference.
    unsafe { ffi::Py_DECREF(answer) };
    0
}

type Vector<'py> = (ffi::Py_ssize_t, Vec<Bound<'py, PyAny>>, Bound<'py, PyTuple>);

/// A tuple and a dict of arguments as the vectorcall protocol has them.
fn vector<'py>(
    args: Borrowed<'_, 'py, PyAny>,
    kwargs: Borrowed<'_, 'py, PyAny>,
) -> PyResult<Vector<'py>> {
    let args = args.cast::<PyTuple>()?;
    let kwargs = kwargs.cast::<PyDict>()?;
    let names = PyTuple::new(kwargs.py(), kwargs.keys())?;
    if !names.iter().all(|name| name.is_instance_of::<PyString>()) {
        return Err(PyTypeError::new_err("keywords must be strings"));
    }
    let count = ffi::Py_ssize_t::try_from(args.len())?;
    Ok((count, args.iter().chain(kwargs.values()).collect(), names))
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
