"""Two rules of what is right. Both are kept: the first to compare with others, the second to trust.

official   NPUEval's own, defects and all: its tolerance is relative to what the kernel wrote, so that +inf is always
           right, and integers may be off by one per cent
strict     finite, relative to what is expected, and integers exact unless the task itself states a tolerance
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from kernel_gepa.benchmarks.npueval.rows import Values

EPSILON = np.finfo(float).eps
SHOWN = 4


@dataclass(frozen=True, slots=True)
class Judged:
    """`what` and `details` are empty when it is right."""

    right: bool
    what: str = ""
    details: tuple[str, ...] = ()
    wrong_share: float = 0.0


def official(written: Values, expected: Values, *, atol: float, rtol: float) -> bool:
    with np.errstate(all="ignore"):
        w, e = written.astype(np.float32), expected.astype(np.float32)
        return bool(np.all(np.abs(w - e) <= atol + rtol * np.abs(w)))


def official_stats(written: Values, expected: Values) -> dict[str, Any]:
    """The eight figures of a result file."""
    with np.errstate(all="ignore"):
        w, e = written.astype(np.float32).reshape(-1), expected.astype(np.float32).reshape(-1)
        absolute, relative = np.abs(w - e), np.abs((w - e) / (w + EPSILON))
        return {
            "max_absolute_error": float(np.max(absolute)),
            "max_relative_error": float(np.max(relative)),
            "max_abs_error_idx": int(np.argmax(absolute)),
            "max_rel_error_idx": int(np.argmax(relative)),
            "abs_error_mean": float(np.mean(absolute)),
            "abs_error_std": float(np.std(absolute)),
            "rel_error_mean": float(np.mean(relative)),
            "rel_error_std": float(np.std(relative)),
        }


@dataclass(frozen=True, slots=True)
class Allowed:
    """`exact`: integers of a task that states no tolerance."""

    atol: float
    rtol: float
    exact: bool

    def twice(self) -> Allowed:
        """Against the canonical kernel: it is allowed the tolerance once itself."""
        return Allowed(2 * self.atol, 2 * self.rtol, self.exact)


def strict(written: Values, expected: Values, allowed: Allowed) -> Judged:
    w, e = written.reshape(-1).astype(np.float64), expected.reshape(-1).astype(np.float64)
    if allowed.exact:
        bad = w != e
    else:
        with np.errstate(all="ignore"):
            bad = ~(np.abs(w - e) <= allowed.atol + allowed.rtol * np.abs(e))
        bad = (bad | ~np.isfinite(w)) & ~(w == e)
    wrong = np.flatnonzero(bad)
    if not len(wrong):
        return Judged(right=True)
    share = len(wrong) / len(w)
    what = f"{len(wrong)} of {len(w)} elements differ, {pattern(wrong, len(w))}"
    rule = "must be equal" if allowed.exact else f"|x - y| <= {allowed.atol:g} + {allowed.rtol:g} |y|"
    details = [f"[{i}] is {w[i]:g}, expected {e[i]:g}" for i in wrong[:SHOWN]]
    if not np.isfinite(w).all():
        details.insert(0, f"{int((~np.isfinite(w)).sum())} elements are not finite")
    return Judged(False, f"{what} ({rule})", tuple(details), share)


def pattern(wrong: Values, count: int) -> str:
    """Where the wrong elements lie, in the words of who has seen such kernels before."""
    first, last = int(wrong[0]), int(wrong[-1])
    if len(wrong) == count:
        return "all of them"
    if last == count - 1 and len(wrong) == count - first:
        return f"the tail from element {first} on"
    if first == 0 and len(wrong) == last + 1:
        return f"the first {last + 1}"
    steps = np.diff(wrong)
    if len(wrong) > 2 and (steps == steps[0]).all():
        return f"every {int(steps[0])}th from element {first} on"
    return f"between elements {first} and {last}"


def constant_answer(outputs: list[Values]) -> bool:
    """Whether the answers to different inputs are all the same: then a constant would pass for a kernel."""
    return all(np.array_equal(outputs[0], other) for other in outputs[1:])
