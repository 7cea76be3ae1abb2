//! Floor 3b: `AF_TIPC`, `(addr_type, v1, v2, v3[, scope])`. See linux/tipc.h and
//! the TIPC programmer's guide.
//!
//! The values are type, lower and upper for `TIPC_ADDR_NAMESEQ`; type, instance
//! and nothing for `TIPC_ADDR_NAME`, which comes back with its instance twice, as
//! in CPython; node, reference and nothing for `TIPC_ADDR_ID`.

use pyo3::exceptions::{PyOverflowError, PyTypeError};
use pyo3::prelude::*;

use crate::addr::form::{self, Target};
use crate::sys::storage::{RawAddr, Reader, Writer};

const FORM: &str = "AF_TIPC address must be a tuple (addr_type, v1, v2, v3[, scope])";
const NAMESEQ: u8 = 1;
const NAME: u8 = 2;
const ID: u8 = 3;
const CLUSTER_SCOPE: i8 = 2;
const SIZE: usize = 16;

/// What an address names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TipcName {
    /// A range of a service's instances.
    Sequence { kind: u32, lower: u32, upper: u32 },
    /// An instance of a service.
    Service { kind: u32, instance: u32 },
    /// A socket of a node.
    Socket { node: u32, reference: u32 },
}

/// A name and how far it is known; to bind with a negative scope is to withdraw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TipcAddr {
    pub(crate) name: TipcName,
    pub(crate) scope: i8,
}

impl TipcAddr {
    /// None for an unknown address type.
    fn from_fields(kind: u8, values: [u32; 3], scope: i8) -> Option<Self> {
        let [v1, v2, v3] = values;
        let name = match kind {
            NAMESEQ => TipcName::Sequence {
                kind: v1,
                lower: v2,
                upper: v3,
            },
            NAME => TipcName::Service {
                kind: v1,
                instance: v2,
            },
            ID => TipcName::Socket {
                node: v1,
                reference: v2,
            },
            _ => return None,
        };
        Some(Self { name, scope })
    }

    /// The fields in the order of the tuple.
    fn fields(self) -> (u8, u32, u32, u32, i8) {
        match self.name {
            TipcName::Sequence { kind, lower, upper } => (NAMESEQ, kind, lower, upper, self.scope),
            TipcName::Service { kind, instance } => (NAME, kind, instance, instance, self.scope),
            TipcName::Socket { node, reference } => (ID, node, reference, 0, self.scope),
        }
    }

    pub(crate) fn encode(self) -> RawAddr {
        let (kind, words) = match self.name {
            TipcName::Sequence { kind, lower, upper } => (NAMESEQ, [kind, lower, upper]),
            // The third word is the domain to look in: 0 is everywhere.
            TipcName::Service { kind, instance } => (NAME, [kind, instance, 0]),
            TipcName::Socket { node, reference } => (ID, [reference, node, 0]),
        };
        let [scope] = self.scope.to_ne_bytes();
        let mut writer = Writer::new(libc::AF_TIPC);
        writer.put(&[kind, scope]);
        for word in words {
            writer.put_u32(word);
        }
        writer.finish_len(SIZE)
    }

    /// None for an unknown address type.
    pub(crate) fn decode(raw: &RawAddr) -> Option<Self> {
        let reader = Reader::new(raw);
        let kind = reader.u8(2);
        let (first, second, third) = (reader.u32(4), reader.u32(8), reader.u32(12));
        let values = if kind == ID {
            [second, first, 0]
        } else {
            [first, second, third]
        };
        Self::from_fields(kind, values, i8::from_ne_bytes([reader.u8(3)]))
    }
}

