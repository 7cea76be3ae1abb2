"""How sockets live and end: audit events, ResourceWarning, pickles, processes, cycles, shutdown, subclasses.

Follows: "Audit events table" of Python's documentation, and the class's own. What close() does to calls in other
threads is not tested here.
"""

from __future__ import annotations

import copy
import gc
import pickle
import warnings
import weakref

import pytest
from children import python, run_python
from support import tcp_pair, udp_pair

EVENTS = {
    "socket.__new__": "mod.socket(mod.AF_INET, mod.SOCK_DGRAM, 0)",
    "socket.__new__ by default": "mod.socket()",
    "socket.__new__ by accept": "accepts(mod)",
    "socket.__new__ by socketpair": "mod.socketpair()",
    "socket.bind": "sock.bind(('127.0.0.1', 0))",
    "socket.connect": "sock.connect(('127.0.0.1', 9))",
    "socket.connect by connect_ex": "sock.connect_ex(('127.0.0.1', 9))",
    "socket.getaddrinfo": "mod.getaddrinfo('127.0.0.1', 80, type=mod.SOCK_STREAM)",
    "socket.gethostbyaddr": "mod.gethostbyaddr('127.0.0.1')",
    "socket.gethostbyname": "mod.gethostbyname('127.0.0.1')",
    "socket.gethostbyname by gethostbyname_ex": "mod.gethostbyname_ex('127.0.0.1')",
    "socket.gethostname": "mod.gethostname()",
    "socket.getnameinfo": "mod.getnameinfo(('127.0.0.1', 80), mod.NI_NUMERICHOST)",
    "socket.getservbyname": "mod.getservbyname('http', 'tcp')",
    "socket.getservbyname of a subclass": "mod.getservbyname(Text('http'))",
    "socket.getservbyport": "mod.getservbyport(80, 'tcp')",
    "socket.sendmsg": "sock.sendmsg([b'x'], [], 0, ('127.0.0.1', 9))",
    "socket.sendto": "sock.sendto(b'x', ('127.0.0.1', 9))",
    "socket.sethostname": "mod.sethostname(b'never')",
}
AUDITED = """
import sys, {module} as mod
class Text(str):
    pass
def accepts(mod):
    with mod.create_server(("127.0.0.1", 0)) as listener:
        with mod.create_connection(listener.getsockname()):
            globals()["armed"] = True
            listener.accept()
armed = {event!r} != "socket.__new__ by accept"
with mod.socket(mod.AF_INET, mod.SOCK_DGRAM) as sock:
    wanted, seen = {event!r}.partition(" ")[0], []
    class Veto(Exception):
        pass
    def hook(name, args):
        if armed and name.startswith("socket.") and name == wanted:
            words = ["the socket" if one is sock or isinstance(one, mod.SocketType) else one for one in args]
            seen.append(repr([type(one).__name__ + " " + str(one) for one in words]))
            raise Veto
    sys.addaudithook(hook)
    try:
        {call}
    except Veto:
        print("vetoed", *seen)
    else:
        print("no event")
"""


@pytest.mark.parametrize("event", EVENTS)
def test_audit_event_has_the_same_arguments_and_may_veto(event):
    told = [
        run_python(AUDITED.format(module=module, event=event, call=EVENTS[event])) for module in ("socket", "rsock")
    ]
    assert told[0].startswith("vetoed ["), told[0]
    assert told[1] == told[0]


def test_audit_hook_hears_of_each_end_of_a_pair_once(mod):
    code = f"""
        import sys, {mod.__name__} as mod
        seen = []
        sys.addaudithook(lambda name, args: name == "socket.__new__" and seen.append(type(args[0]).__name__))
        one, other = mod.socketpair()
        print(len(seen))
        one.close(), other.close()
    """
    assert run_python(code).strip() == "2"


