"""What is compared with what: head's kernel, and the one it is held against, if there is one."""

from __future__ import annotations

import ast
import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from kernel_gepa.benchmarks.single_file import Draft
from kernel_gepa.domain.canonical import canonical
from kernel_gepa.domain.task import LANGUAGES, Form
from kernel_gepa.errors import TaskError, UsageError
from kernel_gepa.recipes.ci.chosen import Named, drafted
from kernel_gepa.report.ci.record import Side
from kernel_gepa.report.ci.stored import Stored, StoredCell

# What makes two equal texts two texts: a bench keeps what it built by its text.
MARK = "\n// built by the base toolchain\n"


@dataclass(frozen=True, slots=True)
class Match:
    """`base` is None when there is nothing to compare with, and `why` says why. `then` are the samples of a stored
    baseline, whose opponent is the eager reference.
    """

    named: Named
    draft: Draft
    file: str
    base: str | None
    why: str = ""
    unchanged: bool = False
    skipped: bool = False
    store: bool = False  # measured against the eager reference, for a baseline to come
    then: tuple[StoredCell, ...] = ()
    notes: tuple[str, ...] = ()


class Opponent(Protocol):
    """Where the base of a comparison comes from."""

    @property
    def side(self) -> Side: ...

    def match(self, found: Match) -> Match:
        """The same with its base. Raises TaskError for what cannot be compared at all."""
        ...


def match_of(files: Path, named: Named, opponent: Opponent) -> Match:
    """Raises TaskError for what is no task, or has no kernel of its own."""
    draft = drafted(files, named)
    if draft.start_is_reference:
        raise TaskError(f"{named.source} defines no class ModelNew, so there is no kernel in it to check")
    file = (draft.kernel_path or draft.source).resolve().relative_to(files).as_posix()
    return opponent.match(Match(named, draft, file, None))


@dataclass(frozen=True)
class Nobody:
    """Only whether kernels are right."""

    side = Side("nothing", "")

    def match(self, found: Match) -> Match:
        return replace(found, why="it was not to be compared with anything")


@dataclass(frozen=True)
class Revision:
    """The same file at an earlier commit. Both are judged by what head says is right."""

    side: Side
    files: Path
    measure_unchanged: bool = False

    def match(self, found: Match) -> Match:
        try:
            before = drafted(self.files, found.named)
        except TaskError as error:
            return replace(found, why=_without_paths(f"new: {self.side.name} has no such kernel ({error})", self.files))
        if before.start_is_reference or before.form is not found.draft.form:
            return replace(found, why=f"new: {self.side.name} has no kernel of this form")
        same_rules = definition(before) == definition(found.draft)
        notes = () if same_rules else ("the definition of what is right changed; both sides are judged by head's",)
        language = LANGUAGES[before.form]
        same = canonical(before.kernel, language) == canonical(found.draft.kernel, language)
        unchanged = same and same_rules and not self.measure_unchanged
        return replace(found, base=before.kernel, unchanged=unchanged, notes=notes)


@dataclass(frozen=True)
class Compiler:
    """The same text, built by another compiler or with other flags."""

    side: Side

    def match(self, found: Match) -> Match:
        if found.draft.form is not Form.NATIVE:
            raise TaskError(f"{found.named.source} is no kernel in C or C++, and toolchains are compilers of those")
        return replace(found, base=found.draft.kernel + MARK)


@dataclass(frozen=True)
class Baseline:
    """A stored one. `elsewhere` are the sentences that tell its machine from this one."""

    stored: Stored
    elsewhere: tuple[str, ...] = ()

    @property
    def side(self) -> Side:
        return Side("stored baseline", self.stored.revision.exact)

    def match(self, found: Match) -> Match:
        if self.elsewhere:
            return replace(found, skipped=True, why=f"different machine: {'; '.join(self.elsewhere)}")
        known = self.stored.of(found.named.source)
        if known is None:
            return replace(found, why="new: the stored baseline does not know it")
        if known.definition != definition(found.draft):
            return replace(found, skipped=True, why="the definition of what is right is not that of the baseline")
        return replace(found, then=known.cells)


@dataclass(frozen=True)
class Eager:
    """The reference itself: what a baseline is divided by before it is stored."""

    side = Side("eager reference", "")

    def match(self, found: Match) -> Match:
        return replace(found, store=True, why="right, and stored as a baseline")


def definition(draft: Draft) -> str:
    """A hash of what says what is right: the reference's file less the kernel that it may bring."""
    tree = ast.parse(draft.reference)
    kept = [ast.dump(node) for node in tree.body if not _is_kernel(node)]
    return hashlib.sha256("\n".join(kept).encode()).hexdigest()


def _is_kernel(node: ast.stmt) -> bool:
    if isinstance(node, ast.ClassDef):
        return node.name == "ModelNew"
    return isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "kernel" for t in node.targets)


def _without_paths(text: str, files: Path) -> str:
    """As the author knows the file: without the folder that a commit was unpacked in, and only the first line."""
    return text.replace(f"{files}/", "").partition("\n")[0]


def hashed(text: str | None) -> str:
    return "" if text is None else hashlib.sha256(text.encode()).hexdigest()


def threshold_checked(threshold: float) -> float:
    if not 0.0 < threshold < 1.0:
        raise UsageError(f"--threshold {threshold:g} is no difference worth reporting; use 0.05 for 5 %")
    return threshold
