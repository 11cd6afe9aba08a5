"""One verdict on one file, without a search."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from kernel_gepa.benchmarks.single_file import NATIVE_SUFFIXES, look
from kernel_gepa.domain.provenance import flags, made_of, provenance
from kernel_gepa.domain.task import Form, Task
from kernel_gepa.domain.timing import BASELINES
from kernel_gepa.domain.verdict import Correct, Static, Verdict, name, reason
from kernel_gepa.errors import UsageError
from kernel_gepa.harness.driver import Settings
from kernel_gepa.harness.probe import complete
from kernel_gepa.judging.feedback import feedback
from kernel_gepa.recipes.kinds import bench_for
from kernel_gepa.recipes.plugins import backend_named, sandbox_named
from kernel_gepa.recipes.wish import is_strict
from kernel_gepa.report.result import circumstances, estimate


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
        tags = self.verdict.tags if isinstance(self.verdict, Correct | Static) else ()
        return {
            "verdict": name(self.verdict),
            "reason": reason(self.verdict),
            "feedback": self.feedback,
            "baseline": self.baseline,
            "inconclusive": isinstance(self.verdict, Correct) and self.verdict.inconclusive,
            "speedup": estimate(self.verdict.speedup) if isinstance(self.verdict, Correct) else None,
            "workloads": [
                {
                    "name": w.name,
                    "speedup": next((estimate(m.speedup) for m in measured if m.workload == w.name), None),
                    "candidate_s": next((m.candidate_s for m in measured if m.workload == w.name), None),
                    "baseline_s": next((m.baseline_s for m in measured if m.workload == w.name), None),
                    **next((circumstances(m) for m in measured if m.workload == w.name), {}),
                }
                for w in self.task.workloads
            ],
            "samples": [
                {"workload": m.workload, "side": s.side, "clock": s.clock, "seconds": list(s.seconds)}
                for m in measured
                for s in m.samples
            ],
            "provenance": provenance(tags) if tags else None,
            "tags": list(made_of(tags)),
            "flagged": list(flags(tags)),
            "static": static(self.verdict),
        }


def static(verdict: Verdict) -> dict[str, Any] | None:
    """What was found out without running on a device; null where kernels are timed."""
    if not isinstance(verdict, Static):
        return None
    return {
        "timed": False,
        "right_on": list(verdict.passed),
        "targets": list(dict.fromkeys(c.target for c in verdict.code)),
        "code": [{**asdict(c), "matrix": c.matrix} for c in verdict.code],
        "remarks": list(verdict.profile),
    }


@dataclass(frozen=True, slots=True)
class How:
    """What the command line says about a judgement, in its own words."""

    backend: str
    baseline: str
    sandbox: str
    screen: str
    threads: int
    processes: int


def judge_file(candidate: Path, against: Path | None, how: How) -> Judged:
    """Raises UsageError for what cannot be judged at all."""
    baseline = how.baseline
    if baseline not in BASELINES:
        raise UsageError(f"there is no baseline {baseline!r}; known are: {', '.join(BASELINES)}")
    settings = Settings(threads=how.threads, against=baseline, strict=is_strict(how.screen))
    draft = look(candidate, reference=against)
    toolchain = backend_named(how.backend)
    _ = toolchain.fingerprint  # a missing compiler is found before anything is started
    used = sandbox_named(how.sandbox, model=None)
    with bench_for(how.backend)(toolchain, used, settings) as bench:
        task = complete(draft, used, bench.folder)
        kernel = draft.kernel
        if baseline == "start":
            task = replace(task, kernel=start_of(against, draft.form, candidate), start_is_reference=False)
        if how.processes > 1:
            verdict = bench.verify(kernel, task, (baseline,), how.processes)
        else:
            verdict = bench.judge(kernel, task)
        return Judged(task, kernel, baseline, verdict, used.isolates)


def start_of(against: Path | None, form: Form, candidate: Path) -> str:
    """The kernel that the reference's own file brings."""
    if against is None or against.suffix in NATIVE_SUFFIXES:
        raise UsageError(f"{candidate} would be measured against itself; name the other file with --against")
    found = look(against)
    if found.form is not form or found.start_is_reference:
        raise UsageError(f"{against} brings no kernel of its own to measure against; use --baseline eager")
    return found.kernel
