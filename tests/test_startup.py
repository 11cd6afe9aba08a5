"""What loads when the command line says hello. Times are the benchmark's business: they depend on the machine."""

from __future__ import annotations

import pytest

from tests.loaded import ROOT, load

STARTUP = load(ROOT / "benchmarks" / "startup.py")


@pytest.mark.parametrize("subject", STARTUP.SUBJECTS)
def test_nothing_heavy_is_loaded_before_it_is_needed(subject: str) -> None:
    assert STARTUP.loaded(STARTUP.SUBJECTS[subject]) == ()


def test_what_is_loaded_is_seen() -> None:
    assert STARTUP.loaded("import httpx") == ("httpx",)
