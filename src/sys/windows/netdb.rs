//! The databases of hosts, services and protocols as Winsock answers from them: in
//! memory of the calling thread's own, until its next such call. A part of `netdb`,
//! which copies the entries.
#![expect(unsafe_code, reason = "the databases answer in C structs")]

use std::ffi::{CStr, c_char, c_int};

use windows_sys::Win32::Networking::WinSock as ws;

use crate::sys::copy::copy;
use crate::sys::errno::Errno;
use crate::sys::libc::hostent;
use crate::sys::netdb::{Found, Host};

impl Found<ws::SERVENT> {
    #[expect(
        clippy::unnecessary_wraps,
        reason = "elsewhere it is an int, which may be too large"
    )]
    pub(super) fn port(&self) -> Option<u16> {
        Some(u16::from_be(self.entry.s_port.cast_unsigned()))
    }

    pub(super) fn name(&self) -> Vec<u8> {
        // SAFETY: the calls end names with NUL, and no call was made meanwhile.
        unsafe { copy(self.entry.s_name.cast::<c_char>(), None) }
    }
}

impl Found<ws::PROTOENT> {
    pub(super) fn number(&self) -> c_int {
        c_int::from(self.entry.p_proto)
    }
}

/// Copies the entry that a call answers, or null; only the thread's next call changes it.
fn found<E: Copy>(call: impl FnOnce() -> *mut E) -> Option<Found<E>> {
    // SAFETY: null, or the thread's entry, which the call has just filled in.
    let entry = *unsafe { call().as_ref() }?;
    Some(Found {
        entry,
        _buffer: Vec::new(),
        _alone: None,
    })
}

fn host(call: impl FnOnce() -> *mut ws::HOSTENT) -> Result<Host, c_int> {
    let found = found(|| call().cast::<hostent>());
    let host = found.map(|found| found.host());
    host.ok_or_else(|| Errno::last().0)
}

pub(super) fn gethostbyname(name: &CStr) -> Result<Host, c_int> {
    // SAFETY: the name ends in NUL.
    host(|| unsafe { ws::gethostbyname(name.as_ptr().cast()) })
}

pub(super) fn gethostbyaddr(address: &[u8], family: c_int) -> Result<Host, c_int> {
    let len = c_int::try_from(address.len()).unwrap_or(0);
    // SAFETY: the address has its own length.
    host(|| unsafe { ws::gethostbyaddr(address.as_ptr(), len, family) })
}

pub(super) fn getservbyname(name: &CStr, proto: *const c_char) -> Option<Found<ws::SERVENT>> {
    let (name, proto) = (name.as_ptr().cast(), proto.cast());
    // SAFETY: the name ends in NUL; the protocol is null or does too.
    found(|| unsafe { ws::getservbyname(name, proto) })
}

pub(super) fn getservbyport(port: c_int, proto: *const c_char) -> Option<Found<ws::SERVENT>> {
    // SAFETY: the protocol is null or ends in NUL.
    found(|| unsafe { ws::getservbyport(port, proto.cast()) })
}

pub(super) fn getprotobyname(name: &CStr) -> Option<Found<ws::PROTOENT>> {
    // SAFETY: the name ends in NUL.
    found(|| unsafe { ws::getprotobyname(name.as_ptr().cast()) })
}
