//! Copies out of memory that the C library owns: strings, bytes, arrays of
//! pointers that end in null. Nothing here keeps a pointer.
#![expect(unsafe_code, reason = "C strings and arrays know no length")]

use std::ffi::{CStr, c_char};

/// A copy of a C string; empty for null.
///
/// # Safety
/// The pointer is null, or to bytes that end in NUL and do not change meanwhile.
pub(crate) unsafe fn text(string: *const c_char) -> Vec<u8> {
    if string.is_null() {
        return Vec::new();
    }
    // SAFETY: the caller's contract.
    unsafe { CStr::from_ptr(string) }.to_bytes().to_vec()
}

/// A copy of bytes; empty for null.
///
/// # Safety
/// The pointer is null, or to that many bytes that do not change meanwhile.
pub(crate) unsafe fn memory(bytes: *const u8, len: usize) -> Vec<u8> {
    if bytes.is_null() {
        return Vec::new();
    }
    // SAFETY: the caller's contract.
    unsafe { std::slice::from_raw_parts(bytes, len) }.to_vec()
}

/// The pointers of an array, up to the null that ends it.
///
/// # Safety
/// `array` is null, or to pointers of which the last is null.
pub(crate) unsafe fn each(array: *mut *mut c_char) -> Vec<*const c_char> {
    let mut pointers = Vec::new();
    let mut at = array;
    while !at.is_null() {
        // SAFETY: `at` has not passed the null that ends the array.
        let item = unsafe { *at };
        if item.is_null() {
            break;
        }
        pointers.push(item.cast_const());
        // SAFETY: the item was not null, so there is a next one.
        at = unsafe { at.add(1) };
    }
    pointers
}
