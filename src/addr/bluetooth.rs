//! Floor 3b: `AF_BLUETOOTH`, by the socket's protocol: `(bdaddr, psm[, cid[,
//! bdaddr_type]])` for L2CAP, `(bdaddr, channel)` for RFCOMM, `device_id` or
//! `(device_id[, channel])` for HCI, `bdaddr` for SCO. The forms are CPython
//! 3.14's on every version; the structs are those of BlueZ's headers.

use std::ffi::c_int;
use std::fmt::Write;

use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString, PyTuple};

use crate::addr::form::{self, Target};
use crate::args;
use crate::error::os_error_text;
use crate::sys::storage::{RawAddr, Reader, Writer};

const L2CAP: c_int = 0;
const HCI: c_int = 1;
const SCO: c_int = 2;
const RFCOMM: c_int = 3;

/// A device's address, the first byte of its text first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DeviceAddr([u8; 6]);

impl DeviceAddr {
    /// Six hexadecimal numbers, each of one byte, between colons.
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        let mut bytes = [0; 6];
        let mut parts = text.split(|byte| *byte == b':');
        for byte in &mut bytes {
            let part = std::str::from_utf8(parts.next()?).ok()?;
            if !part.bytes().all(|digit| digit.is_ascii_hexdigit()) {
                return None;
            }
            *byte = u8::from_str_radix(part, 16).ok()?;
        }
        parts.next().is_none().then_some(Self(bytes))
    }

    pub(crate) fn text(self) -> String {
        let mut text = String::with_capacity(17);
        for byte in self.0 {
            let colon = if text.is_empty() { "" } else { ":" };
            let _ = write!(text, "{colon}{byte:02X}");
        }
        text
    }

    /// The kernel has the last byte first.
    fn to_kernel(self) -> [u8; 6] {
        let mut bytes = self.0;
        bytes.reverse();
        bytes
    }

    fn from_kernel(mut bytes: [u8; 6]) -> Self {
        bytes.reverse();
        Self(bytes)
    }
}

/// An address of one of the protocols.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BluetoothAddr {
    L2cap {
        device: DeviceAddr,
        psm: u16,
        cid: u16,
        kind: u8,
    },
    Rfcomm {
        device: DeviceAddr,
        channel: u8,
    },
    Hci {
        device: u16,
        channel: u16,
    },
    Sco {
        device: DeviceAddr,
    },
}

impl BluetoothAddr {
    pub(crate) fn encode(self) -> RawAddr {
        let mut writer = Writer::new(libc::AF_BLUETOOTH);
        match self {
            Self::L2cap {
                device,
                psm,
                cid,
                kind,
            } => {
                writer.put(&psm.to_le_bytes());
                writer.put(&device.to_kernel());
                writer.put(&cid.to_le_bytes());
                writer.put(&[kind, 0]);
            }
            Self::Rfcomm { device, channel } => {
                writer.put(&device.to_kernel());
                writer.put(&[channel, 0]);
            }
            Self::Hci { device, channel } => {
                writer.put_u16(device);
                writer.put_u16(channel);
            }
            Self::Sco { device } => writer.put(&device.to_kernel()),
        }
        writer.finish()
    }

    /// None for a protocol that Python has no form for.
    pub(crate) fn decode(raw: &RawAddr, proto: c_int) -> Option<Self> {
        let reader = Reader::new(raw);
        let device = |offset| DeviceAddr::from_kernel(reader.array(offset));
        Some(match proto {
            L2CAP => Self::L2cap {
                psm: u16::from_le_bytes(reader.array(2)),
                device: device(4),
                cid: u16::from_le_bytes(reader.array(10)),
                kind: reader.u8(12),
            },
            RFCOMM => Self::Rfcomm {
                device: device(2),
                channel: reader.u8(8),
            },
            HCI => Self::Hci {
                device: reader.u16(2),
                channel: reader.u16(4),
            },
            SCO => Self::Sco { device: device(2) },
            _ => return None,
        })
    }
}

