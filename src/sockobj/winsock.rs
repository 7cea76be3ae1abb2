//! Floor 4b: the methods that only Windows has: ioctl and share. See WSAIoctl and
//! WSADuplicateSocketW.

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};

use crate::args;
use crate::error::os_error;
use crate::method::{Answer, Args};
use crate::sockobj::state::Socket;
use crate::sys::sock;
use crate::text::type_name;

const SIO_RCVALL: u32 = 0x9800_0001;
const SIO_KEEPALIVE_VALS: u32 = 0x9800_0004;
const SIO_LOOPBACK_FAST_PATH: u32 = 0x9800_0010;

/// `ioctl(cmd, option)`.
pub(crate) fn ioctl<'py>(slf: Borrowed<'_, 'py, Socket>, args: Args<'_, 'py>) -> Answer<'py> {
    args::count(args, "ioctl", 2, 2)?;
    let request = args::low_bits(args::required(args, 0)?)?;
    let option = args::required(args, 1)?;
    let values = match request {
        SIO_RCVALL | SIO_LOOPBACK_FAST_PATH => vec![args::low_bits(option)?],
        SIO_KEEPALIVE_VALS => keepalive(option)?,
        _ => {
            let text = format!("invalid ioctl command {request}");
            return Err(PyValueError::new_err(text));
        }
    };
    let answered = slf
        .get()
        .at_once(|number| sock::ioctl(number, request, &values))
        .map_err(os_error)?;
    Ok(answered.into_pyobject(slf.py())?.into_any())
}

/// `(onoff, timeout, interval)`, in milliseconds.
fn keepalive(option: Borrowed<'_, '_, PyAny>) -> PyResult<Vec<u32>> {
    let Ok(tuple) = option.cast::<PyTuple>() else {
        return Err(PyTypeError::new_err(format!(
            "ioctl() argument 2 must be 3-item sequence, not {}",
            type_name(option)
        )));
    };
    if tuple.len() != 3 {
        return Err(PyTypeError::new_err(format!(
            "ioctl() argument 2 must be sequence of length 3, not {}",
            tuple.len()
        )));
    }
    tuple.iter_borrowed().map(args::low_bits).collect()
}

/// `share(process_id)`.
pub(crate) fn share<'py>(slf: Borrowed<'_, 'py, Socket>, args: Args<'_, 'py>) -> Answer<'py> {
    let process = args::low_bits(args::required(args, 0)?)?;
    slf.get().sole.share();
    let bytes = slf
        .get()
        .at_once(|number| sock::share(number, process))
        .map_err(os_error)?;
    Ok(PyBytes::new(slf.py(), &bytes).into_any())
}
