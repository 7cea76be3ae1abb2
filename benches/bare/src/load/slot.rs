//! One connection of the load client: its request, how much of it is sent, how much of the
//! reply has come back, and whether that is right. It knows no other connection and no
//! clock but the time its request began. Follows tcp(7) and socket(7).

use std::io;
use std::net::{Ipv4Addr, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};

use crate::{bad, sys};

pub struct Slot {
    pub started: u64,
    pub rounds: u64,
    stream: Option<TcpStream>,
    token: u64,
    sequence: u64,
    each: bool,
    request: Vec<u8>,
    sent: usize,
    got: usize,
    writable: bool,
}

impl Slot {
    pub fn new(index: usize, each: bool, size: usize) -> Self {
        Self {
            started: 0,
            rounds: 0,
            stream: None,
            token: u64::try_from(index).unwrap_or(u64::MAX),
            sequence: 0,
            each,
            request: (0..=u8::MAX).cycle().take(size).collect(),
            sent: 0,
            got: 0,
            writable: false,
        }
    }

    /// Sends the next request, on a new connection where there is none.
    pub fn begin(&mut self, port: u16, epoll: BorrowedFd<'_>) -> io::Result<()> {
        self.started = sys::monotonic_ns()?;
        self.sequence += 1;
        // No two requests of a slot are alike, and few of two slots: an old or a foreign
        // reply does not pass for the right one.
        let mark = (self.sequence ^ self.token.rotate_left(32)).to_le_bytes();
        for (to, from) in self.request.iter_mut().zip(mark) {
            *to = from;
        }
        self.sent = 0;
        self.got = 0;
        if self.stream.is_none() {
            let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
            stream.set_nodelay(true)?;
            stream.set_nonblocking(true)?;
            sys::reset_on_close(stream.as_fd())?;
            sys::watch(epoll, stream.as_fd(), self.token, false, true)?;
            self.writable = false;
            self.stream = Some(stream);
        }
        self.push(epoll)
    }

    /// Sends what the socket takes, and asks to be told of more room if that is not all.
    pub fn push(&mut self, epoll: BorrowedFd<'_>) -> io::Result<()> {
        let Some(stream) = &self.stream else {
            return Ok(());
        };
        loop {
            let rest = self.request.get(self.sent..).unwrap_or_default();
            if rest.is_empty() {
                break;
            }
            match sys::send(stream.as_fd(), rest) {
                Ok(sent) => self.sent += sent,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        let more = self.sent < self.request.len();
        if more != self.writable {
            sys::watch(epoll, stream.as_fd(), self.token, more, false)?;
            self.writable = more;
        }
        Ok(())
    }

    /// Takes what has come; true when the reply is whole (and closed, where it should be).
    pub fn pull(&mut self, buffer: &mut [u8]) -> io::Result<bool> {
        let Some(stream) = &self.stream else {
            return Ok(false);
        };
        let got = match sys::recv(stream.as_fd(), buffer) {
            Ok(got) => got,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
            Err(error) => return Err(error),
        };
        let whole = self.got == self.request.len();
        if got == 0 {
            if self.each && whole {
                self.stream = None;
                return Ok(true);
            }
            return Err(bad("the server closed before its reply was whole"));
        }
        let end = self.got + got;
        if self.request.get(self.got..end) != buffer.get(..got) {
            return Err(bad("a reply is not the bytes of its request"));
        }
        self.got = end;
        Ok(end == self.request.len() && !self.each)
    }
}
