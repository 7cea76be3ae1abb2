"""What `_ssl` reads behind our back: the capsule `_socket.CAPI` and the first fields of a socket object.

Both are read here as C reads them, through ctypes, over the stdlib and over rsock: the offsets are those of
CPython's `PySocketSockObject`, the same from 3.8 to 3.14. Whether TLS then works is the business of test_tls.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import sys
import threading
import warnings

import pytest
from children import run_python
from support import LIMIT, listener, tcp_pair

pytestmark = pytest.mark.skipif(os.name == "nt", reason="a descriptor is not an int here")

NAME = b"_socket.CAPI"
BLOCKING = -1_000_000_000


class Fields(ctypes.Structure):
    """The part of the object that C knows, from the end of its head."""

    _fields_ = [
        ("fd", ctypes.c_int),
        ("family", ctypes.c_int),
        ("type", ctypes.c_int),
        ("proto", ctypes.c_int),
        ("errorhandler", ctypes.c_void_p),
        ("timeout", ctypes.c_int64),
    ]


class Api(ctypes.Structure):
    """CPython's `PySocketModule_APIObject`."""

    _fields_ = [("type", ctypes.c_void_p), ("error", ctypes.c_void_p), ("timeout_error", ctypes.c_void_p)]


def fields(sock) -> Fields:
    """The fields of a live object; they change as the object does."""
    return Fields.from_address(id(sock) + object.__basicsize__)


def get_pointer(capsule, name=NAME):
    call = ctypes.pythonapi.PyCapsule_GetPointer
    call.restype, call.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    return call(capsule, name)


@contextlib.contextmanager
def default_timeout(mod, value):
    mod.setdefaulttimeout(value)
    try:
        yield
    finally:
        mod.setdefaulttimeout(None)


# --- the capsule ---


def test_capsule_has_the_name_that_ssl_asks_for(mod):
    assert f'"{NAME.decode()}"' in repr(mod._socket.CAPI)
    with pytest.raises(ValueError, match="PyCapsule_GetPointer called with incorrect name"):
        get_pointer(mod._socket.CAPI, b"rsock.CAPI")


def test_capsule_has_the_type_and_the_errors(mod):
    api = Api.from_address(get_pointer(mod._socket.CAPI))
    assert api.type == id(mod._socket.socket)
    assert api.error == id(OSError)
    assert api.timeout_error == id(TimeoutError)
    assert mod._socket.SocketType is mod._socket.socket
    assert issubclass(mod.socket, mod._socket.socket)


@pytest.mark.skipif(sys.version_info < (3, 13), reason="a capsule has no traverse function before 3.13")
def test_capsule_is_seen_by_the_collector(mod):
    capsule = mod._socket.CAPI
    assert gc.is_tracked(capsule)
    gc.collect()
    assert mod._socket.socket in gc.get_referents(capsule)


def test_import_by_name_gives_our_capsule():
    run_python("""
        import ctypes
        import rsock
        rsock.install()
        call = ctypes.pythonapi.PyCapsule_Import
        call.restype, call.argtypes = ctypes.c_void_p, [ctypes.c_char_p, ctypes.c_int]
        pointer = call(b"_socket.CAPI", 1)
        assert ctypes.c_void_p.from_address(pointer).value == id(rsock.SocketType)
    """)


# --- the places ---


@pytest.mark.skipif(object.__basicsize__ != 16, reason="the head of an object has another size in this build")
def test_offsets(mod):
    with mod.socket(mod.AF_INET6, mod.SOCK_DGRAM, mod.IPPROTO_UDP) as sock:
        sock.settimeout(2.5)

        def read(kind, offset):
            return kind.from_address(id(sock) + offset).value

        assert read(ctypes.c_int, 16) == sock.fileno()
        assert read(ctypes.c_int, 20) == mod.AF_INET6
        assert read(ctypes.c_int, 24) == mod.SOCK_DGRAM
        assert read(ctypes.c_int, 28) == mod.IPPROTO_UDP
        assert read(ctypes.c_int64, 40) == 2_500_000_000
        assert Fields.errorhandler.offset + 16 == 32
        assert mod._socket.socket.__basicsize__ >= 48


def test_base_class_has_the_same_places(mod):
    sock = mod._socket.socket(mod.AF_INET, mod.SOCK_DGRAM)
    try:
        sock.settimeout(3)
        seen = fields(sock)
        assert (seen.fd, seen.family, seen.type) == (sock.fileno(), mod.AF_INET, mod.SOCK_DGRAM)
        assert seen.timeout == 3_000_000_000
    finally:
        sock.close()
    assert seen.fd == -1


@pytest.mark.parametrize("slots", [{}, {"__slots__": ()}, {"__slots__": ("more",)}], ids=["dict", "none", "slots"])
def test_subclass_has_the_same_places(mod, slots):
    with type("Sub", (mod.socket,), slots)(mod.AF_INET, mod.SOCK_DGRAM) as sock:
        sock.settimeout(3)
        seen = fields(sock)
        assert (seen.fd, seen.type, seen.timeout) == (sock.fileno(), mod.SOCK_DGRAM, 3_000_000_000)


# --- the timeout ---


@pytest.mark.parametrize(
    ("value", "nanos"),
    [
        (None, BLOCKING),
        (0, 0),
        (0.0, 0),
        (1, 1_000_000_000),
        (0.25, 250_000_000),
        (1e-9, 1),
        (86_400.5, 86_400_500_000_000),
    ],
)
def test_settimeout_writes_the_field(mod, value, nanos):
    with mod.socket() as sock:
        sock.settimeout(7)
        sock.settimeout(value)
        assert fields(sock).timeout == nanos
        assert os.get_blocking(sock.fileno()) is (value is None)


