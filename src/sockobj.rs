//! Floor 4c: the two socket classes, as a table of contents: names, calling
//! conventions, docs. What a method does stands in the file of its verb.

use std::sync::atomic::Ordering;

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyFloat, PyString, PyTuple, PyType};

#[cfg(target_os = "linux")]
pub(crate) mod afalg;
pub(crate) mod connect;
pub(crate) mod lifecycle;
#[cfg(unix)]
pub(crate) mod message;
pub(crate) mod open;
pub(crate) mod opened;
pub(crate) mod options;
pub(crate) mod plain;
pub(crate) mod reduce;
pub(crate) mod state;
pub(crate) mod transfer;
#[cfg(windows)]
pub(crate) mod winsock;

use crate::args;
use crate::caught::caught;
use crate::finalize;
use crate::method::{Answer, table};
use crate::typeobj;
use state::{PublicSocket, Socket};

#[pymethods]
impl Socket {
    #[new]
    #[pyo3(signature = (*_args, **_kwargs), text_signature = None)]
    fn new(_args: &Bound<'_, PyTuple>, _kwargs: Option<&Bound<'_, PyDict>>) -> Self {
        Self::unopened()
    }

    fn __repr__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyString>> {
        PyString::from_bytes(py, lifecycle::base_repr(self).as_bytes())
    }

    /// The timeout in seconds as a float; None for a blocking socket.
    #[getter]
    fn timeout<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyFloat>>> {
        caught(|| Ok(crate::timeout::to_python(py, self.timeout_nanos())))
    }
}

#[pymethods]
impl PublicSocket {
    /// The address family, a member of `AddressFamily`.
    #[getter]
    fn family<'py>(slf: &Bound<'py, Self>) -> Answer<'py> {
        connect::family(slf.py(), slf.as_super().get())
    }

    /// The socket type, a member of `SocketKind`.
    #[getter]
    fn r#type<'py>(slf: &Bound<'py, Self>) -> Answer<'py> {
        connect::kind(slf.py(), slf.as_super().get())
    }

    #[getter]
    fn _io_refs(slf: &Bound<'_, Self>) -> i32 {
        slf.as_super().get().io_refs.load(Ordering::Relaxed)
    }

    #[setter(_io_refs)]
    fn set_io_refs(slf: &Bound<'_, Self>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let value = args::int(value.as_borrowed())?;
        slf.as_super().get().io_refs.store(value, Ordering::Relaxed);
        Ok(())
    }

    #[getter]
    fn _closed(slf: &Bound<'_, Self>) -> bool {
        slf.as_super().get().closed.load(Ordering::Relaxed)
    }

    #[setter(_closed)]
    fn set_closed(slf: &Bound<'_, Self>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let value = value.is_truthy()?;
        slf.as_super().get().closed.store(value, Ordering::Relaxed);
        Ok(())
    }
}

