"""Two workers of two processes: 200 tasks, a megabyte each way, results moved between the workers, TLS."""

import os
import tempfile
from pathlib import Path

import trustme
from distributed import Client, LocalCluster
from distributed.security import Security
from ecosystem import BIG, ON, told


def double(number):
    return 2 * number


def reverse(data):
    return data[::-1]


def secured(folder):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(f"{folder}/authority.pem")
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(f"{folder}/node.pem")
    roles = {
        f"tls_{role}_{what}": f"{folder}/node.pem"
        for role in ("scheduler", "worker", "client")
        for what in ("key", "cert")
    }
    return Security(tls_ca_file=f"{folder}/authority.pem", require_encryption=True, **roles)


def main(security, protocol):
    options = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "dashboard_address": None}
    with (
        LocalCluster(**options, host="127.0.0.1", protocol=protocol, security=security) as cluster,
        Client(cluster) as client,
    ):
        print(protocol, "workers", [*client.run(told).values()] == [ON, ON], client.run_on_scheduler(told) == ON)
        processes = set(client.run(os.getpid).values())
        print(protocol, "processes", len(processes), os.getpid() not in processes)
        print(protocol, "sum", sum(client.gather(client.map(double, range(200)))))
        sent = client.scatter(BIG, broadcast=True)
        print(protocol, "same", client.submit(reverse, sent).result() == BIG[::-1])
        parts = client.map(double, range(50), workers=[next(iter(client.scheduler_info()["workers"]))])
        print(protocol, "moved", client.submit(sum, parts).result())


if __name__ == "__main__":
    main(None, "tcp")
    with tempfile.TemporaryDirectory() as folder:
        main(secured(Path(folder)), "tls")
