"""Tells, when a program ends, on which socket module it ran.

For an unmodified program: with this folder on PYTHONPATH the interpreter imports
this file while it starts, and at the end it writes a JSON report to the file that
RSOCK_WITNESS names. The report has the class that `socket.socket` was, the name
of `_socket`, for each module that holds a socket module the class in there, and
the processor time that the program took.
Nothing is imported before the end, so that the order of imports is the program's.
"""

import atexit
import os
import sys


def _class_of(module):
    found = getattr(module, "socket", None)
    return getattr(found, "__module__", None)


def _report(path):
    import json
    import time
    import types

    modules = dict(sys.modules)
    held = {
        name: _class_of(vars(module).get("socket"))
        for name, module in modules.items()
        if isinstance(module, types.ModuleType)
    }
    report = {
        "socket": _class_of(modules.get("socket")),
        "_socket": getattr(modules.get("_socket"), "__name__", None),
        "cpu_seconds": time.process_time(),
        "holders": {name: kind for name, kind in held.items() if kind},
    }
    with open(path, "w", encoding="utf-8") as file:
        json.dump(report, file)


if os.environ.get("RSOCK_WITNESS"):
    atexit.register(_report, os.environ["RSOCK_WITNESS"])