table! {
    /// The methods of the base class.
    BASE: Socket {
        NoArgs __del__ = finalize::del, "__del__()\n\nWarn of a socket that nobody closed, and close it.";
        Keywords __init__ = open::base_init, "__init__($self, /, *args, **kwargs)\n--\n\nOpen the socket, or take the descriptor that is given.";
        NoArgs _accept = connect::accept_number, "_accept() -> (descriptor, address)\n\nWait for a connection and return the number of a new descriptor for it, with\nthe address of the peer. See accept(2).";
        One bind = connect::bind, "bind(address)\n\nGive the socket a local address. See bind(2).";
        NoArgs close = lifecycle::base_close, "close()\n\nClose the descriptor. Every later operation fails. See close(2).";
        One connect = connect::connect, "connect(address)\n\nConnect to a remote address. See connect(2).";
        One connect_ex = connect::connect_ex, "connect_ex(address) -> errno\n\nLike connect(address), but return the error number, 0 for success.";
        NoArgs detach = lifecycle::base_detach, "detach() -> descriptor\n\nClose the object and return its descriptor's number, which stays open.";
        NoArgs fileno = lifecycle::fileno, "fileno() -> descriptor\n\nThe descriptor's number, -1 once closed.";
        NoArgs getpeername = connect::getpeername, "getpeername() -> address\n\nThe remote address. See getpeername(2).";
        NoArgs getsockname = connect::getsockname, "getsockname() -> address\n\nThe local address. See getsockname(2).";
        Positional getsockopt = options::getsockopt, "getsockopt(level, option[, buflen]) -> int or bytes\n\nA socket option: an int, or with buflen as many bytes at most. See getsockopt(2).";
        Positional listen = connect::listen, "listen([backlog])\n\nAccept connections from now on; backlog of them may wait. See listen(2).";
        Positional recv = transfer::recv, "recv(bufsize[, flags]) -> bytes\n\nReceive up to bufsize bytes; b'' is the end of the stream. See recv(2).";
        Keywords recv_into = transfer::recv_into, "recv_into(buffer[, nbytes[, flags]]) -> count\n\nReceive into a writable buffer: up to nbytes bytes, or its length if that is 0.";
        Positional recvfrom = transfer::recvfrom, "recvfrom(bufsize[, flags]) -> (bytes, address)\n\nLike recv(), with the sender's address. See recvfrom(2).";
        Keywords recvfrom_into = transfer::recvfrom_into, "recvfrom_into(buffer[, nbytes[, flags]]) -> (count, address)\n\nLike recv_into(), with the sender's address.";
        Positional send = transfer::send, "send(data[, flags]) -> count\n\nSend bytes; the count may be less than there are. See send(2).";
        Positional sendall = transfer::sendall, "sendall(data[, flags])\n\nSend all of the bytes, within one timeout. After an error there is no telling\nhow many were sent.";
        Positional sendto = transfer::sendto, "sendto(data[, flags], address) -> count\n\nSend bytes to an address. See sendto(2).";
        One setblocking = options::setblocking, "setblocking(flag)\n\nTrue for a blocking socket, False for one that never waits.";
        NoArgs getblocking = options::getblocking, "getblocking() -> bool\n\nFalse if the socket never waits, which is a timeout of 0.";
        One settimeout = options::settimeout, "settimeout(seconds)\n\nThe time that an operation may take, as int or float; None for no limit, 0 to\nnever wait.";
        NoArgs gettimeout = options::gettimeout, "gettimeout() -> seconds\n\nThe timeout as a float, or None.";
        Positional setsockopt = options::setsockopt, "setsockopt(level, option, value: int)\nsetsockopt(level, option, value: bytes)\nsetsockopt(level, option, None, optlen: int)\n\nSet a socket option. See setsockopt(2).";
        One shutdown = connect::shutdown, "shutdown(how)\n\nEnd receiving (SHUT_RD), sending (SHUT_WR) or both (SHUT_RDWR). See shutdown(2).";
    }
}

#[cfg(unix)]
table! {
    /// The methods for messages, which Windows lacks.
    MESSAGES: Socket {
        Positional recvmsg = message::recvmsg, "recvmsg(bufsize[, ancbufsize[, flags]]) -> (data, ancdata, msg_flags, address)\n\nReceive up to bufsize bytes, and ancillary data into ancbufsize bytes (see\nCMSG_SPACE): a list of (level, type, data). See recvmsg(2) and cmsg(3).";
        Positional recvmsg_into = message::recvmsg_into, "recvmsg_into(buffers[, ancbufsize[, flags]]) -> (nbytes, ancdata, msg_flags, address)\n\nLike recvmsg(), into an iterable of writable buffers, filled in turn.";
        Positional sendmsg = message::sendmsg, "sendmsg(buffers[, ancdata[, flags[, address]]]) -> count\n\nSend an iterable of buffers as one message, with ancillary data: an iterable of\n(level, type, data). See sendmsg(2) and cmsg(3).";
    }
}

#[cfg(windows)]
table! {
    /// The methods that only Windows has.
    WINSOCK: Socket {
        Positional ioctl = winsock::ioctl, "ioctl(cmd, option) -> count\n\nControl the socket by WSAIoctl: SIO_RCVALL with one of RCVALL_*,\nSIO_KEEPALIVE_VALS with (onoff, timeout, interval), SIO_LOOPBACK_FAST_PATH with\na flag.";
        One share = winsock::share, "share(process_id) -> bytes\n\nWhat the process of that number needs to have the socket too; see fromshare().";
    }
}

