"""The batches themselves: fresh memory for every round, both sides in turn, and a look at random outputs."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from kernel_gepa.domain.verdict import Mismatch
from kernel_gepa.harness.both import both
from kernel_gepa.harness.clock import Lap
from kernel_gepa.harness.inputs import Bytes
from kernel_gepa.harness.records import Record
from kernel_gepa.harness.station import Station

AUDITED_SHARE = 0.5  # of the candidate's batches: one launch each, drawn before and unknown to the worker
WARM_UP_S = 0.05

# A launch of the candidate, its inputs as they were before it, and what it left.
Audit = Callable[[Station, int, Bytes, "Bytes | str"], Mismatch | None]


class Ring:
    """The slots of one side, a window of 3n for each round. A window is filled when its round is over, not when it is
    used again: by then the memory of all other windows has gone through the caches.
    """

    def __init__(self, station: Station, rng: Random) -> None:
        self.station, self._rng = station, rng
        self._length = 3 * station.launches
        self._windows = max(1, station.slots // self._length)
        self._turn = 0
        self._planned: dict[int, dict[int, Bytes]] = {}
        self.left: dict[int, Bytes | str] = {}  # what the audited launches of this round left
        self._warm()

    def _warm(self) -> None:
        """Clocks up, code loaded. On the first window alone, which is filled anew like all others afterwards."""
        station = self.station
        station.fill(0, self._length)
        seconds = station.lap(0, 1).cpu_s
        left = max(1, min(station.slots, int(WARM_UP_S / max(seconds, 1e-6))))
        while left > 0:
            station.lap(0, min(left, self._length))
            left -= self._length
        station.release()

    def fill(self) -> None:
        """All windows, before the first round."""
        for _ in range(self._windows):
            self.renew()

    @property
    def start(self) -> int:
        return self._turn % self._windows * self._length

    @property
    def audited(self) -> dict[int, Bytes]:
        """Launches of this round that will be looked at, and their inputs as they are before the kernel can touch
        them. Drawn when the window was filled; only the driver knows them.
        """
        return self._planned[self.start]

    def lap(self, factor: int) -> Lap:
        """n launches, or 2n in slots of their own.

        What a Python kernel returned is freed at once, as a program frees it that uses its results: the next batch of
        either side finds the memory of one batch, not of a round, in the heap and in the caches. Before that, what
        will be audited is copied.
        """
        station = self.station
        first, count = self.start + (factor - 1) * station.launches, factor * station.launches
        lap = station.lap(first, count)
        if not station.native:
            for slot in self.audited.keys() & range(first, first + count):
                outputs = station.outputs(slot)
                self.left[slot] = outputs if isinstance(outputs, str) else [o.copy() for o in outputs]
            station.release()
        return lap

    def renew(self) -> None:
        """Fills the window that was used, and goes on to the next."""
        station, n = self.station, self.station.launches
        station.fill(self.start, self._length)
        drawn = [(f - 1) * n + self._rng.randrange(f * n) for f in (1, 2) if self._rng.random() < AUDITED_SHARE]
        self._planned[self.start] = {self.start + slot: station.snapshot(self.start + slot) for slot in drawn}
        self._turn += 1
        self.left.clear()


def one_round(ours: Ring, theirs: Ring, records: dict[Station, Record], audit: Audit, rng: Random) -> Mismatch | None:
    """Four batches in ABBA order; which side begins, and which length, is drawn."""
    order = [ours, theirs, theirs, ours] if rng.random() < 0.5 else [theirs, ours, ours, theirs]
    laps: dict[Ring, dict[int, Lap]] = {ours: {}, theirs: {}}
    first_factor = {ring: rng.choice((1, 2)) for ring in laps}
    for ring in order:
        factor = 3 - first_factor[ring] if laps[ring] else first_factor[ring]
        laps[ring][factor] = ring.lap(factor)
    for ring in laps:
        records[ring.station].add(laps[ring][1], laps[ring][2])
    records[theirs.station].add_empty(theirs.station.lap(0, 0))
    return _audited(ours, audit, rng)


def renew(ours: Ring, theirs: Ring) -> None:
    """Between two rounds."""
    for ring in (ours, theirs):
        ring.station.inputs.refresh()
    both(Ring.renew, ours, theirs)


def _audited(ring: Ring, audit: Audit, rng: Random) -> Mismatch | None:
    candidate, looked_at = ring.station, dict(ring.audited)
    if candidate.native:  # all launches are looked at in one place: work that was left out shows at once
        skipped = candidate.arena.unwritten(ring.start, 3 * candidate.launches, rng.random())
        if skipped is not None:
            looked_at.setdefault(skipped, candidate.snapshot(skipped))
    for slot, inputs in looked_at.items():
        left = ring.left[slot] if slot in ring.left else candidate.outputs(slot)
        wrong = audit(candidate, slot, inputs, left)
        if wrong is not None:
            return wrong
    return None
