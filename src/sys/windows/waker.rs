//! What wakes a waiting thread, and the wait for that and for a socket, as Windows has
//! them. See select.
//!
//! By `select` and not by `WSAPoll`, which on many versions never tells that a
//! connection was refused.
#![expect(unsafe_code, reason = "select has no safe form")]

use std::ffi::c_int;
use std::net::{Ipv4Addr, UdpSocket};
use std::os::windows::io::AsRawSocket;
use std::time::Duration;

use windows_sys::Win32::Networking::WinSock as ws;

use crate::sys::errno::{Errno, check, from_io};
use crate::sys::fd::RawFd;

/// What to wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Events {
    Read,
    Write,
    Connect,
}

pub(crate) const READ: Events = Events::Read;
pub(crate) const WRITE: Events = Events::Write;
pub(crate) const CONNECT: Events = Events::Connect;

/// A thread's wake descriptor: a datagram socket that is connected to itself, to which
/// `wake` sends what nobody receives, after which it is ready for ever.
pub(crate) struct Waker(UdpSocket);

impl Waker {
    pub(crate) fn new() -> Result<Self, Errno> {
        let socket = from_io(UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)))?;
        let own = from_io(socket.local_addr())?;
        from_io(socket.connect(own))?;
        Ok(Self(socket))
    }

    /// The handle to wait for; -1 where there is none.
    pub(crate) fn number(&self) -> RawFd {
        RawFd::try_from(self.0.as_raw_socket()).unwrap_or(-1)
    }

    /// Whether this process made it: there is no fork.
    #[expect(clippy::unused_self, reason = "the Unix form asks its own number")]
    pub(crate) fn is_current(&self) -> bool {
        true
    }

    /// Makes the handle ready, for good.
    pub(crate) fn wake(&self) {
        // Nothing is left to do where it fails: the wait ends at its deadline.
        let _ = self.0.send(&[0]);
    }
}

/// The set of one socket or two; a negative handle is none.
fn set(fds: [RawFd; 2]) -> ws::FD_SET {
    let mut set = ws::FD_SET::default();
    let valid = fds.into_iter().filter_map(|fd| usize::try_from(fd).ok());
    for (place, fd) in set.fd_array.iter_mut().zip(valid) {
        *place = fd;
        set.fd_count += 1;
    }
    set
}

fn has(set: &ws::FD_SET, fd: RawFd) -> bool {
    let count = usize::try_from(set.fd_count).unwrap_or(0);
    let ready = set.fd_array.get(..count).unwrap_or(&set.fd_array);
    usize::try_from(fd).is_ok_and(|fd| ready.contains(&fd))
}

fn timeval(left: Duration) -> ws::TIMEVAL {
    // Rounded up, so that a wait never ends before its deadline.
    let micros = left.as_nanos().div_ceil(1000);
    let seconds = i32::try_from(micros / 1_000_000);
    ws::TIMEVAL {
        tv_sec: seconds.unwrap_or(i32::MAX),
        tv_usec: i32::try_from(micros % 1_000_000).unwrap_or(0),
    }
}

/// Waits until the socket or the waker is ready, and says which; both are false where
/// the time ran out.
pub(crate) fn poll(
    fd: RawFd,
    events: Events,
    waker: RawFd,
    timeout: Option<Duration>,
) -> Result<[bool; 2], Errno> {
    const NONE: RawFd = -1;
    let of = |wanted: bool| if wanted { fd } else { NONE };
    let mut reads = set([of(events == Events::Read), waker]);
    let mut writes = set([of(events != Events::Read), NONE]);
    // A connection attempt that failed is an exception.
    let mut fails = set([of(events == Events::Connect), NONE]);
    let timeout = timeout.map(timeval);
    let timeout = timeout
        .as_ref()
        .map_or(std::ptr::null(), std::ptr::from_ref);
    let ignored: c_int = 0;
    // SAFETY: the sets and the timeout live past the call, and each set has as many
    // handles as it says.
    check(unsafe {
        ws::select(
            ignored,
            &raw mut reads,
            &raw mut writes,
            &raw mut fails,
            timeout,
        )
    })?;
    let ready = has(&reads, fd) || has(&writes, fd) || has(&fails, fd);
    Ok([ready, has(&reads, waker)])
}

/// Whether a socket is ready to be read from, or has an error to report.
pub(crate) fn is_readable(fd: RawFd) -> bool {
    let looked = poll(fd, READ, -1, Some(Duration::ZERO));
    looked.is_ok_and(|[ready, _]| ready)
}
