//! Floor 4b: socket options, timeout and blocking mode.

use std::ffi::c_int;
use std::sync::atomic::Ordering;

use pyo3::exceptions::{PyOverflowError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::args;
use crate::buffer::View;
use crate::caught;
use crate::error::{os_error, os_error_text};
use crate::method::{Answer, Args, none};
use crate::sockobj::state::{IN_ONE_ORDER, Socket};
use crate::sys::fd;
use crate::sys::io::Window;
use crate::sys::libc;
use crate::sys::opt::{self, Value};
use crate::timeout::{self, BLOCKING, NONBLOCKING};

/// The most bytes that `getsockopt` gives, as in CPython.
const BYTES_MAX: usize = 1024;

/// `getsockopt(level, optname[, buflen])`.
pub(crate) fn getsockopt<'py>(slf: Borrowed<'_, 'py, Socket>, args: Args<'_, 'py>) -> Answer<'py> {
    args::count(args, "getsockopt", 2, 3)?;
    let py = slf.py();
    let level = args::int(args::required(args, 0)?)?;
    let name = args::int(args::required(args, 1)?)?;
    let len = args::int_or(args, 2, 0)?;
    let socket = slf.get();
    if len == 0 {
        return get_number(py, socket, level, name);
    }
    if is_wide(socket) {
        return Err(os_error_text("getsockopt string buffer not allowed"));
    }
    let len = usize::try_from(len).unwrap_or(usize::MAX);
    let mut room = [0_u8; BYTES_MAX];
    let room = room
        .get_mut(..len)
        .ok_or_else(|| os_error_text("getsockopt buflen out of range"))?;
    let written = socket
        .at_once(|number| opt::get_bytes(number, level, name, room))
        .map_err(os_error)?;
    let bytes = room.get(..written).unwrap_or_default();
    Ok(PyBytes::new(py, bytes).into_any())
}

fn get_number<'py>(py: Python<'py>, socket: &Socket, level: c_int, name: c_int) -> Answer<'py> {
    if is_wide(socket) {
        let mut value = [0_u8; 8];
        socket
            .at_once(|number| opt::get_bytes(number, level, name, &mut value))
            .map_err(os_error)?;
        return Ok(u64::from_ne_bytes(value).into_pyobject(py)?.into_any());
    }
    let value = socket
        .at_once(|number| opt::get_int(number, level, name))
        .map_err(os_error)?;
    Ok(value.into_pyobject(py)?.into_any())
}

/// `setsockopt(level, optname, value)` with an int or bytes, or
/// `setsockopt(level, optname, None, optlen)`.
pub(crate) fn setsockopt<'py>(slf: Borrowed<'_, 'py, Socket>, args: Args<'_, 'py>) -> Answer<'py> {
    let nothing = args.get(2).filter(|value| value.is_none());
    let length = nothing.and_then(|_| length_alone(args));
    if length.is_none() {
        args::count(args, "setsockopt", 3, 3)?;
    }
    let socket = slf.get();
    let level = args::int(args::required(args, 0)?)?;
    let name = args::int(args::required(args, 1)?)?;
    let value = args::required(args, 2)?;
    let mut view = View::empty();
    let number;
    let value = if let Some(length) = length {
        Value::Length(length)
    } else {
        number = number_of(socket, value)?;
        Value::Bytes(if let Some(number) = &number {
            Window::of(number.bytes())
        } else {
            view.readable(value)?;
            view.window()
        })
    };
    socket
        .at_once(|number| opt::set(number, level, name, value))
        .map_err(os_error)?;
    note(socket, level, name);
    Ok(none(slf.py()))
}

/// An option's value that was given as an int.
enum Number {
    Int([u8; size_of::<c_int>()]),
    /// The options of AF_VSOCK are 64 bits wide.
    Wide([u8; size_of::<u64>()]),
}

impl Number {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Int(bytes) => bytes,
            Self::Wide(bytes) => bytes,
        }
    }
}

