//! Floor 4b: how a socket object gets its descriptor: a new one, one that it is
//! given, or one that accept(2) made.

use std::ffi::c_int;
use std::sync::atomic::Ordering;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::args;
use crate::audit::audit;
use crate::error::os_error;
use crate::method::{Answer, Args, none};
use crate::sockobj::lifecycle::close_now;
use crate::sockobj::state::{PublicSocket, Socket};
use crate::sys::errno::Errno;
use crate::sys::fd::{self, RawFd};
use crate::sys::{opt, sock};
use crate::timeout::{self, NONBLOCKING};

/// What `__init__` was asked for; -1 and None stand for "find out".
struct Wanted<'a, 'py> {
    family: c_int,
    kind: c_int,
    proto: c_int,
    fileno: Option<Borrowed<'a, 'py, PyAny>>,
}

const INIT: [&str; 4] = ["family", "type", "proto", "fileno"];

fn wanted<'a, 'py>(places: [Option<Borrowed<'a, 'py, PyAny>>; 4]) -> PyResult<Wanted<'a, 'py>> {
    let [family, kind, proto, fileno] = places;
    let number = |value: Option<Borrowed<'a, 'py, PyAny>>| value.map_or(Ok(-1), args::plain_int);
    Ok(Wanted {
        family: number(family)?,
        kind: number(kind)?,
        proto: number(proto)?,
        fileno: fileno.filter(|value| !value.is_none()),
    })
}

/// `__init__` of the base class.
pub(crate) fn base_init<'py>(slf: Borrowed<'_, 'py, Socket>, args: Args<'_, 'py>) -> Answer<'py> {
    let places = args::keywords(args, "socket", INIT, 0)?;
    open(slf, &wanted(places)?)?;
    Ok(none(slf.py()))
}

/// `__init__` of the public class.
pub(crate) fn init<'py>(slf: Borrowed<'_, 'py, PublicSocket>, args: Args<'_, 'py>) -> Answer<'py> {
    let places = args::named(args, "socket.__init__", INIT, 0)?;
    let base = slf.as_super();
    open(base.as_borrowed(), &wanted(places)?)?;
    base.get().io_refs.store(0, Ordering::Relaxed);
    base.get().closed.store(false, Ordering::Relaxed);
    Ok(none(slf.py()))
}

/// Opens the object: a new socket, or the descriptor that it was given.
fn open(slf: Borrowed<'_, '_, Socket>, wanted: &Wanted<'_, '_>) -> PyResult<()> {
    let py = slf.py();
    audit_new(slf, wanted)?;
    let socket = slf.get();
    let (fd, family, kind, proto) = if let Some(fileno) = wanted.fileno {
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

fn audit_new(slf: Borrowed<'_, '_, Socket>, wanted: &Wanted<'_, '_>) -> PyResult<()> {
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

fn create(wanted: &Wanted<'_, '_>) -> PyResult<Opened> {
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

fn adopt(fileno: Borrowed<'_, '_, PyAny>, wanted: &Wanted<'_, '_>) -> PyResult<Opened> {
    let number = args::long(fileno)?;
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
