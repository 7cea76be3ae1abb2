//! Receiving and sending one buffer: recv, recvfrom, send, sendto.
//!
//! Memory that Python can reach is never a Rust reference here: a `Window` is a
//! pointer and a length. A length from the kernel proves nothing about what was
//! written where a flag such as `MSG_TRUNC` is set, so the window is zeroed first;
//! without one it is clamped to the window. See recv(2), send(2), and tcp(7) and
//! udp(7) on `MSG_TRUNC`.
#![expect(unsafe_code, reason = "raw pointers into memory that Python owns")]

use std::ffi::c_int;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
#[cfg(unix)]
use std::mem::offset_of;
use std::ptr;

use crate::sys::direct::{self, Call};
use crate::sys::errno::{Errno, check_len};
use crate::sys::fd::RawFd;
use crate::sys::libc;
use crate::sys::storage::RawAddr;

/// Memory to send from.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct Window<'a> {
    /// The address, exposed: any thread may hand it to the kernel, and none reads there.
    address: usize,
    len: usize,
    held: PhantomData<&'a ()>,
}

impl<'a> Window<'a> {
    /// A window over memory that something else keeps alive.
    ///
    /// # Safety
    /// `ptr` must be valid for reads of `len` bytes throughout `'a`. Others may
    /// write to it meanwhile: the bytes are only ever read by the kernel.
    pub(crate) unsafe fn new(ptr: *const u8, len: usize) -> Self {
        Self {
            address: ptr.expose_provenance(),
            len,
            held: PhantomData,
        }
    }

    /// A window over bytes that do not change.
    pub(crate) fn of(bytes: &'a [u8]) -> Self {
        Self {
            address: bytes.as_ptr().expose_provenance(),
            len: bytes.len(),
            held: PhantomData,
        }
    }

    pub(crate) fn ptr(&self) -> *const u8 {
        ptr::with_exposed_provenance(self.address)
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// What is left after `count` bytes.
    pub(crate) fn skip(&self, count: usize) -> Self {
        let count = count.min(self.len);
        Self {
            address: self.address.wrapping_add(count),
            len: self.len - count,
            held: PhantomData,
        }
    }
}

/// Memory to receive into.
#[repr(C)]
pub(crate) struct WindowMut<'a> {
    /// As for `Window`.
    address: usize,
    len: usize,
    held: PhantomData<&'a mut ()>,
}

impl<'a> WindowMut<'a> {
    /// A window over memory that something else keeps alive.
    ///
    /// # Safety
    /// `ptr` must be valid for writes of `len` bytes throughout `'a`, and no Rust
    /// reference to the memory may exist in that time.
    pub(crate) unsafe fn new(ptr: *mut u8, len: usize) -> Self {
        Self {
            address: ptr.expose_provenance(),
            len,
            held: PhantomData,
        }
    }

    /// A window over memory of ours, initialised or not.
    pub(crate) fn of(bytes: &'a mut [MaybeUninit<u8>]) -> Self {
        Self {
            address: bytes.as_mut_ptr().expose_provenance(),
            len: bytes.len(),
            held: PhantomData,
        }
    }

    pub(crate) fn ptr(&self) -> *mut u8 {
        ptr::with_exposed_provenance_mut(self.address)
    }

    #[cfg(unix)]
    pub(crate) fn len(&self) -> usize {
        self.len
    }
}

