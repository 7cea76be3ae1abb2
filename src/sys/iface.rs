//! Network interfaces: their numbers and their names. See if_nametoindex(3).
//!
//! A name is bytes: Linux takes any byte in it but NUL, `/` and white space.
#![expect(unsafe_code, reason = "these are C functions")]

use std::ffi::{CStr, c_int, c_uint};

use crate::sys::errno::Errno;
#[cfg(unix)]
use crate::sys::ffi::{self, Interface};
use crate::sys::libc;
#[cfg(unix)]
use crate::sys::pointer::Array;

/// The error of an interface that does not exist; the calls of Windows set none.
fn missing(usual: c_int) -> Errno {
    if cfg!(windows) {
        Errno(usual)
    } else {
        Errno::last()
    }
}

/// The number of the interface with this name.
pub(crate) fn nametoindex(name: &CStr) -> Result<c_uint, Errno> {
    // SAFETY: the pointer is a C string's, which outlives the call; the call
    // only reads it, up to its NUL.
    match unsafe { libc::if_nametoindex(name.as_ptr().cast()) } {
        0 => Err(missing(libc::ENODEV)),
        index => Ok(index),
    }
}

/// The name of the interface with this number.
pub(crate) fn indextoname(index: c_uint) -> Result<Vec<u8>, Errno> {
    let mut name = [0_u8; libc::IF_NAMESIZE];
    // SAFETY: the buffer is IF_NAMESIZE bytes, the most that the call writes, NUL
    // included, and nothing else refers to it.
    if unsafe { libc::if_indextoname(index, name.as_mut_ptr().cast()) }.is_null() {
        return Err(missing(libc::ENXIO));
    }
    let name = CStr::from_bytes_until_nul(&name).map_err(|_| Errno::EINVAL)?;
    Ok(name.to_bytes().to_vec())
}

/// The system's list, freed when dropped.
#[cfg(unix)]
struct List(Array<Interface>);

#[cfg(unix)]
impl Drop for List {
    fn drop(&mut self) {
        let list = std::mem::take(&mut self.0);
        // SAFETY: the list came from if_nameindex and is freed only here.
        unsafe { ffi::if_freenameindex(list) };
    }
}

/// Every interface: its number and its name.
#[cfg(unix)]
pub(crate) fn nameindex() -> Result<Vec<(c_uint, Vec<u8>)>, Errno> {
    let list = ffi::if_nameindex();
    if list.is_null() {
        return Err(Errno::last());
    }
    let list = List(list);
    let interfaces = list
        .0
        .map(|interface| (interface.index, interface.name.to_vec()));
    Ok(interfaces)
}

#[cfg(windows)]
#[path = "windows/iface.rs"]
mod windows;
#[cfg(windows)]
pub(crate) use windows::nameindex;

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
