//! Functions of the C library, and the structs of its name service, by types that say
//! what they take and return: where that is all that must hold, the function is safe.
//! See getaddrinfo(3), gethostbyname(3), getservent(3), getprotoent(3), if_nameindex(3),
//! listen(2), dladdr(3), pthread_atfork(3), and the Winsock reference.
//!
//! Must not know what is asked, nor which threads may ask at a time.
#![expect(unsafe_code, reason = "libc's own types are bare pointers")]

#[cfg(unix)]
use std::ffi::c_uint;
use std::ffi::{c_char, c_int, c_void};
use std::mem::offset_of;

use crate::sys::libc;
#[cfg(unix)]
use crate::sys::pointer::Item;
use crate::sys::pointer::{Array, Pointer, Text};

#[cfg(unix)]
type Length = libc::socklen_t;
/// `size_t`, of which no address needs the upper half.
#[cfg(windows)]
type Length = isize;
/// The type of fields that are an int in POSIX and a short in Winsock.
#[cfg(unix)]
type Number = c_int;
#[cfg(windows)]
type Number = i16;

/// Holds at compile time that a struct of ours is one of C's, field by field where only
/// the system's headers say which comes first.
macro_rules! laid_out_as {
    ($ours:ident = $theirs:ident { $($field:ident = $of_theirs:ident),* $(,)? }) => {
        const _: () = {
            assert!(size_of::<$ours>() == size_of::<libc::$theirs>());
            $(assert!(offset_of!($ours, $field) == offset_of!(libc::$theirs, $of_theirs));)*
        };
    };
}

/// `addrinfo`: an entry in the list of getaddrinfo, or hints for it.
#[repr(C)]
#[derive(Default)]
pub(crate) struct AddrInfo {
    flags: c_int,
    pub(crate) family: c_int,
    pub(crate) kind: c_int,
    pub(crate) proto: c_int,
    addr_len: Length,
    #[cfg(not(target_os = "linux"))]
    pub(crate) canonname: Text,
    addr: Pointer<u8>,
    #[cfg(target_os = "linux")]
    pub(crate) canonname: Text,
    pub(crate) next: Pointer<AddrInfo>,
}

impl AddrInfo {
    /// Hints for a lookup.
    pub(crate) fn hints(flags: c_int, family: c_int, kind: c_int, proto: c_int) -> Self {
        Self {
            flags,
            family,
            kind,
            proto,
            ..Self::default()
        }
    }

    /// The address: family, port and so on.
    pub(crate) fn addr(&self) -> &[u8] {
        let len = usize::try_from(self.addr_len).unwrap_or(0);
        match self.addr.get() {
            // SAFETY: the resolver's address is null or has the length beside it; hints,
            // the only ones made here, have none.
            Some(_) => unsafe { std::slice::from_raw_parts(self.addr.raw(), len) },
            None => &[],
        }
    }
}

laid_out_as!(AddrInfo = addrinfo {
    addr_len = ai_addrlen,
    addr = ai_addr,
    canonname = ai_canonname,
    next = ai_next,
});

/// `hostent`: an entry of the database of hosts.
#[repr(C)]
#[derive(Default)]
pub(crate) struct HostEntry {
    pub(crate) name: Text,
    pub(crate) aliases: Array<Text>,
    pub(crate) family: Number,
    len: Number,
    addresses: Array<Pointer<u8>>,
}

impl HostEntry {
    /// The addresses, all of one length.
    pub(crate) fn addresses(&self) -> Vec<Vec<u8>> {
        let len = usize::try_from(self.len).unwrap_or(0);
        self.addresses.map(|address| {
            // SAFETY: an array's items are not null, and each address of an entry has the
            // entry's length.
            unsafe { std::slice::from_raw_parts(address.raw(), len) }.to_vec()
        })
    }
}

laid_out_as!(HostEntry = hostent { family = h_addrtype, len = h_length, addresses = h_addr_list });

/// `servent`: an entry of the database of services.
#[repr(C)]
#[derive(Default)]
pub(crate) struct Service {
    pub(crate) name: Text,
    aliases: Array<Text>,
    #[cfg(all(windows, not(target_arch = "x86")))]
    proto: Text,
    port: Number,
    #[cfg(not(all(windows, not(target_arch = "x86"))))]
    proto: Text,
}

impl Service {
    /// The port; None where it is none.
    pub(crate) fn port(&self) -> Option<u16> {
        // The 16 bits as they are in memory, in network order.
        #[cfg(unix)]
        let port = u16::try_from(self.port).ok();
        #[cfg(windows)]
        let port = Some(self.port.cast_unsigned());
        port.map(u16::from_be)
    }
}

laid_out_as!(Service = servent { aliases = s_aliases, port = s_port, proto = s_proto });

