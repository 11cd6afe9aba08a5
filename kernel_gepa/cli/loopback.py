"""A web server for the user of this machine alone: on 127.0.0.1, behind a secret in the address, reading only."""

from __future__ import annotations

import secrets
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hmac import compare_digest
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from kernel_gepa.discreet import plain
from kernel_gepa.errors import KernelGepaError

HOST = "127.0.0.1"
IDLE_S = 30  # a connection that says nothing for so long is closed

# Nothing may frame the page, guess types, keep a copy, or be told the address with the secret in it.
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


@dataclass(frozen=True, slots=True)
class Answer:
    body: bytes = b""
    kind: str = "application/json"
    status: HTTPStatus = HTTPStatus.OK
    policy: str = "default-src 'none'; frame-ancestors 'none'"  # Content-Security-Policy


NOTHING_NEW = Answer(status=HTTPStatus.NO_CONTENT)
NOT_THERE = Answer(b"there is nothing at this address\n", "text/plain; charset=utf-8", HTTPStatus.NOT_FOUND)

# What is asked: the path after the secret, and the query. None: there is no such thing.
Route = Callable[[str, Mapping[str, str]], Answer | None]


class Loopback(ThreadingHTTPServer):
    """Listens when it is made; `port` 0 takes a free one. `serve_forever` answers until `shutdown`."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, route: Route, port: int = 0) -> None:
        self.route = route
        self.secret = secrets.token_urlsafe(24)
        super().__init__((HOST, port), _Handler)

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.server_port}/{self.secret}/"

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002  the base class passes them
        """A browser that hangs up is no event; a fault of ours is told without killing the server."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            print(plain(traceback.format_exc()), file=sys.stderr)


class _Handler(BaseHTTPRequestHandler):
    server: Loopback
    server_version, sys_version = "kernel-gepa", ""
    protocol_version = "HTTP/1.1"
    timeout = IDLE_S

    def do_GET(self) -> None:
        self._send(self._answer())

    def do_HEAD(self) -> None:
        self._send(self._answer(), body=False)

    def _answer(self) -> Answer:
        # A page on the web may have its own name lead to 127.0.0.1; its requests carry that name.
        if self.headers.get("Host") not in {f"{name}:{self.server.server_port}" for name in (HOST, "localhost")}:
            return NOT_THERE
        asked = urlsplit(self.path)
        secret, _, path = asked.path.removeprefix("/").partition("/")
        if not compare_digest(secret.encode("utf-8", "replace"), self.server.secret.encode()):
            return NOT_THERE
        query = {key: values[-1] for key, values in parse_qs(asked.query).items()}
        try:
            return self.server.route(path, query) or NOT_THERE
        except KernelGepaError as error:
            told = plain(str(error)).encode("utf-8", "replace")
            return Answer(told, "text/plain; charset=utf-8", HTTPStatus.SERVICE_UNAVAILABLE)

    def _send(self, answer: Answer, *, body: bool = True) -> None:
        self.send_response(answer.status)
        for name, value in HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Security-Policy", answer.policy)
        self.send_header("Content-Type", answer.kind)
        if answer.status is not HTTPStatus.NO_CONTENT:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if body:
            self.wfile.write(answer.body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the base class names it
        """Requests hold the secret, and nobody reads them."""