def test_refused_settimeout_leaves_the_field(mod):
    with mod.socket() as sock:
        sock.settimeout(7)
        for value, error in ((-1, ValueError), (float("nan"), ValueError), (1e30, OverflowError), ("1", TypeError)):
            with pytest.raises(error):
                sock.settimeout(value)
            assert fields(sock).timeout == 7_000_000_000


def test_setblocking_writes_the_field(mod):
    with mod.socket() as sock:
        seen = fields(sock)
        assert seen.timeout == BLOCKING
        for flag, nanos in ((False, 0), (True, BLOCKING), (False, 0), (1, BLOCKING), (0, 0)):
            sock.setblocking(flag)
            assert seen.timeout == nanos
            assert os.get_blocking(sock.fileno()) is bool(flag)


@pytest.mark.skipif(not hasattr(__import__("socket"), "SOCK_NONBLOCK"), reason="this system has no SOCK_NONBLOCK")
def test_socket_born_nonblocking(mod):
    with mod.socket(mod.AF_INET, mod.SOCK_STREAM | mod.SOCK_NONBLOCK | mod.SOCK_CLOEXEC) as sock:
        seen = fields(sock)
        assert (seen.timeout, seen.type) == (0, mod.SOCK_STREAM)


@pytest.mark.thread_unsafe(reason="the default is the process's")
def test_default_timeout_is_written_into_new_sockets(mod):
    with listener(mod) as server:
        with default_timeout(mod, 1.5), mod.socket() as sock:
            assert fields(sock).timeout == 1_500_000_000
            sock.connect(server.getsockname())
            peer, _ = server.accept()
            with peer:
                assert fields(peer).timeout == 1_500_000_000
            assert fields(server).timeout == BLOCKING
        with mod.socket() as sock:
            assert fields(sock).timeout == BLOCKING


def test_accepted_is_blocking_where_the_listener_is_not(mod):
    with listener(mod) as server, mod.socket() as sock:
        server.settimeout(LIMIT)
        sock.connect(server.getsockname())
        peer, _ = server.accept()
        with peer:
            seen = fields(peer)
            assert (seen.fd, seen.timeout) == (peer.fileno(), BLOCKING)
            assert (seen.family, seen.type) == (mod.AF_INET, mod.SOCK_STREAM)
            assert os.get_blocking(peer.fileno())


def test_dup_has_fields_of_its_own(mod):
    with mod.socket(mod.AF_INET, mod.SOCK_DGRAM) as sock:
        sock.settimeout(4)
        with sock.dup() as other:
            seen = fields(other)
            assert (seen.fd, seen.type, seen.timeout) == (other.fileno(), mod.SOCK_DGRAM, 4_000_000_000)
            assert seen.fd != fields(sock).fd


# --- the descriptor ---


def test_new_alone_leaves_no_descriptor(mod):
    sock = mod.socket.__new__(mod.socket, 1, 2, anything=3)
    assert fields(sock).fd == -1
    with pytest.raises(OSError):
        sock.__init__(mod.AF_INET, 123_456)
    assert fields(sock).fd == -1
    sock.__init__(mod.AF_INET, mod.SOCK_DGRAM)
    with sock:
        seen = fields(sock)
        assert seen.fd == sock.fileno() >= 0
        assert (seen.family, seen.type, seen.timeout) == (mod.AF_INET, mod.SOCK_DGRAM, BLOCKING)


def test_init_takes_a_descriptor_over(mod):
    with mod.socket(mod.AF_INET, mod.SOCK_DGRAM) as sock:
        number = sock.detach()
        assert fields(sock).fd == -1
        with mod.socket(fileno=number) as other:
            seen = fields(other)
            assert (seen.fd, seen.family, seen.type) == (number, mod.AF_INET, mod.SOCK_DGRAM)


def test_socketpair_writes_both(mod):
    one, other = mod.socketpair()
    with one, other:
        for sock in (one, other):
            seen = fields(sock)
            assert (seen.fd, seen.family, seen.timeout) == (sock.fileno(), mod.AF_UNIX, BLOCKING)


@pytest.mark.parametrize("end", ["close", "_real_close", "__exit__"])
def test_close_writes_the_field(mod, end):
    sock = mod.socket()
    getattr(sock, end)()
    assert fields(sock).fd == -1
    sock.close()
    assert fields(sock).fd == -1


def test_close_waits_for_the_files(mod):
    with tcp_pair(mod) as (one, _):
        file = one.makefile("rb")
        one.close()
        assert fields(one).fd >= 0
        file.close()
        assert fields(one).fd == -1


@pytest.mark.thread_unsafe(reason="the stdlib waits on a number that is another thread's by then")
def test_close_writes_the_field_at_once_while_a_call_waits(mod):
    with tcp_pair(mod) as (one, other):
        one.settimeout(LIMIT)
        outcome = []

        def receive():
            try:
                outcome.append(one.recv(1))
            except OSError:
                outcome.append(b"")

        thread = threading.Thread(target=receive)
        thread.start()
        one.close()
        assert fields(one).fd == -1
        other.shutdown(mod.SHUT_RDWR)
        thread.join(LIMIT)
        assert outcome == [b""]


@pytest.mark.parametrize("made", ["exact", "subclass", "slots", "base"])
def test_finalizer_writes_the_field(mod, made):
    base = mod._socket.socket if made == "base" else mod.socket
    members = {"__slots__": ()} if made == "slots" else {}
    sock = (mod.socket if made == "exact" else type("Sub", (base,), members))()
    number = sock.fileno()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        del sock
        gc.collect()
    (warning,) = caught
    # the record of the warning holds the object, whose finalizer is over
    assert fields(warning.source).fd == -1
    with pytest.raises(OSError):
        os.fstat(number)
