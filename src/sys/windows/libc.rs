//! Winsock by the names and the types of POSIX: what the files that are shared with
//! Unix know as `libc`. Numbers are those of Winsock: an error's too, so that
//! `EAGAIN` here is `WSAEWOULDBLOCK`. See the Winsock reference.
//!
//! Must not know what any of the calls is for.
#![expect(non_camel_case_types, reason = "the names are those of the libc crate")]

use std::ffi::{c_int, c_ushort};

pub(crate) use windows_sys::Win32::NetworkManagement::IpHelper::{if_indextoname, if_nametoindex};
use windows_sys::Win32::Networking::WinSock as ws;
pub(crate) use windows_sys::Win32::Networking::WinSock::{
    ADDRINFOA as addrinfo, FIONBIO, HOSTENT as hostent, PROTOENT as protoent, SERVENT as servent,
    SOCKET as Socket, accept, bind, closesocket as close, connect, getnameinfo, getpeername,
    getsockname, getsockopt, ioctlsocket as ioctl, recvfrom, sendto, setsockopt,
};

/// A socket's handle, in the sign in which -1 is none.
pub(crate) type Number = isize;
/// What `FIONBIO` reads.
pub(crate) type Flag = u32;
/// A call that takes an address.
pub(crate) type TakesAddress =
    unsafe extern "system" fn(Socket, *const sockaddr, socklen_t) -> c_int;
/// A call that writes an address and its length.
pub(crate) type WritesAddress<R> =
    unsafe extern "system" fn(Socket, *mut sockaddr, *mut socklen_t) -> R;

/// A handle as the calls take it.
pub(crate) const fn as_socket(number: Number) -> Socket {
    number.cast_unsigned()
}

/// A handle as the calls return it.
pub(crate) const fn as_number(socket: Socket) -> Number {
    socket.cast_signed()
}

/// How many of so many bytes one call takes at the most.
pub(crate) fn room(len: usize) -> c_int {
    c_int::try_from(len).unwrap_or(c_int::MAX)
}

pub(crate) type sa_family_t = c_ushort;
pub(crate) type sockaddr = ws::SOCKADDR;
pub(crate) type sockaddr_in = ws::SOCKADDR_IN;
pub(crate) type sockaddr_storage = ws::SOCKADDR_STORAGE;
pub(crate) type socklen_t = c_int;

pub(crate) const AF_UNSPEC: c_int = 0;
pub(crate) const AF_UNIX: c_int = 1;
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

/// `ERROR_INVALID_NAME`: there is no interface of a name.
pub(crate) const ENODEV: c_int = 123;
/// `ERROR_FILE_NOT_FOUND`: there is no interface of a number.
pub(crate) const ENXIO: c_int = 2;
/// `NDIS_IF_MAX_STRING_SIZE` and a NUL.
pub(crate) const IF_NAMESIZE: usize = 257;
