//! Floor 3b: `AF_QIPCRTR`, `(node, port)`: Qualcomm's router between processors.
//! See linux/qrtr.h.

use pyo3::exceptions::PyOverflowError;
use pyo3::prelude::*;

use crate::addr::form;
use crate::error::os_error;
use crate::sys::errno::Errno;
use crate::sys::storage::{RawAddr, Reader, Writer};

/// `AF_QIPCRTR`, which libc does not name.
pub(crate) const FAMILY: std::ffi::c_int = 42;

/// A processor and a port of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct QipcrtrAddr {
    pub(crate) node: u32,
    pub(crate) port: u32,
}

impl QipcrtrAddr {
    pub(crate) fn encode(self) -> RawAddr {
        let mut writer = Writer::new(FAMILY);
        writer.skip_to(4);
        writer.put_u32(self.node);
        writer.put_u32(self.port);
        writer.finish()
    }

    pub(crate) fn decode(raw: &RawAddr) -> Self {
        let reader = Reader::new(raw);
        Self {
            node: reader.u32(4),
            port: reader.u32(8),
        }
    }
}

/// A node or port that cannot be is the `EINVAL` that the kernel has for it: callers
/// expect an `OSError`, and CPython's own tests do.
pub(crate) fn from_python(value: Borrowed<'_, '_, PyAny>) -> PyResult<RawAddr> {
    let (node, port) = form::u32_pair("AF_QIPCRTR", value).map_err(|error| {
        if error.is_instance_of::<PyOverflowError>(value.py()) {
            os_error(Errno::EINVAL)
        } else {
            error
        }
    })?;
    Ok(QipcrtrAddr { node, port }.encode())
}

pub(crate) fn to_python<'py>(py: Python<'py>, raw: &RawAddr) -> PyResult<Bound<'py, PyAny>> {
    let QipcrtrAddr { node, port } = QipcrtrAddr::decode(raw);
    Ok((node, port).into_pyobject(py)?.into_any())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::addr::fuzz;

    #[test]
    fn the_fields_are_where_the_kernel_has_them() {
        let raw = QipcrtrAddr { node: 1, port: 2 }.encode();
        let mut wanted = [0; 12];
        wanted[..2].copy_from_slice(&42_u16.to_ne_bytes());
        wanted[4..8].copy_from_slice(&1_u32.to_ne_bytes());
        wanted[8..].copy_from_slice(&2_u32.to_ne_bytes());
        assert_eq!(raw.bytes(), wanted);
    }

    fuzz::decoder_tests!(
        "qipcrtr",
        |raw| Some(QipcrtrAddr::decode(raw)),
        |addr| Some(addr.encode())
    );

    #[test]
    fn fuzz_encode() {
        bolero::check!()
            .with_type()
            .for_each(|&(node, port): &(u32, u32)| {
                fuzz::same(
                    &QipcrtrAddr { node, port },
                    |addr| Some(addr.encode()),
                    |raw| Some(QipcrtrAddr::decode(raw)),
                );
            });
    }
}
