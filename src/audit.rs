//! Floor 1: audit events (PEP 578), with the same names and arguments as CPython's.
#![expect(unsafe_code, reason = "PySys_Audit takes pointers")]

use std::ffi::CStr;

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use crate::libpython::PySys_Audit;

/// Raises an audit event with its arguments; a hook's veto is the error.
pub(crate) fn audit<'py, const N: usize>(
    py: Python<'py>,
    event: &CStr,
    arguments: [Borrowed<'_, 'py, PyAny>; N],
) -> PyResult<()> {
    let format = match N {
        0 => c"",
        // One "O" alone would take a tuple for all of the arguments.
        1 => c"(O)",
        2 => c"OO",
        3 => c"OOO",
        4 => c"OOOO",
        5 => c"OOOOO",
        _ => return Err(PyTypeError::new_err("too many audit arguments")),
    };
    // The format takes as many as there are; what follows is not looked at.
    let at = |index: usize| {
        let argument = arguments.get(index);
        argument.map_or(std::ptr::null_mut(), |argument| argument.as_ptr())
    };
    // SAFETY: the format takes N pointers, and the first N are live objects.
    let ret = unsafe {
        PySys_Audit(
            event.as_ptr(),
            format.as_ptr(),
            at(0),
            at(1),
            at(2),
            at(3),
            at(4),
        )
    };
    if ret < 0 {
        Err(PyErr::fetch(py))
    } else {
        Ok(())
    }
}
