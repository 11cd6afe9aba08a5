"""Checking, end to end: kernels that are right on ordinary values and wrong all the same."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from kernel_gepa.backends import cpu
from kernel_gepa.domain.verdict import Correct, Crashed, Incorrect, Verdict
from kernel_gepa.harness.driver import Bench
from kernel_gepa.ports import Sandbox

from .stands import QUICK, Stand, stand

At = Callable[[str], Stand]


@pytest.fixture
def at(bench: Bench, sandbox: Sandbox, tmp_path: Path) -> At:
    return lambda source: stand(bench, sandbox, tmp_path, source)


def own(reference: str, kernel: str, *, inputs: str = '"x": "float32[rows=21, cols=67]"', head: str = "") -> str:
    body = textwrap.indent(textwrap.dedent(reference).strip(), "    ")
    return (
        f'import torch\n\n{head}\nkernel = """\n{kernel}"""\n\n\n'
        f'def workloads():\n    return {{"w": {{{inputs}}}}}\n\n\n'
        f"def reference(x, *rest):\n{body}\n"
    )


def rows(body: str, declared: str = "", includes: str = "#include <cmath>\n#include <cstring>\n") -> str:
    """A kernel that works row by row; `x` and `y` are the row."""
    return (
        f'{includes}{declared}\nextern "C" void f(const float* in, float* out, long rows, long cols) {{\n'
        "  for (long r = 0; r < rows; r++) {\n    const float* x = in + r * cols; float* y = out + r * cols;\n"
        f"    {body}\n  }}\n}}\n"
    )


def sound(on: Stand, kernel: str) -> Verdict | None:
    """Checked, and not timed."""
    return on.bench.sound(textwrap.dedent(kernel), on.task)


def right(on: Stand, kernel: str) -> bool:
    verdict = sound(on, kernel)
    assert verdict is None, verdict
    return True


def complaint(verdict: Verdict | None) -> str:
    assert isinstance(verdict, Incorrect), verdict
    return verdict.mismatches[0].what


SOFTMAX = """
    float top = TOP, sum = 0;
    for (long c = 0; c < cols; c++) { y[c] = std::exp(x[c] - top); sum += y[c]; }
    for (long c = 0; c < cols; c++) y[c] /= sum;
