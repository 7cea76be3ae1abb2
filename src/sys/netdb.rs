//! The databases of hosts, services and protocols: gethostbyname(3),
//! getservent(3), getprotoent(3).
//!
//! Linux has forms that write into the caller's buffer, so any number of threads
//! may look up at once. Elsewhere the answer is in static memory: one thread at a
//! time calls and copies. Every answer is an owned value. All of these may wait.
#![expect(unsafe_code, reason = "the databases answer in C structs")]

#[cfg(unix)]
use std::ffi::c_void;
use std::ffi::{CStr, c_char, c_int};
use std::ptr;
use std::sync::MutexGuard;
#[cfg(all(unix, any(not(target_os = "linux"), target_env = "musl")))]
use std::sync::{Mutex, PoisonError};

use crate::sys::copy::{copy, copy_each};
use crate::sys::libc;

/// An entry of the database of hosts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Host {
    pub(crate) family: c_int,
    pub(crate) name: Vec<u8>,
    pub(crate) aliases: Vec<Vec<u8>>,
    pub(crate) addresses: Vec<Vec<u8>>,
}

/// gethostbyname(3), IPv4 only; the error is an `h_errno`.
pub(crate) fn gethostbyname(name: &CStr) -> Result<Host, c_int> {
    system::gethostbyname(name)
}

/// gethostbyaddr(3), of the bytes of an address; the error is an `h_errno`.
pub(crate) fn gethostbyaddr(address: &[u8], family: c_int) -> Result<Host, c_int> {
    system::gethostbyaddr(address, family)
}

/// getservbyname(3): the port.
pub(crate) fn getservbyname(name: &CStr, proto: Option<&CStr>) -> Option<u16> {
    system::getservbyname(name, optional(proto))?.port()
}

/// getservbyport(3): the service's name.
pub(crate) fn getservbyport(port: u16, proto: Option<&CStr>) -> Option<Vec<u8>> {
    let found = system::getservbyport(c_int::from(port.to_be()), optional(proto))?;
    Some(found.name())
}

/// getprotobyname(3): the protocol's number.
pub(crate) fn getprotobyname(name: &CStr) -> Option<c_int> {
    Some(system::getprotobyname(name)?.number())
}

fn optional(text: Option<&CStr>) -> *const c_char {
    text.map_or(ptr::null(), CStr::as_ptr)
}

/// An entry that one of the calls filled in, and what keeps the memory that it
/// points to as it is.
struct Found<E> {
    entry: E,
    _buffer: Vec<c_char>,
    _alone: Option<MutexGuard<'static, ()>>,
}

impl Found<libc::hostent> {
    fn host(&self) -> Host {
        let entry = &self.entry;
        let len = usize::try_from(entry.h_length).unwrap_or(0);
        // SAFETY: the calls end names with NUL.
        let name = unsafe { copy(entry.h_name, None) };
        // SAFETY: as above; the array of them ends in null.
        let aliases = unsafe { copy_each(entry.h_aliases, None) };
        // SAFETY: the array ends in null, and each address has the entry's length.
        let addresses = unsafe { copy_each(entry.h_addr_list, Some(len)) };
        Host {
            family: c_int::from(entry.h_addrtype),
            name,
            aliases,
            addresses,
        }
    }
}

#[cfg(unix)]
impl Found<libc::servent> {
    fn port(&self) -> Option<u16> {
        // The int holds the 16 bits as they are in memory, in network order.
        u16::try_from(self.entry.s_port).ok().map(u16::from_be)
    }

    fn name(&self) -> Vec<u8> {
        // SAFETY: the calls end names with NUL, and what holds them is still there.
        unsafe { copy(self.entry.s_name, None) }
    }
}

#[cfg(unix)]
impl Found<libc::protoent> {
    fn number(&self) -> c_int {
        self.entry.p_proto
    }
}

