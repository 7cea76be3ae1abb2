//! Floor 3b: any family without a file of its own: `(family, bytes)`, the bytes
//! being what follows the family field.

use std::ffi::c_int;

use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};

use crate::addr::form::Target;
use crate::buffer::View;
use crate::error::os_error_text;
use crate::sys::libc;
use crate::sys::storage::{CAPACITY, RawAddr, Reader, Writer};

const DATA: usize = size_of::<libc::sa_family_t>();

/// The address of a family, unread.
pub(crate) fn encode(family: c_int, data: &[u8]) -> Option<RawAddr> {
    if data.len() > CAPACITY - DATA {
        return None;
    }
    let mut writer = Writer::new(family);
    writer.put(data);
    Some(writer.finish())
}

pub(crate) fn decode(raw: &RawAddr) -> (c_int, &[u8]) {
    (raw.family(), Reader::new(raw).rest(DATA))
}

pub(crate) fn from_python(target: Target<'_>, value: Borrowed<'_, '_, PyAny>) -> PyResult<RawAddr> {
    // The words for a family that has no form at all.
    let refused = || PyOSError::new_err(format!("{}(): bad family", target.caller));
    let tuple = value.cast::<PyTuple>().map_err(|_| refused())?;
    let (Ok(family), Ok(data), 2) = (tuple.get_item(0), tuple.get_item(1), tuple.len()) else {
        return Err(refused());
    };
    let family = family.extract::<c_int>().map_err(|_| refused())?;
    let mut bytes = View::empty();
    bytes.readable(data.as_borrowed()).map_err(|_| refused())?;
    encode(family, &bytes.to_vec(tuple.py())?).ok_or_else(|| os_error_text("address too long"))
}

pub(crate) fn to_python<'py>(py: Python<'py>, raw: &RawAddr) -> PyResult<Bound<'py, PyAny>> {
    let (family, data) = decode(raw);
    Ok((family, PyBytes::new(py, data))
        .into_pyobject(py)?
        .into_any())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::addr::fuzz;

    fn read(raw: &RawAddr) -> (c_int, Vec<u8>) {
        let (family, data) = decode(raw);
        (family, data.to_vec())
    }

    fn written(addr: &(c_int, Vec<u8>)) -> Option<RawAddr> {
        encode(addr.0, &addr.1)
    }

    #[test]
    fn what_does_not_fit_is_none() {
        assert!(encode(99, &[1; CAPACITY - DATA]).is_some());
        assert!(encode(99, &[1; CAPACITY - DATA + 1]).is_none());
    }

    fuzz::decoder_tests!("unknown", |raw| Some(read(raw)), written);

    #[test]
    fn fuzz_encode() {
        bolero::check!()
            .with_type()
            .for_each(|(family, data): &(u8, Vec<u8>)| {
                let addr = (c_int::from(*family), data.clone());
                if written(&addr).is_some() {
                    fuzz::same(&addr, written, |raw| Some(read(raw)));
                }
            });
    }
}
