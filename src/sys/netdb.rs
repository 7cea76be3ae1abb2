//! The databases of hosts, services and protocols: gethostbyname(3),
//! getservent(3), getprotoent(3).
//!
//! Linux has forms that write into the caller's buffer, so any number of threads
//! may look up at once. Elsewhere the answer is in static memory: one thread at a
//! time calls and copies. Every answer is an owned value. All of these may wait.
#![expect(unsafe_code, reason = "the databases answer in C structs")]

use std::ffi::{CStr, c_char, c_int};
use std::ptr;

use crate::sys::copy::{each, memory, text};

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
    system::getservbyname(name, proto)
}

/// getservbyport(3): the service's name.
pub(crate) fn getservbyport(port: u16, proto: Option<&CStr>) -> Option<Vec<u8>> {
    system::getservbyport(c_int::from(port.to_be()), proto)
}

/// getprotobyname(3): the protocol's number.
pub(crate) fn getprotobyname(name: &CStr) -> Option<c_int> {
    system::getprotobyname(name)
}

/// # Safety
/// The pointer is null, or to an entry that one of the calls filled in.
unsafe fn host(entry: *const libc::hostent) -> Option<Host> {
    // SAFETY: the caller's contract.
    let entry = unsafe { entry.as_ref() }?;
    let len = usize::try_from(entry.h_length).unwrap_or(0);
    // SAFETY: the calls end names with NUL.
    let name = unsafe { text(entry.h_name) };
    // SAFETY: the aliases are an array that ends in null.
    let aliases = unsafe { each(entry.h_aliases) };
    // SAFETY: and so are the addresses.
    let addresses = unsafe { each(entry.h_addr_list) };
    Some(Host {
        family: c_int::from(entry.h_addrtype),
        name,
        aliases: aliases
            .into_iter()
            // SAFETY: the calls end names with NUL.
            .map(|alias| unsafe { text(alias) })
            .collect(),
        addresses: addresses
            .into_iter()
            // SAFETY: each address has the entry's length.
            .map(|address| unsafe { memory(address.cast(), len) })
            .collect(),
    })
}

/// # Safety
/// The pointer is null, or to an entry that one of the calls filled in.
unsafe fn port(entry: *const libc::servent) -> Option<u16> {
    // SAFETY: the caller's contract.
    let entry = unsafe { entry.as_ref() }?;
    // The int holds the 16 bits as they are in memory, in network order.
    u16::try_from(entry.s_port).ok().map(u16::from_be)
}

/// # Safety
/// The pointer is null, or to an entry that one of the calls filled in.
unsafe fn service(entry: *const libc::servent) -> Option<Vec<u8>> {
    // SAFETY: the caller's contract.
    let entry = unsafe { entry.as_ref() }?;
    // SAFETY: the calls end names with NUL.
    Some(unsafe { text(entry.s_name) })
}

/// # Safety
/// The pointer is null, or to an entry that one of the calls filled in.
unsafe fn protocol(entry: *const libc::protoent) -> Option<c_int> {
    // SAFETY: the caller's contract.
    let entry = unsafe { entry.as_ref() }?;
    Some(entry.p_proto)
}

fn optional(text: Option<&CStr>) -> *const c_char {
    text.map_or(ptr::null(), CStr::as_ptr)
}

#[cfg(target_os = "linux")]
mod system {
    use std::ffi::c_void;
    use std::mem::MaybeUninit;

    use super::{CStr, Host, c_char, c_int, host, optional, port, protocol, ptr, service};

