"""How many kernels that were written for the real toolchain compile unchanged against the emulator's headers.

    python benchmarks/aie_public_kernels.py FOLDER... [--device npu1]

The folders are checkouts of others' repositories, which we neither bring nor change: NPUEval's rag/kernels, mlir-aie's
aie_kernels, Riallto's. Nothing is run, and what compiles is not thereby right. Each file is compiled by itself, in the
sandbox, with NPUEval's includes and the headers beside and above it; what build files define is given by --define.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from kernel_gepa.backends.aie.emulator import first_error
from kernel_gepa.backends.aie.toolchain import EMULATOR, Toolchain, find_toolchain
from kernel_gepa.ports import Limits, Mount, Sandbox
from kernel_gepa.recipes.npu import npu_sandbox

SUFFIXES = (".cc", ".cpp")
HEADERS = (".h", ".hpp")
LIMIT_S = 60.0


def complaint(
    path: Path, toolchain: Toolchain, device: str, sandbox: Sandbox, defines: Sequence[str] = ()
) -> str | None:
    """The first error; None for a file that compiles."""
    with tempfile.TemporaryDirectory() as name:
        folder, room = Path(name), Path(name) / "here"
        room.mkdir()
        folder.chmod(0o755)
        room.chmod(0o755)
        for around, copies in ((path.parent.parent, folder), (path.parent, room)):  # what it may include
            for beside in around.iterdir():
                if beside.is_file() and beside != path and (around == path.parent or beside.suffix in HEADERS):
                    shutil.copyfile(beside, copies / beside.name)
        shutil.copyfile(path, room / "kernel.cpp")
        job = sandbox.start(
            [
                toolchain.compiler,
                *toolchain.flags(device),
                *(f"-D{d}" for d in defines),
                "-fsyntax-only",
                "here/kernel.cpp",
            ],
            folder=folder,
            mounts=[Mount(EMULATOR)],
            environment={"PATH": os.defpath, "TMPDIR": name, "LC_ALL": "C"},
            limits=Limits(memory_bytes=3 << 30),
        )
        try:
            done = job.wait(LIMIT_S)
        finally:
            job.kill()
    if done is None:
        return f"no end within {LIMIT_S:g} s"
    return first_error(done.stderr) if done.code else None


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("folders", nargs="+", type=Path)
    options.add_argument("--device", default="npu1")
    options.add_argument("--define", action="append", default=[], help="What the repository's build files define.")
    wanted = options.parse_args()
    toolchain, sandbox = find_toolchain(), npu_sandbox("auto", model=None)
    missing = Counter[str]()
    for folder in wanted.folders:
        files = sorted(p for p in folder.rglob("*") if p.suffix in SUFFIXES and "aie" in p.read_text(errors="replace"))
        good = 0
        for path in files:
            said = complaint(path, toolchain, wanted.device, sandbox, wanted.define)
            good += said is None
            if said is not None:
                missing[said.partition("error: ")[2] or said] += 1
                print(f"  {path.relative_to(folder)}: {said}")
        print(f"{folder}: {good} of {len(files)} compile")
    for what, count in missing.most_common():
        print(f"{count:3} x {what}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
