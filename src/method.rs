//! Floor 1: Rust functions as CPython's own kinds of function.
//!
//! `#[pymethods]` has its own words for argument errors; a drop-in needs CPython's, and its
//! calling conventions. So functions are entries of tables (`table!`), and the few `extern
//! "C"` shapes stand here once. See the C API manual's "Common Object Structures".
#![expect(unsafe_code, reason = "PyO3 has no safe form for a method table")]

use std::ffi::{CStr, c_int};

use pyo3::exceptions::PyTypeError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyModule, PyString, PyTuple};

use crate::caught;

/// The arguments of a call, borrowed from the caller.
#[derive(Clone, Copy)]
pub(crate) struct Args<'a, 'py> {
    py: Python<'py>,
    /// The positional arguments, then the keywords' values.
    items: &'a [Bound<'py, PyAny>],
    len: usize,
    keywords: Option<Borrowed<'a, 'py, PyTuple>>,
}

impl<'a, 'py> Args<'a, 'py> {
    pub(crate) fn py(&self) -> Python<'py> {
        self.py
    }

    /// How many positional arguments there are.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// The argument at an index; those given by keyword follow the others.
    #[inline]
    fn item(&self, index: usize) -> Option<Borrowed<'a, 'py, PyAny>> {
        self.items.get(index).map(Bound::as_borrowed)
    }

    /// The positional argument at an index.
    #[inline]
    pub(crate) fn get(&self, index: usize) -> Option<Borrowed<'a, 'py, PyAny>> {
        (index < self.len).then(|| self.item(index)).flatten()
    }

    /// The number of keyword arguments.
    pub(crate) fn keyword_count(&self) -> usize {
        self.keywords.map_or(0, |names| names.len())
    }

    /// The keyword argument at an index: its name and value.
    pub(crate) fn keyword(
        &self,
        index: usize,
    ) -> Option<(Bound<'py, PyAny>, Borrowed<'a, 'py, PyAny>)> {
        let name = self.keywords?.get_item(index).ok()?;
        Some((name, self.item(self.len.checked_add(index)?)?))
    }
}

/// What every function answers.
pub(crate) type Answer<'py> = PyResult<Bound<'py, PyAny>>;

/// None.
pub(crate) fn none(py: Python<'_>) -> Bound<'_, PyAny> {
    py.None().into_bound(py)
}

/// One function of a table. `Owner` is what it is called on: an object of the
/// class, or the module.
pub(crate) trait Function {
    type Owner;
    const NAME: &'static CStr;
    const DOC: &'static CStr;
    const STYLE: Style;

    fn call<'py>(owner: Borrowed<'_, 'py, Self::Owner>, args: Args<'_, 'py>) -> Answer<'py>;
}

/// CPython's calling conventions.
#[derive(Clone, Copy)]
pub(crate) enum Style {
    /// No arguments: `METH_NOARGS`.
    NoArgs,
    /// One positional argument: `METH_O`.
    One,
    /// Any number of positional arguments. `METH_FASTCALL` would be it, but words
    /// the refusal of keywords otherwise than CPython's own functions do.
    Positional,
    /// Positional and keyword arguments: `METH_FASTCALL | METH_KEYWORDS`.
    Keywords,
}

fn entry<F: Function>() -> ffi::PyMethodDef {
    let (method, flags) = match F::STYLE {
        Style::NoArgs => (
            ffi::PyMethodDefPointer {
                PyCFunction: simple::<F>,
            },
            ffi::METH_NOARGS,
        ),
        Style::One => (
            ffi::PyMethodDefPointer {
                PyCFunction: simple::<F>,
            },
            ffi::METH_O,
        ),
        Style::Positional | Style::Keywords => (
            ffi::PyMethodDefPointer {
                PyCFunctionFastWithKeywords: many::<F>,
            },
            ffi::METH_FASTCALL | ffi::METH_KEYWORDS,
        ),
    };
    ffi::PyMethodDef {
        ml_name: F::NAME.as_ptr(),
        ml_meth: method,
        ml_flags: flags,
        ml_doc: F::DOC.as_ptr(),
    }
}

unsafe extern "C" fn simple<F: Function>(
    owner: *mut ffi::PyObject,
    argument: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    let count = ffi::Py_ssize_t::from(!matches!(F::STYLE, Style::NoArgs));
    // SAFETY: the owner is passed on; there is one argument but for `METH_NOARGS`, and
    // its pointer lives past the call.
    unsafe { many::<F>(owner, &raw const argument, count, std::ptr::null_mut()) }
}

/// What CPython calls a slot or a function with; never null. (A check that panicked
/// would give each function a frame for the unwinding.)
///
/// # Safety
/// The thread is attached, and the object is a `T` that is alive for `'a`.
#[inline]
pub(crate) unsafe fn attached<'a, T>(object: *mut ffi::PyObject) -> Option<Borrowed<'a, 'a, T>> {
    // SAFETY: the caller's contract. (To attach again by PyO3, which would only
    // count, costs more than a short call does.)
    let py = unsafe { Python::assume_attached() };
    // SAFETY: the caller's contract.
    let object = unsafe { Borrowed::from_ptr_or_opt(py, object) }?;
    // SAFETY: the caller's contract.
    Some(unsafe { object.cast_unchecked() })
}