pub(crate) fn from_python(target: Target<'_>, value: Borrowed<'_, '_, PyAny>) -> PyResult<RawAddr> {
    let addr = match target.proto {
        L2CAP => {
            let tuple = tuple(target, value, 2, 4)?;
            let text = device_text(target, tuple)?;
            let psm = number(target, tuple, 1)?;
            let cid = number(target, tuple, 2)?;
            let kind = number(target, tuple, 3)?;
            BluetoothAddr::L2cap {
                device: device(text.as_bytes())?,
                psm: form::fit(target, "psm", psm, u16::MAX.into())?,
                cid: form::fit(target, "cid", cid, u16::MAX.into())?,
                kind: form::fit(target, "bdaddr_type", kind, u8::MAX.into())?,
            }
        }
        RFCOMM => {
            let tuple = tuple(target, value, 2, 2)?;
            let text = device_text(target, tuple)?;
            let channel = number(target, tuple, 1)?;
            BluetoothAddr::Rfcomm {
                device: device(text.as_bytes())?,
                channel: form::fit(target, "channel", channel, u8::MAX.into())?,
            }
        }
        HCI => hci(target, value)?,
        SCO => BluetoothAddr::Sco {
            device: if let Ok(bytes) = value.cast::<PyBytes>() {
                device(bytes.as_bytes())?
            } else if let Ok(text) = value.cast::<PyString>() {
                device(text.to_str()?.as_bytes())?
            } else {
                return Err(wrong_format(target));
            },
        },
        _ => {
            return Err(PyOSError::new_err(format!(
                "{}(): unknown Bluetooth protocol",
                target.caller
            )));
        }
    };
    Ok(addr.encode())
}

fn hci(target: Target<'_>, value: Borrowed<'_, '_, PyAny>) -> PyResult<BluetoothAddr> {
    let (id, channel) = if value.is_instance_of::<PyTuple>() {
        let tuple = tuple(target, value, 1, 2)?;
        (number(target, tuple, 0)?, number(target, tuple, 1)?)
    } else {
        (args::int(value).map_err(|_| wrong_format(target))?, 0)
    };
    Ok(BluetoothAddr::Hci {
        device: form::fit(target, "device_id", id, u16::MAX.into())?,
        channel: form::fit(target, "channel", channel, u16::MAX.into())?,
    })
}

/// CPython has these words for whatever is wrong with the form.
fn wrong_format(target: Target<'_>) -> PyErr {
    PyOSError::new_err(format!("{}(): wrong format", target.caller))
}

fn tuple<'a, 'py>(
    target: Target<'_>,
    value: Borrowed<'a, 'py, PyAny>,
    min: usize,
    max: usize,
) -> PyResult<Borrowed<'a, 'py, PyTuple>> {
    match value.cast::<PyTuple>() {
        Ok(tuple) if (min..=max).contains(&tuple.len()) => Ok(tuple),
        _ => Err(wrong_format(target)),
    }
}

fn device_text(target: Target<'_>, tuple: Borrowed<'_, '_, PyTuple>) -> PyResult<String> {
    form::text(tuple, 0, "").map_err(|_| wrong_format(target))
}

/// A field as a C int, or 0 where the tuple ends before it.
fn number(target: Target<'_>, tuple: Borrowed<'_, '_, PyTuple>, index: usize) -> PyResult<c_int> {
    form::int_or_zero(tuple, index).map_err(|_| wrong_format(target))
}

fn device(text: &[u8]) -> PyResult<DeviceAddr> {
    DeviceAddr::parse(text).ok_or_else(|| os_error_text("bad bluetooth address"))
}

