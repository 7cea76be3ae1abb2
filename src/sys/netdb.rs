//! The databases of hosts, services and protocols: gethostbyname(3),
//! getservent(3), getprotoent(3).
//!
//! Linux has forms that write into the caller's buffer, so any number of threads
//! may look up at once. Elsewhere the answer is in static memory: one thread at a
//! time calls and copies; on Windows each thread has its own. Every result is an
//! owned value. All of these may wait.
#![expect(unsafe_code, reason = "the databases are C functions")]

use std::ffi::{CStr, c_char, c_int};
use std::ptr;

use crate::sys::ffi::{self, HostEntry, Protocol, Service};
#[cfg(not(all(target_os = "linux", not(target_env = "musl"))))]
use crate::sys::pointer::Pointer;
use crate::sys::pointer::Text;

/// An entry of the database of hosts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Host {
    pub(crate) family: c_int,
    pub(crate) name: Vec<u8>,
    pub(crate) aliases: Vec<Vec<u8>>,
    pub(crate) addresses: Vec<Vec<u8>>,
}

impl Host {
    fn of(entry: &HostEntry) -> Self {
        Self {
            family: c_int::from(entry.family),
            name: entry.name.to_vec(),
            aliases: entry.aliases.map(Text::to_vec),
            addresses: entry.addresses(),
        }
    }
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
    let call = system::SERVICE_BY_NAME;
    system::service(call, name.as_ptr(), proto, Service::port)?
}

/// getservbyport(3): the service's name.
pub(crate) fn getservbyport(port: u16, proto: Option<&CStr>) -> Option<Vec<u8>> {
    let (call, port) = (system::SERVICE_BY_PORT, c_int::from(port.to_be()));
    system::service(call, port, proto, |service| service.name.to_vec())
}

/// getprotobyname(3): the protocol's number.
pub(crate) fn getprotobyname(name: &CStr) -> Option<c_int> {
    protocol(name, |protocol| c_int::from(protocol.number))
}

fn optional(text: Option<&CStr>) -> *const c_char {
    text.map_or(ptr::null(), CStr::as_ptr)
}

/// Makes a call whose result is in memory that all such calls share, and reads the result
/// while no other thread here makes such a call.
#[cfg(not(all(target_os = "linux", not(target_env = "musl"))))]
fn alone<E, T>(call: impl FnOnce() -> Pointer<E>, read: impl FnOnce(&E) -> T) -> Option<T> {
    #[cfg(unix)]
    static ONE_AT_A_TIME: std::sync::Mutex<()> = std::sync::Mutex::new(());
    #[cfg(unix)]
    let _guard = ONE_AT_A_TIME
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    call().get().map(read)
}

#[cfg(not(all(target_os = "linux", not(target_env = "musl"))))]
fn protocol<T>(name: &CStr, read: impl FnOnce(&Protocol) -> T) -> Option<T> {
    // musl's answer is in a constant table, but its iterator is shared.
    // SAFETY: the name ends in NUL, and `alone` is done with the answer before another call.
    alone(|| unsafe { ffi::getprotobyname(name.as_ptr()) }, read)
}

#[cfg(all(target_os = "linux", not(target_env = "musl")))]
fn protocol<T>(name: &CStr, read: impl FnOnce(&Protocol) -> T) -> Option<T> {
    let call = |entry, buffer, len, result| {
        // SAFETY: the name ends in NUL; entry, buffer with its length and result are
        // `growing`'s own, to be written.
        unsafe { ffi::getprotobyname_r(name.as_ptr(), entry, buffer, len, result) }
    };
    system::growing(call, read)
}

#[cfg(target_os = "linux")]
mod system {
    use super::{CStr, Host, Service, c_char, c_int, ffi, optional, ptr};

    /// Most answers fit in this; glibc's host entries say when they do not.
    const FIRST_ROOM: usize = 4096;
    /// No entry of a database needs more.
    const MOST_ROOM: usize = 1024 * 1024;

    /// Calls with an entry, a buffer and a place for the result, with a bigger buffer
    /// while the answer is `ERANGE`, and reads the entry that was filled in.
    pub(super) fn growing<E: Default, T>(
        mut call: impl FnMut(*mut E, *mut c_char, usize, *mut *const E) -> c_int,
        read: impl FnOnce(&E) -> T,
    ) -> Option<T> {
        let mut room = FIRST_ROOM;
        loop {
            let mut entry = E::default();
            let mut buffer: Vec<c_char> = vec![0; room];
            let mut result = ptr::null();
            let code = call(
                &raw mut entry,
                buffer.as_mut_ptr(),
                buffer.len(),
                &raw mut result,
            );
            if code != libc::ERANGE || room >= MOST_ROOM {
                // The result is null, or this entry, which points into the buffer.
                return (!result.is_null()).then(|| read(&entry));
            }
            room *= 2;
        }
    }

