//! `RawAddr`: a socket address as the kernel sees it, and the reader and writer
//! that the family files encode and decode with. See sockaddr(3type).
//!
//! Invariants: the storage is zeroed before anything is written to it and is
//! always as large as `sockaddr_storage`; `len` never exceeds it, whatever
//! length the kernel reported. All of it is plain bytes, so that a decoder
//! works on a slice and a hostile or cut address cannot be read past its end.
#![cfg_attr(
    not(target_os = "linux"),
    expect(dead_code, reason = "some is for families that only Linux has")
)]

use std::ffi::c_int;

use crate::sys::errno::Errno;
use crate::sys::libc;

/// The room that every family's address fits in.
pub(crate) const CAPACITY: usize = size_of::<libc::sockaddr_storage>();

/// A socket address: bytes and the length that is in use.
#[repr(C, align(8))]
#[derive(Clone, Copy)]
pub(crate) struct RawAddr {
    bytes: [u8; CAPACITY],
    len: libc::socklen_t,
}

impl RawAddr {
    /// Storage for the kernel to fill: zeroed, with its whole room offered.
    pub(crate) fn for_kernel() -> Self {
        let mut addr = Self::empty();
        addr.len = libc::socklen_t::try_from(CAPACITY).unwrap_or(0);
        addr
    }

    /// An address of no bytes.
    pub(crate) const fn empty() -> Self {
        Self {
            bytes: [0; CAPACITY],
            len: 0,
        }
    }

    /// An address of these bytes, family field included.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, Errno> {
        let mut addr = Self::empty();
        addr.bytes
            .get_mut(..bytes.len())
            .ok_or(Errno::EINVAL)?
            .copy_from_slice(bytes);
        addr.len = libc::socklen_t::try_from(bytes.len()).map_err(|_| Errno::EINVAL)?;
        Ok(addr)
    }

    /// The bytes in use: what the kernel says it wrote, within the storage.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len()).unwrap_or(&self.bytes)
    }

    /// The length in use, clamped to the storage.
    pub(crate) fn len(&self) -> usize {
        usize::try_from(self.len).unwrap_or(0).min(CAPACITY)
    }

    /// The address family, 0 where none was written.
    pub(crate) fn family(&self) -> c_int {
        Reader::new(self).family()
    }

    pub(crate) fn as_ptr(&self) -> *const libc::sockaddr {
        self.bytes.as_ptr().cast()
    }

    /// Where the kernel writes the address, and where it writes its length.
    pub(crate) fn out_ptrs(&mut self) -> (*mut libc::sockaddr, *mut libc::socklen_t) {
        (self.bytes.as_mut_ptr().cast(), &raw mut self.len)
    }

    /// The length to hand to a call that reads the address.
    pub(crate) fn socklen(&self) -> libc::socklen_t {
        libc::socklen_t::try_from(self.len()).unwrap_or(0)
    }

    /// Takes over the length that `msghdr` reported.
    pub(crate) fn set_reported_len(&mut self, len: libc::socklen_t) {
        self.len = len;
    }
}

/// Builds an address field by field; the family field comes first.
pub(crate) struct Writer {
    addr: RawAddr,
    at: usize,
}

impl Writer {
    /// Begins an address of a family.
    pub(crate) fn new(family: c_int) -> Self {
        let mut writer = Self {
            addr: RawAddr::empty(),
            at: 0,
        };
        writer.put_family(family);
        writer
    }

    #[cfg(not(any(target_vendor = "apple", target_os = "freebsd")))]
    fn put_family(&mut self, family: c_int) {
        let family = libc::sa_family_t::try_from(family).unwrap_or(0);
        self.put(&family.to_ne_bytes());
    }

    #[cfg(any(target_vendor = "apple", target_os = "freebsd"))]
    fn put_family(&mut self, family: c_int) {
        // The first byte is sa_len; `finish` fills it in.
        self.put(&[0, u8::try_from(family).unwrap_or(0)]);
    }

