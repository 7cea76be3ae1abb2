//! The names of C that more than one system has: the `libc` crate's, and on Windows
//! the same names for what Winsock has in their place. Files for Unix alone take
//! the crate itself.

#[cfg(unix)]
pub(crate) use ::libc::*;
#[cfg(unix)]
mod unix;
#[cfg(unix)]
pub(crate) use unix::*;

#[cfg(windows)]
#[path = "windows/libc.rs"]
mod windows;
#[cfg(windows)]
pub(crate) use windows::*;
