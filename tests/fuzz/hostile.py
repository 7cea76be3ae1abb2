"""The fuzzer of hostile objects: their special methods clear, close, resize, re-enter and raise while they are read."""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import signal
import sys
import tempfile
import time

import values

PYTHON_BUFFERS = sys.version_info >= (3, 12)


class Interrupted(Exception):
    """What ends a call that waits."""


class Stage:
    """What a hostile object can reach: the sockets, lists and buffers of the call that is under way."""

    def __init__(self, module, rng):
        self.module, self.rng = module, rng
        self.renew()

    def renew(self):
        """Begin a call."""
        self.sockets = list(values.pair(self.module, self.rng))
        self.lists, self.buffers, self.depth = [], [], 0

    def strike(self):
        """Do harm."""
        self.depth += 1
        if self.depth > 20:
            return
        rng = self.rng
        act = rng.randrange(12)
        sock = rng.choice(self.sockets)
        with contextlib.suppress(OSError, BufferError, ValueError, TypeError):
            if act == 0:
                for victim in self.lists:
                    victim.clear()
            elif act == 1:
                for victim in self.buffers:
                    victim.clear()
            elif act == 2:
                sock.close()
            elif act == 3:
                number = sock.fileno()
                os.close(sock.detach())
                self.keep = os.open("/dev/zero", os.O_RDWR) if number >= 0 else None
            elif act == 4:
                self.call(sock, rng.choice(values.methods(type(sock))))
            elif act == 5:
                gc.collect()
            elif act == 6:
                sock.__init__()
            elif act == 7:
                self.sockets[:] = values.pair(self.module, rng)
            elif act == 8:
                [bytes([0xEE]) * size for size in (16, 64, 200, 1000) for _ in range(50)]
            elif act == 9:
                for victim in self.lists:
                    victim[:] = [None] * 3
            elif act == 10:
                sock.settimeout(rng.choice([0, 0.001, None]))
        if act == 11:
            raise rng.choice([ValueError, OSError, KeyboardInterrupt, MemoryError, StopIteration, RuntimeError])(
                "hostile"
            )

    def value(self):
        """Return something to call with."""
        rng = self.rng
        kind = rng.random()
        if kind < 0.35:
            return Hostile(self, values.plain(rng))
        if kind < 0.45:
            made = [self.value() if rng.random() < 0.5 else values.plain(rng) for _ in range(rng.randrange(6))]
            self.lists.append(made)
            return made
        if kind < 0.55:
            made = bytearray(rng.choice([0, 1, 10, 2000, 100_000]))
            self.buffers.append(made)
            return made
        if kind < 0.62:
            return tuple(self.value() for _ in range(rng.randrange(5)))
        if kind < 0.66:
            return rng.choice(self.sockets)
        if kind < 0.70:
            return HostileText(rng.choice(values.TEXTS)).on(self)
        if kind < 0.74:
            return HostileInt(rng.choice(values.INTS)).on(self)
        return values.plain(rng)

    def call(self, owner, name):
        """Call a method or a function once, whatever comes of it."""
        rng = self.rng
        arguments = values.sane(rng, name) if rng.random() < 0.5 else []
        arguments += [self.value() for _ in range(rng.randrange(4))]
        for index in range(len(arguments)):
            if rng.random() < 0.3:
                arguments[index] = self.value()
        keywords = {}
        if rng.random() < 0.1:
            keywords = {rng.choice(["flags", "nbytes", "buffer", "fileno", "op", "iv", "host"]): self.value()}
        if name in values.RESOLVING | values.CONNECTING and not values.may_resolve(flat(arguments), self.isolated):
            return
        with contextlib.suppress(BaseException):
            getattr(owner, name)(*arguments, **keywords)


def flat(arguments):
    """Return the arguments and what their tuples hold."""
    for one in arguments:
        if isinstance(one, Hostile):
            one = one.inner
        if isinstance(one, (tuple, list)):
            yield from flat(one)
        else:
            yield str(one) if isinstance(one, str) else one


class Hostile:
    """Is asked for a number, a buffer, an item or a truth, and strikes first."""

    def __init__(self, stage, inner):
        self.stage, self.inner = stage, inner

    def _struck(self, value):
        self.stage.strike()
        return value

    def __index__(self):
        return self._struck(self.inner if self.stage.rng.random() < 0.9 else "odd")

    __int__ = __index__

    def __float__(self):
        return self._struck(self.inner)

    def __bool__(self):
        return self._struck(bool(self.inner) if self.stage.rng.random() < 0.9 else 2)

    def __len__(self):
        return self._struck(self.stage.rng.choice([0, 1, 3, -1, 2**62]))

    def __iter__(self):
        return self._struck(iter([self.inner, self, self.inner]))

    def __getitem__(self, index):
        self.stage.strike()
        if index > 4:
            raise IndexError
        return self.inner

    def __eq__(self, other):
        return self._struck(True)

    def __hash__(self):
        return self._struck(1)

    def __str__(self):
        return self._struck("127.0.0.1")

    __repr__ = __str__

    def __fspath__(self):
        return self._struck(self.inner)

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self._struck(self.inner)

    def __del__(self):
        with contextlib.suppress(BaseException):
            self.stage.strike()

    if PYTHON_BUFFERS:

        def __buffer__(self, flags):
            self.stage.strike()
            made = bytearray(20)
            self.stage.buffers.append(made)
            return memoryview(made if self.stage.rng.random() < 0.8 else b"read-only")

        def __release_buffer__(self, view):
            self.stage.strike()
            view.release()


class HostileText(str):
    """A str of its own class."""

    def on(self, stage):
        self.stage = stage
        return self

    def encode(self, *_):
        self.stage.strike()
        return b"127.0.0.1"

    def __eq__(self, other):
        self.stage.strike()
        return True

    __hash__ = str.__hash__


class HostileInt(int):
    """An int of its own class."""

    def on(self, stage):
        self.stage = stage
        return self

    def __index__(self):
        self.stage.strike()
        return 1

    def __lt__(self, other):
        self.stage.strike()
        return True


def run(name, rng, seconds, isolated):
    """Call until the time is up, in a folder of its own for the names that are bound."""
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        call_on(name, rng, seconds, isolated)
        os.chdir("/")


def call_on(name, rng, seconds, isolated):
    """Call."""
    module = importlib.import_module(name)
    stage = Stage(module, rng)
    stage.isolated = isolated
    end = time.monotonic() + seconds
    calls = 0

    def interrupt(*_):
        raise Interrupted

    signal.signal(signal.SIGALRM, interrupt)
    targets = [(None, one) for one in values.functions(module)]
    targets += [(type(stage.sockets[0]), one) for one in values.methods(module.socket)] * 3
    while time.monotonic() < end:
        with contextlib.suppress(BaseException):
            signal.setitimer(signal.ITIMER_REAL, 0.2, 0.05)
            stage.renew()
            owner, target = rng.choice(targets)
            calls += 1
            if rng.random() < 0.05:
                stage.call(module, "socket")
            else:
                stage.call(module if owner is None else stage.sockets[0], target)
        with contextlib.suppress(BaseException):
            signal.setitimer(signal.ITIMER_REAL, 0)
        close_strays()
    with contextlib.suppress(BaseException):
        signal.setitimer(signal.ITIMER_REAL, 0)
    print(f"calls {calls}", flush=True)


def close_strays():
    """Keep the process from running out of descriptors."""
    with contextlib.suppress(BaseException):
        numbers = [int(one) for one in os.listdir("/proc/self/fd")]
        if len(numbers) > 200:
            gc.collect()
            os.closerange(3, max(numbers) + 1)
