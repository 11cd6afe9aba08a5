"""What GitHub's runner reads: annotations among the lines of a step, and its outputs.

Its commands are lines that begin with `::`, so nothing that a stranger wrote may reach it unescaped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kernel_gepa.report.ci.record import EXITS, Kernel, Result, State
from kernel_gepa.report.ci.words import headline, one_line, ordered

MOST_ANNOTATIONS = 10  # GitHub shows so many of a step
LEVELS = {State.INCONCLUSIVE: "warning", State.UNJUDGED: "warning"}


def annotated(result: Result) -> Iterator[str]:
    """A line for each kernel that a reader should look at, the worst first."""
    telling = [kernel for kernel in ordered(result) if kernel.state in EXITS]
    for kernel in telling[:MOST_ANNOTATIONS]:
        yield _annotation(kernel)


def _annotation(kernel: Kernel) -> str:
    level = LEVELS.get(kernel.state, "error")
    title = f"{kernel.name}: {kernel.state}"
    return f"::{level} file={_property(kernel.file)},title={_property(title)}::{_message(kernel.why)}"


def failure(sentence: str) -> str:
    """The annotation of a check that could not be made."""
    return f"::error title=kernel-gepa::{_message(sentence)}"


def outputs(result: Result, files: Mapping[str, str]) -> str:
    """Lines for `$GITHUB_OUTPUT`: the worst state, the exit code, counts, and where the files are."""
    told = {
        "verdict": result.worst.value if result.worst else "none",
        "exit-code": str(result.exit_code),
        "headline": one_line(headline(result)),
        "regressions": str(len(result.of(State.REGRESSION))),
        "improvements": str(len(result.of(State.IMPROVED))),
        **{name: one_line(path, 1000) for name, path in files.items()},
    }
    return "".join(f"{name}={value}\n" for name, value in told.items())


def _message(text: str) -> str:
    return one_line(text, 1000).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
