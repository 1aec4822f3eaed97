"""HTTPS for MTA-STS policies, the BIMI logo and the Web Key Directory; mta-sts.stsbadcert.test has an expired certificate."""

from __future__ import annotations

import os
import ssl
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import socket
from typing import Any

RUN = Path(os.environ["LAB_RUN"])
TYPES = {".txt": "text/plain", ".svg": "image/svg+xml", ".pem": "application/x-pem-file"}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        host = (self.headers.get("Host") or "").rpartition(":")[0] or self.headers.get("Host") or ""
        base = (RUN / "web" / host.lower()).resolve()
        path = (base / self.path.partition("?")[0].lstrip("/")).resolve()
        found = bool(host) and path.is_file() and base in path.parents and base.parent == RUN / "web"
        body = path.read_bytes() if found else b"not found\n"
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", TYPES.get(path.suffix, "application/octet-stream"))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        sys.stderr.write(f"{self.address_string()} {format % args}\n")


def context(name: str) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(RUN / "pki" / f"{name}.pem")
    return made


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int]) -> None:
        super().__init__(address, Handler)
        self.good, self.expired = context("web"), context("webexpired")
        self.good.sni_callback = self._choose

    def _choose(self, connection: Any, name: str | None, _: ssl.SSLContext) -> None:
        if name == "mta-sts.stsbadcert.test":
            connection.context = self.expired

    def get_request(self) -> tuple[socket, Any]:
        connection, address = self.socket.accept()
        connection.settimeout(10)
        # The handshake is left to the handler's thread: a client that is silent must not stop the others.
        return self.good.wrap_socket(connection, server_side=True, do_handshake_on_connect=False), address

    def handle_error(self, request: Any, client_address: Any) -> None:
        sys.stderr.write(f"{client_address} {sys.exc_info()[1]!r}\n")


if __name__ == "__main__":
    Server((os.environ["A_WEB"], int(os.environ["P_HTTPS"]))).serve_forever()