    pub(super) fn gethostbyname(name: &CStr) -> Result<Host, c_int> {
        let mut h_errno = 0;
        let h_errno_ptr = &raw mut h_errno;
        let call = |entry, buffer, len, result| {
            // SAFETY: the name ends in NUL; entry, buffer with its length and
            // result are `growing`'s own, to be written.
            unsafe { ffi::gethostbyname_r(name.as_ptr(), entry, buffer, len, result, h_errno_ptr) }
        };
        growing(call, Host::of).ok_or(h_errno)
    }

    pub(super) fn gethostbyaddr(address: &[u8], family: c_int) -> Result<Host, c_int> {
        let mut h_errno = 0;
        let h_errno_ptr = &raw mut h_errno;
        let bytes = address.as_ptr().cast();
        let address_len = libc::socklen_t::try_from(address.len()).unwrap_or(0);
        let call = |entry, buffer, len, result| {
            // SAFETY: the address is passed with its own length; entry, buffer with its
            // length and result are `growing`'s own, to be written.
            unsafe {
                ffi::gethostbyaddr_r(
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
        };
        growing(call, Host::of).ok_or(h_errno)
    }

    /// A look-up of a service by a key.
    type ByKey<K> = unsafe extern "system" fn(
        K,
        *const c_char,
        *mut Service,
        *mut c_char,
        usize,
        *mut *const Service,
    ) -> c_int;
    pub(super) const SERVICE_BY_NAME: ByKey<*const c_char> = ffi::getservbyname_r;
    pub(super) const SERVICE_BY_PORT: ByKey<c_int> = ffi::getservbyport_r;

    pub(super) fn service<K: Copy, T>(
        call: ByKey<K>,
        key: K,
        proto: Option<&CStr>,
        read: impl FnOnce(&Service) -> T,
    ) -> Option<T> {
        let call = |entry, buffer, len, result| {
            // SAFETY: the key is a number, or a text that ends in NUL, as the protocol does
            // where it is not null; entry, buffer with its length and result are
            // `growing`'s own, to be written.
            unsafe { call(key, optional(proto), entry, buffer, len, result) }
        };
        growing(call, read)
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use super::{CStr, Host, Pointer, Service, alone, c_char, c_int, ffi, optional};
    use crate::sys::libc;

    /// Not every Unix tells its `h_errno` by the same symbol; this is the usual one.
    #[cfg(unix)]
    fn h_errno() -> c_int {
        const HOST_NOT_FOUND: c_int = 1;
        HOST_NOT_FOUND
    }
    #[cfg(windows)]
    fn h_errno() -> c_int {
        crate::sys::errno::Errno::last().0
    }

    pub(super) fn gethostbyname(name: &CStr) -> Result<Host, c_int> {
        // SAFETY: the name ends in NUL, and `alone` is done with the answer before
        // another call.
        let call = || unsafe { ffi::gethostbyname(name.as_ptr()) };
        alone(call, Host::of).ok_or_else(h_errno)
    }

    pub(super) fn gethostbyaddr(address: &[u8], family: c_int) -> Result<Host, c_int> {
        let bytes = address.as_ptr().cast();
        let len = libc::socklen_t::try_from(address.len()).unwrap_or(0);
        // SAFETY: the address is passed with its own length, and `alone` is done with the
        // answer before another call.
        let call = || unsafe { ffi::gethostbyaddr(bytes, len, family) };
        alone(call, Host::of).ok_or_else(h_errno)
    }

    /// A look-up of a service by a key.
    type ByKey<K> = unsafe extern "system" fn(K, *const c_char) -> Pointer<Service>;
    pub(super) const SERVICE_BY_NAME: ByKey<*const c_char> = ffi::getservbyname;
    pub(super) const SERVICE_BY_PORT: ByKey<c_int> = ffi::getservbyport;

    pub(super) fn service<K, T>(
        call: ByKey<K>,
        key: K,
        proto: Option<&CStr>,
        read: impl FnOnce(&Service) -> T,
    ) -> Option<T> {
        // SAFETY: the key is a number, or a text that ends in NUL, as the protocol does
        // where it is not null, and `alone` is done with the answer before another call.
        alone(|| unsafe { call(key, optional(proto)) }, read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::libc;

    #[test]
    fn a_literal_is_its_own_host() {
        let host = gethostbyname(c"127.0.0.1").unwrap();
        assert_eq!(host.family, libc::AF_INET);
        assert_eq!(host.name, b"127.0.0.1");
        assert_eq!(host.addresses, [[127, 0, 0, 1]]);
    }

    #[test]
    fn what_is_in_no_database_is_not_found() {
        assert_eq!(getservbyname(c"no such service", Some(c"tcp")), None);
        assert_eq!(getservbyport(1, Some(c"no such protocol")), None);
        assert_eq!(getprotobyname(c"no such protocol"), None);
        assert!(gethostbyaddr(&[0; 3], libc::AF_INET).is_err());
    }
}
