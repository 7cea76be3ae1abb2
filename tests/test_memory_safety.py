"""Known faults of memory in socket modules, one test each: none of them is to be found in rsock.

The docstring names the fault by its number and says what caused it. What stock Python does is part of the README's
table, which `scripts/safety_table.py` makes of these tests.
"""

from __future__ import annotations

import array
import asyncio
import contextlib
import gc
import itertools
import os
import random
import subprocess
import sys
import threading
import time
import weakref
from functools import partial
from pathlib import Path

from hazards import ABSENT, OK, Fault, descriptors, hazard, main, must_raise
from support import tcp_pair, unix_pair

GUARD = b"#" * 16
HEAP = bytes([0xEE])


def stir_heap(size):
    """Leave blocks of a size behind that were written to."""
    blocks = [HEAP * size for _ in range(1000)]
    blocks.clear()


def has_python_buffers():
    return sys.version_info >= (3, 12)


@hazard("CVE-2014-1912")
def test_count_beyond_the_buffer(mod):
    """CVE-2014-1912: `recv_into` and `recvfrom_into` write past a buffer that is shorter than `nbytes`."""
    whole = bytearray(GUARD + bytes(8) + GUARD)
    view = memoryview(whole)[16:24]
    with unix_pair(mod, "SOCK_DGRAM") as (one, other):
        for method in (one.recv_into, one.recvfrom_into):
            for count in (9, 2**31, 2**63 - 1, -1):
                other.send(b"x" * 64)
                must_raise(ValueError, method, view, count)
                one.recv(64)
            must_raise(OverflowError, method, view, 2**64)
            must_raise((BufferError, TypeError), method, view[::2])
            must_raise(TypeError, method, bytes(8))
            other.send(b"x" * 64)
            method(view, 0)
            other.send(b"x" * 64)
            if method(bytearray()) not in (0, (0, None), (0, "")):
                raise Fault("fills an empty buffer")
    return OK if whole[:16] == whole[24:] == GUARD else "writes past the buffer"


@hazard("CVE-2026-3298")
def test_count_beyond_the_buffer_in_asyncio(mod):
    """CVE-2026-3298: the same through the event loop's `sock_recvfrom_into`, which did not check `nbytes`."""
    whole = bytearray(GUARD + bytes(8) + GUARD)

    async def receive():
        loop = asyncio.get_running_loop()
        with unix_pair(mod, "SOCK_DGRAM") as (one, other):
            one.setblocking(False)
            other.send(b"x" * 64)
            receive = getattr(loop, "sock_recvfrom_into", None)
            if receive is None:
                return ABSENT
            with contextlib.suppress(ValueError):
                await receive(one, memoryview(whole)[16:24], 64)
            return OK

    verdict = asyncio.run(receive())
    return verdict if whole[:16] == whole[24:] == GUARD else "writes past the buffer"


@hazard("MSG_TRUNC", stock=("stale memory",))
def test_measured_datagram_shows_no_heap(mod):
    """`recv` with MSG_TRUNC answers the datagram's real length: bytes that were never written show what was there."""
    with unix_pair(mod, "SOCK_DGRAM") as (one, other):
        for receive in (one.recv, lambda *given: one.recvfrom(*given)[0], lambda n, f: one.recvmsg(n, 0, f)[0]):
            for size, room in ((600, 8), (5000, 16), (50000, 4096)):
                other.send(b"x" * size)
                stir_heap(size)
                got = receive(room, mod.MSG_TRUNC)
                if got[:room] != b"x" * min(room, len(got)):
                    return "loses data"
                if got[room:].strip(b"\0"):
                    return "stale memory"
    return OK


@hazard("MSG_TRUNC on TCP", stock=("stale memory",))
def test_discarded_stream_shows_no_heap(mod):
    """On TCP MSG_TRUNC discards the data: nothing is written, and all of the answer is what was there before."""
    with tcp_pair(mod) as (one, other):
        for receive in (one.recv, lambda *given: one.recvfrom(*given)[0], lambda n, f: one.recvmsg(n, 0, f)[0]):
            other.sendall(b"x" * 300)
            while len(one.recv(300, mod.MSG_PEEK)) < 300:
                pass
            stir_heap(300)
            if receive(300, mod.MSG_TRUNC).strip(b"\0"):
                return "stale memory"
    return OK


