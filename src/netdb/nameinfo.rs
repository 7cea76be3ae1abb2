//! Floor 4: getnameinfo: an address's host and port as text. See getnameinfo(3).
//!
//! A literal address whose numbers are all that is asked for never reaches C.

use std::ffi::{CString, c_int};

use pyo3::exceptions::{PyOverflowError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyModule, PyString, PyTuple};

use crate::addr::host;
use crate::addr::inet::InetAddr;
use crate::addr::inet6::{FLOWINFO_MAX, Inet6Addr};
use crate::args;
use crate::audit::audit;
use crate::call::detached;
use crate::error::{Error, os_error_text};
use crate::method::{Answer, Args, table};
use crate::sys::libc;
use crate::sys::pton;
use crate::sys::resolve::{self, Hints};
use crate::sys::storage::RawAddr;
use crate::text::{fs_decoded, utf8};

table! {
    /// The function of this file.
    TABLE: PyModule {
        Positional getnameinfo = getnameinfo,
            "getnameinfo(sockaddr, flags) -> (host, port)\n\n\
             The names of an address's host and port, or their numbers as the flags say.";
    }
}

const FORM: &str = "getnameinfo(): illegal sockaddr argument";

/// A tuple `(host, port[, flowinfo[, scope_id]])`, whose host is a literal.
struct Sockaddr<'a> {
    host: &'a str,
    port: c_int,
    flowinfo: u32,
    scope_id: u32,
    is_pair: bool,
}

/// An address of one of the families that have a host and a port.
#[derive(Clone, Copy)]
enum Address {
    V4(InetAddr),
    V6(Inet6Addr),
}

impl<'a> Sockaddr<'a> {
    /// Reads the fields of a tuple, of which `host` is the first.
    fn parse(host: &'a Bound<'_, PyAny>, fields: Borrowed<'_, '_, PyTuple>) -> PyResult<Self> {
        let number = |index| {
            if index < fields.len() {
                args::low_bits(fields.get_item(index)?.as_borrowed())
            } else {
                Ok(0)
            }
        };
        let parsed = Self {
            host: utf8(host.as_borrowed(), FORM)?,
            port: args::int(fields.get_item(1)?.as_borrowed())?,
            flowinfo: number(2)?,
            scope_id: number(3)?,
            is_pair: fields.len() == 2,
        };
        if parsed.flowinfo > FLOWINFO_MAX {
            return Err(PyOverflowError::new_err(
                "getnameinfo(): flowinfo must be 0-1048575.",
            ));
        }
        Ok(parsed)
    }

    /// The address, with the tuple's own flow and scope.
    fn address(&self, py: Python<'_>) -> PyResult<Address> {
        let address = match self.literal() {
            Some(address) => address,
            None => decoded(&self.resolved(py)?)?,
        };
        match address {
            Address::V4(_) if !self.is_pair => Err(os_error_text("IPv4 sockaddr must be 2 tuple")),
            Address::V4(_) => Ok(address),
            Address::V6(addr) => Ok(Address::V6(Inet6Addr {
                flowinfo: self.flowinfo,
                scope_id: self.scope_id,
                ..addr
            })),
        }
    }

    /// What needs no C library.
    fn literal(&self) -> Option<Address> {
        let text = self.host.as_bytes();
        let port = u16::try_from(self.port).ok()?;
        if let Some(ip) = pton::ipv4(text) {
            return Some(Address::V4(InetAddr { ip, port }));
        }
        Some(Address::V6(Inet6Addr {
            ip: pton::ipv6(text)?,
            port,
            flowinfo: 0,
            scope_id: 0,
        }))
    }

    /// What the C library makes of a literal in an unusual form.
    fn resolved(&self, py: Python<'_>) -> PyResult<RawAddr> {
        let host = CString::new(self.host).map_err(|_| host::unknown())?;
        let service = CString::new(self.port.to_string()).map_err(|_| host::unknown())?;
        let hints = Hints {
            kind: libc::SOCK_DGRAM,
            flags: libc::AI_NUMERICHOST,
            ..Hints::default()
        };
        let infos = detached(py, || {
            resolve::getaddrinfo(Some(host.as_ref()), Some(service.as_ref()), hints)
        });
        match infos.map_err(Error::from)?.as_slice() {
            [info] => Ok(info.addr),
            _ => Err(os_error_text("sockaddr resolved to multiple addresses")),
        }
    }
}

fn decoded(addr: &RawAddr) -> PyResult<Address> {
    match addr.family() {
        libc::AF_INET => Ok(Address::V4(InetAddr::decode(addr))),
        libc::AF_INET6 => Ok(Address::V6(Inet6Addr::decode(addr))),
        _ => Err(os_error_text("unknown address family")),
    }
}

fn getnameinfo<'py>(_: Borrowed<'_, 'py, PyModule>, args: Args<'_, 'py>) -> Answer<'py> {
    args::count(args, "getnameinfo", 2, 2)?;
    let py = args.py();
    let sockaddr = args::required(args, 0)?;
    let flags = args::int(args::required(args, 1)?)?;
    let Ok(fields) = sockaddr.cast::<PyTuple>() else {
        return Err(PyTypeError::new_err(
            "getnameinfo() argument 1 must be a tuple",
        ));
    };
    if !(2..=4).contains(&fields.len()) {
        return Err(PyTypeError::new_err(FORM));
    }
    let host = fields.get_item(0)?;
    if !host.is_instance_of::<PyString>() {
        return Err(PyTypeError::new_err(FORM));
    }
    let parsed = Sockaddr::parse(&host, fields)?;
    audit(py, c"socket.getnameinfo", [sockaddr])?;
    let address = parsed.address(py)?;
    if let Some((text, port)) = numbers(py, address, flags) {
        return Ok((text, port.to_string()).into_pyobject(py)?.into_any());
    }
    let addr = match address {
        Address::V4(addr) => addr.encode(),
        Address::V6(addr) => addr.encode(),
    };
    let names = detached(py, || resolve::getnameinfo(&addr, flags));
    let (host, service) = names.map_err(Error::from)?;
    let host = fs_decoded(py, &host)?;
    let service = PyString::new(py, &String::from_utf8(service)?);
    Ok((host, service).into_pyobject(py)?.into_any())
}

const NUMBERS: c_int = libc::NI_NUMERICHOST | libc::NI_NUMERICSERV;

/// Host and port where no more than their numbers is asked for; a scope has a
/// text that depends on the system.
fn numbers(py: Python<'_>, address: Address, flags: c_int) -> Option<(Bound<'_, PyString>, u16)> {
    if flags & NUMBERS != NUMBERS || flags & !(NUMBERS | libc::NI_DGRAM) != 0 {
        return None;
    }
    match address {
        Address::V4(addr) => Some((host::ipv4_text(py, addr.ip), addr.port)),
        Address::V6(addr) if addr.scope_id == 0 => Some((host::ipv6_text(py, addr.ip), addr.port)),
        Address::V6(_) => None,
    }
}
