//! How often this process has forked, and its parents before it. Windows has no fork.
//! See pthread_atfork(3).

use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};

#[cfg(unix)]
use crate::sys::errno::Errno;
#[cfg(unix)]
use crate::sys::ffi;

/// Counts forks: the calls that the parent's other threads had in flight do not
/// exist in the child, so a count of an older generation is none. It wraps after 256
/// forks within forks: only a socket that no process in between used is misjudged then.
static FORKS: AtomicU8 = AtomicU8::new(0);

#[cfg(unix)]
extern "C" fn after_fork_in_child() {
    FORKS.fetch_add(1, Ordering::Relaxed);
}

/// Counts forks in the parent, too: each one copies what is open.
static COPIES: AtomicU32 = AtomicU32::new(0);

#[cfg(unix)]
extern "C" fn before_fork() {
    COPIES.fetch_add(1, Ordering::Relaxed);
}

/// How often what is open here may have been copied by a fork.
pub(crate) fn forks() -> u32 {
    COPIES.load(Ordering::Relaxed)
}

/// Registers the fork counters; once, when the module is loaded.
#[cfg(unix)]
pub(crate) fn watch_forks() -> Result<(), Errno> {
    watch(Some(before_fork), Some(after_fork_in_child))
}

/// Has something done before each fork, and after it in the child. That must be
/// async-signal-safe, as the process may have other threads.
#[cfg(unix)]
pub(crate) fn watch(
    before: Option<extern "C" fn()>,
    in_child: Option<extern "C" fn()>,
) -> Result<(), Errno> {
    let ret = ffi::pthread_atfork(before, None, in_child);
    if ret == 0 { Ok(()) } else { Err(Errno(ret)) }
}

/// How many forks lie between this process and the one that loaded the module.
pub(crate) fn fork_generation() -> u8 {
    FORKS.load(Ordering::Relaxed)
}
