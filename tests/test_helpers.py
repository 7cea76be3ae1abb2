"""The functions that are made of others: connections, servers, pairs, names, descriptors over AF_UNIX.

Follows: the `socket` chapter of the Python library reference; what a program patches in the module counts.
"""

from __future__ import annotations

import contextlib
import errno
import gc
import os
import socket
import sys
import weakref
from unittest import mock

import pytest
import rsock
from support import LIMIT, listener, recv_exactly, unix_pair

NOWHERE = ("127.0.0.1", 1)
UNKNOWN = ("::1", 1)  # no name server is asked for it, and no IPv4 socket has it


def addresses(mod, *targets):
    """Return what getaddrinfo() would give for these IPv4 addresses."""
    return [(mod.AF_INET, mod.SOCK_STREAM, mod.IPPROTO_TCP, "", target) for target in targets]


@contextlib.contextmanager
def resolving(mod, *targets):
    """Have every name of the module resolve to these."""
    with mock.patch.object(mod, "getaddrinfo", return_value=addresses(mod, *targets)) as lookup:
        yield lookup


@contextlib.contextmanager
def recorded(mod):
    """Yield the list of the sockets that the module makes; close them after: the stdlib leaves some open."""
    made = []

    class Recorded(mod.socket):
        def __init__(self, *arguments, **keywords):
            super().__init__(*arguments, **keywords)
            made.append(self)

    with mock.patch.object(mod, "socket", Recorded):
        try:
            yield made
        finally:
            for sock in made:
                sock.close()


# create_connection


def test_connects(mod):
    with listener(mod) as server, mod.create_connection(server.getsockname()) as client:
        peer, address = server.accept()
        with peer:
            assert type(client) is mod.socket
            assert address == client.getsockname()
            assert client.gettimeout() is None


def test_takes_the_next_address_where_one_fails(mod):
    with listener(mod) as server, resolving(mod, NOWHERE, server.getsockname()) as lookup:
        with mod.create_connection(("any", "port")) as client:
            assert client.getpeername() == server.getsockname()
        lookup.assert_called_once_with("any", "port", 0, mod.SOCK_STREAM)


@pytest.mark.thread_unsafe(reason="changes the default timeout")
@pytest.mark.parametrize(("given", "default", "found"), [(5.0, None, 5.0), (None, 3.0, None), ("unset", 3.0, 3.0)])
def test_timeout_of_a_connection(mod, given, default, found):
    keywords = {} if given == "unset" else {"timeout": given}
    with listener(mod) as server:
        mod.setdefaulttimeout(default)
        try:
            with mod.create_connection(server.getsockname(), **keywords) as client:
                assert client.gettimeout() == found
        finally:
            mod.setdefaulttimeout(None)


def test_mark_of_the_stdlib_is_the_default_timeout(mod):
    with listener(mod) as server, mod.create_connection(server.getsockname(), mod._GLOBAL_DEFAULT_TIMEOUT) as client:
        assert client.gettimeout() is None


def test_source_address(mod):
    with listener(mod) as server, mod.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        source = probe.getsockname()
        probe.close()
        with mod.create_connection(server.getsockname(), source_address=source) as client:
            assert client.getsockname() == source


def test_last_error_is_raised(mod):
    with resolving(mod, NOWHERE, UNKNOWN), pytest.raises(mod.gaierror):
        mod.create_connection(("any", 1))
    with resolving(mod, UNKNOWN, NOWHERE), pytest.raises(ConnectionRefusedError):
        mod.create_connection(("any", 1))


def test_no_address_at_all(mod):
    with resolving(mod), pytest.raises(OSError, match=r"^getaddrinfo returns an empty list$"):
        mod.create_connection(("any", 1))


@pytest.mark.skipif(sys.version_info < (3, 11), reason="all_errors came with 3.11")
def test_all_errors(mod):
    with (
        resolving(mod, NOWHERE, UNKNOWN),
        pytest.raises(Exception, match="create_connection failed") as caught,
    ):
        mod.create_connection(("any", 1), all_errors=True)
    assert type(caught.value).__name__ == "ExceptionGroup"
    assert [type(error) for error in caught.value.exceptions] == [ConnectionRefusedError, mod.gaierror]


@pytest.mark.skipif(sys.version_info >= (3, 11), reason="all_errors came with 3.11")
def test_all_errors_is_unknown(mod):
    with pytest.raises(TypeError, match="unexpected keyword argument 'all_errors'"):
        mod.create_connection(NOWHERE, all_errors=True)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (((),), ValueError),
        ((("127.0.0.1",),), ValueError),
        ((("127.0.0.1", 1, 2),), ValueError),
        ((NOWHERE, -1), ValueError),
        ((), TypeError),
        ((NOWHERE, 1, None, True), TypeError),
    ],
)
def test_bad_arguments_of_a_connection(mod, arguments, error):
    with recorded(mod), pytest.raises(error):
        mod.create_connection(*arguments)


