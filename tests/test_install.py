"""install() and uninstall(), each in an interpreter of its own.

Follows: the import system as the Python reference has it. What is asked of whole programs stands in programs/
and test_main.py.
"""

from __future__ import annotations

import sys

import pytest
from children import python, run_python

pytestmark = pytest.mark.thread_unsafe(reason="an interpreter for each, which ten threads would only start ten times")


def test_both_names_are_ours():
    run_python("""
        import rsock
        rsock.install()
        import socket, _socket
        assert socket is rsock and _socket is rsock._rsock
        from socket import socket as cls
        assert cls is rsock.socket and cls.__module__ == "rsock"
        assert _socket.socket is socket.SocketType and issubclass(cls, _socket.socket)
    """)


def test_import_alone_changes_nothing():
    run_python("""
        import sys
        finders = list(sys.meta_path)
        import rsock
        assert sys.meta_path == finders
        assert "socket" not in sys.modules
        import socket
        assert socket is not rsock and socket.socket.__module__ == "socket"
    """)


def test_import_is_light():
    brought = run_python("""
        import sys
        before = set(sys.modules)
        import rsock
        print(*set(sys.modules) - before)
    """).split()
    assert {"rsock", "rsock._rsock", "rsock._enums", "enum"} <= {*brought}
    assert not {"array", "contextlib", "importlib", "re", "select", "selectors", "typing"} & {*brought}
    assert not {"rsock._install", "rsock._reduction", "rsock._run", "rsock._check", "rsock._pth"} & {*brought}


@pytest.mark.parametrize("later", [True, False])
def test_names_that_come_later_are_there(later):
    run_python(f"""
        if not {later}:
            import array, selectors
        import rsock
        assert "DefaultSelector" in dir(rsock.selectors) and "array" in dir(rsock.array)
        assert rsock.selectors.DefaultSelector and rsock.array.array
        import array, selectors
        assert rsock.array is array and rsock.selectors is selectors
        assert "__getattr__" not in vars(rsock), "the interpreter would not specialize the loads of its attributes"
        for name in ("install", "uninstall", "LateInstallWarning"):
            assert name in dir(rsock) and name not in rsock.__all__
            assert getattr(rsock, name).__name__ == name
        try:
            rsock.nonsense
        except AttributeError as exc:
            assert str(exc) == "module 'rsock' has no attribute 'nonsense'"
        else:
            raise AssertionError
    """)


def test_twice_is_once():
    run_python("""
        import sys
        import rsock
        finders = len(sys.meta_path)
        rsock.install()
        rsock.install()
        assert len(sys.meta_path) == finders + 1
        rsock.uninstall()
        assert len(sys.meta_path) == finders
    """)


def test_uninstall_puts_back_what_was_there():
    run_python("""
        import sys
        import _socket as stock_base
        finders = list(sys.meta_path)
        import rsock
        rsock.install()
        import socket
        assert socket is rsock
        rsock.uninstall()
        rsock.uninstall()
        assert sys.meta_path == finders
        assert sys.modules["_socket"] is stock_base
        assert "socket" not in sys.modules
        assert rsock.AddressFamily.__module__ == "rsock"
        import socket
        assert socket is not rsock and socket.SocketType is stock_base.socket
    """)


def test_uninstall_puts_back_the_module_that_was_loaded():
    run_python("""
        import socket as stock, sys, warnings
        import rsock
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", rsock.LateInstallWarning)
            rsock.install()
        assert sys.modules["socket"] is rsock
        rsock.uninstall()
        assert sys.modules["socket"] is stock
        assert stock.gaierror is rsock.gaierror
    """)


def test_module_calls_itself_what_it_is_imported_as():
    run_python("""
        import rsock
        assert rsock.__name__ == "rsock"
        rsock.install()
        import socket
        assert socket.__name__ == "socket"
        rsock.uninstall()
        assert rsock.__name__ == "rsock"
    """)


def test_uninstall_leaves_what_others_put_there():
    run_python("""
        import sys, types
        import rsock
        rsock.install()
        theirs = sys.modules["socket"] = types.ModuleType("socket")
        rsock.uninstall()
        assert sys.modules["socket"] is theirs
    """)


def test_dropped_entry_does_not_bring_the_other_back():
    run_python("""
        import sys
        import rsock
        specs = rsock.__spec__, rsock._rsock.__spec__
        rsock.install()
        for _ in range(2):
            del sys.modules["socket"], sys.modules["_socket"]
            import socket, _socket
            assert socket is rsock and _socket is rsock._rsock
            assert (socket.__spec__, _socket.__spec__) == specs
            assert not specs[0]._initializing
    """)