/// `protoent`: an entry of the database of protocols.
#[repr(C)]
#[derive(Default)]
pub(crate) struct Protocol {
    name: Text,
    aliases: Array<Text>,
    pub(crate) number: Number,
}

laid_out_as!(Protocol = protoent { name = p_name, aliases = p_aliases, number = p_proto });

/// `if_nameindex`: an interface.
#[cfg(unix)]
#[repr(C)]
pub(crate) struct Interface {
    pub(crate) index: c_uint,
    pub(crate) name: Text,
}

#[cfg(unix)]
impl Item for Interface {
    fn ends(&self) -> bool {
        self.index == 0 && self.name.ends()
    }
}

#[cfg(unix)]
laid_out_as!(Interface = if_nameindex { name = if_name });

// What is returned by value is valid until the list is freed, or until the next such
// call where the manual says so: it is the caller's to see to that. What is written to
// an entry is valid as long as the buffer beside it.
#[cfg_attr(windows, link(name = "ws2_32", kind = "raw-dylib"))]
unsafe extern "system" {
    pub(crate) fn getaddrinfo(
        host: *const c_char,
        service: *const c_char,
        hints: *const AddrInfo,
        list: *mut Pointer<AddrInfo>,
    ) -> c_int;
    pub(crate) fn freeaddrinfo(list: Pointer<AddrInfo>);

    // These take numbers only, and any.
    pub(crate) safe fn listen(socket: libc::Socket, backlog: c_int) -> c_int;
    pub(crate) safe fn shutdown(socket: libc::Socket, how: c_int) -> c_int;

    // What these return is constant.
    #[cfg(unix)]
    pub(crate) safe fn gai_strerror(code: c_int) -> Text;
    #[cfg(unix)]
    pub(crate) safe fn hstrerror(code: c_int) -> Text;

    // Null, or a list that is whole until it is freed.
    #[cfg(unix)]
    pub(crate) safe fn if_nameindex() -> Array<Interface>;
    #[cfg(unix)]
    pub(crate) fn if_freenameindex(list: Array<Interface>);

    // Each handler is called at every fork from then on.
    #[cfg(unix)]
    pub(crate) safe fn pthread_atfork(
        prepare: Option<extern "C" fn()>,
        parent: Option<extern "C" fn()>,
        child: Option<extern "C" fn()>,
    ) -> c_int;

    // Looks up which library an address belongs to, which may be none.
    #[cfg(direct_calls)]
    pub(crate) safe fn dladdr(address: *const c_void, found: &mut libc::Dl_info) -> c_int;

    // glibc's and musl's, which write into the caller's buffer.
    #[cfg(target_os = "linux")]
    pub(crate) fn gethostbyname_r(
        name: *const c_char,
        entry: *mut HostEntry,
        buffer: *mut c_char,
        len: usize,
        result: *mut *const HostEntry,
        h_errno: *mut c_int,
    ) -> c_int;
    #[cfg(target_os = "linux")]
    pub(crate) fn gethostbyaddr_r(
        address: *const c_void,
        address_len: libc::socklen_t,
        family: c_int,
        entry: *mut HostEntry,
        buffer: *mut c_char,
        len: usize,
        result: *mut *const HostEntry,
        h_errno: *mut c_int,
    ) -> c_int;
    #[cfg(target_os = "linux")]
    pub(crate) fn getservbyname_r(
        name: *const c_char,
        proto: *const c_char,
        entry: *mut Service,
        buffer: *mut c_char,
        len: usize,
        result: *mut *const Service,
    ) -> c_int;
    #[cfg(target_os = "linux")]
    pub(crate) fn getservbyport_r(
        port: c_int,
        proto: *const c_char,
        entry: *mut Service,
        buffer: *mut c_char,
        len: usize,
        result: *mut *const Service,
    ) -> c_int;
    #[cfg(all(target_os = "linux", not(target_env = "musl")))]
    pub(crate) fn getprotobyname_r(
        name: *const c_char,
        entry: *mut Protocol,
        buffer: *mut c_char,
        len: usize,
        result: *mut *const Protocol,
    ) -> c_int;

    // POSIX's of 2001 and Winsock's, in memory of the C library's own.
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn gethostbyname(name: *const c_char) -> Pointer<HostEntry>;
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn gethostbyaddr(
        address: *const c_void,
        len: libc::socklen_t,
        family: c_int,
    ) -> Pointer<HostEntry>;
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn getservbyname(name: *const c_char, proto: *const c_char) -> Pointer<Service>;
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn getservbyport(port: c_int, proto: *const c_char) -> Pointer<Service>;
    #[cfg(any(not(target_os = "linux"), target_env = "musl"))]
    pub(crate) fn getprotobyname(name: *const c_char) -> Pointer<Protocol>;
}
