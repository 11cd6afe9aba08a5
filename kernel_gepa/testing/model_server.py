"""A chat-completions server on the loopback interface that answers from a script, and badly when it is told to."""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from types import TracebackType


@dataclass(frozen=True, slots=True)
class Answer:
    """A completion. `text` None is a message without content; `model` None is the one that was asked."""

    text: str | None
    finish_reason: str = "stop"
    tokens_in: int = 10
    tokens_out: int = 5
    after_s: float = 0.0
    model: str | None = None
    tokens_cached: int = 0
    tokens_reasoning: int = 0


@dataclass(frozen=True, slots=True)
class Failure:
    status: int
    message: str = "scripted failure"
    code: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


class How(StrEnum):
    STALL = "stall"  # half of the answer, then nothing
    CUT = "cut"  # half of the answer, then the connection is reset
    HANG_UP = "hang up"  # not one byte
    GARBAGE = "garbage"  # status 200, and what is no JSON
    RAW = "raw"  # status 200, and just the bytes that are given


@dataclass(frozen=True, slots=True)
class Broken:
    """An answer that was made, and never arrives whole."""

    how: How
    answer: Answer = Answer("lost")
    raw: bytes = b""


Line = Answer | Failure | Broken


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
    """Answers in order, then with status 500; or what a function makes of each request. `requests` are those that
    arrived, `answered` the answers that were made, which a provider would bill. `url` is the `api_base` to use.

    with ModelServer([Failure(429), Answer("hello")]) as server: ...
    """

    def __init__(
        self, script: Iterable[Line] | Callable[[Request], Line], *, key: str | None = None, models: bool = True
    ) -> None:
        """Only requests with `key` are let in, if it is given. `models`: the server lists its models."""
        self.requests: list[Request] = []
        self.answered: list[Answer] = []
        self.key = key
        self.lists = models
        self.most_in_flight = 0
        self._in_flight = 0
        self._function = script if callable(script) else None
        self._script = [] if callable(script) else list(script)
        self._lock = Lock()
        self._closing = Event()
        self._http = _Server(("127.0.0.1", 0), _handler(self))
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

    def lets_in(self, authorization: str) -> bool:
        return self.key is None or authorization == f"Bearer {self.key}"

    def begin(self, request: Request) -> Line:
        with self._lock:
            self.requests.append(request)
            self._in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self._in_flight)
            if not self.lets_in(request.authorization):
                return Failure(401, f"this key is not known: {request.authorization}")
            if self._function is not None:
                line = self._function(request)
            else:
                line = self._script.pop(0) if self._script else Failure(500, "the script of the server has ended")
            if not isinstance(line, Failure):
                self.answered.append(line.answer if isinstance(line, Broken) else line)
            return line

    def end(self) -> None:
        with self._lock:
            self._in_flight -= 1

    def wait(self, seconds: float) -> None:
        """Shorter when the server is closed."""
        self._closing.wait(seconds)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


def _handler(server: ModelServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if not self.path.endswith("/models") or not server.lists:
                self._send(404, _error(Failure(404, f"there is no {self.path}")))
            elif not server.lets_in(self.headers.get("Authorization", "")):
                self._send(401, _error(Failure(401, "this key is not known")))
            else:
                self._send(200, {"object": "list", "data": []})

        def do_POST(self) -> None:
            if not self.path.endswith("/chat/completions"):
                self._send(404, _error(Failure(404, f"there is no {self.path}")))
                return
            length = int(self.headers["Content-Length"])
            content = self.rfile.read(length)
            if len(content) < length:
                self.close_connection = True  # the client died while it asked: nobody answers half a question
                return
            body = json.loads(content)
            request = Request(body, self.headers.get("Authorization", ""))
            try:
                self._say(server.begin(request), model=str(body["model"]))
            except ConnectionError:
                self.close_connection = True  # the client gave up waiting, which is what a slow answer is for
            finally:
                server.end()

        def _say(self, line: Line, *, model: str) -> None:
            match line:
                case Failure():
                    self._send(line.status, _error(line), line.headers)
                case Broken(How.RAW):
                    self._head(200, len(line.raw))
                    self.wfile.write(line.raw)
                case Broken(how, answer):
                    self._break(how, json.dumps(_completion(answer, model=model)).encode())
                case Answer():
                    server.wait(line.after_s)
                    self._send(200, _completion(line, model=model))

        def _break(self, how: How, content: bytes) -> None:
            self.close_connection = True
            if how is How.HANG_UP:
                self._reset()
                return
            self._head(200, len(content))
            if how is How.GARBAGE:
                self.wfile.write(b"<html>" + b" " * (len(content) - 13) + b"</html>")
                return
            self.wfile.write(content[: len(content) // 2])
            self.wfile.flush()
            if how is How.STALL:
                server.wait(60.0)
            self._reset()

        def _reset(self) -> None:
            # Closing with a linger time of 0 sends a reset in place of an orderly end.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            raise ConnectionResetError

        def _send(self, status: int, body: object, headers: Mapping[str, str] | None = None) -> None:
            content = json.dumps(body).encode()
            self._head(status, len(content), headers)
            self.wfile.write(content)

        def _head(self, status: int, length: int, headers: Mapping[str, str] | None = None) -> None:
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(length))
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
            """Says nothing."""

        def finish(self) -> None:
            try:
                super().finish()
            except (OSError, ValueError):
                self.close_connection = True  # the connection was reset, as it was told to be

    return Handler


def _error(failure: Failure) -> dict[str, object]:
    return {"error": {"message": failure.message, "type": "scripted", "code": failure.code}}


def _completion(answer: Answer, *, model: str) -> dict[str, object]:
    message = {"role": "assistant", "content": answer.text}
    return {
        "id": "scripted",
        "object": "chat.completion",
        "created": 0,
        "model": answer.model or model,
        "choices": [{"index": 0, "message": message, "finish_reason": answer.finish_reason}],
        "usage": {
            "prompt_tokens": answer.tokens_in,
            "completion_tokens": answer.tokens_out,
            "total_tokens": answer.tokens_in + answer.tokens_out,
            "prompt_tokens_details": {"cached_tokens": answer.tokens_cached},
            "completion_tokens_details": {"reasoning_tokens": answer.tokens_reasoning},
        },
    }