"""
SAFE = "x[0]; for (long c = 1; c < cols; c++) top = std::fmax(top, x[c])"
NAIVE, GOOD = rows(SOFTMAX.replace("TOP", "0")), rows(SOFTMAX.replace("TOP, sum = 0", f"{SAFE}; float sum = 0"))


# ---------------------------------------------------------------- values


def test_a_softmax_that_does_not_subtract_the_maximum_fails_on_large_values(at: At) -> None:
    on = at(own("return torch.softmax(x, dim=-1)", GOOD))
    assert right(on, GOOD)
    said = complaint(sound(on, NAIVE))
    assert re.search(r"are wrong, on inputs where x is scaled by -?\S+$", said), said


def test_a_task_may_do_without_stress(at: At) -> None:
    on = at(own("return torch.softmax(x, dim=-1)", GOOD, head="stress = False"))
    assert right(on, NAIVE)


def test_a_kernel_that_clips_what_it_does_not_expect_ignores_an_outlier(at: At) -> None:
    sums = "float sum = 0; for (long c = 0; c < cols; c++) { sum += x[c]; y[c] = sum; }"
    clipped = sums.replace("+= x[c]", "+= std::fmin(std::fmax(x[c], -9.0f), 9.0f)")
    on = at(own("return torch.cumsum(x, dim=-1)", rows(sums), head='stress = ["outliers"]'))
    assert right(on, rows(sums))
    assert "x is mixed with outliers" in complaint(sound(on, rows(clipped)))


def test_an_epsilon_of_another_size_shows_on_small_values(at: At) -> None:
    norm = """
        float sum = 0; for (long c = 0; c < cols; c++) sum += x[c] * x[c];
        float s = 1 / std::sqrt(sum / cols + EPS); for (long c = 0; c < cols; c++) y[c] = x[c] * s;
    """
    task = own("return x * torch.rsqrt(x.pow(2).mean(dim=-1, keepdim=True) + 1e-6)",
               rows(norm.replace("EPS", "1e-6f")), head='stress = ["scale"]')  # fmt: skip
    on = at(task)
    assert right(on, rows(norm.replace("EPS", "1e-6f")))
    assert re.search(r"scaled by 0\.0|scaled by \S+e-05", complaint(sound(on, rows(norm.replace("EPS", "4e-6f")))))


def test_a_whole_row_of_zeros_must_not_become_nan(at: At) -> None:
    scaled = "float m = 0; for (long c = 0; c < cols; c++) m = std::fmax(m, std::fabs(x[c])); LEAST " \
        "for (long c = 0; c < cols; c++) y[c] = x[c] / m;"  # fmt: skip
    good, bad = scaled.replace("LEAST", "m = std::fmax(m, 1e-12f);"), scaled.replace("LEAST", "")
    on = at(own("return x / x.abs().amax(dim=-1, keepdim=True).clamp(min=1e-12)", rows(good),
                head='stress = ["zeros"]'))  # fmt: skip
    assert right(on, rows(good))
    verdict = sound(on, rows(bad))
    assert re.search("zero in half of its rows|all zeros", complaint(verdict))
    assert isinstance(verdict, Incorrect)
    assert any("NaN" in d for d in verdict.mismatches[0].details)


def test_a_module_with_positive_draws_is_checked_on_negative_values_too(at: At) -> None:
    task = """
    import torch
    from torch import nn


    class Model(nn.Module):
        def forward(self, x, mask):
            return torch.relu(x) * mask


    def get_inputs():
        return [torch.rand(19, 33), torch.rand(19, 33) > 0.5]


    def get_init_inputs():
        return []
    """
    new = """
    from torch import nn


    class ModelNew(nn.Module):
        def forward(self, x, mask):
            assert set(mask.unique().tolist()) == {False, True}
            return x.where(x > LEAST, 0) * mask
    """
    on = at(task)
    assert right(on, new.replace("LEAST", "0"))
    said = complaint(sound(on, new.replace("LEAST", "-1e30")))
    assert "on inputs where input0 is" in said, said


def test_lost_precision_is_wrong_and_told_as_a_multiple_of_what_is_allowed(at: At) -> None:
    half = """static float cut(float v) {
        unsigned bits; std::memcpy(&bits, &v, 4); bits &= 0xffffe000u; std::memcpy(&v, &bits, 4); return v;
    }"""
    sums = "float sum = 0; for (long c = 0; c < cols; c++) { sum += x[c] * x[c]; y[c] = sum; }"
    on = at(own("return torch.cumsum(x * x, dim=-1)", rows(sums)))
    assert right(on, rows(sums))
    verdict = sound(on, rows(sums.replace("x[c] * x[c]", "cut(x[c]) * cut(x[c])"), declared=half))
    complaint(verdict)
    assert isinstance(verdict, Incorrect)
    assert any(re.search(r"off by up to \S+ times what is allowed", d) for d in verdict.mismatches[0].details)
    flat = at(own("return torch.cumsum(x * x, dim=-1)", rows(sums), head='tolerance = {"rtol": 1e-2, "atol": 1e-2}'))
    assert right(flat, rows(sums.replace("x[c] * x[c]", "cut(x[c]) * cut(x[c])"), declared=half))


def test_stressed_inputs_on_which_the_reference_fails_are_left_out_and_told(at: At) -> None:
    copy = "for (long c = 0; c < cols; c++) y[c] = 2 * x[c];"
    task = own("assert 2.5 < x.abs().max() < 7, 'out of range'\nreturn 2 * x", rows(copy), head='stress = ["scale"]')
    verdict = at(task).judge(rows(copy))
    assert isinstance(verdict, Correct), verdict
    assert any(
        re.search(r"not checked on inputs where x is scaled by \S+: the reference", n)
        for n in verdict.measurements[0].notes
    )


def test_where_the_reference_is_not_finite_a_kernel_may_not_be_either(at: At) -> None:
    logs = "for (long c = 0; c < cols; c++) y[c] = EXPR;"
    on = at(own("return torch.log(x)", rows(logs.replace("EXPR", "std::log(x[c])"))))
    assert right(on, on.task.kernel)
    assert "are wrong" in complaint(sound(on, rows(logs.replace("EXPR", "x[c] < 0 ? 0 : std::log(x[c])"))))


def test_integers_are_stressed_within_their_range_only(at: At) -> None:
    task = """
    import torch

    kernel = \"\"\"
    extern "C" void f(const int* x, int* y, long n, long bins) {
        for (long b = 0; b < bins; b++) y[b] = 0;
        for (long i = 0; i < n; i++) { if (x[i] < 0 || x[i] >= bins) __builtin_trap(); y[x[i]]++; }
    }
    \"\"\"


    def workloads():
        return {"w": {"x": "int32[n=4001] ~ integers(0, 50)", "bins": 50}}


    def reference(x, bins):
        return torch.bincount(x, minlength=bins).to(torch.int32)
    """
    on = at(task)
    for _ in range(3):
        assert isinstance(on.bench.sound(on.task.kernel, on.task), type(None))
    assert "are wrong" in complaint(sound(on, on.task.kernel.replace("y[x[i]]++", "y[x[i]] += i != n - 1")))


def test_a_crash_under_stress_says_on_which_inputs(at: At) -> None:
    doubled = "for (long c = 0; c < cols; c++) { TRAP y[c] = 2 * x[c]; }"
    on = at(own("return 2 * x", rows(doubled.replace("TRAP", "")), head='stress = ["scale", "outliers"]'))
    verdict = sound(on, rows(doubled.replace("TRAP", "if (std::fabs(x[c]) > 50) __builtin_trap();")))
    assert isinstance(verdict, Crashed), verdict
    assert "on inputs where x is" in verdict.reason


# ---------------------------------------------------------------- behaviour


def test_a_kernel_that_counts_its_calls_gives_another_answer_again(at: At) -> None:
    doubled = "for (long c = 0; c < cols; c++) y[c] = 2 * x[c];"
    on = at(own("return 2 * x", rows(doubled)))
    once = doubled + " if (r == 0 && ++calls > 7) y[3] += 1;"
    assert "gives another answer when it is launched again on the same inputs: 1 of 1407" in complaint(
        sound(on, rows(once, declared="static int calls;"))
    )


def test_results_that_differ_within_the_tolerance_are_told(at: At) -> None:
    doubled = "for (long c = 0; c < cols; c++) y[c] = 2 * x[c];"
    on = at(own("return 2 * x", rows(doubled)))
    verdict = on.judge(rows(doubled + " y[0] *= 1 + 1e-6f * (calls++ % 5);", declared="static int calls;"))
    assert isinstance(verdict, Correct), verdict
    assert "its results differ a little from launch to launch" in verdict.measurements[0].notes
    assert not any("differ" in n for n in native_notes(on))


def native_notes(on: Stand) -> tuple[str, ...]:
    verdict = on.judge(on.task.kernel)
    assert isinstance(verdict, Correct), verdict
    return verdict.measurements[0].notes


def test_a_kernel_that_comes_back_to_an_earlier_output_is_told_so(at: At) -> None:
    doubled = "for (long c = 0; c < cols; c++) y[c] = 2 * x[c];"
    on = at(own("return 2 * x", rows(doubled)))
    late = doubled + " if (r == 0) { if (before) before[5] += 1; before = y; }"
    assert "what belongs to an earlier launch changed" in complaint(
        sound(on, rows(late, declared="static float* before;"))
    )


@pytest.fixture(scope="module")
def loose(sandbox: Sandbox) -> Iterator[Bench]:
    with Bench(cpu.create(), sandbox, replace(QUICK, strict=False)) as bench:
        yield bench


def test_a_thread_that_finishes_after_the_return_is_told_so(loose: Bench, sandbox: Sandbox, tmp_path: Path) -> None:
    doubled = "for (long c = 0; c < cols; c++) y[c] = 2 * x[c];"
    on = stand(loose, sandbox, tmp_path, own("return 2 * x", rows(doubled)))
    late = rows(
        "std::thread([=] { std::this_thread::sleep_for(std::chrono::milliseconds(2)); " + doubled + " }).detach();",
        includes="#include <thread>\n#include <chrono>\n",
    )
    assert "goes on writing after it has returned" in complaint(sound(on, late))


# ---------------------------------------------------------------- what Python kernels return

COPYING = """
import torch
from torch import nn


