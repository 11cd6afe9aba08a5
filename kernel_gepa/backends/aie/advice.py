"""For an invented name the nearest real ones. What else helps is in the hints of the house (backends/hints/aie.md)."""

from __future__ import annotations

import difflib
import re
from functools import cache
from pathlib import Path

INCLUDE = Path(__file__).parent / "emulator" / "include"
INVENTED = re.compile(r"no member named '(?P<name>\w+)' in namespace 'aie'")
NEAREST = 5


def nearest(said: str) -> str:
    """One line for each name that a compiler did not find in the API; empty where there was none."""
    invented = dict.fromkeys(found["name"] for found in INVENTED.finditer(said))
    return "\n".join(f"There is no aie::{name}. The nearest that exist: {_listed(name)}." for name in invented)


def _listed(name: str) -> str:
    near = sorted(functions(), key=lambda real: (-likeness(name, real), real))[:NEAREST]
    return ", ".join(f"aie::{real}" for real in near)


def likeness(invented: str, real: str) -> float:
    """Of spelling, and of the words that both have."""
    shared = set(invented.split("_")) & set(real.split("_"))
    return difflib.SequenceMatcher(None, invented, real).ratio() + 0.5 * len(shared)


@cache
def functions() -> frozenset[str]:
    """Names at namespace level that the emulated API has, read from its own headers."""
    names = set()
    for path in sorted((INCLUDE / "aie_api" / "emulator").glob("*.hpp")):
        text = path.read_text()
        names |= set(
            re.findall(r"^(?:template <.*|auto|inline \w+) ?(?:auto|void|bool|[\w:<>, ]+) (\w+)\(", text, re.M)
        )
        names |= set(re.findall(r"^auto (\w+)\(", text, re.M))
        names |= set(re.findall(r"^AIE_EMU_(?:BINARY|COMPARE|MULTIPLY|ACCUMULATE|ELEMENTARY)\((\w+),", text, re.M))
    return frozenset(n for n in names if not n.startswith("operator"))