#[cfg(target_os = "linux")]
table! {
    /// The method for AF_ALG, which only Linux has.
    AFALG: Socket {
        Keywords sendmsg_afalg = afalg::sendmsg_afalg, "sendmsg_afalg([buffers], *, op[, iv[, assoclen[, flags]]]) -> count\n\nSend to an AF_ALG operation: op is ALG_OP_ENCRYPT, ALG_OP_DECRYPT and so on.";
    }
}

table! {
    /// The methods of the public class.
    PUBLIC: PublicSocket {
        Keywords __init__ = open::init, "__init__($self, family=-1, type=-1, proto=-1, fileno=None)\n--\n\nOpen the socket, or take the descriptor that is given.";
        Keywords __enter__ = lifecycle::enter, "__enter__($self)\n--\n\n";
        Keywords __exit__ = lifecycle::exit, "__exit__($self, *args)\n--\n\n";
        Keywords __repr__ = lifecycle::repr, "__repr__($self, /)\n--\n\nReturn repr(self).";
        Keywords __reduce_ex__ = reduce::reduce_ex, "__reduce_ex__($self, protocol, /)\n--\n\nHelper for pickle.";
        Keywords _decref_socketios = lifecycle::decref_socketios, "_decref_socketios($self)\n--\n\n";
        Keywords _real_close = lifecycle::real_close, "_real_close($self, _ss=None)\n--\n\n";
        Keywords accept = connect::accept, "accept($self)\n--\n\nWait for a connection; return a new socket for it and the address of the peer.\nSee accept(2).";
        Keywords close = lifecycle::close, "close($self)\n--\n\nClose the socket; while a makefile() object is open, when that is closed.";
        Keywords detach = lifecycle::detach, "detach($self)\n--\n\nClose the object and return its descriptor's number, which stays open; -1 if it\nwas closed.";
        Keywords dup = open::dup, "dup($self)\n--\n\nA new socket of the same class on a duplicate of the descriptor. See dup(2).";
        Keywords get_inheritable = lifecycle::get_inheritable, "get_inheritable($self)\n--\n\nWhether child processes inherit the descriptor.";
        Keywords set_inheritable = lifecycle::set_inheritable, "set_inheritable($self, inheritable)\n--\n\nSet whether child processes inherit the descriptor.";
    }
}

table! {
    /// What a call of the public class is.
    CALL: PyType {
        Keywords __call__ = open::call, "A new socket.";
    }
}

/// Makes the two classes, the base complete before anything derives from it.
pub(crate) fn classes(py: Python<'_>) -> PyResult<[Bound<'_, PyType>; 2]> {
    let base = py.get_type::<Socket>();
    let tables = [
        BASE,
        #[cfg(unix)]
        MESSAGES,
        #[cfg(windows)]
        WINSOCK,
        #[cfg(target_os = "linux")]
        AFALG,
    ];
    for table in tables {
        typeobj::add_methods(&base, table)?;
    }
    let ints = [
        (c"family", state::FAMILY_OFFSET, c"the address family"),
        (c"type", state::KIND_OFFSET, c"the socket type"),
        (c"proto", state::PROTO_OFFSET, c"the protocol"),
    ];
    typeobj::add_int_members(&base, &ints)?;
    finalize::prepare_base(&base);
    typeobj::seal(&base);
    let public = py.get_type::<PublicSocket>();
    if !public.is_subclass(&base)? {
        return Err(PyTypeError::new_err("rsock.socket must extend its base"));
    }
    // From 3.11 on the interpreter calls a method at once on objects of the very class that
    // it was made for, and on those of a class below it by two frames more.
    for table in tables {
        typeobj::repeat_methods(&public, table)?;
    }
    typeobj::add_methods(&public, PUBLIC)?;
    typeobj::inherit_new(&public, &base);
    typeobj::set_call(&public, CALL);
    typeobj::rename(&public, c"socket");
    finalize::prepare_public(&public);
    plain::remember(&public)?;
    Ok([base, public])
}