class Model(nn.Module):
    def forward(self, x):
        return BODY


def get_inputs():
    return [torch.randn(23, 41)]


def get_init_inputs():
    return []
"""
NEW = """
import torch
from torch import nn


class ModelNew(nn.Module):
    def __init__(self):
        super().__init__()
        self.out = None

    def forward(self, x):
        BODY
"""


def test_memory_of_an_input_is_no_output_of_its_own(at: At) -> None:
    on = at(COPYING.replace("BODY", "x.clone()"))
    assert right(on, NEW.replace("BODY", "return x * 1"))
    for body in ("return x", "return x.view(23, 41)", "return x.t().t()"):
        assert "returns memory of its input" in complaint(sound(on, NEW.replace("BODY", body)))


def test_where_the_reference_returns_a_view_a_kernel_may_too(at: At) -> None:
    on = at(COPYING.replace("BODY", "x.t()"))
    assert right(on, NEW.replace("BODY", "return x.permute(1, 0)"))
    assert right(on, NEW.replace("BODY", "return x.t().contiguous()"))


def test_one_output_for_all_launches_is_told_so(at: At) -> None:
    on = at(COPYING.replace("BODY", "x * 2"))
    body = "self.out = torch.empty_like(x) if self.out is None else self.out; return torch.mul(x, 2, out=self.out)"
    assert "returns memory that it uses again" in complaint(sound(on, NEW.replace("BODY", body)))


# ---------------------------------------------------------------- what is worth a launch


def test_draws_with_a_dull_answer_are_replaced(at: At) -> None:
    """Zeros for every second draw: a kernel that returns zeros must not live on them."""
    above = """
        float m = x[0]; for (long c = 1; c < cols; c++) m = std::fmax(m, x[c]);
        for (long c = 0; c < cols; c++) y[c] = std::fmax(m - 1.55f, 0.0f);
    """
    reference = "return (x.amax(dim=-1, keepdim=True) - 1.55).clamp(min=0).expand_as(x).clone()"
    on = at(own(reference, rows(above), inputs='"x": "float32[rows=1, cols=11]"', head="stress = False"))
    for _ in range(5):
        assert on.bench.sound(on.task.kernel, on.task) is None
        assert isinstance(on.bench.sound(rows("std::memset(y, 0, cols * 4);"), on.task), Incorrect)


def test_a_reference_that_cannot_be_computed_in_float64_is_compared_in_its_own_types(at: At) -> None:
    doubled = "for (long c = 0; c < cols; c++) y[c] = 2 * x[c];"
    on = at(own("return x @ (2 * torch.eye(x.shape[1]))", rows(doubled)))
    assert "cannot be computed in float64" in on.task.warnings[-1]
    assert right(on, rows(doubled))
    assert "are wrong" in complaint(sound(on, rows(doubled.replace("2 *", "2.001f *"))))
