//! Floor 1: the members of `AddressFamily` and `SocketKind`, in tables that the
//! Python side sets once, so that no enum is constructed at call time.

use std::ffi::c_int;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyType};

use crate::once::ForkSafeOnce;

/// Members by value. Values past the table's end (`SOCK_CLOEXEC`) are flags that no
/// socket has for its type.
struct Members {
    table: Vec<Option<Py<PyAny>>>,
    class: Option<Py<PyType>>,
}

const TABLE: usize = 256;

static FAMILIES: ForkSafeOnce<Members> = ForkSafeOnce::new();
static KINDS: ForkSafeOnce<Members> = ForkSafeOnce::new();

impl Members {
    fn new(members: &Bound<'_, PyDict>) -> PyResult<Self> {
        let mut table: Vec<Option<Py<PyAny>>> = Vec::new();
        let mut class = None;
        for (value, member) in members {
            let index: usize = value.extract()?;
            class = Some(member.get_type().unbind());
            if index >= TABLE {
                continue;
            }
            if index >= table.len() {
                table.resize_with(index + 1, || None);
            }
            if let Some(place) = table.get_mut(index) {
                *place = Some(member.unbind());
            }
        }
        Ok(Self { table, class })
    }

    #[inline]
    fn get<'py>(&self, py: Python<'py>, value: c_int) -> Option<Bound<'py, PyAny>> {
        let index = usize::try_from(value).ok()?;
        Some(self.table.get(index)?.as_ref()?.bind(py).clone())
    }
}

fn member<'py>(
    py: Python<'py>,
    members: &ForkSafeOnce<Members>,
    value: c_int,
) -> PyResult<Bound<'py, PyAny>> {
    let known = members.get().and_then(|table| table.get(py, value));
    match known {
        Some(member) => Ok(member),
        None => Ok(value.into_pyobject(py)?.into_any()),
    }
}

/// The member of `AddressFamily`, or the plain int where there is none.
#[inline]
pub(crate) fn family(py: Python<'_>, value: c_int) -> PyResult<Bound<'_, PyAny>> {
    member(py, &FAMILIES, value)
}

/// The member of `SocketKind`, or the plain int where there is none.
#[inline]
pub(crate) fn kind(py: Python<'_>, value: c_int) -> PyResult<Bound<'_, PyAny>> {
    member(py, &KINDS, value)
}

/// Whether a value is a member of one of the two: none of them is -1.
#[inline]
pub(crate) fn is_member(value: Borrowed<'_, '_, PyAny>) -> bool {
    [&FAMILIES, &KINDS].into_iter().any(|members| {
        let class = members.get().and_then(|members| members.class.as_ref());
        class.is_some_and(|class| value.get_type().is(class))
    })
}

/// Sets the tables: dicts of int to member.
pub(crate) fn set(families: &Bound<'_, PyDict>, kinds: &Bound<'_, PyDict>) -> PyResult<()> {
    // A second call, from a reloaded shim, keeps the members that are out there.
    FAMILIES.set(Members::new(families)?);
    KINDS.set(Members::new(kinds)?);
    Ok(())
}
