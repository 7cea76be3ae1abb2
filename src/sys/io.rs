//! Receiving and sending one buffer: recv, recvfrom, send, sendto.
//!
//! Memory that Python can reach is never a Rust reference here: a `Window` is a
//! pointer and a length. A length from the kernel is clamped to the window and
//! proves nothing about what was written, so with `MSG_TRUNC` the window is
//! zeroed first. See recv(2), send(2), and tcp(7) and udp(7) on `MSG_TRUNC`.
#![expect(unsafe_code, reason = "raw pointers into memory that Python owns")]

use std::ffi::c_int;
use std::marker::PhantomData;
use std::mem::MaybeUninit;

use crate::sys::errno::{Errno, check_len};
use crate::sys::fd::RawFd;
use crate::sys::storage::RawAddr;

/// Memory to send from.
#[derive(Clone, Copy)]
pub(crate) struct Window<'a> {
    ptr: *const u8,
    len: usize,
    held: PhantomData<&'a ()>,
}

// SAFETY: a window is only read, and only by the kernel, so it does not matter
// which thread hands it over; `'a` keeps what holds the memory alive.
unsafe impl Send for Window<'_> {}
// SAFETY: sharing a window shares an address and a length, nothing that a thread
// could change through it.
unsafe impl Sync for Window<'_> {}

impl<'a> Window<'a> {
    /// A window over memory that something else keeps alive.
    ///
    /// # Safety
    /// `ptr` must be valid for reads of `len` bytes throughout `'a`. Others may
    /// write to it meanwhile: the bytes are only ever read by the kernel.
    pub(crate) unsafe fn new(ptr: *const u8, len: usize) -> Self {
        Self {
            ptr,
            len,
            held: PhantomData,
        }
    }

    /// A window over bytes that do not change.
    pub(crate) fn of(bytes: &'a [u8]) -> Self {
        Self {
            ptr: bytes.as_ptr(),
            len: bytes.len(),
            held: PhantomData,
        }
    }

    pub(crate) fn ptr(&self) -> *const u8 {
        self.ptr
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// What is left after `count` bytes.
    pub(crate) fn skip(&self, count: usize) -> Self {
        let count = count.min(self.len);
        Self {
            ptr: self.ptr.wrapping_add(count),
            len: self.len - count,
            held: PhantomData,
        }
    }
}

/// Memory to receive into.
pub(crate) struct WindowMut<'a> {
    ptr: *mut u8,
    len: usize,
    held: PhantomData<&'a mut ()>,
}

// SAFETY: as for `Window`: only the kernel touches the memory.
unsafe impl Send for WindowMut<'_> {}

impl<'a> WindowMut<'a> {
    /// A window over memory that something else keeps alive.
    ///
    /// # Safety
    /// `ptr` must be valid for writes of `len` bytes throughout `'a`, and no Rust
    /// reference to the memory may exist in that time.
    pub(crate) unsafe fn new(ptr: *mut u8, len: usize) -> Self {
        Self {
            ptr,
            len,
            held: PhantomData,
        }
    }

    /// A window over memory of ours, initialised or not.
    pub(crate) fn of(bytes: &'a mut [MaybeUninit<u8>]) -> Self {
        Self {
            ptr: bytes.as_mut_ptr().cast(),
            len: bytes.len(),
            held: PhantomData,
        }
    }

    pub(crate) fn ptr(&self) -> *mut u8 {
        self.ptr
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Fills the window with zeroes.
    pub(crate) fn zero(&mut self) {
        // SAFETY: by the constructor's contract the window is valid for writes of
        // its length, and zero bytes are a valid value whatever is there.
        unsafe { self.ptr.write_bytes(0, self.len) };
    }

    /// Law 5.1: a length that comes back proves nothing where this flag is set.
    fn prepare(&mut self, flags: c_int) {
        if flags & libc::MSG_TRUNC != 0 {
            self.zero();
        }
    }
}

/// recv(2). The answer may exceed the window with `MSG_TRUNC`.
pub(crate) fn recv(fd: RawFd, window: &mut WindowMut<'_>, flags: c_int) -> Result<usize, Errno> {
    window.prepare(flags);
    // SAFETY: the window is valid for writes of its length, by its contract.
    check_len(unsafe { libc::recv(fd, window.ptr.cast(), window.len, flags) })
}

/// recvfrom(2). The answer may exceed the window with `MSG_TRUNC`.
pub(crate) fn recvfrom(
    fd: RawFd,
    window: &mut WindowMut<'_>,
    flags: c_int,
    from: &mut RawAddr,
) -> Result<usize, Errno> {
    window.prepare(flags);
    *from = RawAddr::for_kernel();
    let (addr, len) = from.out_ptrs();
    // SAFETY: the window is valid for writes of its length, by its contract; the
    // address is offered with its own room, which `for_kernel` has just set.
    check_len(unsafe { libc::recvfrom(fd, window.ptr.cast(), window.len, flags, addr, len) })
}

/// send(2).
pub(crate) fn send(fd: RawFd, window: Window<'_>, flags: c_int) -> Result<usize, Errno> {
    // SAFETY: the window is valid for reads of its length, by its contract.
    check_len(unsafe { libc::send(fd, window.ptr.cast(), window.len, flags) })
}

/// sendto(2).
pub(crate) fn sendto(
    fd: RawFd,
    window: Window<'_>,
    flags: c_int,
    to: &RawAddr,
) -> Result<usize, Errno> {
    // SAFETY: the window is valid for reads of its length, by its contract; the
    // address and its length, clamped to the storage, live past the call.
    check_len(unsafe {
        libc::sendto(
            fd,
            window.ptr.cast(),
            window.len,
            flags,
            to.as_ptr(),
            to.socklen(),
        )
    })
}
