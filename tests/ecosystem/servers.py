"""Real servers for the programs, each on a port of loopback that was free, in a folder that goes with it.

Owns: how a server is started, when it is ready, and that it is gone afterwards. Knows no program. A server has its
own session, so that whatever it starts ends with it; one that does not get ready in time is ended too.
"""

from __future__ import annotations

import contextlib
import getpass
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

START_LIMIT = 120.0
SECRET = "only-for-loopback"


class Unavailable(Exception):
    """A server that this machine does not have or that does not start."""


def free_port() -> int:
    """Return a port that was free a moment ago: these servers do not take port 0."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def debian_folders() -> list[str]:
    """Return the folders of servers that Debian keeps off the path."""
    postgresql = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return [*map(str, postgresql), "/usr/lib/rabbitmq/bin"]


def find(name: str, package: str, *folders: str) -> str:
    """Find a server's program."""
    path = os.pathsep.join([*folders, os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
    found = shutil.which(name, path=path)
    if found is None:
        raise Unavailable(f"{name} is not installed (Debian: apt-get install {package})")
    return found


@contextlib.contextmanager
def running(
    command: list[str], ready: str, folder: Path, *, user: str | None = None, env: Mapping[str, str] | None = None
) -> Iterator[None]:
    """Run a server from the line of output that says that it is ready to the end of the block."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        cwd=folder,
        user=user,
        env={**os.environ, **(env or {})},
        start_new_session=True,
    )
    assert process.stdout is not None
    said: list[str] = []
    is_ready = threading.Event()

    def listen() -> None:
        for line in process.stdout:
            said.append(line)
            if ready in line:
                is_ready.set()
        is_ready.set()

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    try:
        is_ready.wait(START_LIMIT)
        if not any(ready in line for line in said):
            raise Unavailable(f"{Path(command[0]).name} did not start: {''.join(said)[-3000:].strip()}")
        yield
    finally:
        end(process)
        listener.join(10)


def end(process: subprocess.Popen[str]) -> None:
    """End a server and whatever it started."""
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=5)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@contextlib.contextmanager
def folder_for(user: str | None = None) -> Iterator[Path]:
    """Make a folder that a user may write into."""
    with tempfile.TemporaryDirectory(prefix="rsock-eco-", ignore_cleanup_errors=True) as name:
        if user is not None:
            shutil.chown(name, user)
        yield Path(name)


def other_user(name: str) -> str | None:
    """Name the user for a server that refuses to run as root."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(name).pw_name
    except KeyError:
        raise Unavailable(f"there is no user {name} to run the server as") from None


@contextlib.contextmanager
def redis() -> Iterator[str]:
    """Run Redis; yield port and UNIX socket."""
    binary = find("redis-server", "redis-server")
    with folder_for() as folder:
        port, path = free_port(), folder / "redis.sock"
        options = ["--save", "", "--bind", "127.0.0.1", "--port", str(port), "--unixsocket", str(path)]
        with running([binary, *options], "ready to accept connections at", folder):
            yield f"{port} {path}"


@contextlib.contextmanager
def memcached() -> Iterator[str]:
    """Run memcached; yield its port."""
    binary = find("memcached", "memcached")
    with folder_for() as folder:
        port = free_port()
        command = [binary, "-vv", "-u", getpass.getuser(), "-U", "0", "-l", "127.0.0.1", "-p", str(port)]
        with running(command, "server listening", folder):
            yield str(port)


def prepare(command: list[str], folder: Path, user: str | None) -> None:
    """Run what makes a server's data."""
    made = subprocess.run(
        command, capture_output=True, text=True, cwd=folder, user=user, check=False, timeout=START_LIMIT
    )
    if made.returncode:
        raise Unavailable(f"{Path(command[0]).name} failed: {made.stderr[-500:]}")


@contextlib.contextmanager
def postgresql() -> Iterator[str]:
    """Run PostgreSQL with the user `tester` and a password; yield its port."""
    initdb, postgres = (find(name, "postgresql", *debian_folders()) for name in ("initdb", "postgres"))
    user = other_user("postgres")
    with folder_for(user) as folder:
        data, password, port = folder / "data", folder / "password", free_port()
        password.write_text(SECRET)
        password.chmod(0o644)
        options = ["-U", "tester", "-A", "scram-sha-256", f"--pwfile={password}", "-N", "-E", "UTF8"]
        prepare([initdb, *options, str(data)], folder, user)
        command = [postgres, "-D", str(data), "-p", str(port), "-k", str(folder), "-h", "127.0.0.1", "-F"]
        with running(command, "database system is ready to accept connections", folder, user=user):
            yield str(port)


@contextlib.contextmanager
def mariadb() -> Iterator[str]:
    """Run MariaDB with the user `tester` and a password; yield its port."""
    install = find("mariadb-install-db", "mariadb-server")
    binary = find("mariadbd", "mariadb-server")
    user = other_user("mysql")
    with folder_for(user) as folder:
        data, start, port = folder / "data", folder / "start.sql", free_port()
        start.write_text(
            "CREATE DATABASE test_rsock;\n"
            f"CREATE USER tester@'127.0.0.1' IDENTIFIED BY '{SECRET}';\n"
            f"CREATE USER tester@localhost IDENTIFIED BY '{SECRET}';\n"
            "GRANT ALL ON test_rsock.* TO tester@'127.0.0.1';\nGRANT ALL ON test_rsock.* TO tester@localhost;\n"
        )
        start.chmod(0o644)
        options = [f"--datadir={data}", "--skip-test-db", "--auth-root-authentication-method=normal"]
        prepare([install, "--no-defaults", *options], folder, user)
        command = [binary, "--no-defaults", f"--datadir={data}", f"--port={port}", "--bind-address=127.0.0.1"]
        command += [f"--socket={folder / 'mariadb.sock'}", f"--init-file={start}", f"--pid-file={folder / 'pid'}"]
        with running(command, "ready for connections", folder, user=user):
            yield str(port)


@contextlib.contextmanager
def mosquitto() -> Iterator[str]:
    """Run mosquitto with a listener for MQTT and one for WebSockets; yield both ports."""
    binary = find("mosquitto", "mosquitto")
    with folder_for() as folder:
        ports = [free_port(), free_port()]
        config = folder / "mosquitto.conf"
        config.write_text(
            f"listener {ports[0]} 127.0.0.1\nlistener {ports[1]} 127.0.0.1\nprotocol websockets\n"
            f"allow_anonymous true\npersistence false\nuser {getpass.getuser()}\n"
        )
        with running([binary, "-v", "-c", str(config)], " running", folder):
            yield f"{ports[0]} {ports[1]}"


def named() -> list[str]:
    """Return what starts a command on a machine with a name: RabbitMQ does not start where there is none."""
    if socket.gethostname():
        return []
    return [find("unshare", "util-linux"), "-u", "sh", "-c", 'hostname localhost && exec "$@"', "sh"]


@contextlib.contextmanager
def rabbitmq() -> Iterator[str]:
    """Run RabbitMQ with a node, a cookie and an epmd of its own; yield its port."""
    binary = find("rabbitmq-server", "rabbitmq-server", *debian_folders())
    epmd = find("epmd", "rabbitmq-server")
    with folder_for() as folder:
        port = free_port()
        env = {
            "HOME": str(folder),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(free_port()),
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq"),
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_LOG_BASE": str(folder),
            "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
            "RABBITMQ_NODENAME": "rsock@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(port),
            "RABBITMQ_PID_FILE": str(folder / "pid"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
        }
        # in the foreground and not by the node itself, which would leave it behind as a daemon
        with (
            running([epmd, "-d"], "epmd running", folder, env=env),
            running([*named(), binary], "Server startup complete", folder, env=env),
        ):
            yield str(port)


SERVERS: dict[str, Callable[[], contextlib.AbstractContextManager[str]]] = {
    "mariadb": mariadb,
    "memcached": memcached,
    "mosquitto": mosquitto,
    "postgresql": postgresql,
    "rabbitmq": rabbitmq,
    "redis": redis,
}
