//! Floor 4: byte order, addresses as text and as bytes, and the sizes of control
//! messages. See byteorder(3), inet(3), cmsg(3). No system call is made here.
//!
//! `inet_aton` refuses what CPython's C library cuts off: text that follows an
//! address and white space.

use pyo3::exceptions::{PyOverflowError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyModule};

use crate::addr::host::{ipv4_text, ipv6_text};
use crate::args;
use crate::buffer::View;
use crate::error::{os_error, os_error_text};
use crate::method::{Answer, Args, table};
use crate::once::ForkSafeOnce;
#[cfg(unix)]
use crate::sys::cmsg;
use crate::sys::errno::Errno;
use crate::sys::libc;
use crate::sys::pton;
use crate::text::{refuse_nul, type_name, utf8_with_nul};

table! {
    /// The functions that take two arguments.
    TABLE: PyModule {
        Positional inet_pton = inet_pton,
            "inet_pton(family, text) -> bytes\n\n\
             The bytes of an address of AF_INET or AF_INET6.";
        Positional inet_ntop = inet_ntop,
            "inet_ntop(family, packed) -> text\n\n\
             The text of an address of AF_INET or AF_INET6.";
    }
}

#[cfg(unix)]
table! {
    /// The sizes of control messages, which Windows lacks.
    SIZES: PyModule {
        Positional CMSG_LEN = cmsg_len,
            "CMSG_LEN(length) -> control message length\n\n\
             The length of a control message with that much data, without what pads it.";
        Positional CMSG_SPACE = cmsg_space,
            "CMSG_SPACE(length) -> buffer size\n\n\
             The room that a control message with that much data takes.";
    }
}

macro_rules! single {
    ($style:ident, $short:ident $(, $long:ident)?) => {
        table! {
            /// The functions that take one argument; some took a tuple of one before 3.13.
            SINGLE: PyModule {
                $style htons($short) = htons,
                    "htons(integer) -> integer\n\nA 16-bit integer from this machine's byte order to the network's.";
                $style ntohs($short) = ntohs,
                    "ntohs(integer) -> integer\n\nA 16-bit integer from the network's byte order to this machine's.";
                One htonl $(($long))? = htonl,
                    "htonl(integer) -> integer\n\nA 32-bit integer from this machine's byte order to the network's.";
                One ntohl $(($long))? = ntohl,
                    "ntohl(integer) -> integer\n\nA 32-bit integer from the network's byte order to this machine's.";
                $style inet_aton(ip_addr) = inet_aton,
                    "inet_aton(text) -> bytes\n\nThe bytes of an IPv4 address of one to four numbers.";
                $style inet_ntoa(packed_ip) = inet_ntoa,
                    "inet_ntoa(packed) -> text\n\nThe text of an IPv4 address.";
            }
        }
    };
}
#[cfg(Py_3_14)]
single!(One, integer, integer);
#[cfg(all(Py_3_13, not(Py_3_14)))]
single!(One, x);
#[cfg(not(Py_3_13))]
single!(Positional, x);

fn htons<'py>(_: Borrowed<'_, 'py, PyModule>, args: Args<'_, 'py>) -> Answer<'py> {
    swap16(args, "htons", u16::to_be)
}

fn ntohs<'py>(_: Borrowed<'_, 'py, PyModule>, args: Args<'_, 'py>) -> Answer<'py> {
    swap16(args, "ntohs", u16::from_be)
}

#[inline]
fn swap16<'py>(args: Args<'_, 'py>, name: &str, swap: impl Fn(u16) -> u16) -> Answer<'py> {
    args::count(args, name, 1, 1)?;
    let value = args::required(args, 0)?;
    let number = if cfg!(Py_3_14) {
        args::unsigned(value, "uint16_t")?
    } else {
        let number = args::int(value).map_err(|error| too_large(error, value.py()))?;
        u16::try_from(number).map_err(|_| wider_than_16_bits(name, number))?
    };
    port(args.py(), swap(number))
}

const PORTS: usize = 256;

/// Results as Python ints, the first one of each place: a program swaps few ports, often,
/// and to make an int takes longer than the swap.
static KNOWN: [ForkSafeOnce<(u16, Py<PyAny>)>; PORTS] = [const { ForkSafeOnce::new() }; PORTS];

