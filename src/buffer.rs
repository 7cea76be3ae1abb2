//! Floor 1: Python's memory as windows, and received bytes as `bytes`.
//!
//! The export is held for as long as the window lives, which stops resizing and
//! freeing; it does not stop other threads from writing, so no Rust reference
//! to the memory is ever formed. See the buffer protocol in the C API manual.
#![expect(
    unsafe_code,
    reason = "the buffer protocol, and memory that Python owns"
)]

use std::cell::Cell;
use std::ffi::{c_char, c_int};
use std::mem::MaybeUninit;

use pyo3::exceptions::{PyMemoryError, PyTypeError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes};
#[cfg(unix)]
use pyo3::types::{PyList, PyTuple};

use crate::error::Error;
use crate::libpython::_PyBytes_Resize;
use crate::sys::io::{Window, WindowMut, means_what_it_says};

/// A copy of more than this is worth letting other threads run meanwhile.
pub(crate) const QUICK: usize = 64 * 1024;
/// What fits on the stack of a call.
const SMALL: usize = 1024;
/// Where receiving into the thread's buffer begins. The allocator's own alignment, 16 bytes
/// into a page, can make the kernel's copy of a few KiB three times as slow.
const ALIGNMENT: usize = 64;
/// The most that a thread keeps for receiving: address space, not memory, as
/// pages that no message reached are never touched.
const SCRATCH_MAX: usize = 4 * 1024 * 1024;

/// A buffer export. It must stay where it is filled: some exporters point
/// into the struct itself.
pub(crate) struct View {
    raw: ffi::Py_buffer,
    quick: bool,
    writable: bool,
}

impl View {
    /// A view of nothing.
    pub(crate) fn empty() -> Self {
        Self {
            raw: ffi::Py_buffer::new(),
            quick: false,
            writable: false,
        }
    }

    fn fill(&mut self, object: Borrowed<'_, '_, PyAny>, flags: c_int) -> PyResult<()> {
        // SAFETY: the object is alive, the struct is ours and, being empty, holds
        // no other export; on failure the call leaves `obj` null.
        let ret = unsafe { ffi::PyObject_GetBuffer(object.as_ptr(), &raw mut self.raw, flags) };
        if ret != 0 {
            return Err(PyErr::fetch(object.py()));
        }
        self.quick = self.len() <= QUICK
            && (object.is_exact_instance_of::<PyBytes>()
                || object.is_exact_instance_of::<PyByteArray>());
        Ok(())
    }

    /// Fills the view from any contiguous bytes-like object.
    pub(crate) fn readable(&mut self, object: Borrowed<'_, '_, PyAny>) -> PyResult<()> {
        self.fill(object, ffi::PyBUF_SIMPLE)
    }

    /// Fills the view from a contiguous bytes-like object that may be written to;
    /// `refusal` words the `TypeError` for any other.
    pub(crate) fn writable(
        &mut self,
        object: Borrowed<'_, '_, PyAny>,
        refusal: impl FnOnce() -> String,
    ) -> PyResult<()> {
        self.fill(object, ffi::PyBUF_WRITABLE)
            .map_err(|_| PyTypeError::new_err(refusal()))?;
        self.writable = true;
        Ok(())
    }

    /// The length in bytes.
    pub(crate) fn len(&self) -> usize {
        usize::try_from(self.raw.len).unwrap_or(0)
    }

    /// Whether the memory is small and cannot fault, so that a call which does
    /// not wait may be made without releasing the interpreter.
    pub(crate) fn is_quick(&self) -> bool {
        self.quick
    }

    /// The memory, to send from.
    pub(crate) fn window(&self) -> Window<'_> {
        // SAFETY: the export keeps pointer and length valid until it is released,
        // and the borrow of the view ends before that.
        unsafe { Window::new(self.raw.buf.cast(), self.len()) }
    }

    /// The first `room` bytes of the memory, to receive into; none where the view was
    /// not asked to be writable.
    pub(crate) fn window_mut(&mut self, room: usize) -> WindowMut<'_> {
        let len = if self.writable {
            self.len().min(room)
        } else {
            0
        };
        let ptr = self.raw.buf.cast();
        // SAFETY: the export was asked to be writable, and keeps pointer and length
        // valid until it is released, which the borrow of the view ends before. No
        // Rust reference to the memory is formed in this crate.
        unsafe { WindowMut::new(ptr, len) }
    }

    /// A copy of the bytes; `MemoryError` where there is no room for one.
    pub(crate) fn to_vec(&self, py: Python<'_>) -> PyResult<Vec<u8>> {
        let mut copy = Vec::new();
        let room = copy.try_reserve_exact(self.len());
        room.map_err(|_| PyMemoryError::new_err(()))?;
        copy.resize(self.len(), 0_u8);
        let to = copy.as_mut_ptr().cast();
        let order = c_char::from_ne_bytes(*b"C");
        // Not const before 3.11.
        let from = (&raw const self.raw).cast_mut();
        // By Python, as another thread may write to the memory meanwhile.
        // SAFETY: the view is filled or of nothing, and the copy as long; the call reads no
        // more of the one and writes no more to the other, and changes nothing of the view.
        let ret = unsafe { ffi::PyBuffer_ToContiguous(to, from, self.raw.len, order) };
        if ret != 0 {
            return Err(PyErr::fetch(py));
        }
        Ok(copy)
    }
}

