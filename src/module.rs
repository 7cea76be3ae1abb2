//! Floor 4c: the module's functions that are about sockets and fit no other file:
//! bare descriptors, pairs, and the default timeout.

use std::sync::atomic::Ordering;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyModule};

use crate::args;
use crate::enums;
use crate::error::os_error;
use crate::method::{Answer, Args, none, table};
use crate::once::name;
use crate::sockobj::open;
use crate::sockobj::plain;
use crate::sockobj::state::PublicSocket;
use crate::sys::errno::Errno;
use crate::sys::fd::{self, NewFd, RawFd};
use crate::sys::libc;
use crate::timeout;

fn number(value: Borrowed<'_, '_, PyAny>) -> PyResult<RawFd> {
    let number = args::long(value)?;
    RawFd::try_from(number).map_err(|_| os_error(Errno::EBADF))
}

/// `dup(fileno)`.
fn dup<'py>(module: Borrowed<'_, 'py, PyModule>, args: Args<'_, 'py>) -> Answer<'py> {
    let new = fd::dup(number(args::required(args, 0)?)?).map_err(os_error)?;
    let answer = new.number().into_pyobject(module.py())?;
    new.release();
    Ok(answer.into_any())
}

/// `close(fileno)`.
fn close<'py>(module: Borrowed<'_, 'py, PyModule>, args: Args<'_, 'py>) -> Answer<'py> {
    let py = module.py();
    let number = number(args::required(args, 0)?)?;
    match crate::call::detached(py, || fd::close(number)) {
        Err(errno) if errno.0 != libc::ECONNRESET => Err(os_error(errno)),
        _ => Ok(none(py)),
    }
}

/// `socketpair([family[, type[, proto]]])`: two sockets of the base class.
#[cfg(unix)]
fn socketpair<'py>(module: Borrowed<'_, 'py, PyModule>, args: Args<'_, 'py>) -> Answer<'py> {
    args::count(args, "socketpair", 0, 3)?;
    let py = module.py();
    let family = args::int_or(args, 0, libc::AF_UNIX)?;
    let kind = args::int_or(args, 1, libc::SOCK_STREAM)?;
    let proto = args::int_or(args, 2, 0)?;
    let pair = open::base_pair(py, [family, kind, proto])?;
    Ok(<(_, _)>::from(pair).into_pyobject(py)?.into_any())
}

/// `_pair(class, family, type, proto)`: two sockets of a class. Here and not in the shim,
/// for the reason that `_adopt` is.
#[cfg(unix)]
fn pair<'py>(_: Borrowed<'_, 'py, PyModule>, args: Args<'_, 'py>) -> Answer<'py> {
    args::count(args, "_pair", 4, 4)?;
    let class = args::required(args, 0)?;
    let [family, kind, proto] = [1, 2, 3].map(|index| args::required(args, index));
    let pair = open::pair(class, [family?, kind?, proto?])?;
    Ok(<(_, _)>::from(pair).into_pyobject(args.py())?.into_any())
}

/// `_adopt(class, family, type, proto, fileno)`: an object on a number that has no
/// owner yet. Here and not in the shim, because between the lines of Python a
/// signal's handler may raise, and nobody could tell then who owns the number.
fn adopt<'py>(_: Borrowed<'_, 'py, PyModule>, args: Args<'_, 'py>) -> Answer<'py> {
    args::count(args, "_adopt", 5, 5)?;
    let class = args::required(args, 0)?;
    let number = number(args::required(args, 4)?)?;
    open::hand_over(NewFd::new(number), |number| {
        let rest = [1, 2, 3].map(|index| args::required(args, index));
        let [family, kind, proto] = rest;
        class.call1((family?, kind?, proto?, number))
    })
}

/// `_hold(socket)`: one more `makefile` object. In one step, because threads may make
/// theirs at once; a class of somebody else's keeps the count as an attribute.
fn hold<'py>(module: Borrowed<'_, 'py, PyModule>, args: Args<'_, 'py>) -> Answer<'py> {
    let py = module.py();
    let socket = args::required(args, 0)?;
    if let Ok(known) = socket.cast::<PublicSocket>() {
        let refs = &known.as_super().get().io_refs;
        refs.fetch_add(1, Ordering::SeqCst);
    } else {
        let name = name!(py, "_io_refs");
        socket.setattr(name, socket.getattr(name)?.add(1)?)?;
    }
    Ok(none(py))
}

