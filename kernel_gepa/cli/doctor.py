"""`kernel-gepa doctor`: what works on this machine, what does not, and what to do about it."""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable

import typer

from kernel_gepa.errors import KernelGepaError


def doctor() -> None:
    """Check the toolchain, the sandboxes, the clock and the packages. Exit code 4 when no kernel could be judged."""
    broken = False
    for what, needed, probe in CHECKS:
        try:
            found, good = probe(), True
        except KernelGepaError as error:
            found, good = str(error), False
        print(f"{'ok' if good else 'MISSING' if needed else 'absent':<8} {what:<12} {found}")
        broken |= needed and not good
    if broken:
        print("error: no kernel can be judged on this machine until what is MISSING is there", file=sys.stderr)
        raise typer.Exit(4)


def _python() -> str:
    return f"{platform.python_version()} on {platform.system()} {platform.machine()}"


def _compiler() -> str:
    from kernel_gepa.recipes.plugins import backend_named

    return backend_named("cpu").fingerprint


def _torch() -> str:
    return _package("torch", "pip install torch")


def _docker() -> str:
    from kernel_gepa.recipes.plugins import works

    return works("docker")


def _bubblewrap() -> str:
    from kernel_gepa.recipes.plugins import works

    return works("bubblewrap")


def _clock() -> str:
    from kernel_gepa.recipes.health import process_clock

    return process_clock()


def _noise() -> str:
    from kernel_gepa.recipes.health import load

    return load()


def _litellm() -> str:
    return _package("litellm", "pip install 'kernel-gepa[litellm]'")


def _triton() -> str:
    from kernel_gepa.recipes.plugins import backend_named

    return f"{backend_named('triton').fingerprint}; compiles and interprets, nothing is timed"


def _nvcc() -> str:
    from kernel_gepa.recipes.plugins import backend_named

    return f"{backend_named('cuda').fingerprint}; compiles, nothing is run"


def _gpu() -> str:
    from kernel_gepa.recipes.health import gpu

    return gpu()


def _package(name: str, remedy: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(name)
    except PackageNotFoundError:
        raise KernelGepaError(f"not installed; {remedy}") from None


# What is looked at, whether nothing works without it, and how.
CHECKS: tuple[tuple[str, bool, Callable[[], str]], ...] = (
    ("python", True, _python),
    ("compiler", True, _compiler),
    ("torch", True, _torch),
    ("cpu clock", True, _clock),
    ("docker", False, _docker),
    ("bubblewrap", False, _bubblewrap),
    ("triton", False, _triton),
    ("nvcc", False, _nvcc),
    ("gpu", False, _gpu),
    ("litellm", False, _litellm),
    ("load", False, _noise),
)
