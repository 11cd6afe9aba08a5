"""Outputs against what they should be, in float64, and in words: how many, where, by how much, in what pattern."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kernel_gepa.domain.task import TensorSpec
from kernel_gepa.domain.verdict import Mismatch
from kernel_gepa.harness.arena import POISON
from kernel_gepa.harness.inputs import Exact, decode

SHOWN_VALUES = 4


def compare(
    workload: str, spec: TensorSpec, stored: NDArray[np.generic], expected: Exact, room: Exact
) -> Mismatch | None:
    """None when no element is farther off than its `room`. NaN equals only NaN, an infinity only itself; integers and
    booleans are exact.
    """
    found = decode(stored, spec.dtype)
    wrong = wrong_elements(found, expected, room) if "float" in spec.dtype else found != expected
    count = int(wrong.sum())
    if not count:
        return None
    unwritten = int((stored.view(np.uint8).reshape(len(stored), -1) == POISON).all(axis=1)[wrong].sum())
    what = f"{count} of {len(expected)} values of {spec.name} {spec} are wrong"
    found, expected = found.astype(np.float64), expected.astype(np.float64)
    details = [
        *_pattern(wrong, found, expected, spec),
        *_worst(wrong, found, expected, spec),
        *_excess(wrong, found, expected, room),
    ]
    if unwritten:
        details.insert(0, "none of it was written" if unwritten == len(expected) else f"{unwritten} were never written")
    return Mismatch(workload, what, tuple(details), count / len(expected))


def same(one: Sequence[NDArray[np.generic]], other: Sequence[NDArray[np.generic]]) -> bool:
    """To the bit."""
    return all(np.array_equal(as_words(a), as_words(b)) for a, b in zip(one, other, strict=True))


def as_words(values: NDArray[np.generic]) -> NDArray[np.generic]:
    """The bytes, in pieces of eight where they come out even: an eighth of the comparisons."""
    raw = values.view(np.uint8)
    return raw if raw.size % 8 else raw.view(np.uint64)


def wrong_elements(found: Exact, expected: Exact, room: Exact) -> NDArray[np.bool_]:
    with np.errstate(invalid="ignore", over="ignore"):
        far = ~(np.abs(found - expected) <= room)
    if not far.any() and np.isfinite(room.max(initial=0.0)):
        return np.asarray(far)  # nothing is within NaN, and everything within infinity: there is neither
    ordinary = np.isfinite(expected) & np.isfinite(found)
    same = (np.isnan(expected) & np.isnan(found)) | (found == expected)
    return np.asarray(np.where(ordinary, far, ~same))


def _pattern(wrong: NDArray[np.bool_], found: Exact, expected: Exact, spec: TensorSpec) -> list[str]:
    """The first pattern that explains the wrong values; an author looks for exactly these."""
    lines = []
    lost = wrong & ~np.isfinite(found) & np.isfinite(expected)
    if lost.any():
        lines.append(f"{int(lost.sum())} are NaN or infinite where the reference is finite")
    usable = wrong & np.isfinite(found) & np.isfinite(expected) & (expected != 0)
    if usable.sum() >= 3:
        ratio = found[usable] / expected[usable]
        shift = found[usable] - expected[usable]
        if _constant(ratio) and not np.isclose(ratio[0], 0):
            lines.append(f"every wrong value is {np.median(ratio):.6g} times what it should be")
        elif not found[usable].any():
            lines.append("every wrong value is 0")
        elif _constant(shift):
            lines.append(f"every wrong value is off by {np.median(shift):.6g}")
    return lines + _place(wrong.reshape(spec.shape or (1,)))


def _constant(values: Exact) -> bool:
    return bool(np.ptp(values) <= 1e-3 * max(abs(float(np.median(values))), 1e-12))


def _place(wrong: NDArray[np.bool_]) -> list[str]:
    """Where they lie: a tail, a few indices of one axis, a stripe."""
    if wrong.all():
        return []
    flat = np.flatnonzero(wrong)
    if flat[-1] == wrong.size - 1 and len(flat) == wrong.size - flat[0]:
        return [f"they are the last {len(flat)} elements: a tail that is not handled?"]
    lines = []
    for axis in range(wrong.ndim):
        others = tuple(a for a in range(wrong.ndim) if a != axis)
        hit = np.flatnonzero(wrong.any(axis=others))
        extent = wrong.shape[axis]
        if len(hit) == extent or extent == 1:
            continue
        if len(hit) == 1:
            lines.append(f"all at index {hit[0]} of axis {axis}")
        elif hit[-1] == extent - 1 and len(hit) == extent - hit[0]:
            lines.append(f"all at the end of axis {axis}, from index {hit[0]} of {extent}")
        elif len(steps := set(np.diff(hit).tolist())) == 1 and (step := steps.pop()) > 1:
            lines.append(f"at every {step}th index of axis {axis}, from {hit[0]}")
        else:
            lines.append(f"at {len(hit)} of {extent} indices of axis {axis}, the first {hit[0]}, the last {hit[-1]}")
    return lines


def _excess(wrong: NDArray[np.bool_], found: Exact, expected: Exact, room: Exact) -> list[str]:
    """Only a little too far off is another mistake than nonsense: it is lost precision."""
    here = wrong & np.isfinite(found) & np.isfinite(expected) & (room > 0)
    if not here.any():
        return []
    error, allowed = np.abs(found[here] - expected[here]), room[here]
    worst = int(np.argmax(error / allowed))
    return [f"off by up to {error[worst] / allowed[worst]:.3g} times what is allowed ({allowed[worst]:.2g} there)"]


def _worst(wrong: NDArray[np.bool_], found: Exact, expected: Exact, spec: TensorSpec) -> list[str]:
    with np.errstate(invalid="ignore", over="ignore"):
        error = np.where(wrong, np.nan_to_num(np.abs(found - expected), nan=np.inf), 0.0)
    chosen = [int(np.argmax(error)), *np.flatnonzero(wrong)[: SHOWN_VALUES - 1].tolist()]
    shown = []
    for index in dict.fromkeys(chosen):
        where = ", ".join(map(str, np.unravel_index(index, spec.shape))) if spec.shape else ""
        shown.append(f"[{where}]: got {found[index]:.7g}, should be {expected[index]:.7g}")
    return ["worst first: " + "; ".join(shown)]
