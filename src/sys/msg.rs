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

fn header(parts: *const libc::iovec, count: usize) -> libc::msghdr {
    // SAFETY: a msghdr of zero bytes is valid: null pointers with zero lengths.
    let mut message: libc::msghdr = unsafe { std::mem::zeroed() };
    message.msg_iov = parts.cast_mut();
    // Its type is the platform's; more buffers than an int counts do not exist.
    message.msg_iovlen = count.try_into().unwrap_or_default();
    message
}

/// sendmsg(2).
pub(crate) fn sendmsg(
    fd: RawFd,
    windows: &[Window<'_>],
    control: &mut Control,
    to: Option<&RawAddr>,
    flags: c_int,
) -> Result<usize, Errno> {
    let mut message = header(windows.as_ptr().cast(), windows.len());
    if let Some(to) = to {
        message.msg_name = to.as_ptr().cast_mut().cast();
        message.msg_namelen = to.socklen();
    }
    message.msg_control = control.ptr();
    message.msg_controllen = control.len().try_into().map_err(|_| Errno::EINVAL)?;
    // SAFETY: every pointer of the header is to memory that outlives the call and
    // is as long as the header says: windows by their contract, and they are laid
    // out as iovec; the rest is ours.
    check_len(unsafe { libc::sendmsg(fd, &raw const message, flags) })
}

/// What comes with the data of a message.
pub(crate) struct Incoming {
    /// Room for the ancillary data.
    pub(crate) control: Control,
    /// How much of that room holds any.
    pub(crate) control_len: usize,
    /// The sender's address.
    pub(crate) from: RawAddr,
    /// The kernel's flags, as `MSG_CTRUNC`.
    pub(crate) flags: c_int,
}

impl Incoming {
    /// Nothing yet, with room for these ancillary data.
    pub(crate) fn new(control: Control) -> Self {
        Self {
            control,
            control_len: 0,
            from: RawAddr::for_kernel(),
            flags: 0,
        }
    }
}

/// recvmsg(2): the kernel's count, which may exceed the windows with `MSG_TRUNC`.
pub(crate) fn recvmsg(
    fd: RawFd,
    windows: &mut [WindowMut<'_>],
    incoming: &mut Incoming,
    flags: c_int,
) -> Result<usize, Errno> {
    let mut message = header(windows.as_ptr().cast(), windows.len());
    message.msg_namelen = incoming.from.socklen();
    let (name, _) = incoming.from.out_ptrs();
    message.msg_name = name.cast();
    message.msg_control = incoming.control.ptr();
    let room = incoming.control.len();
    message.msg_controllen = room.try_into().map_err(|_| Errno::EINVAL)?;
    // SAFETY: every pointer of the header is to memory that outlives the call and
    // is as long as the header says: windows by their contract, and they are laid
    // out as iovec; the rest is ours.
    let count = check_len(unsafe { libc::recvmsg(fd, &raw mut message, flags) })?;
    incoming.from.set_reported_len(message.msg_namelen);
    incoming.control_len = message.msg_controllen.try_into().unwrap_or(0);
    incoming.flags = message.msg_flags;
    let room = windows.iter().map(WindowMut::len).sum();
    Ok(trusted(count, room, flags))
}
