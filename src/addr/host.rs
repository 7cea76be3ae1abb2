//! Floor 3a: the host part of an address: a name or a literal, and its text.
//!
//! Literals and the two special names (`""` for any address, `<broadcast>`)
//! never reach the resolver, and what is ASCII and well formed never reaches
//! the `idna` codec. A name with NUL, or longer than the domain name system
//! allows, is refused and never cut, in time that does not grow faster than its
//! length. See getaddrinfo(3), RFC 1035 section 2.3.4 and RFC 4007 section 11.

use std::borrow::Cow;
use std::ffi::{CString, c_int};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyString};

use crate::call::detached;
use crate::caught;
use crate::error::{Error, os_error_text};
use crate::once::name;
use crate::sys::iface::nametoindex;
use crate::sys::libc;
use crate::sys::resolve::{self, Failure, Hints};
use crate::sys::storage::Reader;
use crate::sys::{ntop, pton};
use crate::text::{argument_type, type_name};

/// The longest name, without the dot at its end.
const LONGEST: usize = 253;
const LONGEST_LABEL: usize = 63;

/// A host's name, as bytes for the resolver; there is no NUL among them.
pub(crate) struct Name<'a>(Cow<'a, [u8]>);

impl<'a> Name<'a> {
    fn new(bytes: Cow<'a, [u8]>) -> PyResult<Option<Self>> {
        if bytes.contains(&0) {
            return Ok(None);
        }
        if is_too_long(&bytes) {
            return Err(unknown());
        }
        Ok(Some(Self(bytes)))
    }

    /// The name with its NUL.
    pub(crate) fn c_string(&self) -> PyResult<CString> {
        CString::new(self.0.as_ref()).map_err(|_| unknown())
    }

    /// The IPv4 address that the name is a plain literal of.
    pub(crate) fn literal_ipv4(&self) -> Option<Ipv4Addr> {
        pton::ipv4(&self.0)
    }

    /// The IPv6 address that the name is a literal of, and its scope or 0.
    pub(crate) fn literal_ipv6(&self) -> Option<(Ipv6Addr, u32)> {
        let Some(percent) = self.0.iter().position(|byte| *byte == b'%') else {
            return Some((pton::ipv6(&self.0)?, 0));
        };
        let (ip, scope) = self.0.split_at_checked(percent)?;
        let ip = pton::ipv6(ip)?;
        Some((ip, scope_id(ip, scope.strip_prefix(b"%")?)?))
    }
}

/// What the resolver says of a name that nobody knows.
pub(crate) fn unknown() -> PyErr {
    Error::from(Failure::Code(libc::EAI_NONAME)).into()
}

/// The scope of a literal: an interface's name where the address has a link for
/// its scope, or a number.
fn scope_id(ip: Ipv6Addr, scope: &[u8]) -> Option<u32> {
    let multicast_link = ip.is_multicast() && ip.octets()[1] & 0xf == 2;
    if (ip.is_unicast_link_local() || multicast_link)
        && let Ok(index) = nametoindex(&CString::new(scope).ok()?)
    {
        return Some(index);
    }
    if !scope.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(scope).ok()?.parse().ok()
}

/// The name that a field of an address stands for: str, bytes or bytearray.
pub(crate) fn name<'a>(value: &'a Bound<'_, PyAny>) -> PyResult<Name<'a>> {
    let value = value.as_borrowed();
    let bytes = if value.is_instance_of::<PyString>() {
        // Unlike in `encoded`, what is ASCII goes to the resolver as it is.
        match ascii(value) {
            Some(plain) => Cow::Borrowed(plain.as_bytes()),
            None => idna(value).map_err(|error| not_encoded(error, value.py()))?,
        }
    } else {
        plain_bytes(value).ok_or_else(|| {
            PyTypeError::new_err(format!(
                "str, bytes or bytearray expected, not {}",
                type_name(value)
            ))
        })?
    };
    Name::new(bytes)?
        .ok_or_else(|| PyTypeError::new_err("host name must not contain null character"))
}

/// The name that the one argument of a function stands for.
pub(crate) fn argument<'a>(value: Borrowed<'a, '_, PyAny>, function: &str) -> PyResult<Name<'a>> {
    let bytes = if value.is_instance_of::<PyString>() {
        encoded(value)?
    } else {
        plain_bytes(value).ok_or_else(|| {
            PyTypeError::new_err(format!(
                "{function}() argument 1 must be str, bytes or bytearray, not {}",
                argument_type(value)
            ))
        })?
    };
    Name::new(bytes)?.ok_or_else(|| {
        PyTypeError::new_err(format!(
            "{function}() argument 1 must be encoded string without null bytes, not {}",
            type_name(value)
        ))
    })
}

