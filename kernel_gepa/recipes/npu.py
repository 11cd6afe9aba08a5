"""NPU runs: what a row of NPUEval, a kernel and a device become."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from kernel_gepa.backends import hints as notes
from kernel_gepa.backends.aie import device as accelerator
from kernel_gepa.backends.aie.advice import nearest
from kernel_gepa.backends.aie.peano import Compiled, Installed, compiled, installed
from kernel_gepa.backends.aie.toolchain import find_toolchain
from kernel_gepa.backends.cpu import processor
from kernel_gepa.benchmarks.npueval.files import Result
from kernel_gepa.benchmarks.npueval.rows import Row, row_of, text_of, unpack
from kernel_gepa.benchmarks.npueval.tasks import task_of
from kernel_gepa.benchmarks.npueval.traces import Traced, traced
from kernel_gepa.benchmarks.npueval.verdicts import Allowed, official, official_stats, strict
from kernel_gepa.domain.npu import ARCHITECTURES
from kernel_gepa.domain.task import Task
from kernel_gepa.domain.verdict import BuildFailed, Correct, Verdict, name, reason
from kernel_gepa.errors import StartError, UsageError
from kernel_gepa.harness.npu import Assessment, NpuBench, fingerprint
from kernel_gepa.judging.feedback import feedback
from kernel_gepa.judging.hints import hinted, hints
from kernel_gepa.ports import Sandbox
from kernel_gepa.recipes.plugins import ISOLATING, plugin, sandbox_named
from kernel_gepa.recipes.wish import Entry, Header, Wish
from kernel_gepa.report.outcome import Machine
from kernel_gepa.report.result import estimate

BACKEND = "aie"


def told(verdict: Verdict, task: Task, kernel: str) -> str:
    """The feedback of the house, and for invented names the real ones."""
    said = feedback(verdict, task, kernel)
    return "\n".join(part for part in (said, nearest(said)) if part)


def npu_sandbox(wanted: str, *, model: str | None) -> Sandbox:
    """Nothing is timed, and every kernel starts two jobs: the sandbox that starts fastest is taken first."""
    if wanted == "auto" and ISOLATING["bubblewrap"]() is None:
        return plugin("sandboxes", "bubblewrap")  # type: ignore[return-value]
    return sandbox_named(wanted, model=model)


def checked_device(device: str) -> str:
    if device not in ARCHITECTURES:
        raise UsageError(f"there is no device {device!r}; known are: {', '.join(ARCHITECTURES)}")
    return device


def read_row(path: Path | None) -> Row:
    if path is None:
        raise UsageError("an AIE kernel is judged by a row of NPUEval's data set; name its file with --task TASK.json")
    return row_of(text_of(path), str(path))


def header(wish: Wish, prompts: Mapping[str, str]) -> Header:
    """What a run over AIE kernels begins with."""
    checked_device(wish.device)
    sandbox, toolchain = npu_sandbox(wish.sandbox, model=wish.model), find_toolchain()
    entries = tuple(_entry(source, wish) for source in wish.sources)
    if wish.model is None:
        with NpuBench(sandbox, device=wish.device) as held:
            for entry in entries:
                _check_start(entry.task, held)
    where = f"estimated for an emulated {wish.device} on {processor()}"
    machine = Machine(where, toolchain.fingerprint, 1, sandbox.name, sandbox.isolates)
    return Header(wish, entries, sandbox.name, machine, fingerprint(toolchain, sandbox, wish.device), prompts)


def _entry(source: str, wish: Wish) -> Entry:
    """A row, which starts from its own scalar kernel; or a kernel, for the row that --task names."""
    if source.endswith(".json"):
        return Entry(task_of(read_row(Path(source))), source, None, "start")
    if len(wish.sources) > 1:
        raise UsageError(f"{source} is one kernel of several and --task names one row; give rows as JSON files instead")
    row = read_row(Path(wish.task) if wish.task else None)
    return Entry(task_of(row, text_of(Path(source))), source, source, "start")


def _check_start(task: Task, held: NpuBench) -> None:
    wrong = held.sound(task.kernel, task)
    if wrong is not None:
        raise StartError(
            f"the kernel of {task.id} cannot be a start, it is {name(wrong)}:\n"
            f"{told(wrong, task, task.kernel)}\nRepair it, or add --model to have it repaired."
        )


def bench(held: Header) -> NpuBench:
    return NpuBench(npu_sandbox(held.sandbox, model=held.wish.model), device=held.wish.device)


def bench_print(held: Header) -> str:
    return fingerprint(find_toolchain(), npu_sandbox(held.sandbox, model=held.wish.model), held.wish.device)


@dataclass(frozen=True)
class Judged:
    """One kernel against one row, by both rules."""

    task: Task
    kernel: str
    assessment: Assessment
    device: str
    isolated: bool
    warnings: tuple[str, ...] = ()
    peano: Compiled | None = None  # what AMD's own compiler says of it, where it is installed
    traced: Traced | None = None  # cycles that a device took, where there is one or somebody brings its trace
    launched: Launched | None = None  # on the device itself

    @property
    def feedback(self) -> str:
        said = hinted(told, hints(notes.text(BACKEND)))(self.assessment.verdict, self.task, self.kernel)
        if self.peano is None:
            return said
        opinion = "compiles it" if self.peano.compiles else "refuses it"
        return f"{said}\n\nPeano {opinion}.\n{self.peano.diagnostics}".rstrip()

    @property
    def as_json(self) -> dict[str, Any]:
        """The keys of `eval`, and what only an NPU kernel has. Keys are added, never renamed."""
        found, verdict = self.assessment, self.assessment.verdict
        return {
            "verdict": name(verdict),
            "reason": reason(verdict),
            "feedback": self.feedback,
            "baseline": "start",
            "official": found.official,
            "strict": found.strict,
            "stats": found.stats,
            "estimate": _estimate(found),
            "speedup_estimated": estimate(verdict.speedup) if isinstance(verdict, Correct) else None,
            "faults": [asdict(fault) for fault in found.faults],
            "device": f"emulated-{self.device}",
            "warnings": list(self.warnings),
            "measured": _measured(self.traced),
            "peano": asdict(self.peano) if self.peano else None,
            "on_device": asdict(self.launched) if self.launched else None,
        }

    @property
    def as_result(self) -> Result:
        """NPUEval's result file. Cycles were not measured, so its figures stay empty; the estimate is under our key."""
        found = self.assessment
        ours = {
            "backend": "emulator",
            "strict": found.strict,
            "estimate": _estimate(found),
            "verdict": name(found.verdict),
        }
        info = {"device": f"emulated-{self.device}"}
        if isinstance(found.verdict, BuildFailed):
            return Result(False, compile_error=found.verdict.log or found.verdict.reason, ours=ours)
        if found.official is None or found.stats is None:
            return Result(False, error=reason(found.verdict), xdna_info=info, ours=ours)
        return Result(found.official, stats=found.stats, xdna_info=info, ours=ours)


