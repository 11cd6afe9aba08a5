"""`kernel-gepa view RUN...`: the report of a run in a browser, live while it goes on; several runs side by side."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from kernel_gepa.cli.options import folders
from kernel_gepa.errors import UsageError

if TYPE_CHECKING:
    from types import FrameType

    from kernel_gepa.cli.loopback import Answer, Route
    from kernel_gepa.recipes.watching import Beside, Watched


def view(
    runs: list[Path] = typer.Argument(help="Folders of runs; several are shown side by side.", autocompletion=folders),
    port: int = typer.Option(0, min=0, max=65535, help="Port on 127.0.0.1; 0 takes a free one."),
) -> None:
    """Serve the page of report.html, live while the run goes on, to this machine alone, until Ctrl-C.

    The address holds a secret that is new each time: whoever has it can read the run, and nobody can change it.
    """
    from kernel_gepa.cli.loopback import Loopback
    from kernel_gepa.recipes.watching import Watched

    watched = [Watched(run) for run in runs]
    try:
        server = Loopback(route(watched), port)
    except OSError as error:
        raise UsageError(
            f"port {port} of 127.0.0.1 cannot be had: {error}; leave --port out to take a free one"
        ) from error
    signal.signal(signal.SIGTERM, interrupted)
    with server:
        print(server.url, flush=True)
        print("Ctrl-C ends it; the run goes on", file=sys.stderr, flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print("ended", file=sys.stderr)


def interrupted(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
    raise KeyboardInterrupt


def route(watched: list[Watched]) -> Route:
    """One run is at the root; of several each has a number, and the root shows them side by side."""
    from kernel_gepa.recipes.watching import Beside

    places: dict[str, Watched | Beside] = {"": watched[0]}
    if len(watched) > 1:
        places = {f"{number}/": run for number, run in enumerate(watched)}
        places[""] = Beside(watched, links=list(places))

    def answered(path: str, query: Mapping[str, str]) -> Answer | None:
        folder, _, what = path.rpartition("/")
        place = places.get(f"{folder}/" if folder else "")
        return None if place is None else answer(place, what, query)

    return answered


def answer(place: Watched | Beside, what: str, query: Mapping[str, str]) -> Answer | None:
    from kernel_gepa.cli.loopback import NOTHING_NEW, Answer
    from kernel_gepa.recipes.watching import Watched
    from kernel_gepa.report.html.assembled import policy

    if what == "":
        framed = f"{policy(live=True)}; frame-ancestors 'none'"
        return Answer(place.page().encode(), "text/html; charset=utf-8", policy=framed)
    if what == "state":
        found: Mapping[str, Any] | None = place.state(query.get("seen", ""))
        return NOTHING_NEW if found is None else Answer(json.dumps(found, separators=(",", ":")).encode("ascii"))
    if what == "looked" and isinstance(place, Watched):
        texts, samples = (int(n) if (n := query.get(name, "")).isdecimal() else 0 for name in ("texts", "samples"))
        more = place.looked(query.get("begun", ""), texts, samples)
        return None if more is None else Answer(json.dumps(more, separators=(",", ":")).encode("ascii"))
    return None