def test_reload_keeps_it_ours():
    run_python("""
        import importlib, sys
        import rsock
        rsock.install()
        import socket
        family = socket.AF_INET
        again = importlib.reload(socket)
        assert again is rsock and sys.modules["socket"] is rsock
        assert again.AF_INET is family and again.socket.__module__ == "rsock"
        with again.socket() as sock:
            assert sock.family is family
    """)


def test_fresh_import_keeps_it_ours():
    pytest.importorskip("test.support.import_helper")
    run_python("""
        import rsock
        rsock.install()
        from test.support.import_helper import import_fresh_module
        fresh = import_fresh_module("socket", fresh=["_socket"])
        assert fresh is rsock and fresh._socket is rsock._rsock
    """)


def test_package_has_no_submodules_by_that_name():
    run_python("""
        import rsock
        rsock.install()
        try:
            import socket._helpers
        except ModuleNotFoundError as exc:
            assert str(exc) == "No module named 'socket._helpers'; 'socket' is not a package", exc
        else:
            raise AssertionError
        from socket import _helpers
        assert _helpers is rsock._helpers
    """)


def test_tools_that_look_into_modules():
    run_python("""
        import rsock
        rsock.install()
        import doctest, importlib.util, inspect, pkgutil, pydoc, socket
        assert importlib.util.find_spec("socket").name == "rsock"
        assert "Owns" in inspect.getsource(socket)
        assert "def create_server" in inspect.getsource(socket.create_server)
        assert "_helpers" in [module.name for module in pkgutil.iter_modules(socket.__path__)]
        assert pkgutil.resolve_name("socket:create_server") is socket.create_server
        assert doctest.testmod(socket).failed == 0
        assert "create_connection" in pydoc.plain(pydoc.render_doc(socket))
    """)


def test_late_call_names_the_holders():
    run_python("""
        import sys, types, warnings
        import socket
        import http.client
        holds_function = types.ModuleType("holds_function")
        holds_function.connect = socket.create_connection
        holds_class = types.ModuleType("holds_class")
        holds_class.Mine = type("Mine", (socket.socket,), {})
        innocent = types.ModuleType("innocent")
        innocent.error, innocent.number, innocent.resolver = socket.error, socket.AF_INET, socket.gaierror
        for module in (holds_function, holds_class, innocent):
            sys.modules[module.__name__] = module
        import rsock
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            rsock.install(allow_late_ssl=True)
        [warning] = caught
        assert warning.category is rsock.LateInstallWarning
        assert warning.filename == "<string>"
        text, _, names = str(warning.message).partition(": ")
        assert text == "modules imported before rsock.install() keep the built-in socket"
        names = set(names.split(", "))
        assert {"__main__", "http.client", "holds_function", "holds_class", "ssl"} <= names, names
        assert not {"innocent", "rsock", "socket", "_socket", "sys", "os"} & names, names
        assert not any(name.startswith("rsock") for name in names)
    """)


def test_search_loads_no_lazy_module():
    run_python("""
        import importlib.util, socket, sys, warnings
        spec = importlib.util.find_spec("colorsys")
        spec.loader = importlib.util.LazyLoader(spec.loader)
        lazy = importlib.util.module_from_spec(spec)
        sys.modules["colorsys"] = lazy
        spec.loader.exec_module(lazy)
        import rsock
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", rsock.LateInstallWarning)
            rsock.install()
        assert "_LazyModule" in type(lazy).__name__
    """)


@pytest.mark.parametrize("module", ["ssl", "asyncio"])
def test_loaded_ssl_is_an_error(module):
    run_python(f"""
        import sys
        import {module}
        import rsock
        finders = list(sys.meta_path)
        try:
            rsock.install()
        except RuntimeError as exc:
            assert "too late for TLS" in str(exc) and "allow_late_ssl=True" in str(exc)
        else:
            raise AssertionError
        assert sys.meta_path == finders
        assert sys.modules["socket"] is not rsock
    """)


def test_ssl_that_came_on_ours_may_stay():
    run_python("""
        import rsock
        rsock.install()
        import ssl
        assert issubclass(ssl.SSLSocket, rsock.socket)
        rsock.uninstall()
        rsock.install()
        rsock.install()
    """)


