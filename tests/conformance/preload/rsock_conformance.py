"""Loaded by a .pth line while `site` starts, so before anything else, in every process of a run.

Owns the choice of socket module (rsock's, or the interpreter's own when no folder is given) and
the evidence of it: a line when the process starts and another when it ends. It may import only
what an interpreter has loaded already, so that it brings no socket in by itself.
"""

import atexit
import os
import sys


def _write(log, phase, text):
    line = "\t".join([str(os.getpid()), phase, text.replace("\n", " ")]) + "\n"
    try:
        fd = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    except OSError:
        return
    try:
        os.write(fd, line.encode("utf-8", "backslashreplace"))
    finally:
        os.close(fd)


def _origin(name):
    module = sys.modules.get(name)
    if module is None:
        return "-"
    spec = getattr(module, "__spec__", None)
    return getattr(module, "__file__", None) or getattr(spec, "origin", None) or "?"


def _report(log, phase, pid):
    # A forked child may run the handlers of its parent: it did not start here.
    if os.getpid() == pid:
        _write(
            log,
            phase,
            f"{_origin('socket')}\t{_origin('_socket')}\t{' '.join(sys.argv[:3])}",
        )


def start(log, folder):
    """Install rsock from `folder`, or nothing if it is empty, and leave the evidence in `log`."""
    if folder:
        sys.path.insert(0, folder)
        try:
            import rsock

            rsock.install()
        except BaseException as error:
            # A subinterpreter keeps its own sockets: an extension made with PyO3 loads in none.
            if isinstance(error, ImportError) and "subinterpreters" in str(error):
                return
            # An error in a .pth line is only printed, and the run would go on with stock sockets.
            _write(log, "failed", repr(error))
            os.write(2, f"rsock could not be installed: {error!r}\n".encode())
            os._exit(70)
        finally:
            sys.path.remove(folder)
    _report(log, "start", os.getpid())
    atexit.register(_report, log, "exit", os.getpid())
