"""Benches that whole modules share: starting torch once is most of the price of a test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings

from kernel_gepa.backends import cpu
from kernel_gepa.harness.driver import Bench
from kernel_gepa.ports import Sandbox
from kernel_gepa.sandbox import bubblewrap, local

from .stands import QUICK

# Machines are busy and torch is slow to import: neither is a failure of what is tested.
settings.register_profile("calm", deadline=None)
settings.load_profile("calm")


@pytest.fixture(scope="session")
def sandbox() -> Sandbox:
    """What isolates, where it works; the bench is the same in front of either."""
    return local.create() if bubblewrap.unavailable() else bubblewrap.create()


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder whose name leaves room for that of a socket, which the system allows 107 bytes."""
    with TemporaryDirectory(prefix="kg-", ignore_cleanup_errors=True) as made:
        yield Path(made)


@pytest.fixture(scope="module")
def bench(sandbox: Sandbox) -> Iterator[Bench]:
    with Bench(cpu.Cpu(build_limit_s=20.0), sandbox, QUICK) as bench:
        yield bench
    assert not bench.folder.exists()
