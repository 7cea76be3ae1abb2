//! Floor 3b: `AF_UNIX`: a path as str or bytes, an abstract name as bytes that begin
//! with NUL, or nothing. See unix(7).
//!
//! A path loses nothing on the way: str goes through the file system encoding
//! with surrogateescape, and what comes from the kernel ends at its length or
//! at NUL, never later.

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};

use crate::addr::form::Target;
use crate::buffer::View;
use crate::error::os_error_text;
use crate::sys::storage::{RawAddr, Reader, Writer};
use crate::text::{fs_decoded, fs_encoded};

const PATH_OFFSET: usize = std::mem::offset_of!(libc::sockaddr_un, sun_path);
const PATH_ROOM: usize = size_of::<libc::sockaddr_un>() - PATH_OFFSET;

/// The name part of an address: empty, a path, or NUL and an abstract name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UnixAddr {
    pub(crate) name: Vec<u8>,
}

impl UnixAddr {
    fn is_abstract(&self) -> bool {
        cfg!(any(target_os = "linux", target_os = "android")) && self.name.first() == Some(&0)
    }

    /// None where the name does not fit; a path needs room for its NUL.
    pub(crate) fn encode(&self) -> Option<RawAddr> {
        let room = if self.is_abstract() {
            PATH_ROOM
        } else {
            PATH_ROOM - 1
        };
        if self.name.len() > room {
            return None;
        }
        let mut writer = Writer::new(libc::AF_UNIX);
        writer.skip_to(PATH_OFFSET);
        writer.put(&self.name);
        Some(writer.finish())
    }

    pub(crate) fn decode(raw: &RawAddr) -> Self {
        let bytes = Reader::new(raw).rest(PATH_OFFSET);
        let name = Self {
            name: bytes.to_vec(),
        };
        if name.is_abstract() {
            return name;
        }
        let path = bytes.split(|byte| *byte == 0).next().unwrap_or(&[]);
        Self {
            name: path.to_vec(),
        }
    }
}

pub(crate) fn from_python(_: Target<'_>, value: Borrowed<'_, '_, PyAny>) -> PyResult<RawAddr> {
    let name = if value.is_instance_of::<PyString>() {
        fs_encoded(value)?
    } else {
        let mut view = View::empty();
        view.readable(value)?;
        view.to_vec(value.py())?
    };
    UnixAddr { name }
        .encode()
        .ok_or_else(|| os_error_text("AF_UNIX path too long"))
}

pub(crate) fn to_python<'py>(py: Python<'py>, raw: &RawAddr) -> PyResult<Bound<'py, PyAny>> {
    let addr = UnixAddr::decode(raw);
    if addr.is_abstract() {
        return Ok(PyBytes::new(py, &addr.name).into_any());
    }
    fs_decoded(py, &addr.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::addr::fuzz;

    fn addr(name: &[u8]) -> UnixAddr {
        UnixAddr {
            name: name.to_vec(),
        }
    }

    #[test]
    fn decode_undoes_encode() {
        for name in [&b""[..], b"/a", b"\0abstract", b"\0a\0b", &[0xff; 107]] {
            let raw = addr(name).encode().unwrap();
            assert_eq!(UnixAddr::decode(&raw).name, name);
        }
    }

    #[test]
    fn a_path_needs_room_for_its_nul() {
        assert!(addr(&[b'a'; PATH_ROOM - 1]).encode().is_some());
        assert!(addr(&[b'a'; PATH_ROOM]).encode().is_none());
        assert!(addr(&[0; PATH_ROOM]).encode().is_some());
        assert!(addr(&[0; PATH_ROOM + 1]).encode().is_none());
    }

    fn check(bytes: &[u8]) {
        // A path without room for its NUL can be read, and not written.
        let fits =
            |raw: &RawAddr| Some(UnixAddr::decode(raw)).filter(|addr| addr.encode().is_some());
        fuzz::stable(bytes, fits, UnixAddr::encode);
    }

    #[test]
    fn nothing_is_read_behind_the_length() {
        fuzz::within("unix", UnixAddr::decode);
    }

    #[test]
    fn fuzz_decode() {
        fuzz::corpus("unix", check);
        bolero::check!().for_each(check);
    }

    #[test]
    fn fuzz_encode() {
        bolero::check!().with_type().for_each(|name: &Vec<u8>| {
            let addr = addr(name);
            let has_nul = !addr.is_abstract() && name.contains(&0);
            if !has_nul && addr.encode().is_some() {
                fuzz::same(&addr, UnixAddr::encode, |raw| Some(UnixAddr::decode(raw)));
            }
        });
    }
}
