//! Floor 4b: how a socket object begins and ends: opening, closing, detaching,
//! duplicating, and the warning of one that nobody closed.

use std::ffi::c_int;
use std::sync::atomic::Ordering;

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyType;

use crate::args;
use crate::audit::audit;
use crate::call;
use crate::error::{Error, os_error};
use crate::method::{Answer, Args, none};
use crate::sockobj::state::{PublicSocket, Socket};
use crate::sys::errno::Errno;
use crate::sys::fd::{self, RawFd, Shut};
use crate::sys::{opt, sock, wait};
use crate::timeout::{self, NONBLOCKING};

/// What `__init__` was asked for; -1 and None stand for "find out".
pub(crate) struct Wanted<'py> {
    pub(crate) family: c_int,
    pub(crate) kind: c_int,
    pub(crate) proto: c_int,
    pub(crate) fileno: Option<Bound<'py, PyAny>>,
}

/// Opens the object: a new socket, or the descriptor that it was given.
pub(crate) fn open(slf: &Bound<'_, Socket>, wanted: &Wanted<'_>) -> PyResult<()> {
    let py = slf.py();
    audit_new(slf, wanted)?;
    let socket = slf.get();
    let (fd, family, kind, proto) = if let Some(fileno) = &wanted.fileno {
        adopt(fileno, wanted)?
    } else {
        create(wanted)?
    };
    let fresh = wanted.fileno.is_none();
    if !socket.cell.open(fd) {
        // A second __init__: the first descriptor goes, as it would be lost.
        let closed = close_now(py, socket);
        if closed.is_err() || !socket.cell.open(fd) {
            if fresh {
                fd::close(fd).map_err(os_error)?;
            }
            return Err(os_error(Errno(libc::EBUSY)));
        }
    }
    socket.family.store(family, Ordering::Relaxed);
    socket
        .kind
        .store(kind & !sock::TYPE_FLAGS, Ordering::Relaxed);
    socket.proto.store(proto, Ordering::Relaxed);
    socket.may_linger.store(!fresh, Ordering::Relaxed);
    let default = timeout::DEFAULT.load(Ordering::Relaxed);
    let initial = if kind & sock::TYPE_NONBLOCK != 0 {
        NONBLOCKING
    } else {
        default
    };
    socket.timeout.store(initial, Ordering::Relaxed);
    socket.fd.store(fd, Ordering::Release);
    if initial >= 0 && kind & sock::TYPE_NONBLOCK == 0 && !(fresh && sock::TYPE_NONBLOCK != 0) {
        fd::set_nonblocking(fd, true).map_err(os_error)?;
    }
    Ok(())
}

fn audit_new(slf: &Bound<'_, Socket>, wanted: &Wanted<'_>) -> PyResult<()> {
    let py = slf.py();
    let [Ok(family), Ok(kind), Ok(proto)] =
        [wanted.family, wanted.kind, wanted.proto].map(|number| number.into_pyobject(py));
    audit(
        py,
        c"socket.__new__",
        [
            slf.as_any().as_borrowed(),
            family.as_any().as_borrowed(),
            kind.as_any().as_borrowed(),
            proto.as_any().as_borrowed(),
        ],
    )
}

type Opened = (RawFd, c_int, c_int, c_int);

fn create(wanted: &Wanted<'_>) -> PyResult<Opened> {
    let or = |value: c_int, default: c_int| if value == -1 { default } else { value };
    let family = or(wanted.family, libc::AF_INET);
    let kind = or(wanted.kind, libc::SOCK_STREAM);
    let proto = or(wanted.proto, 0);
    // With a default timeout the socket is born non-blocking, in the same call.
    let flag = if timeout::DEFAULT.load(Ordering::Relaxed) >= 0 {
        sock::TYPE_NONBLOCK
    } else {
        0
    };
    let fd = sock::socket(family, kind | flag, proto).map_err(os_error)?;
    Ok((fd, family, kind, proto))
}

