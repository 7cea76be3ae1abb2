//! Floor 4b: pickling a socket, which `multiprocessing` alone may do.
//!
//! Its pickler knows only the sockets of the built-in module, so the first one of ours
//! comes here; `_reduction` registers the class with it for those that follow. For any
//! other caller `object`'s method decides, which refuses. See the `pickle` chapter of
//! the Python library reference.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use crate::args;
use crate::caught;
use crate::method::{Answer, Args};
use crate::once::name;
use crate::sockobj::state::PublicSocket;

/// `__reduce_ex__(protocol)`.
pub(crate) fn reduce_ex<'py>(
    slf: Borrowed<'_, 'py, PublicSocket>,
    args: Args<'_, 'py>,
) -> Answer<'py> {
    let py = slf.py();
    if args.keyword_count() > 0 {
        let text = "socket.__reduce_ex__() takes no keyword arguments";
        return Err(PyTypeError::new_err(text));
    }
    if args.len() != 1 {
        let given = args.len();
        return Err(PyTypeError::new_err(format!(
            "socket.__reduce_ex__() takes exactly one argument ({given} given)"
        )));
    }
    if slf.is_exact_instance_of::<PublicSocket>() && is_multiprocessing(py)? {
        let reduction = py.import("rsock._reduction")?;
        return reduction.call_method1("reduce_socket", (slf,));
    }
    let protocol = args::required(args, 0)?;
    py.get_type::<PyAny>()
        .call_method1(name!(py, "__reduce_ex__"), (slf, protocol))
}

/// Whether the Python code that calls is the pickler of `multiprocessing`.
fn is_multiprocessing(py: Python<'_>) -> PyResult<bool> {
    let Some(frame) = caught::tried(py.import("sys")?.call_method0("_getframe")) else {
        return Ok(false);
    };
    let globals = frame.getattr("f_globals")?;
    let name = globals.call_method1("get", ("__name__",))?;
    name.eq("multiprocessing.reduction")
}