#[inline]
fn port(py: Python<'_>, value: u16) -> Answer<'_> {
    let make = || value.into_pyobject(py).map(Bound::into_any);
    let [high, low] = value.to_be_bytes();
    let Some(place) = KNOWN.get(usize::from(high ^ low)) else {
        return Ok(make()?);
    };
    let (known, number) =
        place.get_or_try_make(|| make().map(|number| (value, number.unbind())))?;
    if *known == value {
        Ok(number.bind(py).clone())
    } else {
        Ok(make()?)
    }
}

#[cold]
fn wider_than_16_bits(name: &str, number: i32) -> PyErr {
    PyOverflowError::new_err(if number < 0 {
        format!("{name}: can't convert negative Python int to C 16-bit unsigned integer")
    } else {
        format!("{name}: Python int too large to convert to C 16-bit unsigned integer")
    })
}

/// 3.13 has other words for an int that is no C int.
#[cold]
fn too_large(error: PyErr, py: Python<'_>) -> PyErr {
    if cfg!(Py_3_13) && error.is_instance_of::<PyOverflowError>(py) {
        PyOverflowError::new_err("Python int too large to convert to C int")
    } else {
        error
    }
}

fn htonl<'py>(_: Borrowed<'_, 'py, PyModule>, args: Args<'_, 'py>) -> Answer<'py> {
    swap32(args, u32::to_be)
}

fn ntohl<'py>(_: Borrowed<'_, 'py, PyModule>, args: Args<'_, 'py>) -> Answer<'py> {
    swap32(args, u32::from_be)
}

#[inline]
fn swap32<'py>(args: Args<'_, 'py>, swap: impl Fn(u32) -> u32) -> Answer<'py> {
    let value = args::required(args, 0)?;
    let number = if cfg!(Py_3_14) {
        args::unsigned(value, "uint32_t")?
    } else {
        let number = args::unsigned_long(value, || {
            format!("expected int, {} found", type_name(value))
        })?;
        u32::try_from(number).map_err(|_| PyOverflowError::new_err("int larger than 32 bits"))?
    };
    Ok(swap(number).into_pyobject(args.py())?.into_any())
}

fn inet_aton<'py>(_: Borrowed<'_, 'py, PyModule>, args: Args<'_, 'py>) -> Answer<'py> {
    args::count(args, "inet_aton", 1, 1)?;
    let argument = if cfg!(Py_3_13) {
        "inet_aton() argument"
    } else {
        "inet_aton() argument 1"
    };
    let text = utf8_with_nul(args::required(args, 0)?, argument)?;
    match pton::aton(text.as_bytes()) {
        Some(ip) => Ok(PyBytes::new(args.py(), &ip.octets()).into_any()),
        None => Err(illegal(
            text,
            "illegal IP address string passed to inet_aton",
        )),
    }
}

/// The error of a text that is no address.
#[cold]
fn illegal(text: &str, message: &'static str) -> PyErr {
    refuse_nul(text)
        .err()
        .unwrap_or_else(|| os_error_text(message))
}

fn inet_ntoa<'py>(_: Borrowed<'_, 'py, PyModule>, args: Args<'_, 'py>) -> Answer<'py> {
    args::count(args, "inet_ntoa", 1, 1)?;
    packed(args::required(args, 0)?, |bytes| {
        let octets = <[u8; 4]>::try_from(bytes)
            .map_err(|_| os_error_text("packed IP wrong length for inet_ntoa"))?;
        Ok(ipv4_text(args.py(), octets.into()).into_any())
    })
}

fn inet_pton<'py>(_: Borrowed<'_, 'py, PyModule>, args: Args<'_, 'py>) -> Answer<'py> {
    args::count(args, "inet_pton", 2, 2)?;
    let py = args.py();
    let family = args::int(args::required(args, 0)?)?;
    let text = utf8_with_nul(args::required(args, 1)?, "inet_pton() argument 2")?;
    let packed = match family {
        libc::AF_INET => pton::ipv4(text.as_bytes()).map(|ip| PyBytes::new(py, &ip.octets())),
        libc::AF_INET6 => pton::ipv6(text.as_bytes()).map(|ip| PyBytes::new(py, &ip.octets())),
        _ => {
            refuse_nul(text)?;
            return Err(os_error(Errno(libc::EAFNOSUPPORT)));
        }
    };
    match packed {
        Some(packed) => Ok(packed.into_any()),
        None => Err(illegal(
            text,
            "illegal IP address string passed to inet_pton",
        )),
    }
}

fn inet_ntop<'py>(_: Borrowed<'_, 'py, PyModule>, args: Args<'_, 'py>) -> Answer<'py> {
    args::count(args, "inet_ntop", 2, 2)?;
    let py = args.py();
    let family = args::int(args::required(args, 0)?)?;
    packed(args::required(args, 1)?, |bytes| {
        let text = match family {
            libc::AF_INET => <[u8; 4]>::try_from(bytes).map(|ip| ipv4_text(py, ip.into())),
            libc::AF_INET6 => <[u8; 16]>::try_from(bytes).map(|ip| ipv6_text(py, ip.into())),
            _ => {
                return Err(PyValueError::new_err(format!(
                    "unknown address family {family}"
                )));
            }
        };
        text.map(Bound::into_any)
            .map_err(|_| PyValueError::new_err("invalid length of packed IP address string"))
    })
}

/// Runs `f` on the bytes of a bytes-like object.
#[inline]
fn packed<R>(value: Borrowed<'_, '_, PyAny>, f: impl FnOnce(&[u8]) -> PyResult<R>) -> PyResult<R> {
    if let Ok(bytes) = value.cast::<PyBytes>() {
        return f(bytes.as_bytes());
    }
    let mut view = View::empty();
    view.readable(value)?;
    f(&view.to_vec(value.py())?)
}

#[cfg(unix)]
fn cmsg_len<'py>(_: Borrowed<'_, 'py, PyModule>, args: Args<'_, 'py>) -> Answer<'py> {
    cmsg_size(args, "CMSG_LEN", cmsg::cmsg_len)
}

#[cfg(unix)]
fn cmsg_space<'py>(_: Borrowed<'_, 'py, PyModule>, args: Args<'_, 'py>) -> Answer<'py> {
    cmsg_size(args, "CMSG_SPACE", cmsg::cmsg_space)
}

#[cfg(unix)]
fn cmsg_size<'py>(
    args: Args<'_, 'py>,
    name: &str,
    size: fn(usize) -> Option<usize>,
) -> Answer<'py> {
    args::count(args, name, 1, 1)?;
    let length = args::size(args::required(args, 0)?)?;
    let size = usize::try_from(length).ok().and_then(size);
    let size =
        size.ok_or_else(|| PyOverflowError::new_err(format!("{name}() argument out of range")))?;
    Ok(size.into_pyobject(args.py())?.into_any())
}
