"""Which kernels a check looks at: those that are named and touched by the diff, or all that it touches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from kernel_gepa.benchmarks.single_file import NATIVE_SUFFIXES, Draft, look
from kernel_gepa.errors import TaskError, UsageError
from kernel_gepa.recipes.ci.revisions import Repository


@dataclass(frozen=True, slots=True)
class Named:
    """A task's file, or a kernel's with the reference that says what is right; paths from the repository's top."""

    source: str
    reference: str | None = None


def named(words: Sequence[str], prefix: str) -> tuple[Named, ...]:
    """From `kernel.py` or `kernel.cpp=reference.py`, relative to the folder `prefix` of the repository."""
    found = []
    for word in words:
        source, _, reference = word.partition("=")
        found.append(Named(_inside(source, prefix), _inside(reference, prefix) if reference else None))
    if twice := sorted({n.source for n in found if sum(n.source == o.source for o in found) > 1}):
        raise UsageError(f"{twice[0]} is named twice; leave one out")
    return tuple(found)


def _inside(written: str, prefix: str) -> str:
    """Normalised; raises UsageError for what leads out of the repository."""
    path, parts = PurePosixPath(prefix) / written.strip(), list[str]()
    for part in path.parts:
        if part == "..":
            if not parts:
                raise UsageError(f"{written} lies outside of the repository; name a file that its commits hold")
            parts.pop()
        elif part != ".":
            parts.append(part)
    if path.is_absolute() or not parts or not written.strip():
        raise UsageError(f"{written!r} is no path in the repository; write it relative to this folder")
    return "/".join(parts)


def drafted(files: Path, wanted: Named) -> Draft:
    """As it stands in a folder with the files of a commit.

    Raises TaskError for what is no task, and for one that reads files from elsewhere: what a stranger's task names is
    compiled, and a compiler quotes what it does not understand.
    """
    reference = files / wanted.reference if wanted.reference else None
    draft = look(files / wanted.source, reference=reference)
    for path in (draft.source, draft.kernel_path):
        if path is not None and not path.resolve().is_relative_to(files):
            raise TaskError(f"{wanted.source} takes its kernel from outside of the repository; put it beside the task")
    return draft


def parts(draft: Draft, files: Path, wanted: Named) -> frozenset[str]:
    """The files that a kernel is made of, relative to the repository."""
    paths = [draft.source.resolve(), *([draft.kernel_path.resolve()] if draft.kernel_path else [])]
    return frozenset((wanted.source, *(path.relative_to(files).as_posix() for path in paths)))


def touched(wanted: Sequence[Named], files: Path, changed: frozenset[str]) -> Iterator[Named]:
    """Those with a file in the diff. What cannot be looked at is kept: whoever judges it says what is wrong."""
    for each in wanted:
        try:
            files_of = parts(drafted(files, each), files, each)
        except TaskError:
            files_of = frozenset({each.source, *([each.reference] if each.reference else [])})
        if files_of & changed:
            yield each


def found(repository: Repository, head: str, files: Path) -> tuple[Named, ...]:
    """All tasks of a commit that bring a kernel of their own."""
    all_of_them = []
    for path in repository.tasks(head):
        if Path(path).suffix in NATIVE_SUFFIXES:
            continue
        try:
            drafted(files, Named(path))
        except TaskError:
            continue  # a test, a model, a reference without a kernel: nobody named it
        all_of_them.append(Named(path))
    return tuple(all_of_them)
