//! Floor 4b: messages with ancillary data: sendmsg, recvmsg, recvmsg_into.
//!
//! Every argument is an owned value or a held export before the first system
//! call and before anything that can run Python again: an `__index__` or a
//! `__buffer__` may clear the list that its object came from.

use std::ffi::c_int;

use pyo3::exceptions::{PyMemoryError, PyRuntimeWarning, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyDict, PyList, PyString, PyTuple};

use crate::args;
use crate::audit::audit;
use crate::buffer::{self, QUICK, View};
use crate::call::{self, How};
use crate::error::{Error, os_error_text};
use crate::method::{Answer, Args};
use crate::once::name;
use crate::sockobj::state::Socket;
use crate::sys::cmsg::{self, Cmsg, Control};
use crate::sys::fd::NewFd;
use crate::sys::io::{Window, WindowMut};
use crate::sys::msg::{self, Incoming};
use crate::sys::storage::RawAddr;
use crate::text::argument_type;

/// The items of an iterable, held; `refusal` is the error for what is none.
fn items<'py>(
    value: Borrowed<'_, 'py, PyAny>,
    refusal: &'static str,
) -> PyResult<Bound<'py, PyTuple>> {
    // Other code may change a list while we walk it, so a tuple.
    if let Ok(list) = value.cast::<PyList>() {
        return Ok(list.to_tuple());
    }
    if let Ok(tuple) = value.cast::<PyTuple>() {
        return Ok(tuple.to_owned());
    }
    let iterator = value.try_iter().map_err(|error| {
        if error.is_instance_of::<PyTypeError>(value.py()) {
            PyTypeError::new_err(refusal)
        } else {
            error
        }
    })?;
    // Made by Python: an iterator may never end, and its memory errors are exceptions.
    let tuple = value.py().get_type::<PyTuple>().call1((iterator,))?;
    Ok(tuple.cast_into::<PyTuple>()?)
}

/// The buffers to send, their exports held.
pub(crate) fn data_views(value: Borrowed<'_, '_, PyAny>) -> PyResult<Vec<View>> {
    let items = items(value, "sendmsg() argument 1 must be an iterable")?;
    let mut views = empty_views(items.len())?;
    for (view, item) in views.iter_mut().zip(items.iter_borrowed()) {
        view.readable(item)?;
    }
    Ok(views)
}

/// Views in the place where they will be filled, as a filled one must not move.
fn empty_views(count: usize) -> PyResult<Vec<View>> {
    let mut views = Vec::new();
    let room = views.try_reserve_exact(count);
    room.map_err(|_| PyMemoryError::new_err(()))?;
    views.resize_with(count, View::empty);
    Ok(views)
}

fn is_quick(views: &[View]) -> bool {
    let total: usize = views.iter().map(View::len).sum();
    total <= QUICK && views.iter().all(View::is_quick)
}

const ITEM: &str = "[sendmsg() ancillary data items]() argument must be";

/// The three fields of an ancillary item. What counts as a sequence, and its name in the
/// words, changed with 3.14.
fn fields<'py>(item: Borrowed<'_, 'py, PyAny>) -> PyResult<Bound<'py, PyTuple>> {
    let words = if cfg!(Py_3_14) { "tuple" } else { "sequence" };
    if let Ok(tuple) = item.cast::<PyTuple>() {
        return three(words, tuple.len()).map(|()| tuple.to_owned());
    }
    if !is_sequence(item)? {
        return Err(PyTypeError::new_err(format!(
            "{ITEM} 3-item {words}, not {}",
            argument_type(item)
        )));
    }
    if cfg!(Py_3_14) {
        three("sequence", item.len()?)?;
    }
    let tuple = item.py().get_type::<PyTuple>().call1((item,))?;
    let tuple = tuple.cast_into::<PyTuple>()?;
    three(words, tuple.len()).map(|()| tuple)
}

fn is_sequence(item: Borrowed<'_, '_, PyAny>) -> PyResult<bool> {
    let other = item.is_instance_of::<PyBytes>()
        || item.is_instance_of::<PyDict>()
        || (cfg!(Py_3_14)
            && (item.is_instance_of::<PyString>() || item.is_instance_of::<PyByteArray>()));
    Ok(!other && item.get_type().hasattr(name!(item.py(), "__getitem__"))?)
}

fn three(kind: &str, len: usize) -> PyResult<()> {
    if len == 3 {
        return Ok(());
    }
    Err(PyTypeError::new_err(format!(
        "{ITEM} {kind} of length 3, not {len}"
    )))
}

