//! Floor 4b: sendmsg_afalg: an AF_ALG operation and its parameters, sent as ancillary
//! data with the buffers. See the kernel's crypto/userspace-if.

use std::ffi::c_int;

use pyo3::exceptions::{PyMemoryError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::PyInt;

use crate::args;
use crate::buffer::View;
use crate::error::os_error_text;
use crate::method::{Answer, Args};
use crate::sockobj::message::{data_views, encoded, transmit_views};
use crate::sockobj::state::Socket;
use crate::sys::cmsg::Cmsg;
use crate::text::argument_type;

/// `sendmsg_afalg([buffers], *, op[, iv[, assoclen[, flags]]])`.
pub(crate) fn sendmsg_afalg<'py>(
    slf: Borrowed<'_, 'py, Socket>,
    args: Args<'_, 'py>,
) -> Answer<'py> {
    const NAME: &str = "sendmsg_afalg";
    const SET_IV: c_int = 2;
    const SET_OP: c_int = 3;
    const SET_ASSOCLEN: c_int = 4;
    let py = slf.py();
    if slf.get().family() != libc::AF_ALG {
        return Err(os_error_text("algset is only supported for AF_ALG"));
    }
    let names = ["msg", "op", "iv", "assoclen", "flags"];
    if args.len() > 1 {
        return Err(PyTypeError::new_err(format!(
            "{NAME}() takes at most 1 positional argument ({} given)",
            args.len()
        )));
    }
    let [data, op, iv, assoclen, flags] = args::keywords(args, NAME, names, 0)?;
    let op = op.map(|op| exact_int(op, 2)).transpose()?;
    let mut iv_view = View::empty();
    if let Some(iv) = iv {
        iv_view.readable(iv)?;
    }
    let assoclen = assoclen
        .map(|assoclen| exact_int(assoclen, 4))
        .transpose()?;
    let flags = flags.map_or(Ok(0), args::int)?;
    let Some(op) = op.filter(|op| *op >= 0) else {
        return Err(PyTypeError::new_err("Invalid or missing argument 'op'"));
    };
    if assoclen.is_some_and(|assoclen| assoclen < 0) {
        return Err(PyTypeError::new_err("assoclen must be positive"));
    }
    let set = |kind: c_int, data: Vec<u8>| Cmsg {
        level: libc::SOL_ALG,
        kind,
        data,
    };
    let mut messages = vec![set(SET_OP, op.to_ne_bytes().to_vec())];
    if iv.is_some() {
        let bytes = iv_view.to_vec(py)?;
        let len = u32::try_from(bytes.len()).map_err(|_| PyMemoryError::new_err(()))?;
        messages.push(set(SET_IV, [&len.to_ne_bytes()[..], &bytes].concat()));
    }
    if let Some(assoclen) = assoclen {
        messages.push(set(SET_ASSOCLEN, assoclen.to_ne_bytes().to_vec()));
    }
    let views = data.map_or(Ok(Vec::new()), data_views)?;
    transmit_views(py, slf.get(), &views, encoded(&messages)?, None, flags)
}

/// An argument that must be an int itself, not something that converts to one.
fn exact_int(value: Borrowed<'_, '_, PyAny>, at: usize) -> PyResult<c_int> {
    if value.is_instance_of::<PyInt>() {
        return args::int(value);
    }
    let kind = argument_type(value);
    Err(PyTypeError::new_err(format!(
        "sendmsg_afalg() argument {at} must be int, not {kind}"
    )))
}
