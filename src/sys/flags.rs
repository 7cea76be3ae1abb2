//! Which flags of a call decide whether it waits. Windows has few of them. See recv(2).

use std::ffi::c_int;

use crate::sys::libc;

/// The flag that makes a call not wait.
#[cfg(unix)]
pub(crate) const DONTWAIT: c_int = libc::MSG_DONTWAIT;
/// Windows has no such flag: a blocking socket is never tried there.
#[cfg(windows)]
pub(crate) const DONTWAIT: c_int = 0;
/// Flags with which a blocking call means more than its tries would do: all of the
/// data, a whole connection attempt, or errors, for which some families wait.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) const WHOLE: c_int = libc::MSG_WAITALL | libc::MSG_FASTOPEN | libc::MSG_ERRQUEUE;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(crate) const WHOLE: c_int = libc::MSG_WAITALL;
/// Whether a blocking socket can be asked without waiting.
pub(crate) const CAN_TRY: bool = cfg!(unix);

/// Whether any of the wanted flags is set; a system may define none of them.
pub(crate) const fn has(flags: c_int, wanted: c_int) -> bool {
    flags & wanted != 0
}

/// Whether a caller's own flags say not to wait.
pub(crate) fn asks_not_to_wait(flags: c_int) -> bool {
    has(flags, DONTWAIT)
}
