"""The functions of the module that are made of others: connections, servers, pairs, descriptors over AF_UNIX.

Owns: create_connection, create_server, has_dualstack_ipv6, socketpair, fromfd, fromshare, getfqdn, send_fds,
recv_fds. Must not know: how an address or an option is encoded.
Follows: the `socket` chapter of the Python library reference; the differences of its versions stand here.

Whatever a program may have replaced in the public module (`socket`, `getaddrinfo`, `has_ipv6`, ...) is looked up
there at each call: a test that patches `socket.getaddrinfo` has to see create_connection use the patch.
"""

import os
import sys

from . import _rsock
from ._enums import AddressFamily, SocketKind

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from _typeshed import ReadableBuffer

    from ._rsock import _Socket

    _Pair = tuple[_Socket, _Socket]

__all__ = [
    "_GLOBAL_DEFAULT_TIMEOUT",
    "_LOCALHOST",
    "_LOCALHOST_V6",
    "_fallback_socketpair",
    "create_connection",
    "create_server",
    "fromfd",
    "getfqdn",
    "has_dualstack_ipv6",
    "socketpair",
]

_LOCALHOST = "127.0.0.1"
_LOCALHOST_V6 = "::1"

_public: "Any" = sys.modules[__name__.partition(".")[0]]

# A module that was loaded earlier may have the stdlib's mark as the default of its own `timeout`.
_GLOBAL_DEFAULT_TIMEOUT: "Any" = getattr(sys.modules.get("socket"), "_GLOBAL_DEFAULT_TIMEOUT", None) or object()


def _connect(address: "Any", timeout: "Any", source_address: "Any", all_errors: bool) -> "_Socket":
    host, port = address
    errors: list[OSError] = []
    try:
        for family, kind, proto, _, target in _public.getaddrinfo(host, port, 0, _public.SOCK_STREAM):
            sock: Any = None
            try:
                sock = _public.socket(family, kind, proto)
                if timeout is not _GLOBAL_DEFAULT_TIMEOUT:
                    sock.settimeout(timeout)
                if source_address:
                    sock.bind(source_address)
                sock.connect(target)
                return sock  # type: ignore[no-any-return]
            except BaseException as exc:
                if sock is not None:
                    sock.close()
                if not isinstance(exc, OSError):
                    raise
                errors.append(exc)
        if not errors:
            raise OSError("getaddrinfo returns an empty list")
        if all_errors:
            raise ExceptionGroup("create_connection failed", errors)  # type: ignore[name-defined,unused-ignore]  # noqa: F821
        raise errors[-1]
    finally:
        errors.clear()  # each holds this frame, by its traceback


if sys.version_info >= (3, 11):

    def create_connection(
        address: "Any",
        timeout: "Any" = _GLOBAL_DEFAULT_TIMEOUT,
        source_address: "Any" = None,
        *,
        all_errors: bool = False,
    ) -> "_Socket":
        """Connect to a (host, port) over TCP and return the socket.

        The addresses of the host are tried in turn, each with the timeout, if one is given (else the default
        of getdefaulttimeout() holds), and from `source_address`, a (host, port). If all fail, the error of the
        last one is raised, or with `all_errors` an ExceptionGroup of all.
        """
        return _connect(address, timeout, source_address, all_errors)

else:

    def create_connection(
        address: "Any", timeout: "Any" = _GLOBAL_DEFAULT_TIMEOUT, source_address: "Any" = None
    ) -> "_Socket":
        """Connect to a (host, port) over TCP and return the socket.

        The addresses of the host are tried in turn, each with the timeout, if one is given (else the default
        of getdefaulttimeout() holds), and from `source_address`, a (host, port). If all fail, the error of the
        last one is raised.
        """
        return _connect(address, timeout, source_address, False)


