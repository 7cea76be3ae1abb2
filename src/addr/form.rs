//! Floor 3a: what every family's file shares: whom an address is for, and the
//! words of the errors that the families have in common.
#![cfg_attr(
    not(target_os = "linux"),
    expect(dead_code, reason = "some is for families that only Linux has")
)]

use std::ffi::c_int;

use pyo3::exceptions::{PyOverflowError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};

use crate::args;
pub(crate) use crate::text::type_name;

const PORT_MAX: u32 = 0xffff;

/// The socket and the function that an address is parsed for.
#[derive(Clone, Copy)]
pub(crate) struct Target<'a> {
    /// The function's name, for messages: `bind`, `sendto`.
    pub(crate) caller: &'a str,
    /// The socket's address family.
    pub(crate) family: c_int,
    /// The socket's protocol: CAN and Bluetooth have an address form for each.
    pub(crate) proto: c_int,
}

/// The address as a tuple; `family` names it in the error.
pub(crate) fn tuple<'a, 'py>(
    target: Target<'_>,
    family: &str,
    value: Borrowed<'a, 'py, PyAny>,
) -> PyResult<Borrowed<'a, 'py, PyTuple>> {
    value.cast::<PyTuple>().map_err(|_| {
        PyTypeError::new_err(format!(
            "{}(): {family} address must be tuple, not {}",
            target.caller,
            type_name(value)
        ))
    })
}

/// Refuses a tuple whose length is not in the range, with CPython's words for
/// the family's form.
pub(crate) fn length(
    tuple: Borrowed<'_, '_, PyTuple>,
    min: usize,
    max: usize,
    form: &'static str,
) -> PyResult<()> {
    if (min..=max).contains(&tuple.len()) {
        Ok(())
    } else {
        Err(PyTypeError::new_err(form))
    }
}

/// A field of the tuple; `length` has made sure of it.
pub(crate) fn field<'py>(
    tuple: Borrowed<'_, 'py, PyTuple>,
    index: usize,
) -> PyResult<Bound<'py, PyAny>> {
    tuple.get_item(index)
}

/// A field as a C int.
pub(crate) fn int(tuple: Borrowed<'_, '_, PyTuple>, index: usize) -> PyResult<c_int> {
    args::int(field(tuple, index)?.as_borrowed())
}

/// A field as a C int, or 0 where the tuple ends before it.
pub(crate) fn int_or_zero(tuple: Borrowed<'_, '_, PyTuple>, index: usize) -> PyResult<c_int> {
    if index >= tuple.len() {
        return Ok(0);
    }
    int(tuple, index)
}

/// A field as an unsigned 32-bit int, or 0 where the tuple ends before it; what
/// does not fit is an error and never wraps.
pub(crate) fn u32_or_zero(tuple: Borrowed<'_, '_, PyTuple>, index: usize) -> PyResult<u32> {
    if index >= tuple.len() {
        return Ok(0);
    }
    u32_field(tuple, index)
}

/// A field as an unsigned 32-bit int; what does not fit is an error.
pub(crate) fn u32_field(tuple: Borrowed<'_, '_, PyTuple>, index: usize) -> PyResult<u32> {
    let value = args::long(field(tuple, index)?.as_borrowed())?;
    u32::try_from(value).map_err(|_| {
        PyOverflowError::new_err(if value < 0 {
            "can't convert negative value to unsigned int"
        } else {
            "Python int too large to convert to C unsigned int"
        })
    })
}

/// A field as an unsigned 64-bit int; what does not fit is an error.
pub(crate) fn u64_field(tuple: Borrowed<'_, '_, PyTuple>, index: usize) -> PyResult<u64> {
    field(tuple, index)?.extract::<u64>()
}

/// A C int as the narrower field that it is for, refused with the words that
/// CPython has for a port.
pub(crate) fn fit<T: TryFrom<c_int>>(
    target: Target<'_>,
    name: &str,
    value: c_int,
    most: u32,
) -> PyResult<T> {
    T::try_from(value).map_err(|_| out_of_range(target, name, most))
}

/// A field as an unsigned int of fewer than 32 bits; what does not fit is an error.
pub(crate) fn narrow<T: TryFrom<c_int>>(
    target: Target<'_>,
    tuple: Borrowed<'_, '_, PyTuple>,
    index: usize,
    name: &str,
    most: u32,
) -> PyResult<T> {
    match int(tuple, index) {
        Ok(value) => fit(target, name, value, most),
        Err(error) if error.is_instance_of::<PyOverflowError>(tuple.py()) => {
            Err(out_of_range(target, name, most))
        }
        Err(error) => Err(error),
    }
}

/// The pair of unsigned 32-bit ints of a family whose form CPython parses under
/// the name of its own function.
pub(crate) fn u32_pair(family: &str, value: Borrowed<'_, '_, PyAny>) -> PyResult<(u32, u32)> {
    let tuple = value.cast::<PyTuple>().map_err(|_| {
        PyTypeError::new_err(format!(
            "getsockaddrarg: {family} address must be tuple, not {}",
            type_name(value)
        ))
    })?;
    if tuple.len() != 2 {
        return Err(PyTypeError::new_err(format!(
            "getsockaddrarg() takes exactly 2 arguments ({} given)",
            tuple.len()
        )));
    }
    Ok((u32_field(tuple, 0)?, u32_field(tuple, 1)?))
}

/// A field as text, without NUL; `form` words the error for any other type.
pub(crate) fn text(
    tuple: Borrowed<'_, '_, PyTuple>,
    index: usize,
    form: &'static str,
) -> PyResult<String> {
    let value = field(tuple, index)?;
    let Ok(text) = value.cast::<PyString>() else {
        return Err(PyTypeError::new_err(form));
    };
    let text = text.to_str()?;
    if text.contains('\0') {
        return Err(PyValueError::new_err("embedded null character"));
    }
    Ok(text.to_owned())
}

/// A field as a port.
pub(crate) fn port(
    target: Target<'_>,
    tuple: Borrowed<'_, '_, PyTuple>,
    index: usize,
) -> PyResult<Port> {
    match int(tuple, index) {
        Ok(port) => Ok(Port(port)),
        Err(error) if error.is_instance_of::<PyOverflowError>(tuple.py()) => {
            Err(out_of_range(target, "port", PORT_MAX))
        }
        Err(error) => Err(error),
    }
}

/// A port that is an int, and perhaps out of range: CPython resolves the host
/// before it looks.
pub(crate) struct Port(c_int);

impl Port {
    /// The port, if it is one.
    pub(crate) fn check(&self, target: Target<'_>) -> PyResult<u16> {
        fit(target, "port", self.0, PORT_MAX)
    }
}

fn out_of_range(target: Target<'_>, name: &str, most: u32) -> PyErr {
    PyOverflowError::new_err(format!("{}(): {name} must be 0-{most}.", target.caller))
}
