//! Floor 3b: `AF_ALG`, `(type, name[, feat[, mask]])`: the kernel's ciphers and
//! hashes. See the kernel's "User Space Interface" to its crypto API.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::addr::form::{self, Target};
use crate::sys::storage::{RawAddr, Reader, Writer};
use crate::text::fs_decoded;

const FORM: &str = "AF_ALG address must be a tuple (type, name[, feat[, mask]])";
const KIND_ROOM: usize = 14;
const NAME_ROOM: usize = 64;
const FEAT_OFFSET: usize = 16;
const NAME_OFFSET: usize = 24;

/// A kind of algorithm and its name; neither has a NUL in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AlgAddr {
    pub(crate) kind: Vec<u8>,
    pub(crate) name: Vec<u8>,
    pub(crate) feat: u32,
    pub(crate) mask: u32,
}

impl AlgAddr {
    /// None where kind or name does not fit. One that fills its field, as the kernel may
    /// have it without a NUL, does.
    pub(crate) fn encode(&self) -> Option<RawAddr> {
        if self.kind.len() > KIND_ROOM || self.name.len() > NAME_ROOM {
            return None;
        }
        let mut writer = Writer::new(libc::AF_ALG);
        writer.put(&self.kind);
        writer.skip_to(FEAT_OFFSET);
        writer.put_u32(self.feat);
        writer.put_u32(self.mask);
        writer.put(&self.name);
        Some(writer.finish_len(NAME_OFFSET + NAME_ROOM))
    }

    pub(crate) fn decode(raw: &RawAddr) -> Self {
        let reader = Reader::new(raw);
        Self {
            kind: text(&reader.array::<KIND_ROOM>(2)),
            name: text(&reader.array::<NAME_ROOM>(NAME_OFFSET)),
            feat: reader.u32(FEAT_OFFSET),
            mask: reader.u32(FEAT_OFFSET + 4),
        }
    }
}

/// The bytes before the first NUL.
fn text(bytes: &[u8]) -> Vec<u8> {
    bytes
        .split(|byte| *byte == 0)
        .next()
        .unwrap_or(&[])
        .to_vec()
}

pub(crate) fn from_python(target: Target<'_>, value: Borrowed<'_, '_, PyAny>) -> PyResult<RawAddr> {
    let tuple = form::tuple(target, "AF_ALG", value)?;
    form::length(tuple, 2, 4, FORM)?;
    let addr = AlgAddr {
        kind: form::text(tuple, 0, FORM)?.into_bytes(),
        name: form::text(tuple, 1, FORM)?.into_bytes(),
        feat: form::u32_or_zero(tuple, 2)?,
        mask: form::u32_or_zero(tuple, 3)?,
    };
    // Both must end with a NUL within their room.
    if addr.kind.len() >= KIND_ROOM {
        return Err(PyValueError::new_err("AF_ALG type too long."));
    }
    if addr.name.len() >= NAME_ROOM {
        return Err(PyValueError::new_err("AF_ALG name too long."));
    }
    addr.encode()
        .ok_or_else(|| PyValueError::new_err("AF_ALG name too long."))
}

pub(crate) fn to_python<'py>(py: Python<'py>, raw: &RawAddr) -> PyResult<Bound<'py, PyAny>> {
    let addr = AlgAddr::decode(raw);
    let kind = fs_decoded(py, &addr.kind)?;
    let name = fs_decoded(py, &addr.name)?;
    Ok((kind, name, addr.feat, addr.mask)
        .into_pyobject(py)?
        .into_any())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::addr::fuzz;

    fn addr(kind: &[u8], name: &[u8]) -> AlgAddr {
        AlgAddr {
            kind: kind.to_vec(),
            name: name.to_vec(),
            feat: 1,
            mask: 2,
        }
    }

    #[test]
    fn the_fields_are_where_the_kernel_has_them() {
        assert_eq!(size_of::<libc::sockaddr_alg>(), NAME_OFFSET + NAME_ROOM);
        let raw = addr(b"hash", b"sha1").encode().unwrap();
        let mut wanted = [0; 88];
        wanted[..2].copy_from_slice(&38_u16.to_ne_bytes());
        wanted[2..6].copy_from_slice(b"hash");
        wanted[16..20].copy_from_slice(&1_u32.to_ne_bytes());
        wanted[20..24].copy_from_slice(&2_u32.to_ne_bytes());
        wanted[24..28].copy_from_slice(b"sha1");
        assert_eq!(raw.bytes(), wanted);
    }

    #[test]
    fn what_does_not_fit_is_none() {
        assert!(addr(&[b'k'; KIND_ROOM], b"n").encode().is_some());
        assert!(addr(&[b'k'; KIND_ROOM + 1], b"n").encode().is_none());
        assert!(addr(b"k", &[b'n'; NAME_ROOM + 1]).encode().is_none());
    }

    fuzz::decoder_tests!("alg", |raw| Some(AlgAddr::decode(raw)), AlgAddr::encode);

    #[test]
    fn fuzz_encode() {
        bolero::check!().with_type().for_each(
            |(kind, name, feat, mask): &([u8; 13], [u8; 32], u32, u32)| {
                let addr = AlgAddr {
                    kind: text(kind),
                    name: text(name),
                    feat: *feat,
                    mask: *mask,
                };
                fuzz::same(&addr, AlgAddr::encode, |raw| Some(AlgAddr::decode(raw)));
            },
        );
    }
}
