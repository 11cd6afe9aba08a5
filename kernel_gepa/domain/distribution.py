"""How the values of an input tensor are drawn: `normal`, `uniform(a, b)` or `integers(a, b)` (b excluded)."""

from __future__ import annotations

import re
from dataclasses import dataclass

WRITTEN = re.compile(r"(?P<kind>\w+)\s*(\((?P<low>[^,]+),(?P<high>[^)]+)\))?")


@dataclass(frozen=True, slots=True)
class Distribution:
    kind: str
    low: float = 0.0
    high: float = 1.0


def default(dtype: str) -> str:
    """Signed and around zero, so that a kernel cannot live on inputs that are all positive."""
    if dtype == "bool":
        return "integers(0, 2)"
    if dtype.startswith("uint"):
        return "integers(0, 200)"
    return "integers(-100, 100)" if dtype.startswith("int") else "normal"


def parse(text: str) -> Distribution:
    """Raises ValueError with the accepted forms."""
    found = WRITTEN.fullmatch(text.strip())
    kind = found["kind"] if found else ""
    try:
        if found and kind == "normal" and found["low"] is None:
            return Distribution("normal")
        if found and kind in ("uniform", "integers") and found["low"] is not None:
            low, high = float(found["low"]), float(found["high"])
            if low < high:
                return Distribution(kind, low, high)
    except ValueError:
        pass
    raise ValueError(f"`{text}` is not a distribution; write normal, uniform(a, b) or integers(a, b) with a < b")
