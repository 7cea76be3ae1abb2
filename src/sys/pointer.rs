//! What the C library returns, as types: pointers, strings and arrays that are
//! null or what their type says, for as long as the value lives that they stand in.
//!
//! Safe code makes none but null, and copies none: they come from the calls that are
//! declared to give them. So what must hold is argued where such a call is made, and
//! reading needs no more than a look at null.
#![expect(unsafe_code, reason = "C strings and arrays know no length")]

use std::ffi::{CStr, c_char};
use std::ptr;

/// Null, or to a `T`.
#[repr(transparent)]
pub(crate) struct Pointer<T>(*const T);

impl<T> Pointer<T> {
    pub(crate) const NULL: Self = Self(ptr::null());

    pub(crate) fn get(&self) -> Option<&T> {
        // SAFETY: null, or to a `T` that nothing writes to while the pointer is there, as
        // whoever made the call that gave it has promised.
        unsafe { self.0.as_ref() }
    }

    /// The address, for what its type does not say.
    pub(crate) fn raw(&self) -> *const T {
        self.0
    }
}

impl<T> Default for Pointer<T> {
    fn default() -> Self {
        Self::NULL
    }
}

/// Null, or a string that ends in NUL.
#[repr(transparent)]
#[derive(Default)]
pub(crate) struct Text(Pointer<c_char>);

impl Text {
    /// The string; empty for null.
    pub(crate) fn to_vec(&self) -> Vec<u8> {
        if self.0.get().is_none() {
            return Vec::new();
        }
        // SAFETY: not null, and so a string that ends in NUL, which nothing writes to
        // while the value is there, by the same promise.
        unsafe { CStr::from_ptr(self.0.raw()) }.to_bytes().to_vec()
    }
}

/// What an array is made of, and which item ends it.
pub(crate) trait Item {
    fn ends(&self) -> bool;
}

impl<T> Item for Pointer<T> {
    fn ends(&self) -> bool {
        self.get().is_none()
    }
}

impl Item for Text {
    fn ends(&self) -> bool {
        self.0.ends()
    }
}

/// Null, or to items of which the last one ends the array.
#[repr(transparent)]
pub(crate) struct Array<T>(Pointer<T>);

impl<T> Default for Array<T> {
    fn default() -> Self {
        Self(Pointer::NULL)
    }
}

impl<T: Item> Array<T> {
    #[cfg(unix)]
    pub(crate) fn is_null(&self) -> bool {
        self.0.ends()
    }

    /// What `f` makes of each item but the one that ends the array.
    pub(crate) fn map<R>(&self, mut f: impl FnMut(&T) -> R) -> Vec<R> {
        let mut made = Vec::new();
        let mut at = Pointer(self.0.raw());
        while let Some(item) = at.get().filter(|item| !item.ends()) {
            made.push(f(item));
            // The item was not the last, so there is another.
            at = Pointer(at.0.wrapping_add(1));
        }
        made
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_is_nothing() {
        assert!(Pointer::<u64>::NULL.get().is_none());
        assert!(Text::default().to_vec().is_empty());
        assert!(Array::<Text>::default().map(Text::to_vec).is_empty());
    }

    #[test]
    fn an_array_is_read_up_to_its_end() {
        let [one, two] = [c"one", c""].map(|text| Text(Pointer(text.as_ptr())));
        let items = [one, two, Text::default()];
        let array = Array(Pointer(items.as_ptr()));
        assert_eq!(array.map(Text::to_vec), [b"one".to_vec(), Vec::new()]);
    }

    #[test]
    fn a_list_is_walked_by_its_links() {
        struct Node(u8, Pointer<Node>);
        let last = Node(2, Pointer::NULL);
        let first = Node(1, Pointer(&raw const last));
        let next = first.1.get();
        assert_eq!(
            next.map(|node| (node.0, node.1.get().is_none())),
            Some((2, true))
        );
        assert_eq!(first.0, 1);
    }
}
