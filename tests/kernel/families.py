"""Prints family x (created, bound, named, sent, received), stock and rsock side by side.

Each row is an exchange over this kernel, written once and run over both modules. A
step counts when the kernel did it and the tuple that came back is the right one.
Exits with 1 where rsock falls short of stock or gives an address of another shape.
Arguments choose rows by how their names begin. Must not know pytest: it also runs by hand, on any
kernel, where it shows what is there.
"""

from __future__ import annotations

import contextlib
import importlib
import struct
import sys

STEPS = ("created", "bound", "named", "sent", "received")
LIMIT = 5.0
PROTOCOL = 0x88B5
ROWS = {}


class Exchange:
    """The sockets of one row, and how far it came."""

    def __init__(self, module, stack):
        self.module = module
        self.stack = stack
        self.done = []
        self.shapes = []
        self.error = ""

    def open(self, family, kind, proto=0):
        """A socket by names or numbers; a second one is the same step again."""
        parts = [getattr(self.module, p) if isinstance(p, str) else p for p in (family, kind, proto)]
        sock = self.stack.enter_context(self.module.socket(*parts))
        sock.settimeout(LIMIT)
        self.mark("created")
        return sock

    def bind(self, sock, address, expected=None):
        """Binds, and compares the name with what was asked, where that is fixed."""
        sock.bind(address)
        self.mark("bound")
        if expected is not None:
            self.named(sock.getsockname(), expected)

    def named(self, name, expected):
        """`expected` has an Ellipsis where the kernel chooses."""
        matches = len(name) == len(expected) and all(
            want is ... or want == got for want, got in zip(expected, name, strict=True)
        )
        if not matches:
            raise ValueError(f"named {name!r}, not {expected!r}")
        self.shapes.append([type(field).__name__ for field in name])
        self.mark("named")

    def connect(self, client, server):
        """The peer that a listening server accepts."""
        server.listen()
        client.connect(server.getsockname())
        peer, address = server.accept()
        self.stack.enter_context(peer)
        peer.settimeout(LIMIT)
        if address is not None and address != client.getsockname():
            self.shapes.append([type(field).__name__ for field in address])
        return peer

    def send(self, sock, data, target=None):
        sock.send(data) if target is None else sock.sendto(data, target)
        self.mark("sent")

    def receive(self, sock, data):
        got, sender = sock.recvfrom(70_000)
        if got != data:
            raise ValueError(f"received {got!r}, not {data!r}")
        if isinstance(sender, tuple):
            self.shapes.append([type(field).__name__ for field in sender])
        self.mark("received")

    def mark(self, step):
        if step not in self.done:
            self.done.append(step)


def row(name):
    def add(function):
        ROWS[name] = function
        return function

    return add


def datagrams(family, kind, address, expected, proto=0):
    """Two bound sockets, one datagram."""

    def run(x):
        one, other = x.open(family, kind, proto), x.open(family, kind, proto)
        x.bind(one, address, expected)
        x.bind(other, address)
        x.send(one, b"datagram", other.getsockname())
        x.receive(other, b"datagram")

    return run


def stream(family, address, expected, proto=0, kind="SOCK_STREAM"):
    """A listener and its client."""

    def run(x):
        server, client = x.open(family, kind, proto), x.open(family, kind, proto)
        x.bind(server, address, expected)
        peer = x.connect(client, server)
        x.send(client, b"stream")
        x.receive(peer, b"stream")

    return run


IN4, NAMED4 = ("127.0.0.1", 0), ("127.0.0.1", ...)
IN6, NAMED6 = ("::1", 0), ("::1", ..., 0, 0)
for _family, _address, _expected in (("AF_INET", IN4, NAMED4), ("AF_INET6", IN6, NAMED6)):
    ROWS[f"{_family} TCP"] = stream(_family, _address, _expected)
    ROWS[f"{_family} UDP"] = datagrams(_family, "SOCK_DGRAM", _address, _expected)
    ROWS[f"{_family} UDP-Lite"] = datagrams(_family, "SOCK_DGRAM", _address, _expected, "IPPROTO_UDPLITE")
    ROWS[f"{_family} SCTP"] = stream(_family, _address, _expected, "IPPROTO_SCTP")
    ROWS[f"{_family} MPTCP"] = stream(_family, _address, _expected, "IPPROTO_MPTCP")
