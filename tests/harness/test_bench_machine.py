"""The bench against the machine it stands on: bounds that honest kernels keep, and a machine that is too busy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from kernel_gepa.backends import cpu
from kernel_gepa.backends.cache import users_folder
from kernel_gepa.domain.verdict import Correct, Rejected, Verdict
from kernel_gepa.harness.driver import Bench
from kernel_gepa.harness.load import processors
from kernel_gepa.harness.machine import Rates, Streams, fingerprint, rates, remember
from kernel_gepa.harness.measure import COLD_BYTES
from kernel_gepa.ports import Sandbox

from .stands import QUICK, Stand, stand
from .test_load import burners

COPY = 'extern "C" void copy(const float* x, float* y, long n)'
TASK = f'''
import torch

kernel = """
{COPY} {{ for (long i = 0; i < n; i++) y[i] = -x[i]; }}
"""


def workloads():
    return {{"large": {{"x": "float32[n=262144]"}}, "small": {{"x": "float32[n=1000]"}}}}


def reference(x):
    return -x
'''

# The most direct way to move bytes that a C++ author has.
STREAMED = f"""#include <immintrin.h>
#include <stdint.h>
{COPY} {{
    long i = 0;
#ifdef __AVX__
    const __m256 sign = _mm256_set1_ps(-0.0f);
    for (; i < n && ((uintptr_t)(y + i) & 31); i++) y[i] = -x[i];
    for (; i + 8 <= n; i += 8) {{
        _mm_prefetch((const char*)(x + i) + 1024, _MM_HINT_T0);
        _mm256_stream_ps(y + i, _mm256_xor_ps(_mm256_loadu_ps(x + i), sign));
    }}
#endif
    for (; i < n; i++) y[i] = -x[i];
}}
"""
PLAIN = f"// build: -O3\n{COPY} {{ for (long i = 0; i < n; i++) y[i] = -x[i]; }}\n"


@pytest.fixture(scope="module")
def moving(bench: Bench, sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Stand:
    return stand(bench, sandbox, tmp_path_factory.mktemp("task"), TASK)


def fractions(verdict: Verdict) -> dict[str, float]:
    assert isinstance(verdict, Correct), verdict
    assert all(m.bound is not None and m.bound.limit == "memory" for m in verdict.measurements)
    return {m.workload: m.peak_fraction or 0.0 for m in verdict.measurements}


@pytest.mark.parametrize("kernel", [PLAIN, STREAMED], ids=["plain", "streamed"])
def test_a_kernel_that_only_moves_bytes_is_near_the_bound_and_not_refused(moving: Stand, kernel: str) -> None:
    found = fractions(moving.judge(kernel))
    assert 0.02 < found["large"] < 1.5
    assert found["small"] < 1.5


@pytest.fixture
def slow_rates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rates]:
    """Remembered rates that are far too slow, as a machine in trouble would have measured them."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    slow = Rates(
        1,
        tuple(Streams(size, 1e7, 1e7, 1e7) for size in (16 << 10, 256 << 10, 4 << 20, COLD_BYTES // 4, COLD_BYTES)),
        1e7,
    )
    remember(users_folder() / f"rates-{fingerprint(1, COLD_BYTES)}.json", slow)
    assert rates(1, COLD_BYTES) == slow
    yield slow


def test_an_honest_kernel_is_not_refused_for_rates_that_a_busy_machine_showed(moving: Stand, slow_rates: Rates) -> None:
    found = fractions(moving.judge(PLAIN))
    assert 0.02 < found["large"] < 1.5
    assert rates(1, COLD_BYTES).streams[-1].read > 10 * slow_rates.streams[-1].read, "and they are right from then on"


def test_the_conditions_are_recorded_with_every_measurement(moving: Stand) -> None:
    verdict = moving.judge(PLAIN)
    assert isinstance(verdict, Correct), verdict
    for measurement in verdict.measurements:
        found = measurement.conditions
        assert found is not None
        assert found.load_before >= 0
        assert found.load_after >= 0
        assert 0 <= found.others <= processors() + 0.5
        assert 0 <= found.queued < 1
        assert not found.crowded, "one thread is timed by its CPU time"


def test_threads_without_processors_are_measured_and_said_to_be_inconclusive(
    moving: Stand, sandbox: Sandbox, bench: Bench
) -> None:
    settings = replace(QUICK, threads=processors())
    with Bench(cpu.create(), sandbox, settings) as threaded, burners(1):
        verdict = threaded.judge(PLAIN, moving.task)
    assert isinstance(verdict, Correct), verdict
    assert verdict.inconclusive
    for measurement in verdict.measurements:
        assert measurement.conditions is not None
        assert measurement.conditions.crowded
        assert any("busy with something else" in note for note in measurement.notes)


def test_verified_measurements_keep_bound_and_conditions(moving: Stand) -> None:
    verdict = moving.bench.verify(PLAIN, moving.task, ("start",), processes=2)
    assert not isinstance(verdict, Rejected)
    assert 0.02 < fractions(verdict)["large"] < 1.5
    assert isinstance(verdict, Correct)
    assert all(m.conditions is not None for m in verdict.measurements)
