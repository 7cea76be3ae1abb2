//! Floor 3b: the IPv4 addresses that were met last, in both forms, so that datagrams from and
//! to a few peers make and parse each address once. Must not know the codec.
//!
//! A tuple may be shared because nothing in it can change: it is exact, and holds an exact
//! str and an exact int. A name that the resolver answered is never kept.
//!
//! The places are the process's and not a thread's: what a thread leaves behind is dropped
//! without the interpreter, and PyO3 puts that off under a lock which a fork can leave held.
//! Here nobody waits for a lock: a place that is taken keeps nothing for the moment.

use std::sync::{Mutex, MutexGuard};

use pyo3::prelude::*;
use pyo3::types::{PyInt, PyString, PyTuple};

use crate::sys::storage::RawAddr;

struct Entry {
    raw: RawAddr,
    tuple: Py<PyAny>,
}

const PLACES: usize = 16;
type Places = [Mutex<Option<Entry>>; PLACES];

/// By the bytes of the address.
static BY_BYTES: Places = [const { Mutex::new(None) }; PLACES];
/// By the address of the tuple.
static BY_TUPLE: Places = [const { Mutex::new(None) }; PLACES];

fn place(places: &'static Places, key: usize) -> Option<MutexGuard<'static, Option<Entry>>> {
    places.get(key % PLACES)?.try_lock().ok()
}

/// By the low bytes of port and host, in which peers differ most.
fn bytes_key(raw: &RawAddr) -> usize {
    match raw.bytes() {
        [_, _, _, port, _, _, _, host, ..] => usize::from(port ^ host),
        _ => 0,
    }
}

/// Objects are 16 bytes apart at the least.
fn tuple_key(tuple: Borrowed<'_, '_, PyAny>) -> usize {
    tuple.as_ptr().addr() >> 4
}

fn keep(places: &'static Places, key: usize, raw: &RawAddr, tuple: Borrowed<'_, '_, PyAny>) {
    let old = place(places, key).and_then(|mut place| {
        place.replace(Entry {
            raw: *raw,
            tuple: tuple.to_owned().unbind(),
        })
    });
    // Not by its own drop: that waits for PyO3's next attach, which may be far off.
    if let Some(old) = old {
        drop(old.tuple.into_bound(tuple.py()));
    }
}

/// The tuple of these bytes, if they were met lately.
#[inline]
pub(crate) fn tuple<'py>(py: Python<'py>, raw: &RawAddr) -> Option<Bound<'py, PyAny>> {
    let place = place(&BY_BYTES, bytes_key(raw))?;
    let entry = place.as_ref()?;
    (entry.raw.bytes() == raw.bytes()).then(|| entry.tuple.bind(py).clone())
}

/// The bytes of this very tuple, if it was met lately.
#[inline]
pub(crate) fn raw(value: Borrowed<'_, '_, PyAny>) -> Option<RawAddr> {
    let place = place(&BY_TUPLE, tuple_key(value))?;
    let entry = place.as_ref()?;
    (entry.tuple.as_ptr() == value.as_ptr()).then_some(entry.raw)
}

/// Keeps an address that the kernel gave, and the tuple that was made of it.
pub(crate) fn keep_from(raw: &RawAddr, tuple: &Bound<'_, PyAny>) {
    let tuple = tuple.as_borrowed();
    keep(&BY_BYTES, bytes_key(raw), raw, tuple);
    keep(&BY_TUPLE, tuple_key(tuple), raw, tuple);
}

/// Keeps an address that Python gave, if its host is `text`, as the address is written:
/// any other spelling may be a name, whose address may change.
pub(crate) fn keep_to(raw: &RawAddr, value: Borrowed<'_, '_, PyAny>, text: &str) {
    let Ok(tuple) = value.cast_exact::<PyTuple>() else {
        return;
    };
    let plain = tuple.iter().enumerate().all(|(index, item)| match index {
        0 => item
            .cast_exact::<PyString>()
            .is_ok_and(|host| host.to_str().is_ok_and(|host| host == text)),
        _ => item.is_exact_instance_of::<PyInt>(),
    });
    if plain {
        keep(&BY_TUPLE, tuple_key(value), raw, value);
    }
}
