//! What the resolver of Windows has no call for, and the name of this host. See
//! GetComputerNameExW.
#![expect(unsafe_code, reason = "the name comes in a buffer")]

use std::ffi::c_int;

use windows_sys::Win32::System::SystemInformation as info;

use crate::sys::errno::Errno;

const NAME_ROOM: usize = 1024;

/// The text of every error: the system's own are not thread-safe.
pub(crate) fn gai_strerror(_: c_int) -> String {
    "getaddrinfo failed".to_owned()
}

/// The text of every `h_errno`.
pub(crate) fn hstrerror(_: c_int) -> String {
    "host not found".to_owned()
}

/// The name of this host in the domain name system, in UTF-8.
pub(crate) fn gethostname() -> Result<Vec<u8>, Errno> {
    let mut name = [0_u16; NAME_ROOM];
    let mut len = u32::try_from(NAME_ROOM).map_err(|_| Errno::EINVAL)?;
    let kind = info::ComputerNamePhysicalDnsHostname;
    // SAFETY: the call writes at most the length that it is given, and the length.
    if unsafe { info::GetComputerNameExW(kind, name.as_mut_ptr(), &raw mut len) } == 0 {
        return Err(Errno::last());
    }
    let len = usize::try_from(len).unwrap_or(0);
    let name = name.get(..len).unwrap_or_default();
    Ok(String::from_utf16_lossy(name).into_bytes())
}