#[cfg(unix)]
unsafe extern "C" {
    // glibc's and musl's, and not among libc's bindings.
    #[cfg(target_os = "linux")]
    fn gethostbyname_r(
        name: *const c_char,
        entry: *mut libc::hostent,
        buffer: *mut c_char,
        len: usize,
        result: *mut *mut libc::hostent,
        h_errno: *mut c_int,
    ) -> c_int;
    #[cfg(target_os = "linux")]
    fn gethostbyaddr_r(
        address: *const c_void,
        address_len: libc::socklen_t,
        family: c_int,
        entry: *mut libc::hostent,
        buffer: *mut c_char,
        len: usize,
        result: *mut *mut libc::hostent,
        h_errno: *mut c_int,
    ) -> c_int;
    #[cfg(target_os = "linux")]
    fn getservbyname_r(
        name: *const c_char,
        proto: *const c_char,
        entry: *mut libc::servent,
        buffer: *mut c_char,
        len: usize,
        result: *mut *mut libc::servent,
    ) -> c_int;
    #[cfg(target_os = "linux")]
    fn getservbyport_r(
        port: c_int,
        proto: *const c_char,
        entry: *mut libc::servent,
        buffer: *mut c_char,
        len: usize,
        result: *mut *mut libc::servent,
    ) -> c_int;
    #[cfg(all(target_os = "linux", not(target_env = "musl")))]
    fn getprotobyname_r(
        name: *const c_char,
        entry: *mut libc::protoent,
        buffer: *mut c_char,
        len: usize,
        result: *mut *mut libc::protoent,
    ) -> c_int;
    // POSIX's of 2001, and not among libc's bindings.
    #[cfg(not(target_os = "linux"))]
    #[link_name = "gethostbyname"]
    fn host_by_name(name: *const c_char) -> *mut libc::hostent;
    #[cfg(not(target_os = "linux"))]
    #[link_name = "gethostbyaddr"]
    fn host_by_address(
        address: *const c_void,
        len: libc::socklen_t,
        family: c_int,
    ) -> *mut libc::hostent;
}

/// Calls what answers in memory that all such calls share, while no other thread
/// here does.
#[cfg(all(unix, any(not(target_os = "linux"), target_env = "musl")))]
fn alone<E: Copy>(call: impl FnOnce() -> *mut E) -> Option<Found<E>> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    // SAFETY: null, or the static entry, which only such a call changes.
    let entry = unsafe { call().as_ref() };
    entry.copied().map(|entry| Found {
        entry,
        _buffer: Vec::new(),
        _alone: Some(guard),
    })
}

/// getprotobyname(3). musl's answer is in a constant table, but its iterator is shared.
#[cfg(all(unix, any(not(target_os = "linux"), target_env = "musl")))]
fn protocol(name: &CStr) -> Option<Found<libc::protoent>> {
    // SAFETY: the name ends in NUL, and no other thread here makes this call.
    alone(|| unsafe { libc::getprotobyname(name.as_ptr()) })
}

#[cfg(target_os = "linux")]
mod system {
    #[cfg(target_env = "musl")]
    pub(super) use super::protocol as getprotobyname;
    use super::{CStr, Found, Host, c_char, c_int, ptr};

    /// Most answers fit in this; glibc's host entries say when they do not.
    const FIRST_ROOM: usize = 4096;
    /// An answer that needs more is none of a database.
    const MOST_ROOM: usize = 1024 * 1024;

    /// Calls with an entry, a buffer and a place for the result, with a bigger
    /// buffer while the answer is `ERANGE`.
    fn growing<E: Copy>(
        mut call: impl FnMut(*mut E, *mut c_char, usize, *mut *mut E) -> c_int,
    ) -> Option<Found<E>> {
        let mut room = FIRST_ROOM;
        loop {
            let mut entry = std::mem::MaybeUninit::<E>::uninit();
            let mut buffer: Vec<c_char> = vec![0; room];
            let mut result = ptr::null_mut();
            let code = call(
                entry.as_mut_ptr(),
                buffer.as_mut_ptr(),
                buffer.len(),
                &raw mut result,
            );
            if code != libc::ERANGE || room >= MOST_ROOM {
                // SAFETY: null, or the entry, which the call has filled in.
                let entry = unsafe { result.as_ref() };
                return entry.copied().map(|entry| Found {
                    entry,
                    _buffer: buffer,
                    _alone: None,
                });
            }
            room *= 2;
        }
    }

    pub(super) fn gethostbyname(name: &CStr) -> Result<Host, c_int> {
        let mut h_errno = 0;
        let h_errno_ptr = &raw mut h_errno;
        let found = growing(|entry, buffer, len, result| {
            // SAFETY: the name ends in NUL; entry, buffer with its length and
            // result are the caller's own, to be written.
            unsafe {
                super::gethostbyname_r(name.as_ptr(), entry, buffer, len, result, h_errno_ptr)
            }
        });
        found.map(|found| found.host()).ok_or(h_errno)
    }

