//! Floor 4b: moving bytes: recv, recv_into, recvfrom, recvfrom_into, send,
//! sendall, sendto.

use std::ffi::c_int;
use std::sync::atomic::Ordering;

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::args;
use crate::audit::audit;
use crate::buffer::{self, QUICK, View};
use crate::call::{self, Door, How};
use crate::error::Error;
use crate::method::{Answer, Args, none};
use crate::sockobj::state::Socket;
use crate::sys::errno::Errno;
use crate::sys::fd::RawFd;
use crate::sys::flags::asks_not_to_wait;
use crate::sys::io::{self, Window, WindowMut};
use crate::sys::storage::RawAddr;
use crate::text::argument_type;
use crate::timeout::Timeout;

/// From here on a second copy costs more than an object of the whole size.
const LARGE: usize = QUICK / 16;

/// Receives into an exact `bytes` by `op`, and learns from what came.
#[inline]
fn receive<'py>(
    py: Python<'py>,
    socket: &Socket,
    room: usize,
    flags: c_int,
    mut op: impl FnMut(RawFd, &mut WindowMut<'_>, c_int) -> Result<usize, Errno> + Send,
) -> Result<Bound<'py, PyBytes>, Error> {
    let large = room > LARGE && socket.reads_large.load(Ordering::Relaxed);
    let bytes = buffer::receive_bytes(py, room, flags, large, |window| {
        // A fresh object of a large size may fault page by page.
        let how = How::receiving(flags, !large || room <= QUICK);
        call::call(py, socket.reading(), how, |fd, flags| op(fd, window, flags))
    })?;
    if room > LARGE {
        let large = bytes.as_bytes().len() >= LARGE;
        socket.reads_large.store(large, Ordering::Relaxed);
    }
    Ok(bytes)
}

/// `recv(bufsize[, flags])`.
#[inline]
pub(crate) fn recv<'py>(slf: Borrowed<'_, 'py, Socket>, args: Args<'_, 'py>) -> Answer<'py> {
    args::count(args, "recv", 1, 2)?;
    let room = args::size(args::required(args, 0)?)?;
    let flags = args::int_or(args, 1, 0)?;
    let room =
        usize::try_from(room).map_err(|_| PyValueError::new_err("negative buffersize in recv"))?;
    if room == 0 {
        // As in CPython: the socket is not asked, whatever its state.
        return Ok(PyBytes::new(slf.py(), &[]).into_any());
    }
    let bytes = receive(slf.py(), slf.get(), room, flags, |fd, window, flags| {
        io::recv(fd, window, flags, None)
    })?;
    Ok(bytes.into_any())
}

/// `recvfrom(bufsize[, flags])`.
pub(crate) fn recvfrom<'py>(slf: Borrowed<'_, 'py, Socket>, args: Args<'_, 'py>) -> Answer<'py> {
    args::count(args, "recvfrom", 1, 2)?;
    let py = slf.py();
    let room = args::size(args::required(args, 0)?)?;
    let flags = args::int_or(args, 1, 0)?;
    let room = usize::try_from(room)
        .map_err(|_| PyValueError::new_err("negative buffersize in recvfrom"))?;
    slf.get().require_family()?;
    let mut from = RawAddr::empty();
    let bytes = receive(py, slf.get(), room, flags, |fd, window, flags| {
        io::recv(fd, window, flags, Some(&mut from))
    })?;
    let address = slf.get().address_to_python(py, &from)?;
    Ok((bytes, address).into_pyobject(py)?.into_any())
}

/// Where `recv_into` and `recvfrom_into` receive to.
struct Into {
    room: usize,
    flags: c_int,
}

/// Parses the arguments, from left to right: the view is filled first, so that
/// no `__index__` of the others can resize what it is a view of.
#[inline]
fn parse_into(
    args: Args<'_, '_>,
    view: &mut View,
    function: &str,
    too_small: &'static str,
) -> PyResult<Into> {
    let names = ["buffer", "nbytes", "flags"];
    let [buffer, room, flags] = args::keywords(args, function, names, 1)?;
    let buffer = buffer.ok_or_else(|| PyTypeError::new_err("missing argument"))?;
    view.writable(buffer, || {
        let kind = argument_type(buffer);
        format!("{function}() argument 1 must be read-write bytes-like object, not {kind}")
    })?;
    let room = room.map_or(Ok(0), args::size)?;
    let flags = flags.map_or(Ok(0), args::int)?;
    let room = match usize::try_from(room) {
        Ok(0) => view.len(),
        Ok(room) if room <= view.len() => room,
        Ok(_) => return Err(PyValueError::new_err(too_small)),
        Err(_) => {
            let text = format!("negative buffersize in {function}");
            return Err(PyValueError::new_err(text));
        }
    };
    Ok(Into { room, flags })
}

