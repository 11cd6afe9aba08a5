"""No sandbox at all, said loudly: a process group with limits, an empty environment and a scratch folder.

Code that runs here can read and write whatever the user can. It is for kernels one wrote oneself, on machines where
nothing better works.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from kernel_gepa.ports import Job, Limits, Mount
from kernel_gepa.sandbox.process import ProcessJob, limited


class Local:
    name = "local"
    isolates = False
    guests = 0
    python: str | None = None

    def start(
        self,
        command: Sequence[str],
        *,
        folder: Path,
        mounts: Sequence[Mount] = (),  # noqa: ARG002  everything is visible anyway
        environment: Mapping[str, str],
        limits: Limits,
        guests: int = 0,  # noqa: ARG002
    ) -> Job:
        return ProcessJob(limited(command, limits), folder=folder, environment=environment)


def create() -> Local:
    return Local()
