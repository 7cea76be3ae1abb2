//! The peer of the size benchmark: reads SIZE bytes from descriptor 0, which is a stream
//! socket, then sends the same bytes back, until the other side closes (recv(2), send(2)).
//! It knows neither what the bytes mean nor who sends them.

use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;

pub fn run(size: usize) -> io::Result<()> {
    let mut stream = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    let mut message = vec![0; size];
    loop {
        match stream.read_exact(&mut message) {
            Ok(()) => stream.write_all(&message)?,
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}