ROWS["AF_RDS"] = datagrams("AF_RDS", "SOCK_SEQPACKET", IN4, NAMED4)
ROWS["AF_QIPCRTR"] = datagrams("AF_QIPCRTR", "SOCK_DGRAM", (1, 0), (1, ...))
ROWS["AF_NETLINK USERSOCK"] = datagrams("AF_NETLINK", "SOCK_DGRAM", (0, 0), (..., 0), "NETLINK_USERSOCK")


@row("AF_INET DCCP")
def dccp(x):
    service = (269, 2, struct.pack("!I", 1))
    server, client = x.open("AF_INET", 6, 33), x.open("AF_INET", 6, 33)
    for sock in (server, client):
        sock.setsockopt(*service)
    x.bind(server, IN4, NAMED4)
    peer = x.connect(client, server)
    x.send(client, b"packet")
    x.receive(peer, b"packet")


@row("AF_SMC")
def smc(x):
    """A family without a tuple form: addresses are (family, bytes) or refused."""
    af_smc, loopback = 43, bytes((127, 0, 0, 1))
    server, client = x.open(af_smc, "SOCK_STREAM"), x.open(af_smc, "SOCK_STREAM")
    inet = int(x.module.AF_INET)
    server.bind((inet, struct.pack("!H4s8x", 0, loopback)))
    x.mark("bound")
    host, port = server.getsockname()
    x.named((host, port), NAMED4)
    server.listen()
    client.connect((inet, struct.pack("!H4s8x", port, loopback)))
    peer, _ = server.accept()
    x.stack.enter_context(peer)
    peer.settimeout(LIMIT)
    x.send(client, b"stream")
    x.receive(peer, b"stream")


@row("AF_UNIX abstract")
def unix_abstract(x):
    one, other = x.open("AF_UNIX", "SOCK_DGRAM"), x.open("AF_UNIX", "SOCK_DGRAM")
    for sock, name in ((one, b"\0families one"), (other, b"\0families other")):
        sock.bind(name)
        x.mark("bound")
        if sock.getsockname() != name:
            raise ValueError(f"named {sock.getsockname()!r}")
        x.mark("named")
    x.send(one, b"datagram", other.getsockname())
    x.receive(other, b"datagram")


@row("AF_UNIX autobind")
def unix_autobind(x):
    one, other = x.open("AF_UNIX", "SOCK_SEQPACKET"), x.open("AF_UNIX", "SOCK_SEQPACKET")
    one.bind("")
    x.mark("bound")
    name = one.getsockname()
    if not (isinstance(name, bytes) and len(name) == 6 and name[0] == 0):
        raise ValueError(f"named {name!r}")
    x.mark("named")
    peer = x.connect(other, one)
    x.send(other, b"packet")
    x.receive(peer, b"packet")


@row("AF_NETLINK ROUTE")
def netlink_route(x):
    sock = x.open("AF_NETLINK", "SOCK_RAW", "NETLINK_ROUTE")
    x.bind(sock, (0, 1), (..., 1))
    dump_links = struct.pack("=IHHII16x", 32, 18, 0x301, 1, 0)
    x.send(sock, dump_links, (0, 0))
    data, sender = sock.recvfrom(70_000)
    if sender != (0, 0) or struct.unpack_from("=IH", data)[1] != 16:
        raise ValueError(f"received {data[:16]!r} from {sender!r}")
    x.mark("received")


def tipc(kind, form):
    """A service bound to a range, called in one of the three address forms."""

    def run(x):
        m, service = x.module, 0x55667788
        server, client = x.open("AF_TIPC", kind), x.open("AF_TIPC", kind)
        port = (m.TIPC_ADDR_ID, ..., ..., 0, 0)
        x.bind(server, (m.TIPC_ADDR_NAMESEQ, service, 5, 9, m.TIPC_NODE_SCOPE), port)
        target = {
            "NAME": (m.TIPC_ADDR_NAME, service, 7, 0),
            "NAMESEQ": (m.TIPC_ADDR_NAMESEQ, service, 9, 30),
            "ID": server.getsockname(),
        }[form]
        if kind in ("SOCK_RDM", "SOCK_DGRAM"):
            x.send(client, b"message", target)
            x.receive(server, b"message")
            return
        server.listen()
        client.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            client.connect(target)
        peer, address = server.accept()
        x.stack.enter_context(peer)
        x.named(address, port)
        client.settimeout(LIMIT)
        peer.settimeout(LIMIT)
        x.send(peer, b"message")
        x.receive(client, b"message")

    return run


