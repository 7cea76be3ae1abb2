//! The resolver: getaddrinfo(3), getnameinfo(3) and their error texts, and the
//! name of this host: gethostname(2), sethostname(2).
//!
//! Every result is an owned value: what C allocated is copied and freed before a
//! function here returns. The first two may wait, for as long as the system's
//! resolver likes.
#![expect(unsafe_code, reason = "the resolver is a C library")]

use std::ffi::{CStr, c_int};
use std::ptr;

use crate::sys::errno::Errno;
#[cfg(unix)]
use crate::sys::errno::check;
use crate::sys::ffi::{self, AddrInfo};
use crate::sys::libc;
use crate::sys::pointer::Pointer;
#[cfg(unix)]
use crate::sys::pointer::Text;
use crate::sys::storage::RawAddr;

/// Why getaddrinfo or getnameinfo failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// An `EAI_` code.
    Code(c_int),
    /// `EAI_SYSTEM`: the error number that it stands for.
    Sys(Errno),
}

impl Failure {
    fn of(code: c_int) -> Self {
        #[cfg(unix)]
        if code == libc::EAI_SYSTEM {
            return Self::Sys(Errno::last());
        }
        Self::Code(code)
    }
}

/// The hints of a lookup; 0 means any.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Hints {
    pub(crate) family: c_int,
    pub(crate) kind: c_int,
    pub(crate) proto: c_int,
    pub(crate) flags: c_int,
}

/// One result of a lookup.
#[derive(Clone)]
pub(crate) struct Info {
    pub(crate) family: c_int,
    pub(crate) kind: c_int,
    pub(crate) proto: c_int,
    pub(crate) canonname: Vec<u8>,
    pub(crate) addr: RawAddr,
}

/// A list of the resolver's, freed when dropped.
struct List(Pointer<AddrInfo>);

impl Drop for List {
    fn drop(&mut self) {
        let list = std::mem::take(&mut self.0);
        if list.get().is_some() {
            // SAFETY: the list came from getaddrinfo, is freed only here, and
            // nothing that this file returns points into it.
            unsafe { ffi::freeaddrinfo(list) };
        }
    }
}

/// getaddrinfo(3).
pub(crate) fn getaddrinfo(
    host: Option<&CStr>,
    service: Option<&CStr>,
    hints: Hints,
) -> Result<Vec<Info>, Failure> {
    let wanted = AddrInfo::hints(hints.flags, hints.family, hints.kind, hints.proto);
    let mut list = List(Pointer::NULL);
    // SAFETY: both strings are null or end in NUL, the hints live past the call, and the
    // list's head is ours to be written: with a list that is whole until `list` drops.
    let code = unsafe {
        ffi::getaddrinfo(
            host.map_or(ptr::null(), CStr::as_ptr),
            service.map_or(ptr::null(), CStr::as_ptr),
            &raw const wanted,
            &raw mut list.0,
        )
    };
    if code != 0 {
        return Err(Failure::of(code));
    }
    let mut infos = Vec::new();
    let mut at = list.0.get();
    while let Some(node) = at {
        infos.push(Info {
            family: node.family,
            kind: node.kind,
            proto: node.proto,
            canonname: node.canonname.to_vec(),
            addr: RawAddr::from_bytes(node.addr()).map_err(Failure::Sys)?,
        });
        at = node.next.get();
    }
    Ok(infos)
}

const HOST_ROOM: usize = 1025;
const SERVICE_ROOM: usize = 32;

/// The bytes before the first NUL.
fn before_nul(buffer: &[u8]) -> Vec<u8> {
    let text = buffer.split(|byte| *byte == 0).next();
    text.unwrap_or(&[]).to_vec()
}

/// getnameinfo(3): host and service, as bytes.
pub(crate) fn getnameinfo(addr: &RawAddr, flags: c_int) -> Result<(Vec<u8>, Vec<u8>), Failure> {
    let mut host = [0_u8; HOST_ROOM];
    let mut service = [0_u8; SERVICE_ROOM];
    let host_room = length(HOST_ROOM).map_err(Failure::Sys)?;
    let service_room = length(SERVICE_ROOM).map_err(Failure::Sys)?;
    // SAFETY: the address and both buffers are passed with their own lengths,
    // and the buffers are ours to be written.
    let code = unsafe {
        libc::getnameinfo(
            addr.as_ptr(),
            addr.socklen(),
            host.as_mut_ptr().cast(),
            host_room,
            service.as_mut_ptr().cast(),
            service_room,
            flags,
        )
    };
    if code != 0 {
        return Err(Failure::of(code));
    }
    Ok((before_nul(&host), before_nul(&service)))
}

#[cfg(windows)]
#[path = "windows/resolve.rs"]
mod windows;
#[cfg(windows)]
pub(crate) use windows::{gai_strerror, gethostname, hstrerror};

/// The text of a number by one of the calls that have one for each.
#[cfg(unix)]
fn constant(call: extern "system" fn(c_int) -> Text, code: c_int) -> String {
    String::from_utf8_lossy(&call(code).to_vec()).into_owned()
}

/// The text of an `EAI_` code.
#[cfg(unix)]
pub(crate) fn gai_strerror(code: c_int) -> String {
    constant(ffi::gai_strerror, code)
}

/// The text of an `h_errno`.
#[cfg(unix)]
pub(crate) fn hstrerror(code: c_int) -> String {
    constant(ffi::hstrerror, code)
}

/// A length in the type that the call takes, which differs between systems.
fn length<T: TryFrom<usize>>(len: usize) -> Result<T, Errno> {
    T::try_from(len).map_err(|_| Errno::EINVAL)
}

/// gethostname(2).
#[cfg(unix)]
pub(crate) fn gethostname() -> Result<Vec<u8>, Errno> {
    let mut name = [0_u8; HOST_ROOM];
    // SAFETY: the call writes at most the length that it is given.
    check(unsafe { libc::gethostname(name.as_mut_ptr().cast(), HOST_ROOM) })?;
    Ok(before_nul(&name))
}

/// sethostname(2).
#[cfg(unix)]
pub(crate) fn sethostname(name: &[u8]) -> Result<(), Errno> {
    let len = length(name.len())?;
    // SAFETY: the name and its own length.
    check(unsafe { libc::sethostname(name.as_ptr().cast(), len) }).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HINTS: Hints = Hints {
        family: libc::AF_UNSPEC,
        kind: libc::SOCK_STREAM,
        proto: 0,
        flags: libc::AI_NUMERICHOST | libc::AI_NUMERICSERV,
    };

    #[test]
    fn a_literal_resolves_and_gives_its_text_back() {
        for host in [c"127.0.0.1", c"::1"] {
            let infos = getaddrinfo(Some(host), Some(c"80"), HINTS).unwrap();
            let [info] = infos.as_slice() else {
                unreachable!("one address of one kind");
            };
            let flags = libc::NI_NUMERICHOST | libc::NI_NUMERICSERV;
            let (text, port) = getnameinfo(&info.addr, flags).unwrap();
            assert_eq!(
                (text.as_slice(), port.as_slice()),
                (host.to_bytes(), &b"80"[..])
            );
        }
    }

    #[test]
    fn what_is_no_literal_has_a_code_and_a_text() {
        let failure = getaddrinfo(Some(c"no literal"), None, HINTS).err();
        assert_eq!(failure, Some(Failure::Code(libc::EAI_NONAME)));
        assert!(!gai_strerror(libc::EAI_NONAME).is_empty());
        assert!(!hstrerror(1).is_empty());
    }
}