    unsafe extern "C" {
        // glibc's and musl's, and not among libc's bindings.
        fn gethostbyname_r(
            name: *const c_char,
            entry: *mut libc::hostent,
            buffer: *mut c_char,
            len: libc::size_t,
            result: *mut *mut libc::hostent,
            h_errno: *mut c_int,
        ) -> c_int;
        fn gethostbyaddr_r(
            address: *const c_void,
            address_len: libc::socklen_t,
            family: c_int,
            entry: *mut libc::hostent,
            buffer: *mut c_char,
            len: libc::size_t,
            result: *mut *mut libc::hostent,
            h_errno: *mut c_int,
        ) -> c_int;
        fn getservbyname_r(
            name: *const c_char,
            proto: *const c_char,
            entry: *mut libc::servent,
            buffer: *mut c_char,
            len: libc::size_t,
            result: *mut *mut libc::servent,
        ) -> c_int;
        fn getservbyport_r(
            port: c_int,
            proto: *const c_char,
            entry: *mut libc::servent,
            buffer: *mut c_char,
            len: libc::size_t,
            result: *mut *mut libc::servent,
        ) -> c_int;
        #[cfg(not(target_env = "musl"))]
        fn getprotobyname_r(
            name: *const c_char,
            entry: *mut libc::protoent,
            buffer: *mut c_char,
            len: libc::size_t,
            result: *mut *mut libc::protoent,
        ) -> c_int;
    }

    const FIRST_ROOM: usize = 1024;
    const MOST_ROOM: usize = 1024 * 1024;

    /// Calls with an entry, a buffer and a place for the result, with a bigger
    /// buffer while the answer is `ERANGE`. `read` copies before the buffer goes.
    fn growing<E, T>(
        mut call: impl FnMut(*mut E, *mut c_char, usize, *mut *mut E) -> c_int,
        read: impl Fn(*const E) -> Option<T>,
    ) -> Option<T> {
        let mut room = FIRST_ROOM;
        loop {
            let mut entry = MaybeUninit::<E>::uninit();
            let mut buffer: Vec<c_char> = vec![0; room];
            let mut result = ptr::null_mut();
            let code = call(
                entry.as_mut_ptr(),
                buffer.as_mut_ptr(),
                buffer.len(),
                &raw mut result,
            );
            if code != libc::ERANGE || room >= MOST_ROOM {
                return read(result);
            }
            room *= 2;
        }
    }

    pub(super) fn gethostbyname(name: &CStr) -> Result<Host, c_int> {
        let mut h_errno = 0;
        growing(
            |entry, buffer, len, result| {
                // SAFETY: the name ends in NUL; entry, buffer with its length and
                // result are the caller's own, to be written.
                unsafe {
                    gethostbyname_r(name.as_ptr(), entry, buffer, len, result, &raw mut h_errno)
                }
            },
            // SAFETY: null, or the entry that the call filled in.
            |entry| unsafe { host(entry) },
        )
        .ok_or(h_errno)
    }

    pub(super) fn gethostbyaddr(address: &[u8], family: c_int) -> Result<Host, c_int> {
        let mut h_errno = 0;
        let address_len = libc::socklen_t::try_from(address.len()).unwrap_or(0);
        growing(
            |entry, buffer, len, result| {
                // SAFETY: as above; the address has its own length.
                unsafe {
                    gethostbyaddr_r(
                        address.as_ptr().cast(),
                        address_len,
                        family,
                        entry,
                        buffer,
                        len,
                        result,
                        &raw mut h_errno,
                    )
                }
            },
            // SAFETY: null, or the entry that the call filled in.
            |entry| unsafe { host(entry) },
        )
        .ok_or(h_errno)
    }

    pub(super) fn getservbyname(name: &CStr, proto: Option<&CStr>) -> Option<u16> {
        let proto = optional(proto);
        growing(
            // SAFETY: as above; the protocol is null or ends in NUL.
            |entry, buffer, len, result| unsafe {
                getservbyname_r(name.as_ptr(), proto, entry, buffer, len, result)
            },
            // SAFETY: null, or the entry that the call filled in.
            |entry| unsafe { port(entry) },
        )
    }

    pub(super) fn getservbyport(number: c_int, proto: Option<&CStr>) -> Option<Vec<u8>> {
        let proto = optional(proto);
        growing(
            // SAFETY: as above.
            |entry, buffer, len, result| unsafe {
                getservbyport_r(number, proto, entry, buffer, len, result)
            },
            // SAFETY: null, or the entry that the call filled in.
            |entry| unsafe { service(entry) },
        )
    }

