"""Frames built, sent at layers 2 and 3 and sniffed on a loopback of its own, an answer to a ping, raw and UDP."""

import socket
import threading

from ecosystem import LIMIT, check
from scapy.all import ICMP, IP, UDP, AsyncSniffer, Ether, L3RawSocket, Raw, conf, send, sendp, sr1

conf.verb = 0
conf.use_pcap = False


def sniffed(act, wanted, count=1):
    """What a sniffer sees while we act."""
    started = threading.Event()
    sniffer = AsyncSniffer(
        iface="lo", count=count, started_callback=started.set, lfilter=lambda frame: wanted in bytes(frame)
    )
    sniffer.start()
    assert started.wait(LIMIT)
    act()
    sniffer.join(LIMIT)
    return sniffer.results


opened = conf.L2listen(iface="lo")
check(opened.ins)
opened.close()
opened = conf.L3socket()
check(opened.ins, opened.outs)
opened.close()

packet = IP(dst="127.0.0.1") / UDP(sport=1234, dport=5678) / Raw(b"layer two")
seen = sniffed(
    lambda: sendp(Ether(dst="00:00:00:00:00:00", src="00:00:00:00:00:00") / packet, iface="lo"), b"layer two"
)
print("layer 2", seen[0][UDP].dport, seen[0][Raw].load)

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
    check(sock)
    sock.bind(("127.0.0.1", 0))
    sock.settimeout(LIMIT)
    port = sock.getsockname()[1]
    conf.L3socket = L3RawSocket
    send(IP(dst="127.0.0.1") / UDP(sport=4321, dport=port) / Raw(b"layer three"))
    print("layer 3", sock.recvfrom(100))
    seen = sniffed(lambda: sock.sendto(b"from our socket", ("127.0.0.1", port)), b"from our socket")
    print("sniffed", seen[0][Raw].load, seen[0][UDP].dport == port)

answer = sr1(IP(dst="127.0.0.1") / ICMP(id=7, seq=3) / Raw(b"ping"), timeout=LIMIT)
print("ping", answer[ICMP].type, answer[ICMP].id, answer[ICMP].seq, answer[Raw].load)