// A slice of windows is what sendmsg and recvmsg take for an array of iovec.
#[cfg(unix)]
const _: () = {
    assert!(size_of::<Window<'_>>() == size_of::<libc::iovec>());
    assert!(offset_of!(Window<'_>, address) == offset_of!(libc::iovec, iov_base));
    assert!(offset_of!(Window<'_>, len) == offset_of!(libc::iovec, iov_len));
    assert!(size_of::<WindowMut<'_>>() == size_of::<libc::iovec>());
    assert!(offset_of!(WindowMut<'_>, address) == offset_of!(libc::iovec, iov_base));
    assert!(offset_of!(WindowMut<'_>, len) == offset_of!(libc::iovec, iov_len));
};

#[cfg(any(target_os = "linux", target_os = "android"))]
const PLAIN: c_int = libc::MSG_PEEK
    | libc::MSG_DONTWAIT
    | libc::MSG_WAITALL
    | libc::MSG_OOB
    | libc::MSG_ERRQUEUE
    | libc::MSG_CMSG_CLOEXEC
    | libc::MSG_NOSIGNAL;
#[cfg(windows)]
const PLAIN: c_int = libc::MSG_PEEK | libc::MSG_WAITALL | libc::MSG_OOB;
#[cfg(not(any(target_os = "linux", target_os = "android", windows)))]
const PLAIN: c_int = libc::MSG_PEEK | libc::MSG_DONTWAIT | libc::MSG_WAITALL | libc::MSG_OOB;

/// Whether the length that a receive returns is the number of bytes written: only
/// flags that are known to leave it so are trusted. Memory of ours that nobody has
/// written to is to be zeroed before a receive with any other.
pub(crate) fn means_what_it_says(flags: c_int) -> bool {
    flags & !PLAIN == 0
}

/// The length that a receive returned, clamped to the room where it counts bytes.
pub(crate) fn trusted(count: usize, room: usize, flags: c_int) -> usize {
    if means_what_it_says(flags) {
        count.min(room)
    } else {
        count
    }
}

/// recv(2), and recvfrom(2) where `from` is to have the sender's address. The
/// result may exceed the window with `MSG_TRUNC`.
pub(crate) fn recv(
    fd: RawFd,
    window: &mut WindowMut<'_>,
    flags: c_int,
    from: Option<&mut RawAddr>,
) -> Result<usize, Errno> {
    let (addr, len) = from.map_or((ptr::null_mut(), ptr::null_mut()), |from| {
        *from = RawAddr::for_kernel();
        from.out_ptrs()
    });
    let rest = [
        window.address,
        window.len,
        direct::word(flags),
        addr.expose_provenance(),
        len.expose_provenance(),
    ];
    // SAFETY: the window is valid for writes of its length, by its contract; the
    // address is null, or offered with its own room, which was just set.
    let count = unsafe { direct::call(Call::RecvFrom, fd, rest) }.unwrap_or_else(|| {
        // SAFETY: as above.
        check_len(unsafe {
            libc::recvfrom(
                libc::as_socket(fd),
                window.ptr().cast(),
                libc::room(window.len),
                flags,
                addr,
                len,
            )
        })
    });
    Ok(trusted(count?, window.len, flags))
}

/// send(2), and sendto(2) where there is an address.
pub(crate) fn send(
    fd: RawFd,
    window: Window<'_>,
    flags: c_int,
    to: Option<&RawAddr>,
) -> Result<usize, Errno> {
    let (addr, len) = to.map_or((ptr::null(), 0), |to| (to.as_ptr(), to.socklen()));
    let rest = [
        window.address,
        window.len,
        direct::word(flags),
        addr.expose_provenance(),
        usize::try_from(len).unwrap_or(0),
    ];
    // SAFETY: the window is valid for reads of its length, by its contract; the
    // address is null, or lives past the call with its length clamped to it.
    let count = unsafe { direct::call(Call::SendTo, fd, rest) }.unwrap_or_else(|| {
        // SAFETY: as above.
        check_len(unsafe {
            libc::sendto(
                libc::as_socket(fd),
                window.ptr().cast(),
                libc::room(window.len),
                flags,
                addr,
                len,
            )
        })
    });
    Ok(count?.min(window.len))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn bytes_and_errors_are_the_kernels() {
        use std::os::fd::AsRawFd;
        use std::os::unix::net::UnixStream;

        let (left, right) = UnixStream::pair().unwrap();
        let (left, right) = (left.as_raw_fd(), right.as_raw_fd());
        let mut room = [MaybeUninit::new(0); 8];
        let dontwait = libc::MSG_DONTWAIT;
        assert_eq!(
            recv(right, &mut WindowMut::of(&mut room), dontwait, None),
            Err(Errno::EAGAIN)
        );
        assert_eq!(send(left, Window::of(b"bytes"), 0, None), Ok(5));
        assert_eq!(recv(right, &mut WindowMut::of(&mut room), 0, None), Ok(5));
        assert_eq!(send(-1, Window::of(b"bytes"), 0, None), Err(Errno::EBADF));
    }

    #[test]
    fn only_known_flags_are_trusted() {
        assert_eq!(trusted(9, 4, libc::MSG_PEEK), 4);
        assert_eq!(trusted(9, 4, libc::MSG_TRUNC | libc::MSG_PEEK), 9);
        assert!(!means_what_it_says(1 << 25));
    }
}
