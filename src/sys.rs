//! Floor 0: the operating system, as plain Rust.
//!
//! No Python here: no file below this one imports `pyo3`, and every call
//! returns `Result<T, Errno>`, so that each can be tested, fuzzed or run under a
//! sanitizer without an interpreter. Nothing here retries or waits on its own but
//! `wait`; what to do about `EINTR` and `EAGAIN` is decided in `call.rs`. What Windows
//! needs in a form of its own, a file or a part of one, is in `windows/`.

pub(crate) mod cell;
#[cfg(unix)]
pub(crate) mod cmsg;
pub(crate) mod direct;
pub(crate) mod errno;
pub(crate) mod fd;
pub(crate) mod ffi;
pub(crate) mod flags;
pub(crate) mod fork;
pub(crate) mod iface;
pub(crate) mod io;
#[cfg(target_vendor = "apple")]
pub(crate) mod kctl;
pub(crate) mod libc;
#[cfg(unix)]
pub(crate) mod msg;
pub(crate) mod netdb;
pub(crate) mod ntop;
pub(crate) mod opt;
pub(crate) mod pointer;
pub(crate) mod pton;
pub(crate) mod resolve;
pub(crate) mod sock;
pub(crate) mod sole;
pub(crate) mod storage;
pub(crate) mod wait;
#[cfg_attr(windows, path = "sys/windows/waker.rs")]
pub(crate) mod waker;

/// What the system wants done once, when the module is loaded.
pub(crate) fn start() -> Result<(), errno::Errno> {
    #[cfg(unix)]
    fork::watch_forks()?;
    #[cfg(unix)]
    waker::watch_forks()?;
    #[cfg(windows)]
    fd::start()?;
    Ok(())
}
