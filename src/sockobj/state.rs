//! Floor 4a: the socket object's state, and what it promises to whom.
//!
//! Invariants: the first fields are CPython's `PySocketSockObject` (the same since
//! 3.8), because `_ssl` reads `fd` and `timeout` there behind our back;
//! every change of either writes the field itself, `fd` becoming -1 before the
//! number is closed. Calls take the number from `cell`, never from `fd`.
//! All of it is atomic: another thread may be inside a call.

use std::ffi::{c_int, c_void};
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicI64, AtomicPtr, Ordering};

use pyo3::prelude::*;

use crate::addr::{self, Target};
use crate::call::{self, Door};
use crate::error::os_error_text;
use crate::habit::Habit;
use crate::sys::cell::FdCell;
use crate::sys::errno::Errno;
use crate::sys::fd::{AtomicFd, RawFd};
use crate::sys::libc;
use crate::sys::sole::Sole;
use crate::sys::storage::RawAddr;
use crate::timeout::BLOCKING;

/// socket(family=AF_INET, type=SOCK_STREAM, proto=0, fileno=None)
///
/// A socket with plain numbers for its family and type: what `_socket.socket` is.
/// Raises OSError where the system refuses it. See socket(2).
// Its Python attributes are in `sockobj`.
#[pyclass(name = "socket", module = "_socket", subclass, frozen)]
#[repr(C)]
pub(crate) struct Socket {
    pub(crate) fd: AtomicFd,
    pub(crate) family: AtomicI32,
    pub(crate) kind: AtomicI32,
    pub(crate) proto: AtomicI32,
    errorhandler: AtomicPtr<c_void>,
    pub(crate) timeout: AtomicI64,
    // `_ssl` reads nothing of what follows in CPython's struct: from here on the fields are
    // our own.
    pub(crate) cell: FdCell,
    /// Whether nobody else can use the open file.
    pub(crate) sole: Sole,
    /// How many `makefile` objects keep the socket open.
    pub(crate) io_refs: AtomicI32,
    /// What the public class knows as `_closed`.
    pub(crate) closed: AtomicBool,
    /// Whether `close` may wait: `SO_LINGER` was set, or we cannot know.
    pub(crate) may_linger: AtomicBool,
    pub(crate) reads: Habit,
    pub(crate) writes: Habit,
    /// Whether the last receive filled more than is cheap to copy.
    pub(crate) reads_large: AtomicBool,
}

/// socket(family=-1, type=-1, proto=-1, fileno=None)
/// --
///
/// A socket: an endpoint for communication.
///
/// family is a member of AddressFamily (AF_INET by default), type one of SocketKind
/// (SOCK_STREAM), proto a number (0). With fileno, an open descriptor is taken
/// over, and what is not given is found out from it. Raises OSError where the
/// system refuses it. See socket(2).
// What the class adds to its base is behaviour: its state lives in the base, so
// that one call reaches it.
#[pyclass(name = "socket", module = "rsock", extends = Socket, subclass, weakref, frozen)]
pub(crate) struct PublicSocket;

/// How a change is stored that other threads may make at once: in one order for all of
/// them, which a GIL gives by itself, and without a locked operation.
pub(crate) const IN_ONE_ORDER: Ordering = if cfg!(Py_GIL_DISABLED) {
    Ordering::SeqCst
} else {
    Ordering::Release
};

/// The offset of CPython's first field: right after the object's head.
pub(crate) const FD_OFFSET: usize = size_of::<pyo3::ffi::PyObject>();
/// The offsets of the attributes that are plain ints.
pub(crate) const FAMILY_OFFSET: usize = FD_OFFSET + std::mem::offset_of!(Socket, family);
pub(crate) const KIND_OFFSET: usize = FD_OFFSET + std::mem::offset_of!(Socket, kind);
pub(crate) const PROTO_OFFSET: usize = FD_OFFSET + std::mem::offset_of!(Socket, proto);

#[cfg(all(target_pointer_width = "64", windows))]
const _: () = {
    assert!(std::mem::offset_of!(Socket, fd) == 0);
    assert!(std::mem::offset_of!(Socket, family) == 8);
    assert!(std::mem::offset_of!(Socket, errorhandler) == 24);
    assert!(std::mem::offset_of!(Socket, timeout) == 32);
};

