//! Floor 1: the one place where an error of the system becomes an exception.
//!
//! Class, `errno`, `strerror` and message are those of the standard library:
//! `OSError` is of the subclass of its number, `gaierror` and `herror` are the
//! interpreter's own classes, a timeout is `TimeoutError`.

use std::ffi::{CStr, c_int};

use pyo3::exceptions::{
    PyBlockingIOError, PyBrokenPipeError, PyConnectionAbortedError, PyConnectionRefusedError,
    PyConnectionResetError, PyImportError, PyInterruptedError, PyOSError, PyPermissionError,
    PyTimeoutError,
};
#[cfg(unix)]
use pyo3::exceptions::{
    PyChildProcessError, PyFileExistsError, PyFileNotFoundError, PyIsADirectoryError,
    PyNotADirectoryError, PyProcessLookupError,
};
use pyo3::prelude::*;
use pyo3::types::PyType;
use pyo3::{IntoPyObjectExt, PyErrArguments};

use crate::once::ForkSafeOnce;
use crate::sys::errno::{Errno, with_message};
use crate::sys::libc;
use crate::sys::resolve::{Failure, gai_strerror};

/// Why a call failed.
#[derive(Debug)]
pub(crate) enum Error {
    /// The system call said so.
    Sys(Errno),
    /// The socket's timeout ran out.
    TimedOut,
    /// Python code that ran meanwhile raised, a signal handler for one.
    Raised(PyErr),
    /// getaddrinfo(3) or getnameinfo(3) said so: its code and text.
    Resolver(c_int, String),
    /// The older resolver calls said so: `h_errno` and its text.
    Host(c_int, String),
}

impl From<Errno> for Error {
    fn from(errno: Errno) -> Self {
        Self::Sys(errno)
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Code(code) => Self::Resolver(code, gai_strerror(code)),
            Failure::Sys(errno) => Self::Sys(errno),
        }
    }
}

impl From<PyErr> for Error {
    fn from(error: PyErr) -> Self {
        Self::Raised(error)
    }
}

impl From<Error> for PyErr {
    fn from(error: Error) -> Self {
        match error {
            Error::Sys(errno) => os_error(errno),
            Error::TimedOut => PyTimeoutError::new_err("timed out"),
            Error::Raised(error) => error,
            Error::Resolver(code, text) => resolver_error(|known| &known.gaierror, code, text),
            Error::Host(code, text) => resolver_error(|known| &known.herror, code, text),
        }
    }
}

/// The classes of what the resolver reports.
pub(crate) struct ResolverErrors {
    pub(crate) gaierror: Py<PyType>,
    pub(crate) herror: Py<PyType>,
}

static RESOLVER_ERRORS: ForkSafeOnce<ResolverErrors> = ForkSafeOnce::new();

impl ResolverErrors {
    /// The interpreter's own, so that one `except` clause catches those of rsock and those
    /// of the built-in `socket` alike. `_socket` makes them anew each time it is imported
    /// from scratch, so it is left in `sys.modules` for a later `import socket` to find.
    pub(crate) fn get(py: Python<'_>) -> PyResult<&'static Self> {
        RESOLVER_ERRORS.get_or_try_make(|| {
            let origin = match py.import("_socket") {
                Err(error) if error.is_instance_of::<PyImportError>(py) => None,
                origin => Some(origin?),
            };
            let class = |name: &CStr, short: &str| -> PyResult<Py<PyType>> {
                match &origin {
                    Some(origin) => Ok(origin.getattr(short)?.cast_into()?.unbind()),
                    // A Python that was built without it.
                    None => {
                        PyErr::new_type(py, name, None, Some(&py.get_type::<PyOSError>()), None)
                    }
                }
            };
            Ok(Self {
                gaierror: class(c"socket.gaierror", "gaierror")?,
                herror: class(c"socket.herror", "herror")?,
            })
        })
    }
}

fn resolver_error(which: fn(&ResolverErrors) -> &Py<PyType>, code: c_int, text: String) -> PyErr {
    Python::attach(|py| match ResolverErrors::get(py) {
        Ok(known) => PyErr::from_type(which(known).bind(py).clone(), (code, text)),
        Err(error) => error,
    })
}

/// The `OSError` of an error number, of the subclass that Python would pick.
///
/// Picked here, because before 3.12 an exception's class and its value are apart
/// until somebody looks: C code that looks at the class alone (Cython's `except` in
/// uvloop and gevent) waits for `BlockingIOError`.
pub(crate) fn os_error(errno: Errno) -> PyErr {
    let args = OsErrorArgs(errno);
    match errno.0 {
        // EWOULDBLOCK is the same number wherever this builds.
        libc::EAGAIN | libc::EALREADY | libc::EINPROGRESS => PyBlockingIOError::new_err(args),
        libc::ESHUTDOWN => PyBrokenPipeError::new_err(args),
        libc::ECONNABORTED => PyConnectionAbortedError::new_err(args),
        libc::ECONNREFUSED => PyConnectionRefusedError::new_err(args),
        libc::ECONNRESET => PyConnectionResetError::new_err(args),
        libc::EINTR => PyInterruptedError::new_err(args),
        libc::EACCES => PyPermissionError::new_err(args),
        libc::ETIMEDOUT => PyTimeoutError::new_err(args),
        other => less_common(other, args),
    }
}

/// The arguments of an `OSError`: its number and the system's text, made as it is raised.
struct OsErrorArgs(Errno);

impl PyErrArguments for OsErrorArgs {
    fn arguments(self, py: Python<'_>) -> Py<PyAny> {
        let Self(errno) = self;
        let args = with_message(errno, |text| {
            #[cfg(unix)]
            let args = (errno.0, text);
            // Python takes `errno` from the number of Windows, and leaves the first one.
            #[cfg(windows)]
            let args = (errno.0, text, None::<&'static str>, errno.0);
            args.into_py_any(py)
        });
        args.unwrap_or_else(|_| py.None())
    }
}

/// The subclasses that the calls of a socket seldom raise.
#[cfg(unix)]
fn less_common(number: c_int, args: OsErrorArgs) -> PyErr {
    match number {
        libc::EPIPE => PyBrokenPipeError::new_err(args),
        libc::ECHILD => PyChildProcessError::new_err(args),
        libc::EEXIST => PyFileExistsError::new_err(args),
        libc::ENOENT => PyFileNotFoundError::new_err(args),
        libc::EISDIR => PyIsADirectoryError::new_err(args),
        libc::ENOTDIR => PyNotADirectoryError::new_err(args),
        libc::EPERM => PyPermissionError::new_err(args),
        libc::ESRCH => PyProcessLookupError::new_err(args),
        _ => PyOSError::new_err(args),
    }
}

/// Winsock has no others.
#[cfg(windows)]
fn less_common(_: c_int, args: OsErrorArgs) -> PyErr {
    PyOSError::new_err(args)
}

/// An `OSError` with a message and no number.
pub(crate) fn os_error_text(text: &'static str) -> PyErr {
    PyOSError::new_err(text)
}
