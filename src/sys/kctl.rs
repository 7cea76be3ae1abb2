//! Kernel controls of macOS by name. See `sys/kern_control.h`.
#![expect(unsafe_code, reason = "the name is looked up by ioctl")]

use std::ffi::CStr;
use std::os::fd::AsRawFd;

use socket2::{Domain, Protocol, Socket, Type};

use crate::sys::errno::{Errno, check, from_io};

/// The number of the kernel control of a name.
pub(crate) fn id_of(name: &CStr) -> Result<u32, Errno> {
    let mut info = libc::ctl_info {
        ctl_id: 0,
        ctl_name: [0; libc::MAX_KCTL_NAME],
    };
    let bytes = name.to_bytes_with_nul();
    if bytes.len() > info.ctl_name.len() {
        return Err(Errno(libc::ENOENT));
    }
    for (to, from) in info.ctl_name.iter_mut().zip(bytes) {
        *to = from.cast_signed();
    }
    // Any socket of the protocol answers; this one is closed when dropped.
    let asked = from_io(Socket::new(
        Domain::from(libc::PF_SYSTEM),
        Type::DGRAM,
        Some(Protocol::from(libc::SYSPROTO_CONTROL)),
    ))?;
    let room = &raw mut info;
    // SAFETY: CTLIOCGINFO reads and writes one `ctl_info`, which `room` is and
    // which outlives the call; the name in it ends with NUL, as its length was
    // checked above.
    check(unsafe { libc::ioctl(asked.as_raw_fd(), libc::CTLIOCGINFO, room) })?;
    Ok(info.ctl_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tunnels_have_a_number() {
        assert_ne!(id_of(c"com.apple.net.utun_control").unwrap(), 0);
    }

    #[test]
    fn what_does_not_exist_is_an_error() {
        assert!(id_of(c"no such").is_err());
        let long = std::ffi::CString::new([b'x'; 96]).unwrap();
        assert_eq!(id_of(&long), Err(Errno(libc::ENOENT)));
    }
}
