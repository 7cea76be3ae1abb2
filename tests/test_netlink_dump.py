"""Netlink for real: `examples/netlink_dump.py` against iproute2, on the stdlib and on rsock.

Each test has a network namespace of its own, with links, addresses and routes that `ip`
made; the namespace lives as long as a process that waits for the end of its input.
Follows: rtnetlink(7), ip(8). Runs in the guest kernel too, which has more kinds of links.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
from processes import EXPECTED

HERE = Path(__file__).resolve().parent
EXAMPLE = HERE.parent / "examples" / "netlink_dump.py"
MEMBERS = ("dummy", "ifb", "vcan")
ATTEMPTS = 20

pytestmark = pytest.mark.needs("linux", "netns", "iproute2")


class Network:
    """A network namespace, and `ip` in it."""

    def __init__(self, process):
        self.prefix = ("nsenter", "-n", "-t", str(process.pid))

    def ip(self, *arguments):
        command = [*self.prefix, "ip", *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=20).stdout

    def json(self, *arguments):
        # -d prints what it would leave out because it is usual
        return json.loads(self.ip("-json", "-details", *arguments) or "[]")

    def add(self, name, *kinds):
        """Make a link of the first kind that this kernel has."""
        for kind in kinds:
            with contextlib.suppress(subprocess.CalledProcessError):
                self.ip("link", "add", name, "type", *kind.split())
                # an address made of the hardware's would come when it is ready
                self.ip("link", "set", name, "addrgenmode", "none")
                return kind
        return None


@pytest.fixture
def network():
    command = ["unshare", "-n", sys.executable, str(HERE / "netns.py"), sys.executable, "-c"]
    wait = "import sys; print('ready', flush=True); sys.stdin.read()"
    with subprocess.Popen([*command, wait], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"ready\n"
        yield Network(process)
        process.stdin.close()
        assert process.wait(20) == 0


@pytest.fixture
def populated(network):
    """Links of several kinds, both families' addresses, and routes of every form."""
    assert network.add("bridge0", "bridge")
    network.ip("link", "set", "bridge0", "address", "02:00:00:00:00:01", "mtu", "1400")
    if network.add("member0", *MEMBERS):
        network.ip("link", "set", "member0", "up")
    if network.add("veth0", "veth peer name veth1"):
        network.ip("link", "set", "veth1", "addrgenmode", "none")
        network.ip("link", "set", "veth0", "master", "bridge0")
        network.ip("link", "set", "veth0", "up")
    for address in ("192.0.2.1/24", "192.0.2.2/24"):
        network.ip("address", "add", address, "broadcast", "+", "dev", "bridge0", "label", "bridge0:x")
    network.ip("address", "add", "10.9.0.1", "peer", "10.9.0.2/31", "scope", "link", "dev", "bridge0")
    network.ip("-6", "address", "add", "2001:db8::1/64", "dev", "bridge0", "nodad")
    network.ip("link", "set", "bridge0", "up")
    for route in (
        "198.51.100.0/24 via 192.0.2.254 metric 7 src 192.0.2.2",
        "203.0.113.0/24 nexthop via 192.0.2.8 weight 3 dev bridge0 nexthop via 192.0.2.9 weight 1 dev bridge0",
        "default via 192.0.2.254 proto static",
        "blackhole 10.0.0.0/8",
        "unreachable 10.1.0.0/16 table 4000000000",
        "172.16.0.0/12 dev bridge0 scope link table 100",
    ):
        network.ip("route", "add", *route.split())
    for route in ("2001:db8:1::/48 via 2001:db8::9 metric 5", "default via 2001:db8::fe", "prohibit 2001:db8:2::/48"):
        network.ip("-6", "route", "add", *route.split())
    return network


def links_of_ip(network):
    names = ("ifindex", "ifname", "mtu", "operstate", "address", "broadcast")
    return [
        {
            **{name: one[name] for name in names if name in one},
            "kind": one.get("linkinfo", {}).get("info_kind"),
            "master": one.get("master"),
            "flags": sorted(set(one["flags"]) - {"LOWER_UP", "NO-CARRIER", "M-DOWN", "ECHO"}),
        }
        for one in network.json("link", "show")
    ]


def addresses_of_ip(network):
    names = ("family", "local", "address", "prefixlen", "broadcast", "scope", "label")
    return [
        {"ifindex": one["ifindex"], **{name: address[name] for name in names if name in address}}
        for one in network.json("address", "show")
        for address in one["addr_info"]
    ]


