"""The published data set, as files that somebody has fetched: `level_N-*.parquet`. Nothing here uses a network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kernel_gepa.errors import UsageError

COLUMNS = ("code", "level", "name", "problem_id")
HUB = "https://huggingface.co/datasets/ScalingIntelligence/KernelBench"


@dataclass(frozen=True, slots=True)
class Row:
    code: str
    level: int
    name: str
    problem_id: int


def files(root: Path) -> tuple[Path, ...]:
    """The parquet files of a data set that `root` is: the file itself, or those in the folder or its `data`.

    Raises UsageError for the name of a data set on the hub: what is judged should be files that one can look at.
    """
    if str(root).startswith(("hf:", "hub:", "https:")):
        raise UsageError(
            f"{root} is on a network; fetch the parquet files of {HUB} (or a checkout of the repository) and give "
            "their folder"
        )
    if root.suffix == ".parquet":
        return (root,)
    return tuple(sorted([*root.glob("*.parquet"), *root.glob("data/*.parquet")]))


def rows(path: Path) -> Iterator[Row]:
    """Raises UsageError for a file that is no table of problems, and where pyarrow is missing."""
    try:
        import pyarrow.parquet as table
    except ImportError as error:
        raise UsageError(
            f'{path} is a parquet file, which needs pyarrow; install it with: pip install "kernel-gepa[kernelbench]"'
        ) from error
    try:
        held = table.read_table(path, columns=list(COLUMNS)).to_pylist()
    except Exception as error:  # of pyarrow's own kinds, and of none that all have in common
        raise UsageError(f"{path} is no file of KernelBench's data set: {error}") from error
    for entry in held:
        yield Row(str(entry["code"]), int(entry["level"]), str(entry["name"]), int(entry["problem_id"]))