/// None where the protocol is not one that Python has a form for.
pub(crate) fn to_python<'py>(
    py: Python<'py>,
    raw: &RawAddr,
    proto: c_int,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let Some(addr) = BluetoothAddr::decode(raw, proto) else {
        return Ok(None);
    };
    Ok(Some(match addr {
        BluetoothAddr::L2cap {
            device,
            psm,
            cid,
            kind,
        } => {
            let device = device.text();
            match (cid, kind) {
                (0, 0) => (device, psm).into_pyobject(py)?.into_any(),
                (_, 0) => (device, psm, cid).into_pyobject(py)?.into_any(),
                _ => (device, psm, cid, kind).into_pyobject(py)?.into_any(),
            }
        }
        BluetoothAddr::Rfcomm { device, channel } => {
            (device.text(), channel).into_pyobject(py)?.into_any()
        }
        BluetoothAddr::Hci { device, channel: 0 } => device.into_pyobject(py)?.into_any(),
        BluetoothAddr::Hci { device, channel } => (device, channel).into_pyobject(py)?.into_any(),
        BluetoothAddr::Sco { device } => device.text().into_pyobject(py)?.into_any(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::addr::fuzz;

    const DEVICE: DeviceAddr = DeviceAddr([1, 2, 3, 4, 5, 0xab]);

    #[test]
    fn a_device_address_is_six_bytes_between_colons() {
        assert_eq!(DeviceAddr::parse(b"01:2:03:4:5:aB"), Some(DEVICE));
        assert_eq!(DEVICE.text(), "01:02:03:04:05:AB");
        for wrong in [
            &b""[..],
            b"1:2:3:4:5",
            b"1:2:3:4:5:",
            b"1:2:3:4:5:6:7",
            b"1:2:3:4:5:100",
            b"1:2:3:4:5:+6",
            b"1:2:3:4:5: 6",
            b"1:2:3:4:5:g",
            b"1:2:3:4:5:\xff",
            b"1:2:3:4:5:6\0",
        ] {
            assert_eq!(DeviceAddr::parse(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn the_fields_are_where_the_kernel_has_them() {
        let kernel = [0xab, 5, 4, 3, 2, 1];
        let family = 31_u16.to_ne_bytes();
        let l2cap = BluetoothAddr::L2cap {
            device: DEVICE,
            psm: 0x0102,
            cid: 0x0304,
            kind: 2,
        };
        let wanted = [&family[..], &[2, 1], &kernel, &[4, 3, 2, 0]].concat();
        assert_eq!(l2cap.encode().bytes(), wanted);
        let rfcomm = BluetoothAddr::Rfcomm {
            device: DEVICE,
            channel: 9,
        };
        let wanted = [&family[..], &kernel, &[9, 0]].concat();
        assert_eq!(rfcomm.encode().bytes(), wanted);
        let hci = BluetoothAddr::Hci {
            device: 1,
            channel: 2,
        };
        let wanted = [family, 1_u16.to_ne_bytes(), 2_u16.to_ne_bytes()].concat();
        assert_eq!(hci.encode().bytes(), wanted);
        let sco = BluetoothAddr::Sco { device: DEVICE };
        assert_eq!(sco.encode().bytes(), [&family[..], &kernel].concat());
    }

    fn check(bytes: &[u8]) {
        for proto in L2CAP..=RFCOMM + 1 {
            fuzz::stable(
                bytes,
                |raw| BluetoothAddr::decode(raw, proto),
                |addr| Some(addr.encode()),
            );
        }
        if let Some(device) = DeviceAddr::parse(bytes) {
            assert_eq!(DeviceAddr::parse(device.text().as_bytes()), Some(device));
        }
    }

    #[test]
    fn nothing_is_read_behind_the_length() {
        for proto in L2CAP..=RFCOMM + 1 {
            fuzz::within("bluetooth", |raw| BluetoothAddr::decode(raw, proto));
        }
    }

    #[test]
    fn fuzz_decode() {
        fuzz::corpus("bluetooth", check);
        bolero::check!().for_each(check);
    }

    #[test]
    fn fuzz_encode() {
        bolero::check!().with_type().for_each(
            |&(device, first, second, kind): &([u8; 6], u16, u16, u8)| {
                let device = DeviceAddr(device);
                let addresses = [
                    BluetoothAddr::L2cap {
                        device,
                        psm: first,
                        cid: second,
                        kind,
                    },
                    BluetoothAddr::Hci {
                        device: first,
                        channel: second,
                    },
                    BluetoothAddr::Sco { device },
                    BluetoothAddr::Rfcomm {
                        device,
                        channel: kind,
                    },
                ];
                for (proto, addr) in (L2CAP..).zip(addresses) {
                    fuzz::same(
                        &addr,
                        |addr| Some(addr.encode()),
                        |raw| BluetoothAddr::decode(raw, proto),
                    );
                }
            },
        );
    }
}
