"""An FTP server for one client, with TLS on both of its connections: RFC 959 and RFC 4217, as much as is needed.

There is no unmodified server for this: the common one brings a TLS library of its own.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from support import LIMIT

if TYPE_CHECKING:
    import ssl


class FtpServer:
    """Answers one client; `files` is what it has and what it was given."""

    def __init__(self, context: ssl.SSLContext, files: dict[str, bytes]) -> None:
        self.files = files
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._passive: socket.socket | None = None
        self.address = self._listener.getsockname()

    def serve(self) -> list[str]:
        """Answer a client until it quits; return its commands."""
        commands = []
        control, _ = self._listener.accept()
        self._listener.close()
        control.settimeout(LIMIT)
        control.sendall(b"220 ready\r\n")
        lines = control.makefile("rb")
        while True:
            words = lines.readline().decode().split(maxsplit=1)
            commands.append(words[0])
            answer = self._answer(control, *words)
            control.sendall(f"{answer}\r\n".encode())
            if words[0] == "AUTH":
                lines.close()
                control = self._context.wrap_socket(control, server_side=True)
                lines = control.makefile("rb")
            if words[0] in {"CCC", "QUIT"}:
                break
        if words[0] == "CCC":  # back to clear text, and only one more command
            lines.close()
            control = control.unwrap()
            lines = control.makefile("rb")
            commands.append(lines.readline().decode().strip())
            control.sendall(b"221 bye\r\n")
        lines.close()
        control.close()
        return commands

    def _answer(self, control: socket.socket, name: str, argument: str = "") -> str:
        simple = {
            "AUTH": "234 go on",
            "CCC": "200 in the clear",
            "PASS": "230 in",
            "PBSZ": "200 0",
            "PROT": "200 private",
            "QUIT": "221 bye",
            "TYPE": "200 as you like",
            "USER": "331 and the password",
        }
        if name == "EPSV" or name == "PASV":
            self._passive = socket.create_server(("127.0.0.1", 0))
            port = self._passive.getsockname()[1]
            return f"227 it is (127,0,0,1,{port >> 8},{port & 255})"
        if name in {"RETR", "STOR", "NLST"}:
            self._transfer(control, name, argument.strip())
            return "226 done"
        return simple.get(name, "502 unknown")

    def _transfer(self, control: socket.socket, name: str, path: str) -> None:
        control.sendall(b"150 here it comes\r\n")
        assert self._passive is not None
        plain, _ = self._passive.accept()
        self._passive.close()
        plain.settimeout(LIMIT)
        data = self._context.wrap_socket(plain, server_side=True)
        with data:
            if name == "STOR":
                with data.makefile("rb") as file:
                    self.files[path] = file.read()
            elif name == "RETR":
                data.sendall(self.files[path])
            else:
                data.sendall("".join(f"{one}\r\n" for one in self.files).encode())
            data.unwrap().close()