@pytest.mark.parametrize("arguments", [{"timeout": "x"}, {"timeout": -1}, {"source_address": ("127.0.0.1",)}])
def test_no_socket_stays_open_after_an_error(arguments):
    with recorded(rsock) as made:
        with pytest.raises((TypeError, ValueError)):
            rsock.create_connection(NOWHERE, **arguments)
        assert [sock.fileno() for sock in made] == [-1]


@pytest.mark.parametrize("keywords", [{}, {"all_errors": True}] if sys.version_info >= (3, 11) else [{}])
def test_error_leaves_no_cycle(mod, keywords):
    signs = []

    class Sign(ConnectionRefusedError):
        def __init__(self):
            signs.append(weakref.ref(self))

    class Refusing(mod.socket):
        def connect(self, address):
            raise Sign

    gc.disable()
    try:
        with resolving(mod, NOWHERE, NOWHERE), mock.patch.object(mod, "socket", Refusing):
            with contextlib.suppress(Exception):
                mod.create_connection(("any", 1), **keywords)
            assert len(signs) == 2
            assert [sign() for sign in signs] == [None, None]
    finally:
        gc.enable()


# create_server


def test_server(mod):
    with mod.create_server(("127.0.0.1", 0)) as server:
        assert type(server) is mod.socket
        assert (server.family, server.type) == (mod.AF_INET, mod.SOCK_STREAM)
        assert server.getsockopt(mod.SOL_SOCKET, mod.SO_REUSEADDR) == (os.name == "posix")
        assert server.getsockopt(mod.SOL_SOCKET, mod.SO_REUSEPORT) == 0
        assert server.getsockopt(mod.SOL_SOCKET, mod.SO_ACCEPTCONN)


@pytest.mark.parametrize("backlog", [None, 0, 5, -1])
def test_backlog(mod, backlog):
    asked = []

    class Listening(mod.socket):
        def listen(self, *arguments):
            asked.append(arguments)
            return super().listen(*arguments)

    with mock.patch.object(mod, "socket", Listening):
        mod.create_server(("127.0.0.1", 0), backlog=backlog).close()
    assert asked == [() if backlog is None else (backlog,)]


def test_reuse_port(mod):
    with mod.create_server(("127.0.0.1", 0), reuse_port=True) as server:
        assert server.getsockopt(mod.SOL_SOCKET, mod.SO_REUSEPORT)
        mod.create_server(server.getsockname(), reuse_port=True).close()


@pytest.mark.needs("ipv6")
@pytest.mark.parametrize("dualstack", [False, True])
def test_ipv6_server(mod, dualstack):
    with mod.create_server(("::", 0), family=mod.AF_INET6, dualstack_ipv6=dualstack) as server:
        assert server.family == mod.AF_INET6
        assert server.getsockopt(mod.IPPROTO_IPV6, mod.IPV6_V6ONLY) == (not dualstack)


@pytest.mark.needs("ipv6")
def test_dualstack_server_takes_an_ipv4_client(mod):
    with mod.create_server(("::", 0), family=mod.AF_INET6, dualstack_ipv6=True) as server:
        port = server.getsockname()[1]
        with mod.create_connection(("127.0.0.1", port), LIMIT) as client:
            peer, address = server.accept()
            with peer:
                assert address[0] == "::ffff:127.0.0.1"
                peer.send(b"x")
                assert client.recv(1) == b"x"


@pytest.mark.needs("unix")
def test_unix_server(mod, tmp_path):
    path = str(tmp_path / "socket")
    with mod.create_server(path, family=mod.AF_UNIX) as server, mod.socket(mod.AF_UNIX) as client:
        client.connect(path)
        server.accept()[0].close()


@pytest.mark.parametrize(
    ("address", "keywords", "error", "text"),
    [
        (
            ("192.0.2.1", 0),
            {},
            errno.EADDRNOTAVAIL,
            "Cannot assign requested address (while attempting to bind on address ('192.0.2.1', 0))",
        ),
        (
            "/no/such/place",
            {"family": socket.AF_UNIX},
            errno.ENOENT,
            "No such file or directory (while attempting to bind on address '/no/such/place')",
        ),
        (("127.0.0.1", 99999), {}, OverflowError, "bind(): port must be 0-65535."),
        (("::1", 0), {"dualstack_ipv6": True}, ValueError, "dualstack_ipv6 requires AF_INET6 family"),
    ],
)
def test_server_that_cannot_be(mod, address, keywords, error, text):
    with recorded(mod), pytest.raises(OSError if isinstance(error, int) else error) as caught:
        mod.create_server(address, **keywords)
    if isinstance(error, int):
        assert caught.value.errno == error
        assert caught.value.strerror == text
        assert caught.value.__suppress_context__
    else:
        assert str(caught.value) == text


