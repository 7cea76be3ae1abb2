//! Floor 4: getaddrinfo; the other lookups are in the files below this one. See
//! getaddrinfo(3).
//!
//! A literal address with a numeric port never reaches C. glibc's result for it
//! depends on nothing but the arguments; what does depend on the system (unusual
//! flags, types, protocols, and any other C library) goes to C. The resolver
//! runs without the interpreter, and knows owned strings only.

use std::ffi::{CString, c_int};
use std::net::Ipv4Addr;

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyInt, PyList, PyModule, PyString, PyTuple};

use crate::addr::host::{self, Name};
use crate::args;
use crate::audit::audit;
use crate::call::detached;
use crate::caught;
use crate::enums;
use crate::error::{Error, os_error_text};
use crate::method::{Answer, Args, table};
use crate::once::name;
use crate::sys::libc;
use crate::sys::resolve::{self, Failure, Hints, Info};

pub(crate) mod hosts;
pub(crate) mod nameinfo;
pub(crate) mod services;

table! {
    /// The functions of this file.
    TABLE: PyModule {
        Keywords getaddrinfo = plain,
            "getaddrinfo(host, port, family=0, type=0, proto=0, flags=0)\n\
             -> list of (family, type, proto, canonname, address)\n\n\
             The addresses of a host and a port, as plain ints and tuples.";
    }
}

table! {
    /// The public module's function of the same name.
    PUBLIC: PyModule {
        Keywords getaddrinfo = with_members,
            "getaddrinfo(host, port, family=0, type=0, proto=0, flags=0)\n--\n\n\
             The addresses of a host and a port.\n\n\
             Each is a tuple (family, type, proto, canonname, address); family and type are\n\
             members of their enums, the address is as the family's sockets take it. The\n\
             host is a name, a literal address or None, the port a number, a service's name\n\
             or None. A literal with a numeric port needs no resolver.";
    }
}

const NAMES: [&str; 6] = ["host", "port", "family", "type", "proto", "flags"];
const REQUIRED: usize = 2;

/// What the tuples of an answer hold.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    PlainInts,
    EnumMembers,
}

fn plain<'py>(_: Borrowed<'_, 'py, PyModule>, args: Args<'_, 'py>) -> Answer<'py> {
    let places = args::keywords(args, "getaddrinfo", NAMES, REQUIRED)?;
    getaddrinfo(args.py(), places, Form::PlainInts)
}

/// The public function. The standard library's is written in Python, so errors of
/// arguments are in the words of a Python function.
fn with_members<'py>(_: Borrowed<'_, 'py, PyModule>, args: Args<'_, 'py>) -> Answer<'py> {
    if args.len() > NAMES.len() && args.keyword_count() == 0 {
        return Err(PyTypeError::new_err(format!(
            "getaddrinfo() takes from {REQUIRED} to {} positional arguments but {} were given",
            NAMES.len(),
            args.len()
        )));
    }
    let places = args::named(args, "getaddrinfo", NAMES, REQUIRED)?;
    getaddrinfo(args.py(), places, Form::EnumMembers)
}

fn getaddrinfo<'py>(
    py: Python<'py>,
    places: [Option<Borrowed<'_, 'py, PyAny>>; 6],
    form: Form,
) -> Answer<'py> {
    let [Some(host), Some(port), family, kind, proto, flags] = places else {
        return Err(PyTypeError::new_err("host and port are required"));
    };
    let or_any = |place: Option<_>| place.map_or(Ok(0), args::int);
    let hints = Hints {
        family: or_any(family)?,
        kind: or_any(kind)?,
        proto: or_any(proto)?,
        flags: or_any(flags)?,
    };
    let name = host_name(host)?;
    let service = Service::of(port)?;
    audit(
        py,
        c"socket.getaddrinfo",
        [
            host,
            port,
            hints.family.into_pyobject(py)?.as_any().as_borrowed(),
            hints.kind.into_pyobject(py)?.as_any().as_borrowed(),
            hints.proto.into_pyobject(py)?.as_any().as_borrowed(),
        ],
    )?;
    if let (Some(name), Some(port)) = (&name, service.number())
        && let Some((family, address)) = literal(py, name, host, port, hints)?
        && let Some(choices) = choices(hints)
    {
        let canonname = name!(py, "").as_any();
        let entries = choices.iter().map(|(kind, proto)| {
            let numbers = (family, *kind, *proto);
            entry(py, form, numbers, canonname.clone(), address.clone())
        });
        return collected(py, entries);
    }
    resolved(py, form, name, service, hints)
}

