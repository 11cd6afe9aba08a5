"""The first lines of a kernel in this folder: what must become of it, and why."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent
SANDBOXES = ("local", "bubblewrap", "docker")
KEY = re.compile(r"(?://|#) (?P<key>verdict|class|wall|strict|sandboxes|task|judged|slow): (?P<value>.+)")


@dataclass(frozen=True)
class Header:
    """`walled`: the screen is only asked for what it says, and the walls behind it are tested."""

    path: Path
    verdicts: tuple[str, ...]
    kind: str
    wall: str
    tries: str
    walled: bool
    sandboxes: tuple[str, ...]
    task: str
    times: int
    slow: bool


def read(path: Path) -> Header:
    found: dict[str, str] = {}
    lines = path.read_text().splitlines()
    while line := KEY.fullmatch(lines[len(found)]):
        found[line["key"]] = line["value"]
    return Header(
        path,
        verdicts=tuple(found.get("verdict", "correct").split(", ")),
        kind=found.get("class", "honest"),
        wall=found.get("wall", ""),
        tries=lines[len(found)].lstrip("/# "),
        walled=found.get("strict") == "no",
        sandboxes=tuple(found.get("sandboxes", " ".join(SANDBOXES)).split()),
        task=found.get("task", "squash" if path.suffix == ".cpp" else "module"),
        times=2 if found.get("judged") == "twice" else 1,
        slow=found.get("slow") == "yes",
    )


EXPLOITS = [read(path) for path in sorted((FOLDER / "kernels").iterdir()) if path.is_file()]
HONEST = [read(path) for path in sorted((FOLDER / "honest").iterdir()) if path.is_file()]


def table() -> str:
    """The README of this folder: every exploit, by class."""
    rows = [
        f"| {h.kind} | [{h.path.name}](kernels/{h.path.name}) | {h.tries} | {h.wall} "
        f"| {' or '.join(h.verdicts)} | {'all' if h.sandboxes == SANDBOXES else ', '.join(h.sandboxes)} |"
        for h in sorted(EXPLOITS, key=lambda h: (h.kind, h.path.name))
    ]
    honest = [f"| [{h.path.name}](honest/{h.path.name}) | {h.tries} |" for h in HONEST]
    return "\n".join([
        "# Kernels that cheat, and kernels that only look like it",
        "",
        f"{len(EXPLOITS)} exploits and {len(HONEST)} honest kernels. Their first lines say what must become of them;",
        "this page is made of them: `python -m tests.adversarial.header > tests/adversarial/README.md`.",
        "Where the verdict is `correct`, the exploit has no effect: the kernel computes, and looks no faster for it.",
        "",
        "| class | kernel | what it tries | what stops it | verdict | sandboxes |",
        "|---|---|---|---|---|---|",
        *rows,
        "",
        "Honest kernels of unusual style, which must be accepted:",
        "",
        "| kernel | style |",
        "|---|---|",
        *honest,
    ])  # fmt: skip


if __name__ == "__main__":
    sys.stdout.write(table() + "\n")