impl Drop for View {
    fn drop(&mut self) {
        if !self.raw.obj.is_null() {
            // SAFETY: `obj` is not null, so the view was filled and not released;
            // views are made and dropped with the interpreter attached.
            unsafe { ffi::PyBuffer_Release(&raw mut self.raw) };
        }
    }
}

/// Runs `f` on the memory of a bytes-like object, and tells it whether the
/// memory is quick (see `View::is_quick`).
#[inline]
pub(crate) fn reading<R>(
    object: Borrowed<'_, '_, PyAny>,
    f: impl FnOnce(Window<'_>, bool) -> Result<R, Error>,
) -> Result<R, Error> {
    let mut place = None;
    let bytes = object.cast_exact::<PyBytes>();
    let (window, quick) = if let Ok(bytes) = &bytes {
        // `bytes` never changes, and the caller's reference keeps it alive.
        let bytes = bytes.as_bytes();
        (Window::of(bytes), bytes.len() <= QUICK)
    } else {
        let view = place.insert(View::empty());
        view.readable(object)?;
        (view.window(), view.is_quick())
    };
    f(window, quick)
}

/// The only item of a list or a tuple, where that is an exact `bytes`.
#[cfg(unix)]
pub(crate) fn only_bytes<'py>(value: Borrowed<'_, 'py, PyAny>) -> Option<Bound<'py, PyBytes>> {
    let item = if let Ok(list) = value.cast_exact::<PyList>() {
        (list.len() == 1).then(|| list.get_item(0).ok())??
    } else {
        let tuple = value.cast_exact::<PyTuple>().ok()?;
        (tuple.len() == 1).then(|| tuple.get_item(0).ok())??
    };
    item.cast_into_exact::<PyBytes>().ok()
}

thread_local! {
    /// Taken out while a call uses it: a signal handler may call again.
    static SCRATCH: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Receives up to `room` bytes by `receive` and makes an exact `bytes` of them.
///
/// Nothing of that size is allocated on trust: small receives land on the stack,
/// others in a buffer of the thread. Where `expect_large` says that the last
/// read filled a lot, the bytes land in the object itself, without a second copy.
/// `receive` makes its call with `flags`, and returns the kernel's length. That may
/// exceed `room` (`MSG_TRUNC`): the rest of the object is then zeroes.
// It is called in one place, so that it becomes part of its caller: after a system call the
// processor guesses returns wrong, and each frame less saves 10 ns.
#[inline]
pub(crate) fn receive_bytes(
    py: Python<'_>,
    room: usize,
    flags: c_int,
    expect_large: bool,
    receive: impl FnOnce(&mut WindowMut<'_>) -> Result<usize, Error>,
) -> Result<Bound<'_, PyBytes>, Error> {
    let mut stack = [MaybeUninit::uninit(); SMALL];
    let mut scratch = Vec::new();
    let mut object = None;
    let mut window = if let Some(stack) = stack.get_mut(..room) {
        scratch_window(stack, flags)
    } else if expect_large || room > SCRATCH_MAX {
        object_window(object.insert(blank(py, room, flags)?), room)
    } else {
        scratch = SCRATCH.try_with(Cell::take).unwrap_or_default();
        let wanted = room.saturating_add(ALIGNMENT);
        if scratch.capacity() < wanted && scratch.try_reserve_exact(wanted).is_err() {
            return Err(PyMemoryError::new_err(()).into());
        }
        let spare = scratch.spare_capacity_mut();
        let skip = spare.as_ptr().align_offset(ALIGNMENT).min(ALIGNMENT);
        let (_, spare) = spare.split_at_mut(skip);
        let (spare, _) = spare.split_at_mut(room);
        scratch_window(spare, flags)
    };
    let count = receive(&mut window);
    let memory = window.ptr().cast_const().cast();
    let bytes = match object {
        Some(object) => return shortened(py, object, room, count?),
        None => count.and_then(|count| copied(py, memory, room, count)),
    };
    if scratch.capacity() > 0 {
        // A big message leaves its pages behind: those are given back.
        let big = |bytes: &Bound<'_, PyBytes>| bytes.as_bytes().len() > QUICK;
        if !bytes.as_ref().is_ok_and(big) {
            let _ = SCRATCH.try_with(|place| place.set(scratch));
        }
    }
    bytes
}

/// A window over memory of ours, which what `flags` say may leave unwritten.
fn scratch_window(scratch: &mut [MaybeUninit<u8>], flags: c_int) -> WindowMut<'_> {
    if !means_what_it_says(flags) {
        scratch.fill(MaybeUninit::new(0));
    }
    WindowMut::of(scratch)
}

/// What was received into memory of ours.
#[inline]
fn copied(
    py: Python<'_>,
    memory: *const c_char,
    room: usize,
    count: usize,
) -> Result<Bound<'_, PyBytes>, Error> {
    let written = count.min(room);
    // Those bytes are initialised: the kernel wrote as many as it reported, but for
    // flags such as MSG_TRUNC, and then all of them were zeroed first.
    let filled = new_bytes(py, memory, written)?;
    if count == written {
        return Ok(filled);
    }
    zero_extended(py, filled.as_bytes(), count)
}

