"""Inputs as a task of KernelBench form draws them: by `get_workloads()`, else by `get_inputs()`. Lies beside worker.py.

    def get_workloads():
        return {"short": get_inputs, "long": lambda: [torch.randn(512, 4096)]}

A function per name, and not a list: every launch gets a draw of its own. Only the reference's worker draws.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

ALONE = "default"  # the one workload of a file that only has get_inputs()


def workloads(source: Any) -> dict[str, Callable[[], Any]]:
    """What draws each workload's inputs. Raises ValueError with a sentence for the author."""
    named = getattr(source, "get_workloads", None)
    if named is None:
        return {ALONE: source.get_inputs}
    found = named()
    if not isinstance(found, dict) or not found:
        raise ValueError("get_workloads() must return a dictionary from names to functions, and not an empty one")
    for name, draw in found.items():
        if not isinstance(name, str) or not name.strip():
            raise ValueError(f"get_workloads() names a workload {name!r}; a name is a text")
        if not callable(draw):
            raise ValueError(  # noqa: TRY004  all of these are the author's to change
                f"workload {name!r} of get_workloads() is a {type(draw).__name__}; it must be a function that draws "
                "a list of inputs, as get_inputs does: every launch gets new ones"
            )
    return found


def drawn(torch: Any, source: Any, workload: str, seed: int) -> list[Any]:
    """One draw; the same seed, the same values."""
    draws = workloads(source)  # before the seed is set: what is drawn in there would otherwise shift the rest
    torch.manual_seed(seed)
    return list(draws[workload]())
