"""A chat-completions server on the loopback interface that answers from a script, for tests of whatever calls one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from types import TracebackType


@dataclass(frozen=True, slots=True)
class Answer:
    """A completion. `text` None is a message without content."""

    text: str | None
    finish_reason: str = "stop"
    tokens_in: int = 10
    tokens_out: int = 5
    after_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Failure:
    status: int
    message: str = "scripted failure"
    code: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Request:
    body: Mapping[str, object]
    authorization: str

    @property
    def prompt(self) -> str:
        """The text of the only message."""
        messages = self.body["messages"]
        if not isinstance(messages, list) or len(messages) != 1:
            raise ValueError(f"expected one message, got {messages!r}")
        return str(messages[0]["content"])


class ModelServer:
    """Answers in order, then with status 500. `requests` are those that arrived; `url` is the `api_base` to use.

    with ModelServer([Failure(429), Answer("hello")]) as server: ...
    """

    def __init__(self, script: Iterable[Answer | Failure]) -> None:
        self.requests: list[Request] = []
        self._script = list(script)
        self._lock = Lock()
        self._closing = Event()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._http.daemon_threads = True
        self._thread = Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}/v1"

    def __enter__(self) -> ModelServer:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._closing.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def _next(self, request: Request) -> Answer | Failure:
        with self._lock:
            self.requests.append(request)
            return self._script.pop(0) if self._script else Failure(500, "the script of the server has ended")

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                if not self.path.endswith("/chat/completions"):
                    self._send(404, _error(Failure(404, f"there is no {self.path}")))
                    return
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                line = server._next(Request(body, self.headers.get("Authorization", "")))
                if isinstance(line, Failure):
                    self._send(line.status, _error(line), line.headers)
                    return
                server._closing.wait(line.after_s)
                self._send(200, _completion(line, model=str(body["model"])))

            def _send(self, status: int, body: object, headers: Mapping[str, str] | None = None) -> None:
                content = json.dumps(body).encode()
                self.send_response(status)
                for name, value in (headers or {}).items():
                    self.send_header(name, value)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                try:
                    self.wfile.write(content)
                except ConnectionError:
                    self.close_connection = True  # the client gave up waiting, which is what a slow answer is for

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
                """Says nothing."""

        return Handler


def _error(failure: Failure) -> dict[str, object]:
    return {"error": {"message": failure.message, "type": "scripted", "code": failure.code}}


def _completion(answer: Answer, *, model: str) -> dict[str, object]:
    message = {"role": "assistant", "content": answer.text}
    return {
        "id": "scripted",
        "object": "chat.completion",
        "created": 0,
        "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": answer.finish_reason}],
        "usage": {
            "prompt_tokens": answer.tokens_in,
            "completion_tokens": answer.tokens_out,
            "total_tokens": answer.tokens_in + answer.tokens_out,
        },
    }