/// The host of a lookup; None for None, which stands for this machine.
fn host_name<'a>(host: Borrowed<'a, '_, PyAny>) -> PyResult<Option<Name<'a>>> {
    if host.is_none() {
        return Ok(None);
    }
    let name = host::lookup(host)?;
    let refused = || PyTypeError::new_err("getaddrinfo() argument 1 must be string or None");
    name.map(Some).ok_or_else(refused)
}

/// What the resolver says.
fn resolved<'py>(
    py: Python<'py>,
    form: Form,
    name: Option<Name<'_>>,
    service: Service<'_>,
    hints: Hints,
) -> Answer<'py> {
    let name = name.map(|name| name.c_string()).transpose()?;
    let service = service.c_string()?;
    let infos = detached(py, || {
        resolve::getaddrinfo(name.as_deref(), service.as_deref(), hints)
    });
    let infos = infos.map_err(Error::from)?;
    collected(py, infos.into_iter().map(|info| found(py, form, info)))
}

fn collected<'py>(
    py: Python<'py>,
    entries: impl ExactSizeIterator<Item = PyResult<Bound<'py, PyTuple>>>,
) -> Answer<'py> {
    let entries = entries.collect::<PyResult<Vec<_>>>()?;
    Ok(PyList::new(py, entries)?.into_any())
}

