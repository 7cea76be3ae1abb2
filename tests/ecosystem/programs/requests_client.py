"""GET, POST, chunks, redirect, keep-alive, time-out, refusal, TLS, against http.server."""

import requests
from ecosystem import BIG, LIMIT, certificates, check, http_server, refused_port

with http_server() as port, requests.Session() as session:
    url = f"http://127.0.0.1:{port}"
    with session.get(f"{url}/big", stream=True, timeout=LIMIT) as response:
        check(response.raw.connection.sock)
        print("streamed", b"".join(response.iter_content(4096)) == BIG)
    for path in ("/big", "/chunked", "/redirect"):
        print(path, session.get(url + path, timeout=LIMIT).content == BIG)
    print("posted", session.post(f"{url}/echo", data=BIG, timeout=LIMIT).content == BIG)
    answers = [session.get(f"{url}/big", timeout=LIMIT).status_code for _ in range(50)]
    print("kept alive", answers.count(200))
    try:
        session.get(f"{url}/never", timeout=(LIMIT, 0.2))
    except requests.ReadTimeout as error:
        print("timed out", "read timeout=0.2" in str(error))

try:
    requests.get(f"http://127.0.0.1:{refused_port()}", timeout=LIMIT)
except requests.ConnectionError as error:
    print("refused", "Connection refused" in str(error))

with certificates() as (context, authority), http_server(context) as port:
    print("tls", requests.get(f"https://localhost:{port}/big", timeout=LIMIT, verify=authority).content == BIG)
    try:
        requests.get(f"https://localhost:{port}/big", timeout=LIMIT)
    except requests.exceptions.SSLError as error:
        print("not trusted", "CERTIFICATE_VERIFY_FAILED" in str(error))
