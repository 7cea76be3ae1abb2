//! Floor 3b: `AF_CAN`, by the socket's protocol: `(interface,)` for `CAN_RAW` and
//! `CAN_BCM`, `(interface, rx_addr, tx_addr)` for `CAN_ISOTP`, `(interface, name,
//! pgn, addr)` for `CAN_J1939`. See linux/can.h and the kernel's CAN documents.
//!
//! The empty interface is every interface. CPython reads each protocol's tuple
//! with another of its parsers, hence the words of the errors here.

use std::ffi::{CString, c_int};

use pyo3::exceptions::{PyOSError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyInt, PyTuple};

use crate::addr::form::{self, Target};
use crate::error::{os_error, os_error_text};
use crate::once::name;
use crate::sys::iface;
use crate::sys::storage::{RawAddr, Reader, Writer};
use crate::text::{argument_type, fs_decoded, fs_string};

const FORM: &str = "AF_CAN address must be a tuple (interface, )";

/// What the protocol adds to the interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CanId {
    /// `CAN_RAW`, `CAN_BCM` and what else has nothing to add.
    Interface,
    /// The CAN identifiers that are received and sent.
    IsoTp { rx: u32, tx: u32 },
    /// The unit's name, the parameter group and the bus address.
    J1939 { name: u64, pgn: u32, addr: u8 },
}

/// An interface and what the protocol adds to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CanAddr {
    pub(crate) index: u32,
    pub(crate) id: CanId,
}

impl CanAddr {
    pub(crate) fn encode(self) -> RawAddr {
        let mut writer = Writer::new(libc::AF_CAN);
        writer.skip_to(4);
        writer.put_u32(self.index);
        writer.skip_to(8);
        match self.id {
            CanId::Interface => {}
            CanId::IsoTp { rx, tx } => {
                writer.put_u32(rx);
                writer.put_u32(tx);
            }
            CanId::J1939 { name, pgn, addr } => {
                writer.put_u64(name);
                writer.put_u32(pgn);
                writer.put(&[addr]);
            }
        }
        writer.finish_len(size_of::<libc::sockaddr_can>())
    }

    pub(crate) fn decode(raw: &RawAddr, proto: c_int) -> Self {
        let reader = Reader::new(raw);
        let id = match proto {
            libc::CAN_ISOTP => CanId::IsoTp {
                rx: reader.u32(8),
                tx: reader.u32(12),
            },
            libc::CAN_J1939 => CanId::J1939 {
                name: reader.u64(8),
                pgn: reader.u32(16),
                addr: reader.u8(20),
            },
            _ => CanId::Interface,
        };
        Self {
            index: reader.u32(4),
            id,
        }
    }
}

pub(crate) fn from_python(target: Target<'_>, value: Borrowed<'_, '_, PyAny>) -> PyResult<RawAddr> {
    let (name, id) = match target.proto {
        libc::CAN_RAW | libc::CAN_BCM => {
            let tuple = form::tuple(target, "AF_CAN", value)?;
            form::length(tuple, 1, 1, FORM)?;
            (name(tuple)?, CanId::Interface)
        }
        libc::CAN_ISOTP => {
            let tuple = exactly(target, value, 3)?;
            let name = name(tuple)?;
            let rx = plain_u32(tuple, 1)?;
            let tx = plain_u32(tuple, 2)?;
            (name, CanId::IsoTp { rx, tx })
        }
        libc::CAN_J1939 => {
            let tuple = exactly(target, value, 4)?;
            let interface = name(tuple)?;
            plain_int(tuple, 1)?;
            let name = form::u64_field(tuple, 1)?;
            let pgn = form::u32_field(tuple, 2)?;
            let addr = form::narrow(target, tuple, 3, "addr", u8::MAX.into())?;
            (interface, CanId::J1939 { name, pgn, addr })
        }
        _ => {
            return Err(PyOSError::new_err(format!(
                "{}(): unsupported CAN protocol",
                target.caller
            )));
        }
    };
    let index = index_of(&name)?;
    Ok(CanAddr { index, id }.encode())
}

fn exactly<'a, 'py>(
    target: Target<'_>,
    value: Borrowed<'a, 'py, PyAny>,
    count: usize,
) -> PyResult<Borrowed<'a, 'py, PyTuple>> {
    let tuple = form::tuple(target, "AF_CAN", value)?;
    if tuple.len() == count {
        return Ok(tuple);
    }
    Err(PyTypeError::new_err(format!(
        "function takes exactly {count} arguments ({} given)",
        tuple.len()
    )))
}

