//! The databases of hosts, services and protocols as Winsock answers from them: in
//! memory of the calling thread's own, until its next such call. A part of `netdb`,
//! which copies the entries.
#![expect(unsafe_code, reason = "the databases answer in C structs")]

use std::ffi::{CStr, c_char, c_int};

use windows_sys::Win32::Networking::WinSock as ws;

use crate::sys::copy::text;
use crate::sys::errno::Errno;
use crate::sys::libc::hostent;
use crate::sys::netdb::{Entry, Host, Service, answer, optional};

impl Entry for ws::SERVENT {
    type Answer = Service;

    unsafe fn read(&self) -> Service {
        Service {
            // SAFETY: the calls end names with NUL.
            name: unsafe { text(self.s_name.cast::<c_char>()) },
            port: Some(u16::from_be(self.s_port.cast_unsigned())),
        }
    }
}

impl Entry for ws::PROTOENT {
    type Answer = c_int;

    unsafe fn read(&self) -> c_int {
        c_int::from(self.p_proto)
    }
}

pub(super) fn gethostbyname(name: &CStr) -> Result<Host, c_int> {
    // SAFETY: the name ends in NUL.
    let entry: *mut hostent = unsafe { ws::gethostbyname(name.as_ptr().cast()) }.cast();
    // SAFETY: null, or the thread's entry, which only its next call changes.
    unsafe { answer(entry) }.ok_or_else(|| Errno::last().0)
}

pub(super) fn gethostbyaddr(address: &[u8], family: c_int) -> Result<Host, c_int> {
    let len = c_int::try_from(address.len()).unwrap_or(0);
    // SAFETY: the address has its own length.
    let entry = unsafe { ws::gethostbyaddr(address.as_ptr(), len, family) };
    let entry: *mut hostent = entry.cast();
    // SAFETY: as above.
    unsafe { answer(entry) }.ok_or_else(|| Errno::last().0)
}

pub(super) fn service_by_name(name: &CStr, proto: Option<&CStr>) -> Option<Service> {
    // SAFETY: the name ends in NUL; the protocol is null or does too.
    let entry = unsafe { ws::getservbyname(name.as_ptr().cast(), optional(proto).cast()) };
    // SAFETY: as above.
    unsafe { answer(entry.cast_const()) }
}

pub(super) fn service_by_port(number: c_int, proto: Option<&CStr>) -> Option<Service> {
    // SAFETY: the protocol is null or ends in NUL.
    let entry = unsafe { ws::getservbyport(number, optional(proto).cast()) };
    // SAFETY: as above.
    unsafe { answer(entry.cast_const()) }
}

pub(super) fn getprotobyname(name: &CStr) -> Option<c_int> {
    // SAFETY: the name ends in NUL.
    let entry = unsafe { ws::getprotobyname(name.as_ptr().cast()) };
    // SAFETY: as above.
    unsafe { answer(entry.cast_const()) }
}
