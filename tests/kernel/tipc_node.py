"""A second TIPC node: the stock program that test_tipc_cluster.py talks to.

Runs in a network of its own. Says "ready"; waits for a line, which comes when its link
"second" is there; joins the cluster as node argv[1]; says the reference of its port,
bound to service argv[2]; then answers each message with the address it came from.
"""

import socket
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import guest_setup


def main(node, service):
    print("ready", flush=True)
    sys.stdin.readline()
    guest_setup.tipc_node(node)
    guest_setup.set_up("second")
    guest_setup.tipc_bearer("second")
    with socket.socket(socket.AF_TIPC, socket.SOCK_RDM) as server:
        name = (socket.TIPC_ADDR_NAMESEQ, service, 10, 19, socket.TIPC_CLUSTER_SCOPE)
        server.bind(name)
        print(server.getsockname()[2], flush=True)
        while True:
            data, sender = server.recvfrom(100)
            server.sendto(data + repr(sender).encode(), sender)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
