"""A page in one file: the shell, its parts, and everything that the scripts need, under a policy that loads nothing."""

from __future__ import annotations

import hashlib
import json
import zlib
from base64 import b64encode
from dataclasses import dataclass, field
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any

from kernel_gepa.report.readable import readable

LIBRARIES = ("d3.min.js", "plot.umd.min.js")
SCRIPTS = (
    *("live.js", "open.js", "diff.js", "matrix.js", "lineage.js", "charts.js", "problems.js"),
    *("sides.js", "detail.js", "way.js", "start.js"),
)

# No script but these, by their hashes, and nothing from anywhere: what gets past the escaping still does nothing. A
# page that is served may ask its own server what is new.
POLICY = "default-src 'none'; script-src {scripts}; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
ASKING = "; connect-src 'self'"

ASSETS = files("kernel_gepa.report.html") / "assets"
LONGEST = 20_000  # characters of what stands in the page as text


@dataclass(frozen=True, slots=True)
class Parts:
    """`head` and `body` are HTML, everything from outside escaped; `index` and `looked` are JSON values."""

    title: str
    head: str
    body: str
    index: Any = field(repr=False)
    looked: Any = field(default=None, repr=False)
    made: str = "Made from the run's journal alone."


def assembled(parts: Parts, *, live: str | None = None) -> str:
    """The page. With `live`, the version that it shows, it asks beside its own address for newer ones."""
    scripts = _scripts()
    filled = {
        "TITLE": escape(readable(parts.title)),
        "LIVE": "" if live is None else f' data-live="{escape(live)}"',
        "POLICY": policy(live=live is not None),
        "STYLE": asset("page.css"),
        "HEAD": parts.head,
        "BODY": parts.body,
        "INDEX": _blob(parts.index),
        "LOOKED": _blob(parts.looked),
        "MADE": escape(parts.made),
        "SCRIPTS": "\n".join(f"<script>{s}</script>" for s in scripts),
    }
    return put(asset("shell.html"), filled)


def put(template: str, filled: dict[str, str]) -> str:
    """Values in the places of their names; a value is never looked at for names."""
    before, *rest = template.split("{{")
    return before + "".join(filled[name] + after for name, _, after in (part.partition("}}") for part in rest))


def policy(*, live: bool) -> str:
    allowed = " ".join(f"'sha256-{b64encode(hashlib.sha256(s.encode()).digest()).decode()}'" for s in _scripts())
    return POLICY.format(scripts=allowed) + (ASKING if live else "")


@cache
def asset(name: str) -> str:
    return (ASSETS / name).read_text(encoding="utf-8")


@cache
def _scripts() -> tuple[str, ...]:
    own = '"use strict";\n(() => {\n' + "\n".join(map(asset, SCRIPTS)) + "\n})();\n"
    return (*map(asset, LIBRARIES), own)


def _blob(value: Any) -> str:
    return b64encode(zlib.compress(json.dumps(value, separators=(",", ":")).encode("ascii"), 9)).decode()


def escaped(text: str) -> str:
    return escape(readable(text, LONGEST))
