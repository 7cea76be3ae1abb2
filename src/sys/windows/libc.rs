//! Winsock by the names and the types of POSIX: what the files that are shared with
//! Unix know as `libc`. Numbers are those of Winsock: an error's too, so that
//! `EAGAIN` here is `WSAEWOULDBLOCK`. See the Winsock reference.
//!
//! Must not know what any of the calls is for.
#![expect(unsafe_code, reason = "Winsock is a C library")]
#![expect(non_camel_case_types, reason = "the names are those of the libc crate")]

use std::ffi::{c_char, c_int, c_ushort, c_void};

use windows_sys::Win32::Networking::WinSock as ws;

/// A socket's handle, in the sign in which -1 is none.
pub(crate) type Handle = isize;
pub(crate) type sa_family_t = c_ushort;
pub(crate) type sockaddr = ws::SOCKADDR;
pub(crate) type sockaddr_in = ws::SOCKADDR_IN;
pub(crate) type sockaddr_storage = ws::SOCKADDR_STORAGE;
pub(crate) type socklen_t = c_int;

pub(crate) const AF_UNSPEC: c_int = 0;
pub(crate) const AF_INET: c_int = 2;
pub(crate) const AF_INET6: c_int = 23;
pub(crate) const SOCK_STREAM: c_int = 1;
pub(crate) const SOCK_DGRAM: c_int = 2;
pub(crate) const SOCK_RAW: c_int = 3;
pub(crate) const IPPROTO_TCP: c_int = 6;
pub(crate) const IPPROTO_UDP: c_int = 17;

pub(crate) const MSG_OOB: c_int = 0x1;
pub(crate) const MSG_PEEK: c_int = 0x2;
pub(crate) const MSG_WAITALL: c_int = 0x8;

pub(crate) const SOL_SOCKET: c_int = 0xffff;
pub(crate) const SO_LINGER: c_int = 0x80;
pub(crate) const SO_RCVLOWAT: c_int = 0x1004;
pub(crate) const SO_ERROR: c_int = 0x1007;
pub(crate) const SO_TYPE: c_int = 0x1008;

pub(crate) const AI_PASSIVE: c_int = 0x1;
pub(crate) const AI_NUMERICHOST: c_int = 0x4;
pub(crate) const AI_NUMERICSERV: c_int = 0x8;
pub(crate) const NI_NUMERICHOST: c_int = 2;
pub(crate) const NI_NUMERICSERV: c_int = 8;
pub(crate) const NI_DGRAM: c_int = 16;
pub(crate) const EAI_NONAME: c_int = ws::WSAHOST_NOT_FOUND;
pub(crate) const EAI_SERVICE: c_int = ws::WSATYPE_NOT_FOUND;

pub(crate) const EACCES: c_int = ws::WSAEACCES;
pub(crate) const EAFNOSUPPORT: c_int = ws::WSAEAFNOSUPPORT;
pub(crate) const EAGAIN: c_int = ws::WSAEWOULDBLOCK;
pub(crate) const EALREADY: c_int = ws::WSAEALREADY;
/// What Winsock says of a handle that is closed, or is no socket.
pub(crate) const EBADF: c_int = ws::WSAENOTSOCK;
/// `ERROR_BUSY`.
pub(crate) const EBUSY: c_int = 170;
pub(crate) const ECONNABORTED: c_int = ws::WSAECONNABORTED;
pub(crate) const ECONNREFUSED: c_int = ws::WSAECONNREFUSED;
pub(crate) const ECONNRESET: c_int = ws::WSAECONNRESET;
pub(crate) const EINPROGRESS: c_int = ws::WSAEINPROGRESS;
pub(crate) const EINTR: c_int = ws::WSAEINTR;
pub(crate) const EINVAL: c_int = ws::WSAEINVAL;
pub(crate) const EISCONN: c_int = ws::WSAEISCONN;
pub(crate) const ENOTSOCK: c_int = ws::WSAENOTSOCK;
pub(crate) const ESHUTDOWN: c_int = ws::WSAESHUTDOWN;
pub(crate) const ETIMEDOUT: c_int = ws::WSAETIMEDOUT;
pub(crate) const EWOULDBLOCK: c_int = ws::WSAEWOULDBLOCK;

/// The most bytes that one call takes.
fn room(len: usize) -> c_int {
    c_int::try_from(len).unwrap_or(c_int::MAX)
}

/// recvfrom.
///
/// # Safety
/// As for recvfrom(2): the buffer is valid for writes of its length, and the address
/// is null or offered with its own room.
pub(crate) unsafe fn recvfrom(
    fd: Handle,
    buffer: *mut c_void,
    len: usize,
    flags: c_int,
    addr: *mut sockaddr,
    addr_len: *mut socklen_t,
) -> isize {
    let (fd, buffer) = (fd.cast_unsigned(), buffer.cast());
    // SAFETY: the caller's contract; the room is never more than the buffer's.
    match unsafe { ws::recvfrom(fd, buffer, room(len), flags, addr, addr_len) } {
        count if count >= 0 => isize::try_from(count).unwrap_or(-1),
        _ => -1,
    }
}