class Clears:
    """An int that empties a list as it is read."""

    def __init__(self, victim, value=1):
        self.victim, self.value = victim, value

    def __index__(self):
        self.victim.clear()
        stir_heap(64)
        return self.value


class ClearsByBuffer:
    """Three bytes that empty a list as they are asked for."""

    def __init__(self, victim):
        self.victim = victim

    def __buffer__(self, flags):
        self.victim.clear()
        stir_heap(64)
        return memoryview(bytearray(3))


@hazard("gh-143637", stock=("SIGSEGV", "SIGABRT"))
def test_ancillary_list_cleared_by_index(mod):
    """gh-143637: an `__index__` clears the list of ancillary data that `sendmsg` is walking."""
    with unix_pair(mod) as (one, _):
        for _ in range(20):
            items: list = []
            items += [(1, 1, b"abcd"), (Clears(items), 1, b"abcd")]
            items += [(1, 1, b"abcd") for _ in range(30)]
            with contextlib.suppress(OSError):
                one.sendmsg([b"data"], items)
    return OK


@hazard("gh-143637 in one item")
def test_ancillary_item_cleared_by_index(mod):
    """gh-143637: an `__index__` clears the item, a list, that its own number stands in."""
    with unix_pair(mod) as (one, _):
        for _ in range(20):
            item: list = []
            item += [Clears(item), 1, bytearray(b"abcd")]
            with contextlib.suppress(OSError, TypeError, IndexError):
                one.sendmsg([b"data"], [item])
    return OK


@hazard("gh-143988", stock=("SIGSEGV", "SIGABRT"))
def test_sendmsg_list_cleared_by_buffer(mod):
    """gh-143988: a `__buffer__` clears the list of data that `sendmsg` is walking."""
    if not has_python_buffers():
        return ABSENT

    with unix_pair(mod) as (one, _):
        for _ in range(20):
            data: list = []
            data += [ClearsByBuffer(data)]
            data += [bytearray(b"defg") for _ in range(50)]
            with contextlib.suppress(OSError):
                one.sendmsg(data)
    return OK


@hazard("gh-143988, receiving", stock=("SIGSEGV", "SIGABRT"))
def test_recvmsg_into_list_cleared_by_buffer(mod):
    """gh-143988: a `__buffer__` clears the list of buffers that `recvmsg_into` is walking."""
    if not has_python_buffers():
        return ABSENT

    with unix_pair(mod) as (one, other):
        for _ in range(20):
            other.send(b"abcdef")
            data: list = []
            data += [ClearsByBuffer(data)]
            data += [bytearray(4) for _ in range(50)]
            one.recvmsg_into(data)
    return OK


@hazard("gh-143988, other ways in")
def test_reentrancy_by_other_methods(mod):
    """gh-143988: the same by `__iter__`, `__next__`, `__len__`, `__bool__`, `__eq__`, `__hash__` and weak references."""
    with unix_pair(mod) as (one, other):
        data: list = []

        class Hostile:
            def _strike(self, *_):
                data.clear()
                stir_heap(64)
                return 1

            __len__ = __eq__ = __hash__ = _strike

            def __bool__(self):
                return bool(self._strike())

            def __iter__(self):
                self._strike()
                return self

            def __next__(self):
                self._strike()
                raise StopIteration

            def __getitem__(self, index):
                self._strike()
                if index > 2:
                    raise IndexError
                return 1

        def refill():
            data[:] = [bytearray(b"abc"), Hostile(), bytearray(b"def")]
            return data

        class Referent(bytearray):
            pass

        errors = (OSError, TypeError, ValueError, BufferError)
        one.settimeout(0.01)  # without buffers there is nothing to wake for
        for call in (
            lambda: one.sendmsg(refill()),
            lambda: one.sendmsg(Hostile()),
            lambda: one.sendmsg([b"x"], refill()),
            lambda: one.sendmsg([b"x"], [Hostile()]),
            lambda: one.sendmsg([b"x"], Hostile()),
            lambda: one.recvmsg_into(refill()),
            lambda: one.recvmsg_into(Hostile()),
            lambda: one.setblocking(Hostile()),
            lambda: one.connect((Hostile(), Hostile())),
            lambda: one.setsockopt(mod.SOL_SOCKET, mod.SO_REUSEADDR, Hostile()),
            lambda: mod.getaddrinfo(Hostile(), Hostile()),
        ):
            with contextlib.suppress(*errors):
                call()
        victim = Referent(b"abc")
        data[:] = [victim, bytearray(10)]
        guard = weakref.ref(victim, lambda _: data.clear())
        del victim
        other.send(b"x" * 20)
        one.recvmsg_into(iter([*data, bytearray(5)]))
        del guard
    return OK


