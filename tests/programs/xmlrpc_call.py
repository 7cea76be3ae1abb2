"""Calls xmlrpc_serve.py through a proxy: values, a long text, a fault."""

import sys
import xmlrpc.client

with xmlrpc.client.ServerProxy(f"http://127.0.0.1:{sys.argv[1]}/") as proxy:
    print("pow", proxy.pow(2, 30))
    print("methods", *(name for name in proxy.system.listMethods() if "." not in name))
    text = "abc" * 100_000
    print("reversed", proxy.reverse(text) == text[::-1])
    try:
        proxy.pow(2, 0, 0)
    except xmlrpc.client.Fault as fault:
        print("fault", "ValueError" in fault.faultString)