/// sendto.
///
/// # Safety
/// As for sendto(2): the buffer is valid for reads of its length, and the address is
/// null or has the length beside it.
pub(crate) unsafe fn sendto(
    fd: Handle,
    buffer: *const c_void,
    len: usize,
    flags: c_int,
    addr: *const sockaddr,
    addr_len: socklen_t,
) -> isize {
    let (fd, buffer) = (fd.cast_unsigned(), buffer.cast());
    // SAFETY: the caller's contract; the room is never more than the buffer's.
    match unsafe { ws::sendto(fd, buffer, room(len), flags, addr, addr_len) } {
        count if count >= 0 => isize::try_from(count).unwrap_or(-1),
        _ => -1,
    }
}

/// getsockopt.
///
/// # Safety
/// As for getsockopt(2): the value is valid for writes of the length behind `len`.
pub(crate) unsafe fn getsockopt(
    fd: Handle,
    level: c_int,
    name: c_int,
    value: *mut c_void,
    len: *mut socklen_t,
) -> c_int {
    // SAFETY: the caller's contract.
    unsafe { ws::getsockopt(fd.cast_unsigned(), level, name, value.cast(), len) }
}

/// setsockopt.
///
/// # Safety
/// As for setsockopt(2): the value is null, or valid for reads of its length.
pub(crate) unsafe fn setsockopt(
    fd: Handle,
    level: c_int,
    name: c_int,
    value: *const c_void,
    len: socklen_t,
) -> c_int {
    // SAFETY: the caller's contract.
    unsafe { ws::setsockopt(fd.cast_unsigned(), level, name, value.cast(), len) }
}

/// `ADDRINFOA`, whose strings are those of C.
#[repr(C)]
#[expect(clippy::struct_field_names, reason = "C has one space for all fields")]
pub(crate) struct addrinfo {
    pub(crate) ai_flags: c_int,
    pub(crate) ai_family: c_int,
    pub(crate) ai_socktype: c_int,
    pub(crate) ai_protocol: c_int,
    /// `size_t`, of which no address needs the upper half.
    pub(crate) ai_addrlen: isize,
    pub(crate) ai_canonname: *mut c_char,
    pub(crate) ai_addr: *mut sockaddr,
    pub(crate) ai_next: *mut addrinfo,
}

const _: () = {
    assert!(size_of::<addrinfo>() == size_of::<ws::ADDRINFOA>());
    assert!(
        std::mem::offset_of!(addrinfo, ai_addr) == std::mem::offset_of!(ws::ADDRINFOA, ai_addr)
    );
};

/// getaddrinfo.
///
/// # Safety
/// As for getaddrinfo(3): both strings are null or end in NUL.
pub(crate) unsafe fn getaddrinfo(
    host: *const c_char,
    service: *const c_char,
    hints: *const addrinfo,
    list: *mut *mut addrinfo,
) -> c_int {
    let (hints, list) = (hints.cast(), list.cast());
    // SAFETY: the caller's contract, and `addrinfo` is laid out as `ADDRINFOA`.
    unsafe { ws::getaddrinfo(host.cast(), service.cast(), hints, list) }
}

/// freeaddrinfo.
///
/// # Safety
/// The list is getaddrinfo's, and is not used any more.
pub(crate) unsafe fn freeaddrinfo(list: *mut addrinfo) {
    // SAFETY: the caller's contract.
    unsafe { ws::freeaddrinfo(list.cast()) };
}

/// getnameinfo.
///
/// # Safety
/// As for getnameinfo(3): address and buffers have the lengths beside them.
pub(crate) unsafe fn getnameinfo(
    addr: *const sockaddr,
    addr_len: socklen_t,
    host: *mut c_char,
    host_len: u32,
    service: *mut c_char,
    service_len: u32,
    flags: c_int,
) -> c_int {
    let (host, service) = (host.cast(), service.cast());
    // SAFETY: the caller's contract.
    unsafe { ws::getnameinfo(addr, addr_len, host, host_len, service, service_len, flags) }
}

/// `HOSTENT`, whose strings are those of C.
#[repr(C)]
#[derive(Clone, Copy)]
#[expect(clippy::struct_field_names, reason = "C has one space for all fields")]
pub(crate) struct hostent {
    pub(crate) h_name: *mut c_char,
    pub(crate) h_aliases: *mut *mut c_char,
    pub(crate) h_addrtype: i16,
    pub(crate) h_length: i16,
    pub(crate) h_addr_list: *mut *mut c_char,
}

const _: () = assert!(size_of::<hostent>() == size_of::<ws::HOSTENT>());