@pytest.mark.parametrize("address", [("127.0.0.1", 99999), ("127.0.0.1", "port"), ()])
def test_no_server_stays_open_after_an_error(address):
    with recorded(rsock) as made:
        with pytest.raises((OverflowError, TypeError)):
            rsock.create_server(address)
        assert [sock.fileno() for sock in made] == [-1]


def test_dualstack_where_the_system_has_none(mod):
    with (
        mock.patch.object(mod, "has_dualstack_ipv6", return_value=False),
        pytest.raises(ValueError, match=r"^dualstack_ipv6 not supported on this platform$"),
    ):
        mod.create_server(("::1", 0), family=mod.AF_INET6, dualstack_ipv6=True)


@pytest.mark.parametrize("missing", ["has_ipv6", "socket"])
def test_no_dualstack_without(mod, missing):
    with mock.patch.object(mod, missing, False if missing == "has_ipv6" else mock.Mock(side_effect=OSError)):
        assert mod.has_dualstack_ipv6() is False


# pairs


@pytest.mark.needs("unix")
def test_pair_is_of_unix_sockets(mod):
    one, other = mod.socketpair()
    with one, other:
        assert [type(end) for end in (one, other)] == [mod.socket] * 2
        assert (one.family, one.type, one.proto) == (mod.AF_UNIX, mod.SOCK_STREAM, 0)
        assert not one.get_inheritable()
        one.send(b"x")
        assert other.recv(9) == b"x"


@pytest.mark.needs("unix")
def test_pair_of_datagrams(mod):
    one, other = mod.socketpair(mod.AF_UNIX, mod.SOCK_DGRAM)
    with one, other:
        one.send(b"first")
        one.send(b"second")
        assert other.recv(9) == b"first"


@pytest.mark.thread_unsafe(reason="sets the default timeout")
def test_socketpair_takes_the_flags_of_a_type_and_the_default_timeout(mod):
    one, other = mod.socketpair(mod.AF_UNIX, mod.SOCK_STREAM | mod.SOCK_NONBLOCK)
    with one, other:
        assert (one.type, one.gettimeout()) == (mod.SOCK_STREAM, 0)
        assert not os.get_blocking(other.fileno())
    mod.setdefaulttimeout(7)
    try:
        one, other = mod.socketpair()
    finally:
        mod.setdefaulttimeout(None)
    with one, other:
        assert (one.gettimeout(), other.gettimeout()) == (7, 7)
        assert not os.get_blocking(one.fileno())
        assert not one.get_inheritable()


def test_pair_that_cannot_be(mod):
    with pytest.raises(OSError, match="not supported"):
        mod.socketpair(mod.AF_INET)
    with pytest.raises(TypeError):
        mod.socketpair(mod.AF_UNIX, mod.SOCK_STREAM, 0, 0)


def test_pair_leaks_nothing_where_the_class_refuses():
    with mock.patch.object(rsock, "socket", side_effect=MemoryError), pytest.raises(MemoryError):
        rsock.socketpair()


def emulated(mod):
    """Return the emulation for systems that have no pairs; the stdlib has it by this name from 3.13 on."""
    pair = getattr(mod, "_fallback_socketpair", None)
    if pair is None:
        pytest.skip("this version keeps the emulation for systems without pairs")
    return pair


@pytest.mark.parametrize("family", ["AF_INET", pytest.param("AF_INET6", marks=pytest.mark.needs("ipv6"))])
def test_emulated_pair(mod, family):
    one, other = emulated(mod)(getattr(mod, family))
    with one, other:
        assert one.family == other.family == getattr(mod, family)
        assert one.getsockname() == other.getpeername()
        assert one.gettimeout() is other.gettimeout() is None
        one.sendall(b"there")
        other.sendall(b"back")
        assert (recv_exactly(other, 5), recv_exactly(one, 4)) == (b"there", b"back")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((1,), "Only AF_INET and AF_INET6 socket address families are supported"),
        ((2, 2), "Only SOCK_STREAM socket type is supported"),
        ((2, 1, 6), "Only protocol zero is supported"),
    ],
)
def test_emulated_pair_that_cannot_be(mod, arguments, text):
    with pytest.raises(ValueError) as caught:
        emulated(mod)(*arguments)
    assert str(caught.value) == text


def test_emulated_pair_refuses_a_stranger(mod):
    """CVE-2024-3219: another process connects first."""
    strangers = []

    class Raced(mod.socket):
        def getsockname(self):
            address = super().getsockname()
            if not strangers:
                strangers.append(socket.create_connection(address))
            return address

    make = emulated(mod)
    try:
        with mock.patch.object(mod, "socket", Raced), pytest.raises(OSError):
            make()
        assert strangers
    finally:
        for stranger in strangers:
            stranger.close()