def _measured(found: Traced | None) -> dict[str, Any] | None:
    if found is None:
        return None
    score = found.vector_cycles / found.total_cycles if found.total_cycles else None
    return {**asdict(found), "vector_score": score, "kind": "measured"}


def _estimate(found: Assessment) -> dict[str, Any] | None:
    return {**asdict(found.estimate), "kind": "estimated"} if found.estimate else None


def judge_kernel(kernel: Path, task: Path | None, *, sandbox: str, device: str, trace: Path | None = None) -> Judged:
    """`trace` is the JSON of a device's trace: its cycles are told beside the estimate, and never in its place."""
    row, text = read_row(task), text_of(kernel)
    measured = traced(trace) if trace is not None else None
    used, judged = npu_sandbox(sandbox, model=None), task_of(row)
    with NpuBench(used, device=checked_device(device)) as held:
        real = installed()
        pasted = f"{text}\n{row.program_code}\n"
        own = compiled(pasted, real, device, sandbox=used, folder=held.folder) if real else None
        warnings = [held.toolchain.fallback] if held.toolchain.fallback else []
        found = held.assess(text, judged)
        launched = None
        if real is not None and own is not None and own.compiles and found.strict and accelerator.present():
            launched, said = _launched(row, pasted, real, device, used, held.folder)
            warnings += [said] if said else []
            measured = measured or (launched.cycles if launched else None)
    return Judged(judged, text, found, device, used.isolates, tuple(warnings), own, measured, launched)


@dataclass(frozen=True, slots=True)
class Launched:
    """What a device made of the given inputs, by both rules, and the cycles that its trace tells."""

    official: bool
    strict: bool
    stats: dict[str, Any]
    cycles: Traced


def _launched(
    row: Row, pasted: str, real: Installed, device: str, used: Sandbox, folder: Path
) -> tuple[Launched | None, str]:
    """One launch on the device that is there, or None with the reason why not."""
    reach = device_sandbox(used)
    if reach is None:
        return None, f"a device is there, and {used.name} hides it; run on it with --sandbox docker, or local"
    load = accelerator.Load(
        pasted,
        row.wrapper,
        [argument.buffer for argument in row.arguments],
        [v.packed for v in row.inputs],
        [v.values.item() for v in row.scalars],
    )
    ran = accelerator.run_on_device(load, real, device, sandbox=reach, folder=folder)
    if ran.trace is None:
        return None, f"nothing was measured on the device: {ran.failed}"
    (output,) = row.outputs
    answer = unpack(ran.outputs, output.buffer.dtype, output.values.shape)
    return (
        Launched(
            official(answer, output.values, atol=row.atol, rtol=row.rtol),
            strict(answer, output.values, Allowed(row.atol, row.rtol, exact=row.exact)).right,
            official_stats(answer, output.values),
            traced(ran.trace),
        ),
        "",
    )


def device_sandbox(used: Sandbox) -> Sandbox | None:
    """The same kind of sandbox, with the device in it; None for one that cannot hold any."""
    if used.name == "docker":
        from kernel_gepa.sandbox.docker import Docker

        return Docker(accelerators=(str(accelerator.NODE),))
    return used if used.name == "local" else None