def has_dualstack_ipv6() -> bool:
    """Return whether one IPv6 socket can be made to serve IPv4 clients too."""
    if not (_public.has_ipv6 and hasattr(_rsock, "IPPROTO_IPV6") and hasattr(_rsock, "IPV6_V6ONLY")):
        return False
    try:
        with _public.socket(_public.AF_INET6, _public.SOCK_STREAM) as sock:
            sock.setsockopt(_rsock.IPPROTO_IPV6, _rsock.IPV6_V6ONLY, 0)
            return True
    except OSError:
        return False


def create_server(
    address: "Any",
    *,
    family: int = AddressFamily.AF_INET,
    backlog: int | None = None,
    reuse_port: bool = False,
    dualstack_ipv6: bool = False,
) -> "_Socket":
    """Return a TCP socket that is bound to an address and listens.

    `reuse_port` sets SO_REUSEPORT. With `dualstack_ipv6` and family AF_INET6 it serves IPv4 too, where
    has_dualstack_ipv6() says that it can; else an AF_INET6 server is for IPv6 alone.
    """
    if reuse_port and not hasattr(_rsock, "SO_REUSEPORT"):
        raise ValueError("SO_REUSEPORT not supported on this platform")
    if dualstack_ipv6:
        if not _public.has_dualstack_ipv6():
            raise ValueError("dualstack_ipv6 not supported on this platform")
        if family != AddressFamily.AF_INET6:
            raise ValueError("dualstack_ipv6 requires AF_INET6 family")
    sock: _Socket = _public.socket(family, _public.SOCK_STREAM)
    try:
        _set_server_options(sock, family, reuse_port, dualstack_ipv6)
        try:
            sock.bind(address)
        except OSError as exc:
            text = f"{exc.strerror} (while attempting to bind on address {address!r})"
            raise OSError(exc.errno, text) from None
        if backlog is None:
            sock.listen()
        else:
            sock.listen(backlog)
        return sock
    except BaseException:
        sock.close()
        raise


def _set_server_options(sock: "_Socket", family: int, reuse_port: bool, dualstack_ipv6: bool) -> None:
    # POSIX: restart on a port whose last connections are in TIME_WAIT. On Windows and Cygwin that works anyway,
    # and the option would let any process take over a port in use.
    if os.name not in {"nt", "cygwin"} and hasattr(_rsock, "SO_REUSEADDR"):
        try:  # noqa: SIM105 - contextlib takes longer to import than this file
            sock.setsockopt(_rsock.SOL_SOCKET, _rsock.SO_REUSEADDR, 1)
        except OSError:
            pass  # a family that has no such option
    if reuse_port:
        sock.setsockopt(_rsock.SOL_SOCKET, _rsock.SO_REUSEPORT, 1)
    if _public.has_ipv6 and family == AddressFamily.AF_INET6:
        if dualstack_ipv6:
            sock.setsockopt(_rsock.IPPROTO_IPV6, _rsock.IPV6_V6ONLY, 0)
        elif hasattr(_rsock, "IPV6_V6ONLY") and hasattr(_rsock, "IPPROTO_IPV6"):
            sock.setsockopt(_rsock.IPPROTO_IPV6, _rsock.IPV6_V6ONLY, 1)


def fromfd(fd: "Any", family: int, type: int, proto: int = 0) -> "_Socket":
    """Return a socket over a duplicate of a descriptor; the other arguments are those of socket()."""
    return _rsock._adopt(_public.socket, family, type, proto, _public.dup(fd))


if hasattr(_rsock.socket, "share"):
    __all__ += ["fromshare"]

    def fromshare(info: bytes) -> "_Socket":
        """Return the socket that another process shared; `info` is what its `share` returned."""
        return _public.socket(0, 0, 0, info)  # type: ignore[no-any-return]


if hasattr(_rsock, "socketpair"):

    def socketpair(family: int | None = None, type: int = SocketKind.SOCK_STREAM, proto: int = 0) -> "_Pair":
        """Return two sockets that are connected to each other, of family AF_UNIX if none is given."""
        if family is None:
            family = AddressFamily.AF_UNIX
        return _rsock._pair(_public.socket, family, type, proto)