unsafe extern "C" fn init<F: Function>(
    object: *mut ffi::PyObject,
    args: *mut ffi::PyObject,
    kwargs: *mut ffi::PyObject,
) -> c_int {
    // SAFETY: CPython calls `tp_init` with an object of the slot's class, attached.
    let owner = unsafe { attached::<F::Owner>(object) };
    // SAFETY: `tp_init` is called with a tuple, which lives past the call.
    let args = unsafe { attached::<PyTuple>(args) };
    // SAFETY: and with a dict, or null.
    let kwargs = unsafe { attached::<PyDict>(kwargs) };
    let (Some(owner), Some(args)) = (owner, args) else {
        return -1;
    };
    let py = owner.py();
    caught::or_minus_one(py, || {
        let len = args.len();
        let (all, names);
        let (items, keywords) = if let Some(kwargs) = kwargs {
            names = PyTuple::new(py, kwargs.keys())?;
            if !names.iter().all(|name| name.is_instance_of::<PyString>()) {
                return Err(PyTypeError::new_err("keywords must be strings"));
            }
            all = args.iter().chain(kwargs.values()).collect::<Vec<_>>();
            (all.as_slice(), Some(names.as_borrowed()))
        } else {
            (args.as_slice(), None)
        };
        let args = Args {
            py,
            items,
            len,
            keywords,
        };
        F::call(owner, args).map(drop)
    })
}

#[inline]
unsafe extern "C" fn many<F: Function>(
    owner: *mut ffi::PyObject,
    items: *const *mut ffi::PyObject,
    count: ffi::Py_ssize_t,
    names: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: a method descriptor checks its object's class before it calls, and a
    // module's functions are called with the module, alive for the length of the call.
    let Some(owner) = (unsafe { attached::<F::Owner>(owner) }) else {
        return std::ptr::null_mut();
    };
    let py = owner.py();
    caught::or_null(py, || {
        let len = usize::try_from(count).unwrap_or(0);
        let mut keywords = None;
        let mut total = len;
        if !names.is_null() {
            // SAFETY: not null, so it is the tuple of the keywords' names, held by the
            // caller; their values follow the positional arguments.
            let names = unsafe { Borrowed::from_ptr(py, names) };
            let names = names.cast::<PyTuple>()?;
            total = len.saturating_add(names.len());
            keywords = Some(names);
        }
        if keywords.is_some() && matches!(F::STYLE, Style::Positional) && total > len {
            let name = F::NAME.to_string_lossy();
            return Err(PyTypeError::new_err(format!(
                "{name}() takes no keyword arguments"
            )));
        }
        let items = if total == 0 {
            &[]
        } else {
            // SAFETY: the vectorcall protocol gives that many pointers to live objects, which
            // stay until the call returns. `Bound` is such a pointer, transparently.
            unsafe { std::slice::from_raw_parts(items.cast(), total) }
        };
        let args = Args {
            py,
            items,
            len,
            keywords,
        };
        F::call(owner, args).map(Bound::into_ptr)
    })
}

/// A table's entries, each made once and never freed, as CPython wants them.
#[derive(Clone, Copy)]
pub(crate) struct Table {
    pub(crate) entries: fn() -> Vec<Entry>,
}

/// One entry of a table.
pub(crate) struct Entry {
    name: &'static CStr,
    def: ffi::PyMethodDef,
    init: Option<ffi::initproc>,
}