#[cfg(all(target_pointer_width = "64", unix))]
const _: () = {
    assert!(std::mem::offset_of!(Socket, fd) == 0);
    assert!(std::mem::offset_of!(Socket, family) == 4);
    assert!(std::mem::offset_of!(Socket, kind) == 8);
    assert!(std::mem::offset_of!(Socket, proto) == 12);
    assert!(std::mem::offset_of!(Socket, errorhandler) == 16);
    assert!(std::mem::offset_of!(Socket, timeout) == 24);
};

impl Socket {
    /// An object without a descriptor, as `__new__` leaves it.
    pub(crate) const fn unopened() -> Self {
        Self {
            fd: AtomicFd::new(-1),
            family: AtomicI32::new(0),
            kind: AtomicI32::new(0),
            proto: AtomicI32::new(0),
            errorhandler: AtomicPtr::new(std::ptr::null_mut()),
            timeout: AtomicI64::new(BLOCKING),
            cell: FdCell::closed(),
            sole: Sole::shared(),
            io_refs: AtomicI32::new(0),
            closed: AtomicBool::new(false),
            may_linger: AtomicBool::new(false),
            reads: Habit::new(),
            writes: Habit::new(),
            reads_large: AtomicBool::new(false),
        }
    }

    /// The descriptor's number, -1 once closed.
    #[inline]
    pub(crate) fn fileno(&self) -> RawFd {
        self.fd.load(Ordering::Acquire)
    }

    /// Writes the cell's number where `_ssl` looks for it, once the cell has changed. Where
    /// threads change it at once, each looks again, and the last one finds what stays.
    pub(crate) fn publish_number(&self) {
        loop {
            let number = self.cell.number();
            self.fd.store(number, IN_ONE_ORDER);
            if self.cell.number() == number {
                return;
            }
        }
    }

    #[inline]
    pub(crate) fn family(&self) -> c_int {
        self.family.load(Ordering::Relaxed)
    }

    #[inline]
    pub(crate) fn kind(&self) -> c_int {
        self.kind.load(Ordering::Relaxed)
    }

    #[inline]
    pub(crate) fn proto(&self) -> c_int {
        self.proto.load(Ordering::Relaxed)
    }

    /// The timeout in nanoseconds; see `timeout`.
    #[inline]
    pub(crate) fn timeout_nanos(&self) -> i64 {
        self.timeout.load(Ordering::Relaxed)
    }

    /// The door for calls that receive.
    #[inline]
    pub(crate) fn reading(&self) -> Door<'_> {
        Door {
            cell: &self.cell,
            timeout: &self.timeout,
            habit: &self.reads,
        }
    }

    /// The door for calls that send.
    #[inline]
    pub(crate) fn writing(&self) -> Door<'_> {
        Door {
            cell: &self.cell,
            timeout: &self.timeout,
            habit: &self.writes,
        }
    }

    /// A call that cannot wait.
    #[inline]
    pub(crate) fn at_once<T>(
        &self,
        op: impl FnOnce(RawFd) -> Result<T, Errno>,
    ) -> Result<T, Errno> {
        call::at_once(self.reading(), op)
    }

    /// Refuses what `__init__` has not given a family yet, where an address is asked for.
    #[inline]
    pub(crate) fn require_family(&self) -> PyResult<()> {
        if self.family() == libc::AF_UNSPEC {
            return Err(os_error_text("getsockaddrlen: bad family"));
        }
        Ok(())
    }

    /// An address argument of `caller`.
    pub(crate) fn address(
        &self,
        caller: &str,
        value: Borrowed<'_, '_, PyAny>,
    ) -> PyResult<RawAddr> {
        let target = Target {
            caller,
            family: self.family(),
            proto: self.proto(),
        };
        addr::from_python(target, value)
    }

    /// An address from the kernel, as Python has it.
    pub(crate) fn address_to_python<'py>(
        &self,
        py: Python<'py>,
        raw: &RawAddr,
    ) -> PyResult<Bound<'py, PyAny>> {
        addr::to_python(py, raw, self.proto())
    }
}
