"""One verdict on one file, without a search."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kernel_gepa.benchmarks.single_file import CPP_SUFFIXES, look
from kernel_gepa.domain.task import Form, Task
from kernel_gepa.domain.verdict import Correct, Verdict, name, reason
from kernel_gepa.errors import UsageError
from kernel_gepa.harness.driver import Bench, Settings
from kernel_gepa.harness.probe import complete
from kernel_gepa.judging.feedback import feedback
from kernel_gepa.recipes.plugins import backend_named, sandbox_named
from kernel_gepa.report.result import estimate


@dataclass(frozen=True, slots=True)
class Judged:
    task: Task
    kernel: str
    baseline: str
    verdict: Verdict
    isolated: bool

    @property
    def feedback(self) -> str:
        return feedback(self.verdict, self.task, self.kernel)

    @property
    def as_json(self) -> dict[str, Any]:
        """The object that scripts read; keys are added, never renamed."""
        measured = self.verdict.measurements if isinstance(self.verdict, Correct) else ()
        return {
            "verdict": name(self.verdict),
            "reason": reason(self.verdict),
            "feedback": self.feedback,
            "baseline": self.baseline,
            "speedup": estimate(self.verdict.speedup) if isinstance(self.verdict, Correct) else None,
            "workloads": [
                {
                    "name": w.name,
                    "speedup": next((estimate(m.speedup) for m in measured if m.workload == w.name), None),
                    "candidate_s": next((m.candidate_s for m in measured if m.workload == w.name), None),
                    "baseline_s": next((m.baseline_s for m in measured if m.workload == w.name), None),
                }
                for w in self.task.workloads
            ],
            "samples": [
                {"workload": m.workload, "side": s.side, "clock": s.clock, "seconds": list(s.seconds)}
                for m in measured
                for s in m.samples
            ],
            "tags": list(self.verdict.tags) if isinstance(self.verdict, Correct) else [],
        }


def judge_file(
    candidate: Path,
    against: Path | None,
    *,
    backend: str,
    baseline: str,
    sandbox: str,
    threads: int,
    processes: int,
) -> Judged:
    """Raises UsageError for what cannot be judged at all."""
    if baseline not in ("eager", "start"):
        raise UsageError(f"there is no baseline {baseline!r}; known are: eager, start")
    draft = look(candidate, reference=against)
    toolchain = backend_named(backend)
    _ = toolchain.fingerprint  # a missing compiler is found before anything is started
    used = sandbox_named(sandbox, model=None)
    settings = Settings(threads=threads, against=baseline)
    with Bench(toolchain, used, settings) as bench:
        task = complete(draft, used, bench.folder)
        kernel = draft.kernel
        if baseline == "start":
            task = replace(task, kernel=start_of(against, draft.form, candidate), start_is_reference=False)
        if processes > 1:
            return Judged(task, kernel, baseline, bench.verify(kernel, task, (baseline,), processes), used.isolates)
        return Judged(task, kernel, baseline, bench.judge(kernel, task), used.isolates)


def start_of(against: Path | None, form: Form, candidate: Path) -> str:
    """The kernel that the reference's own file brings."""
    if against is None or against.suffix in CPP_SUFFIXES:
        raise UsageError(f"{candidate} would be measured against itself; name the other file with --against")
    found = look(against)
    if found.form is not form or found.start_is_reference:
        raise UsageError(f"{against} brings no kernel of its own to measure against; use --baseline eager")
    return found.kernel