/// The value as an int; None where it is to be read as bytes. An int that does
/// not fit is a `TypeError`, because it is no bytes-like object either.
fn number_of(socket: &Socket, value: Borrowed<'_, '_, PyAny>) -> PyResult<Option<Number>> {
    let parsed = if is_wide(socket) {
        let wide = value.extract::<u64>();
        wide.map(|number| Number::Wide(number.to_ne_bytes()))
    } else {
        args::int(value).map(|number| Number::Int(number.to_ne_bytes()))
    };
    match parsed {
        Ok(number) => Ok(Some(number)),
        Err(error)
            if error.is_instance_of::<PyTypeError>(value.py())
                || error.is_instance_of::<PyOverflowError>(value.py()) =>
        {
            caught::forget(error);
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn is_wide(socket: &Socket) -> bool {
    socket.family() == libc::AF_VSOCK
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn is_wide(_: &Socket) -> bool {
    false
}

/// The length in the form without a value; None where a number of that form is wrong. As
/// in CPython the call is then refused for having four arguments, and not for the number.
fn length_alone(args: Args<'_, '_>) -> Option<u32> {
    caught::tried(args::int(args.get(0)?))?;
    caught::tried(args::int(args.get(1)?))?;
    caught::tried(args::low_bits(args.get(3)?))
}

/// Remembers the options that change how calls are made.
fn note(socket: &Socket, level: c_int, name: c_int) {
    if level != libc::SOL_SOCKET {
        return;
    }
    if name == libc::SO_LINGER {
        socket.may_linger.store(true, Ordering::Relaxed);
    } else if name == libc::SO_RCVLOWAT {
        socket.reads.never();
    }
}

/// Sets timeout and mode, in that order for `_ssl`, which reads the field.
/// Where threads set both at once, the mode ends as that of the timeout that stays.
fn set_mode(socket: &Socket, nanos: i64) -> PyResult<()> {
    socket.timeout.store(nanos, IN_ONE_ORDER);
    let follow = |number| loop {
        let nanos = socket.timeout.load(Ordering::SeqCst);
        let set = fd::set_nonblocking(number, nanos >= 0);
        if set.is_err() || socket.timeout.load(Ordering::SeqCst) == nanos {
            return set;
        }
    };
    socket.at_once(follow).map_err(os_error)
}

/// `settimeout(value)`.
pub(crate) fn settimeout<'py>(slf: Borrowed<'_, 'py, Socket>, args: Args<'_, 'py>) -> Answer<'py> {
    let nanos = timeout::parse(args::required(args, 0)?)?;
    set_mode(slf.get(), nanos)?;
    Ok(none(slf.py()))
}

/// `setblocking(flag)`.
pub(crate) fn setblocking<'py>(slf: Borrowed<'_, 'py, Socket>, args: Args<'_, 'py>) -> Answer<'py> {
    let flag = args::required(args, 0)?;
    let blocking = if cfg!(Py_3_12) {
        flag.is_truthy()?
    } else {
        args::long(flag)? != 0
    };
    set_mode(slf.get(), if blocking { BLOCKING } else { NONBLOCKING })?;
    Ok(none(slf.py()))
}

/// `gettimeout()`.
pub(crate) fn gettimeout<'py>(slf: Borrowed<'_, 'py, Socket>, _: Args<'_, 'py>) -> Answer<'py> {
    let timeout = timeout::to_python(slf.py(), slf.get().timeout_nanos());
    Ok(timeout.into_pyobject(slf.py())?.into_any())
}

/// `getblocking()`.
pub(crate) fn getblocking<'py>(slf: Borrowed<'_, 'py, Socket>, _: Args<'_, 'py>) -> Answer<'py> {
    let blocking = slf.get().timeout_nanos() != NONBLOCKING;
    Ok(blocking.into_pyobject(slf.py())?.to_owned().into_any())
}
