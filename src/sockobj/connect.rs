//! Floor 4b: naming and connecting: bind, listen, accept, connect, shutdown and
//! the two names.

use std::ffi::c_int;
use std::sync::atomic::Ordering;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::args;
use crate::audit::audit;
use crate::call::{self, How};
use crate::caught;
use crate::enums;
use crate::error::{Error, os_error};
use crate::method::{Answer, Args, none};
use crate::once::name;
use crate::sockobj::open;
use crate::sockobj::plain;
use crate::sockobj::state::{PublicSocket, Socket};
use crate::sys::errno::Errno;
use crate::sys::fd::{NewFd, RawFd};
use crate::sys::libc;
use crate::sys::sock;
use crate::sys::storage::RawAddr;
use crate::sys::wait::Wait;
use crate::timeout::{self, Budget, Timeout};

const DEFAULT_BACKLOG: c_int = 128;

/// `bind(address)`.
pub(crate) fn bind<'py>(slf: Borrowed<'_, 'py, Socket>, args: Args<'_, 'py>) -> Answer<'py> {
    let py = slf.py();
    let address = args::required(args, 0)?;
    let socket = slf.get();
    let raw = socket.address("bind", address)?;
    audit(py, c"socket.bind", [slf.as_any().as_borrowed(), address])?;
    socket
        .at_once(|number| sock::bind(number, &raw))
        .map_err(os_error)?;
    Ok(none(py))
}

/// `listen([backlog])`.
pub(crate) fn listen<'py>(slf: Borrowed<'_, 'py, Socket>, args: Args<'_, 'py>) -> Answer<'py> {
    args::count(args, "listen", 0, 1)?;
    let backlog = args::int_or(args, 0, DEFAULT_BACKLOG)?.max(0);
    slf.get()
        .at_once(|number| sock::listen(number, backlog))
        .map_err(os_error)?;
    Ok(none(slf.py()))
}

/// Whether a connection that poll(2) has seen stays until it is accepted: nobody else
/// can take it, and the kernel does not (accept(2) warns of systems and protocols
/// where an error may).
fn keeps_connections(socket: &Socket) -> bool {
    let protocol = match socket.family() {
        libc::AF_INET | libc::AF_INET6 => matches!(socket.proto(), 0 | libc::IPPROTO_TCP),
        #[cfg(unix)]
        libc::AF_UNIX => true,
        _ => false,
    };
    cfg!(target_os = "linux")
        && protocol
        && socket.kind() == libc::SOCK_STREAM
        && socket.sole.holds()
}

fn accept_raw(py: Python<'_>, socket: &Socket) -> Result<(NewFd, RawAddr), Error> {
    let op = |number| {
        let mut from = RawAddr::empty();
        let new = sock::accept(number, socket.family(), &mut from)?;
        Ok((new, from))
    };
    if keeps_connections(socket)
        && let Some(accepted) = call::if_readable(socket.reading(), op)
    {
        return accepted;
    }
    let how = How {
        wait: Wait::Read,
        flags: None,
        quick: true,
    };
    call::call(py, socket.reading(), how, |number, _| op(number))
}

/// `_accept()`: the new descriptor's number and the peer's address.
pub(crate) fn accept_number<'py>(slf: Borrowed<'_, 'py, Socket>, _: Args<'_, 'py>) -> Answer<'py> {
    let py = slf.py();
    slf.get().require_family()?;
    let (new, from) = accept_raw(py, slf.get())?;
    let address = slf.get().address_to_python(py, &from)?;
    let answer = (new.number(), address).into_pyobject(py)?;
    new.release();
    Ok(answer.into_any())
}

/// `accept()`: a new socket, of the module's class whatever the listener's, and the
/// peer's address.
pub(crate) fn accept<'py>(
    slf: Borrowed<'_, 'py, PublicSocket>,
    args: Args<'_, 'py>,
) -> Answer<'py> {
    args::named(args, "socket.accept", [], 0)?;
    let py = slf.py();
    let class = plain::class_of_module(py)?;
    if !(plain::is_plain(slf) && class.is(slf.get_type())) {
        return accept_by_attributes(slf, &class);
    }
    let socket = slf.as_super().get();
    socket.require_family()?;
    let (new, from) = accept_raw(py, socket)?;
    let address = socket.address_to_python(py, &from)?;
    let accepted = open::accepted(py, socket, new)?;
    Ok((accepted, address).into_pyobject(py)?.into_any())
}