/// `_in_use(socket, function)`: what the function makes of the socket's number, which
/// nobody closes meanwhile. In a child of a fork the number is the child's own to close.
fn in_use<'py>(_: Borrowed<'_, 'py, PyModule>, args: Args<'_, 'py>) -> Answer<'py> {
    args::count(args, "_in_use", 2, 2)?;
    let socket = args::required(args, 0)?;
    let function = args::required(args, 1)?;
    let told = socket.call_method0(name!(socket.py(), "fileno"))?;
    let known = socket.cast::<PublicSocket>().ok();
    // A class of somebody else's has a number of its own.
    let _user = known
        .as_ref()
        .and_then(|known| known.as_super().get().cell.enter().ok());
    function.call1((told,))
}

/// `getdefaulttimeout()`.
fn getdefaulttimeout<'py>(module: Borrowed<'_, 'py, PyModule>, _: Args<'_, 'py>) -> Answer<'py> {
    let nanos = timeout::DEFAULT.load(Ordering::Relaxed);
    let timeout = timeout::to_python(module.py(), nanos);
    Ok(timeout.into_pyobject(module.py())?.into_any())
}

/// `setdefaulttimeout(timeout)`.
fn setdefaulttimeout<'py>(module: Borrowed<'_, 'py, PyModule>, args: Args<'_, 'py>) -> Answer<'py> {
    let nanos = timeout::parse(args::required(args, 0)?)?;
    timeout::DEFAULT.store(nanos, Ordering::Relaxed);
    Ok(none(module.py()))
}

/// `_set_enums(families, kinds)`: the shim's enum members.
fn set_enums<'py>(module: Borrowed<'_, 'py, PyModule>, args: Args<'_, 'py>) -> Answer<'py> {
    args::count(args, "_set_enums", 2, 2)?;
    let families = args::required(args, 0)?;
    let kinds = args::required(args, 1)?;
    let families = families.cast::<PyDict>().map_err(PyErr::from)?;
    let kinds = kinds.cast::<PyDict>().map_err(PyErr::from)?;
    enums::set(&families, &kinds)?;
    Ok(none(module.py()))
}

/// `_set_namespace(namespace)`: the names of the public module.
fn set_namespace<'py>(module: Borrowed<'_, 'py, PyModule>, args: Args<'_, 'py>) -> Answer<'py> {
    let namespace = args::required(args, 0)?;
    plain::set_namespace(&*namespace.cast::<PyDict>().map_err(PyErr::from)?);
    Ok(none(module.py()))
}

#[cfg(unix)]
table! {
    /// The function that Windows lacks; the shim has another there.
    PAIR: PyModule {
        Positional _pair = pair, "_pair(class, family, type, proto)\n\nTwo sockets of a class, connected to each other.";
        Positional socketpair = socketpair, "socketpair([family[, type[, proto]]]) -> (socket, socket)\n\nTwo sockets connected to each other. See socketpair(2).";
    }
}

table! {
    /// The functions of this file.
    TABLE: PyModule {
        Positional _adopt = adopt, "_adopt(class, family, type, proto, fileno)\n\nA socket on a descriptor that has no owner yet.";
        Positional _in_use = in_use, "_in_use(socket, function)\n\nThe function's result for the socket's number, which nobody closes meanwhile.";
        One _hold = hold, "_hold(socket)\n\nOne more `makefile` object keeps the socket open.";
        Positional _set_enums = set_enums, "_set_enums(families, kinds)\n\nSet the members that `family` and `type` return: dicts of int to member.";
        One _set_namespace = set_namespace, "_set_namespace(namespace)\n\nSet where `accept` finds the class of what it gives, as `socket`.";
        One close = close, "close(fileno)\n\nClose a socket's descriptor by its number. See close(2).";
        One dup = dup, "dup(fileno) -> descriptor\n\nDuplicate a descriptor; children do not inherit the new one. See dup(2).";
        NoArgs getdefaulttimeout = getdefaulttimeout, "getdefaulttimeout() -> seconds\n\nThe timeout that new sockets start with, as a float, or None.";
        One setdefaulttimeout = setdefaulttimeout, "setdefaulttimeout(seconds)\n\nSet the timeout that new sockets start with: int, float or None.";
    }
}
