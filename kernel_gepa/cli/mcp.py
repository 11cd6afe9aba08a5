"""The Model Context Protocol over stdio, as far as tools need it: JSON-RPC 2.0, one message per line.

The protocol's own package is not used: it brings thirty packages, for what is this page. The tests use its client.
"""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TextIO

from kernel_gepa import __version__
from kernel_gepa.discreet import shown
from kernel_gepa.errors import KernelGepaError

VERSIONS = ("2025-06-18", "2025-03-26", "2024-11-05")
MAX_CHARACTERS = 16 << 20  # of one message

PARSE_ERROR, INVALID_REQUEST, METHOD_NOT_FOUND, INVALID_PARAMS = -32700, -32600, -32601, -32602


@dataclass(frozen=True, slots=True)
class Tool:
    """`properties` is the JSON schema of its arguments; those not in `required` may be left out."""

    name: str
    description: str
    call: Callable[..., Mapping[str, Any]]
    properties: Mapping[str, Mapping[str, Any]]
    required: tuple[str, ...] = ()

    @property
    def listed(self) -> dict[str, Any]:
        schema = {
            "type": "object",
            "properties": self.properties,
            "required": list(self.required),
            "additionalProperties": False,
        }
        return {"name": self.name, "description": self.description, "inputSchema": schema}

    def trouble(self, arguments: Mapping[str, Any]) -> str | None:
        """What is wrong with some arguments, or None."""
        if missing := [name for name in self.required if name not in arguments]:
            return f"{self.name} needs {', '.join(missing)}"
        for name, value in arguments.items():
            if name not in self.properties:
                return f"{self.name} has no argument {name!r}; it takes: {', '.join(self.properties) or 'none'}"
            if not isinstance(value, KINDS[self.properties[name]["type"]]) or isinstance(value, bool):
                return f"{name} of {self.name} must be a {self.properties[name]['type']}"
        return None


KINDS: Mapping[str, type] = {"string": str, "integer": int}


class _Fault(Exception):
    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


def serve(tools: Sequence[Tool], *, instructions: str, heard: TextIO, said: TextIO) -> None:
    """Answers until the other side closes its end. A failure of the house is an answer with `isError`."""
    by_name = {tool.name: tool for tool in tools}
    for line in iter(lambda: heard.readline(MAX_CHARACTERS), ""):
        if not line.strip():
            continue
        reply = _answered(line, by_name, instructions)
        if reply is not None:
            said.write(json.dumps({"jsonrpc": "2.0", **reply}) + "\n")
            said.flush()


def _answered(line: str, tools: Mapping[str, Tool], instructions: str) -> dict[str, Any] | None:
    """None for a notification, which nobody waits for."""
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        return _error(None, PARSE_ERROR, "this is no JSON")
    if not isinstance(message, dict) or not isinstance(message.get("method"), str):
        if isinstance(message, dict) and ("result" in message or "error" in message):
            return None  # an answer to what we never ask
        return _error(None, INVALID_REQUEST, "this is no request of JSON-RPC 2.0")
    if "id" not in message:
        return None
    try:
        params = _named(message.get("params"))
        return {"id": message["id"], "result": _result(message["method"], params, tools, instructions)}
    except _Fault as fault:
        return _error(message["id"], fault.code, str(fault))


def _named(params: object) -> dict[str, Any]:
    """Parameters and arguments by their names; those by their places are for other protocols."""
    if params is None:
        return {}
    if not isinstance(params, dict):
        raise _Fault(INVALID_PARAMS, "params and arguments are objects")
    return params


def _result(method: str, params: Mapping[str, Any], tools: Mapping[str, Tool], instructions: str) -> dict[str, Any]:
    match method:
        case "initialize":
            wanted = params.get("protocolVersion")
            return {
                "protocolVersion": wanted if wanted in VERSIONS else VERSIONS[0],
                "capabilities": {"tools": {}},
                "serverInfo": {"name": "kernel-gepa", "version": __version__},
                "instructions": instructions,
            }
        case "ping":
            return {}
        case "tools/list":
            return {"tools": [tool.listed for tool in tools.values()]}
        case "tools/call":
            return _called(params, tools)
        case _:
            raise _Fault(METHOD_NOT_FOUND, f"there is no method {method}")


def _called(params: Mapping[str, Any], tools: Mapping[str, Tool]) -> dict[str, Any]:
    tool, arguments = tools.get(str(params.get("name"))), _named(params.get("arguments"))
    if tool is None:
        raise _Fault(INVALID_PARAMS, f"there is no tool {params.get('name')!r}; known are: {', '.join(tools)}")
    if trouble := tool.trouble(arguments):
        return _told(trouble, failed=True)
    try:
        answer = tool.call(**arguments)
    except KernelGepaError as error:
        return _told(str(error), failed=True)
    except Exception:  # noqa: BLE001 - the agent must hear of it, and the trace goes to whoever started the server
        print(shown(traceback.format_exc()), file=sys.stderr)
        return _told("kernel-gepa failed; its own stderr holds the trace", failed=True)
    return {**_told(json.dumps(answer)), "structuredContent": answer}


def _told(text: str, *, failed: bool = False) -> dict[str, Any]:
    return {"content": [{"type": "text", "text": text}], "isError": failed}


def _error(number: object, code: int, message: str) -> dict[str, Any]:
    return {"id": number, "error": {"code": code, "message": message}}