fn adopt(fileno: &Bound<'_, PyAny>, wanted: &Wanted<'_>) -> PyResult<Opened> {
    let number = args::long(fileno.as_borrowed())?;
    if number < 0 {
        return Err(PyValueError::new_err("negative file descriptor"));
    }
    let fd = RawFd::try_from(number).map_err(|_| os_error(Errno::EBADF))?;
    let family = match sock::getsockname(fd) {
        Ok(name) if wanted.family == -1 => name.family(),
        Err(errno) if wanted.family == -1 || errno == Errno::EBADF || errno.0 == libc::ENOTSOCK => {
            return Err(os_error(errno));
        }
        Ok(_) | Err(_) => wanted.family,
    };
    let ask = |given: c_int, option: c_int| {
        if given == -1 {
            opt::get_int(fd, libc::SOL_SOCKET, option)
        } else {
            Ok(given)
        }
    };
    let kind = ask(wanted.kind, libc::SO_TYPE).map_err(os_error)?;
    #[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
    let proto = ask(wanted.proto, libc::SO_PROTOCOL).map_err(os_error)?;
    #[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
    let proto = wanted.proto.max(0);
    Ok((fd, family, kind, proto))
}

/// Closes the object's number, or leaves that to the last call in flight, which
/// is woken if it is a timed wait.
pub(crate) fn close_now(py: Python<'_>, socket: &Socket) -> Result<(), Error> {
    socket.fd.store(-1, Ordering::Release);
    let closed = match socket.cell.shut() {
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
    wait::wake(&socket.cell);
    given.unwrap_or(-1)
}

/// `detach()` of the base class.
pub(crate) fn base_detach<'py>(slf: Borrowed<'_, 'py, Socket>, _: Args<'_, 'py>) -> Answer<'py> {
    Ok(give_up(slf.get()).into_pyobject(slf.py())?.into_any())
}

/// `fileno()`.
pub(crate) fn fileno<'py>(slf: Borrowed<'_, 'py, Socket>, _: Args<'_, 'py>) -> Answer<'py> {
    Ok(slf.get().fileno().into_pyobject(slf.py())?.into_any())
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
    slf.as_super().get().closed.store(true, Ordering::Relaxed);
    close_if_unused(slf)?;
    Ok(none(slf.py()))
}

fn close_if_unused(slf: Borrowed<'_, '_, PublicSocket>) -> PyResult<()> {
    let py = slf.py();
    let socket = slf.as_super().get();
    if socket.io_refs.load(Ordering::Relaxed) > 0 {
        return Ok(());
    }
    if slf.is_exact_instance_of::<PublicSocket>() {
        return Ok(close_now(py, socket)?);
    }
    // A subclass may have more to close: SSLSocket does.
    slf.call_method0(intern!(py, "_real_close")).map(drop)
}

/// `_real_close()`: what `close()` calls at the end, for subclasses to extend.
pub(crate) fn real_close<'py>(
    slf: Borrowed<'_, 'py, PublicSocket>,
    args: Args<'_, 'py>,
) -> Answer<'py> {
    args::named(args, "socket._real_close", ["_ss"], 0)?;
    close_now(slf.py(), slf.as_super().get())?;
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
        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, more_than_none);
    if socket.closed.load(Ordering::Relaxed) {
        // By way of close(), which a subclass may have extended.
        slf.call_method0(intern!(slf.py(), "close"))?;
    }
    Ok(none(slf.py()))
}

/// `__enter__()`.
pub(crate) fn enter<'py>(slf: Borrowed<'_, 'py, PublicSocket>, args: Args<'_, 'py>) -> Answer<'py> {
    args::named(args, "socket.__enter__", [], 0)?;
    Ok(slf.to_owned().into_any())
}

/// `__exit__(*args)`.
pub(crate) fn exit<'py>(slf: Borrowed<'_, 'py, PublicSocket>, _: Args<'_, 'py>) -> Answer<'py> {
    let py = slf.py();
    if slf.is_exact_instance_of::<PublicSocket>() {
        slf.as_super().get().closed.store(true, Ordering::Relaxed);
        close_if_unused(slf)?;
    } else {
        slf.call_method0(intern!(py, "close"))?;
    }
    Ok(none(py))
}

