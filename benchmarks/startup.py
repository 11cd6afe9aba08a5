"""How long it takes until anything happens: `kernel-gepa --help` and `import kernel_gepa`, in fresh processes.

    python benchmarks/startup.py [--runs N]

The median over the runs is printed, with the least and the most, beside a bare interpreter; and what was loaded of the
packages that cost between 0.1 and 2 seconds each. Exit code 1 when the goal is missed or something heavy was loaded.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from dataclasses import dataclass
from statistics import median

GOAL_S = 0.3
HEAVY = ("torch", "triton", "litellm", "openai", "docker", "numpy", "httpx", "cattrs", "mcp")

HELP = "import sys; sys.argv = ['kernel-gepa', '--help']; from kernel_gepa.cli import main; main()"
SUBJECTS = {
    "python alone": "pass",
    "import kernel_gepa": "import kernel_gepa",
    "kernel-gepa --help": HELP,
}


@dataclass(frozen=True, slots=True)
class Found:
    seconds: tuple[float, ...]
    loaded: tuple[str, ...]


def timed(code: str, runs: int) -> tuple[float, ...]:
    """Wall time of whole processes; the first one, which reads files from the disk, is left out."""
    found = []
    for _ in range(runs + 1):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)
        found.append(time.perf_counter() - began)
    return tuple(found[1:])


def loaded(code: str) -> tuple[str, ...]:
    """The heavy packages among the modules of a process that has done this."""
    watched = f"import atexit, sys; atexit.register(lambda: print(*sys.modules, file=sys.stderr)); {code}"
    done = subprocess.run([sys.executable, "-c", watched], check=True, capture_output=True, text=True)
    names = {name.split(".")[0] for name in done.stderr.split()}
    return tuple(name for name in HEAVY if name in names)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=9)
    runs = parser.parse_args().runs
    good = True
    print(f"{'':<30} {'median':>9} {'least':>9} {'most':>9}  heavy packages")
    for name, code in SUBJECTS.items():
        found = Found(timed(code, runs), loaded(code))
        good &= median(found.seconds) <= GOAL_S and not found.loaded
        figures = (median(found.seconds), min(found.seconds), max(found.seconds))
        told = " ".join(f"{seconds * 1e3:6.0f} ms" for seconds in figures)
        print(f"{name:<30} {told}  {', '.join(found.loaded) or 'none'}")
    print(f"goal: at most {GOAL_S * 1e3:.0f} ms, and none of {', '.join(HEAVY)}: {'met' if good else 'MISSED'}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
