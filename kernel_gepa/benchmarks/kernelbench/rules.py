"""What KernelBench itself asks of a kernel: so many trials on its inputs, within a tolerance that goes by precision.

Its first versions took 1e-2 for everything; since then float32 has 1e-4.
"""

from __future__ import annotations

from kernel_gepa.errors import UsageError

TRIALS = 5  # of its scripts
TOLERANCES: dict[str, dict[str, float]] = {
    "0.2": {"float32": 1e-4, "float16": 1e-2, "bfloat16": 1e-2},
    "0.1": {"float32": 1e-2, "float16": 1e-2, "bfloat16": 1e-2},
}
NEWEST = "0.2"


class Rule:
    """The relative and the absolute tolerance of a dtype, by the benchmark's version."""

    def __init__(self, version: str = NEWEST) -> None:
        if version not in TOLERANCES:
            raise UsageError(f"there is no KernelBench {version!r}; known are: {', '.join(TOLERANCES)}")
        self.version = version

    def __call__(self, dtype: str) -> float:
        """Others than these are cast to float32 there."""
        return TOLERANCES[self.version].get(dtype, TOLERANCES[self.version]["float32"])