def _fallback_socketpair(
    family: int = AddressFamily.AF_INET, type: int = SocketKind.SOCK_STREAM, proto: int = 0
) -> "_Pair":
    """Return two TCP sockets that are connected to each other over the loopback interface."""
    hosts: dict[int, str] = {
        AddressFamily.AF_INET: _LOCALHOST,
        AddressFamily.AF_INET6: _LOCALHOST_V6,
    }
    if family not in hosts:
        raise ValueError("Only AF_INET and AF_INET6 socket address families are supported")
    if type != SocketKind.SOCK_STREAM:
        raise ValueError("Only SOCK_STREAM socket type is supported")
    if proto != 0:
        raise ValueError("Only protocol zero is supported")
    with _public.socket(family, type, proto) as listener:
        listener.bind((hosts[family], 0))
        listener.listen()
        target = listener.getsockname()[:2]
        client = _public.socket(family, type, proto)
        try:
            client.setblocking(False)
            try:  # noqa: SIM105 - as above
                client.connect(target)
            except (BlockingIOError, InterruptedError):
                pass
            client.setblocking(True)
            server, _ = listener.accept()
        except BaseException:
            client.close()
            raise
    # Any local process may have connected first (CVE-2024-3219).
    try:
        if server.getsockname() != client.getpeername() or client.getsockname() != server.getpeername():
            raise ConnectionError("Unexpected peer connection")
    except BaseException:
        server.close()
        client.close()
        raise
    return server, client


if not hasattr(_rsock, "socketpair"):
    socketpair = _fallback_socketpair  # type: ignore[assignment]


def getfqdn(name: str = "") -> str:
    """Return the fully qualified form of a host name, of this machine's own if it is empty.

    That is the first name with a dot among those that gethostbyaddr() tells, or the name itself.
    """
    name = name.strip()
    if not name or name in ("0.0.0.0", "::"):  # a tuple, as a name may be of a type that has no hash
        name = _public.gethostname()
    try:
        found: tuple[str, list[str], list[str]] = _public.gethostbyaddr(name)
    except OSError:
        return name
    canonical, aliases, _ = found
    return next((known for known in (canonical, *aliases) if "." in known), canonical)


if hasattr(_rsock.socket, "sendmsg"):
    __all__ += ["send_fds"]

    def send_fds(
        sock: "_Socket",
        buffers: "Iterable[ReadableBuffer]",
        fds: "Iterable[int]",
        flags: int = 0,
        address: "Any" = None,
    ) -> int:
        """Send data and descriptors over an AF_UNIX socket; return the number of bytes of data sent."""
        import array

        send = sock.sendmsg
        ancillary = [(_rsock.SOL_SOCKET, _rsock.SCM_RIGHTS, array.array("i", fds))]
        if not flags and address is None:
            return send(buffers, ancillary)  # all that a class of somebody else's may know of
        return send(buffers, ancillary, flags, address)


if hasattr(_rsock.socket, "recvmsg"):
    __all__ += ["recv_fds"]

    def recv_fds(sock: "_Socket", bufsize: int, maxfds: int, flags: int = 0) -> "tuple[bytes, list[int], int, Any]":
        """Receive data and up to `maxfds` descriptors over an AF_UNIX socket.

        Return the data, the descriptors, the flags of the message and the address of its sender.
        """
        import array

        fds = array.array("i")
        receive = sock.recvmsg
        room = _rsock.CMSG_LEN(maxfds * fds.itemsize)
        data, ancillary, flags_out, sender = receive(bufsize, room, flags) if flags else receive(bufsize, room)
        for level, kind, content in ancillary:
            if level == _rsock.SOL_SOCKET and kind == _rsock.SCM_RIGHTS:
                fds.frombytes(content[: len(content) - len(content) % fds.itemsize])
        return data, list(fds), flags_out, sender
