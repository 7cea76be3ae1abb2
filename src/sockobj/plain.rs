//! Floor 4a: whether a socket is just what this crate made of it.
//!
//! The methods of the stdlib's class call each other by way of the object, and what `accept`
//! gives is of the class that the module has under the name `socket`. A subclass, a test that
//! patches the class, or a tool that puts its own class into the module relies on it. Only
//! where nobody did may one method do another's work at once.

use std::sync::atomic::{AtomicU32, Ordering};

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyType};

use crate::caught;
use crate::once::{ForkSafeOnce, name};
use crate::sockobj::state::PublicSocket;
use crate::typeobj;

/// What the methods of the public class call or read of their object, or of another one.
const USED: [&str; 12] = [
    "__init__",
    "__new__",
    "_accept",
    "_real_close",
    "close",
    "family",
    "fileno",
    "gettimeout",
    "proto",
    "setblocking",
    "settimeout",
    "type",
];

/// These attributes of the public class as it was made.
static MADE: ForkSafeOnce<Vec<Py<PyAny>>> = ForkSafeOnce::new();
/// The version that the class had when all of them were still the same.
static VERSION: AtomicU32 = AtomicU32::new(0);
/// The names of the public module.
static NAMESPACE: ForkSafeOnce<Py<PyDict>> = ForkSafeOnce::new();

/// Remembers the public class as it is now.
pub(crate) fn remember(class: &Bound<'_, PyType>) -> PyResult<()> {
    let made = USED.iter().map(|name| Ok(class.getattr(*name)?.unbind()));
    MADE.set(made.collect::<PyResult<_>>()?);
    Ok(())
}

/// Tells where the class of what `accept` gives is looked up.
pub(crate) fn set_namespace(namespace: &Bound<'_, PyDict>) {
    NAMESPACE.set(namespace.clone().unbind());
}

/// The class that the public module has under the name `socket`.
pub(crate) fn class_of_module(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    if let Some(namespace) = NAMESPACE.get()
        && let Some(class) = namespace.bind(py).get_item(name!(py, "socket"))?
    {
        return Ok(class);
    }
    Ok(py.get_type::<PublicSocket>().into_any())
}

/// Whether the object is of the public class, and that is as it was made.
#[inline]
pub(crate) fn is_plain(socket: Borrowed<'_, '_, PublicSocket>) -> bool {
    socket.is_exact_instance_of::<PublicSocket>() && is_as_made(&socket.get_type())
}

/// Whether a class is the public one, and as it was made.
#[inline]
pub(crate) fn is_plain_class(class: Borrowed<'_, '_, PyAny>) -> bool {
    let public = class.py().get_type::<PublicSocket>();
    class.is(&public) && is_as_made(&public)
}

#[inline]
fn is_as_made(class: &Bound<'_, PyType>) -> bool {
    let version = typeobj::version(class);
    (version != 0 && version == VERSION.load(Ordering::Relaxed))
        || caught::tried(looks_as_made(class)).unwrap_or(false)
}

/// Looks at each attribute, once after each change of the class.
#[cold]
fn looks_as_made(class: &Bound<'_, PyType>) -> PyResult<bool> {
    let py = class.py();
    let Some(made) = MADE.get() else {
        return Ok(true);
    };
    class.getattr(name!(py, "fileno"))?; // a look-up gives the class a version, if it has none
    let version = typeobj::version(class);
    for (name, attribute) in USED.iter().zip(made) {
        if !class.getattr(*name)?.is(attribute) {
            return Ok(false);
        }
    }
    VERSION.store(version, Ordering::Relaxed);
    Ok(true)
}
