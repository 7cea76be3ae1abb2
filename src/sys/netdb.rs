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
    system::service_by_name(name, proto)?.port
}

/// getservbyport(3): the service's name.
pub(crate) fn getservbyport(port: u16, proto: Option<&CStr>) -> Option<Vec<u8>> {
    let service = system::service_by_port(c_int::from(port.to_be()), proto)?;
    Some(service.name)
}

/// getprotobyname(3): the protocol's number.
pub(crate) fn getprotobyname(name: &CStr) -> Option<c_int> {
    system::getprotobyname(name)
}

/// An entry of a database, as C has it.
trait Entry {
    type Answer;

    /// A copy of what the entry says.
    ///
    /// # Safety
    /// One of the calls has filled the entry in, and nobody changes it meanwhile.
    unsafe fn read(&self) -> Self::Answer;
}

impl Entry for libc::hostent {
    type Answer = Host;

    unsafe fn read(&self) -> Host {
        let len = usize::try_from(self.h_length).unwrap_or(0);
        // SAFETY: the aliases are an array that ends in null.
        let aliases = unsafe { each(self.h_aliases) };
        // SAFETY: and so are the addresses.
        let addresses = unsafe { each(self.h_addr_list) };
        // SAFETY: the calls end names with NUL.
        let name_at = |name| unsafe { text(name) };
        // SAFETY: each address has the entry's length.
        let address_at = |address: &*const c_char| unsafe { memory(address.cast(), len) };
        Host {
            family: c_int::from(self.h_addrtype),
            name: name_at(self.h_name),
            aliases: aliases.into_iter().map(name_at).collect(),
            addresses: addresses.iter().map(address_at).collect(),
        }
    }
}

/// An entry of the database of services.
struct Service {
    name: Vec<u8>,
    port: Option<u16>,
}

#[cfg(unix)]
impl Entry for libc::servent {
    type Answer = Service;

    unsafe fn read(&self) -> Service {
        Service {
            // SAFETY: the calls end names with NUL.
            name: unsafe { text(self.s_name) },
            // The int holds the 16 bits as they are in memory, in network order.
            port: u16::try_from(self.s_port).ok().map(u16::from_be),
        }
    }
}

#[cfg(unix)]
impl Entry for libc::protoent {
    type Answer = c_int;

    unsafe fn read(&self) -> c_int {
        self.p_proto
    }
}

/// # Safety
/// The pointer is null, or to an entry that one of the calls filled in.
unsafe fn answer<E: Entry>(entry: *const E) -> Option<E::Answer> {
    // SAFETY: the caller's contract.
    let entry = unsafe { entry.as_ref() }?;
    // SAFETY: as above.
    Some(unsafe { entry.read() })
}

fn optional(text: Option<&CStr>) -> *const c_char {
    text.map_or(ptr::null(), CStr::as_ptr)
}

#[cfg(target_os = "linux")]
mod system {
    use std::ffi::c_void;
    use std::mem::MaybeUninit;

    use super::{CStr, Entry, Host, Service, answer, c_char, c_int, optional, ptr};

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
    /// buffer while the answer is `ERANGE`; copies before the buffer goes.
    fn growing<E: Entry>(
        mut call: impl FnMut(*mut E, *mut c_char, usize, *mut *mut E) -> c_int,
    ) -> Option<E::Answer> {
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
                // SAFETY: null, or the entry that the call filled in.
                return unsafe { answer(result) };
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
            unsafe { gethostbyname_r(name.as_ptr(), entry, buffer, len, result, h_errno_ptr) }
        });
        found.ok_or(h_errno)
    }

    pub(super) fn gethostbyaddr(address: &[u8], family: c_int) -> Result<Host, c_int> {
        let mut h_errno = 0;
        let h_errno_ptr = &raw mut h_errno;
        let address_len = libc::socklen_t::try_from(address.len()).unwrap_or(0);
        let found = growing(|entry, buffer, len, result| {
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
                    h_errno_ptr,
                )
            }
        });
        found.ok_or(h_errno)
    }

    pub(super) fn service_by_name(name: &CStr, proto: Option<&CStr>) -> Option<Service> {
        let proto = optional(proto);
        growing(|entry, buffer, len, result| {
            // SAFETY: as above; the protocol is null or ends in NUL.
            unsafe { getservbyname_r(name.as_ptr(), proto, entry, buffer, len, result) }
        })
    }

    pub(super) fn service_by_port(number: c_int, proto: Option<&CStr>) -> Option<Service> {
        let proto = optional(proto);
        growing(|entry, buffer, len, result| {
            // SAFETY: as above.
            unsafe { getservbyport_r(number, proto, entry, buffer, len, result) }
        })
    }

    #[cfg(not(target_env = "musl"))]
    pub(super) fn getprotobyname(name: &CStr) -> Option<c_int> {
        growing(|entry, buffer, len, result| {
            // SAFETY: as above.
            unsafe { getprotobyname_r(name.as_ptr(), entry, buffer, len, result) }
        })
    }

    /// musl's answer is in a constant table, but its iterator is shared.
    #[cfg(target_env = "musl")]
    pub(super) fn getprotobyname(name: &CStr) -> Option<c_int> {
        static ONE_AT_A_TIME: std::sync::Mutex<()> = std::sync::Mutex::new(());
        let _held = ONE_AT_A_TIME.lock();
        // SAFETY: the name ends in NUL, and no other thread here makes this call.
        let entry = unsafe { libc::getprotobyname(name.as_ptr()) };
        // SAFETY: null, or the static entry, which only such a call changes.
        unsafe { answer(entry) }
    }
}

#[cfg(windows)]
#[path = "windows/netdb.rs"]
mod system;

#[cfg(all(unix, not(target_os = "linux")))]
mod system {
    use std::ffi::c_void;
    use std::sync::Mutex;

    use super::{CStr, Entry, Host, Service, answer, c_char, c_int, optional};

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

    /// Calls while no other thread does, and copies the answer.
    fn alone<E: Entry>(call: impl FnOnce() -> *mut E) -> Option<E::Answer> {
        let _held = ONE_AT_A_TIME.lock();
        // SAFETY: null, or the static entry, which only such a call changes.
        unsafe { answer(call()) }
    }

    pub(super) fn gethostbyname(name: &CStr) -> Result<Host, c_int> {
        // SAFETY: the name ends in NUL, and no other thread here makes such a call.
        alone(|| unsafe { host_by_name(name.as_ptr()) }).ok_or(HOST_NOT_FOUND)
    }

    pub(super) fn gethostbyaddr(address: &[u8], family: c_int) -> Result<Host, c_int> {
        let len = libc::socklen_t::try_from(address.len()).unwrap_or(0);
        // SAFETY: as above; the address has its own length.
        alone(|| unsafe { host_by_address(address.as_ptr().cast(), len, family) })
            .ok_or(HOST_NOT_FOUND)
    }

    pub(super) fn service_by_name(name: &CStr, proto: Option<&CStr>) -> Option<Service> {
        // SAFETY: as above; the protocol is null or ends in NUL.
        alone(|| unsafe { libc::getservbyname(name.as_ptr(), optional(proto)) })
    }

    pub(super) fn service_by_port(number: c_int, proto: Option<&CStr>) -> Option<Service> {
        // SAFETY: as above.
        alone(|| unsafe { libc::getservbyport(number, optional(proto)) })
    }

    pub(super) fn getprotobyname(name: &CStr) -> Option<c_int> {
        // SAFETY: as above.
        alone(|| unsafe { libc::getprotobyname(name.as_ptr()) })
    }
}