@hazard("resized buffer")
def test_buffer_resized_by_a_later_argument(mod):
    """An `__index__` of a later argument resizes the bytearray that the call receives into or sends from."""
    with unix_pair(mod) as (one, other):
        for call in (
            lambda buffer: one.recv_into(buffer, Clears(buffer, 50)),
            lambda buffer: one.recv_into(buffer, 0, Clears(buffer, 0)),
            lambda buffer: one.recvfrom_into(buffer, Clears(buffer, 50)),
            lambda buffer: one.send(buffer, Clears(buffer, 0)),
            lambda buffer: one.sendall(buffer, Clears(buffer, 0)),
        ):
            other.send(b"x" * 100)
            must_raise(BufferError, call, bytearray(100))
    return OK


@hazard("reused descriptor")
def test_closed_and_reused_while_arguments_are_read(mod):
    """An `__index__` closes the socket and opens a file, which gets the same number: the call must not touch it."""
    one, other = mod.socketpair()

    class Reuses:
        def __index__(self):
            number = one.fileno()
            one.close()
            self.file = os.open("/dev/zero", os.O_RDWR)
            if self.file != number:
                raise Fault("the number was not reused")
            return 10

    hostile = Reuses()
    error = must_raise(OSError, one.recv, hostile)
    other.close()
    return OK if error.errno == 9 else f"calls on the new file: {error}"