/// `accept()` where the listener, or the class of what it gives, may be somebody else's.
fn accept_by_attributes<'py>(
    slf: Borrowed<'_, 'py, PublicSocket>,
    class: &Bound<'py, PyAny>,
) -> Answer<'py> {
    let py = slf.py();
    let pair = slf.call_method0(name!(py, "_accept"))?;
    let items = pair.try_iter()?.take(3).collect::<PyResult<Vec<_>>>()?;
    let [fileno, address] = <[_; 2]>::try_from(items).map_err(|items: Vec<_>| {
        PyValueError::new_err(match items.len() {
            3 => "too many values to unpack (expected 2)".to_owned(),
            few => format!("not enough values to unpack (expected 2, got {few})"),
        })
    })?;
    let make = || {
        let given = PyDict::new(py);
        given.set_item(name!(py, "fileno"), &fileno)?;
        let [family, kind, proto] = ["family", "type", "proto"].map(|name| slf.getattr(name));
        class.call((family?, kind?, proto?), Some(&given))
    };
    let accepted = match caught::tried(fileno.extract::<RawFd>()) {
        Some(number) if number >= 0 => open::hand_over(NewFd::new(number), |_| make())?,
        _ => make()?,
    };
    if timeout::DEFAULT.load(Ordering::Relaxed) < 0
        && slf.call_method0(name!(py, "gettimeout"))?.is_truthy()?
    {
        accepted.call_method1(name!(py, "setblocking"), (true,))?;
    }
    Ok((accepted, address).into_pyobject(py)?.into_any())
}

/// connect(2) to its end, in the socket's mode.
fn connect_raw(py: Python<'_>, socket: &Socket, to: &RawAddr) -> Result<(), Error> {
    let mut budget = Budget::new(&socket.timeout);
    let started = if budget.timeout == Timeout::Blocking {
        let user = socket.cell.enter()?;
        let number = user.fd();
        call::detached(py, || sock::connect(number, to))
    } else {
        let user = socket.cell.enter()?;
        call::at_once_or_detached(py, &user, |number| sock::connect(number, to))
    };
    match started {
        Ok(()) => Ok(()),
        // An interrupted attempt goes on in the kernel (PEP 475).
        Err(Errno::EINTR) if budget.timeout != Timeout::NonBlocking => {
            py.check_signals()?;
            finish(py, socket, &mut budget)
        }
        Err(errno) if errno == Errno::CONNECTING && matches!(budget.timeout, Timeout::For(_)) => {
            finish(py, socket, &mut budget)
        }
        Err(errno) => Err(errno.into()),
    }
}

fn finish(py: Python<'_>, socket: &Socket, budget: &mut Budget) -> Result<(), Error> {
    call::wait_then(py, socket.writing(), Wait::Connect, budget, |number, _| {
        sock::connect_result(number)
    })
}

/// `connect(address)`.
pub(crate) fn connect<'py>(slf: Borrowed<'_, 'py, Socket>, args: Args<'_, 'py>) -> Answer<'py> {
    let py = slf.py();
    let address = args::required(args, 0)?;
    let raw = slf.get().address("connect", address)?;
    audit(py, c"socket.connect", [slf.as_any().as_borrowed(), address])?;
    connect_raw(py, slf.get(), &raw)?;
    Ok(none(py))
}

/// `connect_ex(address)`: the error number, 0 for none.
pub(crate) fn connect_ex<'py>(slf: Borrowed<'_, 'py, Socket>, args: Args<'_, 'py>) -> Answer<'py> {
    let py = slf.py();
    let address = args::required(args, 0)?;
    let raw = slf.get().address("connect_ex", address)?;
    audit(py, c"socket.connect", [slf.as_any().as_borrowed(), address])?;
    let number = match connect_raw(py, slf.get(), &raw) {
        Ok(()) => 0,
        Err(Error::Sys(errno)) => errno.0,
        Err(Error::TimedOut) => libc::EWOULDBLOCK,
        Err(other) => return Err(other.into()),
    };
    Ok(number.into_pyobject(py)?.into_any())
}

/// `shutdown(how)`.
pub(crate) fn shutdown<'py>(slf: Borrowed<'_, 'py, Socket>, args: Args<'_, 'py>) -> Answer<'py> {
    let how = args::lone_int(args::required(args, 0)?)?;
    slf.get()
        .at_once(|number| sock::shutdown(number, how))
        .map_err(os_error)?;
    Ok(none(slf.py()))
}

/// `getsockname()`.
pub(crate) fn getsockname<'py>(slf: Borrowed<'_, 'py, Socket>, _: Args<'_, 'py>) -> Answer<'py> {
    slf.get().require_family()?;
    let name = slf.get().at_once(sock::getsockname).map_err(os_error)?;
    slf.get().address_to_python(slf.py(), &name)
}

/// `getpeername()`.
pub(crate) fn getpeername<'py>(slf: Borrowed<'_, 'py, Socket>, _: Args<'_, 'py>) -> Answer<'py> {
    slf.get().require_family()?;
    let name = slf.get().at_once(sock::getpeername).map_err(os_error)?;
    slf.get().address_to_python(slf.py(), &name)
}

/// `family` of the public class: the enum's member.
#[inline]
pub(crate) fn family<'py>(py: Python<'py>, socket: &Socket) -> Answer<'py> {
    enums::family(py, socket.family())
}

/// `type` of the public class: the enum's member.
#[inline]
pub(crate) fn kind<'py>(py: Python<'py>, socket: &Socket) -> Answer<'py> {
    enums::kind(py, socket.kind())
}
