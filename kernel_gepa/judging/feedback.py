"""A verdict in words, for whoever writes the next kernel: the paper's μf. The failing stage comes first.

Pure: the same verdict gives the same text. Long logs are clipped by lines, with a count of what was left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import assert_never

from kernel_gepa.domain.headers import LIGHTER, heavy
from kernel_gepa.domain.provenance import flags, made_of
from kernel_gepa.domain.task import Task, Workload
from kernel_gepa.domain.timing import COMPILED, EAGER, START, Estimate, Measurement
from kernel_gepa.domain.verdict import (
    BuildFailed,
    Correct,
    Crashed,
    Graded,
    Incorrect,
    Mismatch,
    Rejected,
    Static,
    TimedOut,
    Verdict,
)

LOG_LINES = 24
INCONCLUSIVE = (
    "The measurement is INCONCLUSIVE: the machine was too noisy to say how fast it is; it counts as not better."
)
NEARLY = 0.95  # of the estimated peak: who is so near need not be told how much is left
SOURCE_AROUND = 2  # lines shown before and after the one that an error points at
MOST_ERRORS = 3
MOST_CODE = 12  # functions and targets whose machine code is told

POINTS_AT = re.compile(r"kernel\.(?:cu|cpp|py)(?::|\(|\", line )(?P<line>\d+)")

# Where the bench keeps its files is another place every time and tells an author nothing.
SCRATCH = re.compile(r"(?:/[^\s/\"':]+)+/(?=(?:kernel\.(?:cu|cpp|py|so)|worker\.py)\b)")


def feedback(verdict: Verdict, task: Task, kernel: str) -> str:  # noqa: PLR0911  one for each outcome
    match verdict:
        case Rejected(reason, evidence):
            return _lines(f"REJECTED: {reason}.", _bullets(e for e in evidence if e != reason))
        case BuildFailed(reason, log):
            return _lines(f"DOES NOT BUILD: {reason}", _pointed(log or reason, kernel), _clipped(log, LOG_LINES))
        case Crashed(reason, workload, log):
            where = f" on workload {_described(task, workload)}" if workload else " before its first launch"
            return _lines(f"CRASHED{where}: {reason}.", _pointed(log, kernel), _clipped(log, LOG_LINES))
        case TimedOut(stage, limit_s, workload):
            where = f" on workload {_described(task, workload)}" if workload else ""
            hint = LIGHTER if stage == "load" and heavy(kernel) else ""
            return _lines(f"TIMED OUT in the {stage} stage{where}: no end within {limit_s:g} s.", hint)
        case Incorrect(mismatches, passed):
            good = f"Right on: {', '.join(passed)}." if passed else ""
            return _lines("WRONG RESULT.", *(_mismatch(m, task) for m in mismatches), good)
        case Correct(measurements, profile, tags):
            return _lines(
                _headline(verdict),
                INCONCLUSIVE if verdict.inconclusive else "",
                *(_measured(m, task) for m in measurements),
                f"Made of: {', '.join(made_of(tags))}." if made_of(tags) else "",
                "The screen would refuse it:" if flags(tags) else "",
                _bullets(flags(tags)),
                _profiler(measurements) if profile else "",
                _bullets(profile),
            )
        case Static():
            return _static(verdict)
        case Graded(points, why):
            return _lines(f"{points:.3g} of 1 point.", why)
        case _:
            assert_never(verdict)


def _static(verdict: Static) -> str:
    right = f"RIGHT on {', '.join(verdict.passed)}" if verdict.passed else "NOT JUDGED"
    return _lines(
        f"{right}: {verdict.why}. This is static, not timed: nothing here says that it is fast or slow.",
        f"Made of: {', '.join(made_of(verdict.tags))}." if made_of(verdict.tags) else "",
        "The screen would refuse it:" if flags(verdict.tags) else "",
        _bullets(flags(verdict.tags)),
        "The compilers made of it:",
        _bullets(map(str, verdict.code[:MOST_CODE])),
        f"[{len(verdict.code) - MOST_CODE} more left out]" if len(verdict.code) > MOST_CODE else "",
        "What stands out in it:" if verdict.profile else "",
        _bullets(verdict.profile),
    )


def _profiler(measurements: tuple[Measurement, ...]) -> str:
    estimated = all(m.cycles is not None for m in measurements)
    return "What keeps it from being faster, by the estimate:" if estimated else "The compiler says:"


def _headline(verdict: Correct) -> str:
    baseline = _baseline(verdict.measurements[0])
    if all(m.cycles is not None for m in verdict.measurements):
        return (
            f"CORRECT, by an estimate {verdict.speedup.value:.3g}x the speed of the {baseline}; nothing was measured."
        )
    return f"CORRECT, {_times(verdict.speedup)} the speed of the {baseline} (geometric mean)."


def _measured(found: Measurement, task: Task) -> str:
    if found.cycles is not None:
        before = found.cycles.cycles * found.speedup.value
        return f"- {_described(task, found.workload)}: {found.cycles}; {before:.0f} cycles (estimated) before"
    workload = next((w for w in task.workloads if w.name == found.workload), None)
    rate = f", {workload.nbytes / found.candidate_s / 1e9:.1f} GB/s of inputs and outputs" if workload else ""
    notes = f" ({'; '.join(found.notes)})" if found.notes else ""
    return _lines(
        f"- {_described(task, found.workload)}: {_times(found.speedup)}; {_time(found.candidate_s)} per launch "
        f"against {_time(found.baseline_s)}{rate}{notes}",
        _bounded(found),
        _counted(found, workload),
    )


def _bounded(found: Measurement) -> str:
    """How far it could still go, by an estimate that is called one."""
    bound, share = found.bound, found.peak_fraction
    if bound is None or share is None:
        return ""
    left = f"at most {1 / share:.2g}x is left by this estimate" if share < NEARLY else "hardly anything is left"
    return f"  {bound.limit} bound: {share:.0%} of the estimated peak, {left}; {_time(bound.seconds)} for {bound.how}"


def _counted(found: Measurement, workload: Workload | None) -> str:
    """What there is to do, as the reference does it: a kernel that does it in one step moves far less."""
    did = found.counted
    if did is None:
        return ""
    parts = [f"{_amount(did.products)} operations in products"] if did.products else []
    if did.elementwise:
        special = f" (with {_amount(did.special)} exponentials or the like)" if did.special else ""
        parts.append(f"{_amount(did.elementwise)} element by element{special}")
    told = ", ".join(parts) or "no operations in floating point"
    if did.steps == 1 or workload is None:
        return f"  counted in the reference: {told}"
    steps = f"its {did.steps} steps move {_amount(did.moved_bytes, 'B')}"
    return f"  counted in the reference: {told}; {steps}, inputs and outputs are {_amount(workload.nbytes, 'B')}"


def _amount(number: int, unit: str = "") -> str:
    factor, letter = next((f for f in ((1e9, "G"), (1e6, "M"), (1e3, "k")) if number >= f[0]), (1.0, ""))
    return f"{number / factor:.3g} {letter}{unit}".strip()


def _mismatch(found: Mismatch, task: Task) -> str:
    return _lines(f"- {_described(task, found.workload)}: {found.what}", *(f"  {d}" for d in found.details))


def _described(task: Task, name: str) -> str:
    workload = next((w for w in task.workloads if w.name == name), None)
    return f"`{name}`" if workload is None else f"`{name}` ({_extents(workload)})"


def _extents(workload: Workload) -> str:
    return ", ".join(str(i) for i in workload.inputs)


def _baseline(found: Measurement) -> str:
    named = {START: "start kernel", EAGER: "eager reference", COMPILED: "reference as torch.compile makes it"}
    return named.get(found.baseline, found.baseline)


def _times(speedup: Estimate) -> str:
    sure = "" if speedup.significant else ", not measurably different"
    return f"{speedup.value:.3g}x (95 % interval {speedup.low:.3g} to {speedup.high:.3g}{sure})"


def _time(seconds: float) -> str:
    return f"{seconds * 1e3:.3g} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.3g} µs"


def _pointed(log: str, kernel: str) -> str:
    """The source lines that the first few errors speak of."""
    source = kernel.splitlines()
    wanted = [
        int(found["line"])
        for line in log.splitlines()
        if (found := POINTS_AT.search(line)) and ("error" in line or '", line' in line)
    ]
    blocks = []
    for number in list(dict.fromkeys(wanted))[:MOST_ERRORS]:
        if not 1 <= number <= len(source):
            continue
        first, last = max(1, number - SOURCE_AROUND), min(len(source), number + SOURCE_AROUND)
        shown = (f"{'>' if n == number else ' '} {n:4} | {source[n - 1]}" for n in range(first, last + 1))
        blocks.append("\n".join(shown))
    return "\n\n".join(blocks)


def _clipped(log: str, limit: int) -> str:
    lines = SCRATCH.sub("", log.strip()).splitlines()
    if len(lines) <= limit:
        return "\n".join(lines)
    return "\n".join([*lines[:limit], f"[{len(lines) - limit} more lines left out]"])


def _bullets(items: Iterable[str]) -> str:
    return "\n".join(f"- {item}" for item in items)


def _lines(*parts: str) -> str:
    return "\n".join(part for part in parts if part)