    #[cfg(not(target_env = "musl"))]
    pub(super) fn getprotobyname(name: &CStr) -> Option<c_int> {
        growing(
            // SAFETY: as above.
            |entry, buffer, len, result| unsafe {
                getprotobyname_r(name.as_ptr(), entry, buffer, len, result)
            },
            // SAFETY: null, or the entry that the call filled in.
            |entry| unsafe { protocol(entry) },
        )
    }

    /// musl's answer is in a constant table, but its iterator is shared.
    #[cfg(target_env = "musl")]
    pub(super) fn getprotobyname(name: &CStr) -> Option<c_int> {
        static ONE_AT_A_TIME: std::sync::Mutex<()> = std::sync::Mutex::new(());
        let _held = ONE_AT_A_TIME.lock();
        // SAFETY: the name ends in NUL, and no other thread here makes this call.
        let entry = unsafe { libc::getprotobyname(name.as_ptr()) };
        // SAFETY: null, or the static entry, which only such a call changes.
        unsafe { protocol(entry) }
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use std::ffi::c_void;
    use std::sync::Mutex;

    use super::{CStr, Host, c_char, c_int, host, optional, port, protocol, service};

    unsafe extern "C" {
        // POSIX's of 2001, and not among libc's bindings.
        #[link_name = "gethostbyname"]
        fn host_by_name(name: *const c_char) -> *mut libc::hostent;
        #[link_name = "gethostbyaddr"]
        fn host_by_address(
            address: *const c_void,
            len: libc::socklen_t,
            family: c_int,
        ) -> *mut libc::hostent;
    }

    /// The answers are in memory that all such calls share.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    /// Not every system tells its `h_errno` by the same symbol; this is the usual one.
    const HOST_NOT_FOUND: c_int = 1;

    pub(super) fn gethostbyname(name: &CStr) -> Result<Host, c_int> {
        let _held = ONE_AT_A_TIME.lock();
        // SAFETY: the name ends in NUL, and no other thread here makes such a call.
        let entry = unsafe { host_by_name(name.as_ptr()) };
        // SAFETY: null, or the static entry, which only such a call changes.
        unsafe { host(entry) }.ok_or(HOST_NOT_FOUND)
    }

    pub(super) fn gethostbyaddr(address: &[u8], family: c_int) -> Result<Host, c_int> {
        let _held = ONE_AT_A_TIME.lock();
        let len = libc::socklen_t::try_from(address.len()).unwrap_or(0);
        // SAFETY: as above; the address has its own length.
        let entry = unsafe { host_by_address(address.as_ptr().cast(), len, family) };
        // SAFETY: as above.
        unsafe { host(entry) }.ok_or(HOST_NOT_FOUND)
    }

    pub(super) fn getservbyname(name: &CStr, proto: Option<&CStr>) -> Option<u16> {
        let _held = ONE_AT_A_TIME.lock();
        // SAFETY: as above; the protocol is null or ends in NUL.
        let entry = unsafe { libc::getservbyname(name.as_ptr(), optional(proto)) };
        // SAFETY: as above.
        unsafe { port(entry) }
    }

    pub(super) fn getservbyport(number: c_int, proto: Option<&CStr>) -> Option<Vec<u8>> {
        let _held = ONE_AT_A_TIME.lock();
        // SAFETY: as above.
        let entry = unsafe { libc::getservbyport(number, optional(proto)) };
        // SAFETY: as above.
        unsafe { service(entry) }
    }

    pub(super) fn getprotobyname(name: &CStr) -> Option<c_int> {
        let _held = ONE_AT_A_TIME.lock();
        // SAFETY: as above.
        let entry = unsafe { libc::getprotobyname(name.as_ptr()) };
        // SAFETY: as above.
        unsafe { protocol(entry) }
    }
}
