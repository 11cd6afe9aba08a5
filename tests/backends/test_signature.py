"""The C signature read from a kernel's text, and the workload that is bound to it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kernel_gepa.backends.signature import exported
from kernel_gepa.domain.signature import Misfit, Parameter, bind
from kernel_gepa.domain.task import ScalarSpec, TensorSpec, Workload
from kernel_gepa.domain.verdict import BuildFailed

KERNEL = 'extern "C" void f(const float* __restrict__ x, float* y, int64_t n, float eps) { y[0] = x[0]; }\n'


def parameters(declared: str) -> tuple[Parameter, ...]:
    found = exported(f'extern "C" void f({declared}) {{}}\n')
    assert not isinstance(found, BuildFailed), found
    return found[1]


def refusal(text: str) -> str:
    found = exported(text)
    assert isinstance(found, BuildFailed), found
    return found.reason


@pytest.mark.parametrize(
    ("declared", "dtype"),
    [
        ("float v", "float32"),
        ("double v", "float64"),
        ("int v", "int32"),
        ("long v", "int64"),
        ("long int v", "int64"),
        ("long long v", "int64"),
        ("long long int v", "int64"),
        ("unsigned v", "uint32"),
        ("unsigned long v", "uint64"),
        ("unsigned long long v", "uint64"),
        ("unsigned long int v", "uint64"),
        ("signed int v", "int32"),
        ("short int v", "int16"),
        ("size_t v", "uint64"),
        ("std::size_t v", "uint64"),
        ("int64_t v", "int64"),
        ("std::int64_t v", "int64"),
        ("uint8_t v", "uint8"),
        ("bool v", "bool"),
        ("const int v", "int32"),
    ],
)
def test_a_number_is_read_in_every_spelling(declared: str, dtype: str) -> None:
    assert parameters(declared) == (Parameter("v", dtype),)


@pytest.mark.parametrize(
    "declared",
    ["const float* v", "const float *v", "float const* v", "const float* __restrict__ v", "const float* const v",
     "const float v[]", "const float v[16]", "const float *__restrict v"],
)  # fmt: skip
def test_a_pointer_to_const_is_read_in_every_spelling(declared: str) -> None:
    assert parameters(declared) == (Parameter("v", "float32", pointer=True, const=True),)


@pytest.mark.parametrize("declared", ["float* v", "float v[]", "float* const v", "float *__restrict__ v"])
def test_a_pointer_that_is_written_to_is_not_const(declared: str) -> None:
    assert parameters(declared) == (Parameter("v", "float32", pointer=True),)


@pytest.mark.parametrize(
    "text",
    [
        'extern "C" {\n' + KERNEL.removeprefix('extern "C" ') + "}\n",
        'static float g(float x) { return x; }\nextern "C" { static int h() { return 1; }\n'
        + KERNEL.removeprefix('extern "C" ')
        + "}\n",
        "#if 1\n" + KERNEL + "#endif\n",
        'extern "C" {\n#if 1\n' + KERNEL.removeprefix('extern "C" ') + "#endif\n}\n",
        "#ifdef __AVX2__\n" + KERNEL + "#else\n" + KERNEL + "#endif\n",
        'extern "C" void f(const float*, float*, int64_t, float);\n' + KERNEL,
        "namespace k {\n" + KERNEL + "}\n",
        'extern "C++" { void other(int n) {} }\n' + KERNEL,
        "template <class T> T twice(T x) { return x + x; }\n" + KERNEL,
        KERNEL.replace("void f", "__attribute__((noinline)) void f"),
    ],
    ids=["block", "helpers", "if", "if in block", "if and else", "declared before", "namespace", "c++ linkage",
         "template", "attribute"],
)  # fmt: skip
def test_the_one_exported_function_is_found(text: str) -> None:
    found = exported(text)
    assert not isinstance(found, BuildFailed), found
    assert found[0] == "f"
    assert [p.name for p in found[1]] == ["x", "y", "n", "eps"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "found none"),
        ("namespace k { void f(float* x) {} }", "found none"),
        ('extern "C" void f(float* x);', "found none"),
        ('extern "C" void f(float* x) {}\nextern "C" void g(float* x) {}', "found f, g"),
        ("#if 1\n" + KERNEL + "#else\n" + KERNEL.replace("int64_t", "int") + "#endif\n", "found f, f"),
        ('extern "C" void f(float*) {}', "no name|a name"),
        ('extern "C" void f(float** x) {}', "plain pointer"),
        ('extern "C" void f(float& x) {}', "plain pointer"),
        ('extern "C" void f(std::vector<float> x) {}', "cannot be passed"),
        ('extern "C" void f(_Float16 x) {}', "by value"),
        ('extern "C" void f(void) {}', "cannot be passed"),
    ],
)
def test_what_cannot_be_called_is_refused_with_a_sentence(text: str, said: str) -> None:
    assert re.search(said, refusal(text))


@given(st.data())
@example(None)
def test_a_text_that_is_cut_or_garbled_never_breaks_the_reader(data: Any) -> None:
    if data is None:
        exported('extern "C" { void operator() {} int x {1}; void (*g)(int) {} }')
        return
    start, end = sorted(data.draw(st.tuples(st.integers(0, len(KERNEL)), st.integers(0, len(KERNEL)))))
    exported(KERNEL[:start] + data.draw(st.text('(){}*&"C;:[]<> void', max_size=6)) + KERNEL[end:])


# ---------------------------------------------------------------- binding

X = TensorSpec("x", "float32", (3, 5), ("rows", "cols"))
BIAS = TensorSpec("bias", "float32", (5,), ("cols",))
OUT = TensorSpec("output", "float32", (3, 5))
WORKLOAD = Workload("w", (X, BIAS, ScalarSpec("eps", 0.5)), (OUT,))


def sources(declared: str, workload: Workload = WORKLOAD) -> list[object]:
    found = bind(parameters(declared), workload)
    assert not isinstance(found, Misfit), found
    return [p.source for p in found]


def test_const_pointers_are_inputs_and_the_others_outputs_wherever_they_stand() -> None:
    assert sources("float* out, const float* a, const float* b") == [OUT, X, BIAS]


def test_without_const_inputs_come_first() -> None:
    assert sources("float* a, float* b, float* out") == [X, BIAS, OUT]


def test_numbers_go_by_name_in_any_order() -> None:
    assert sources("long cols, const float* a, float eps, const float* b, float* out, long rows") == [
        5, X, 0.5, BIAS, OUT, 3,
    ]  # fmt: skip


def test_half_precision_may_be_taken_as_raw_bits() -> None:
    half = TensorSpec("x", "bfloat16", (4,))
    workload = Workload("w", (half,), (TensorSpec("output", "bfloat16", (4,)),))
    assert sources("const uint16_t* x, uint16_t* y", workload) == [half, workload.outputs[0]]


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        ("const float* a, float* out", "takes 2 pointers"),
        ("const double* a, const float* b, float* out", "points to float64, but x is"),
        ("const float* a, const float* b, float* out, long depth", "bound by name"),
    ],
)
def test_a_signature_that_cannot_take_the_workload_says_why(declared: str, said: str) -> None:
    found = bind(parameters(declared), WORKLOAD)
    assert isinstance(found, Misfit)
    assert said in found.problem
