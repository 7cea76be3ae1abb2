//! Copies out of memory that the C library owns: strings, bytes, arrays of
//! pointers that end in null. Nothing here keeps a pointer.
#![expect(unsafe_code, reason = "C strings and arrays know no length")]

use std::ffi::{CStr, c_char};

/// A copy of bytes, or of a C string where there is no length; empty for null.
///
/// # Safety
/// The pointer is null, or to that many bytes, or to some that end in NUL, which
/// do not change meanwhile.
pub(crate) unsafe fn copy(from: *const c_char, len: Option<usize>) -> Vec<u8> {
    if from.is_null() {
        return Vec::new();
    }
    match len {
        // SAFETY: the caller's contract.
        Some(len) => unsafe { std::slice::from_raw_parts(from.cast(), len) }.to_vec(),
        // SAFETY: the caller's contract.
        None => unsafe { CStr::from_ptr(from) }.to_bytes().to_vec(),
    }
}

/// A copy of what each pointer of an array is to, up to the null that ends it.
///
/// # Safety
/// `array` is null, or to pointers of which the last is null and the others are
/// as `copy` takes them.
pub(crate) unsafe fn copy_each(array: *mut *mut c_char, len: Option<usize>) -> Vec<Vec<u8>> {
    let mut copies = Vec::new();
    let mut at = array;
    while !at.is_null() {
        // SAFETY: `at` has not passed the null that ends the array.
        let item = unsafe { *at };
        if item.is_null() {
            break;
        }
        // SAFETY: the caller's contract.
        copies.push(unsafe { copy(item, len) });
        at = at.wrapping_add(1);
    }
    copies
}
