"""The files of a sweep for others: KernelBench's own, `results.jsonl`, `report.md` with the table, and the page."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import geometric_mean
from typing import Any

from kernel_gepa import codec
from kernel_gepa.backends.cpu import processor
from kernel_gepa.benchmarks.kernelbench import files
from kernel_gepa.benchmarks.kernelbench.files import Sample, Stats
from kernel_gepa.benchmarks.kernelbench.scores import THRESHOLDS, Summary, summary
from kernel_gepa.domain.timing import Estimate
from kernel_gepa.recipes.files import replace_text
from kernel_gepa.recipes.kernelbench.rejudging import Rejudged
from kernel_gepa.recipes.kernelbench.results import LEFT_OUT, Result, Times
from kernel_gepa.recipes.telling import write_sweep
from kernel_gepa.report.comparison import ahead, ratio
from kernel_gepa.report.html.problems import Problem
from kernel_gepa.report.html.sweep import SweepStory
from kernel_gepa.report.words import claim

DEVICE = "cpu"


def hardware() -> str:
    """What figures of this machine are valid for."""
    return processor()


NEVER_COMPILED = ("rejected", "build_failed", LEFT_OUT)


def write_all(folder: Path, results: Sequence[Result], hardware: str, *, name: str, words: Sequence[str]) -> None:
    """Everything that tells of a sweep; made anew from the results whenever there is one more."""
    for result in results:
        if result.kernel is not None:
            of_level = folder / "runs" / f"{name}_level{result.level}"
            of_level.mkdir(parents=True, exist_ok=True)
            replace_text(of_level / files.sample_name(result.level, result.problem_id), result.kernel)
    judged = [sample(r) for r in results if r.verdict != LEFT_OUT]
    _write_tables(folder, judged, results, hardware, name)
    replace_text(folder / "report.md", report(results, hardware, words))
    write_sweep(SweepStory(name, [*words, f"Measured on {hardware}."], list(map(problem, results))), folder)


def problem(result: Result) -> Problem:
    """A row of the page; what is right by a copy of the reference found nothing, and has no speedup."""
    return Problem(
        _title(result),
        result.verdict.replace("_", " "),
        {"eager PyTorch": result.eager} if result.correct and result.eager else {},
        group=f"level {result.level}",
        columns={
            "inconclusive": "yes" if result.inconclusive else "",
            "by": result.origin,
            "made of": result.made_by or "-",
            "rollouts": str(result.rollouts),
            "control": against_control(result),
        },
    )


def write_rejudged(folder: Path, found: Sequence[Rejudged], hardware: str, *, name: str) -> None:
    """KernelBench's files about kernels that are somewhere else already."""
    judged = [sample(f.result, f.sample_id) for f in found if f.result.verdict != LEFT_OUT]
    results = [f.result for f in found]
    _write_tables(folder, judged, results, hardware, name)
    first = {f.result.key: f.result for f in found if f.sample_id == 0}
    words = [f"{len(found)} kernels of {name}, which somebody else wrote, judged again; sample 0 of each problem below"]
    replace_text(folder / "report.md", report(list(first.values()), hardware, words))


def _write_tables(folder: Path, samples: Sequence[Sample], results: Sequence[Result], hardware: str, name: str) -> None:
    for level in sorted({s.level for s in samples}):
        of_level = folder / "runs" / f"{name}_level{level}"
        of_level.mkdir(parents=True, exist_ok=True)
        told = files.eval_results([s for s in samples if s.level == level], hardware, DEVICE)
        replace_text(of_level / files.EVAL_RESULTS, files.dumped(told))
    timed = [(r.level, r.name, stats(r.baseline)) for r in results if r.baseline is not None]
    place = folder / "timing" / slug(hardware)
    place.mkdir(parents=True, exist_ok=True)
    replace_text(place / f"{files.BASELINE}.json", files.dumped(files.baseline(timed, hardware, DEVICE)))
    lines = (json.dumps(codec.pack(r) | {"hardware": hardware}) for r in results)
    replace_text(folder / "results.jsonl", "".join(line + "\n" for line in lines))