/// `recv_into(buffer[, nbytes[, flags]])`.
pub(crate) fn recv_into<'py>(slf: Borrowed<'_, 'py, Socket>, args: Args<'_, 'py>) -> Answer<'py> {
    let mut view = View::empty();
    let small = "buffer too small for requested bytes";
    let Into { room, flags } = parse_into(args, &mut view, "recv_into", small)?;
    if room == 0 {
        return Ok(0_usize.into_pyobject(slf.py())?.into_any());
    }
    let how = How::receiving(flags, view.is_quick());
    let mut window = view.window_mut(room);
    let count = call::call(slf.py(), slf.get().reading(), how, |fd, flags| {
        io::recv(fd, &mut window, flags, None)
    })?;
    Ok(count.into_pyobject(slf.py())?.into_any())
}

/// `recvfrom_into(buffer[, nbytes[, flags]])`.
pub(crate) fn recvfrom_into<'py>(
    slf: Borrowed<'_, 'py, Socket>,
    args: Args<'_, 'py>,
) -> Answer<'py> {
    let py = slf.py();
    let mut view = View::empty();
    let small = "nbytes is greater than the length of the buffer";
    let Into { room, flags } = parse_into(args, &mut view, "recvfrom_into", small)?;
    let how = How::receiving(flags, view.is_quick());
    let mut window = view.window_mut(room);
    slf.get().require_family()?;
    let mut from = RawAddr::empty();
    let count = call::call(py, slf.get().reading(), how, |fd, flags| {
        io::recv(fd, &mut window, flags, Some(&mut from))
    })?;
    let address = slf.get().address_to_python(py, &from)?;
    Ok((count, address).into_pyobject(py)?.into_any())
}

fn send_window(
    py: Python<'_>,
    door: Door<'_>,
    window: Window<'_>,
    flags: c_int,
    quick: bool,
    to: Option<&RawAddr>,
) -> Result<usize, Error> {
    call::send(py, door, (flags, quick), window.len(), |fd, flags, sent| {
        io::send(fd, window.skip(sent), flags, to)
    })
}

/// `send(data[, flags])`.
#[inline]
pub(crate) fn send<'py>(slf: Borrowed<'_, 'py, Socket>, args: Args<'_, 'py>) -> Answer<'py> {
    args::count(args, "send", 1, 2)?;
    let py = slf.py();
    let flags = args.get(1);
    let count = buffer::reading(args::required(args, 0)?, |window, quick| {
        let flags = flags.map_or(Ok(0), args::int)?;
        send_window(py, slf.get().writing(), window, flags, quick, None)
    })?;
    Ok(count.into_pyobject(py)?.into_any())
}

/// `sendall(data[, flags])`: everything, within one timeout.
pub(crate) fn sendall<'py>(slf: Borrowed<'_, 'py, Socket>, args: Args<'_, 'py>) -> Answer<'py> {
    args::count(args, "sendall", 1, 2)?;
    let py = slf.py();
    let flags = args.get(1);
    buffer::reading(args::required(args, 0)?, |window, quick| {
        let flags = flags.map_or(Ok(0), args::int)?;
        let mut left = window;
        let how = How::sending(flags, quick);
        let timeout = Timeout::from_nanos(slf.get().timeout_nanos());
        call::call(py, slf.get().writing(), how, |fd, flags| {
            // Until all is sent; what was sent stays sent over a wait.
            loop {
                let count = io::send(fd, left, flags, None)?;
                left = left.skip(count);
                if left.len() == 0 {
                    return Ok(());
                }
                match timeout {
                    // The buffer is full; and the time has to be looked at.
                    Timeout::For(_) => return Err(Errno::EAGAIN),
                    // Only a signal cuts a blocking send short: its handler runs
                    // before the rest goes.
                    Timeout::Blocking if !asks_not_to_wait(flags) => {
                        return Err(Errno::EINTR);
                    }
                    Timeout::Blocking | Timeout::NonBlocking => {}
                }
            }
        })
    })?;
    Ok(none(py))
}

/// `sendto(data[, flags], address)`.
pub(crate) fn sendto<'py>(slf: Borrowed<'_, 'py, Socket>, args: Args<'_, 'py>) -> Answer<'py> {
    let py = slf.py();
    let (flags, address) = match args.len() {
        2 => (None, args::required(args, 1)?),
        3 => (args.get(1), args::required(args, 2)?),
        given => {
            return Err(PyTypeError::new_err(format!(
                "sendto() takes 2 or 3 arguments ({given} given)"
            )));
        }
    };
    let count = buffer::reading(args::required(args, 0)?, |window, quick| {
        let flags = flags.map_or(Ok(0), args::int)?;
        let to = slf.get().address("sendto", address)?;
        audit(py, c"socket.sendto", [slf.as_any().as_borrowed(), address])?;
        send_window(py, slf.get().writing(), window, flags, quick, Some(&to))
    })?;
    Ok(count.into_pyobject(py)?.into_any())
}
