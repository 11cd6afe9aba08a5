"""The kernels of `right` and `wrong`, with what their first lines say of them, and the rows they are judged by."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from kernel_gepa.benchmarks.npueval.rows import Row, row_of
from npueval_tasks.catalogue import ENTRIES
from npueval_tasks.schema import line, row

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Known:
    name: str
    text: str
    told: dict[str, str]


def known(folder: str) -> list[Known]:
    return [_read(path) for path in sorted((HERE / folder).glob("*.cc"))]


def _read(path: Path) -> Known:
    text = path.read_text()
    return Known(path.stem, text, dict(re.findall(r"^// (\w+): ?(.*)$", text, re.MULTILINE)))


@cache
def row_named(name: str) -> Row:
    entry, _, size = name.rpartition("_")
    found = next(e for e in ENTRIES if e.name == entry)
    return row_of(line(row(found, int(size))), name)