@hazard("CVE-2022-45061", stock=("time grows with the square",))
def test_long_names_take_linear_time(mod):
    """CVE-2022-45061: the `idna` codec takes time with the square of a host name's length."""

    def seconds(name):
        begun = time.perf_counter()
        with contextlib.suppress(OSError, UnicodeError):
            mod.getaddrinfo(name, 80)
        return time.perf_counter() - begun

    with contextlib.suppress(OSError, UnicodeError):
        mod.getaddrinfo("\u00e9", 80, flags=mod.AI_NUMERICHOST)  # loads the codec
    for pattern in ("a", "\u00e9", "a.", "\u00e9.", "xn--\u00e9", "\u0660"):
        name = pattern * (100_000 // len(pattern))
        if min(seconds(name) for _ in range(3)) > 0.05:
            return "time grows with the square"
    return OK


@hazard("CVE-2024-24806")
def test_long_name_is_never_cut(mod):
    """CVE-2024-24806: a host name of more than 253 bytes is cut, and what is left is resolved: an address."""
    for name in ("0x" + "0" * 246 + "7f000001.example.com", "1" * 3 + ".0.0.1" + " " * 300, "127.0.0.1" + "." * 260):
        must_raise((OSError, UnicodeError), mod.getaddrinfo, name, 80)
        must_raise((OSError, UnicodeError), mod.getaddrinfo, name.encode(), 80)
        must_raise((OSError, UnicodeError), mod.gethostbyname, name)
    return OK


@hazard("NUL in a name", stock=("takes '127.0.0.1\\x00.example.com'",))
def test_name_with_nul_is_never_cut(mod):
    """A host name, a path or an interface's name with NUL in it is cut there by C."""
    for name in ("127.0.0.1\0.example.com", b"127.0.0.1\0.example.com", "\0", "localhost\0"):
        with contextlib.suppress(OSError, UnicodeError, TypeError, ValueError):
            mod.getaddrinfo(name, 80)
            return f"takes {name!r}"
        must_raise((OSError, UnicodeError, TypeError, ValueError), mod.gethostbyname, name)
    must_raise((OSError, UnicodeError, TypeError, ValueError), mod.if_nametoindex, "lo\0x")
    must_raise((OSError, ValueError), mod.inet_aton, "127.0.0.1\0x")
    must_raise((OSError, ValueError), mod.inet_pton, mod.AF_INET, "127.0.0.1\0x")
    with mod.socket() as sock:
        must_raise((OSError, TypeError, UnicodeError), sock.connect, ("127.0.0.1\0x", 1))
    return OK


@hazard("gh-81676, PSF-2019-13", stock=("takes '1.1.1.1 ; anything'",))
def test_aton_takes_nothing_after_an_address(mod):
    """gh-81676: `inet_aton` takes what follows an address and white space, and certificates were matched by it."""
    for text in ("1.1.1.1 ; anything", "1.1.1.1\tx", "1.1.1.1\n.evil.example"):
        with contextlib.suppress(OSError):
            mod.inet_aton(text)
            return f"takes {text!r}"
    return OK if mod.inet_aton("0x7f.1") == b"\x7f\0\0\1" else "refuses the odd forms"


@hazard("gh-81194", stock=("takes 2**32 + 1 for 1",))
def test_interface_numbers_do_not_wrap(mod):
    """gh-81194: `if_indextoname` of a negative or huge number ended the interpreter; later it took the low 32 bits."""
    loopback = mod.if_nametoindex("lo")
    for number in (-1, -(2**31), -(2**63), -(2**64), 2**32 + loopback, 2**64 + loopback, 10**30, 0, 2**31, 2**32 - 1):
        try:
            mod.if_indextoname(number)
        except (OSError, OverflowError, ValueError):
            continue
        return "takes 2**32 + 1 for 1"
    return OK


@hazard("gh-74895")
def test_ports_out_of_range(mod):
    """gh-74895: ports that do not fit overflow a C int, or wrap into one that does."""
    with mod.socket() as sock:
        for port in (-1, 65536, 2**31, 2**32 + 80, 2**64, -(2**64)):
            must_raise(OverflowError, sock.connect, ("127.0.0.1", port))
            must_raise(OverflowError, sock.bind, ("127.0.0.1", port))
    for port in (2**64, -(2**64), 2**31, -1):
        must_raise((OSError, OverflowError), mod.getaddrinfo, "127.0.0.1", port)
    must_raise((OSError, OverflowError), mod.getservbyport, -1)
    must_raise((OSError, OverflowError), mod.getservbyport, 65536)
    return OK


@hazard("gh-77139")
def test_odd_names_raise_what_stock_raises(mod):
    """gh-77139: empty and over-long labels, surrogates: an exception that a caller can name, and never a crash."""
    for name in (
        ".",
        "a..b",
        "a" * 64,
        "\ud800",
        "a" * 63 + ".." + "b",
        "\u00e9" * 64,
        "-" * 300,
        "%" * 10,
        "\u2488com",
    ):
        must_raise((OSError, UnicodeError), mod.getaddrinfo, name, 80)
    return OK


@hazard("psf/requests#3578", stock=("LookupError: unknown encoding: idna",))
def test_no_codec_for_plain_names(mod):
    """psf/requests#3578: resolving an address needs the `idna` codec, which a chroot, a zip or a thread may lack."""
    sys.modules["encodings.idna"] = None
    found = []

    def resolve():
        for name in ("127.0.0.1", "::1", "localhost"):
            try:
                mod.getaddrinfo(name, 80)
                mod.gethostbyname("127.0.0.1")
            except LookupError as error:
                found.append(f"LookupError: {error}")

    thread = threading.Thread(target=resolve)
    thread.start()
    thread.join()
    return found[0] if found else OK


def hostile_values(rng):
    """Return things of every type and size that an address may be made of."""
    numbers = [0, 1, -1, 255, 256, 65535, 65536, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**63, 2**64, -(2**63), 10**30]
    # What may be taken for a host has an empty label, so that no name server is asked.
    texts = ["", "a..", "lo", "127.0.0.1", "::1", "\0", "\ud800", "x" * 200, "00:11:22:33:44:55", "eth0\0", "\u00e9"]
    blobs = [
        b"",
        b".a",
        b"\0",
        b"x..xxxxx",
        b"x" * 200,
        bytearray(b"a.."),
        memoryview(b"abcdef")[::2],
        array.array("i", [1]),
    ]
    others = [None, True, 1.5, (), [], {}, object(), ("a..", 1), [1, 2]]
    return rng.choice(rng.choice([numbers, texts, blobs, others]))


@hazard("gh-89391, gh-131977", stock=("SIGSEGV", "SIGABRT"))
def test_hostile_addresses_of_every_family(mod):
    """gh-89391: an address that was not of the form its family wants was written past its storage."""
    rng = random.Random(89391)
    kinds = [
        (mod.SOCK_RAW, range(9)),
        (mod.SOCK_DGRAM, (0, 2, 6, 7)),
        (mod.SOCK_STREAM, (0,)),
        (mod.SOCK_SEQPACKET, (0,)),
    ]
    opened = 0
    for family in range(46):
        for kind, protocols in kinds:
            for proto in protocols:
                try:
                    sock = mod.socket(family, kind | mod.SOCK_NONBLOCK, proto)
                except OSError:
                    continue
                opened += 1
                with sock:
                    for _ in range(60):
                        size = rng.randrange(8)
                        address = tuple(hostile_values(rng) for _ in range(size)) if size < 7 else hostile_values(rng)
                        call = rng.choice([sock.bind, sock.connect_ex, partial(sock.sendto, b"")])
                        with contextlib.suppress(Exception):
                            call(address)
                        with contextlib.suppress(OSError):
                            sock.getsockname()
    return OK if opened > 4 else "opens no sockets"


@hazard("gh-76108, gh-88659, nix#1763")
def test_unix_names_come_back_as_they_were_given(mod):
    """gh-88659: an AF_UNIX name without NUL, as long as its room or in the abstract space, is read past its end."""
    folder = Path(os.environ.get("TMPDIR", "/tmp")) / f"rsock-{os.getpid()}"
    folder.mkdir()
    try:
        fill = 107 - len(bytes(folder)) - 1
        names = [bytes(folder / ("x" * length)) for length in (1, fill - 1, fill)]
        abstract = [b"\0", b"\0a", b"\0a\0b\0", b"\0" + b"z" * 107, b"\0" + bytes(107)]
        for name in names + abstract:
            with mod.socket(mod.AF_UNIX, mod.SOCK_DGRAM) as to, mod.socket(mod.AF_UNIX, mod.SOCK_DGRAM) as sender:
                to.bind(str(folder / "to"))
                sender.bind(name + os.urandom(3).hex().encode() if name == b"\0" else name)
                wanted = sender.getsockname()
                if name != b"\0" and os.fsencode(wanted) != name:
                    return f"{name!r} comes back as {wanted!r}"
                sender.sendto(b"x", str(folder / "to"))
                for got in (to.recvfrom(1)[1],):
                    if got != wanted:
                        return f"{wanted!r} comes back as {got!r}"
                os.unlink(folder / "to")
                if not name.startswith(b"\0"):
                    os.unlink(name)
        with mod.socket(mod.AF_UNIX) as sock:
            must_raise(OSError, sock.bind, b"x" * 109)
            must_raise(OSError, sock.bind, b"\0" + b"x" * 108)
    finally:
        for left in folder.iterdir():
            left.unlink()
        folder.rmdir()
    return OK


@hazard("gh-114077")
def test_sendfile_beyond_two_gigabytes(mod):
    """gh-114077: `sendfile` from an offset, or of a count, of more than 31 bits."""
    path = Path(os.environ.get("TMPDIR", "/tmp")) / f"rsock-sparse-{os.getpid()}"
    tail = b"the end"
    try:
        with path.open("w+b") as file:
            file.seek(3 * 2**30)
            file.write(tail)
            file.flush()
            for count in (None, 2**31 + 10, 2**32 + 7, len(tail)):
                with unix_pair(mod) as (one, other):
                    sent = one.sendfile(file, 3 * 2**30, count)
                    if (sent, other.recv(100)) != (len(tail), tail):
                        return "sends something else"
    finally:
        path.unlink(missing_ok=True)
    return OK


@hazard("pypy#2561, socket2 0.6")
def test_options_have_their_own_widths(mod):
    """pypy#2561: options of one byte, of four and of none: `getsockopt(..., 0)` is an int, a bool comes back true."""
    with mod.socket(mod.AF_INET6) as sock:
        for level, name in (
            (mod.SOL_SOCKET, mod.SO_KEEPALIVE),
            (mod.SOL_SOCKET, mod.SO_REUSEADDR),
            (mod.IPPROTO_TCP, mod.TCP_NODELAY),
            (mod.IPPROTO_IPV6, mod.IPV6_V6ONLY),
        ):
            for value in (1, True, b"\1\0\0\0"):
                sock.setsockopt(level, name, 0)
                sock.setsockopt(level, name, value)
                if not (sock.getsockopt(level, name) == sock.getsockopt(level, name, 0) == 1):
                    return "loses a bool"
                if sock.getsockopt(level, name, 4) != b"\1\0\0\0":
                    return "has other bytes"
        must_raise(OSError, sock.getsockopt, mod.SOL_SOCKET, mod.SO_KEEPALIVE, 1025)
        must_raise(OSError, sock.getsockopt, mod.SOL_SOCKET, mod.SO_KEEPALIVE, -1)
    return OK


@hazard("memory that is not there", stock=("raises TypeError",))
def test_huge_arguments_raise_memory_error(mod):
    """A copy or a buffer of gigabytes that there is no memory for: an exception, and never the end of the process."""
    import resource

    with unix_pair(mod) as (one, other):
        other.send(b"x")
        if one.recvmsg(1, 2**31 - 1)[0] != b"x":
            return "loses data"
        big = bytearray(1 << 30)
        resource.setrlimit(resource.RLIMIT_AS, (3 << 29, 3 << 29))
        must_raise((MemoryError, OSError), one.sendmsg, [b"x"], [(1, 1, big)])
        must_raise(MemoryError, one.sendmsg, itertools.repeat(b""))
        must_raise(MemoryError, one.recv, 1 << 31)
        must_raise((MemoryError, OverflowError), one.recv, 2**63 - 1)
        one.setsockopt(mod.SOL_SOCKET, mod.SO_KEEPALIVE, big)
        other.send(b"still here")
        return OK if one.recv(100).endswith(b"still here") else "loses data"


def failing_allocations(call, most):
    """Call again and again, the next allocation of Python failing each time; return what went wrong, or None."""
    import _testcapi

    for start in range(most):
        _testcapi.set_nomemory(start, start + 1)
        try:
            call()
        except (MemoryError, OSError, RuntimeError, SystemError, ImportError, AttributeError):
            pass
        except BaseException as error:
            _testcapi.remove_mem_hooks()
            return f"raises {type(error).__name__}"
        finally:
            _testcapi.remove_mem_hooks()
    return None


def silent():
    """Send what complaints there are to nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


@hazard("gh-150406, gh-111253", stock=("SIGSEGV", "SIGABRT"))
def test_import_without_memory(mod):
    """gh-150406: the start of the extension module, in a process whose memory runs out at any point of it.

    At every 41st allocation; RSOCK_MEMORY_STEP=1 makes it each.
    """
    name = "_socket" if mod.__name__ == "socket" else "rsock._rsock"
    if not has_testcapi() or not hasattr(sys.modules[name], "__file__"):
        return ABSENT  # where stock's module is part of the interpreter it starts with it
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            STARTS_WITHOUT_MEMORY,
            name,
            sys.modules[name].__file__,
            os.environ.get("RSOCK_MEMORY_STEP", "41"),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=False,
    )
    return done.stdout.strip()


# In an interpreter that has not had the module yet; a failure is tried in a child of it.
STARTS_WITHOUT_MEMORY = """
import importlib.util, os, signal, sys, types, _testcapi
name, path, step = sys.argv[1:]
if name != "_socket":
    package = types.ModuleType("rsock")
    package.__path__ = [os.path.dirname(path)]
    sys.modules["rsock"] = package
    import _socket

def start(after):
    spec = importlib.util.spec_from_file_location(name, path)
    _testcapi.set_nomemory(after, after + 1)
    try:
        spec.loader.exec_module(importlib.util.module_from_spec(spec))
    except BaseException:
        return 1
    finally:
        _testcapi.remove_mem_hooks()
    return 0

whole = 0
for after in range(0, 20000, int(step)):
    child = os.fork()
    if not child:
        os._exit(start(after))
    status = os.waitpid(child, 0)[1]
    if os.WIFSIGNALED(status):
        sys.exit(print(signal.Signals(os.WTERMSIG(status)).name))
    whole = whole + 1 if status == 0 else 0
    if whole == 10:  # past the last allocation
        sys.exit(print("ok"))
print("never starts")
"""


def has_testcapi():
    with contextlib.suppress(ImportError):
        import _testcapi

        return hasattr(_testcapi, "set_nomemory")
    return False


@hazard("fusil --oom-fuzz", stock=("SIGSEGV", "SIGABRT", "leaks descriptors"))
def test_methods_without_memory(mod):
    """Every method, in a process whose memory runs out at any point of it: an exception, and no descriptor is lost."""
    if not has_testcapi():
        return ABSENT
    silent()
    one, other = mod.socketpair()
    udp = mod.socket(mod.AF_INET, mod.SOCK_DGRAM)
    udp.bind(("127.0.0.1", 0))
    name = udp.getsockname()
    server = mod.create_server(("127.0.0.1", 0))
    server.setblocking(False)
    big, buffer = b"x" * 5000, bytearray(6000)
    one.settimeout(0.01)
    must_raise(TimeoutError, one.recv, 1)  # makes what a wait needs
    rights = [(mod.SOL_SOCKET, mod.SCM_RIGHTS, array.array("i", [0, 0]))]

    def accept():
        with mod.socket() as client:
            client.setblocking(False)
            client.connect_ex(server.getsockname())
        server.accept()[0].close()

    calls = [
        lambda: mod.socket().close(),
        lambda: mod.socketpair(),
        lambda: one.dup().close(),
        lambda: mod.fromfd(one.fileno(), 1, 1).close(),
        accept,
        lambda: one.recv(4000),
        lambda: one.send(big),
        lambda: one.sendall(big),
        lambda: one.sendmsg([big, buffer], rights),
        lambda: udp.sendto(b"x", name),
        lambda: udp.recvfrom(100, mod.MSG_DONTWAIT),
        lambda: udp.recvfrom_into(buffer, 100, mod.MSG_DONTWAIT),
        lambda: other.recvmsg(6000, 100, mod.MSG_DONTWAIT),
        lambda: other.recvmsg_into([buffer], 100, mod.MSG_DONTWAIT),
        lambda: other.recv(70000, mod.MSG_DONTWAIT),
        lambda: other.recv_into(buffer, 0, mod.MSG_DONTWAIT),
        lambda: (udp.getsockname(), one.getsockname(), one.getpeername(), repr(udp), udp.family, udp.type),
        lambda: (one.getsockopt(1, 2), one.getsockopt(1, 2, 100), one.setsockopt(1, 2, b"\1\0\0\0")),
        lambda: (one.settimeout(1.5), one.gettimeout(), one.settimeout(0.01)),
        lambda: udp.connect_ex(("127.0.0.1", 9)),
        lambda: mod.getaddrinfo("127.0.0.1", 80),
        lambda: mod.getaddrinfo("localhost", "80"),
        lambda: mod.getnameinfo(("127.0.0.1", 80), 3),
        lambda: (mod.gethostbyname("127.0.0.1"), mod.gethostbyname_ex("127.0.0.1")),
        lambda: (mod.inet_aton("1.2.3.4"), mod.inet_ntop(10, bytes(16)), mod.inet_pton(2, "1.2.3.4"), mod.htonl(2**31)),
        lambda: (mod.if_nameindex(), mod.if_indextoname(1), mod.gethostname(), mod.getservbyname("http")),
        lambda: one.makefile("rwb").close(),
        lambda: (mod.create_connection(server.getsockname()), server.accept()),
    ]
    for index, call in enumerate(calls):
        drain(mod, other)
        gc.collect()
        before = descriptors()
        fault = failing_allocations(call, 60)
        if fault:
            return f"call {index} {fault}"
        drain(mod, other)
        gc.collect()
        leaked = descriptors() - before
        if leaked:
            return "leaks descriptors" if mod.__name__ == "socket" else f"call {index} leaks {len(leaked)} descriptors"
    one.send(b"still here")
    return OK if other.recv(100) == b"still here" else "is of no use afterwards"


def drain(mod, sock):
    """Take what waits on a socket, and close the descriptors that come with it."""
    with contextlib.suppress(OSError):
        while True:
            _, ancillary, _, _ = sock.recvmsg(1 << 20, 200, mod.MSG_DONTWAIT)
            for _, _, data in ancillary:
                for number in array.array("i", data):
                    os.close(number)


if __name__ == "__main__":
    main(globals())
