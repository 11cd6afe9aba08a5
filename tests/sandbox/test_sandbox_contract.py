"""Every sandbox keeps the promises of the contract suite."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kernel_gepa.errors import SandboxError
from kernel_gepa.ports import Limits, Mount, Sandbox
from kernel_gepa.sandbox import bubblewrap, local
from kernel_gepa.testing.sandbox_contract import ISOLATION, PROMISES

Promise = Callable[[Sandbox, Path], None]

bubbles = pytest.mark.skipif(bubblewrap.unavailable() is not None, reason=bubblewrap.unavailable() or "")
SANDBOXES = [local.create(), pytest.param(bubblewrap.create(), marks=bubbles)]


def named(value: object) -> str:
    return str(getattr(value, "__name__", None) or getattr(value, "name", ""))


@pytest.mark.parametrize("sandbox", SANDBOXES, ids=named)
@pytest.mark.parametrize("promise", PROMISES, ids=named)
def test_a_sandbox_keeps_the_promise(promise: Promise, sandbox: Sandbox, tmp_path: Path) -> None:
    promise(sandbox, tmp_path)


@bubbles
@pytest.mark.parametrize("promise", ISOLATION, ids=named)
def test_a_sandbox_that_isolates_keeps_the_promise(promise: Promise, tmp_path: Path) -> None:
    sandbox = bubblewrap.create()
    assert sandbox.isolates
    promise(sandbox, tmp_path)


def test_no_sandbox_at_all_does_not_claim_to_isolate() -> None:
    assert not local.create().isolates


def test_a_command_that_does_not_exist_is_not_silent(tmp_path: Path) -> None:
    job = local.create().start(["/no/such/program"], folder=tmp_path, environment={}, limits=Limits())
    ended = job.wait(10)
    job.kill()
    assert ended is not None
    assert ended.code != 0
    assert "/no/such/program" in ended.stderr


def test_a_folder_that_does_not_exist_is_the_houses_fault(tmp_path: Path) -> None:
    with pytest.raises(SandboxError):
        local.create().start(["true"], folder=tmp_path / "none", environment={}, limits=Limits())


@bubbles
def test_a_mount_that_does_not_exist_is_the_houses_fault(tmp_path: Path) -> None:
    sandbox, missing = bubblewrap.create(), Mount(tmp_path / "none")
    job = sandbox.start(["true"], folder=tmp_path, mounts=(missing,), environment={}, limits=Limits())
    with pytest.raises(SandboxError, match="bubblewrap could not start the job"):
        job.wait(10)
    job.kill()
