"""The cache of builds: by content, never from where a kernel could have written, and whole or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from kernel_gepa.backends import cache
from kernel_gepa.domain.signature import Parameter
from kernel_gepa.domain.task import Form, Task, Tolerance
from kernel_gepa.domain.verdict import BuildFailed, TimedOut
from kernel_gepa.ports import Built, Job, Limits, Mount, Sandbox

TASK = Task("t", "", Form.NATIVE, "", "", (), Tolerance(0, 0))


class Isolating:
    """A sandbox by its words alone: nothing is run in these tests."""

    name = "walls"
    isolates = True
    guests = 0
    python = None

    def start(
        self,
        command: Sequence[str],
        *,
        folder: Path,
        mounts: Sequence[Mount] = (),
        environment: Mapping[str, str],
        limits: Limits,
        guests: int = 0,
    ) -> Job:
        raise AssertionError("nothing is started")


class Open(Isolating):
    isolates = False


class Counting:
    """A backend that writes the kernel's text as its library, and counts."""

    name = "counting"

    def __init__(self, fingerprint: str = "compiler 1", fails: bool = False) -> None:
        self.fingerprint, self.fails, self.builds = fingerprint, fails, 0

    def build(self, kernel: str, task: Task, *, sandbox: Sandbox, folder: Path) -> Built | BuildFailed | TimedOut:
        self.builds += 1
        if self.fails:
            return BuildFailed("no")
        (folder / "kernel.so").write_text(kernel)
        return Built(folder / "kernel.so", "f", (Parameter("x", "float32", pointer=True, const=True),), ("vectorized",))


class House:
    def __init__(self, folder: Path) -> None:
        self.folder, self.cache, self.made = folder, folder / "cache", 0

    def build(
        self, backend: Counting, kernel: str = "k", *, task: Task = TASK, sandbox: Sandbox = Isolating()
    ) -> Built | BuildFailed | TimedOut:
        """As another process would: a new object, and a folder of its own."""
        self.made += 1
        folder = self.folder / f"build-{self.made}"
        folder.mkdir()
        return cache.Remembering(backend, self.cache).build(kernel, task, sandbox=sandbox, folder=folder)


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def test_the_same_text_is_built_once_and_comes_back_as_it_was(house: House) -> None:
    backend = Counting()
    first, second = house.build(backend), house.build(backend)
    assert backend.builds == 1
    assert isinstance(first, Built)
    assert isinstance(second, Built)
    assert second.artifact.parent == house.folder / "build-2"
    assert second.artifact.read_text() == "k"
    assert replace(first, artifact=second.artifact) == second


@pytest.mark.parametrize("other", ["text", "compiler", "sandbox"])
def test_whatever_else_decides_is_another_entry(house: House, other: str) -> None:
    house.build(Counting())
    backend = Counting("compiler 2" if other == "compiler" else "compiler 1")
    sandbox = Isolating()
    sandbox.name = "other walls" if other == "sandbox" else sandbox.name
    house.build(backend, "another" if other == "text" else "k", sandbox=sandbox)
    assert backend.builds == 1


def test_nothing_is_taken_or_kept_where_kernels_could_write_to_it(house: House) -> None:
    backend = Counting()
    house.build(backend, sandbox=Open())
    assert not house.cache.exists()
    house.build(backend)
    house.build(backend, sandbox=Open())
    assert backend.builds == 3


def test_modules_and_failures_are_not_kept(house: House) -> None:
    backend = Counting(fails=True)
    assert house.build(backend) == house.build(backend) == BuildFailed("no")
    house.build(backend, task=replace(TASK, form=Form.KERNELBENCH))
    assert backend.builds == 3
    assert not house.cache.exists()


@pytest.mark.parametrize("file", ["artifact", "entry.json"])
@pytest.mark.parametrize("content", [b"", b"other", None])
def test_an_entry_that_was_changed_is_built_again(house: House, file: str, content: bytes | None) -> None:
    house.build(Counting())
    (entry,) = house.cache.iterdir()
    (entry / file).unlink()
    if content is not None:
        (entry / file).write_bytes(content)
    backend = Counting()
    found = house.build(backend)
    assert backend.builds == 1
    assert isinstance(found, Built)
    house.build(backend)
    assert backend.builds == 1


def test_entries_are_read_only_and_belong_to_the_user(house: House) -> None:
    house.build(Counting())
    (entry,) = house.cache.iterdir()
    assert {path.stat().st_mode & 0o777 for path in entry.iterdir()} == {0o400}
    assert entry.stat().st_mode & 0o077 == 0


def test_many_processes_at_once_leave_one_whole_entry(house: House) -> None:
    with ThreadPoolExecutor(8) as pool:
        folders = [house.folder / f"p{n}" for n in range(32)]
        for folder in folders:
            folder.mkdir()
        builders = [cache.Remembering(Counting(), house.cache) for _ in folders]
        pairs = zip(builders, folders, strict=True)
        made = list(pool.map(lambda p: p[0].build("k", TASK, sandbox=Isolating(), folder=p[1]), pairs))
    assert all(isinstance(m, Built) and m.artifact.read_text() == "k" for m in made)
    assert [p.name for p in house.cache.iterdir() if not p.name.startswith(".")] == [
        p.name for p in house.cache.iterdir()
    ]
    backend = Counting()
    house.build(backend)
    assert backend.builds == 0


def test_a_link_in_place_of_the_library_is_not_followed(house: House) -> None:
    secret = house.folder / "secret"
    secret.write_text("ours")

    class Linking(Counting):
        def build(self, kernel: str, task: Task, *, sandbox: Sandbox, folder: Path) -> Built | BuildFailed | TimedOut:
            (folder / "kernel.so").symlink_to(secret)
            return Built(folder / "kernel.so", "f")

    house.build(Linking())
    assert not house.cache.exists()


def test_a_cache_that_cannot_be_written_is_no_failure(house: House) -> None:
    house.cache.write_text("a file in its place")
    assert isinstance(house.build(Counting()), Built)


def test_what_was_not_used_for_longest_goes_first(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "MOST_ENTRIES", 10)
    backend = Counting()
    for number in range(10):
        house.build(backend, f"k{number}")
    house.build(backend, "k0")
    assert backend.builds == 10
    for number in range(10, 13):
        house.build(backend, f"k{number}")
    assert len(list(house.cache.iterdir())) <= 10
    house.build(backend, "k0")
    assert backend.builds == 13


@pytest.mark.skipif(shutil.which("g++") is None, reason="needs the C++ compiler g++")
def test_a_real_library_comes_back_loadable(tmp_path: Path) -> None:
    import ctypes

    from kernel_gepa.backends import cpu
    from kernel_gepa.sandbox import bubblewrap

    if bubblewrap.unavailable():
        pytest.skip(str(bubblewrap.unavailable()))
    text = 'extern "C" void twice(const float* x, float* y, long n) { for (long i = 0; i < n; i++) y[i] = 2 * x[i]; }'
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        found = cache.Remembering(cpu.create(), tmp_path / "cache").build(
            text, TASK, sandbox=bubblewrap.create(), folder=tmp_path / name
        )
        assert isinstance(found, Built)
        assert hasattr(ctypes.CDLL(str(found.artifact)), "twice")
        assert found.parameters[1] == Parameter("y", "float32", pointer=True)
    assert not list((tmp_path / "two").glob("*.cpp"))
