"""Links, addresses, routes and neighbours made and read over netlink in a namespace of its own, events, 500 routes."""

import socket

from ecosystem import check
from pyroute2 import NDB, IPRoute

with IPRoute() as ipr:
    print("links", [link.get("ifname") for link in ipr.get_links()])
    ipr.link("add", ifname="one", kind="veth", peer={"ifname": "other"})
    index, peer = (ipr.link_lookup(ifname=name)[0] for name in ("one", "other"))
    ipr.link("set", index=peer, state="up")
    ipr.link("set", index=index, state="up", mtu=1400)
    ipr.addr("add", index=index, address="10.9.8.7", prefixlen=24)
    print("link", ipr.get_links(index)[0].get("mtu"), ipr.get_links(index)[0].get("operstate") in {"UNKNOWN", "UP"})
    print("address", [one.get("address") for one in ipr.get_addr(index=index, family=socket.AF_INET)])
    for number in range(500):
        ipr.route("add", dst=f"172.16.{number // 256}.{number % 256}/32", gateway="10.9.8.1")
    routes = [
        route for route in ipr.get_routes(family=socket.AF_INET, table=254) if route.get("dst", "").startswith("172")
    ]
    print("routes", len(routes), {route.get("gateway") for route in routes})
    ipr.neigh("add", dst="10.9.8.2", lladdr="00:11:22:33:44:55", ifindex=index, state=128)
    print("neighbours", [one.get("lladdr") for one in ipr.get_neighbours(ifindex=index, dst="10.9.8.2")])
    try:
        ipr.link("set", index=99_999, state="up")
    except Exception as error:
        print("error", type(error).__name__, error.code)
    ipr.link("del", index=index)
    print("left", [link.get("ifname") for link in ipr.get_links()])

with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as sock:
    check(sock)
    sock.bind((0, 0))
    print("bound", sock.getsockname()[1] == 0, sock.getsockname()[0] > 0)

with NDB() as ndb:
    with ndb.interfaces.create(ifname="two", kind="veth", peer="three") as made:
        made.add_ip("10.1.2.3/24").set("state", "up")
    print(
        "ndb",
        ndb.interfaces["two"]["state"],
        [one["address"] for one in ndb.interfaces["two"].ipaddr.dump() if one["family"] == 2],
    )
