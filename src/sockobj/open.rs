//! Floor 4b: how a socket object gets its descriptor: a new one, one that it is
//! given, a duplicate, or one that accept(2) made.

use std::cell::Cell;
use std::ffi::c_int;
use std::sync::atomic::Ordering;

use pyo3::prelude::*;
#[cfg(windows)]
use pyo3::types::PyBytes;
use pyo3::types::{PyDict, PyTuple, PyType};

use crate::args;
use crate::audit::audit;
use crate::enums;
use crate::error::os_error;
use crate::method::{Answer, Args, none};
use crate::once::name;
use crate::sockobj::lifecycle::{close_now, with_fileno};
#[cfg(windows)]
use crate::sockobj::opened;
use crate::sockobj::opened::{
    DEFAULTS, Opened, Wanted, adopt, create, set_default_mode, waits_for_more,
};
use crate::sockobj::plain;
use crate::sockobj::state::{PublicSocket, Socket};
use crate::sys::errno::Errno;
use crate::sys::fd::{self, NewFd, RawFd};
use crate::sys::flags::has;
use crate::sys::libc;
use crate::sys::sock;
use crate::timeout::{self, NONBLOCKING};

const INIT: [&str; 4] = ["family", "type", "proto", "fileno"];

/// `__init__` of the base class.
pub(crate) fn base_init<'py>(slf: Borrowed<'_, 'py, Socket>, args: Args<'_, 'py>) -> Answer<'py> {
    let places = args::keywords(args, "socket", INIT, 0)?;
    open(slf, &Wanted::of(places, [-1; 3])?)?;
    Ok(none(slf.py()))
}

/// `__init__` of the public class.
pub(crate) fn init<'py>(slf: Borrowed<'_, 'py, PublicSocket>, args: Args<'_, 'py>) -> Answer<'py> {
    let mut places = args::named(args, "socket.__init__", INIT, 0)?;
    let base = slf.as_super();
    let given = places
        .last()
        .is_some_and(|fileno| fileno.is_some_and(|fileno| !fileno.is_none()));
    let defaults = if given { [-1; 3] } else { DEFAULTS };
    if !given {
        // Whatever equals -1 stands for the default, be it a float.
        for place in places.iter_mut().take(defaults.len()) {
            if let Some(value) = *place
                && !enums::is_member(value)
                && value.eq(-1)?
            {
                *place = None;
            }
        }
    }
    open(base.as_borrowed(), &Wanted::of(places, defaults)?)?;
    base.get().io_refs.store(0, Ordering::Relaxed);
    base.get().closed.store(false, Ordering::Relaxed);
    Ok(none(slf.py()))
}

/// An object of the public class that is not open yet.
fn unopened(py: Python<'_>) -> PyResult<Bound<'_, PublicSocket>> {
    Bound::new(
        py,
        PyClassInitializer::from(Socket::unopened()).add_subclass(PublicSocket),
    )
}

/// A call of the public class: what `__new__` and `__init__` do, without the tuple of arguments
/// and the look-ups in between; where somebody has put his own in their place, these.
pub(crate) fn call<'py>(class: Borrowed<'_, 'py, PyType>, args: Args<'_, 'py>) -> Answer<'py> {
    let py = args.py();
    if !plain::is_plain_class(class.as_any().as_borrowed()) {
        let (mut items, named) = args::taken_apart(args)?;
        items.insert(0, class.to_owned().into_any());
        let of_type = py.get_type::<PyType>().getattr(name!(py, "__call__"))?;
        return of_type.call(PyTuple::new(py, items)?, Some(&named));
    }
    let object = unopened(py)?;
    init(object.as_borrowed(), args)?;
    Ok(object.into_any())
}

/// Opens the object: a new socket, or the descriptor that it was given. That one
/// is the object's own from the moment on that nothing can fail any more: on an
/// error it is still the caller's.
fn open(slf: Borrowed<'_, '_, Socket>, wanted: &Wanted<'_, '_>) -> PyResult<()> {
    audit_new(slf, [wanted.family, wanted.kind, wanted.proto])?;
    let default = timeout::DEFAULT.load(Ordering::Relaxed);
    let Some(fileno) = wanted.fileno else {
        let (new, kind) = create(wanted, default)?;
        publish(slf, new.number(), &kind, default)?;
        new.release();
        return Ok(());
    };
    #[cfg(windows)]
    if let Ok(shared) = fileno.cast::<PyBytes>() {
        let (new, kind) = opened::adopt_shared(shared.as_bytes(), default)?;
        publish(slf, new.number(), &kind, default)?;
        new.release();
        return Ok(());
    }
    let (number, kind) = adopt(fileno, wanted)?;
    set_default_mode(number, default)?;
    publish(slf, number, &kind, default)?;
    let _ = UNOWNED.try_with(|unowned| {
        if unowned.get() == number {
            unowned.set(NOBODYS);
        }
    });
    Ok(())
}

const NOBODYS: RawFd = -1;

thread_local! {
    /// The number that `hand_over` has to give, until an object has taken it.
    static UNOWNED: Cell<RawFd> = const { Cell::new(NOBODYS) };
}

/// An object of a class on a number that has no owner yet. On an error the number
/// is closed, unless the class failed after it had taken the number over: what it
/// made may live on in a traceback, and closes the number itself.
pub(crate) fn hand_over<'py>(
    new: NewFd,
    make: impl FnOnce(RawFd) -> PyResult<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let number = new.number();
    let outer = UNOWNED.try_with(|unowned| unowned.replace(number));
    let made = make(number);
    let left = UNOWNED.try_with(|unowned| unowned.replace(outer.unwrap_or(NOBODYS)));
    if made.is_ok() || left != Ok(number) {
        new.release();
    }
    made
}

