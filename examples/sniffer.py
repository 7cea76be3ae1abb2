"""Network sniffer: prints the first packets that pass an interface.

    python -m rsock examples/sniffer.py [interface [count]]

Needs the rights of an administrator. On Linux an AF_PACKET socket sees every
frame of the interface, by default of all interfaces; on Windows a raw socket is
switched to receive all packets, and there is no interface to name.
"""

import socket
import sys

INTERFACE = sys.argv[1] if len(sys.argv) > 1 else ""
COUNT = int(sys.argv[2]) if len(sys.argv) > 2 else 1
LONGEST = 65565
ETH_P_ALL = 3


def show(sock):
    """Print the next packets, one line each."""
    print("sockets from", type(sock).__module__)
    print("sniffing", flush=True)
    for _ in range(COUNT):
        packet, address = sock.recvfrom(LONGEST)
        print("packet", address, len(packet), packet.hex(), flush=True)


def sniff_linux():
    """Receive whole frames, before the kernel takes them apart."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL)) as sock:
        if INTERFACE:
            sock.bind((INTERFACE, 0))
        show(sock)


def sniff_windows():
    """Receive IP packets with their headers, in promiscuous mode."""
    host = socket.gethostbyname(socket.gethostname())
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_IP) as sock:
        sock.bind((host, 0))
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_HDRINCL, 1)
        sock.ioctl(socket.SIO_RCVALL, socket.RCVALL_ON)
        try:
            show(sock)
        finally:
            sock.ioctl(socket.SIO_RCVALL, socket.RCVALL_OFF)


if hasattr(socket, "AF_PACKET"):
    sniff_linux()
elif hasattr(socket, "SIO_RCVALL"):
    sniff_windows()
else:
    sys.exit("this system has neither AF_PACKET nor SIO_RCVALL")
