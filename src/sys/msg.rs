//! sendmsg(2) and recvmsg(2). What the control buffer holds is `cmsg`'s.
#![expect(
    unsafe_code,
    reason = "socket2's messages cannot carry any level and type"
)]
#![allow(
    clippy::useless_conversion,
    reason = "the widths of msghdr's lengths are the platform's"
)]

use std::ffi::c_int;

use crate::sys::cmsg::Control;
use crate::sys::errno::{Errno, check_len};
use crate::sys::fd::RawFd;
use crate::sys::io::{Window, WindowMut, trusted};
use crate::sys::storage::RawAddr;

fn header(iov: &mut [libc::iovec]) -> libc::msghdr {
    // SAFETY: a msghdr of zero bytes is valid: null pointers with zero lengths.
    let mut message: libc::msghdr = unsafe { std::mem::zeroed() };
    message.msg_iov = iov.as_mut_ptr();
    // Its type is the platform's; more buffers than an int counts do not exist.
    message.msg_iovlen = iov.len().try_into().unwrap_or_default();
    message
}

/// The parts of a message; a few are listed on the stack.
struct Parts {
    few: [libc::iovec; 8],
    many: Vec<libc::iovec>,
}

impl Parts {
    const fn new() -> Self {
        let blank = libc::iovec {
            iov_base: std::ptr::null_mut(),
            iov_len: 0,
        };
        Self {
            few: [blank; 8],
            many: Vec::new(),
        }
    }

    fn fill(
        &mut self,
        count: usize,
        parts: impl Iterator<Item = libc::iovec>,
    ) -> &mut [libc::iovec] {
        if let Some(few) = self.few.get_mut(..count) {
            for (place, part) in few.iter_mut().zip(parts) {
                *place = part;
            }
            return few;
        }
        self.many.extend(parts);
        &mut self.many
    }
}

/// sendmsg(2).
pub(crate) fn sendmsg(
    fd: RawFd,
    windows: &[Window<'_>],
    control: &mut Control,
    to: Option<&RawAddr>,
    flags: c_int,
) -> Result<usize, Errno> {
    let mut list = Parts::new();
    let parts = windows.iter().map(|window| libc::iovec {
        iov_base: window.ptr().cast_mut().cast(),
        iov_len: window.len(),
    });
    let iov = list.fill(windows.len(), parts);
    let mut message = header(iov);
    if let Some(to) = to {
        message.msg_name = to.as_ptr().cast_mut().cast();
        message.msg_namelen = to.socklen();
    }
    message.msg_control = control.ptr();
    message.msg_controllen = control.len().try_into().map_err(|_| Errno::EINVAL)?;
    // SAFETY: every pointer of the header is to memory that outlives the call and
    // is as long as the header says: windows by their contract, the rest is ours.
    check_len(unsafe { libc::sendmsg(fd, &raw const message, flags) })
}

/// What recvmsg(2) returned.
pub(crate) struct Received {
    /// The kernel's count, which may exceed the windows with `MSG_TRUNC`.
    pub(crate) count: usize,
    pub(crate) flags: c_int,
    pub(crate) control_len: usize,
}

/// recvmsg(2).
pub(crate) fn recvmsg(
    fd: RawFd,
    windows: &mut [WindowMut<'_>],
    control: &mut Control,
    from: &mut RawAddr,
    flags: c_int,
) -> Result<Received, Errno> {
    let mut list = Parts::new();
    let parts = windows.iter().map(|window| libc::iovec {
        iov_base: window.ptr().cast(),
        iov_len: window.len(),
    });
    let iov = list.fill(windows.len(), parts);
    *from = RawAddr::for_kernel();
    let mut message = header(iov);
    message.msg_namelen = from.socklen();
    let (name, _) = from.out_ptrs();
    message.msg_name = name.cast();
    message.msg_control = control.ptr();
    message.msg_controllen = control.len().try_into().map_err(|_| Errno::EINVAL)?;
    // SAFETY: every pointer of the header is to memory that outlives the call and
    // is as long as the header says: windows by their contract, the rest is ours.
    let count = check_len(unsafe { libc::recvmsg(fd, &raw mut message, flags) })?;
    from.set_reported_len(message.msg_namelen);
    let room = windows.iter().map(WindowMut::len).sum();
    Ok(Received {
        count: trusted(count, room, flags),
        flags: message.msg_flags,
        control_len: usize::try_from(message.msg_controllen).unwrap_or(0),
    })
}