/// `dup()`: a new object of the same class on a duplicate descriptor.
pub(crate) fn dup<'py>(slf: Borrowed<'_, 'py, PublicSocket>, args: Args<'_, 'py>) -> Answer<'py> {
    args::named(args, "socket.dup", [], 0)?;
    let py = slf.py();
    let socket = slf.as_super().get();
    let number = socket.at_once(fd::dup).map_err(os_error)?;
    let made = wrap(&slf.get_type(), socket, number);
    if made.is_err() {
        // Nobody took the number over.
        let _ = fd::close(number);
    }
    let new = made?;
    let timeout = timeout::to_python(py, socket.timeout_nanos());
    new.call_method1(intern!(py, "settimeout"), (timeout,))?;
    Ok(new)
}

/// An object of `class` on a descriptor of the same kind as `like`'s.
fn wrap<'py>(
    class: &Bound<'py, PyType>,
    like: &Socket,
    number: RawFd,
) -> PyResult<Bound<'py, PyAny>> {
    let numbers = (like.family(), like.kind(), like.proto(), number);
    class.call1(numbers)
}

/// An object of the public class on a new descriptor, without a look at it.
pub(crate) fn accepted<'py>(
    py: Python<'py>,
    listener: &Socket,
    number: RawFd,
) -> PyResult<Bound<'py, PyAny>> {
    let socket = Socket::unopened();
    socket.family.store(listener.family(), Ordering::Relaxed);
    socket.kind.store(listener.kind(), Ordering::Relaxed);
    socket.proto.store(listener.proto(), Ordering::Relaxed);
    let linger = listener.may_linger.load(Ordering::Relaxed);
    socket.may_linger.store(linger, Ordering::Relaxed);
    let default = timeout::DEFAULT.load(Ordering::Relaxed);
    socket.timeout.store(default, Ordering::Relaxed);
    socket.cell.open(number);
    socket.fd.store(number, Ordering::Release);
    if default >= 0 {
        fd::set_nonblocking(number, true).map_err(os_error)?;
    }
    let init = PyClassInitializer::from(socket).add_subclass(PublicSocket);
    Ok(Bound::new(py, init)?.into_any())
}

/// `get_inheritable()`.
pub(crate) fn get_inheritable<'py>(
    slf: Borrowed<'_, 'py, PublicSocket>,
    args: Args<'_, 'py>,
) -> Answer<'py> {
    args::named(args, "socket.get_inheritable", [], 0)?;
    let inheritable = slf.as_super().get().at_once(fd::is_inheritable);
    let inheritable = inheritable.map_err(os_error)?;
    Ok(inheritable.into_pyobject(slf.py())?.to_owned().into_any())
}

/// `set_inheritable(inheritable)`.
pub(crate) fn set_inheritable<'py>(
    slf: Borrowed<'_, 'py, PublicSocket>,
    args: Args<'_, 'py>,
) -> Answer<'py> {
    let [value] = args::named(args, "socket.set_inheritable", ["inheritable"], 1)?;
    let value = value.ok_or_else(|| PyTypeError::new_err("missing argument"))?;
    let inheritable = args::int(value)? != 0;
    let socket = slf.as_super().get();
    socket
        .at_once(|number| fd::set_inheritable(number, inheritable))
        .map_err(os_error)?;
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

/// The public class's repr: the numbers, and the addresses while it is open.
pub(crate) fn repr(slf: &Bound<'_, PublicSocket>) -> PyResult<String> {
    let py = slf.py();
    let class = slf.get_type();
    let socket = slf.as_super().get();
    let closed = socket.closed.load(Ordering::Relaxed);
    // As attributes: a subclass may have its own.
    let attribute = |name: &str| slf.getattr(name)?.str();
    let mut text = format!(
        "<{}.{}{} fd={}, family={}, type={}, proto={}",
        class.getattr(intern!(py, "__module__"))?.str()?,
        class.qualname()?,
        if closed { " [closed]" } else { "" },
        slf.call_method0(intern!(py, "fileno"))?.str()?,
        attribute("family")?,
        attribute("type")?,
        attribute("proto")?,
    );
    if !closed {
        for (label, method) in [("laddr", "getsockname"), ("raddr", "getpeername")] {
            if let Ok(address) = slf.call_method0(method)
                && address.is_truthy()?
            {
                text.push_str(", ");
                text.push_str(label);
                text.push('=');
                text.push_str(&address.str()?.to_string());
            }
        }
    }
    text.push('>');
    Ok(text)
}