def rejudged_table(found: Sequence[Rejudged]) -> Iterator[str]:
    yield "| file | problem | ours | KernelBench's own check | against eager | made of |"
    yield "|---|---|---|---|---|---|"
    for each in found:
        result, agreed = each.result, each.result.compatible
        theirs = (
            "-" if agreed is None else f"{agreed.passed} of {agreed.trials} trials" if agreed.trials else agreed.words
        )
        eager = claim(result.eager) if result.eager and result.correct else "-"
        unsure = " (inconclusive)" if result.inconclusive else ""
        why = "" if result.correct else f": {result.reason.splitlines()[0]}"
        yield (
            f"| {each.path.name} | {_title(result)} | {result.verdict}{why} | {theirs} | {eager}{unsure} "
            f"| {result.made_by or '-'} |"
        )


def sample(result: Result, sample_id: int = 0) -> Sample:
    """Sample 0 is the champion: their analysis looks at no other."""
    return Sample(
        level=result.level,
        problem_id=result.problem_id,
        sample_id=sample_id,
        compiled=result.kernel is not None and result.verdict not in NEVER_COMPILED,
        correct=result.correct,
        stats=stats(result.candidate) if result.candidate else None,
        metadata={} if result.correct else {"correctness_issue": result.reason},
        ours={"verdict": result.verdict, "origin": result.origin, "eager": _packed(result.eager)},
    )


def stats(found: Times) -> Stats:
    """Their mean is our median: the baseline's over the kernel's is then the speedup that we claim."""
    return Stats(found.typical, found.std, found.least, found.most, found.samples)


def slug(hardware: str) -> str:
    """A name for a folder."""
    return "".join(c if c.isalnum() or c in "-." else "_" for c in hardware).strip("_") or "cpu"


def summaries(results: Sequence[Result]) -> dict[str, dict[str, Summary]]:
    """By kind (point values, the lower ends of their intervals, the control's) and by level, all levels included."""
    groups = {f"level {n}": [r for r in results if r.level == n] for n in sorted({r.level for r in results})}
    groups["all"] = list(results)
    kinds = {"evolution": _value, "evolution, lower bound": _low}
    if any(r.compiled for r in results):
        kinds |= {"evolution against torch.compile": _compiled}
    if any(r.control for r in results):
        kinds |= {"control": _control_value, "control, lower bound": _control_low}
    return {
        kind: {name: summary([of(r) for r in group]) for name, group in groups.items()} for kind, of in kinds.items()
    }


def _value(result: Result) -> float | None:
    return result.eager.value if result.correct and result.eager else None


def _low(result: Result) -> float | None:
    """What is inconclusive is right, and was not shown to be anything else."""
    if not result.correct or result.eager is None:
        return None
    return min(1.0, result.eager.low) if result.inconclusive else result.eager.low


def _compiled(result: Result) -> float | None:
    return result.compiled.value if result.correct and result.compiled else None


def _control_value(result: Result) -> float | None:
    if result.control is not None and result.control.eager is not None:
        return result.control.eager.value
    return _value(result) if result.control is not None and _is_start(result) else None


def _control_low(result: Result) -> float | None:
    if result.control is not None and result.control.eager is not None:
        return result.control.eager.low
    return _low(result) if result.control is not None and _is_start(result) else None


def _is_start(result: Result) -> bool:
    """Nothing was won on either side, and the start is what both have."""
    return result.correct and not result.won


def record(results: Sequence[Result], wall_s: float) -> dict[str, Any]:
    """For machines."""
    told = {kind: {n: asdict(s) for n, s in groups.items()} for kind, groups in summaries(results).items()}
    return {
        "summary": told,
        "wall_s": round(wall_s, 1),
        "problems": [codec.pack(r) | {"kernel": None} for r in results],
    }


def report(results: Sequence[Result], hardware: str, words: Sequence[str]) -> str:
    return "\n".join(_sections(results, hardware, words)) + "\n"


