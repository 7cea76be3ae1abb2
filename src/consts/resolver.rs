//! Floor 4c: what `getaddrinfo` and `getnameinfo` of the C libraries of Linux know
//! beyond POSIX. Knows only names and numbers. See getaddrinfo(3), getnameinfo(3) and
//! the header `netdb.h`.

#![cfg(target_os = "linux")]

pub(super) static NAMES: &[(&str, i64)] = table! {
    // Errors of `getaddrinfo(3)`, `netdb.h`.
    EAI_NODATA,
};

/// Only in the GNU C library.
#[cfg(target_env = "gnu")]
pub(super) static GNU: &[(&str, i64)] = table! {
    // Errors of `getaddrinfo(3)`.
    EAI_ADDRFAMILY = -9,
    EAI_INPROGRESS = -100,
    EAI_CANCELED = -101,
    EAI_NOTCANCELED = -102,
    EAI_ALLDONE = -103,
    EAI_INTR = -104,
    EAI_IDN_ENCODE = -105,

    // Internationalized names, in `getaddrinfo(3)` and `getnameinfo(3)`.
    AI_IDN = 0x40,
    AI_CANONIDN = 0x80,
    NI_IDN = 32,
};