/// One ancillary item: `(level, type, data)`, its data copied.
fn ancillary_item(item: Borrowed<'_, '_, PyAny>) -> PyResult<Cmsg<Vec<u8>>> {
    let fields = fields(item)?;
    let level = args::int(fields.get_item(0)?.as_borrowed())?;
    let kind = args::int(fields.get_item(1)?.as_borrowed())?;
    let mut view = View::empty();
    view.readable(fields.get_item(2)?.as_borrowed())?;
    let data = view.to_vec(fields.py())?;
    Ok(Cmsg { level, kind, data })
}

fn ancillary(value: Option<Borrowed<'_, '_, PyAny>>) -> PyResult<Vec<Cmsg<Vec<u8>>>> {
    let Some(value) = value else {
        return Ok(Vec::new());
    };
    items(value, "sendmsg() argument 2 must be an iterable")?
        .iter_borrowed()
        .map(ancillary_item)
        .collect()
}

pub(crate) fn encoded(messages: &[Cmsg<Vec<u8>>]) -> PyResult<Control> {
    match Control::encode(messages) {
        Some(Ok(control)) => Ok(control),
        Some(Err(_)) => Err(PyMemoryError::new_err(())),
        None => Err(os_error_text("too much ancillary data")),
    }
}

/// `sendmsg(buffers[, ancdata[, flags[, address]]])`.
pub(crate) fn sendmsg<'py>(slf: Borrowed<'_, 'py, Socket>, args: Args<'_, 'py>) -> Answer<'py> {
    args::count(args, "sendmsg", 1, 4)?;
    let py = slf.py();
    let flags = args::int_or(args, 2, 0)?;
    let address = args.get(3).filter(|value| !value.is_none());
    let to = address
        .map(|address| slf.get().address("sendmsg", address))
        .transpose()?;
    let none = py.None().into_bound(py);
    let audited = address.unwrap_or(none.as_borrowed());
    audit(py, c"socket.sendmsg", [slf.as_any().as_borrowed(), audited])?;
    let data = args::required(args, 0)?;
    // The common form is one `bytes` and nothing with it; it needs no table.
    if let (1, Some(bytes)) = (args.len(), buffer::only_bytes(data)) {
        let window = Window::of(bytes.as_bytes());
        let quick = window.len() <= QUICK;
        let control = Control::none();
        let count = transmit(py, slf.get(), &[window], quick, control, None, flags)?;
        return Ok(count.into_pyobject(py)?.into_any());
    }
    let views = data_views(data)?;
    let control = encoded(&ancillary(args.get(1))?)?;
    transmit_views(py, slf.get(), &views, control, to.as_ref(), flags)
}

pub(crate) fn transmit_views<'py>(
    py: Python<'py>,
    socket: &Socket,
    views: &[View],
    control: Control,
    to: Option<&RawAddr>,
    flags: c_int,
) -> Answer<'py> {
    let windows: Vec<Window<'_>> = views.iter().map(View::window).collect();
    let count = transmit(py, socket, &windows, is_quick(views), control, to, flags)?;
    Ok(count.into_pyobject(py)?.into_any())
}

fn transmit(
    py: Python<'_>,
    socket: &Socket,
    windows: &[Window<'_>],
    quick: bool,
    mut control: Control,
    to: Option<&RawAddr>,
    flags: c_int,
) -> Result<usize, Error> {
    let total = windows.iter().map(Window::len).sum();
    let door = socket.writing();
    call::send(py, door, (flags, quick), total, |fd, flags, sent| {
        if sent == 0 {
            return msg::sendmsg(fd, windows, &mut control, to, flags);
        }
        // The ancillary data went with the first part.
        let rest = rest_of(windows, sent);
        msg::sendmsg(fd, &rest, &mut Control::none(), to, flags)
    })
}

fn rest_of<'a>(windows: &[Window<'a>], mut sent: usize) -> Vec<Window<'a>> {
    let mut rest = Vec::new();
    for window in windows {
        let skipped = sent.min(window.len());
        sent -= skipped;
        if skipped < window.len() {
            rest.push(window.skip(skipped));
        }
    }
    rest
}

/// A control buffer of the length that a caller asks for.
fn control_of(len: isize) -> PyResult<Control> {
    match usize::try_from(len) {
        Ok(len) if len <= cmsg::LEN_MAX => {
            Control::for_kernel(len).map_err(|_| PyMemoryError::new_err(()))
        }
        _ => Err(PyValueError::new_err(
            "invalid ancillary data buffer length",
        )),
    }
}