    pub(super) fn gethostbyaddr(address: &[u8], family: c_int) -> Result<Host, c_int> {
        let mut h_errno = 0;
        let h_errno_ptr = &raw mut h_errno;
        let (bytes, address_len) = (address.as_ptr().cast(), address.len());
        let address_len = libc::socklen_t::try_from(address_len).unwrap_or(0);
        let found = growing(|entry, buffer, len, result| {
            // SAFETY: as above; the address has its own length.
            unsafe {
                super::gethostbyaddr_r(
                    bytes,
                    address_len,
                    family,
                    entry,
                    buffer,
                    len,
                    result,
                    h_errno_ptr,
                )
            }
        });
        found.map(|found| found.host()).ok_or(h_errno)
    }

    /// A look-up of a service by a key.
    type ByKey<K> = unsafe extern "C" fn(
        K,
        *const c_char,
        *mut libc::servent,
        *mut c_char,
        usize,
        *mut *mut libc::servent,
    ) -> c_int;

    fn service<K: Copy>(
        call: ByKey<K>,
        key: K,
        proto: *const c_char,
    ) -> Option<Found<libc::servent>> {
        growing(|entry, buffer, len, result| {
            // SAFETY: as above; the key is a number, or a text that ends in NUL, as
            // the protocol does where it is not null.
            unsafe { call(key, proto, entry, buffer, len, result) }
        })
    }

    pub(super) fn getservbyname(name: &CStr, proto: *const c_char) -> Option<Found<libc::servent>> {
        service(super::getservbyname_r, name.as_ptr(), proto)
    }

    pub(super) fn getservbyport(port: c_int, proto: *const c_char) -> Option<Found<libc::servent>> {
        service(super::getservbyport_r, port, proto)
    }

    #[cfg(not(target_env = "musl"))]
    pub(super) fn getprotobyname(name: &CStr) -> Option<Found<libc::protoent>> {
        growing(|entry, buffer, len, result| {
            // SAFETY: as above.
            unsafe { super::getprotobyname_r(name.as_ptr(), entry, buffer, len, result) }
        })
    }
}

#[cfg(windows)]
#[path = "windows/netdb.rs"]
mod system;

#[cfg(all(unix, not(target_os = "linux")))]
mod system {
    pub(super) use super::protocol as getprotobyname;
    use super::{CStr, Found, Host, alone, c_char, c_int, host_by_address, host_by_name};

    /// Not every system tells its `h_errno` by the same symbol; this is the usual one.
    const HOST_NOT_FOUND: c_int = 1;

    pub(super) fn gethostbyname(name: &CStr) -> Result<Host, c_int> {
        // SAFETY: the name ends in NUL, and no other thread here makes such a call.
        let found = alone(|| unsafe { host_by_name(name.as_ptr()) });
        found.map(|found| found.host()).ok_or(HOST_NOT_FOUND)
    }

    pub(super) fn gethostbyaddr(address: &[u8], family: c_int) -> Result<Host, c_int> {
        let bytes = address.as_ptr().cast();
        let len = libc::socklen_t::try_from(address.len()).unwrap_or(0);
        // SAFETY: as above; the address has its own length.
        let found = alone(|| unsafe { host_by_address(bytes, len, family) });
        found.map(|found| found.host()).ok_or(HOST_NOT_FOUND)
    }

    /// A look-up of a service by a key.
    type ByKey<K> = unsafe extern "C" fn(K, *const c_char) -> *mut libc::servent;

    fn service<K>(call: ByKey<K>, key: K, proto: *const c_char) -> Option<Found<libc::servent>> {
        // SAFETY: as above; the key is a number, or a text that ends in NUL, as the
        // protocol does where it is not null.
        alone(|| unsafe { call(key, proto) })
    }

    pub(super) fn getservbyname(name: &CStr, proto: *const c_char) -> Option<Found<libc::servent>> {
        service(libc::getservbyname, name.as_ptr(), proto)
    }

    pub(super) fn getservbyport(port: c_int, proto: *const c_char) -> Option<Found<libc::servent>> {
        service(libc::getservbyport, port, proto)
    }
}
