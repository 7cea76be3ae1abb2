"""A pool shared by 8 threads, 400 requests, multipart, retries, TLS, against http.server."""

import ssl

import urllib3
from ecosystem import BIG, LIMIT, certificates, check, http_server, in_threads, refused_port

with http_server() as port, urllib3.HTTPConnectionPool("127.0.0.1", port, maxsize=4, block=True) as pool:

    def some(number):
        return sum(pool.request("POST", "/echo", body=bytes(number * 1000)).status == 200 for _ in range(50))

    print("answers", sum(in_threads(8, some)))
    print("connections", pool.num_connections <= 4, "requests", pool.num_requests)
    with pool.request("GET", "/chunked", preload_content=False) as response:
        check(response.connection.sock)
        print("streamed", b"".join(response.stream(10_000)) == BIG)
    answer = pool.request("POST", "/echo", fields={"file": ("name.bin", BIG)})
    print("multipart", BIG in answer.data)
    try:
        pool.request("GET", "/never", timeout=urllib3.Timeout(connect=LIMIT, read=0.1), retries=2)
    except urllib3.exceptions.MaxRetryError as error:
        print("gave up", type(error.reason).__name__)

try:
    urllib3.PoolManager(retries=False).request("GET", f"http://127.0.0.1:{refused_port()}/")
except urllib3.exceptions.NewConnectionError as error:
    print("refused", "Connection refused" in str(error))

with (
    certificates() as (context, authority),
    http_server(context) as port,
    urllib3.PoolManager(ca_certs=authority) as manager,
):
    answer = manager.request("GET", f"https://localhost:{port}/big", preload_content=False)
    check(answer.connection.sock)
    print("tls", isinstance(answer.connection.sock, ssl.SSLSocket), answer.read() == BIG)
    answer.release_conn()
