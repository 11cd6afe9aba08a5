"""Kills runs with SIGKILL at random moments, resumes them, and compares: is it the run that would have been?

    python benchmarks/kill_and_resume.py [--kills 50] [--uses kernels,prompts,both] [--widths 1,4]
    python benchmarks/kill_and_resume.py --kernel examples/matmul.py [--kills 20] [--rollouts 16] [--width 1]
    python benchmarks/kill_and_resume.py --command 'optimize … --model replay:RUN --verdicts RUN' [--kills 20]

Without either the runs are made in the toy world of the tests, in processes of their own and with a journal on disk,
once for each use of the search: texts per task, one text for all, and both. With a kernel it is the command line that
is killed. Timings differ from measurement to measurement, so verdicts are then repeated from a recorded run
(`--verdicts`): what is compared is everything the search made of them. A command is one that makes a recorded run
again, such as that of examples/recorded/README.md.
"""

from __future__ import annotations

import argparse
import json
import random
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

KERNEL_GEPA = [sys.executable, "-I", "-c", "from kernel_gepa.cli import main; main()"]
TOY = [sys.executable, str(Path(__file__).parent / "toy_run.py")]
USES = ("kernels", "prompts", "both")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kernel", help="kill the command line on this file instead of the toy world")
    parser.add_argument(
        "--command", help="kill this command line of kernel-gepa, which has to make a recorded run again"
    )
    parser.add_argument("--rollouts", type=int, default=16)
    parser.add_argument("--width", type=int, default=1)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--uses", default=",".join(USES))
    parser.add_argument("--widths", default="1,4")
    parser.add_argument("--seed", type=int, default=0, help="of the moments at which the runs are killed")
    options = parser.parse_args()
    rng, bad = random.Random(options.seed), 0
    with tempfile.TemporaryDirectory(prefix="kill-and-resume-") as held:
        folder = Path(held)
        if options.command:
            again = [*KERNEL_GEPA, *shlex.split(options.command), "--run"]
            bad = campaign("the command", folder / "runs", lambda run: [*again, str(run)], resumed, options.kills, rng)
        elif options.kernel:
            bad = command_line(folder, options, rng)
        else:
            for use in options.uses.split(","):
                for width in map(int, options.widths.split(",")):
                    place = folder / f"{use}-{width}"

                    def begin(run: Path, use: str = use, width: int = width) -> list[str]:
                        return [*TOY, str(run), use, str(width)]

                    bad += campaign(f"{use}, width {width}", place, begin, begin, options.kills, rng)
    return 1 if bad else 0


def command_line(folder: Path, options: argparse.Namespace, rng: random.Random) -> int:
    recorded = folder / "recorded"
    size = ["--max-rollouts", str(options.rollouts), "--width", str(options.width)]
    print(f"recording a run of {options.rollouts} rollouts on {Path(options.kernel).name}")
    finished([*KERNEL_GEPA, "optimize", options.kernel, *size, "--run", str(recorded)])

    def begin(run: Path) -> list[str]:
        return [*KERNEL_GEPA, "optimize", options.kernel, *size, "--run", str(run), "--verdicts", str(recorded)]

    return campaign(Path(options.kernel).name, folder / "runs", begin, resumed, options.kills, rng)


def resumed(run: Path) -> list[str]:
    return [*KERNEL_GEPA, "resume", str(run)]


def campaign(
    name: str,
    folder: Path,
    begin: Callable[[Path], Sequence[str]],
    resume: Callable[[Path], Sequence[str]],
    kills: int,
    rng: random.Random,
) -> int:
    """How many of the killed and resumed runs are not the undisturbed one."""
    folder.mkdir()
    whole = folder / "undisturbed"
    took = lived(whole, begin(whole))
    wanted, same, lines = decided(whole), 0, list[int]()
    for number in range(kills):
        run = folder / f"killed-{number}"
        lines.append(killed(run, begin(run), rng.uniform(0.0, took)))
        finished(resume(run))
        same += decided(run) == wanted
    print(
        f"{name}: {len(wanted)} decisions in {took:.2f} s; killed {kills} times after {min(lines)} to {max(lines)} "
        f"records, {same} resumed to the same run",
        flush=True,
    )
    return kills - same


def finished(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"the run failed with exit code {done.returncode}:\n{done.stderr}")


def started(run: Path, command: Sequence[str]) -> subprocess.Popen[bytes]:
    """Returns as soon as the run has its first record."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    journal = run / "journal.jsonl"
    while process.poll() is None and not (journal.exists() and journal.stat().st_size):
        time.sleep(0.001)
    return process


def lived(run: Path, command: Sequence[str]) -> float:
    """Makes the run without disturbing it. Seconds from its first record to its end."""
    process = started(run, command)
    began = time.monotonic()
    if process.wait():
        raise SystemExit("the undisturbed run failed")
    return time.monotonic() - began


def killed(run: Path, command: Sequence[str], after_s: float) -> int:
    """Starts the run and kills it `after_s` seconds after its first record. Returns how many whole records it wrote."""
    process = started(run, command)
    try:
        process.wait(after_s)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()
    return (run / "journal.jsonl").read_bytes().count(b"\n")


def decided(run: Path) -> list[dict[str, Any]]:
    """Every decision, and the verified winner; without the seconds that it took."""
    found = []
    for line in (run / "journal.jsonl").read_text().splitlines():
        record = json.loads(line)
        if record["kind"] in ("step", "verification"):
            if "spend" in record:
                record["spend"].pop("wall_s")
            found.append(record)
    return found


if __name__ == "__main__":
    sys.exit(main())
