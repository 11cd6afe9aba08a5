"""Backends and sandboxes by name: the built-in ones come through the same door as a stranger's."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import entry_points
from typing import cast

from kernel_gepa.backends.cache import Remembering, users_folder
from kernel_gepa.errors import SandboxError, UsageError
from kernel_gepa.ports import Backend, Sandbox
from kernel_gepa.sandbox import bubblewrap, docker, seccomp


def plugin(group: str, wanted: str) -> object:
    """Makes the backend, sandbox, … of that name. An unknown name lists what is installed."""
    installed = {entry.name: entry for entry in entry_points(group=f"kernel_gepa.{group}")}
    if wanted not in installed:
        known = ", ".join(sorted(installed)) or "none; reinstall kernel-gepa"
        raise UsageError(f"there is no {group.removesuffix('es').removesuffix('s')} {wanted!r}; installed are: {known}")
    return cast("Callable[[], object]", installed[wanted].load())()


def backend_named(wanted: str) -> Backend:
    return cast("Backend", plugin("backends", wanted))


def remembering(backend: Backend) -> Backend:
    """The same, with what was built before kept in the user's own cache."""
    return Remembering(backend, users_folder() / "built")


def sandbox_named(wanted: str, *, model: str | None, whose: str = "A model's") -> Sandbox:
    """`auto` takes the first that works. Code that a model or a stranger wrote runs unisolated only by explicit
    request; `whose` says to the reader whose it is.
    """
    if wanted != "auto":
        return cast("Sandbox", plugin("sandboxes", wanted))
    problems = []
    for name, unavailable in ISOLATING.items():
        problem = unavailable()
        if problem is None:
            return cast("Sandbox", plugin("sandboxes", name))
        problems.append(problem)
    if model is None:
        return cast("Sandbox", plugin("sandboxes", "local"))
    raise SandboxError(
        f"{'; '.join(problems)}. {whose} code needs a sandbox that isolates; "
        "add --sandbox local to run it with your own rights"
    )


# In this order. A container has limits for a whole job, and a sandbox of its own users; bubblewrap needs no daemon.
ISOLATING: dict[str, Callable[[], str | None]] = {
    "docker": docker.unavailable,
    "bubblewrap": bubblewrap.unavailable,
}


def works(sandbox: str) -> str:
    """Raises SandboxError with what is missing."""
    problem = ISOLATING[sandbox]()
    if problem is not None:
        raise SandboxError(problem)
    filtered = "" if seccomp.supported() else ", and with every system call: those of this machine are not known"
    return f"works: kernels run without network, on a read-only system{filtered}"
