"""Kills a run with SIGKILL at random moments, resumes it, and compares: is it the run that would have been?

Timings differ from measurement to measurement, so verdicts are repeated from a recorded run (`--verdicts`): what is
compared is everything the search made of them. Usage: kill_and_resume.py [--rollouts N] [--kills N] [KERNEL.py]
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

KERNEL_GEPA = [sys.executable, "-I", "-c", "from kernel_gepa.cli import main; main()"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kernel", nargs="?", default=str(Path(__file__).parent.parent / "examples" / "matmul.py"))
    parser.add_argument("--rollouts", type=int, default=16)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0, help="of the moments at which the runs are killed")
    options = parser.parse_args()
    rng = random.Random(options.seed)
    with tempfile.TemporaryDirectory(prefix="kill-and-resume-") as held:
        folder = Path(held)
        recorded = folder / "recorded"
        print(f"recording a run of {options.rollouts} rollouts on {Path(options.kernel).name}")
        make(recorded, options.kernel, options.rollouts)
        again = ["--verdicts", str(recorded)]
        took = lived(folder / "undisturbed", options, again)
        wanted = decided(folder / "undisturbed")
        print(f"undisturbed: {len(wanted)} decisions in {took:.2f} s from the first record to the last")
        same = 0
        for number in range(options.kills):
            run = folder / f"killed-{number}"
            lines = killed(run, options, again, rng.uniform(0.0, took))
            subprocess.run([*KERNEL_GEPA, "resume", str(run)], check=True, capture_output=True)
            equal = decided(run) == wanted
            same += equal
            print(
                f"kill {number + 1:>2}: {lines:>3} whole records were there; {'the same run' if equal else 'DIFFERENT'}"
            )
    print(f"{same} of {options.kills} killed and resumed runs are the undisturbed run")
    return 0 if same == options.kills else 1


def make(run: Path, kernel: str, rollouts: int) -> None:
    command = [*KERNEL_GEPA, "optimize", kernel, "--max-rollouts", str(rollouts), "--run", str(run)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"the run failed with exit code {done.returncode}:\n{done.stderr}")


def started(run: Path, options: argparse.Namespace, again: list[str]) -> subprocess.Popen[bytes]:
    """Returns as soon as the run has its first record."""
    command = [*KERNEL_GEPA, "optimize", options.kernel, "--max-rollouts", str(options.rollouts), "--run", str(run)]
    process = subprocess.Popen([*command, *again], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    journal = run / "journal.jsonl"
    while process.poll() is None and not (journal.exists() and journal.stat().st_size):
        time.sleep(0.001)
    return process


def lived(run: Path, options: argparse.Namespace, again: list[str]) -> float:
    """Makes the run without disturbing it. Seconds from its first record to its end."""
    process = started(run, options, again)
    began = time.monotonic()
    if process.wait():
        raise SystemExit("the undisturbed run failed")
    return time.monotonic() - began


def killed(run: Path, options: argparse.Namespace, again: list[str], after_s: float) -> int:
    """Starts the run and kills it `after_s` seconds after its first record. Returns how many whole records it wrote."""
    process = started(run, options, again)
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