# descriptors


def test_fromfd_duplicates(mod):
    with mod.socket(mod.AF_INET, mod.SOCK_DGRAM) as first:
        first.bind(("127.0.0.1", 0))
        with mod.fromfd(first.fileno(), mod.AF_INET, mod.SOCK_DGRAM) as second:
            assert type(second) is mod.socket
            assert second.fileno() != first.fileno()
            assert second.getsockname() == first.getsockname()
            assert (second.family, second.type, second.proto) == (mod.AF_INET, mod.SOCK_DGRAM, 0)


def test_fromfd_of_nothing(mod):
    with pytest.raises(OSError, match="Bad file descriptor"):
        mod.fromfd(-1, mod.AF_INET, mod.SOCK_STREAM)


@pytest.mark.needs("unix")
def test_descriptors_travel(mod):
    readers, writers = zip(*(os.pipe() for _ in range(3)), strict=True)
    received = []
    try:
        with unix_pair(mod) as (one, other):
            assert mod.send_fds(one, [b"he", b"re"], readers) == 4
            data, received, flags, _ = mod.recv_fds(other, 100, 5)
            assert data == b"here"
            assert not flags & mod.MSG_CTRUNC
            assert len(received) == 3
            assert not set(received) & set(readers)
            for number, (writer, reader) in enumerate(zip(writers, received, strict=True)):
                os.write(writer, b"%d" % number)
                assert os.read(reader, 9) == b"%d" % number
    finally:
        for number in (*readers, *writers, *received):
            os.close(number)


@pytest.mark.needs("unix")
def test_no_descriptors_at_all(mod):
    with unix_pair(mod) as (one, other):
        one.send(b"plain")
        assert mod.recv_fds(other, 100, 5)[:3] == (b"plain", [], 0)


def test_descriptors_that_are_none(mod):
    with unix_pair(mod) as (one, _):
        with pytest.raises(TypeError):
            mod.send_fds(one, [b"x"], ["0"])
        with pytest.raises(OverflowError):
            mod.send_fds(one, [b"x"], [1 << 40])
        with pytest.raises(OSError, match="Bad file descriptor"):
            mod.send_fds(one, [b"x"], [-1])


@pytest.mark.needs("unix")
def test_flags_and_address_count(tmp_path):
    # the stdlib has the parameters and ignores them
    with rsock.socket(rsock.AF_UNIX, rsock.SOCK_DGRAM) as one, rsock.socket(rsock.AF_UNIX, rsock.SOCK_DGRAM) as other:
        path = str(tmp_path / "other")
        other.bind(path)
        with pytest.raises(BlockingIOError):
            rsock.recv_fds(other, 1, 1, rsock.MSG_DONTWAIT)
        assert rsock.send_fds(one, [b"to you"], [], rsock.MSG_DONTWAIT, path) == 6
        assert rsock.recv_fds(other, 100, 1, rsock.MSG_PEEK)[0] == b"to you"
        assert rsock.recv_fds(other, 100, 1)[0] == b"to you"


# names


@pytest.mark.parametrize(
    ("name", "answer", "found"),
    [
        ("host", ("host.example", [], []), "host.example"),
        ("host", ("host", ["alias", "host.example", "x.y"], []), "host.example"),
        ("host", ("canonical", ["alias"], []), "canonical"),
        (" host ", ("host.example", [], []), "host.example"),
        ("host", OSError(1, "unknown"), "host"),
        ("", ("self.example", [], []), "self.example"),
        ("", OSError(1, "unknown"), "own-name"),
        ("0.0.0.0", OSError(1, "unknown"), "own-name"),
        ("::", OSError(1, "unknown"), "own-name"),
    ],
)
def test_full_name(mod, name, answer, found):
    effect = {"side_effect": answer} if isinstance(answer, OSError) else {"return_value": answer}
    with (
        mock.patch.object(mod, "gethostname", return_value="own-name"),
        mock.patch.object(mod, "gethostbyaddr", **effect) as lookup,
    ):
        assert mod.getfqdn(name) == found
    lookup.assert_called_once_with("host" if name.strip() == "host" else "own-name")


def test_full_name_of_this_machine_needs_no_argument(mod):
    with (
        mock.patch.object(mod, "gethostname", return_value="own-name"),
        mock.patch.object(mod, "gethostbyaddr", side_effect=mod.herror(1, "unknown")),
    ):
        assert mod.getfqdn() == "own-name"


def test_errors_are_the_classes_of_the_interpreter():
    assert rsock.error is OSError
    assert rsock.timeout is TimeoutError
    assert rsock.gaierror is socket.gaierror
    assert rsock.herror is socket.herror