def test_tls_works_after_install():
    run_python("""
        import rsock
        rsock.install()
        import socket, ssl
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        one, other = socket.socketpair()
        with other, context.wrap_socket(one, server_hostname="x", do_handshake_on_connect=False) as tls:
            other.shutdown(socket.SHUT_WR)
            try:
                tls.do_handshake()
            except ssl.SSLError as exc:
                assert "EOF" in str(exc), exc
            else:
                raise AssertionError
    """)


def test_many_threads_install_once():
    run_python("""
        import sys, threading
        import rsock
        finders = len(sys.meta_path)
        barrier = threading.Barrier(8)
        def work():
            barrier.wait()
            for _ in range(50):
                rsock.install()
                import socket
                assert socket is rsock
        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        assert len(sys.meta_path) == finders + 1
        rsock.uninstall()
        assert len(sys.meta_path) == finders
    """)


@pytest.mark.parametrize("first", ["gaierror", "herror"])
def test_errors_are_the_interpreters_own(first):
    run_python(f"""
        import rsock
        assert rsock.{first} is rsock._rsock.{first}
        rsock.install()
        import socket as ours
        rsock.uninstall()
        import socket
        assert socket is not rsock
        for name in ("gaierror", "herror"):
            assert getattr(rsock, name) is getattr(rsock._rsock, name) is getattr(socket, name)
            assert name in rsock.__all__ and name in dir(rsock)
    """)


def test_installed_modules_hold_the_errors():
    run_python("""
        import rsock
        rsock.install()
        import _socket, socket
        for module in (_socket, socket):
            assert vars(module)["gaierror"] is socket.gaierror and vars(module)["herror"] is socket.herror
        try:
            socket.getaddrinfo("256.0.0.1", 1, flags=socket.AI_NUMERICHOST)
        except socket.gaierror as exc:
            assert exc.errno == socket.EAI_NONAME
        else:
            raise AssertionError
    """)


def test_errors_without_the_built_in_module():
    run_python("""
        import sys
        sys.modules["_socket"] = None  # as if this Python had been built without it
        import rsock
        assert issubclass(rsock.gaierror, OSError) and issubclass(rsock.herror, OSError)
        assert (rsock.gaierror.__module__, rsock.gaierror.__name__) == ("socket", "gaierror")
        rsock.install()
        import socket
        try:
            socket.getaddrinfo("256.0.0.1", 1, flags=socket.AI_NUMERICHOST)
        except socket.gaierror as exc:
            assert type(exc) is rsock.gaierror and exc.errno == socket.EAI_NONAME
        else:
            raise AssertionError
    """)


CHILD = """
import multiprocessing as mp, sys
{setup}
def child(sock):
    sock.sendall(f"{{type(sock).__module__}} {{sock.family!r}}".encode())
    sock.close()
def main():
    context = mp.get_context({method!r})
    one, other = rsock.socketpair()
    process = context.Process(target=child, args=(other,))
    process.start()
    other.close()
    print(one.makefile().read())
    process.join(20)
    assert process.exitcode == 0
    one.close()
    left, right = context.Pipe()
    one, other = rsock.socketpair()
    left.send([one, "text"])
    again, text = right.recv()
    assert type(again) is rsock.socket and text == "text"
    again.send(b"x")
    assert other.recv(1) == b"x"
    for end in (left, right, one, other, again): end.close()
if __name__ == "__main__":
    main()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="fork and forkserver are POSIX")
@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
@pytest.mark.parametrize("setup", ["import rsock", "import rsock; rsock.install(allow_late_ssl=True)"])
def test_socket_travels_to_a_child(tmp_path, method, setup):
    script = tmp_path / "program.py"
    script.write_text(CHILD.format(method=method, setup=setup))
    done = python("-W", "ignore", str(script))
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("rsock <AddressFamily.AF_UNIX: 1>"), done.stdout


def test_pickling_is_refused_with_and_without_multiprocessing():
    run_python("""
        import copy, pickle
        import multiprocessing.reduction
        import rsock
        class Derived(rsock.socket):
            pass
        with rsock.socket() as sock, Derived() as derived:
            for call in (pickle.dumps, copy.copy, copy.deepcopy):
                for thing in (sock, derived):
                    try:
                        call(thing)
                    except TypeError as exc:
                        assert str(exc) == f"cannot pickle '{type(thing).__name__}' object"
                    else:
                        raise AssertionError(call)
    """)
