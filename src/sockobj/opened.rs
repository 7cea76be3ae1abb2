//! Floor 4a: how a descriptor is had, a new one or somebody else's, and what a socket object
//! has to know of it. Knows no object.

use std::ffi::c_int;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::args;
use crate::error::os_error;
use crate::sys::errno::Errno;
use crate::sys::fd::{self, NewFd, RawFd};
use crate::sys::libc;
use crate::sys::{opt, sock};

/// What `__init__` was asked for; -1 and None stand for "find out".
pub(crate) struct Wanted<'a, 'py> {
    pub(crate) family: c_int,
    pub(crate) kind: c_int,
    pub(crate) proto: c_int,
    pub(crate) fileno: Option<Borrowed<'a, 'py, PyAny>>,
}

impl<'a, 'py> Wanted<'a, 'py> {
    /// What is in the places of the arguments; `defaults` for what is in none.
    pub(crate) fn of(
        places: [Option<Borrowed<'a, 'py, PyAny>>; 4],
        defaults: [c_int; 3],
    ) -> PyResult<Self> {
        let [family, kind, proto, fileno] = places;
        let [default_family, default_kind, default_proto] = defaults;
        let number = |value: Option<Borrowed<'a, 'py, PyAny>>, default| {
            value.map_or(Ok(default), args::plain_int)
        };
        Ok(Self {
            family: number(family, default_family)?,
            kind: number(kind, default_kind)?,
            proto: number(proto, default_proto)?,
            fileno: fileno.filter(|value| !value.is_none()),
        })
    }
}

/// What -1 stands for where a descriptor is not given.
pub(crate) const DEFAULTS: [c_int; 3] = [libc::AF_INET, libc::SOCK_STREAM, 0];

/// What an object knows of its descriptor.
pub(crate) struct Opened {
    pub(crate) family: c_int,
    pub(crate) kind: c_int,
    pub(crate) proto: c_int,
    /// Whether somebody else opened it.
    pub(crate) adopted: bool,
    /// Whether close(2) may wait, or nobody knows.
    pub(crate) may_linger: bool,
    /// Whether `SO_RCVLOWAT` makes a receive wait for more than a byte.
    pub(crate) waits_for_more: bool,
}

impl Opened {
    /// A descriptor that nobody else has had.
    pub(crate) fn made([family, kind, proto]: [c_int; 3]) -> Self {
        Self {
            family,
            kind,
            proto,
            adopted: false,
            // Even without `SO_LINGER` it waits on ISO-TP, SMC and TIPC, until what was
            // sent is on its way.
            may_linger: !matches!(family, libc::AF_INET | libc::AF_INET6 | libc::AF_UNIX),
            waits_for_more: false,
        }
    }

    /// A descriptor of somebody else's, on which nothing was set.
    pub(crate) fn adopted(numbers: [c_int; 3]) -> Self {
        Self {
            adopted: true,
            may_linger: true,
            ..Self::made(numbers)
        }
    }
}

/// The mode that goes with the default timeout, on a descriptor that is blocking.
pub(crate) fn set_default_mode(number: RawFd, default: i64) -> PyResult<()> {
    if default >= 0 {
        fd::set_nonblocking(number, true).map_err(os_error)?;
    }
    Ok(())
}

/// A new descriptor.
pub(crate) fn create(wanted: &Wanted<'_, '_>, default: i64) -> PyResult<(NewFd, Opened)> {
    let or = |value: c_int, default: c_int| if value == -1 { default } else { value };
    let [family, kind, proto] = DEFAULTS;
    let family = or(wanted.family, family);
    let kind = or(wanted.kind, kind);
    let proto = or(wanted.proto, proto);
    // With a default timeout the socket is born non-blocking, in the same call.
    let flag = if default >= 0 { sock::TYPE_NONBLOCK } else { 0 };
    let new = sock::socket(family, kind | flag, proto).map_err(os_error)?;
    if flag == 0 {
        set_default_mode(new.number(), default)?;
    }
    Ok((new, Opened::made([family, kind, proto])))
}

/// The descriptor that was given.
pub(crate) fn adopt(
    fileno: Borrowed<'_, '_, PyAny>,
    wanted: &Wanted<'_, '_>,
) -> PyResult<(RawFd, Opened)> {
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
    #[cfg(windows)]
    let proto = match wanted.proto {
        -1 => sock::protocol(fd).map_err(os_error)?,
        given => given,
    };
    #[cfg(not(any(
        target_os = "linux",
        target_os = "android",
        target_os = "freebsd",
        windows
    )))]
    let proto = wanted.proto.max(0);
    let opened = Opened {
        waits_for_more: waits_for_more(fd),
        ..Opened::adopted([family, kind, proto])
    };
    Ok((fd, opened))
}

/// The socket that another process has shared, by what its `share` gave.
#[cfg(windows)]
pub(crate) fn adopt_shared(bytes: &[u8], default: i64) -> PyResult<(NewFd, Opened)> {
    let shared = sock::shared(bytes).ok_or_else(|| {
        PyValueError::new_err(format!(
            "socket descriptor string has wrong size, should be {} bytes.",
            size_of::<fd::Info>()
        ))
    })?;
    let (new, [family, kind, proto]) = shared.map_err(os_error)?;
    set_default_mode(new.number(), default)?;
    let opened = Opened::adopted([family, kind, proto]);
    Ok((new, opened))
}

/// Whether `SO_RCVLOWAT` is set to more than a byte.
pub(crate) fn waits_for_more(fd: RawFd) -> bool {
    opt::get_int(fd, libc::SOL_SOCKET, libc::SO_RCVLOWAT).is_ok_and(|least| least > 1)
}
