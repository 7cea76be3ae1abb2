//! Network interfaces: their numbers and their names. See if_nametoindex(3).
//!
//! A name is bytes: Linux takes any byte in it but NUL, `/` and white space.
#![expect(
    unsafe_code,
    reason = "names go to libc as C strings, and come in a C list"
)]

use std::ffi::{CStr, c_char, c_uint};

use crate::sys::copy::copy;
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

/// The system's list, freed when dropped.
struct List(*mut libc::if_nameindex);

impl Drop for List {
    fn drop(&mut self) {
        // SAFETY: the list came from if_nameindex and is freed only here.
        unsafe { libc::if_freenameindex(self.0) };
    }
}

/// Every interface: its number and its name.
pub(crate) fn nameindex() -> Result<Vec<(c_uint, Vec<u8>)>, Errno> {
    // SAFETY: takes nothing; the answer is null or a list.
    let list = unsafe { libc::if_nameindex() };
    if list.is_null() {
        return Err(Errno::last());
    }
    let list = List(list);
    let mut interfaces = Vec::new();
    let mut at = list.0.cast_const();
    loop {
        // SAFETY: `at` has not passed the entry of zero and null that ends the list.
        let entry = unsafe { &*at };
        if entry.if_index == 0 && entry.if_name.is_null() {
            return Ok(interfaces);
        }
        // SAFETY: the list's names end in NUL.
        interfaces.push((entry.if_index, unsafe { copy(entry.if_name, None) }));
        at = at.wrapping_add(1);
    }
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
    fn the_list_agrees_with_the_single_lookups() {
        let interfaces = nameindex().unwrap();
        assert!(!interfaces.is_empty());
        for (index, name) in interfaces {
            assert_eq!(indextoname(index).unwrap(), name);
        }
    }

    #[test]
    fn what_does_not_exist_is_an_error() {
        assert_eq!(nametoindex(c"").unwrap_err(), Errno(libc::ENODEV));
        assert_eq!(nametoindex(c"no such").unwrap_err(), Errno(libc::ENODEV));
        assert_eq!(indextoname(0).unwrap_err(), Errno(libc::ENXIO));
        assert_eq!(indextoname(c_uint::MAX).unwrap_err(), Errno(libc::ENXIO));
    }
}