/// The name of a lookup: str or bytes; None for any other type.
pub(crate) fn lookup<'a>(value: Borrowed<'a, '_, PyAny>) -> PyResult<Option<Name<'a>>> {
    let bytes = if value.is_instance_of::<PyString>() {
        encoded(value)?
    } else if value.is_instance_of::<PyBytes>() {
        Cow::Borrowed(value.extract::<&'a [u8]>()?)
    } else {
        return Ok(None);
    };
    Name::new(bytes)?.map(Some).ok_or_else(unknown)
}

fn plain_bytes<'a>(value: Borrowed<'a, '_, PyAny>) -> Option<Cow<'a, [u8]>> {
    if value.is_instance_of::<PyBytes>() {
        return value.extract::<&'a [u8]>().ok().map(Cow::Borrowed);
    }
    let array = value.cast::<PyByteArray>().ok()?;
    Some(Cow::Owned(array.to_vec()))
}

fn ascii<'a>(text: Borrowed<'a, '_, PyAny>) -> Option<&'a str> {
    let text = caught::tried(text.extract::<&'a str>())?;
    text.is_ascii().then_some(text)
}

/// A str as `str.encode("idna")` has it. The codec itself sees only what is not
/// ASCII, and what it would refuse: so its errors are its own.
fn encoded<'a>(text: Borrowed<'a, '_, PyAny>) -> PyResult<Cow<'a, [u8]>> {
    match ascii(text) {
        Some(plain) if has_good_labels(plain) => Ok(Cow::Borrowed(plain.as_bytes())),
        Some(_) => by_codec(text),
        None => idna(text),
    }
}

fn is_too_long(name: &[u8]) -> bool {
    name.strip_suffix(b".").unwrap_or(name).len() > LONGEST
}

/// Whether every label has from 1 to 63 bytes; the last one may be empty.
fn has_good_labels(name: &str) -> bool {
    let (last, others) = name
        .rsplit_once('.')
        .map_or((name, None), |(others, last)| (last, Some(others)));
    last.len() <= LONGEST_LABEL
        && others.is_none_or(|others| {
            others
                .split('.')
                .all(|label| (1..=LONGEST_LABEL).contains(&label.len()))
        })
}

/// The codec's time grows with the square of the length of what is not ASCII,
/// which is therefore bounded.
fn idna<'a>(text: Borrowed<'a, '_, PyAny>) -> PyResult<Cow<'a, [u8]>> {
    if text.len()? > LONGEST + 1 {
        return Err(unknown());
    }
    by_codec(text)
}

fn by_codec<'a>(text: Borrowed<'a, '_, PyAny>) -> PyResult<Cow<'a, [u8]>> {
    let py = text.py();
    let encode = py.get_type::<PyString>().getattr(name!(py, "encode"))?;
    let bytes = encode.call1((text, name!(py, "idna")))?;
    Ok(Cow::Owned(
        bytes
            .cast::<PyBytes>()
            .map_err(PyErr::from)?
            .as_bytes()
            .to_vec(),
    ))
}

fn not_encoded(error: PyErr, py: Python<'_>) -> PyErr {
    if error.is_instance_of::<pyo3::exceptions::PyOSError>(py) {
        error
    } else {
        PyTypeError::new_err("encoding of hostname failed")
    }
}

/// The IPv4 address of a name, by the resolver where it is not a literal.
pub(crate) fn ipv4(py: Python<'_>, name: &Name<'_>) -> PyResult<Ipv4Addr> {
    if let Some(ip) = special(name) {
        return Ok(ip);
    }
    match resolved(py, name, libc::AF_INET)? {
        (IpAddr::V4(ip), _) => Ok(ip),
        (IpAddr::V6(_), _) => Err(mismatched()),
    }
}

/// The IPv6 address of a name and the scope that its literal has, or 0.
pub(crate) fn ipv6(py: Python<'_>, name: &Name<'_>) -> PyResult<(Ipv6Addr, u32)> {
    if name.0.is_empty() {
        return Ok((Ipv6Addr::UNSPECIFIED, 0));
    }
    if special(name) == Some(Ipv4Addr::BROADCAST) {
        return Err(mismatched());
    }
    if let Some(literal) = name.literal_ipv6() {
        return Ok(literal);
    }
    match resolved(py, name, libc::AF_INET6)? {
        (IpAddr::V6(ip), scope) => Ok((ip, scope)),
        (IpAddr::V4(_), _) => Err(mismatched()),
    }
}

/// The address of a name, of either family.
pub(crate) fn any(py: Python<'_>, name: &Name<'_>) -> PyResult<IpAddr> {
    if name.0.is_empty() {
        return Err(os_error_text("wildcard resolved to multiple address"));
    }
    if let Some(ip) = special(name) {
        return Ok(ip.into());
    }
    if let Some((ip, _)) = name.literal_ipv6() {
        return Ok(ip.into());
    }
    Ok(resolved(py, name, libc::AF_UNSPEC)?.0)
}

/// The IPv4 address of what needs no resolver.
fn special(name: &Name<'_>) -> Option<Ipv4Addr> {
    match name.0.as_ref() {
        b"" => Some(Ipv4Addr::UNSPECIFIED),
        b"<broadcast>" => Some(Ipv4Addr::BROADCAST),
        _ => name.literal_ipv4(),
    }
}

fn mismatched() -> PyErr {
    os_error_text("address family mismatched")
}

/// The resolver's first address for a name, and its scope.
fn resolved(py: Python<'_>, name: &Name<'_>, family: c_int) -> PyResult<(IpAddr, u32)> {
    let name = name.c_string()?;
    let hints = Hints {
        family,
        ..Hints::default()
    };
    let infos = detached(py, || {
        resolve::getaddrinfo(Some(name.as_ref()), None, hints)
    });
    let infos = infos.map_err(Error::from)?;
    let first = infos.first().ok_or_else(unknown)?;
    let reader = Reader::new(&first.addr);
    match first.addr.family() {
        libc::AF_INET => Ok((IpAddr::from(reader.array::<4>(4)), 0)),
        libc::AF_INET6 => Ok((IpAddr::from(reader.array::<16>(8)), reader.u32(24))),
        _ => Err(os_error_text("unknown address family")),
    }
}

/// The text of an IPv4 address.
pub(crate) fn ipv4_text(py: Python<'_>, ip: Ipv4Addr) -> Bound<'_, PyString> {
    PyString::new(py, ntop::ipv4_text(ip).as_str())
}

/// The text of an IPv6 address; its scope is a field of its own.
pub(crate) fn ipv6_text(py: Python<'_>, ip: Ipv6Addr) -> Bound<'_, PyString> {
    PyString::new(py, ntop::ipv6_text(ip).as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name<'_> {
        Name(Cow::Borrowed(text.as_bytes()))
    }

    #[test]
    fn labels_have_the_lengths_of_the_domain_name_system() {
        let longest = "a".repeat(63);
        for good in [
            "",
            "a",
            "a.",
            "a.b",
            &longest,
            &format!("{longest}.{longest}."),
        ] {
            assert!(has_good_labels(good), "{good}");
        }
        for bad in [
            ".",
            ".a",
            "a..b",
            "a..",
            &format!("{longest}a"),
            &format!("{longest}a.b"),
        ] {
            assert!(!has_good_labels(bad), "{bad}");
        }
    }

    #[test]
    fn a_scope_is_a_number_or_an_interface_of_a_link() {
        let at = |text| name(text).literal_ipv6().map(|(_, scope)| scope);
        assert_eq!(at("::1"), Some(0));
        assert_eq!(at("::1%7"), Some(7));
        assert_eq!(at("::1%007"), Some(7));
        assert_eq!(at("fe80::1%4294967295"), Some(u32::MAX));
        for bad in [
            "::1%",
            "::1%+7",
            "::1%7x",
            "::1%4294967296",
            "fe80::1%no-such",
            "1.2.3.4%1",
            "%1",
        ] {
            assert_eq!(at(bad), None, "{bad}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn an_interface_has_a_name_on_its_link_only() {
        assert_eq!(name("fe80::1%lo").literal_ipv6().unwrap().1, 1);
        assert_eq!(name("ff02::1%lo").literal_ipv6().unwrap().1, 1);
        assert!(name("::1%lo").literal_ipv6().is_none());
        assert!(name("ff05::1%lo").literal_ipv6().is_none());
    }
}