def test_vetoed_call_was_not_made():
    code = """
        import sys, rsock
        def hook(name, args):
            if name == "socket.bind":
                raise PermissionError(name)
        sys.addaudithook(hook)
        with rsock.socket() as sock:
            try:
                sock.bind(("127.0.0.1", 0))
            except PermissionError:
                print(sock.getsockname())
    """
    assert run_python(code).strip() == "('0.0.0.0', 0)"


def test_unclosed_socket_warns_once(mod):
    sock = mod.socket()
    words = f"unclosed {sock!r}"
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        del sock
        gc.collect()
    assert [(one.category, str(one.message)) for one in caught] == [(ResourceWarning, words)]
    assert caught[0].source is not None


@pytest.mark.parametrize("end", ["close", "detach", "with"])
def test_ended_socket_does_not_warn(mod, end):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        sock = mod.socket()
        if end == "with":
            with sock:
                pass
        elif end == "close":
            sock.close()
        else:
            mod.close(sock.detach())
        del sock
        gc.collect()
    assert not caught


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickle_is_refused(mod, protocol):
    # Of the two oldest protocols the stdlib says something else.
    words = "cannot pickle 'socket' object" if protocol >= 2 else None
    with mod.socket() as sock, pytest.raises(TypeError, match=words):
        pickle.dumps(sock, protocol)


@pytest.mark.parametrize("function", [copy.copy, copy.deepcopy])
def test_copy_is_refused(mod, function):
    with mod.socket() as sock, pytest.raises(TypeError, match="cannot pickle 'socket' object"):
        function(sock)


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
@pytest.mark.parametrize("module", ["socket", "rsock"])
def test_multiprocessing_sends_a_socket(tmp_path, module, method):
    program = tmp_path / "program.py"
    program.write_text(f"""
import multiprocessing, {module} as socket

def child(sock):
    with sock:
        sock.sendall(b"from the child")

if __name__ == "__main__":
    one, other = socket.socketpair()
    with one, other:
        context = multiprocessing.get_context({method!r})
        process = context.Process(target=child, args=(other,))
        process.start()
        other.close()
        one.settimeout(30)
        print(one.recv(100).decode(), one.recv(1))
        process.join(30)
        print(process.exitcode)
""")
    done = python(str(program))
    assert (done.stdout, done.stderr) == ("from the child b''\n0\n", "")


def test_cycle_with_a_socket_is_collected(mod):
    class Holder:
        pass

    holder = Holder()
    holder.sock = mod.socket()
    holder.myself = holder
    dead = weakref.ref(holder.sock)
    del holder
    with pytest.warns(ResourceWarning, match="unclosed"):
        gc.collect()
    assert dead() is None


def test_socket_in_a_cycle_with_itself_is_collected(mod):
    class Sub(mod.socket):
        pass

    sock = Sub()
    sock.myself = sock
    sock.close()
    dead = weakref.ref(sock)
    del sock
    gc.collect()
    assert dead() is None


@pytest.mark.parametrize("module", ["socket", "rsock"])
@pytest.mark.parametrize("place", ["kept = mod.socket()", "import builtins; builtins.kept = mod.socket()"])
def test_shutdown_is_silent(module, place):
    code = f"""
import {module} as mod, sys
class Sub(mod.socket):
    def __del__(self):
        super().__del__() if hasattr(super(), "__del__") else None
{place}
sub = Sub()
loop = [sub]
loop.append(loop)
"""
    assert run_python(code) == ""


@pytest.mark.parametrize("slots", [True, False])
def test_subclass_with_and_without_slots(mod, slots):
    if slots:

        class Sub(mod.socket):
            __slots__ = ("mine",)
    else:

        class Sub(mod.socket):
            pass

    with Sub(mod.AF_INET, mod.SOCK_DGRAM) as sock:
        sock.mine = 1
        assert sock.mine == 1
        assert (sock.family, sock.type) == (mod.AF_INET, mod.SOCK_DGRAM)
        assert hasattr(sock, "__dict__") is not slots
        if slots:
            with pytest.raises(AttributeError):
                sock.other = 1
        else:
            sock.other = 1
        with sock.dup() as twin:
            assert type(twin) is Sub
        assert repr(sock).startswith(f"<{Sub.__module__}.{Sub.__qualname__} fd=")


