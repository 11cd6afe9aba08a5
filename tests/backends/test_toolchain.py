"""A compiler by its path, with flags of its own."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from kernel_gepa.backends.cpu import Cpu, Toolchain
from kernel_gepa.domain.task import Form, Task, Tolerance
from kernel_gepa.errors import ToolchainError, UsageError
from kernel_gepa.ports import Built
from kernel_gepa.recipes.ci.match import MARK
from kernel_gepa.recipes.ci.toolchains import Sides, toolchains
from kernel_gepa.sandbox import local

KERNEL = """\
// build: -O1
#ifndef CHOSEN
#error "the flags were lost"
#endif
extern "C" void twice(const float* x, float* y, long n) { for (long i = 0; i < n; i++) y[i] = CHOSEN * x[i]; }
"""
TASK = Task("twice", "", Form.NATIVE, "", KERNEL, (), Tolerance(0.0, 0.0))


def built(backend: Cpu | Sides, kernel: str, folder: Path) -> object:
    folder.mkdir()
    return backend.build(kernel, TASK, sandbox=local.create(), folder=folder)


def test_flags_reach_the_compiler_and_its_fingerprint(tmp_path: Path) -> None:
    chosen, other = (Cpu(toolchain=Toolchain(flags=(f"-DCHOSEN={n}",))) for n in (2, 3))
    assert isinstance(built(chosen, KERNEL, tmp_path / "chosen"), Built)
    assert not isinstance(built(Cpu(), KERNEL, tmp_path / "plain"), Built)
    assert len({chosen.fingerprint, other.fingerprint, Cpu().fingerprint}) == 3


def test_only_the_marked_text_is_built_by_the_base(tmp_path: Path) -> None:
    sides = Sides(Cpu(), Cpu(toolchain=Toolchain(flags=("-DCHOSEN=2",))))
    assert isinstance(built(sides, KERNEL, tmp_path / "head"), Built)
    assert not isinstance(built(sides, KERNEL + MARK, tmp_path / "base"), Built)
    swapped = Sides(Cpu(toolchain=Toolchain(flags=("-DCHOSEN=2",))), Cpu())
    assert sides.fingerprint != swapped.fingerprint


def test_a_compiler_of_the_system_needs_no_mount_and_one_elsewhere_shows_its_own_folder(tmp_path: Path) -> None:
    assert Toolchain().mounts == ()
    assert Toolchain("/usr/bin/g++").mounts == ()
    compiler = tmp_path / "llvm" / "bin" / "clang++"
    compiler.parent.mkdir(parents=True)
    compiler.write_text("")
    (shown,) = Toolchain(str(compiler)).mounts
    assert (shown.path, shown.writable) == (tmp_path.resolve() / "llvm", False)
    at_home = Path.home() / "bin" / "g++"
    with pytest.raises(ToolchainError, match="no sandbox may see"):
        _ = Toolchain(str(at_home)).mounts


@pytest.mark.skipif(shutil.which("g++") is None, reason="needs g++")
def test_two_are_named_the_base_first() -> None:
    base, head = toolchains(["old=g++", "new=g++ -O2 -fno-tree-vectorize"])
    assert (base.name, head.name, head.toolchain.flags) == ("old", "new", ("-O2", "-fno-tree-vectorize"))
    assert base.toolchain == replace(head.toolchain, flags=())


@pytest.mark.parametrize(
    ("words", "error", "said"),
    [
        (["a=g++"], UsageError, "give it twice"),
        (["a=g++", "a=g++ -O2"], UsageError, "both toolchains are called a"),
        (["a=g++", "g++"], UsageError, "is not NAME=COMPILER"),
        (["a=g++", "b='"], UsageError, "No closing quotation"),
        (["a=g++", "b=/nowhere/g++"], ToolchainError, "/nowhere/g\\+\\+ is not there"),
    ],
)
def test_what_names_no_two_compilers_is_refused(words: list[str], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        toolchains(words)
