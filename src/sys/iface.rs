//! Network interfaces: their numbers and their names. See if_nametoindex(3).
//!
//! A name is bytes: Linux takes any byte in it but NUL, `/` and white space.
#![expect(unsafe_code, reason = "names go to libc as C strings")]

use std::ffi::{CStr, c_char, c_uint};

use crate::sys::errno::Errno;

const NAME_SIZE: usize = libc::IF_NAMESIZE;

/// The number of the interface of a name.
pub(crate) fn nametoindex(name: &CStr) -> Result<c_uint, Errno> {
    // SAFETY: the pointer is a C string's, which outlives the call; the call
    // only reads it, up to its NUL.
    match unsafe { libc::if_nametoindex(name.as_ptr()) } {
        0 => Err(Errno::last()),
        index => Ok(index),
    }
}

/// The name of the interface of a number.
pub(crate) fn indextoname(index: c_uint) -> Result<Vec<u8>, Errno> {
    let mut name = [0_u8; NAME_SIZE];
    let room: *mut c_char = name.as_mut_ptr().cast();
    // SAFETY: the buffer is IF_NAMESIZE bytes, the most that the call writes, NUL
    // included, and nothing else refers to it.
    if unsafe { libc::if_indextoname(index, room) }.is_null() {
        return Err(Errno::last());
    }
    let name = CStr::from_bytes_until_nul(&name).map_err(|_| Errno::EINVAL)?;
    Ok(name.to_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loopback_has_a_number_and_the_number_has_its_name() {
        let name = if cfg!(any(target_os = "linux", target_os = "android")) {
            c"lo"
        } else {
            c"lo0"
        };
        let index = nametoindex(name).unwrap();
        assert_eq!(indextoname(index).unwrap(), name.to_bytes());
    }

    #[test]
    fn what_does_not_exist_is_an_error() {
        assert_eq!(nametoindex(c"").unwrap_err(), Errno(libc::ENODEV));
        assert_eq!(nametoindex(c"no such").unwrap_err(), Errno(libc::ENODEV));
        assert_eq!(indextoname(0).unwrap_err(), Errno(libc::ENXIO));
        assert_eq!(indextoname(c_uint::MAX).unwrap_err(), Errno(libc::ENXIO));
    }
}
