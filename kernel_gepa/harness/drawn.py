"""Inputs that the task's own file draws: their structure is not ours to imitate, so whole draws are kept."""

from __future__ import annotations

import time

import numpy as np

from kernel_gepa.domain.task import Form, Task, Workload
from kernel_gepa.harness.arena import Arena, of_workload
from kernel_gepa.harness.inputs import Inputs, Pooled, continuous
from kernel_gepa.harness.reference import LAUNCH_LIMIT_S, Reference

# Draws cost what the task's author made them cost; this much time goes into having many of them.
DRAW_BUDGET_S = 1.0
MOST_DRAWS = 48
LEAST_DRAWS = 3
LIBRARY_BYTES = 512 << 20

# A draw that is used again is scaled by another factor each time, so that nothing remembered about it is of use.
# Below one: what lay inside the domain of a logarithm or an arc cosine stays there.
SCALE = (0.99, 1.0)


class Drawn:
    """A library of draws. Launches of one batch get different ones; every round replaces a few."""

    def __init__(self, reference: Reference, workload: Workload, generator: np.random.Generator, most: int) -> None:
        self._reference, self._workload, self._generator = reference, workload, generator
        shape = of_workload(workload)
        fits = max(LEAST_DRAWS, min(most, LIBRARY_BYTES // max(1, shape.slot_bytes)))
        self._library = Arena(shape, fits)
        self._scaled = [[False] * fits for _ in shape.inputs]  # by input and draw
        self._made, began = 0, time.monotonic()
        self._enter()
        while self._made < fits and (self._made < LEAST_DRAWS or time.monotonic() - began < DRAW_BUDGET_S):
            self._draw(self._made)
            self._made += 1
        self._leave()
        self.most_distinct = self._made

    def _enter(self) -> None:
        self._reference.tell(self._reference.exact, LAUNCH_LIMIT_S, do="map", arena=self._library)

    def _leave(self) -> None:
        self._reference.forget()

    def _draw(self, slot: int) -> None:
        places = iter([self._library.offset(slot, place) for place in self._library.layout.inputs])
        at = [next(places) if hasattr(spec, "shape") else None for spec in self._workload.inputs]
        seed = int(self._generator.integers(1 << 62))
        name = self._workload.name
        self._reference.tell(self._reference.exact, LAUNCH_LIMIT_S, do="draw", workload=name, seed=seed, at=at)
        for place, values in zip(self._library.layout.inputs, self._library.inputs(slot), strict=True):
            self._scaled[place.index][slot] = continuous(values)

    def fill(self, arena: Arena, first: int, count: int = 1) -> None:
        """Different draws, as long as there are so many."""
        decks = -(-count // self._made)
        picked = np.concatenate([self._generator.permutation(self._made) for _ in range(decks)])[:count].tolist()
        factors = self._generator.uniform(*SCALE, (len(arena.layout.inputs), count))
        for place, by in zip(arena.layout.inputs, factors, strict=True):
            ours, theirs = self._library.rows(place), arena.rows(place)
            scaled = self._scaled[place.index]
            for slot, (draw, factor) in enumerate(zip(picked, by.astype(ours.dtype), strict=True), first):
                if scaled[draw]:
                    np.multiply(ours[draw], factor, out=theirs[slot])
                else:
                    theirs[slot] = ours[draw]

    def refresh(self) -> None:
        self._enter()
        self._draw(int(self._generator.integers(self._made)))
        self._leave()

    def close(self) -> None:
        self._library.close()


def inputs_for(
    task: Task, workload: Workload, reference: Reference, generator: np.random.Generator, most: int = MOST_DRAWS
) -> Inputs:
    """`most`: so many different draws are enough, where they are the task's own to make."""
    if task.form is Form.NATIVE:
        return Pooled(workload, generator)
    return Drawn(reference, workload, generator, most)
