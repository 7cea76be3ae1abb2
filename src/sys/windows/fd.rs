//! Sockets as bare handles, as only Windows has them: duplicates by description, and
//! inheritance. A part of `fd`. See WSADuplicateSocketW, SetHandleInformation.
#![expect(unsafe_code, reason = "sockets are bare handles to Winsock")]

use std::ffi::c_int;

use windows_sys::Win32::Foundation as win;
use windows_sys::Win32::Networking::WinSock as ws;

use crate::sys::errno::{Errno, check};
use crate::sys::fd::{NewFd, RawFd};

/// What another process, or this one, needs to have a socket too: the bytes of a
/// `WSAPROTOCOL_INFOW`, which is numbers only.
#[repr(C, align(8))]
pub(crate) struct Info(pub(crate) [u8; INFO]);

pub(crate) const INFO: usize = size_of::<ws::WSAPROTOCOL_INFOW>();
const _: () = assert!(align_of::<Info>() >= align_of::<ws::WSAPROTOCOL_INFOW>());

impl Info {
    /// Bytes for the system to write to.
    pub(crate) const fn empty() -> Self {
        Self([0; INFO])
    }

    /// The int at an offset.
    pub(crate) fn int(&self, offset: usize) -> Result<c_int, Errno> {
        let field = self.0.get(offset..).and_then(|rest| rest.first_chunk());
        Ok(c_int::from_ne_bytes(*field.ok_or(Errno::EINVAL)?))
    }
}

/// What the process of a number needs to have this socket too.
pub(crate) fn describe(fd: RawFd, process: u32) -> Result<Info, Errno> {
    let mut info = Info::empty();
    let room = info.0.as_mut_ptr().cast();
    // SAFETY: the call writes one structure, which has room in the bytes and lives past it.
    check(unsafe { ws::WSADuplicateSocketW(fd.cast_unsigned(), process, room) })?;
    Ok(info)
}

/// A socket that children do not inherit: a new one, or the described one.
pub(crate) fn open(
    family: i32,
    kind: i32,
    proto: i32,
    described: Option<&Info>,
) -> Result<NewFd, Errno> {
    let info = described.map_or(std::ptr::null(), |info| info.0.as_ptr().cast());
    let flags = ws::WSA_FLAG_OVERLAPPED | ws::WSA_FLAG_NO_HANDLE_INHERIT;
    // SAFETY: the structure is null, or read while its bytes are borrowed; any bytes are
    // valid numbers.
    let new = unsafe { ws::WSASocketW(family, kind, proto, info, 0, flags) };
    let new = NewFd::returned(new)?;
    if described.is_some() {
        // The flag is not for what exists already.
        set_inheritable(new.number(), false)?;
    }
    Ok(new)
}

/// The described socket.
pub(crate) fn open_described(info: &Info) -> Result<NewFd, Errno> {
    const ANY: i32 = ws::FROM_PROTOCOL_INFO;
    open(ANY, ANY, ANY, Some(info))
}

/// A duplicate that children do not inherit.
pub(crate) fn dup(fd: RawFd) -> Result<NewFd, Errno> {
    open_described(&describe(fd, std::process::id())?)
}

fn handle(fd: RawFd) -> win::HANDLE {
    std::ptr::without_provenance_mut(fd.cast_unsigned())
}

/// Whether children inherit the handle.
pub(crate) fn is_inheritable(fd: RawFd) -> Result<bool, Errno> {
    let mut flags = 0;
    // SAFETY: the call writes one number, which lives past it; an invalid handle is
    // an error.
    if unsafe { win::GetHandleInformation(handle(fd), &raw mut flags) } == 0 {
        return Err(Errno::last());
    }
    Ok(flags & win::HANDLE_FLAG_INHERIT != 0)
}

/// Sets whether children inherit the handle.
pub(crate) fn set_inheritable(fd: RawFd, inheritable: bool) -> Result<(), Errno> {
    let flags = if inheritable {
        win::HANDLE_FLAG_INHERIT
    } else {
        0
    };
    // SAFETY: takes numbers only; an invalid handle is an error.
    if unsafe { win::SetHandleInformation(handle(fd), win::HANDLE_FLAG_INHERIT, flags) } == 0 {
        return Err(Errno::last());
    }
    Ok(())
}

/// Whether a call is known not to wait: never, as Winsock does not tell the mode.
pub(crate) fn is_nonblocking(_: RawFd) -> bool {
    false
}

/// Starts Winsock; once, when the module is loaded. The process's end stops it.
pub(crate) fn start() -> Result<(), Errno> {
    const VERSION: u16 = 0x0202;
    let mut data = ws::WSADATA::default();
    // SAFETY: the call writes one structure, which lives past it.
    match unsafe { ws::WSAStartup(VERSION, &raw mut data) } {
        0 => Ok(()),
        error => Err(Errno(error)),
    }
}
