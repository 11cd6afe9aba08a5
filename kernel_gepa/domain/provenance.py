"""Whose work a kernel is: tags that the screen puts on a verdict, and by which every report counts kernels apart."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

OWN = "own kernel"
LIBRARY = "library call"
COMPILED = "torch.compile"

# Operators that are made of TorchInductor's code are registered under this name: by it one tells whose they are.
INDUCTOR = "torchinductor"

# A finding of the screen that was only reported, as a tag: what strict mode would have refused the kernel for.
FLAGGED = "flagged: "


def generated(kernel: str) -> bool:
    """Whether it holds what TorchInductor generated, worked on since then or not."""
    return re.search(rf"\bSTABLE_TORCH_LIBRARY\({INDUCTOR}\b", kernel) is not None


def provenance(tags: Sequence[str]) -> str:
    """One word per maker, in a fixed order; verdicts that were recorded without tags are of unknown make."""
    return " + ".join(tag for tag in (OWN, LIBRARY, COMPILED) if tag in tags) or "unknown"


def made_of(tags: Iterable[str]) -> tuple[str, ...]:
    """The tags that say what a kernel is made of."""
    return tuple(tag for tag in tags if not tag.startswith(FLAGGED))


def flags(tags: Iterable[str]) -> tuple[str, ...]:
    """What the screen would have refused the kernel for."""
    return tuple(tag.removeprefix(FLAGGED) for tag in tags if tag.startswith(FLAGGED))
