//! Floor 1: Rust functions as CPython's own kinds of function.
//!
//! `#[pymethods]` has its own words for argument errors; a drop-in needs CPython's, and its
//! calling conventions. So functions are entries of tables (`table!`), and the few `extern
//! "C"` shapes stand here once. See the C API manual's "Common Object Structures".
#![expect(unsafe_code, reason = "PyO3 has no safe form for a method table")]

use std::ffi::{CStr, c_char, c_int, c_void};
use std::mem::offset_of;

use pyo3::exceptions::PyTypeError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};

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

/// A `PyMethodDef`, whose function PyO3 has no name for that fits every convention.
#[repr(C)]
pub(crate) struct Definition {
    name: *const c_char,
    function: *mut c_void,
    flags: c_int,
    doc: *const c_char,
}

const _: () = {
    assert!(size_of::<Definition>() == size_of::<ffi::PyMethodDef>());
    assert!(offset_of!(Definition, function) == offset_of!(ffi::PyMethodDef, ml_meth));
    assert!(offset_of!(Definition, flags) == offset_of!(ffi::PyMethodDef, ml_flags));
    assert!(offset_of!(Definition, doc) == offset_of!(ffi::PyMethodDef, ml_doc));
};

impl Definition {
    fn of<F: Function>() -> Self {
        Self {
            name: F::NAME.as_ptr(),
            function: address::<F>(),
            flags: match F::STYLE {
                Style::NoArgs => ffi::METH_NOARGS,
                Style::One => ffi::METH_O,
                Style::Positional | Style::Keywords => ffi::METH_FASTCALL | ffi::METH_KEYWORDS,
            },
            doc: F::DOC.as_ptr(),
        }
    }

    /// Whether it takes one argument at most.
    pub(crate) fn is_simple(&self) -> bool {
        self.flags & (ffi::METH_NOARGS | ffi::METH_O) != 0
    }

    /// The function's address.
    pub(crate) fn function(&self) -> *mut c_void {
        self.function
    }

    /// The text that gives the function's doc and signature.
    pub(crate) fn doc(&self) -> *const c_char {
        self.doc
    }

    /// As CPython takes it, which wants it to live for ever.
    pub(crate) fn leaked(self) -> *mut ffi::PyMethodDef {
        std::ptr::from_mut(Box::leak(Box::new(self))).cast()
    }
}

#[expect(clippy::as_conversions, reason = "C keeps addresses as void *")]
fn address<F: Function>() -> *mut c_void {
    match F::STYLE {
        Style::NoArgs | Style::One => simple::<F> as *mut c_void,
        Style::Positional | Style::Keywords => many::<F> as *mut c_void,
    }
}

#[expect(clippy::as_conversions, reason = "C keeps addresses as void *")]
fn slot_address<F: Function>() -> Option<*mut c_void> {
    match F::NAME.to_bytes() {
        b"__init__" => Some(init::<F> as *mut c_void),
        b"__del__" => Some(finalize::<F> as *mut c_void),
        _ => None,
    }
}

// The types of what follows say what the interpreter calls each with: an attached thread,
// and live objects of those classes. That they do is the argument of whoever hands out the
// address. (Checks of it, and to attach again by PyO3, would cost more than a short call.)
const _: () = {
    assert!(size_of::<Borrowed<'_, '_, PyAny>>() == size_of::<*mut ffi::PyObject>());
    assert!(size_of::<Option<Borrowed<'_, '_, PyAny>>>() == size_of::<*mut ffi::PyObject>());
};

/// `METH_NOARGS`, with null for an argument, and `METH_O`.
extern "C" fn simple<'py, F: Function>(
    owner: Borrowed<'py, 'py, F::Owner>,
    argument: Option<Borrowed<'py, 'py, PyAny>>,
) -> *mut ffi::PyObject {
    let argument: Option<&Bound<'py, PyAny>> = argument.as_deref();
    answer::<F>(owner, argument.map_or(&[], std::slice::from_ref), None)
}

/// `tp_init`.
extern "C" fn init<'py, F: Function>(
    owner: Borrowed<'py, 'py, F::Owner>,
    args: Borrowed<'py, 'py, PyTuple>,
    kwargs: Option<Borrowed<'py, 'py, PyDict>>,
) -> c_int {
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

/// `tp_finalize`, which has nobody to report an error to.
extern "C" fn finalize<'py, F: Function>(owner: Borrowed<'py, 'py, F::Owner>) {
    let args = Args {
        py: owner.py(),
        items: &[],
        len: 0,
        keywords: None,
    };
    let _ = caught::caught(|| F::call(owner, args).map(drop));
}

/// `METH_FASTCALL | METH_KEYWORDS`, and `vectorcallfunc`, which may set the count's topmost bit
/// to say that there is room before the items.
///
/// # Safety
/// `items` is to as many pointers to objects as `count` says, and then one for each of `names`.
/// All of them stay until the call returns.
unsafe extern "C" fn many<'py, F: Function>(
    owner: Borrowed<'py, 'py, F::Owner>,
    items: *const Bound<'py, PyAny>,
    count: ffi::Py_ssize_t,
    names: Option<Borrowed<'py, 'py, PyTuple>>,
) -> *mut ffi::PyObject {
    let count = usize::try_from(count & ffi::Py_ssize_t::MAX).unwrap_or(0);
    let total = count.saturating_add(names.map_or(0, |names| names.len()));
    let items = if total == 0 {
        &[]
    } else {
        // SAFETY: the caller's contract, which is the vectorcall protocol's. `Bound` is a
        // pointer to an object, transparently.
        unsafe { std::slice::from_raw_parts(items, total) }
    };
    answer::<F>(owner, items, names)
}

/// Calls a function; `items` ends with the values of the keywords.
#[inline]
fn answer<'py, F: Function>(
    owner: Borrowed<'py, 'py, F::Owner>,
    items: &[Bound<'py, PyAny>],
    keywords: Option<Borrowed<'_, 'py, PyTuple>>,
) -> *mut ffi::PyObject {
    let py = owner.py();
    caught::or_null(py, || {
        let named = keywords.map_or(0, |names| names.len());
        if named > 0 && matches!(F::STYLE, Style::Positional) {
            let name = F::NAME.to_string_lossy();
            return Err(PyTypeError::new_err(format!(
                "{name}() takes no keyword arguments"
            )));
        }
        let args = Args {
            py,
            items,
            len: items.len().saturating_sub(named),
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
    def: Definition,
    slot: Option<*mut c_void>,
}

impl Entry {
    pub(crate) fn of<F: Function>() -> Self {
        Self {
            name: F::NAME,
            def: Definition::of::<F>(),
            slot: slot_address::<F>(),
        }
    }

    /// The definition.
    pub(crate) fn into_def(self) -> Definition {
        self.def
    }

    /// The address of a function that fills a slot of its class: `__init__`, `__del__`.
    pub(crate) fn slot(&self) -> Option<*mut c_void> {
        self.slot
    }

    /// The function's name.
    pub(crate) fn name(&self) -> &'static CStr {
        self.name
    }
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
                                    $crate::method::argument!($($argument)?),
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

/// What a function of one named argument is called on, in its signature.
#[cfg(Py_3_14)]
macro_rules! owner {
    () => {
        "$module"
    };
}
#[cfg(not(Py_3_14))]
macro_rules! owner {
    () => {
        "$self"
    };
}
pub(crate) use owner;

/// The start of the signature of a function of one argument.
macro_rules! argument {
    () => {
        "($self, object"
    };
    ($name:ident) => {
        concat!("(", $crate::method::owner!(), ", ", stringify!($name))
    };
}
pub(crate) use argument;
