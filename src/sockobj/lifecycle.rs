//! Floor 4a: the end of a socket object, closing and detaching; and its context manager,
//! inheritance and repr.

use std::sync::atomic::Ordering;

use pyo3::exceptions::{PyAttributeError, PyOSError, PyTypeError};
use pyo3::prelude::*;

use crate::args;
use crate::call;
use crate::caught;
use crate::error::{Error, os_error};
use crate::method::{Answer, Args, none};
use crate::once::name;
use crate::sockobj::plain;
use crate::sockobj::state::{IN_ONE_ORDER, PublicSocket, Socket};
use crate::sys::cell::Shut;
use crate::sys::errno::Errno;
use crate::sys::fd::{self, RawFd};
use crate::sys::libc;
use crate::sys::wait;

/// Closes the object's number, or leaves that to the last call in flight, which
/// is woken if it is a timed wait.
pub(crate) fn close_now(py: Python<'_>, socket: &Socket) -> Result<(), Error> {
    socket.fd.store(-1, Ordering::Release);
    let shut = socket.cell.shut();
    socket.publish_number();
    let closed = match shut {
        Shut::Already => Ok(()),
        Shut::Idle(fd) if socket.may_linger.load(Ordering::Relaxed) => {
            call::detached(py, || fd::close(fd))
        }
        Shut::Idle(fd) => fd::close(fd),
        Shut::Busy => {
            wait::wake(&socket.cell);
            Ok(())
        }
    };
    match closed {
        // The peer reset a connection that is closed anyway.
        Err(errno) if errno.0 != libc::ECONNRESET => Err(errno.into()),
        _ => Ok(()),
    }
}

/// `close()` of the base class.
pub(crate) fn base_close<'py>(slf: Borrowed<'_, 'py, Socket>, _: Args<'_, 'py>) -> Answer<'py> {
    close_now(slf.py(), slf.get())?;
    Ok(none(slf.py()))
}

fn give_up(socket: &Socket) -> RawFd {
    socket.fd.store(-1, Ordering::Release);
    let given = socket.cell.give_up();
    socket.publish_number();
    wait::wake(&socket.cell);
    given.unwrap_or(-1)
}

/// `detach()` of the base class.
pub(crate) fn base_detach<'py>(slf: Borrowed<'_, 'py, Socket>, _: Args<'_, 'py>) -> Answer<'py> {
    Ok(give_up(slf.get()).into_pyobject(slf.py())?.into_any())
}

/// `fileno()`.
pub(crate) fn fileno<'py>(slf: Borrowed<'_, 'py, Socket>, _: Args<'_, 'py>) -> Answer<'py> {
    let socket = slf.get();
    socket.sole.share();
    Ok(socket.fileno().into_pyobject(slf.py())?.into_any())
}

/// `detach()` of the public class.
pub(crate) fn detach<'py>(
    slf: Borrowed<'_, 'py, PublicSocket>,
    args: Args<'_, 'py>,
) -> Answer<'py> {
    args::named(args, "socket.detach", [], 0)?;
    let socket = slf.as_super().get();
    socket.closed.store(true, Ordering::Relaxed);
    Ok(give_up(socket).into_pyobject(slf.py())?.into_any())
}

/// `close()` of the public class: at once, or when the last `makefile` object goes.
pub(crate) fn close<'py>(slf: Borrowed<'_, 'py, PublicSocket>, args: Args<'_, 'py>) -> Answer<'py> {
    args::named(args, "socket.close", [], 0)?;
    slf.as_super().get().closed.store(true, IN_ONE_ORDER);
    close_if_unused(slf)?;
    Ok(none(slf.py()))
}

/// The flag and the count are in one order: of a `close` and the end of the last
/// `makefile` object in another thread, at least one sees the other.
fn close_if_unused(slf: Borrowed<'_, '_, PublicSocket>) -> PyResult<()> {
    let py = slf.py();
    let socket = slf.as_super().get();
    if socket.io_refs.load(Ordering::SeqCst) > 0 {
        return Ok(());
    }
    if plain::is_plain(slf) {
        return Ok(close_now(py, socket)?);
    }
    // A subclass may have more to close: SSLSocket does.
    slf.call_method0(name!(py, "_real_close")).map(drop)
}

/// `_real_close(_ss)`: what `close()` calls at the end, for subclasses to extend;
/// `_ss` is the class whose `close` does it.
pub(crate) fn real_close<'py>(
    slf: Borrowed<'_, 'py, PublicSocket>,
    args: Args<'_, 'py>,
) -> Answer<'py> {
    let [class] = args::named(args, "socket._real_close", ["_ss"], 0)?;
    if let Some(class) = class {
        class.call_method1(name!(slf.py(), "close"), (slf,))?;
    } else {
        close_now(slf.py(), slf.as_super().get())?;
    }
    Ok(none(slf.py()))
}

/// `_decref_socketios()`: a `makefile` object was closed.
pub(crate) fn decref_socketios<'py>(
    slf: Borrowed<'_, 'py, PublicSocket>,
    args: Args<'_, 'py>,
) -> Answer<'py> {
    args::named(args, "socket._decref_socketios", [], 0)?;
    let socket = slf.as_super().get();
    let more_than_none = |refs| (refs > 0).then(|| refs - 1);
    let _ = socket
        .io_refs
        .fetch_update(Ordering::SeqCst, Ordering::Relaxed, more_than_none);
    if socket.closed.load(Ordering::SeqCst) {
        // By way of close(), which a subclass may have extended.
        slf.call_method0(name!(slf.py(), "close"))?;
    }
    Ok(none(slf.py()))
}