def test_exact_socket_takes_no_attribute(mod):
    with mod.socket() as sock, pytest.raises(AttributeError):
        sock.anything = 1


def test_method_of_a_subclass_is_asked(mod):
    class Sub(mod.socket):
        def _real_close(self):
            closed.append(self.fileno() >= 0)
            super()._real_close()

    closed: list[bool] = []
    with Sub():
        pass
    assert closed == [True]


def test_pairs_end_with_their_blocks(mod):
    with tcp_pair(mod) as tcp, udp_pair(mod) as udp:
        assert all(sock.fileno() >= 0 for sock in (*tcp, *udp))
    assert all(sock.fileno() == -1 for sock in (*tcp, *udp))


def test_fileno_of_a_subclass_is_asked(mod):
    class Stand(mod.socket):
        def fileno(self):
            return other.fileno()

    with mod.socket(mod.AF_INET, mod.SOCK_DGRAM) as other, Stand() as stand:
        other.bind(("127.0.0.1", 0))
        stand.set_inheritable(True)
        assert other.get_inheritable() is True
        assert stand.get_inheritable() is True
        with stand.dup() as copy:
            assert copy.getsockname() == other.getsockname()


@pytest.mark.parametrize(
    ("name", "args", "words"),
    [
        ("__repr__", (1, 2), "socket.__repr__() takes 1 positional argument but 3 were given"),
        ("__reduce_ex__", (), "socket.__reduce_ex__() takes exactly one argument (0 given)"),
        ("__reduce_ex__", (2, 3), "socket.__reduce_ex__() takes exactly one argument (2 given)"),
        ("__del__", (1,), "expected 0 arguments, got 1"),
    ],
)
def test_special_method_words_its_wrong_arguments(mod, name, args, words):
    with mod.socket() as sock, pytest.raises(TypeError) as caught:
        getattr(sock, name)(*args)
    assert str(caught.value) == words


def test_del_closes_and_does_not_say_closed(mod):
    sock = mod.socket()
    with pytest.warns(ResourceWarning):
        sock.__del__()
    assert (sock.fileno(), sock._closed) == (-1, False)
    sock.close()


@pytest.mark.parametrize(
    ("name", "args"),
    [("accept", ()), ("getsockname", ()), ("getpeername", ()), ("recvfrom", (1,)), ("recvmsg", (1,))],
)
def test_object_without_init_has_no_family(mod, name, args):
    sock = mod.socket.__new__(mod.socket)
    with pytest.raises(OSError, match=r"^getsockaddrlen: bad family$"):
        getattr(sock, name)(*args)
    with pytest.raises(OSError, match=r"^connect\(\): bad family$"):
        sock.connect(("127.0.0.1", 1))


def test_what_equals_minus_one_is_left_out(mod):
    with mod.socket(-1.0, -1.0, -1.0) as sock:
        assert (sock.family, sock.type, sock.proto) == (mod.AF_INET, mod.SOCK_STREAM, 0)
    with mod.socket() as sock, pytest.raises(TypeError):
        mod.socket(-1.0, fileno=sock.fileno())


def test_lack_of_room_is_told_before_a_bad_length(mod):
    one, other = mod.socketpair()
    with one, other, pytest.raises(MemoryError):
        one.recvmsg(2**62, -1)


def test_first_error_of_a_process_tells_that_the_stack_is_full(mod):
    # That error was once waited for, for ever, by what was to be made for the first one.
    program = f"""
        import {mod.__name__} as mod, sys

        class Endless(mod.socket):
            def close(self):
                self.__exit__()

        sock = Endless()
        sys.setrecursionlimit(60)
        try:
            sock.close()
        except RecursionError:
            sys.setrecursionlimit(1000)
            print("told")
        sock._real_close()
    """
    assert run_python(program) == "told\n"
