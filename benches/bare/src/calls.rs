//! The operations that the per-call benchmark times, each as the bare system calls that
//! the same work needs. An operation checks every result; its sockets are made before.
//! It must not know what Python does around the calls: that is what is being measured.

use std::io;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;

use crate::{bad, sys};

/// Does the work the given number of times.
type Work = Box<dyn FnMut(u64) -> io::Result<()>>;

pub struct Operation {
    pub work: Work,
    /// Clears what the work left behind, outside the timing.
    pub after: Option<Box<dyn FnMut() -> io::Result<()>>>,
}

impl From<Work> for Operation {
    fn from(work: Work) -> Self {
        Self { work, after: None }
    }
}

pub const NAMES: [&str; 18] = [
    "pair_blocking",
    "pair_nonblocking",
    "pair_recv_64k",
    "pair_recv_1m",
    "pair_line",
    "pair_64k",
    "pair_sendmsg",
    "pair_recvmsg",
    "tcp_1",
    "tcp_16k",
    "udp",
    "getsockname",
    "setsockopt",
    "getsockopt",
    "socket_close",
    "connect_accept_close",
    "create_connection",
    "recv_empty",
];

fn check(good: bool) -> io::Result<()> {
    if good {
        Ok(())
    } else {
        Err(bad("a call moved other bytes than asked"))
    }
}

fn pair(nonblocking: bool) -> io::Result<(OwnedFd, OwnedFd)> {
    let (left, right) = UnixStream::pair()?;
    left.set_nonblocking(nonblocking)?;
    right.set_nonblocking(nonblocking)?;
    Ok((left.into(), right.into()))
}

fn tcp_pair() -> io::Result<(OwnedFd, OwnedFd)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let left = TcpStream::connect(listener.local_addr()?)?;
    let (right, _) = listener.accept()?;
    left.set_nodelay(true)?;
    Ok((left.into(), right.into()))
}

/// One `send` of `size` bytes, and as many `recv` of `room` as bring them all.
fn transfer((left, right): (OwnedFd, OwnedFd), size: usize, room: usize) -> Work {
    let data = vec![b'x'; size];
    let mut buffer = vec![0; room];
    Box::new(move |times| {
        for _ in 0..times {
            check(sys::send(left.as_fd(), &data)? == size)?;
            let mut got = 0;
            while got < size {
                let read = sys::recv(right.as_fd(), &mut buffer)?;
                check(read > 0 && buffer.first() == Some(&b'x'))?;
                got += read;
            }
        }
        Ok(())
    })
}

fn udp() -> io::Result<Work> {
    let left = UdpSocket::bind("127.0.0.1:0")?;
    let right = UdpSocket::bind("127.0.0.1:0")?;
    let to = sys::loopback(right.local_addr()?.port());
    let port = left.local_addr()?.port();
    let mut buffer = [0; 2048];
    Ok(Box::new(move |times| {
        let mut from = sys::loopback(0);
        for _ in 0..times {
            check(sys::sendto(left.as_fd(), b"x", &to)? == 1)?;
            check(sys::recvfrom(right.as_fd(), &mut buffer, &mut from)? == 1)?;
            check(from.sin_port == port.to_be())?;
        }
        Ok(())
    }))
}

fn getsockname() -> io::Result<Work> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    Ok(Box::new(move |times| {
        let mut name = sys::loopback(0);
        for _ in 0..times {
            sys::getsockname(listener.as_fd(), &mut name)?;
        }
        check(name.sin_port == port.to_be())
    }))
}

fn options(set: bool) -> io::Result<Work> {
    let fd = sys::tcp_socket(0)?;
    sys::set_int(fd.as_fd(), libc::SOL_SOCKET, libc::SO_REUSEADDR, 1)?;
    Ok(Box::new(move |times| {
        for _ in 0..times {
            if set {
                sys::set_int(fd.as_fd(), libc::SOL_SOCKET, libc::SO_REUSEADDR, 1)?;
            } else {
                check(sys::get_int(fd.as_fd(), libc::SOL_SOCKET, libc::SO_REUSEADDR)? == 1)?;
            }
        }
        Ok(())
    }))
}

