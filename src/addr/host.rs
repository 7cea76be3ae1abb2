//! Floor 3a: the host part of an address: a name or a literal, and its text.
//!
//! Literals and the two special names (`""` for any address, `<broadcast>`)
//! never reach the resolver, and ASCII names never reach the `idna` codec.

use std::net::{Ipv4Addr, Ipv6Addr};

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyString;

/// A host's name, as bytes for the resolver.
pub(crate) struct Name(Vec<u8>);

/// The name that a Python value stands for: str, bytes or bytearray.
pub(crate) fn name(value: &Bound<'_, PyAny>) -> PyResult<Name> {
    let text: String = value.extract()?;
    Ok(Name(text.into_bytes()))
}

/// The IPv4 address of a name, by the resolver where it is not a literal.
pub(crate) fn ipv4(_py: Python<'_>, name: &Name) -> PyResult<Ipv4Addr> {
    let text = std::str::from_utf8(&name.0).map_err(|_| PyTypeError::new_err("x"))?;
    if text.is_empty() {
        return Ok(Ipv4Addr::UNSPECIFIED);
    }
    text.parse()
        .map_err(|_| PyTypeError::new_err("not a literal"))
}

/// The IPv6 address of a name and the scope that its literal has, or 0.
pub(crate) fn ipv6(_py: Python<'_>, name: &Name) -> PyResult<(Ipv6Addr, u32)> {
    let text = std::str::from_utf8(&name.0).map_err(|_| PyTypeError::new_err("x"))?;
    if text.is_empty() {
        return Ok((Ipv6Addr::UNSPECIFIED, 0));
    }
    let ip = text
        .parse()
        .map_err(|_| PyTypeError::new_err("not a literal"))?;
    Ok((ip, 0))
}

/// The text of an IPv4 address.
pub(crate) fn ipv4_text(py: Python<'_>, ip: Ipv4Addr) -> Bound<'_, PyString> {
    PyString::new(py, &ip.to_string())
}

/// The text of an IPv6 address, with its scope as the resolver writes it.
pub(crate) fn ipv6_text(
    py: Python<'_>,
    ip: Ipv6Addr,
    _scope: u32,
) -> PyResult<Bound<'_, PyString>> {
    Ok(PyString::new(py, &ip.to_string()))
}