def _sections(results: Sequence[Result], hardware: str, words: Sequence[str]) -> Iterator[str]:
    yield "# Sweep over KernelBench-form problems\n"
    yield from (f"- {word}" for word in words)
    yield f"- measured on {hardware}, every figure against eager PyTorch there, verified in fresh processes\n"
    yield "## fast_p and speedups\n"
    yield from table(results)
    yield (
        "\nfast_p is the share of all problems that have a correct kernel with a speedup above p; means are over the "
        "correct ones. A start that is a copy of the reference counts as nothing found. The lower bound is that of "
        "the 95 % interval.\n"
    )
    yield "## Problems\n"
    beside = any(r.compiled for r in results)
    compiled = " against torch.compile |" if beside else ""
    yield (
        f"| problem | against eager |{compiled} against its baseline | by | made of | bound (estimate) | rollouts "
        "| control |"
    )
    yield "|---|---|---|---|---|---|---|---|" + "---|" * beside
    yield from (_row(r, beside=beside) for r in results)
    if any(r.won for r in results):
        yield "\n## Winners by who proposed them\n"
        yield from by_proposer(results)
    if left := [r for r in results if r.verdict == LEFT_OUT]:
        yield "\n## Left out\n"
        yield from (f"- {_title(r)}: {r.reason.splitlines()[0]}" for r in left)
    if noted := [r for r in results if r.quarantine and r.verdict != LEFT_OUT]:
        yield "\n## Quarantined\n"
        yield from (f"- {_title(r)}: {'; '.join(r.quarantine)}" for r in noted)


def table(results: Sequence[Result]) -> Iterator[str]:
    heads = " | ".join(f"fast_{p:g}" for p in THRESHOLDS)
    yield f"| what | problems | correct | {heads} | mean | median | geometric mean |"
    yield "|---|---|---|" + "---|" * (len(THRESHOLDS) + 3)
    for kind, groups in summaries(results).items():
        for group, found in groups.items():
            shares = " | ".join(f"{share:.2f}" for _, share in found.fast)
            means = " | ".join(f"{m:.2f}x" if m else "-" for m in (found.mean, found.median, found.geometric_mean))
            yield f"| {kind}, {group} | {found.problems} | {found.correct} | {shares} | {means} |"


def by_proposer(results: Sequence[Result]) -> Iterator[str]:
    """Winners alone: what a proposer found where it did not win is in the runs of the problems."""
    won: dict[str, list[float]] = {}
    for result in results:
        if result.won and result.eager:
            won.setdefault(result.origin.partition(":")[0], []).append(result.eager.value)
    yield "| proposer | problems | geometric mean against eager |"
    yield "|---|---|---|"
    for proposer, values in sorted(won.items(), key=lambda item: -len(item[1])):
        yield f"| {proposer} | {len(values)} | {geometric_mean(values):.2f}x |"


def _row(result: Result, *, beside: bool) -> str:
    share = f"{result.peak_fraction:.0%}" if result.peak_fraction else "-"
    told = (result.eager, result.compiled, result.speedup)
    eager, compiled, own = (claim(e) if e and result.correct else "-" for e in told)
    unsure = " (inconclusive)" if result.inconclusive else ""
    by = result.origin or result.verdict
    against = f"{eager}{unsure} | {compiled}" if beside else f"{eager}{unsure}"
    return (
        f"| {_title(result)} | {against} | {own} ({result.against}) | {by} | {result.made_by or '-'} | {share} "
        f"| {result.rollouts} | {against_control(result)} |"
    )


def against_control(result: Result) -> str:
    """Evolution's verified kernel against the control's; who found nothing has the start."""
    control = result.control
    if control is None:
        return "-"
    ours, theirs = (e or Estimate.exact(1.0) for e in (result.speedup if result.won else None, control.speedup))
    return f"{claim(theirs) if control.won else 'nothing found'}. {ahead(ratio(ours, theirs))}"


def _title(result: Result) -> str:
    return f"{result.level}/{result.name.removesuffix('.py')}"


def _packed(found: Estimate | None) -> Mapping[str, float] | None:
    return codec.pack(found) if found else None
