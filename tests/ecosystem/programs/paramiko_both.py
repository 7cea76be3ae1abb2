"""Server and client: a key login, a command, 1 MiB by SFTP each way, a forwarded port, a wrong key."""

import os
import socket
import tempfile
import threading
from pathlib import Path

import paramiko
from ecosystem import BIG, LIMIT, check

USER_KEY = paramiko.RSAKey.generate(2048)
HOST_KEY = paramiko.ECDSAKey.generate()


class Rules(paramiko.ServerInterface):
    """One user with one key may do everything."""

    def __init__(self, transport):
        self._transport = transport

    def check_auth_publickey(self, username, key):
        return paramiko.AUTH_SUCCESSFUL if key == USER_KEY else paramiko.AUTH_FAILED

    def get_allowed_auths(self, username):
        return "publickey"

    def check_channel_request(self, kind, chanid):
        return paramiko.OPEN_SUCCEEDED

    def check_channel_exec_request(self, channel, command):
        threading.Thread(target=self._run, args=(channel, command)).start()
        return True

    def check_channel_direct_tcpip_request(self, chanid, origin, destination):
        threading.Thread(target=self._forward, args=(chanid, destination)).start()
        return paramiko.OPEN_SUCCEEDED

    def _run(self, channel, command):
        given = channel.makefile("rb").read()  # its end comes when the client knows that the command runs
        channel.sendall(command.upper() + given)
        channel.sendall_stderr(b"a warning")
        channel.send_exit_status(7)
        channel.close()

    def _forward(self, chanid, destination):
        while (channel := self._transport.accept(LIMIT)).get_id() != chanid:
            pass  # those that have been opened before wait there too
        with socket.create_connection(destination, LIMIT) as sock, channel:
            sock.sendall(channel.recv(1000))
            channel.sendall(sock.recv(1000))


class Handle(paramiko.SFTPHandle):
    """An open file."""

    def stat(self):
        return paramiko.SFTPAttributes.from_stat(os.fstat(self.readfile.fileno()))


class Files(paramiko.SFTPServerInterface):
    """The files of one folder."""

    root = ""

    def open(self, path, flags, attr):
        mode = "wb" if flags & os.O_WRONLY else "rb"
        handle = Handle(flags)
        handle.readfile = handle.writefile = open(self.root + path, mode)  # noqa: SIM115 (the handle closes it)
        return handle

    def stat(self, path):
        return paramiko.SFTPAttributes.from_stat(os.stat(self.root + path))

    def list_folder(self, path):
        return [paramiko.SFTPAttributes.from_stat(one.stat(), one.name) for one in sorted(Path(self.root).iterdir())]


def serve(listener, transports):
    while True:
        try:
            sock, _ = listener.accept()
        except OSError:
            return
        check(sock)
        transport = paramiko.Transport(sock)
        transport.add_server_key(HOST_KEY)
        transport.set_subsystem_handler("sftp", paramiko.SFTPServer, Files)
        transports.append(transport)
        transport.start_server(event=threading.Event(), server=Rules(transport))


def echo(listener):
    sock, _ = listener.accept()
    with sock:
        sock.sendall(sock.recv(1000)[::-1])


def client(key, port):
    ssh = paramiko.SSHClient()
    ssh.get_host_keys().add(f"[127.0.0.1]:{port}", HOST_KEY.get_name(), HOST_KEY)
    ssh.connect("127.0.0.1", port, "user", pkey=key, timeout=LIMIT, allow_agent=False, look_for_keys=False)
    return ssh


transports = []
listener = socket.create_server(("127.0.0.1", 0))
port = listener.getsockname()[1]
server = threading.Thread(target=serve, args=(listener, transports))
server.start()

with tempfile.TemporaryDirectory() as folder, client(USER_KEY, port) as ssh:
    Files.root = folder
    check(ssh.get_transport().sock)
    into, out, err = ssh.exec_command("hello")
    into.write("input")
    into.channel.shutdown_write()
    print("command", out.read(), err.read(), out.channel.recv_exit_status())
    with ssh.open_sftp() as sftp:
        with sftp.open("/big", "wb") as file:
            file.write(BIG)
        with sftp.open("/big", "rb") as file:
            file.prefetch()
            print("file", file.read() == BIG, sftp.stat("/big").st_size, sftp.listdir("/"))
    with socket.create_server(("127.0.0.1", 0)) as target:
        reverser = threading.Thread(target=echo, args=(target,))
        reverser.start()
        tunnel = ssh.get_transport().open_channel("direct-tcpip", target.getsockname(), ("127.0.0.1", 0))
        tunnel.sendall(b"forward")
        print("tunnel", tunnel.recv(1000))
        reverser.join()
    channel = ssh.get_transport().open_session()
    channel.settimeout(0.2)
    try:
        channel.recv(1)
    except TimeoutError:
        print("timed out")

try:
    client(paramiko.RSAKey.generate(2048), port)
except paramiko.AuthenticationException as error:
    print("refused", error)

listener.shutdown(socket.SHUT_RDWR)
listener.close()
server.join()
for transport in transports:
    transport.close()
