"""A run as its journal has it, for whoever only wants to look."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kernel_gepa import codec
from kernel_gepa.domain.budget import Spend
from kernel_gepa.domain.pool import Pool
from kernel_gepa.domain.verdict import Verdict
from kernel_gepa.errors import RunFolderError
from kernel_gepa.programs.literal import Literal
from kernel_gepa.recipes.wish import Header
from kernel_gepa.store import journal, records


@dataclass(frozen=True, slots=True)
class Verification:
    """The fact of a verified winner."""

    kernel: str
    origin: str
    verdict: Verdict


VERIFICATION = "verification"


@dataclass(frozen=True)
class Read:
    """A run as its journal has it."""

    header: Header
    recorded: records.Recorded

    @property
    def pool(self) -> Pool:
        pool = Pool(Literal.over((self.header.task,)).components)
        for event in self.recorded.history:
            pool = pool.apply(event)
        return pool

    @property
    def spend(self) -> Spend:
        return sum((event.spend for event in self.recorded.history), Spend())

    @property
    def verification(self) -> Verification | None:
        found = self.recorded.facts(VERIFICATION, Verification)
        return found[-1] if found else None


def read(folder: Path) -> Read:
    """Raises RunFolderError for what is no run."""
    recorded = records.read_back(journal.read(folder))
    try:
        return Read(codec.unpack(recorded.settings, Header), recorded)
    except ValueError as error:
        raise RunFolderError(f"the header of the run in {folder} does not fit: {error}; start a new run") from error
