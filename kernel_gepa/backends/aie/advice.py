"""For an invented name the nearest real ones, and how they are called. What else helps is in the hints of the house
(backends/hints/aie/).

Names and parameters are read from the emulator's own headers, so that what is told is what compiles. Parameters are
told by name, with template arguments that have to be written: `aie::load_v<N>(address)`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

INCLUDE = Path(__file__).parent / "emulator" / "include"
INVENTED = re.compile(r"no member named '(?P<name>\w+)' in namespace 'aie'")
NEAREST = 5

FUNCTION = re.compile(
    r"^(?:template <(?P<template>[^\n]*?)>\s*)?(?:requires\s*\([^\n]*\)\s+)?(?:\[\[[^\n]*\]\] )?(?:inline |constexpr )?"
    r"(?:auto|void|bool|\w+(?:<[^\n()]*>)?) \*?(?P<name>[a-z]\w*)\((?P<parameters>[^()]*)\)",
    re.MULTILINE,
)
# The compiler's intrinsics, what nobody has here, and what the emulator asks of its runner.
NOT_OURS = ("native.hpp", "runtime.hpp", "shuffle.hpp", "unavailable.hpp")
MACRO = re.compile(r"^AIE_EMU_(?P<kind>BINARY|COMPARE|MULTIPLY|ACCUMULATE|ELEMENTARY)\((?P<name>\w+),", re.MULTILINE)
OF_MACRO = {
    "BINARY": "(a, b)",
    "COMPARE": "(a, b)",
    "MULTIPLY": "(a, b)",
    "ACCUMULATE": "(acc, a, b)",
    "ELEMENTARY": "(v)",
}
WRITTEN = re.compile(r"(?:unsigned|int) (?P<name>\w+)(?: = [^,]+)?")  # a template parameter that no argument decides


def nearest(said: str) -> str:
    """One line for each name that a compiler did not find in the API; empty where there was none."""
    invented = dict.fromkeys(found["name"] for found in INVENTED.finditer(said))
    return "\n".join(f"There is no aie::{name}. The nearest that exist: {_listed(name)}." for name in invented)


def _listed(name: str) -> str:
    near = sorted(functions(), key=lambda real: (-likeness(name, real), real))[:NEAREST]
    return ", ".join(f"aie::{real}{signatures()[real]}" for real in near)


def likeness(invented: str, real: str) -> float:
    """Of spelling, and of the words that both have."""
    shared = set(invented.split("_")) & set(real.split("_"))
    return difflib.SequenceMatcher(None, invented, real).ratio() + 0.5 * len(shared)


def functions() -> frozenset[str]:
    """Names at namespace level that the emulated API has."""
    return frozenset(signatures())


@cache
def signatures() -> Mapping[str, str]:
    """By name how a function is called; of several forms the one that is declared first."""
    found: dict[str, str] = {}
    for path in sorted((INCLUDE / "aie_api" / "emulator").glob("*.hpp")):
        text = "" if path.name in NOT_OURS else _api(path.read_text())
        for match in FUNCTION.finditer(text):
            found.setdefault(match["name"], _called(match["template"] or "", match["parameters"]))
        for match in MACRO.finditer(text):
            found.setdefault(match["name"], OF_MACRO[match["kind"]])
    return {name: found[name] for name in sorted(found) if not name.startswith("operator")}


def _api(text: str) -> str:
    """Without what is the emulator's own: its namespace, and macros' bodies."""
    text = re.sub(r"^#define.*(?:\\\n.*)*", "", text, flags=re.MULTILINE)
    own = r"^namespace (?:aie::)?(emu|detail) \{.*?^\}  // namespace (?:aie::)?\1$"
    return re.sub(own, "", text, flags=re.MULTILINE | re.DOTALL)


def _called(template: str, parameters: str) -> str:
    written = [w["name"] for part in _parts(template) if (w := WRITTEN.fullmatch(part))]
    told = [_parameter(part) for part in _parts(parameters)]
    return (f"<{', '.join(written)}>" if written else "") + f"({', '.join(t for t in told if t)})"


def _parts(text: str) -> list[str]:
    return [part.strip() for part in re.split(r",(?![^<]*>)", text) if part.strip()]


def _parameter(text: str) -> str:
    """`const V &v` is `v`, `unsigned n = 1` is `n = 1`, `const Vs &...rest` is `...`."""
    declared, _, default = text.partition(" = ")
    if "..." in declared:
        return "..."
    name = re.search(r"(\w+)$", declared)
    return "" if name is None else name[1] + (f" = {default}" if default else "")
