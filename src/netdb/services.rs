//! Floor 4: services and protocols by name and by number. See getservent(3) and
//! getprotoent(3).

use std::ffi::CStr;

use pyo3::exceptions::PyOverflowError;
use pyo3::prelude::*;
use pyo3::types::{PyModule, PyString};

use crate::args;
use crate::audit::audit;
use crate::call::detached;
use crate::error::os_error_text;
use crate::method::{Answer, Args, table};
use crate::sys::netdb;
use crate::text::c_string;

table! {
    /// The functions of this file.
    TABLE: PyModule {
        Positional getservbyname = getservbyname,
            "getservbyname(servicename[, protocolname]) -> integer\n\n\
             The port of a service; the protocol, if any, is 'tcp' or 'udp'.";
        Positional getservbyport = getservbyport,
            "getservbyport(port[, protocolname]) -> string\n\n\
             The service of a port; the protocol, if any, is 'tcp' or 'udp'.";
        Positional getprotobyname = getprotobyname,
            "getprotobyname(name) -> integer\n\n\
             The number of a protocol, as the constants IPPROTO_* have it.";
    }
}

/// What an audit hook hears of a name: a str, of whatever subclass the argument is.
fn plain<'py>(py: Python<'py>, text: Option<&CStr>) -> Bound<'py, PyAny> {
    match text.map(CStr::to_string_lossy) {
        Some(text) => PyString::new(py, &text).into_any(),
        None => py.None().into_bound(py),
    }
}

fn getservbyname<'py>(_: Borrowed<'_, 'py, PyModule>, args: Args<'_, 'py>) -> Answer<'py> {
    args::count(args, "getservbyname", 1, 2)?;
    let py = args.py();
    let c_name = c_string(args::required(args, 0)?, "getservbyname() argument 1")?;
    let c_proto = args
        .get(1)
        .map(|proto| c_string(proto, "getservbyname() argument 2"))
        .transpose()?;
    let told = [Some(&*c_name), c_proto.as_deref()].map(|text| plain(py, text));
    let [name, proto] = told.each_ref().map(|told| told.as_borrowed());
    audit(py, c"socket.getservbyname", [name, proto])?;
    let port = detached(py, || netdb::getservbyname(&c_name, c_proto.as_deref()))
        .ok_or_else(|| os_error_text("service/proto not found"))?;
    Ok(port.into_pyobject(py)?.into_any())
}

fn getservbyport<'py>(_: Borrowed<'_, 'py, PyModule>, args: Args<'_, 'py>) -> Answer<'py> {
    args::count(args, "getservbyport", 1, 2)?;
    let py = args.py();
    let port = args::int(args::required(args, 0)?)?;
    let c_proto = args
        .get(1)
        .map(|proto| c_string(proto, "getservbyport() argument 2"))
        .transpose()?;
    let port = u16::try_from(port)
        .map_err(|_| PyOverflowError::new_err("getservbyport: port must be 0-65535."))?;
    let told = plain(py, c_proto.as_deref());
    let number = port.into_pyobject(py)?.into_any();
    let arguments = [number.as_borrowed(), told.as_borrowed()];
    audit(py, c"socket.getservbyport", arguments)?;
    let name = detached(py, || netdb::getservbyport(port, c_proto.as_deref()))
        .ok_or_else(|| os_error_text("port/proto not found"))?;
    Ok(PyString::new(py, &String::from_utf8(name)?).into_any())
}

fn getprotobyname<'py>(_: Borrowed<'_, 'py, PyModule>, args: Args<'_, 'py>) -> Answer<'py> {
    args::count(args, "getprotobyname", 1, 1)?;
    let py = args.py();
    let name = c_string(args::required(args, 0)?, "getprotobyname() argument 1")?;
    let number = detached(py, || netdb::getprotobyname(&name))
        .ok_or_else(|| os_error_text("protocol not found"))?;
    Ok(number.into_pyobject(py)?.into_any())
}