    /// Appends bytes; those that do not fit are not written.
    pub(crate) fn put(&mut self, bytes: &[u8]) {
        let end = self.at.saturating_add(bytes.len());
        if let Some(room) = self.addr.bytes.get_mut(self.at..end) {
            room.copy_from_slice(bytes);
            self.at = end;
        }
    }

    /// Appends a 16-bit field in the machine's byte order.
    pub(crate) fn put_u16(&mut self, value: u16) {
        self.put(&value.to_ne_bytes());
    }

    /// Appends a 32-bit field in the machine's byte order.
    pub(crate) fn put_u32(&mut self, value: u32) {
        self.put(&value.to_ne_bytes());
    }

    /// Appends a 64-bit field in the machine's byte order.
    pub(crate) fn put_u64(&mut self, value: u64) {
        self.put(&value.to_ne_bytes());
    }

    /// Skips to an offset, over padding that stays zero.
    pub(crate) fn skip_to(&mut self, offset: usize) {
        self.at = offset.min(CAPACITY);
    }

    /// The address, as long as what was written.
    pub(crate) fn finish(self) -> RawAddr {
        let len = self.at;
        self.finish_len(len)
    }

    /// The address with a length of its own.
    pub(crate) fn finish_len(mut self, len: usize) -> RawAddr {
        self.addr.len = libc::socklen_t::try_from(len.min(CAPACITY)).unwrap_or(0);
        #[cfg(any(target_vendor = "apple", target_os = "freebsd"))]
        if let Some(first) = self.addr.bytes.first_mut() {
            *first = u8::try_from(len).unwrap_or(0);
        }
        self.addr
    }
}

/// Reads an address's fields; a field past the end of what was written is zero.
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(addr: &'a RawAddr) -> Self {
        Self {
            bytes: addr.bytes(),
        }
    }

    /// The bytes from an offset on.
    pub(crate) fn rest(&self, offset: usize) -> &'a [u8] {
        self.bytes.get(offset..).unwrap_or(&[])
    }

    /// N bytes at an offset, zero where the address ends earlier.
    pub(crate) fn array<const N: usize>(&self, offset: usize) -> [u8; N] {
        let mut out = [0; N];
        for (to, from) in out.iter_mut().zip(self.rest(offset)) {
            *to = *from;
        }
        out
    }

    pub(crate) fn u8(&self, offset: usize) -> u8 {
        u8::from_ne_bytes(self.array(offset))
    }

    pub(crate) fn u16(&self, offset: usize) -> u16 {
        u16::from_ne_bytes(self.array(offset))
    }

    pub(crate) fn u32(&self, offset: usize) -> u32 {
        u32::from_ne_bytes(self.array(offset))
    }

    pub(crate) fn u64(&self, offset: usize) -> u64 {
        u64::from_ne_bytes(self.array(offset))
    }

    #[cfg(not(any(target_vendor = "apple", target_os = "freebsd")))]
    fn family(&self) -> c_int {
        c_int::from(libc::sa_family_t::from_ne_bytes(self.array(0)))
    }

    #[cfg(any(target_vendor = "apple", target_os = "freebsd"))]
    fn family(&self) -> c_int {
        c_int::from(self.u8(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reported_length_beyond_the_storage_is_clamped() {
        let mut addr = RawAddr::for_kernel();
        addr.set_reported_len(4096);
        assert_eq!(addr.len(), CAPACITY);
        assert_eq!(addr.bytes().len(), CAPACITY);
    }

    #[test]
    fn a_field_past_the_end_reads_as_zero() {
        let addr = RawAddr::from_bytes(&[2, 0, 0xff]).unwrap();
        let reader = Reader::new(&addr);
        assert_eq!(addr.family(), 2);
        assert_eq!(reader.u32(2), 0xff);
        assert_eq!(reader.u64(100), 0);
    }

    #[test]
    fn more_bytes_than_the_storage_are_refused() {
        assert!(RawAddr::from_bytes(&[0; CAPACITY + 1]).is_err());
    }
}