fn found(py: Python<'_>, form: Form, info: Info) -> PyResult<Bound<'_, PyTuple>> {
    let canonname = PyString::new(py, &String::from_utf8(info.canonname)?);
    let address = crate::addr::to_python(py, &info.addr, info.proto)?;
    let numbers = (info.family, info.kind, info.proto);
    entry(py, form, numbers, canonname.into_any(), address)
}

fn entry<'py>(
    py: Python<'py>,
    form: Form,
    (family, kind, proto): (c_int, c_int, c_int),
    canonname: Bound<'py, PyAny>,
    address: Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyTuple>> {
    let (family, kind) = match form {
        Form::PlainInts => (
            family.into_pyobject(py)?.into_any(),
            kind.into_pyobject(py)?.into_any(),
        ),
        Form::EnumMembers => (enums::family(py, family)?, enums::kind(py, kind)?),
    };
    let proto = proto.into_pyobject(py)?.into_any();
    PyTuple::new(py, [family, kind, proto, canonname, address])
}

/// The port of a lookup.
enum Service<'a> {
    Any,
    Number(u16),
    Text(&'a [u8]),
    /// An int that is no port; the resolver says what is wrong with it.
    Odd(String),
}

impl<'a> Service<'a> {
    fn of(port: Borrowed<'a, '_, PyAny>) -> PyResult<Self> {
        if port.is_none() {
            return Ok(Self::Any);
        }
        if port.is_exact_instance_of::<PyInt>() {
            return Self::of_int(port);
        }
        if port.is_instance_of::<PyString>() {
            return Ok(Self::Text(port.extract::<&'a str>()?.as_bytes()));
        }
        if port.is_instance_of::<PyBytes>() {
            return Ok(Self::Text(port.extract::<&'a [u8]>()?));
        }
        // Until 3.14 CPython takes no kind of int here but int itself.
        if cfg!(Py_3_14) && port.get_type().hasattr(name!(port.py(), "__index__"))? {
            let number = port.call_method0(name!(port.py(), "__index__"))?;
            return Self::of_int(number.as_borrowed());
        }
        Err(os_error_text("Int or String expected"))
    }

    fn of_int(port: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        match caught::tried(port.extract::<u16>()) {
            Some(number) => Ok(Self::Number(number)),
            None if cfg!(Py_3_12) => Ok(Self::Odd(port.str()?.to_string())),
            None => Ok(Self::Odd(args::long(port)?.to_string())),
        }
    }

    /// The port, where it needs no look at the services.
    fn number(&self) -> Option<u16> {
        match self {
            Self::Any => Some(0),
            Self::Number(number) => Some(*number),
            Self::Text(digits) if digits.iter().all(u8::is_ascii_digit) => {
                std::str::from_utf8(digits).ok()?.parse().ok()
            }
            Self::Text(_) | Self::Odd(_) => None,
        }
    }

    fn c_string(self) -> PyResult<Option<CString>> {
        let text = match self {
            Self::Any => return Ok(None),
            Self::Number(number) => number.to_string().into_bytes(),
            Self::Text(text) => text.to_vec(),
            Self::Odd(number) => number.into_bytes(),
        };
        let unknown = |_| Error::from(Failure::Code(libc::EAI_SERVICE));
        Ok(Some(CString::new(text).map_err(unknown)?))
    }
}

/// Flags that change nothing for a literal and a numeric port.
const IDLE_FLAGS: c_int = libc::AI_PASSIVE | libc::AI_NUMERICHOST | libc::AI_NUMERICSERV;

/// The family and the address that a literal stands for, where it is of the family
/// that is asked for.
fn literal<'py>(
    py: Python<'py>,
    name: &Name<'_>,
    host: Borrowed<'_, 'py, PyAny>,
    port: u16,
    hints: Hints,
) -> PyResult<Option<(c_int, Bound<'py, PyAny>)>> {
    let wants = |family| hints.family == libc::AF_UNSPEC || hints.family == family;
    if let Some(ip) = name.literal_ipv4().filter(|_| wants(libc::AF_INET)) {
        let address = (ipv4_text(py, host, ip), port).into_pyobject(py)?;
        return Ok(Some((libc::AF_INET, address.into_any())));
    }
    if let Some((ip, scope)) = name.literal_ipv6().filter(|_| wants(libc::AF_INET6)) {
        let address = (host::ipv6_text(py, ip), port, 0, scope).into_pyobject(py)?;
        return Ok(Some((libc::AF_INET6, address.into_any())));
    }
    Ok(None)
}

/// A plain literal is its own text.
fn ipv4_text<'py>(
    py: Python<'py>,
    host: Borrowed<'_, 'py, PyAny>,
    ip: Ipv4Addr,
) -> Bound<'py, PyString> {
    match host.cast_exact::<PyString>() {
        Ok(text) if caught::tried(text.to_str()).is_some_and(str::is_ascii) => text.to_owned(),
        _ => host::ipv4_text(py, ip),
    }
}

const STREAM: (c_int, c_int) = (libc::SOCK_STREAM, libc::IPPROTO_TCP);
const DATAGRAM: (c_int, c_int) = (libc::SOCK_DGRAM, libc::IPPROTO_UDP);
const RAW: (c_int, c_int) = (libc::SOCK_RAW, 0);

/// The types and protocols of the answers for a numeric port; None where the C
/// library decides.
fn choices(hints: Hints) -> Option<&'static [(c_int, c_int)]> {
    if !cfg!(all(target_os = "linux", target_env = "gnu")) || hints.flags & !IDLE_FLAGS != 0 {
        return None;
    }
    match (hints.kind, hints.proto) {
        (0, 0) => Some(&[STREAM, DATAGRAM, RAW]),
        (0 | libc::SOCK_STREAM, libc::IPPROTO_TCP) | (libc::SOCK_STREAM, 0) => Some(&[STREAM]),
        (0 | libc::SOCK_DGRAM, libc::IPPROTO_UDP) | (libc::SOCK_DGRAM, 0) => Some(&[DATAGRAM]),
        _ => None,
    }
}