fn name(tuple: Borrowed<'_, '_, PyTuple>) -> PyResult<CString> {
    fs_string(form::field(tuple, 0)?.as_borrowed())
}

/// Refuses what is no int itself: until 3.14 CPython asks no `__index__` here.
fn plain_int(tuple: Borrowed<'_, '_, PyTuple>, index: usize) -> PyResult<()> {
    let value = form::field(tuple, index)?;
    let fits = value.is_instance_of::<PyInt>()
        || (cfg!(Py_3_14) && value.hasattr(name!(value.py(), "__index__"))?);
    if fits {
        return Ok(());
    }
    let kind = argument_type(value.as_borrowed());
    Err(PyTypeError::new_err(format!(
        "argument {} must be int, not {kind}",
        index + 1
    )))
}

fn plain_u32(tuple: Borrowed<'_, '_, PyTuple>, index: usize) -> PyResult<u32> {
    plain_int(tuple, index)?;
    form::u32_field(tuple, index)
}

fn index_of(name: &CString) -> PyResult<u32> {
    match name.as_bytes().len() {
        0 => Ok(0),
        len if len < libc::IF_NAMESIZE => iface::nametoindex(name).map_err(os_error),
        _ => Err(os_error_text("AF_CAN interface name too long")),
    }
}

pub(crate) fn to_python<'py>(
    py: Python<'py>,
    raw: &RawAddr,
    proto: c_int,
) -> PyResult<Bound<'py, PyAny>> {
    let addr = CanAddr::decode(raw, proto);
    // Number 0 is every interface, and one may be gone by now.
    let name = iface::indextoname(addr.index).unwrap_or_default();
    let name = fs_decoded(py, &name)?;
    let tuple = match addr.id {
        CanId::Interface => (name,).into_pyobject(py)?,
        CanId::IsoTp { rx, tx } => (name, rx, tx).into_pyobject(py)?,
        CanId::J1939 {
            name: unit,
            pgn,
            addr,
        } => (name, unit, pgn, addr).into_pyobject(py)?,
    };
    Ok(tuple.into_any())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::addr::fuzz;

    fn written(id: CanId) -> Vec<u8> {
        let raw = CanAddr { index: 7, id }.encode();
        assert_eq!(raw.len(), 24);
        assert_eq!(raw.bytes()[..2], 29_u16.to_ne_bytes());
        assert_eq!(raw.bytes()[4..8], 7_u32.to_ne_bytes());
        raw.bytes()[8..].to_vec()
    }

    #[test]
    fn the_fields_are_where_the_kernel_has_them() {
        assert_eq!(written(CanId::Interface), [0; 16]);
        let isotp = written(CanId::IsoTp { rx: 1, tx: 2 });
        assert_eq!(isotp[..4], 1_u32.to_ne_bytes());
        assert_eq!(isotp[4..8], 2_u32.to_ne_bytes());
        let j1939 = written(CanId::J1939 {
            name: 1,
            pgn: 2,
            addr: 3,
        });
        assert_eq!(j1939[..8], 1_u64.to_ne_bytes());
        assert_eq!(j1939[8..12], 2_u32.to_ne_bytes());
        assert_eq!(j1939[12..], [3, 0, 0, 0]);
    }

    fn check(bytes: &[u8]) {
        for proto in [libc::CAN_RAW, libc::CAN_ISOTP, libc::CAN_J1939] {
            fuzz::stable(
                bytes,
                |raw| Some(CanAddr::decode(raw, proto)),
                |addr| Some(addr.encode()),
            );
        }
    }

    #[test]
    fn nothing_is_read_behind_the_length() {
        for proto in [
            libc::CAN_RAW,
            libc::CAN_BCM,
            libc::CAN_ISOTP,
            libc::CAN_J1939,
        ] {
            fuzz::within("can", |raw| CanAddr::decode(raw, proto));
        }
    }

    #[test]
    fn fuzz_decode() {
        fuzz::corpus("can", check);
        bolero::check!().for_each(check);
    }

    #[test]
    fn fuzz_encode() {
        bolero::check!()
            .with_type()
            .for_each(|&(index, name, pgn, addr): &(u32, u64, u32, u8)| {
                let [rx, tx] = [pgn, pgn ^ index];
                for (proto, id) in [
                    (libc::CAN_RAW, CanId::Interface),
                    (libc::CAN_ISOTP, CanId::IsoTp { rx, tx }),
                    (libc::CAN_J1939, CanId::J1939 { name, pgn, addr }),
                ] {
                    fuzz::same(
                        &CanAddr { index, id },
                        |addr| Some(addr.encode()),
                        |raw| Some(CanAddr::decode(raw, proto)),
                    );
                }
            });
    }
}
