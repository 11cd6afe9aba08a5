"""Backends and sandboxes by name: the built-in ones come through the same door as a stranger's."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import entry_points
from typing import cast

from kernel_gepa.errors import SandboxError, UsageError
from kernel_gepa.ports import Backend, Sandbox
from kernel_gepa.sandbox import bubblewrap


def plugin(group: str, wanted: str) -> object:
    """Makes the backend, sandbox, … of that name. An unknown name lists what is installed."""
    installed = {entry.name: entry for entry in entry_points(group=f"kernel_gepa.{group}")}
    if wanted not in installed:
        known = ", ".join(sorted(installed)) or "none; reinstall kernel-gepa"
        raise UsageError(f"there is no {group.removesuffix('es').removesuffix('s')} {wanted!r}; installed are: {known}")
    return cast("Callable[[], object]", installed[wanted].load())()


def backend_named(wanted: str) -> Backend:
    return cast("Backend", plugin("backends", wanted))


def sandbox_named(wanted: str, *, model: str | None) -> Sandbox:
    """`auto` takes bubblewrap where it works. Code that a model wrote runs unisolated only by explicit request."""
    if wanted != "auto":
        return cast("Sandbox", plugin("sandboxes", wanted))
    problem = bubblewrap.unavailable()
    if problem is None:
        return cast("Sandbox", plugin("sandboxes", "bubblewrap"))
    if model is None:
        return cast("Sandbox", plugin("sandboxes", "local"))
    raise SandboxError(
        f"{problem}. A model's code needs a sandbox that isolates; add --sandbox local to run it with your own rights"
    )


def bubblewrap_works() -> str:
    problem = bubblewrap.unavailable()
    if problem is not None:
        raise SandboxError(problem)
    return "works: kernels run without network, on a read-only system"
