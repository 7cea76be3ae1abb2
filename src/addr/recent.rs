//! Floor 3b: the IPv4 addresses that this thread met last, in both forms, so that a stream
//! of datagrams from one peer makes and parses its address once. Must not know the codec.
//!
//! A tuple may be shared because nothing in it can change: it is exact, and holds an exact
//! str and an exact int. A name that the resolver answered is never kept.

use std::cell::Cell;

use pyo3::prelude::*;
use pyo3::types::{PyInt, PyString, PyTuple};

use crate::sys::storage::RawAddr;

struct Entry {
    raw: RawAddr,
    tuple: Py<PyAny>,
}

type Place = Cell<Option<Box<Entry>>>;

thread_local! {
    /// The last address from the kernel.
    static FROM: Place = const { Cell::new(None) };
    /// The last address from Python.
    static TO: Place = const { Cell::new(None) };
}

/// Looks at an entry, which is taken out meanwhile.
#[inline]
fn peek<T>(place: &Place, look: impl FnOnce(&Entry) -> Option<T>) -> Option<T> {
    let entry = place.take()?;
    let found = look(&entry);
    place.set(Some(entry));
    found
}

fn keep(place: &Place, raw: RawAddr, tuple: Bound<'_, PyAny>) {
    let py = tuple.py();
    let tuple = tuple.unbind();
    if let Some(old) = place.replace(Some(Box::new(Entry { raw, tuple }))) {
        // Not by its own drop: that waits for PyO3's next attach, which may be far off.
        drop(old.tuple.into_bound(py));
    }
}

/// The tuple of these bytes, if they are the last ones.
#[inline]
pub(crate) fn tuple<'py>(py: Python<'py>, raw: &RawAddr) -> Option<Bound<'py, PyAny>> {
    let same =
        |entry: &Entry| (entry.raw.bytes() == raw.bytes()).then(|| entry.tuple.bind(py).clone());
    FROM.with(|place| peek(place, same))
}

/// The bytes of this very tuple, if it is one of the last.
#[inline]
pub(crate) fn raw(value: Borrowed<'_, '_, PyAny>) -> Option<RawAddr> {
    let same = |entry: &Entry| (entry.tuple.as_ptr() == value.as_ptr()).then_some(entry.raw);
    TO.with(|place| peek(place, same))
        .or_else(|| FROM.with(|place| peek(place, same)))
}

/// Keeps an address that the kernel gave, and the tuple that was made of it.
pub(crate) fn keep_from(raw: &RawAddr, tuple: &Bound<'_, PyAny>) {
    FROM.with(|place| keep(place, *raw, tuple.clone()));
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
        TO.with(|place| keep(place, *raw, value.to_owned()));
    }
}