/// The received ancillary data as Python has them, and the descriptors among them, which
/// are closed unless they are let go.
#[cold]
fn received<'py>(
    py: Python<'py>,
    incoming: &Incoming,
) -> PyResult<(Bound<'py, PyList>, Vec<NewFd>)> {
    let decoded = incoming.control.decode(incoming.control_len);
    // In charge from here on, whatever ends the building of the answer.
    let rights = cmsg::descriptors(&decoded.messages);
    if decoded.malformed {
        let warning = py.get_type::<PyRuntimeWarning>();
        let text = c"received malformed or improperly-truncated ancillary data";
        PyErr::warn(py, &warning, text, 1)?;
    }
    let messages = PyList::empty(py);
    for message in &decoded.messages {
        let data = PyBytes::new(py, &message.data);
        messages.append((message.level, message.kind, data))?;
    }
    Ok((messages, rights))
}

/// The received ancillary data, flags and address, after `first`; on an error
/// the descriptors that came are closed, as nobody will ever know them.
fn answer<'py>(
    py: Python<'py>,
    socket: &Socket,
    first: Bound<'py, PyAny>,
    incoming: &Incoming,
) -> Answer<'py> {
    let answer_with = |messages| {
        let address = socket.address_to_python(py, &incoming.from)?;
        let answer = (first, messages, incoming.flags, address).into_pyobject(py)?;
        Ok(answer.into_any())
    };
    if incoming.control_len == 0 {
        return answer_with(PyList::empty(py));
    }
    let (messages, rights) = received(py, incoming)?;
    let answer = answer_with(messages)?;
    for number in rights {
        number.release();
    }
    Ok(answer)
}

/// `recvmsg(bufsize[, ancbufsize[, flags]])`.
pub(crate) fn recvmsg<'py>(slf: Borrowed<'_, 'py, Socket>, args: Args<'_, 'py>) -> Answer<'py> {
    args::count(args, "recvmsg", 1, 3)?;
    let py = slf.py();
    let room = args::size(args::required(args, 0)?)?;
    let control_len = args.get(1).map_or(Ok(0), args::size)?;
    let flags = args::int_or(args, 2, 0)?;
    let room = usize::try_from(room)
        .map_err(|_| PyValueError::new_err("negative buffer size in recvmsg()"))?;
    let mut incoming = Incoming::new(Control::none());
    let how = How::receiving(flags, true);
    let bytes = buffer::receive_bytes(py, room, flags, false, |window| {
        // There is room for the data by now: a lack of it is told first.
        slf.get().require_family()?;
        incoming.control = control_of(control_len)?;
        let window = std::slice::from_mut(window);
        let count = call::call(py, slf.get().reading(), how, |fd, flags| {
            msg::recvmsg(fd, window, &mut incoming, flags)
        })?;
        // Unlike `recv`, it tells by its flags that there was more.
        Ok(count.min(room))
    })?;
    answer(py, slf.get(), bytes.into_any(), &incoming)
}

/// `recvmsg_into(buffers[, ancbufsize[, flags]])`.
pub(crate) fn recvmsg_into<'py>(
    slf: Borrowed<'_, 'py, Socket>,
    args: Args<'_, 'py>,
) -> Answer<'py> {
    args::count(args, "recvmsg_into", 1, 3)?;
    let py = slf.py();
    let control_len = args.get(1).map_or(Ok(0), args::size)?;
    let flags = args::int_or(args, 2, 0)?;
    let items = items(
        args::required(args, 0)?,
        "recvmsg_into() argument 1 must be an iterable",
    )?;
    let mut views = empty_views(items.len())?;
    for (view, item) in views.iter_mut().zip(items.iter_borrowed()) {
        view.writable(item, || {
            "recvmsg_into() argument 1 must be an iterable of single-segment read-write buffers"
                .to_owned()
        })?;
    }
    let mut incoming = Incoming::new(control_of(control_len)?);
    let quick = is_quick(&views);
    let mut windows: Vec<WindowMut<'_>> = views
        .iter_mut()
        .map(|view| view.window_mut(usize::MAX))
        .collect();
    slf.get().require_family()?;
    let how = How::receiving(flags, quick);
    let count = call::call(py, slf.get().reading(), how, |fd, flags| {
        msg::recvmsg(fd, &mut windows, &mut incoming, flags)
    })?;
    let count = count.into_pyobject(py)?.into_any();
    answer(py, slf.get(), count, &incoming)
}