for _kind in ("SOCK_RDM", "SOCK_DGRAM"):
    for _form in ("NAME", "NAMESEQ", "ID"):
        ROWS[f"AF_TIPC {_kind[5:]} {_form}"] = tipc(_kind, _form)
for _kind in ("SOCK_STREAM", "SOCK_SEQPACKET"):
    for _form in ("NAME", "ID"):
        ROWS[f"AF_TIPC {_kind[5:]} {_form}"] = tipc(_kind, _form)


@row("AF_PACKET")
def packet(x):
    proto = x.module.htons(PROTOCOL)
    one, other = x.open("AF_PACKET", "SOCK_DGRAM", proto), x.open("AF_PACKET", "SOCK_DGRAM", proto)
    for sock in (one, other):
        x.bind(sock, ("lo", PROTOCOL), ("lo", PROTOCOL, 0, 772, bytes(6)))
    x.send(one, b"frame", ("lo", PROTOCOL, 0, 0, bytes(6)))
    x.receive(other, b"frame")


def vsock(kind):
    def run(x):
        server, client = x.open("AF_VSOCK", kind), x.open("AF_VSOCK", kind)
        port = 0xF0000000 + len(kind)
        x.bind(server, (1, port), (1, port))
        peer = x.connect(client, server)
        x.send(client, b"vsock")
        x.receive(peer, b"vsock")

    return run


ROWS["AF_VSOCK STREAM"] = vsock("SOCK_STREAM")
ROWS["AF_VSOCK SEQPACKET"] = vsock("SOCK_SEQPACKET")
FRAME = struct.pack("=IB3x8s", 0x123, 3, b"can")


@row("AF_CAN RAW")
def can_raw(x):
    one, other = x.open("AF_CAN", "SOCK_RAW", "CAN_RAW"), x.open("AF_CAN", "SOCK_RAW", "CAN_RAW")
    for sock in (one, other):
        x.bind(sock, ("vcan0",), ("vcan0",))
    x.send(one, FRAME)
    x.receive(other, FRAME)


@row("AF_CAN BCM")
def can_bcm(x):
    raw = x.stack.enter_context(x.module.socket(x.module.AF_CAN, x.module.SOCK_RAW, x.module.CAN_RAW))
    raw.settimeout(LIMIT)
    raw.bind(("vcan0",))
    sock = x.open("AF_CAN", "SOCK_DGRAM", "CAN_BCM")
    sock.connect(("vcan0",))  # a manager is not bound and has no name
    job = struct.pack("@3I4l2I0q", x.module.CAN_BCM_TX_SEND, 0, 0, 0, 0, 0, 0, 0x123, 1)
    x.send(sock, job + FRAME)
    x.receive(raw, FRAME)


@row("AF_CAN ISOTP")
def can_isotp(x):
    one, other = (x.open("AF_CAN", "SOCK_DGRAM", "CAN_ISOTP") for _ in range(2))
    x.bind(one, ("vcan0", 0x111, 0x222), ("vcan0", 0x111, 0x222))
    x.bind(other, ("vcan0", 0x222, 0x111))
    x.send(one, bytes(100))
    x.receive(other, bytes(100))


@row("AF_CAN J1939")
def can_j1939(x):
    m = x.module
    one, other = (x.open("AF_CAN", "SOCK_DGRAM", "CAN_J1939") for _ in range(2))
    x.bind(one, ("vcan0", 0, m.J1939_NO_PGN, 0x21), ("vcan0", 0, m.J1939_NO_PGN, 0x21))
    x.bind(other, ("vcan0", 0, m.J1939_NO_PGN, 0x32))
    x.send(one, b"j1939", ("vcan0", 0, 0x12300, 0x32))
    x.receive(other, b"j1939")


