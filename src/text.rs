//! Floor 1: Python's text as C takes it, and back: UTF-8 for names, the file
//! system encoding for what the system names. Errors are in the words of
//! CPython's argument parsers. Knows nothing of what a text means.

use std::ffi::CString;

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};

use crate::caught;
use crate::once::name;
use crate::typeobj::name_in_messages;

/// The name of a value's class, as CPython's messages have it.
pub(crate) fn type_name(value: Borrowed<'_, '_, PyAny>) -> String {
    name_in_messages(&value.get_type())
}

/// The same, but for None, which `PyArg_Parse` calls by its own name.
pub(crate) fn argument_type(value: Borrowed<'_, '_, PyAny>) -> String {
    if value.is_none() {
        "None".to_owned()
    } else {
        type_name(value)
    }
}

/// A str argument as UTF-8 without NUL; `argument` names it in the `TypeError`,
/// as `inet_pton() argument 2` does.
#[inline]
pub(crate) fn utf8<'a>(value: Borrowed<'a, '_, PyAny>, argument: &str) -> PyResult<&'a str> {
    let text = utf8_with_nul(value, argument)?;
    refuse_nul(text)?;
    Ok(text)
}

/// The same, for a caller that looks for NUL itself, or where a text that it
/// takes has none.
#[inline]
pub(crate) fn utf8_with_nul<'a>(
    value: Borrowed<'a, '_, PyAny>,
    argument: &str,
) -> PyResult<&'a str> {
    if value.is_instance_of::<PyString>() {
        return value.extract::<&'a str>();
    }
    Err(not_text(value, argument))
}

/// The error of a text with NUL.
pub(crate) fn refuse_nul(text: &str) -> PyResult<()> {
    if text.as_bytes().contains(&0) {
        return Err(PyValueError::new_err("embedded null character"));
    }
    Ok(())
}

#[cold]
fn not_text(value: Borrowed<'_, '_, PyAny>, argument: &str) -> PyErr {
    PyTypeError::new_err(format!(
        "{argument} must be str, not {}",
        argument_type(value)
    ))
}

/// The same, owned and with its NUL.
pub(crate) fn c_string(value: Borrowed<'_, '_, PyAny>, argument: &str) -> PyResult<CString> {
    let text = utf8(value, argument)?;
    CString::new(text).map_err(|_| PyValueError::new_err("embedded null character"))
}

/// A str, bytes or path-like object in the file system encoding.
pub(crate) fn fs_encoded(value: Borrowed<'_, '_, PyAny>) -> PyResult<Vec<u8>> {
    // ASCII is the same in every file system encoding that Python supports.
    if value.is_instance_of::<PyString>()
        && let Some(text) = caught::tried(value.extract::<&str>())
        && text.is_ascii()
    {
        return Ok(text.as_bytes().to_vec());
    }
    let py = value.py();
    let encoded = py
        .import(name!(py, "os"))?
        .call_method1(name!(py, "fsencode"), (value,))?;
    encoded.extract::<Vec<u8>>()
}

/// A str, bytes or path-like object as a C string of the file system encoding.
pub(crate) fn fs_string(value: Borrowed<'_, '_, PyAny>) -> PyResult<CString> {
    CString::new(fs_encoded(value)?).map_err(|_| PyValueError::new_err("embedded null byte"))
}

/// The str of bytes of the system's, which may be in no encoding at all.
pub(crate) fn fs_decoded<'py>(py: Python<'py>, bytes: &[u8]) -> PyResult<Bound<'py, PyAny>> {
    if let Ok(text) = std::str::from_utf8(bytes)
        && text.is_ascii()
    {
        return Ok(PyString::new(py, text).into_any());
    }
    py.import(name!(py, "os"))?
        .call_method1(name!(py, "fsdecode"), (PyBytes::new(py, bytes),))
}