/// Makes the object the owner of its descriptor.
fn publish(
    slf: Borrowed<'_, '_, Socket>,
    fd: RawFd,
    opened: &Opened,
    default: i64,
) -> PyResult<()> {
    let socket = slf.get();
    let has_it_already = socket.fileno() == fd;
    if !has_it_already && !socket.cell.is_closed() {
        // A second __init__: the first descriptor goes, as it would be lost.
        close_now(slf.py(), socket)?;
    }
    // Before any thread can find the number, and tell it.
    if opened.adopted {
        socket.sole.share();
    } else {
        socket.sole.claim();
    }
    if !has_it_already && !socket.cell.open(fd) {
        return Err(os_error(Errno(libc::EBUSY)));
    }
    let kind = opened.kind & !sock::TYPE_FLAGS;
    socket.family.store(opened.family, Ordering::Relaxed);
    socket.kind.store(kind, Ordering::Relaxed);
    socket.proto.store(opened.proto, Ordering::Relaxed);
    let initial = if has(opened.kind, sock::TYPE_NONBLOCK) {
        NONBLOCKING
    } else {
        default
    };
    socket.timeout.store(initial, Ordering::Relaxed);
    socket
        .may_linger
        .store(opened.may_linger, Ordering::Relaxed);
    if opened.waits_for_more {
        socket.reads.never();
    }
    socket.publish_number();
    Ok(())
}

fn audit_new(slf: Borrowed<'_, '_, Socket>, numbers: [c_int; 3]) -> PyResult<()> {
    let py = slf.py();
    let [Ok(family), Ok(kind), Ok(proto)] = numbers.map(|number| number.into_pyobject(py));
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

/// `dup()`: a new object of the same class on a duplicate descriptor.
pub(crate) fn dup<'py>(slf: Borrowed<'_, 'py, PublicSocket>, args: Args<'_, 'py>) -> Answer<'py> {
    args::named(args, "socket.dup", [], 0)?;
    let py = slf.py();
    let socket = slf.as_super().get();
    let plain = plain::is_plain(slf);
    let number = with_fileno(slf, fd::dup)?;
    let class = slf.get_type();
    let new = hand_over(number, |number| {
        if plain {
            return class.call1((socket.family(), socket.kind(), socket.proto(), number));
        }
        let given = PyDict::new(py);
        given.set_item(name!(py, "fileno"), number)?;
        let [family, kind, proto] = ["family", "type", "proto"].map(|name| slf.getattr(name));
        class.call((family?, kind?, proto?), Some(&given))
    })?;
    let timeout = if plain {
        let timeout = timeout::to_python(py, socket.timeout_nanos());
        timeout.into_pyobject(py)?.into_any()
    } else {
        slf.call_method0(name!(py, "gettimeout"))?
    };
    new.call_method1(name!(py, "settimeout"), (timeout,))?;
    Ok(new)
}

/// An object of the public class on a new descriptor, without a look at it. The
/// descriptor is closed where that fails.
pub(crate) fn accepted<'py>(
    py: Python<'py>,
    listener: &Socket,
    new: NewFd,
) -> PyResult<Bound<'py, PyAny>> {
    let numbers = [listener.family(), listener.kind(), listener.proto()];
    let opened = Opened {
        // The kernel hands these options on.
        may_linger: listener.may_linger.load(Ordering::Relaxed),
        waits_for_more: listener.reads.is_never() && waits_for_more(new.number()),
        ..Opened::made(numbers)
    };
    plain_on(py, &opened, new)
}

/// An object of the public class, as it was made, on a new descriptor.
fn plain_on<'py>(py: Python<'py>, opened: &Opened, new: NewFd) -> Answer<'py> {
    let object = unopened(py)?;
    let base = object.as_super().as_borrowed();
    audit_new(base, [opened.family, opened.kind, opened.proto])?;
    own(base, opened, new)?;
    Ok(object.into_any())
}

/// Makes an object the owner of a new descriptor, which is closed where that fails.
fn own(slf: Borrowed<'_, '_, Socket>, opened: &Opened, new: NewFd) -> PyResult<()> {
    let default = timeout::DEFAULT.load(Ordering::Relaxed);
    set_default_mode(new.number(), default)?;
    publish(slf, new.number(), opened, default)?;
    new.release();
    Ok(())
}

/// Two objects of the base class, connected to each other.
#[cfg(unix)]
pub(crate) fn base_pair(py: Python<'_>, numbers: [c_int; 3]) -> PyResult<[Bound<'_, Socket>; 2]> {
    let [one, other] = sock::socketpair(numbers).map_err(os_error)?;
    let end = |new| {
        let object = Bound::new(py, Socket::unopened())?;
        own(object.as_borrowed(), &Opened::made(numbers), new).map(|()| object)
    };
    Ok([end(one)?, end(other)?])
}

/// Two objects of a class, connected to each other.
#[cfg(unix)]
pub(crate) fn pair<'py>(
    class: Borrowed<'_, 'py, PyAny>,
    [family, kind, proto]: [Borrowed<'_, 'py, PyAny>; 3],
) -> PyResult<[Bound<'py, PyAny>; 2]> {
    let py = class.py();
    let numbers = [args::int(family)?, args::int(kind)?, args::int(proto)?];
    let plain = plain::is_plain_class(class);
    let end = |new| {
        if plain {
            plain_on(py, &Opened::made(numbers), new)
        } else {
            hand_over(new, |number| class.call1((family, kind, proto, number)))
        }
    };
    let [one, other] = sock::socketpair(numbers).map_err(os_error)?;
    let one = end(one)?;
    match end(other) {
        Ok(other) => Ok([one, other]),
        Err(error) => {
            one.call_method0(name!(py, "close"))?;
            Err(error)
        }
    }
}
