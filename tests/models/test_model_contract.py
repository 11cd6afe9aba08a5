"""Every model keeps the promises of the contract suite: in front of a script, a real process and a real server."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from kernel_gepa.errors import ModelError
from kernel_gepa.models import command
from kernel_gepa.models.choose import choose
from kernel_gepa.models.failure import TryLater
from kernel_gepa.models.options import ModelOptions
from kernel_gepa.models.scripted import Line, Scripted
from kernel_gepa.ports import LanguageModel, Reply
from kernel_gepa.testing.model_contract import PROMISES, Act, Fails, Play, Says, Stage
from kernel_gepa.testing.model_server import Answer, Failure, ModelServer

# Plays the next act of acts.json: keeps the prompt, then answers or fails as told.
ACTOR = """
import json, pathlib, sys
folder = pathlib.Path(sys.argv[1])
number = len(list(folder.glob("prompt-*")))
(folder / f"prompt-{number}").write_bytes(sys.stdin.buffer.read())
act = json.loads((folder / "acts.json").read_text())[number]
sys.stdout.buffer.write(act["out"].encode())
sys.exit(act["code"])
"""


@dataclass
class Played:
    model: LanguageModel
    heard: Callable[[], Sequence[str]]


def on_script(acts: Sequence[Act]) -> Play:
    def line(act: Act) -> Line:
        match act:
            case Fails(for_now=True):
                return TryLater("busy")
            case Fails():
                return ModelError("no")
            case Says(text, cut_off):
                return Reply(text, truncated=cut_off)

    model = Scripted([line(act) for act in acts])
    return Played(model, lambda: model.prompts)


def in_process(folder: Path) -> Stage:
    def stage(acts: Sequence[Act]) -> Play:
        script = folder / "actor.py"
        script.write_text(ACTOR)
        (folder / "acts.json").write_text(json.dumps([_process_act(act) for act in acts]))
        model = command.create(shlex.join([sys.executable, "-S", str(script), str(folder)]))
        # Bytes: reading as text would turn \r\n into \n.
        return Played(model, lambda: [path.read_bytes().decode() for path in sorted(folder.glob("prompt-*"))])

    return stage


def _process_act(act: Act) -> dict[str, object]:
    match act:
        case Fails(for_now):
            return {"out": "", "code": 75 if for_now else 1}
        case Says(text, cut_off=True):
            return {"out": json.dumps({"result": text, "stop_reason": "max_tokens"}), "code": 0}
        case Says(text):
            return {"out": text, "code": 0}


def on_server(servers: ExitStack, kind: str) -> Stage:
    def stage(acts: Sequence[Act]) -> Play:
        server = servers.enter_context(ModelServer([_server_act(act) for act in acts]))
        options = ModelOptions(api_base=server.url, timeout_s=10)
        model = choose("openai/test" if kind == "litellm" else "openai:test", options)
        return Played(model, lambda: [request.prompt for request in server.requests])

    return stage


def _server_act(act: Act) -> Answer | Failure:
    match act:
        case Fails(for_now):
            return Failure(503 if for_now else 400)
        case Says(text, cut_off):
            return Answer(text, finish_reason="length" if cut_off else "stop")


@pytest.fixture(params=["scripted", "command", "litellm", "openai"])
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stage]:
    with ExitStack() as servers:
        if request.param == "scripted":
            yield on_script
        elif request.param == "command":
            yield in_process(tmp_path)
        else:
            yield on_server(servers, request.param)


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)
def test_every_model_keeps_the_promise(stage: Stage, promise: Callable[[Stage], None]) -> None:
    promise(stage)
