"""Each program of examples/, run as its docstring says, on the stdlib and on rsock."""

from __future__ import annotations

import re
import socket
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from processes import EXPECTED

HERE = Path(__file__).resolve().parent
EXAMPLES = HERE.parent / "examples"
GREETING = "received b'Hello, world'"


def check_module(programs, output):
    assert f"sockets from {EXPECTED[programs.on][0]}\n" in output


@pytest.mark.parametrize(
    ("server", "client", "host"),
    [
        ("echo_server.py", "echo_client.py", "127.0.0.1"),
        ("echo_server_any.py", "echo_client_any.py", "127.0.0.1"),
        pytest.param(
            "echo_server_any.py",
            "echo_client_any.py",
            "::1",
            marks=pytest.mark.needs("ipv6"),
        ),
    ],
)
def test_echo(programs, server, client, host):
    with programs.start(EXAMPLES / server, host, "0") as serving:
        port = serving.wait_for(f"listening on {host} ")
        output = programs.run(EXAMPLES / client, host, port)
        assert GREETING in output
        check_module(programs, output)
        output = serving.finish()
    check_module(programs, output)
    assert f"connected by {host} " in output


def test_client_says_that_nobody_answers(programs):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = str(closed.getsockname()[1])
        with programs.start(EXAMPLES / "echo_client_any.py", "127.0.0.1", port) as client:
            output = client.finish(1)
    assert "could not open a socket" in output


@pytest.mark.needs("linux", "netns")
def test_sniffer(programs):
    alone = ("unshare", "-n", sys.executable, str(HERE / "netns.py"))
    command = [EXAMPLES / "sniffer.py", "lo", "2"]
    with programs.start(*command, prefix=alone) as sniffer:
        sniffer.wait_for("sniffing")
        send_in_namespace_of(sniffer.pid, b"a datagram to be seen")
        output = sniffer.finish()
    check_module(programs, output)
    packets = re.findall(r"^packet \('lo', .* (\d+) ([0-9a-f]+)$", output, re.MULTILINE)
    # loopback shows each frame twice: on its way out and on its way in
    assert len(packets) == 2
    for size, dump in packets:
        frame = bytes.fromhex(dump)
        assert len(frame) == int(size)
        assert struct.unpack_from("!H", frame, 12) == (0x0800,)
        assert frame.endswith(b"a datagram to be seen")


def send_in_namespace_of(pid: int, datagram: bytes) -> None:
    """Send a datagram over the loopback of another process's namespace."""
    source = (
        "import socket, sys\n"
        "sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
        "sock.bind(('127.0.0.1', 0))\n"
        "sock.sendto(bytes.fromhex(sys.argv[1]), sock.getsockname())\n"
        "sock.close()\n"
    )
    command = ["nsenter", "-n", "-t", str(pid), sys.executable, "-c", source]
    subprocess.run([*command, datagram.hex()], check=True)
