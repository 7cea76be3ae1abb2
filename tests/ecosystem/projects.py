"""The table of projects: which program shows which one, and what it needs besides its packages.

Knows nothing of how a program is run. What a program does is the first line of the program itself; the versions
are in requirements.txt.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Project:
    """One row of the report."""

    name: str
    program: str
    server: str | None = None  # one of servers.py
    namespace: bool = False  # a network namespace of its own, which needs root


PROJECTS = [
    Project("requests", "requests_client"),
    Project("urllib3", "urllib3_client"),
    Project("httpx", "httpx_client"),
    Project("aiohttp", "aiohttp_both"),
    Project("websockets", "websockets_both"),
    Project("redis", "redis_client", server="redis"),
    Project("pg8000", "pg8000_client", server="postgresql"),
    Project("asyncpg", "asyncpg_client", server="postgresql"),
    Project("psycopg", "psycopg_client", server="postgresql"),
    Project("PyMySQL", "pymysql_client", server="mariadb"),
    Project("pymemcache", "pymemcache_client", server="memcached"),
    Project("paramiko", "paramiko_both"),
    Project("dnspython", "dnspython_client"),
    Project("paho-mqtt", "paho_client", server="mosquitto"),
    Project("pika", "pika_client", server="rabbitmq"),
    Project("uvicorn", "uvicorn_server"),
    Project("gunicorn", "gunicorn_server"),
    Project("Flask", "flask_server"),
    Project("Django", "django_server"),
    Project("gevent", "gevent_patched"),
    Project("uvloop", "uvloop_sock"),
    Project("trio", "trio_both"),
    Project("anyio", "anyio_both"),
    Project("distributed", "distributed_cluster"),
    Project("scapy", "scapy_sniff", namespace=True),
    Project("pyroute2", "pyroute2_netlink", namespace=True),
]