pub(crate) fn from_python(target: Target<'_>, value: Borrowed<'_, '_, PyAny>) -> PyResult<RawAddr> {
    let tuple = form::tuple(target, "AF_TIPC", value)?;
    form::length(tuple, 4, 5, FORM)?;
    let kind = match form::int(tuple, 0) {
        Ok(kind) => u8::try_from(kind).unwrap_or(0),
        // Out of range is as unknown as any other unknown type.
        Err(error) if error.is_instance_of::<PyOverflowError>(value.py()) => 0,
        Err(error) => return Err(error),
    };
    let values = [
        form::u32_field(tuple, 1)?,
        form::u32_field(tuple, 2)?,
        form::u32_field(tuple, 3)?,
    ];
    let scope = if tuple.len() > 4 {
        i8::try_from(form::int(tuple, 4)?).map_err(|_| {
            PyOverflowError::new_err(format!("{}(): scope must be -128-127.", target.caller))
        })?
    } else {
        CLUSTER_SCOPE
    };
    TipcAddr::from_fields(kind, values, scope)
        .map(TipcAddr::encode)
        .ok_or_else(|| PyTypeError::new_err("Invalid address type"))
}

/// None where the address type is not one that Python has a form for.
pub(crate) fn to_python<'py>(
    py: Python<'py>,
    raw: &RawAddr,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let Some(addr) = TipcAddr::decode(raw) else {
        return Ok(None);
    };
    Ok(Some(addr.fields().into_pyobject(py)?.into_any()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::addr::fuzz;

    fn written(kind: u8, values: [u32; 3]) -> [u32; 3] {
        let raw = TipcAddr::from_fields(kind, values, 3).unwrap().encode();
        assert_eq!(raw.len(), SIZE);
        assert_eq!(raw.bytes()[..2], 30_u16.to_ne_bytes());
        assert_eq!(raw.bytes()[2..4], [kind, 3]);
        let reader = Reader::new(&raw);
        [reader.u32(4), reader.u32(8), reader.u32(12)]
    }

    #[test]
    fn the_fields_are_where_the_kernel_has_them() {
        assert_eq!(written(NAMESEQ, [1, 2, 3]), [1, 2, 3]);
        assert_eq!(written(NAME, [1, 2, 3]), [1, 2, 0]);
        assert_eq!(written(ID, [1, 2, 3]), [2, 1, 0]);
    }

    #[test]
    fn the_tuple_is_cpythons() {
        let tuple = |kind| {
            let addr = TipcAddr::from_fields(kind, [1, 2, 3], 3).unwrap();
            TipcAddr::decode(&addr.encode()).unwrap().fields()
        };
        assert_eq!(tuple(NAMESEQ), (1, 1, 2, 3, 3));
        assert_eq!(tuple(NAME), (2, 1, 2, 2, 3));
        assert_eq!(tuple(ID), (3, 1, 2, 0, 3));
    }

    #[test]
    fn the_scope_has_a_sign() {
        let addr = TipcAddr::from_fields(NAMESEQ, [1, 2, 3], -2).unwrap();
        assert_eq!(addr.encode().bytes()[3], 0xfe);
        assert_eq!(TipcAddr::decode(&addr.encode()).unwrap().scope, -2);
    }

    #[test]
    fn an_unknown_address_type_is_none() {
        assert!(TipcAddr::from_fields(0, [0; 3], 0).is_none());
        assert!(TipcAddr::decode(&RawAddr::from_bytes(&[30, 0, 4, 0]).unwrap()).is_none());
        assert!(TipcAddr::decode(&RawAddr::from_bytes(&[30, 0]).unwrap()).is_none());
    }

    fuzz::decoder_tests!("tipc", TipcAddr::decode, |addr| Some(addr.encode()));

    #[test]
    fn fuzz_encode() {
        bolero::check!()
            .with_type()
            .for_each(|&(kind, values, scope): &(u8, [u32; 3], i8)| {
                if let Some(addr) = TipcAddr::from_fields(kind % 4, values, scope) {
                    fuzz::same(&addr, |addr| Some(addr.encode()), TipcAddr::decode);
                }
            });
    }
}