/// `__enter__()`.
pub(crate) fn enter<'py>(slf: Borrowed<'_, 'py, PublicSocket>, args: Args<'_, 'py>) -> Answer<'py> {
    args::named(args, "socket.__enter__", [], 0)?;
    Ok(slf.to_owned().into_any())
}

/// `__exit__(*args)`.
pub(crate) fn exit<'py>(slf: Borrowed<'_, 'py, PublicSocket>, args: Args<'_, 'py>) -> Answer<'py> {
    let py = slf.py();
    if args.keyword_count() > 0 {
        args::named(args, "socket.__exit__", [], 0)?;
    }
    let closed = &slf.as_super().get().closed;
    if closed.load(Ordering::SeqCst) {
        return Ok(none(py)); // a subclass's close() has been called, and is not again
    }
    if plain::is_plain(slf) {
        closed.store(true, IN_ONE_ORDER);
        close_if_unused(slf)?;
    } else {
        slf.call_method0(name!(py, "close"))?;
    }
    Ok(none(py))
}

/// A call with the number that `fileno()` tells, as a subclass may have its own; the
/// object's own number cannot be closed by another thread meanwhile.
pub(crate) fn with_fileno<T>(
    slf: Borrowed<'_, '_, PublicSocket>,
    op: impl FnOnce(RawFd) -> Result<T, Errno>,
) -> PyResult<T> {
    let py = slf.py();
    let socket = slf.as_super().get();
    socket.sole.share();
    if !plain::is_plain(slf) {
        let number: RawFd = slf.call_method0(name!(py, "fileno"))?.extract()?;
        if number != socket.fileno() {
            return op(number).map_err(os_error);
        }
    }
    socket.at_once(op).map_err(os_error)
}

/// `get_inheritable()`.
pub(crate) fn get_inheritable<'py>(
    slf: Borrowed<'_, 'py, PublicSocket>,
    args: Args<'_, 'py>,
) -> Answer<'py> {
    args::named(args, "socket.get_inheritable", [], 0)?;
    let inheritable = with_fileno(slf, fd::is_inheritable)?;
    Ok(inheritable.into_pyobject(slf.py())?.to_owned().into_any())
}

/// `set_inheritable(inheritable)`.
pub(crate) fn set_inheritable<'py>(
    slf: Borrowed<'_, 'py, PublicSocket>,
    args: Args<'_, 'py>,
) -> Answer<'py> {
    let [value] = args::named(args, "socket.set_inheritable", ["inheritable"], 1)?;
    let value = value.ok_or_else(|| PyTypeError::new_err("missing argument"))?;
    let inheritable = args::lone_int(value)? != 0;
    with_fileno(slf, |number| fd::set_inheritable(number, inheritable))?;
    Ok(none(slf.py()))
}

/// The base class's repr: plain numbers.
pub(crate) fn base_repr(socket: &Socket) -> String {
    format!(
        "<socket object, fd={}, family={}, type={}, proto={}>",
        socket.fileno(),
        socket.family(),
        socket.kind(),
        socket.proto()
    )
}

/// `__repr__()` of the public class: the numbers, and the addresses while it is open. A
/// method of the table, which the slot calls: CPython words the errors of a slot's arguments
/// otherwise than those of a method's. Made by Python: a name may be in no encoding at all.
pub(crate) fn repr<'py>(slf: Borrowed<'_, 'py, PublicSocket>, args: Args<'_, 'py>) -> Answer<'py> {
    args::named(args, "socket.__repr__", [], 0)?;
    let py = slf.py();
    // As attributes: a subclass may have its own.
    let class = slf.getattr(name!(py, "__class__"))?;
    let closed = slf.getattr(name!(py, "_closed"))?.is_truthy()?;
    let values = (
        class.getattr(name!(py, "__module__"))?,
        class.getattr(name!(py, "__qualname__"))?,
        if closed { " [closed]" } else { "" },
        slf.call_method0(name!(py, "fileno"))?,
        slf.getattr(name!(py, "family"))?,
        slf.getattr(name!(py, "type"))?,
        slf.getattr(name!(py, "proto"))?,
    );
    let form = name!(py, "<%s.%s%s fd=%i, family=%s, type=%s, proto=%i");
    let mut text = form.rem(values)?;
    let methods = [
        (name!(py, "getsockname"), ", laddr="),
        (name!(py, "getpeername"), ", raddr="),
    ];
    for (method, label) in methods.into_iter().filter(|_| !closed) {
        match slf.call_method0(method) {
            Ok(address) if address.is_truthy()? => text = text.add(label)?.add(address.str()?)?,
            Ok(_) => {}
            Err(error) if is_no_address(py, &error) => caught::forget(error),
            Err(error) => return Err(error),
        }
    }
    text.add(">")
}

/// Whether an error says that a socket has no such address, or no such method.
fn is_no_address(py: Python<'_>, error: &PyErr) -> bool {
    error.is_instance_of::<PyOSError>(py)
        || (cfg!(Py_3_11) && error.is_instance_of::<PyAttributeError>(py))
}