def algorithm(kind, name, size, prepare, send):
    def run(x):
        sock = x.open("AF_ALG", "SOCK_SEQPACKET")
        sock.bind((kind, name))  # an algorithm has no name to ask for
        x.mark("bound")
        prepare(sock, x.module)
        sock.settimeout(None)
        operation, _ = sock.accept()
        with operation:
            if send is not None:
                send(operation, x.module)
                x.mark("sent")
            if len(operation.recv(size)) != size:
                raise ValueError("short answer")
            x.mark("received")

    return run


def _key(sock, module):
    sock.setsockopt(module.SOL_ALG, module.ALG_SET_KEY, bytes(16))


def _encrypt(operation, module, **options):
    operation.sendmsg_afalg([bytes(32)], op=module.ALG_OP_ENCRYPT, **options)


ROWS["AF_ALG hash"] = algorithm("hash", "sha256", 32, lambda *_: None, lambda s, _: s.send(b"abc"))
ROWS["AF_ALG skcipher"] = algorithm("skcipher", "cbc(aes)", 32, _key, lambda s, m: _encrypt(s, m, iv=bytes(16)))
ROWS["AF_ALG aead"] = algorithm("aead", "gcm(aes)", 48, _key, lambda s, m: _encrypt(s, m, iv=bytes(12), assoclen=8))
ROWS["AF_ALG rng"] = algorithm("rng", "jitterentropy_rng", 16, lambda *_: None, None)


def bluetooth(kind, proto, address, expected):
    def run(x):
        sock = x.open("AF_BLUETOOTH", kind, proto)
        sock.bind(address)
        x.mark("bound")
        name = sock.getsockname()
        if name != expected:
            raise ValueError(f"named {name!r}, not {expected!r}")
        x.mark("named")

    return run


ANY = "00:00:00:00:00:00"
ROWS["AF_BLUETOOTH L2CAP"] = bluetooth("SOCK_SEQPACKET", "BTPROTO_L2CAP", (ANY, 0x1001), (ANY, 0x1001))
ROWS["AF_BLUETOOTH RFCOMM"] = bluetooth("SOCK_STREAM", "BTPROTO_RFCOMM", (ANY, 3), (ANY, 3))
ROWS["AF_BLUETOOTH SCO"] = bluetooth("SOCK_SEQPACKET", "BTPROTO_SCO", ANY.encode(), ANY)


def attempt(module, run):
    """How far one module comes with a row."""
    with contextlib.ExitStack() as stack:
        exchange = Exchange(module, stack)
        try:
            run(exchange)
        except (OSError, ValueError, AttributeError, TypeError) as error:
            exchange.error = f"{type(error).__name__}: {error}"
        return exchange


def line(result):
    """One module's cells: a step that a finished exchange did not make does not exist there."""
    missing = "-" if result.error else "n/a"
    return "".join(f"{'yes' if step in result.done else missing:<6}" for step in STEPS)


def main():
    modules = {}
    for name in ("socket", "rsock"):
        with contextlib.suppress(ImportError):
            modules[name] = importlib.import_module(name)
    rows = {name: run for name, run in ROWS.items() if name.startswith(tuple(sys.argv[1:] or [""]))}
    width = max(map(len, rows))
    print("".ljust(width), *(f"{name:<{6 * len(STEPS)}}" for name in modules))
    print("".ljust(width), *("".join(f"{step[:5]:<6}" for step in STEPS) for _ in modules))
    notes, bad = [], 0
    for family, run in rows.items():
        results = {name: attempt(module, run) for name, module in modules.items()}
        cells = map(line, results.values())
        print(family.ljust(width), *cells)
        notes += [f"  {family}, {name}: {result.error}" for name, result in results.items() if result.error]
        stock, other = results["socket"], results.get("rsock")
        if other and (not set(stock.done) <= set(other.done) or (stock.error == "" and stock.shapes != other.shapes)):
            notes.append(f"  {family}: rsock is not stock: {other.done} {other.shapes}, {stock.done} {stock.shapes}")
            bad += 1
    if notes:
        print("\nWhere a row stops:", *notes, sep="\n")
    if "rsock" not in modules:
        print("\nrsock is not installed for this Python: stock alone")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