impl Entry {
    pub(crate) fn of<F: Function>() -> Self {
        Self {
            name: F::NAME,
            def: entry::<F>(),
            init: match F::NAME.to_bytes() {
                b"__init__" => Some(init::<F>),
                _ => None,
            },
        }
    }

    /// The definition, which must live for ever once it is in use.
    pub(crate) fn into_def(self) -> ffi::PyMethodDef {
        self.def
    }

    /// An `__init__` as a slot.
    pub(crate) fn as_init(&self) -> Option<ffi::initproc> {
        self.init
    }

    /// The function's name.
    pub(crate) fn name(&self) -> &'static CStr {
        self.name
    }
}

/// Adds a table's functions to a module, under their names with a prefix. A pickle finds them
/// in `rsock`, but for those whose errors CPython words, with their module's name.
pub(crate) fn add_functions(
    module: &Bound<'_, PyModule>,
    prefix: &str,
    table: Table,
) -> PyResult<()> {
    for entry in (table.entries)() {
        let name = entry.name();
        let def = Box::leak(Box::new(entry.into_def()));
        let worded = def.ml_flags & (ffi::METH_NOARGS | ffi::METH_O) != 0;
        let home = PyString::new(module.py(), if worded { "_socket" } else { "rsock" });
        // SAFETY: both objects are alive and the definition lives for ever; the answer
        // is a new reference or null with an exception set.
        let function = unsafe { ffi::PyCFunction_NewEx(def, module.as_ptr(), home.as_ptr()) };
        // SAFETY: as said.
        let function = unsafe { Bound::from_owned_ptr_or_err(module.py(), function) }?;
        module.setattr(format!("{prefix}{}", name.to_string_lossy()), function)?;
    }
    Ok(())
}

/// A function's name or doc as CPython takes it; the text is a literal with NUL.
pub(crate) const fn c_text(text: &'static str) -> &'static CStr {
    match CStr::from_bytes_with_nul(text.as_bytes()) {
        Ok(text) => text,
        Err(_) => c"",
    }
}

/// Declares a table: `table! { NAME: Owner { Style name = function, "doc"; ... } }`.
/// `One name(argument) = ...` names the argument for the signature.
///
/// A doc that begins with `name(...)\n--\n\n` gives the signature. From 3.13 on
/// CPython itself gives one to functions of no or one argument, and so does this.
macro_rules! table {
    ($(#[$meta:meta])* $table:ident: $owner:ty {
        $($style:ident $name:ident $(($argument:ident))? = $function:path, $doc:literal;)*
    }) => {
        $(#[$meta])*
        pub(crate) const $table: $crate::method::Table = $crate::method::Table {
            entries: || vec![$({
                struct This;
                impl $crate::method::Function for This {
                    type Owner = $owner;
                    const NAME: &'static std::ffi::CStr =
                        $crate::method::c_text(concat!(stringify!($name), "\0"));
                    const DOC: &'static std::ffi::CStr = $crate::method::c_text(
                        match $crate::method::Style::$style {
                            $crate::method::Style::NoArgs if cfg!(Py_3_13) => {
                                concat!(stringify!($name), "($self, /)\n--\n\n", $doc, "\0")
                            }
                            $crate::method::Style::One if cfg!(Py_3_13) => {
                                concat!(
                                    stringify!($name),
                                    "($self, ",
                                    $crate::method::argument_name!($($argument)?),
                                    ", /)\n--\n\n",
                                    $doc,
                                    "\0"
                                )
                            }
                            _ => concat!($doc, "\0"),
                        },
                    );
                    const STYLE: $crate::method::Style = $crate::method::Style::$style;
                    #[inline]
                    fn call<'py>(
                        owner: pyo3::Borrowed<'_, 'py, $owner>,
                        args: $crate::method::Args<'_, 'py>,
                    ) -> $crate::method::Answer<'py> {
                        $function(owner, args)
                    }
                }
                $crate::method::Entry::of::<This>()
            }),*],
        };
    };
}
pub(crate) use table;

/// The name of the one argument of a function, in its signature.
macro_rules! argument_name {
    () => {
        "object"
    };
    ($name:ident) => {
        stringify!($name)
    };
}
pub(crate) use argument_name;
