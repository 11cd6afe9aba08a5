"""A made-up run of any length, as a journal: to look at pages and to time them. Nothing in it was measured.

python benchmarks/made_run.py FOLDER [CANDIDATES]
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

from kernel_gepa import codec
from kernel_gepa.domain.budget import Budget, Spend
from kernel_gepa.domain.candidate import Candidate
from kernel_gepa.domain.evaluation import UNSOLVED, Evaluation, Rollout
from kernel_gepa.domain.events import Admitted, Declined, Event, Passed
from kernel_gepa.domain.task import Task
from kernel_gepa.domain.timing import Estimate, Measurement, Samples, geometric_mean
from kernel_gepa.domain.verdict import BuildFailed, Correct, Incorrect, Mismatch, Verdict
from kernel_gepa.programs.literal import slot
from kernel_gepa.recipes.wish import Entry, Header, Wish
from kernel_gepa.report.outcome import Machine
from kernel_gepa.store import journal
from kernel_gepa.store.records import EVALUATION, Record, decision, fact, header
from kernel_gepa.testing.toys import task

WORKLOADS = ("small", "odd", "wide", "large")
LINES = 120
SAMPLES = 60
MAKERS = ("reflect", "tune", "merge", "transform")


def settings(tasks: Sequence[Task]) -> Header:
    machine = Machine("made up, nothing was measured", "none", 1, "local", isolates=False)
    wish = Wish(sources=("made.py",), sandbox="local", model="made:up", budget=Budget(rollouts=5000))
    return Header(wish, tuple(Entry(t, "made.py", None, "start") for t in tasks), "local", machine, "made")


def events(of: Task, candidates: int, *, seed: int = 1) -> Iterator[Event]:
    """The start and as many proposals that make up `candidates`; one of four is admitted, and some are wrong."""
    random, quality = Random(seed), [1.0]
    lines = [f"    out[{i}] = a[{random.randrange(999)}] * b[{random.randrange(999)}];" for i in range(LINES)]
    for n in range(candidates):
        if n and n % 40 == 0:
            yield Passed("nothing to tune that was not tried", 0)
        lines[random.randrange(LINES)] = f"    out[{random.randrange(999)}] = {random.random()};"
        text = of.kernel if not n else "\n".join(lines)
        parent = random.randrange(max(0, len(quality) - 12), len(quality)) if n else 0
        speed = quality[parent] * (1 + random.uniform(-0.03, 0.04)) if n else 1.0
        found = _judged(f"made-{seed}-{n}", of, text, _verdict(random, speed, wrong=n % 7 == 3))
        child = Candidate({slot(of.id): text}, (parent,) if n else (), _origin(random, n))
        spend = Spend(rollouts=1, evaluations=1, model_calls=1, tokens=4000, usd=0.004, wall_s=3.5, device_s=2.0)
        if n % 4 == 0 and n % 7 != 3:
            quality.extend([speed] if n else [])
            yield Admitted(child, (found,), "measurably better on the minibatch" if n else "the start", spend)
        else:
            yield Declined(child, (found,), "not measurably better than its parent", spend)


def _origin(random: Random, n: int) -> str:
    maker = random.choice(MAKERS)
    return "seed" if not n else f"tune(TILE={2 ** random.randrange(9)})" if maker == "tune" else maker


def _verdict(random: Random, speed: float, *, wrong: bool) -> Verdict:
    if wrong:
        broken = BuildFailed("made.cpp:7:5: error: expected ';' before '}' token")
        return random.choice((broken, Incorrect((Mismatch("odd", "the last column differs"),))))
    made = []
    for workload in WORKLOADS:
        value, noise = speed * random.uniform(0.8, 1.2), random.uniform(0.01, 0.08)
        times = tuple(
            Samples(side, "cpu", tuple(seconds * random.gauss(1, noise / 2) for _ in range(SAMPLES)))
            for side, seconds in (("candidate", 1e-3 / value), ("baseline", 1e-3))
        )
        estimate = Estimate(value, value * (1 - noise), value * (1 + noise))
        made.append(Measurement(workload, "start", estimate, 1e-3 / value, 1e-3, times, inconclusive=noise > 0.07))
    return Correct(tuple(made))


def _judged(key: str, of: Task, text: str, verdict: Verdict) -> Evaluation:
    if not isinstance(verdict, Correct):
        low = Estimate.exact(0.1)
        return Evaluation(key, of.id, Rollout(text), verdict, low, "It is wrong; see above.", {UNSOLVED: low})
    cells = {m.workload: m.speedup for m in verdict.measurements}
    feedback = "\n".join(f"{w}: {e.value:.2f}x of the start, bound by memory" for w, e in cells.items())
    return Evaluation(key, of.id, Rollout(text), verdict, geometric_mean(cells.values()), feedback, cells)


def records(candidates: int, *, seed: int = 1, kernel: str = "start\n") -> Iterator[Record]:
    of = task("made", kernel=kernel, workloads=WORKLOADS)
    yield header(codec.pack(settings([of])))
    for number, event in enumerate(events(of, candidates, seed=seed)):
        if not isinstance(event, Passed):
            yield from (fact(EVALUATION, found) for found in event.evaluations)
        yield decision(number, event)


def made(folder: Path, candidates: int, *, seed: int = 1) -> Path:
    """The folder, with the journal in it."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / journal.NAME).open("w", encoding="ascii") as file:
        file.writelines(codec.line(record) + "\n" for record in records(candidates, seed=seed))
    return folder


if __name__ == "__main__":
    print(made(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1000))
