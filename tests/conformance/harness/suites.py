"""Owns which of CPython's regression suites are run, in which sets, and for how long.

Knows nothing of how a suite is started or judged. The names are those of CPython's `test`
package; a suite that an interpreter does not have is reported as absent, not as a failure.
"""

from __future__ import annotations

QUICK = ["test_socket"]

SOCKET = [
    *QUICK,
    "test_timeout",
    "test_socketserver",
    "test_selectors",
    "test_select",
    "test_poll",
    "test_epoll",
]

STDLIB = [
    *SOCKET,
    "test_asyncore",
    "test_httplib",
    "test_urllib",
    "test_urllib2_localnet",
    "test_ftplib",
    "test_smtplib",
    "test_poplib",
    "test_imaplib",
    "test_xmlrpc",
    "test_httpservers",
    "test_eintr",
    "test_asyncio",
]

TLS = [
    "test_ssl",
    "test_asyncio",
    "test_multiprocessing_spawn",
    "test_concurrent_futures",
    "test_logging",
    "test_wsgiref",
    "test_docxmlrpc",
    "test_urllib2_localnet",
    "test_ftplib",
    "test_poplib",
    "test_imaplib",
    "test_smtplib",
    "test_httplib",
    "test_httpservers",
]

# Suites that look at a type or at the whole interpreter rather than at the network.
RUNTIME = ["test_audit", "test_gc", "test_exception_hierarchy"]

SETS = {
    "quick": QUICK,
    "socket": SOCKET,
    "stdlib": STDLIB,
    "tls": TLS,
    "full": list(dict.fromkeys([*STDLIB, *TLS, *RUNTIME])),
}

# Some installations leave the split multiprocessing folders out but keep the tests they share.
SHARED_TESTS = {"test_multiprocessing_spawn": "test._test_multiprocessing"}
STAND_INS = {"test_multiprocessing_spawn": "mp_spawn"}

# A stream over AF_VSOCK waits for ever where /dev/vsock exists and nothing answers behind it.
LEFT_OUT = ["ThreadedVSOCK*"]

# A suite that prints nothing for this long hangs. It is more than the five minutes that CPython's
# tests sleep where a task is to be cut off: test_terminate of multiprocessing's thread pool cannot
# cut off a task that a thread has begun, and passes when the sleep is over.
QUIET_LIMIT = 330.0
TOTAL_LIMIT = 1800.0


def expand(names: list[str]) -> list[str]:
    """Suite names for a mixture of set names and suite names, each once, in order."""
    found: dict[str, None] = {}
    for name in names:
        if name not in SETS and not name.startswith("test_"):
            raise ValueError(f"{name!r} is neither a suite nor one of {', '.join(SETS)}")
        found.update(dict.fromkeys(SETS.get(name, [name])))
    return list(found)
