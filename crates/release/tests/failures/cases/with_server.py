#!/usr/bin/env python3
"""Runs a command beside a server on loopback that answers badly: with_server.py HOW COMMAND. $PORT is where it listens.

HOW is a status code, `no-image` (a registry without images), `reset` (connections are reset), `silent` (nothing is ever answered), `self-signed`, `expired` or
`other-name` (TLS with such a certificate).
"""

import os
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

how, command = sys.argv[1], sys.argv[2]


class Answer(BaseHTTPRequestHandler):
    def answer(self):
        if how == "silent":
            threading.Event().wait()
        if how == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            return
        status = int(how) if how.isdigit() else 200
        body = b"{}"
        if how == "no-image" and self.path != "/v2/":
            status, body = 404, b'{"errors": [{"code": "MANIFEST_UNKNOWN", "message": "manifest unknown"}]}'
        self.send_response(status)
        if status == 401:
            self.send_header("WWW-Authenticate", 'Basic realm="packages"')
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_POST = do_PUT = answer

    def log_message(self, *_):
        pass

    def finish(self):
        try:
            super().finish()
        except OSError:
            pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass


server = Server(("127.0.0.1", 0), Answer)
if how in ("self-signed", "expired", "other-name"):
    name = "elsewhere.test" if how == "other-name" else "localhost"
    folder = tempfile.mkdtemp()
    if how == "expired":
        # x509 of OpenSSL 3.0 knows no dates, ca does.
        open(f"{folder}/index", "w").close()
        with open(f"{folder}/conf", "w") as conf:
            conf.write(
                f"[ca]\ndefault_ca=d\n[d]\ndatabase={folder}/index\nrand_serial=yes\nnew_certs_dir={folder}\n"
                "default_md=sha256\npolicy=p\ncopy_extensions=copy\n[p]\ncommonName=supplied\n"
            )
        subprocess.run(
            f"cd {folder} && openssl req -newkey rsa:2048 -nodes -keyout key -out csr -subj /CN={name} "
            f"-addext subjectAltName=DNS:{name},IP:127.0.0.1 && openssl ca -batch -config conf -selfsign -keyfile key "
            "-in csr -out cert -startdate 20200101000000Z -enddate 20200201000000Z -notext",
            shell=True, check=True, capture_output=True,
        )
    else:
        subprocess.run(
            f"cd {folder} && openssl req -x509 -newkey rsa:2048 -nodes -keyout key -out cert -days 30 -subj /CN={name} "
            f"-addext subjectAltName=DNS:{name}",
            shell=True, check=True, capture_output=True,
        )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{folder}/cert", f"{folder}/key")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    os.environ["CERTIFICATE"] = f"{folder}/cert"
threading.Thread(target=server.serve_forever, daemon=True).start()
os.environ["PORT"] = str(server.server_address[1])
sys.exit(subprocess.run(["sh", "-c", command]).returncode)