fn connect_accept_close() -> io::Result<Work> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let to = sys::loopback(listener.local_addr()?.port());
    Ok(Box::new(move |times| {
        let mut peer = sys::loopback(0);
        for _ in 0..times {
            let client = sys::tcp_socket(0)?;
            sys::connect(client.as_fd(), &to)?;
            drop(sys::accept(listener.as_fd(), &mut peer)?);
        }
        Ok(())
    }))
}

/// A connection with a timeout: without blocking, then a wait and the error that it left.
/// The far ends stay in the backlog until the run is over: no more than it holds at a time.
fn create_connection() -> io::Result<Operation> {
    let backlog = TcpListener::bind("127.0.0.1:0")?;
    let to = sys::loopback(backlog.local_addr()?.port());
    backlog.set_nonblocking(true)?;
    let work: Work = Box::new(move |times| {
        for _ in 0..times {
            let client = sys::tcp_socket(libc::SOCK_NONBLOCK)?;
            if let Err(error) = sys::connect(client.as_fd(), &to) {
                if error.raw_os_error() != Some(libc::EINPROGRESS) {
                    return Err(error);
                }
                sys::wait_writable(client.as_fd())?;
                let left = sys::get_int(client.as_fd(), libc::SOL_SOCKET, libc::SO_ERROR)?;
                check(left == 0)?;
            }
        }
        Ok(())
    });
    let after = move || loop {
        match backlog.accept() {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error),
        }
    };
    Ok(Operation {
        work,
        after: Some(Box::new(after)),
    })
}

fn recv_empty() -> io::Result<Work> {
    let (left, right) = pair(true)?;
    let mut buffer = [0; 1];
    Ok(Box::new(move |times| {
        for _ in 0..times {
            let result = sys::recv(left.as_fd(), &mut buffer);
            check(result.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock))?;
        }
        // Keeps the far end open: a closed one would answer with the end of the stream.
        let _ = right.as_fd();
        Ok(())
    }))
}

fn messages(vectored_send: bool) -> io::Result<Work> {
    let (left, right) = pair(false)?;
    let mut buffer = [0; 1];
    Ok(Box::new(move |times| {
        for _ in 0..times {
            let (sent, got) = if vectored_send {
                let sent = sys::sendmsg(left.as_fd(), b"x")?;
                (sent, sys::recv(right.as_fd(), &mut buffer)?)
            } else {
                let sent = sys::send(left.as_fd(), b"x")?;
                (sent, sys::recvmsg(right.as_fd(), &mut buffer)?)
            };
            check(sent == 1 && got == 1)?;
        }
        Ok(())
    }))
}

pub fn build(name: &str) -> io::Result<Operation> {
    let work = match name {
        "pair_blocking" => transfer(pair(false)?, 1, 1),
        "pair_nonblocking" => transfer(pair(true)?, 1, 1),
        "pair_recv_64k" => transfer(pair(false)?, 1, 65_536),
        "pair_recv_1m" => transfer(pair(false)?, 64, 1 << 20),
        "pair_line" => transfer(pair(false)?, 64, 8192),
        "pair_64k" => transfer(pair(false)?, 65_536, 65_536),
        "pair_sendmsg" => messages(true)?,
        "pair_recvmsg" => messages(false)?,
        "tcp_1" => transfer(tcp_pair()?, 1, 1),
        "tcp_16k" => transfer(tcp_pair()?, 16_384, 16_384),
        "udp" => udp()?,
        "getsockname" => getsockname()?,
        "setsockopt" => options(true)?,
        "getsockopt" => options(false)?,
        "socket_close" => {
            Box::new(|times| (0..times).try_for_each(|_| sys::tcp_socket(0).map(drop)))
        }
        "connect_accept_close" => connect_accept_close()?,
        "create_connection" => return create_connection(),
        "recv_empty" => recv_empty()?,
        _ => return Err(bad(format!("no operation is called {name:?}"))),
    };
    Ok(work.into())
}
