"""Revisions of a git repository, read without touching the work tree: nothing is checked out, nothing is stashed."""

from __future__ import annotations

import os
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from kernel_gepa.errors import InfrastructureError, UsageError

LIMIT_S = 120.0

# What a task looks like from afar; whether a file is one, looking at it says.
TASKS = r"^def reference\(|^class Model\b"


@dataclass(frozen=True, slots=True)
class Repository:
    """`root` is the top of the work tree."""

    root: Path

    def commit(self, ref: str) -> str:
        """Raises UsageError for what names no commit here."""
        found = self._asked("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
        if found is None:
            raise UsageError(
                f"{ref!r} names no commit of {self.root}; fetch it first (in GitHub Actions: fetch-depth: 0)"
            )
        return found.decode().strip()

    def fork_point(self, base: str, head: str) -> str:
        """Where head left base: what base gained since is not head's doing. Raises UsageError where they never met."""
        found = self._asked("merge-base", base, head)
        if found is None:
            raise UsageError(
                f"{base[:12]} and {head[:12]} have no common commit here; is the history cut off? Fetch all of it "
                "(in GitHub Actions: fetch-depth: 0)"
            )
        return found.decode().split()[0]

    def changed(self, base: str, head: str) -> frozenset[str]:
        """Paths that differ between two commits."""
        told = self._git("diff", "--name-only", "--no-renames", "-z", base, head, "--")
        return frozenset(_names(told))

    def tasks(self, head: str) -> list[str]:
        """Python files of a commit that may define a task."""
        told = self._asked("grep", "-l", "-z", "-E", TASKS, head, "--", "*.py") or b""
        return sorted(name.partition(":")[2] for name in _names(told))

    @property
    def dirty(self) -> frozenset[str]:
        """Tracked files with changes that no commit has."""
        told = self._asked("diff", "--name-only", "-z", "HEAD", "--") or b""
        return frozenset(_names(told))

    @contextmanager
    def files(self, commit: str) -> Iterator[Path]:
        """A folder with the files of a commit, gone afterwards. Links that lead out of it are refused."""
        archive = self._git("archive", "--format=tar", commit)
        with TemporaryDirectory(prefix="kernel-gepa-ci-") as folder:
            try:
                with tarfile.open(fileobj=BytesIO(archive)) as tar:
                    tar.extractall(folder, filter="data")
            except (tarfile.TarError, OSError) as error:
                raise UsageError(f"the files of commit {commit[:12]} cannot be used: {error}") from error
            yield Path(folder).resolve()

    def _git(self, *arguments: str) -> bytes:
        done = _run(self.root, *arguments)
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip()
            raise InfrastructureError(f"git {arguments[0]} failed in {self.root}: {said[-400:]}")
        return done.stdout

    def _asked(self, *arguments: str) -> bytes | None:
        """None when git says no, which is an answer."""
        done = _run(self.root, *arguments)
        return done.stdout if done.returncode == 0 else None


def _names(told: bytes) -> list[str]:
    return [name for name in os.fsdecode(told).split("\0") if name]


def repository(folder: Path) -> Repository:
    """The one that holds `folder`. Raises UsageError where there is none."""
    done = _run(folder, "rev-parse", "--show-toplevel")
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise UsageError(f"{folder.resolve()} is in no git repository that can be read: {said[-1] if said else ''}")
    return Repository(Path(os.fsdecode(done.stdout.rstrip(b"\n"))))


def _run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Nothing that a repository configures is run: no pager, no monitor, no hook, no external diff."""
    quiet = ("--no-pager", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "diff.external=")
    environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    try:
        return subprocess.run(
            ["git", *quiet, *arguments],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=LIMIT_S,
            check=False,
        )
    except FileNotFoundError:
        raise InfrastructureError("git is not installed, and revisions are read with it; install it") from None
    except subprocess.TimeoutExpired:
        raise InfrastructureError(f"git {arguments[0]} in {folder} took longer than {LIMIT_S:g} s") from None
