//! Floor 4b: the end of a socket that nobody closed: a ResourceWarning while the
//! object is whole, then the descriptor.
//!
//! PyO3 has no `__del__`, and its dealloc calls no finalizer for an exact
//! instance. So `__del__` is a slot's function in the table of methods, and
//! `tp_dealloc` is wrapped by hand, before anything derives from the class. See
//! "Finalization" in the C API manual.
#![expect(unsafe_code, reason = "PyO3 has no finalizer")]

use std::sync::OnceLock;
use std::sync::atomic::{AtomicPtr, Ordering};

use pyo3::exceptions::PyWarning;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyType;

use crate::method::{Answer, Args, none};
use crate::sockobj::lifecycle;
use crate::sockobj::state::Socket;
use crate::typeobj::with_slots;

/// `__del__()`: fills `tp_finalize`, too.
#[expect(clippy::unnecessary_wraps, reason = "the form of a method in a table")]
pub(crate) fn del<'py>(slf: Borrowed<'_, 'py, Socket>, _: Args<'_, 'py>) -> Answer<'py> {
    end_if_open(slf);
    Ok(none(slf.py()))
}

fn end_if_open(socket: Borrowed<'_, '_, Socket>) {
    if socket.get().fileno() >= 0 {
        // PyO3 has to be told that the thread is attached: it cannot find out by itself
        // while the interpreter shuts down.
        // SAFETY: the interpreter called, so this thread is attached.
        unsafe { Python::attach_unchecked(|_| end(socket)) };
    }
}

#[cold]
fn end(socket: Borrowed<'_, '_, Socket>) {
    let py = socket.py();
    // A finalizer must leave the current exception as it found it.
    let pending = PyErr::take(py);
    let ptr = socket.as_ptr();
    // SAFETY: format and argument agree, and the object is alive.
    let shown = unsafe { ffi::PyErr_ResourceWarning(ptr, 1, c"unclosed %R".as_ptr(), ptr) };
    if shown < 0 {
        let error = PyErr::fetch(py);
        // A warning that was made an error has no one to catch it here. What came in the
        // making of its text, from a repr that fails, is not what is to be told.
        if error.is_instance_of::<PyWarning>(py) {
            error.write_unraisable(py, Some(&socket));
        }
    }
    let socket = socket.get();
    // A finalizer has no one to report an error of close to.
    let _ = lifecycle::close_now(py, socket);
    if let Some(pending) = pending {
        pending.restore(py);
    }
}

/// A class, and its dealloc as PyO3 made it.
struct Dealloc {
    class: AtomicPtr<ffi::PyTypeObject>,
    original: ffi::destructor,
}

static DEALLOCS: [OnceLock<Dealloc>; 2] = [OnceLock::new(), OnceLock::new()];
const BASE: usize = 0;
const PUBLIC: usize = 1;

unsafe extern "C" fn dealloc<const CLASS: usize>(object: *mut ffi::PyObject) {
    let Some(known) = DEALLOCS.get(CLASS).and_then(OnceLock::get) else {
        return;
    };
    // SAFETY: the object's memory is valid until the original dealloc.
    let class = unsafe { ffi::Py_TYPE(object) };
    // A subclass made in Python has called the finalizer before it came here.
    if class == known.class.load(Ordering::Relaxed) {
        // SAFETY: called from tp_dealloc with no reference left, as it must be.
        let revived = unsafe { ffi::PyObject_CallFinalizerFromDealloc(object) } < 0;
        if revived {
            return;
        }
    }
    // SAFETY: PyO3's own dealloc of this very class, called once.
    unsafe { (known.original)(object) };
}

fn wrap<const CLASS: usize>(class: &Bound<'_, PyType>) {
    let known = AtomicPtr::new(class.as_type_ptr());
    with_slots(class, |slots| {
        if let (Some(original), Some(place)) = (slots.tp_dealloc, DEALLOCS.get(CLASS)) {
            let class = known;
            if place.set(Dealloc { class, original }).is_ok() {
                slots.tp_dealloc = Some(dealloc::<CLASS>);
            }
        }
    });
}

/// Prepares the base class; before the public class is made.
pub(crate) fn prepare_base(class: &Bound<'_, PyType>) {
    wrap::<BASE>(class);
}

/// Prepares the public class; before anything derives from it.
pub(crate) fn prepare_public(class: &Bound<'_, PyType>) {
    wrap::<PUBLIC>(class);
}
