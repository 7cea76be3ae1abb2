//! Floor 3b: `AF_HYPERV` of Windows with `HV_PROTOCOL_RAW`: `(vm_id, service_id)`,
//! two UUIDs as text. See "Make your own integration services" for Hyper-V.

use std::ffi::c_int;
use std::fmt::Write;

use pyo3::exceptions::{PyOSError, PyTypeError, PyValueError};
use pyo3::prelude::*;

use crate::addr::form::{self, Target};
use crate::sys::storage::{RawAddr, Reader, Writer};

/// `AF_HYPERV`, which libc does not name.
pub(crate) const FAMILY: c_int = 34;
const PROTOCOL_RAW: c_int = 1;
const FORM: &str = "AF_HYPERV address must be a str tuple (vm_id, service_id)";
/// The digits of a UUID's five groups.
const GROUPS: [usize; 5] = [8, 4, 4, 4, 12];

/// A UUID, its bytes in the order of its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Uuid([u8; 16]);

impl Uuid {
    /// Groups of hexadecimal digits between hyphens, perhaps in braces.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bare = text.strip_prefix('{').and_then(|t| t.strip_suffix('}'));
        let groups: Vec<&str> = bare.unwrap_or(text).split('-').collect();
        if !groups.iter().map(|group| group.len()).eq(GROUPS) {
            return None;
        }
        let digits = groups.concat();
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        let number = u128::from_str_radix(&digits, 16).ok()?;
        Some(Self(number.to_be_bytes()))
    }

    pub(crate) fn text(self) -> String {
        let mut text = String::with_capacity(36);
        for (at, byte) in self.0.iter().enumerate() {
            let hyphen = if matches!(at, 4 | 6 | 8 | 10) {
                "-"
            } else {
                ""
            };
            let _ = write!(text, "{hyphen}{byte:02x}");
        }
        text
    }

    /// A GUID has its first three numbers in the order of a PC.
    fn guid(self) -> [u8; 16] {
        let mut bytes = self.0;
        for number in [0..4, 4..6, 6..8] {
            if let Some(number) = bytes.get_mut(number) {
                number.reverse();
            }
        }
        bytes
    }

    fn from_guid(bytes: [u8; 16]) -> Self {
        // The same exchange of bytes undoes itself.
        Self(Self(bytes).guid())
    }
}

/// A machine and a service of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HypervAddr {
    pub(crate) vm: Uuid,
    pub(crate) service: Uuid,
}

impl HypervAddr {
    pub(crate) fn encode(self) -> RawAddr {
        let mut writer = Writer::new(FAMILY);
        writer.skip_to(4);
        writer.put(&self.vm.guid());
        writer.put(&self.service.guid());
        writer.finish()
    }

    pub(crate) fn decode(raw: &RawAddr) -> Self {
        let reader = Reader::new(raw);
        Self {
            vm: Uuid::from_guid(reader.array(4)),
            service: Uuid::from_guid(reader.array(20)),
        }
    }
}

pub(crate) fn from_python(target: Target<'_>, value: Borrowed<'_, '_, PyAny>) -> PyResult<RawAddr> {
    if target.proto != PROTOCOL_RAW {
        return Err(PyOSError::new_err(format!(
            "{}(): unsupported AF_HYPERV protocol: {}",
            target.caller, target.proto
        )));
    }
    let tuple = form::tuple(target, "AF_HYPERV", value)?;
    if tuple.len() != 2 {
        return Err(PyTypeError::new_err(FORM));
    }
    let (vm, service) = (form::text(tuple, 0, FORM)?, form::text(tuple, 1, FORM)?);
    let uuid = |text: &str, name| {
        Uuid::parse(text)
            .ok_or_else(|| PyValueError::new_err(format!("{name} is not a valid UUID string")))
    };
    let vm = uuid(&vm, "vm_id")?;
    let service = uuid(&service, "service_id")?;
    Ok(HypervAddr { vm, service }.encode())
}

pub(crate) fn to_python<'py>(py: Python<'py>, raw: &RawAddr) -> PyResult<Bound<'py, PyAny>> {
    let HypervAddr { vm, service } = HypervAddr::decode(raw);
    Ok((vm.text(), service.text()).into_pyobject(py)?.into_any())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::addr::fuzz;

    const TEXT: &str = "00112233-4455-6677-8899-aabbccddeeff";

    #[test]
    fn a_uuid_is_five_groups_of_digits() {
        let uuid = Uuid::parse(TEXT).unwrap();
        assert_eq!(uuid.text(), TEXT);
        assert_eq!(Uuid::parse(&TEXT.to_uppercase()), Some(uuid));
        assert_eq!(Uuid::parse(&format!("{{{TEXT}}}")), Some(uuid));
        for wrong in [
            "",
            "00112233445566778899aabbccddeeff",
            "+0112233-4455-6677-8899-aabbccddeeff",
            "001122334-455-6677-8899-aabbccddeeff",
            "{00112233-4455-6677-8899-aabbccddeeff",
            "00112233-4455-6677-8899-aabbccddeef\u{e9}",
        ] {
            assert_eq!(Uuid::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_fields_are_where_the_kernel_has_them() {
        let vm = Uuid::parse(TEXT).unwrap();
        let service = Uuid([7; 16]);
        let raw = HypervAddr { vm, service }.encode();
        assert_eq!(raw.len(), 36);
        let guid = [
            0x33, 0x22, 0x11, 0, 0x55, 0x44, 0x77, 0x66, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee,
            0xff,
        ];
        assert_eq!(raw.bytes()[4..20], guid);
        assert_eq!(raw.bytes()[20..], [7; 16]);
    }

    #[test]
    fn the_python_half_reads_what_it_wrote() {
        Python::initialize();
        Python::attach(|py| {
            let target = Target {
                caller: "bind",
                family: FAMILY,
                proto: PROTOCOL_RAW,
            };
            let value = (TEXT, TEXT).into_pyobject(py).unwrap().into_any();
            let raw = from_python(target, value.as_borrowed()).unwrap();
            assert!(to_python(py, &raw).unwrap().eq(value).unwrap());
            let value = (TEXT, "x").into_pyobject(py).unwrap().into_any();
            let error = from_python(target, value.as_borrowed()).err().unwrap();
            assert!(error.is_instance_of::<PyValueError>(py));
        });
    }

    fn check(bytes: &[u8]) {
        fuzz::stable(
            bytes,
            |raw| Some(HypervAddr::decode(raw)),
            |addr| Some(addr.encode()),
        );
        if let Some(uuid) = std::str::from_utf8(bytes).ok().and_then(Uuid::parse) {
            assert_eq!(Uuid::parse(&uuid.text()), Some(uuid));
        }
    }

    #[test]
    fn nothing_is_read_behind_the_length() {
        fuzz::within("hyperv", HypervAddr::decode);
    }

    #[test]
    fn fuzz_decode() {
        fuzz::corpus("hyperv", check);
        bolero::check!().for_each(check);
    }

    #[test]
    fn fuzz_encode() {
        bolero::check!()
            .with_type()
            .for_each(|&(vm, service): &([u8; 16], [u8; 16])| {
                let addr = HypervAddr {
                    vm: Uuid(vm),
                    service: Uuid(service),
                };
                fuzz::same(
                    &addr,
                    |addr| Some(addr.encode()),
                    |raw| Some(HypervAddr::decode(raw)),
                );
            });
    }
}