/// A new `bytes` of a length: a copy of what is at `from`, or not yet set where
/// that is null. `PyBytes::new` would panic where there is no memory.
#[inline]
fn new_bytes(py: Python<'_>, from: *const c_char, len: usize) -> PyResult<Bound<'_, PyBytes>> {
    let size = isize::try_from(len).map_err(|_| PyMemoryError::new_err(()))?;
    // SAFETY: the callers in this file pass null, or memory of that length.
    let object = unsafe { ffi::PyBytes_FromStringAndSize(from, size) };
    // SAFETY: the call answers a new reference, or null with an exception set.
    let object = unsafe { Bound::from_owned_ptr_or_err(py, object) }?;
    Ok(object.cast_into::<PyBytes>()?)
}

/// What a caller that measures with `MSG_TRUNC` gets: the real length.
#[cold]
fn zero_extended<'py>(
    py: Python<'py>,
    filled: &[u8],
    count: usize,
) -> Result<Bound<'py, PyBytes>, Error> {
    let bytes = PyBytes::new_with(py, count, |all| {
        let (head, _) = all.split_at_mut(filled.len().min(count));
        head.copy_from_slice(filled);
        Ok(())
    })?;
    Ok(bytes)
}

/// An object of a length, to receive into.
fn blank(py: Python<'_>, room: usize, flags: c_int) -> PyResult<Bound<'_, PyBytes>> {
    if means_what_it_says(flags) {
        new_bytes(py, std::ptr::null(), room)
    } else {
        PyBytes::new_with(py, room, |_zeroed| Ok(()))
    }
}

/// The memory of an object of `blank`.
fn object_window<'a>(object: &'a Bound<'_, PyBytes>, room: usize) -> WindowMut<'a> {
    // SAFETY: the object is a `bytes`, so it has a buffer of `room` bytes.
    let memory: *mut u8 = unsafe { ffi::PyBytes_AsString(object.as_ptr()) }.cast();
    // SAFETY: nobody else knows the new object, so nobody reads or frees its
    // buffer before `receive_bytes` has returned it.
    unsafe { WindowMut::new(memory, room) }
}

/// An object of `blank`, cut to what was received into it.
fn shortened<'py>(
    py: Python<'py>,
    object: Bound<'py, PyBytes>,
    room: usize,
    count: usize,
) -> Result<Bound<'py, PyBytes>, Error> {
    if count > room {
        return zero_extended(py, object.as_bytes(), count);
    }
    let mut raw = object.into_ptr();
    let count = isize::try_from(count).map_err(|_| PyMemoryError::new_err(()))?;
    // SAFETY: `raw` is the one reference to a `bytes` that no one has seen; the
    // call replaces it, or sets it to null with an exception.
    unsafe { _PyBytes_Resize(&raw mut raw, count) };
    // SAFETY: the resizing leaves a new reference in `raw`, or null with an exception set.
    let object = unsafe { Bound::from_owned_ptr_or_err(py, raw) }?;
    Ok(object.cast_into::<PyBytes>().map_err(PyErr::from)?)
}
