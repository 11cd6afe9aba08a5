"""What a check launches a kernel on: plain draws and stressed ones, each with its right answer and how near to come."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from kernel_gepa.domain.task import Task, Workload
from kernel_gepa.errors import TaskError
from kernel_gepa.harness.inputs import Bytes, Exact
from kernel_gepa.harness.reference import Reference
from kernel_gepa.harness.station import Station
from kernel_gepa.harness.stress import GROUPS, Stressed, allowed, one_signed, stressed
from kernel_gepa.harness.tolerance import mean_magnitude, room, stressed_room, usable

PLAIN = 3
# Where a reference needs long for an answer, or a launch much memory, these many of either must do.
FEW = 2
SLOW_ANSWER_S = 0.2
LARGE_BYTES = 32 << 20

# A draw whose answer zeros would pass for, or that of the draw before, tells nothing: so often another one is taken.
REDRAWS = 3
GENTLER = 3  # how often a stress that the reference itself cannot bear is tried again, more gently each time
GLANCE = 4096  # elements that mostly tell whether two answers differ


@dataclass(frozen=True, slots=True)
class Draw:
    """One launch's inputs, with what is right for them and how far from it each element may lie."""

    inputs: Bytes
    exact: list[Exact]
    rooms: list[Exact]
    words: str = ""  # how it was stressed

    @property
    def where(self) -> str:
        return f", on {self.words}" if self.words else ""


@dataclass(frozen=True, slots=True)
class Draws:
    """`left_out` are the stressed inputs on which the reference itself is of no use."""

    draws: tuple[Draw, ...]
    left_out: tuple[str, ...]


def answered(reference: Reference, task: Task, workload: Workload, inputs: Bytes) -> Draw:
    """A plain draw that was made elsewhere."""
    return plain_draw(task, workload, inputs, reference.expected(workload, inputs))


def plain_draw(task: Task, workload: Workload, inputs: Bytes, exact: list[Exact]) -> Draw:
    return Draw(inputs, exact, [room(e, t) for e, t in zip(exact, task.tolerances(workload), strict=True)])


def draws(station: Station, reference: Reference, task: Task, generator: np.random.Generator) -> Draws:
    """Plain ones first: they make the plainest complaints. Overwrites the inputs of the station's first slot."""
    workload = station.workload

    def fresh() -> Bytes:
        station.inputs.fill(station.arena, 0)
        return station.snapshot(0)

    few = reference.answer_s(workload) > SLOW_ANSWER_S or workload.nbytes > LARGE_BYTES
    plain = plain_draws(fresh, reference, task, workload, FEW if few else PLAIN)
    groups = [GROUPS[0], GROUPS[int(generator.integers(1, len(GROUPS)))]] if few else list(GROUPS)
    found, left_out = _stressed(fresh, reference, task, workload, groups, plain, generator)
    return Draws((*plain, *found), left_out)


def plain_draws(
    fresh: Callable[[], Bytes], reference: Reference, task: Task, workload: Workload, count: int
) -> list[Draw]:
    """Draws that tell something, as far as a few attempts find them."""
    found = list[Draw]()
    for attempt in range(1 + REDRAWS):
        inputs = [fresh() for _ in range(count - len(found))]
        for values, exact in zip(inputs, reference.answers(workload, inputs), strict=True):
            draw = plain_draw(task, workload, values, exact)
            if attempt == REDRAWS or not (below_tolerance(draw) or any(same_answer(draw, other) for other in found)):
                found.append(draw)
        if len(found) == count:
            break
    return found


def below_tolerance(draw: Draw) -> bool:
    """Whether nothing but zeros would pass."""
    return all(
        _near(np.zeros_like(e[:GLANCE]), e[:GLANCE], r[:GLANCE]) and _near(np.zeros_like(e), e, r)
        for e, r in zip(draw.exact, draw.rooms, strict=True)
    )


def same_answer(one: Draw, other: Draw) -> bool:
    """Whether either answer would pass for the other."""
    return all(same_output(one, other, output) for output in range(len(one.exact)))


def same_output(one: Draw, other: Draw, output: int) -> bool:
    a, b, r = one.exact[output], other.exact[output], one.rooms[output]
    return _near(a[:GLANCE], b[:GLANCE], r[:GLANCE]) and _near(a, b, r)


def _near(one: Exact, other: Exact, allowed: Exact) -> bool:
    with np.errstate(invalid="ignore"):
        return bool(np.all((np.abs(one - other) <= allowed) | (one == other) | (np.isnan(one) & np.isnan(other))))


def _stressed(
    fresh: Callable[[], Bytes],
    reference: Reference,
    task: Task,
    workload: Workload,
    groups: Sequence[str],
    plain: Sequence[Draw],
    generator: np.random.Generator,
) -> tuple[list[Draw], tuple[str, ...]]:
    tolerances = task.tolerances(workload)
    means = [float(np.mean([mean_magnitude(d.exact[n]) for d in plain])) for n in range(len(workload.outputs))]
    may = allowed(workload, plain[0].inputs, task.stress)
    # One of these shows what draws of one sign never do, in every element: few outliers may all lie behind a mask.
    large = -1 if one_signed(workload, plain[0].inputs, may) else int(generator.choice((-1, 1)))
    signs = {"large": large, "outliers": -large}

    def changed(group: str, gentleness: int) -> Stressed | None:
        sign = signs.get(group, 1)
        return stressed(workload, fresh(), group, may, generator, sign=sign, gentleness=gentleness)

    found, left_out, wanted = list[Draw](), list[str](), list(groups)
    for gentleness in range(GENTLER):
        made = [one for group in wanted if (one := changed(group, gentleness))]
        wanted, left_out = [], []
        for one, (exact, own) in zip(made, _both(reference, workload, made), strict=True):
            if exact and all(usable(*each) for each in zip(workload.outputs, exact, own, strict=True)):
                each = zip(workload.outputs, exact, own, tolerances, means, strict=True)
                found.append(Draw(one.inputs, exact, [stressed_room(*e) for e in each], one.words))
            else:
                wanted.append(one.group)
                left_out.append(one.words)
    return found, tuple(left_out)


Both = tuple[list[Exact], list[Exact]]


def _both(reference: Reference, workload: Workload, made: Sequence[Stressed]) -> list[Both]:
    """Exact answers and those in the reference's own types; empty where it raises on such inputs."""
    inputs = [one.inputs for one in made]
    if not inputs:
        return []
    try:
        return list(zip(reference.answers(workload, inputs), reference.own_answers(workload, inputs), strict=True))
    except TaskError:
        if len(made) == 1:
            return [([], [])]
        return [both for one in made for both in _both(reference, workload, [one])]
