//! Floor 4: the older lookups of hosts, and this host's own name. See
//! gethostbyname(3), gethostbyaddr(3), gethostname(2).
//!
//! Names go through the same parser as those of addresses (`addr::host`), so a
//! literal needs no resolver; what the databases say is theirs alone.

use std::net::IpAddr;

use pyo3::prelude::*;
#[cfg(unix)]
use pyo3::types::PyBytes;
use pyo3::types::{PyList, PyModule, PyString};

use crate::addr::host::{self, Name};
use crate::args;
use crate::audit::audit;
use crate::call::detached;
use crate::error::{Error, os_error};
use crate::method::{Answer, Args, table};
use crate::sys::errno::Errno;
use crate::sys::libc;
use crate::sys::netdb::{self, Host};
use crate::sys::resolve;
use crate::text::fs_decoded;
#[cfg(unix)]
use crate::text::fs_string;

table! {
    /// The functions of this file.
    TABLE: PyModule {
        Positional gethostbyname = gethostbyname,
            "gethostbyname(host) -> address\n\n\
             The IPv4 address of a host, as text.";
        Positional gethostbyname_ex = gethostbyname_ex,
            "gethostbyname_ex(host) -> (name, aliases, addresses)\n\n\
             What the database of hosts says of a name: lists of str, IPv4 only.";
        Positional gethostbyaddr = gethostbyaddr,
            "gethostbyaddr(host) -> (name, aliases, addresses)\n\n\
             What the database of hosts says of an address, or of the address of a name.";
        NoArgs gethostname = gethostname,
            "gethostname() -> str\n\n\
             The name of this host.";
    }
}

#[cfg(unix)]
table! {
    /// The function that Windows lacks.
    SETTING: PyModule {
        Positional sethostname = sethostname,
            "sethostname(name)\n\n\
             Set the name of this host, which needs privilege.";
    }
}

/// The one argument of a function and the name that it stands for.
fn argument<'a, 'py>(
    args: Args<'a, 'py>,
    function: &str,
) -> PyResult<(Borrowed<'a, 'py, PyAny>, Name<'a>)> {
    args::count(args, function, 1, 1)?;
    let value = args::required(args, 0)?;
    Ok((value, host::argument(value, function)?))
}

fn gethostbyname<'py>(_: Borrowed<'_, 'py, PyModule>, args: Args<'_, 'py>) -> Answer<'py> {
    let py = args.py();
    let (value, name) = argument(args, "gethostbyname")?;
    audit(py, c"socket.gethostbyname", [value])?;
    Ok(host::ipv4_text(py, host::ipv4(py, &name)?).into_any())
}

fn gethostbyname_ex<'py>(_: Borrowed<'_, 'py, PyModule>, args: Args<'_, 'py>) -> Answer<'py> {
    let py = args.py();
    let (value, name) = argument(args, "gethostbyname_ex")?;
    audit(py, c"socket.gethostbyname", [value])?;
    // The first lookup is for its error, which is `gaierror`.
    let ip = host::ipv4(py, &name)?;
    if name.literal_ipv4().is_some() {
        let text = host::ipv4_text(py, ip);
        let addresses = PyList::new(py, [&text])?;
        return Ok((text, PyList::empty(py), addresses)
            .into_pyobject(py)?
            .into_any());
    }
    let name = name.c_string()?;
    answer(
        py,
        detached(py, || netdb::gethostbyname(&name)),
        libc::AF_INET,
    )
}

fn gethostbyaddr<'py>(_: Borrowed<'_, 'py, PyModule>, args: Args<'_, 'py>) -> Answer<'py> {
    let py = args.py();
    let (value, name) = argument(args, "gethostbyaddr")?;
    audit(py, c"socket.gethostbyaddr", [value])?;
    let ip = host::any(py, &name)?;
    let (family, found) = detached(py, || match ip {
        IpAddr::V4(ip) => (
            libc::AF_INET,
            netdb::gethostbyaddr(&ip.octets(), libc::AF_INET),
        ),
        IpAddr::V6(ip) => (
            libc::AF_INET6,
            netdb::gethostbyaddr(&ip.octets(), libc::AF_INET6),
        ),
    });
    answer(py, found, family)
}

fn answer(py: Python<'_>, found: Result<Host, i32>, family: i32) -> Answer<'_> {
    let host = found.map_err(|code| Error::Host(code, resolve::hstrerror(code)))?;
    if host.family != family {
        return Err(os_error(Errno(libc::EAFNOSUPPORT)));
    }
    let name = fs_decoded(py, &host.name)?;
    let aliases = PyList::empty(py);
    for alias in &host.aliases {
        aliases.append(fs_decoded(py, alias)?)?;
    }
    let addresses = PyList::empty(py);
    for address in &host.addresses {
        addresses.append(text(py, address)?)?;
    }
    Ok((name, aliases, addresses).into_pyobject(py)?.into_any())
}

/// The text of an address of the database's.
fn text<'py>(py: Python<'py>, address: &[u8]) -> PyResult<Bound<'py, PyString>> {
    if let Ok(octets) = <[u8; 4]>::try_from(address) {
        return Ok(host::ipv4_text(py, octets.into()));
    }
    let octets = <[u8; 16]>::try_from(address).map_err(|_| os_error(Errno(libc::EAFNOSUPPORT)))?;
    Ok(host::ipv6_text(py, octets.into()))
}

fn gethostname<'py>(module: Borrowed<'_, 'py, PyModule>, _: Args<'_, 'py>) -> Answer<'py> {
    let py = module.py();
    audit(py, c"socket.gethostname", [])?;
    let name = resolve::gethostname().map_err(Error::from)?;
    fs_decoded(py, &name)
}

#[cfg(unix)]
fn sethostname<'py>(_: Borrowed<'_, 'py, PyModule>, args: Args<'_, 'py>) -> Answer<'py> {
    args::count(args, "sethostname", 1, 1)?;
    let py = args.py();
    let value = args::required(args, 0)?;
    // Bytes are the name as it stands, NUL included.
    let name = match value.cast::<PyBytes>() {
        Ok(bytes) => bytes.to_owned(),
        Err(_) => PyBytes::new(py, fs_string(value)?.as_bytes()),
    };
    audit(py, c"socket.sethostname", [name.as_any().as_borrowed()])?;
    resolve::sethostname(name.as_bytes()).map_err(Error::from)?;
    Ok(py.None().into_bound(py))
}
