//! Floor 3b: `PF_SYSTEM` of macOS with `SYSPROTO_CONTROL`: `(id, unit)`, or the
//! name of a kernel control. See `sys/kern_control.h`.

use std::ffi::c_int;

use pyo3::exceptions::{PyOSError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString, PyTuple};

use crate::addr::form::{self, Target};
use crate::error::os_error;
use crate::sys::kctl;
use crate::sys::storage::{RawAddr, Reader, Writer};
use crate::text::{fs_string, type_name};

const ADDRESS_KIND: u16 = 2;

/// A kernel control and a unit of it; unit 0 is the next free one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SystemAddr {
    pub(crate) id: u32,
    pub(crate) unit: u32,
}

impl SystemAddr {
    pub(crate) fn encode(self) -> RawAddr {
        let mut writer = Writer::new(libc::AF_SYSTEM);
        writer.put_u16(ADDRESS_KIND);
        writer.put_u32(self.id);
        writer.put_u32(self.unit);
        writer.finish_len(size_of::<libc::sockaddr_ctl>())
    }

    pub(crate) fn decode(raw: &RawAddr) -> Self {
        let reader = Reader::new(raw);
        Self {
            id: reader.u32(4),
            unit: reader.u32(8),
        }
    }
}

pub(crate) fn from_python(target: Target<'_>, value: Borrowed<'_, '_, PyAny>) -> PyResult<RawAddr> {
    if target.proto != libc::SYSPROTO_CONTROL {
        return Err(PyOSError::new_err(format!(
            "{}(): unsupported PF_SYSTEM protocol",
            target.caller
        )));
    }
    let addr = if let Ok(tuple) = value.cast::<PyTuple>() {
        form::length(tuple, 2, 2, "PF_SYSTEM address must be a pair (id, unit)")?;
        SystemAddr {
            id: form::u32_field(tuple, 0)?,
            unit: form::u32_field(tuple, 1)?,
        }
    } else if value.is_instance_of::<PyString>() || value.is_instance_of::<PyBytes>() {
        let id = kctl::id_of(&fs_string(value)?).map_err(os_error)?;
        SystemAddr { id, unit: 0 }
    } else {
        return Err(PyTypeError::new_err(format!(
            "{}(): PF_SYSTEM address must be a str or a pair (id, unit), not {}",
            target.caller,
            type_name(value)
        )));
    };
    Ok(addr.encode())
}

/// None where the protocol is not one that Python has a form for.
pub(crate) fn to_python<'py>(
    py: Python<'py>,
    raw: &RawAddr,
    proto: c_int,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    if proto != libc::SYSPROTO_CONTROL {
        return Ok(None);
    }
    let SystemAddr { id, unit } = SystemAddr::decode(raw);
    Ok(Some((id, unit).into_pyobject(py)?.into_any()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::addr::fuzz;

    #[test]
    fn the_fields_are_where_the_kernel_has_them() {
        let raw = SystemAddr { id: 1, unit: 2 }.encode();
        assert_eq!(raw.len(), 32);
        assert_eq!(raw.bytes()[..4], [32, 32, 2, 0]);
        assert_eq!(raw.bytes()[4..8], 1_u32.to_ne_bytes());
        assert_eq!(raw.bytes()[8..12], 2_u32.to_ne_bytes());
    }

    #[test]
    fn fuzz_decode() {
        bolero::check!().for_each(|bytes: &[u8]| {
            fuzz::stable(
                bytes,
                |raw| Some(SystemAddr::decode(raw)),
                |addr| Some(addr.encode()),
            );
        });
    }

    #[test]
    fn fuzz_encode() {
        bolero::check!()
            .with_type()
            .for_each(|&(id, unit): &(u32, u32)| {
                fuzz::same(
                    &SystemAddr { id, unit },
                    |addr| Some(addr.encode()),
                    |raw| Some(SystemAddr::decode(raw)),
                );
            });
    }
}
