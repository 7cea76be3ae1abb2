//! Floor 3b: `AF_PACKET`, `(ifname, proto[, pkttype[, hatype[, addr]]])`. See
//! packet(7).
//!
//! The kernel's hardware addresses may be longer than the struct has room for
//! (InfiniBand has 20 bytes) and say so in their length byte; what is read ends
//! with what the kernel wrote.

use std::ffi::{CString, c_int};

use pyo3::exceptions::{PyOverflowError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};

use crate::addr::form::{self, Target};
use crate::buffer::View;
use crate::error::os_error;
use crate::sys::iface;
use crate::sys::storage::{RawAddr, Reader, Writer};
use crate::text::fs_decoded;

const FORM: &str = "AF_PACKET address must be a tuple of two to five elements";
const ADDR_OFFSET: usize = std::mem::offset_of!(libc::sockaddr_ll, sll_addr);
/// The longest hardware address that a caller may name.
const ADDR_ROOM: usize = size_of::<libc::sockaddr_ll>() - ADDR_OFFSET;

/// An interface and what a frame on it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PacketAddr {
    /// In the machine's byte order.
    pub(crate) proto: u16,
    pub(crate) index: u32,
    pub(crate) hatype: u16,
    pub(crate) pkttype: u8,
    pub(crate) addr: Vec<u8>,
}

impl PacketAddr {
    /// None where the hardware address does not fit.
    pub(crate) fn encode(&self) -> Option<RawAddr> {
        let mut writer = Writer::new(libc::AF_PACKET);
        writer.put(&self.proto.to_be_bytes());
        writer.put_u32(self.index);
        writer.put_u16(self.hatype);
        writer.put(&[self.pkttype, u8::try_from(self.addr.len()).ok()?]);
        writer.put(&self.addr);
        let len = size_of::<libc::sockaddr_ll>().max(ADDR_OFFSET + self.addr.len());
        Some(writer.finish_len(len))
    }

    pub(crate) fn decode(raw: &RawAddr) -> Self {
        let reader = Reader::new(raw);
        let written = reader.rest(ADDR_OFFSET);
        let named = usize::from(reader.u8(11));
        Self {
            proto: u16::from_be_bytes(reader.array(2)),
            index: reader.u32(4),
            hatype: reader.u16(8),
            pkttype: reader.u8(10),
            addr: written.get(..named).unwrap_or(written).to_vec(),
        }
    }
}

pub(crate) fn from_python(target: Target<'_>, value: Borrowed<'_, '_, PyAny>) -> PyResult<RawAddr> {
    let tuple = form::tuple(target, "AF_PACKET", value)?;
    form::length(tuple, 2, 5, FORM)?;
    let name = form::text(tuple, 0, FORM)?;
    let proto = number(target, tuple, 1)?;
    let pkttype = number(target, tuple, 2)?;
    let hatype = number(target, tuple, 3)?;
    let mut addr = View::empty();
    if tuple.len() > 4 {
        addr.readable(form::field(tuple, 4)?.as_borrowed())?;
    }
    let name = CString::new(name).map_err(|_| PyValueError::new_err("embedded null character"))?;
    let index = iface::nametoindex(&name).map_err(os_error)?;
    if addr.len() > ADDR_ROOM {
        return Err(PyValueError::new_err(
            "Hardware address must be 8 bytes or less",
        ));
    }
    let addr = PacketAddr {
        proto: form::fit(target, "proto", proto, u16::MAX.into())?,
        index,
        hatype: form::fit(target, "hatype", hatype, u16::MAX.into())?,
        pkttype: form::fit(target, "pkttype", pkttype, u8::MAX.into())?,
        addr: addr.to_vec(tuple.py())?,
    };
    addr.encode()
        .ok_or_else(|| PyValueError::new_err("Hardware address must be 8 bytes or less"))
}

/// A field as a C int, or 0 where the tuple ends before it.
fn number(target: Target<'_>, tuple: Borrowed<'_, '_, PyTuple>, index: usize) -> PyResult<c_int> {
    form::int_or_zero(tuple, index).map_err(|error| {
        if error.is_instance_of::<PyOverflowError>(tuple.py()) {
            PyOverflowError::new_err(format!(
                "{}(): address argument out of range",
                target.caller
            ))
        } else {
            error
        }
    })
}

pub(crate) fn to_python<'py>(py: Python<'py>, raw: &RawAddr) -> PyResult<Bound<'py, PyAny>> {
    let addr = PacketAddr::decode(raw);
    // A frame may come from an interface that is gone by now.
    let name = iface::indextoname(addr.index).unwrap_or_default();
    let name = fs_decoded(py, &name)?;
    let bytes = PyBytes::new(py, &addr.addr);
    Ok((name, addr.proto, addr.pkttype, addr.hatype, bytes)
        .into_pyobject(py)?
        .into_any())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::addr::fuzz;

    fn addr(hardware: &[u8]) -> PacketAddr {
        PacketAddr {
            proto: 0x0806,
            index: 3,
            hatype: 1,
            pkttype: 4,
            addr: hardware.to_vec(),
        }
    }

    #[test]
    fn the_fields_are_where_the_kernel_has_them() {
        let raw = addr(b"abcdef").encode().unwrap();
        assert_eq!(raw.len(), size_of::<libc::sockaddr_ll>());
        let mut wanted = [0; 20];
        wanted[..2].copy_from_slice(&17_u16.to_ne_bytes());
        wanted[2..4].copy_from_slice(&[8, 6]);
        wanted[4..8].copy_from_slice(&3_u32.to_ne_bytes());
        wanted[8..10].copy_from_slice(&1_u16.to_ne_bytes());
        wanted[10..18].copy_from_slice(b"\x04\x06abcdef");
        assert_eq!(raw.bytes(), wanted);
    }

    #[test]
    fn a_hardware_address_ends_with_what_was_written() {
        let mut bytes = addr(b"abcdef").encode().unwrap().bytes().to_vec();
        bytes[11] = 255;
        let raw = RawAddr::from_bytes(&bytes).unwrap();
        assert_eq!(PacketAddr::decode(&raw).addr, b"abcdef\0\0");
        let raw = RawAddr::from_bytes(&bytes[..14]).unwrap();
        assert_eq!(PacketAddr::decode(&raw).addr, b"ab");
        let raw = RawAddr::from_bytes(&bytes[..5]).unwrap();
        assert_eq!(PacketAddr::decode(&raw).addr, b"");
    }

    fuzz::decoder_tests!(
        "packet",
        |raw| Some(PacketAddr::decode(raw)),
        PacketAddr::encode
    );

    #[test]
    fn fuzz_encode() {
        bolero::check!().with_type().for_each(
            |&(proto, index, hatype, pkttype, addr): &(u16, u32, u16, u8, [u8; 8])| {
                let addr = addr.to_vec();
                fuzz::same(
                    &PacketAddr {
                        proto,
                        index,
                        hatype,
                        pkttype,
                        addr,
                    },
                    PacketAddr::encode,
                    |raw| Some(PacketAddr::decode(raw)),
                );
            },
        );
    }
}