def routes_of_ip(network):
    names = ("type", "dst", "gateway", "table", "protocol", "scope", "prefsrc", "metric")
    found = []
    for family in ("inet", "inet6"):
        for one in network.json("-family", family, "route", "show", "table", "all"):
            route = {"family": family, **{name: one[name] for name in names if name in one}, "dev": one.get("dev")}
            hops = [
                {"gateway": hop["gateway"], "dev": hop["dev"], "weight": hop["weight"]}
                for hop in one.get("nexthops", ())
            ]
            found.append({**route, "nexthops": hops})
    return found


def listed_by_example(programs, network):
    """The example's listing, with names for numbers and a place for what is absent, as above."""
    output = programs.run(EXAMPLE, prefix=network.prefix)
    assert f"sockets from {EXPECTED[programs.on][0]}\n" in output
    found = json.loads(output.splitlines()[-1])
    names = {link["ifindex"]: link["ifname"] for link in found["links"]}
    for link in found["links"]:
        link.update(kind=link.get("kind"), master=names.get(link.get("master")), flags=sorted(link["flags"]))
    for route in found["routes"]:
        route.update(dev=names.get(route.pop("ifindex", None)), nexthops=route.get("nexthops", []))
        for hop in route["nexthops"]:
            hop["dev"] = names[hop.pop("ifindex")]
    return found


def in_order(listing):
    return sorted(listing, key=lambda one: json.dumps(one, sort_keys=True))


def test_listings_agree_with_iproute2(programs, populated):
    """The same before and after means that nothing changed between: links settle in their own time."""
    for _ in range(ATTEMPTS):
        before, found, after = (look() for look in listings(programs, populated))
        if before == after:
            break
    assert before == after
    for name, expected in before.items():
        assert in_order(found[name]) == in_order(expected), name
    assert len(found["links"]) >= 2
    assert len(found["addresses"]) == 6
    assert {"blackhole", "unreachable", "prohibit", "unicast", "local"} <= {one["type"] for one in found["routes"]}
    assert {"100", "4000000000", "main", "local"} <= {one["table"] for one in found["routes"]}
    assert [len(one["nexthops"]) for one in found["routes"] if one["nexthops"]] == [2]


def listings(programs, network):
    def of_ip():
        return {
            "links": links_of_ip(network),
            "addresses": addresses_of_ip(network),
            "routes": routes_of_ip(network),
        }

    return of_ip, lambda: listed_by_example(programs, network), of_ip


def test_a_dump_longer_than_one_message(programs, network):
    """A dump's messages are 8 KiB at the least and 32 KiB at most: this one needs several."""
    assert network.add("bridge0", "bridge")
    network.ip("link", "set", "bridge0", "up")
    batch = "".join(f"address add 10.1.{high}.{low}/32 dev bridge0\n" for high in range(4) for low in range(1, 251))
    command = [*network.prefix, "ip", "-batch", "-"]
    subprocess.run(command, check=True, input=batch, text=True, timeout=60)
    output = programs.run(EXAMPLE, "addresses", prefix=network.prefix)
    found = json.loads(output.splitlines()[-1])["addresses"]
    assert in_order(found) == in_order(addresses_of_ip(network))
    assert len(found) > 1000


def test_group_delivers_link_events(programs, network):
    with programs.start(EXAMPLE, "watch", prefix=network.prefix) as watcher:
        watcher.wait_for("watching")
        assert network.add("bridge0", "bridge")
        assert next_event(watcher)["event"] == "new"
        network.ip("link", "delete", "bridge0")
        while (event := next_event(watcher))["event"] != "deleted":
            assert event["ifname"] == "bridge0"
        assert (event["ifname"], event["kind"], event["groups"]) == ("bridge0", "bridge", 1)


def next_event(watcher):
    return json.loads("{" + watcher.wait_for("{"))


def test_watch_ends_after_its_count(programs, network):
    with programs.start(EXAMPLE, "watch", "1", prefix=network.prefix) as watcher:
        watcher.wait_for("watching")
        assert network.add("bridge0", "bridge")
        (event,) = [json.loads(line) for line in watcher.finish().splitlines() if line.startswith("{")]
    assert (event["event"], event["ifname"], event["operstate"]) == ("new", "bridge0", "DOWN")
