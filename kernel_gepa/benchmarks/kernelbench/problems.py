"""The problems of KernelBench, wherever they are: a checkout, a folder of its form, or the published data set.

    <checkout>/KernelBench/level1/19_ReLU.py      the repository
    <folder>/level1/3_softmax.py                  tasks of others, or our own, in the same form
    <folder>/level_1-00000-of-00001.parquet       the data set, with columns code, level, name, problem_id

A number is the id that the file's name begins with, and goes from 1. Names end in `.py`, as all of KernelBench's own
files have them; those of the data set do not, and get it here.
"""

from __future__ import annotations

import ast
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from kernel_gepa.benchmarks.kernelbench import parquet
from kernel_gepa.errors import UsageError

LEVELS = (1, 2, 3)  # level 4 holds whole language models, which have to be fetched
CHECKOUT = "KernelBench"
_LEVEL = re.compile(r"level_?(\d+)")
_FILE = re.compile(r"(\d+)_.+\.py")

# KernelBench never calls eval(): batch norm goes by the batch, and dropout drops. A file of ours says what it wants.
TRAINED = '\nmode = "train"  # as KernelBench runs it\n'


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem. `published` marks those of KernelBench itself, which say nothing of a mode and mean training."""

    level: int
    id: int
    name: str
    text: str
    published: bool = False

    @property
    def key(self) -> str:
        return f"level_{self.level}_problem_{self.id}"

    def task_text(self, batch: int | None = None) -> str:
        """The file as a task of ours: with the mode it is meant to run in, and with a batch of at most this size."""
        text = self.text if batch is None else smaller(self.text, batch)
        return text.rstrip() + "\n" + TRAINED if self.published and not _says_mode(text) else text

    def __str__(self) -> str:
        return f"{self.level}/{self.name.removesuffix('.py')}"


def read_problems(root: Path, levels: Sequence[int] = ()) -> tuple[Problem, ...]:
    """Those of these levels (default: 1 to 3), in their order. Raises UsageError that says what may be at `root`."""
    wanted = tuple(levels) or LEVELS
    files = [path for path in parquet.files(root) if _level_of(path) in (*wanted, None)]
    found = _of_rows(files) if files else _of_folders(root)
    kept = sorted((p for p in found if p.level in wanted), key=lambda p: (p.level, p.id))
    _refuse_doubles(kept)
    if not kept:
        raise UsageError(
            f"{root} holds no problem of level {', '.join(map(str, wanted))}; it may be a checkout of KernelBench, a "
            "folder with level1/1_NAME.py in it, or the data set's parquet files"
        )
    return tuple(kept)


def normal(name: str) -> str:
    """The data set leaves the suffix out, and KernelBench's own baselines have it."""
    return name if name.endswith(".py") else name + ".py"


def chosen(problems: Sequence[Problem], words: str) -> tuple[Problem, ...]:
    """Those that `1-20,33,2/7` names: numbers of every level, or of one. Raises UsageError for what there is not."""
    if not words.strip():
        return tuple(problems)
    wanted = [part for word in words.split(",") if word.strip() for part in _wanted(word.strip())]
    known = {(p.level, p.id) for p in problems}
    for level, number in wanted:
        if not any(id_ == number and level in (None, its) for its, id_ in known):
            raise UsageError(f"there is no problem {number}" + (f" on level {level}" if level else "") + " here")
    return tuple(p for p in problems if (p.level, p.id) in wanted or (None, p.id) in wanted)


def smaller(text: str, batch: int) -> str:
    """The same file with `batch_size = …` at module level cut down: KernelBench's sizes are made for GPUs."""
    lines = io.StringIO(text, newline="\n").readlines()
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign) and [getattr(t, "id", None) for t in node.targets] == ["batch_size"]:
            written = ast.unparse(node.value)
            lines[node.lineno - 1] = f"batch_size = min({batch}, {written})\n"
            for number in range(node.lineno, node.end_lineno or node.lineno):
                lines[number] = "\n"
    return "".join(lines)


def share(problems: Sequence[Problem], words: str) -> tuple[Problem, ...]:
    """Every n-th of them, from the i-th: `i/n`, so that easy and hard ones are spread."""
    found = re.fullmatch(r"(\d+)/(\d+)", words)
    if found is None or not 1 <= int(found[1]) <= int(found[2]):
        raise UsageError(f"--shard {words} is no share; write i/n, with i from 1 to n")
    return tuple(problems[int(found[1]) - 1 :: int(found[2])])


def _wanted(word: str) -> Iterator[tuple[int | None, int]]:
    found = re.fullmatch(r"(?:(\d+)/)?(\d+)(?:-(\d+))?", word)
    if found is None:
        raise UsageError(f"--problems {word} names nothing; write numbers and ranges, 1-20,33, or level/number, 2/7")
    level, first = int(found[1]) if found[1] else None, int(found[2])
    for number in range(first, int(found[3] or first) + 1):
        yield level, number


def _of_folders(root: Path) -> list[Problem]:
    base = root / CHECKOUT if (root / CHECKOUT).is_dir() else root
    published = base.name == CHECKOUT
    folders = [(int(m[1]), f) for f in base.glob("level*") if f.is_dir() and (m := _LEVEL.fullmatch(f.name))]
    return [
        Problem(level, int(found[1]), path.name, _read(path), published)
        for level, folder in folders
        for path in folder.glob("*.py")
        if (found := _FILE.fullmatch(path.name))
    ]


def _of_rows(files: Iterable[Path]) -> list[Problem]:
    return [
        Problem(row.level, row.problem_id, normal(row.name), row.code, published=True)
        for path in files
        for row in parquet.rows(path)
    ]


def _level_of(path: Path) -> int | None:
    found = _LEVEL.search(path.name)
    return int(found[1]) if found else None


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read as text: {error}") from error


def _refuse_doubles(problems: Sequence[Problem]) -> None:
    seen: dict[tuple[int, int], str] = {}
    for problem in problems:
        other = seen.setdefault((problem.level, problem.id), problem.name)
        if other != problem.name:
            raise UsageError(
                f"{other} and {problem.name} of level {problem.level} have the same number; rename one of them"
            )


def _says_mode(text: str) -> bool:
    try:
        body = ast.parse(text).body
    except SyntaxError:
        return False
    targets = [t for node in body if isinstance(node, ast.Assign) for t in node.targets]
    return any(isinstance(t, ast.Name) and t.id == "mode" for t in targets)
