"""One example of each rewrite, before and after."""

from __future__ import annotations

from textwrap import dedent, indent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel_gepa.proposers.transform.catalogue import rewrites
from kernel_gepa.proposers.transform.source import Source

from .compiled import NAMES, sample

KERNELS = tuple(map(sample, NAMES))

HEAD = 'extern "C" void f(const float* x, const float* a, float* y, int64_t m, int64_t n) {'


def kernel(body: str, *, above: str = "") -> str:
    return f"{dedent(above)}{HEAD}\n{indent(dedent(body).strip(), '    ')}\n}}\n"


def rewritten(text: str, name: str) -> str:
    return {r.name: r.text for r in rewrites(text)}[name]


def offered(text: str) -> set[str]:
    return {r.kind for r in rewrites(text)}


SUM = """
    float s = 0.0f;
    for (int64_t j = 0; j < n; ++j) {
        s += x[j];
    }
    y[0] = s;
"""
SCALE = """
    for (int64_t j = 0; j < n; ++j) {
        y[j] = x[j] / a[0];
    }
"""
PRODUCT = """
    for (int64_t j = 0; j < n; ++j) {
        float s = 0.0f;
        for (int64_t k = 0; k < m; ++k) {
            s += a[k] * x[k * n + j];
        }
        y[j] = s * 2.0f;
    }
"""
COPY = """
    for (int64_t i = 0; i < m; ++i) {
        for (int64_t j = 0; j < n; ++j) {
            y[i * n + j] = x[i * n + j];  // one row after the other
        }
    }
"""


def test_fast_math_is_asked_for_in_a_build_line_at_the_top() -> None:
    assert rewritten(kernel(SUM), "fast_math()") == "// build: -ffast-math\n" + kernel(SUM)


def test_flags_are_added_to_the_build_line_that_is_there() -> None:
    text = "// The sum.\n// build: -ffast-math\n" + kernel(SUM)
    made = rewritten(text, "flags(-funroll-loops)")
    assert made == "// The sum.\n// build: -ffast-math -funroll-loops\n" + kernel(SUM)
    assert "fast_math" not in offered(text)


def test_a_build_line_with_choices_is_left_to_tune() -> None:
    text = "// build: -O2  // tune: -O2 | -O3\n" + kernel(SUM)
    assert not {"fast_math", "flags"} & offered(text)


def test_restrict_is_said_of_every_pointer_once() -> None:
    text = 'extern "C" void f(const float* x, float *y, float* __restrict__ z, int64_t n) { y[0] = x[0] + z[n]; }\n'
    made = rewritten(text, "restrict(f)")
    assert "(const float* __restrict__ x, float * __restrict__ y, float* __restrict__ z, int64_t n)" in made
    assert "restrict" not in offered(made)


def test_simd_names_the_reduction_and_is_not_said_twice() -> None:
    made = rewritten(kernel(SUM), "simd(j)")
    assert "    #pragma omp simd reduction(+:s)\n    for (int64_t j = 0; j < n; ++j) {\n" in made
    assert not {"simd", "unroll", "accumulators"} & offered(made)


def test_a_pragma_before_a_loop_without_braces_of_its_own_gets_them() -> None:
    text = kernel("for (int64_t i = 0; i < m; ++i)\n    for (int64_t j = 0; j < n; ++j)\n        y[j] += x[i];")
    expected = """
        for (int64_t i = 0; i < m; ++i) {
            #pragma GCC unroll 4  // tune: 2, 4, 8, 16
            for (int64_t j = 0; j < n; ++j)
                y[j] += x[i];
        }
    """
    assert rewritten(text, "unroll(j)") == kernel(expected)


def test_a_comment_before_such_a_loop_does_not_swallow_the_brace() -> None:
    text = kernel("for (int64_t i = 0; i < m; ++i)  // rows\n    for (int64_t j = 0; j < n; ++j) y[j] += x[i];")
    assert "for (int64_t i = 0; i < m; ++i) {  // rows\n" in rewritten(text, "unroll(j)")


def test_threads_are_offered_for_outermost_loops_that_share_nothing() -> None:
    assert "    #pragma omp parallel for\n    for (int64_t i" in rewritten(kernel(COPY), "parallel(i)")
    assert "parallel" not in offered(kernel(SUM))
    scratch = "float t[8];\nfor (int64_t i = 0; i < m; ++i) { t[0] = x[i]; y[i] = t[0]; }"
    assert "parallel" not in offered(kernel(scratch))


def test_interchange_makes_the_row_the_inner_loop() -> None:
    before = """
        for (int64_t j = 0; j < n; ++j) {
            for (int64_t i = 0; i < m; ++i) {
                y[i * n + j] = x[i * n + j];
            }
        }
    """
    after = """
        for (int64_t i = 0; i < m; ++i) {
            for (int64_t j = 0; j < n; ++j) {
                y[i * n + j] = x[i * n + j];
            }
        }
    """
    assert rewritten(kernel(before), "interchange(j, i)") == kernel(after)
    assert "interchange" not in offered(kernel(after))


def test_expansion_accumulates_in_the_output_row() -> None:
    after = """
        for (int64_t j = 0; j < n; ++j) {
            y[j] = 0.0f;
        }
        for (int64_t k = 0; k < m; ++k) {
            for (int64_t j = 0; j < n; ++j) {
                y[j] += a[k] * x[k * n + j];
            }
        }
        for (int64_t j = 0; j < n; ++j) {
            y[j] = y[j] * 2.0f;
        }
    """
    assert rewritten(kernel(PRODUCT), "expand(j, k)") == kernel(after)


def test_a_block_has_accumulators_of_its_own_and_the_rest_is_left_as_it_was() -> None:
    after = """
        const int64_t j_full = n / BLOCK_J * BLOCK_J;
        for (int64_t j0 = 0; j0 < j_full; j0 += BLOCK_J) {
            float s[BLOCK_J];
            for (int64_t j = j0; j < j0 + BLOCK_J; ++j) {
                s[j - j0] = 0.0f;
            }
            for (int64_t k = 0; k < m; ++k) {
                for (int64_t j = j0; j < j0 + BLOCK_J; ++j) {
                    s[j - j0] += a[k] * x[k * n + j];
                }
            }
            for (int64_t j = j0; j < j0 + BLOCK_J; ++j) {
                y[j] = s[j - j0] * 2.0f;
            }
        }
        for (int64_t j = j_full; j < n; ++j) {
            float s = 0.0f;
            for (int64_t k = 0; k < m; ++k) {
                s += a[k] * x[k * n + j];
            }
            y[j] = s * 2.0f;
        }
    """
    above = "constexpr int BLOCK_J = 32;  // tune: 8, 16, 32, 64, 128\n\n"
    assert rewritten(kernel(PRODUCT), "block(j)") == kernel(after, above=above)


def test_iterations_that_share_scratch_memory_are_not_taken_together() -> None:
    shared = """
        float t[8];
        for (int64_t j = 0; j < n; ++j) {
            float s = 0.0f;
            for (int64_t k = 0; k < 8; ++k) t[k] = x[k * n + j];
            for (int64_t k = 0; k < 8; ++k) s += t[k] * x[k * n + j];
            y[j] = s;
        }
    """
    assert "block" not in offered(kernel(shared))


def test_clipping_moves_a_bounds_test_into_the_bounds() -> None:
    before = """
        for (int64_t j = 0; j < n; ++j) {
            const int64_t c = j + m - 1;
            if (c < 0 || c >= n || m > 3) continue;
            y[j] += x[c];
        }
    """
    after = """
        if (m <= 3) {
            const int64_t j_low = -(m - 1) > 0 ? -(m - 1) : 0;
            const int64_t j_high = n - (m - 1) < n ? n - (m - 1) : n;
            for (int64_t j = j_low; j < j_high; ++j) {
                const int64_t c = j + m - 1;
                y[j] += x[c];
            }
        }
    """
    assert rewritten(kernel(before), "clip(j)") == kernel(after)
    positive = before.replace("c < 0 || c >= n || m > 3) continue;", "c >= 0 && c < n && m <= 3)")
    assert rewritten(kernel(positive), "clip(j)") == kernel(after)


def test_jam_does_a_few_outer_iterations_for_each_inner_one() -> None:
    before = """
        for (int64_t k = 0; k < m; ++k) {
            for (int64_t j = 0; j < n; ++j) {
                y[j] += a[k] * x[k * n + j];
            }
        }
    """
    after = """
        const int64_t k_full = m / JAM_K * JAM_K;
        for (int64_t k0 = 0; k0 < k_full; k0 += JAM_K) {
            for (int64_t j = 0; j < n; ++j) {
                for (int64_t k = k0; k < k0 + JAM_K; ++k) {
                    y[j] += a[k] * x[k * n + j];
                }
            }
        }
        for (int64_t k = k_full; k < m; ++k) {
            for (int64_t j = 0; j < n; ++j) {
                y[j] += a[k] * x[k * n + j];
            }
        }
    """
    assert rewritten(kernel(before), "jam(k, j)") == kernel(
        after, above="constexpr int JAM_K = 4;  // tune: 2, 4, 8\n\n"
    )


def test_tiles_keep_comments_and_declare_their_size_as_a_knob() -> None:
    after = """
        for (int64_t j0 = 0; j0 < n; j0 += TILE_J) {
            const int64_t j_end = j0 + TILE_J < n ? j0 + TILE_J : n;
            for (int64_t i = 0; i < m; ++i) {
                for (int64_t j = j0; j < j_end; ++j) {
                    y[i * n + j] = x[i * n + j];  // one row after the other
                }
            }
        }
    """
    above = "constexpr int TILE_J = 64;  // tune: 8, 16, 32, 64, 128, 256\n\n"
    assert rewritten(kernel(COPY), "tile(j)") == kernel(after, above=above)


def test_a_second_knob_joins_the_first_and_takes_a_free_name() -> None:
    once = rewritten(kernel(COPY), "tile(j)")
    twice = rewritten(once, "tile(i, j)") if "tile(i, j)" in {r.name for r in rewrites(once)} else ""
    assert "64, 128, 256\nconstexpr int TILE_I = 64;" in twice
    assert "constexpr int TILE_J2 = 64;" in twice


def test_a_sum_is_split_into_accumulators() -> None:
    after = """
        float s = 0.0f;
        float s_part[LANES_J] = {};
        const int64_t j_full = n / LANES_J * LANES_J;
        for (int64_t j0 = 0; j0 < j_full; j0 += LANES_J) {
            for (int64_t j = j0; j < j0 + LANES_J; ++j) {
                s_part[j - j0] += x[j];
            }
        }
        for (int lane = 0; lane < LANES_J; ++lane) {
            s += s_part[lane];
        }
        for (int64_t j = j_full; j < n; ++j) {
            s += x[j];
        }
        y[0] = s;
    """
    above = "constexpr int LANES_J = 16;  // tune: 4, 8, 16, 32\n\n"
    assert rewritten(kernel(SUM), "accumulators(s)") == kernel(after, above=above)


@pytest.mark.parametrize(
    "step",
    [
        "if (x[j] > s) s = x[j];",
        "s = x[j] > s ? x[j] : s;",
        "s = std::max(s, x[j]);",
        "s = fmaxf(x[j], s);",
        "s = s < x[j] ? x[j] : s;",
    ],
)
def test_a_maximum_is_recognised_however_it_is_written(step: str) -> None:
    text = kernel(SUM.replace("s += x[j];", step))
    assert "reduction(max:s)" in rewritten(text, "simd(j)")
    assert "s = s_part[lane] > s ? s_part[lane] : s;" in rewritten(text, "accumulators(s)")


@pytest.mark.parametrize(
    "step",
    ["s = x[j] - s;", "s += x[j] * s;", "if (x[j] > s) s = x[j] * 2.0f;", "s = x[j] > s ? s : x[j];", "s *= x[j];"],
)
def test_what_is_neither_a_sum_nor_a_maximum_is_left_alone(step: str) -> None:
    assert not {"simd", "accumulators"} & offered(kernel(SUM.replace("s += x[j];", step)))


def test_a_division_by_what_never_changes_becomes_a_multiplication() -> None:
    before = "const float s = a[0];\nfor (int64_t j = 0; j < n; ++j) {\n    y[j] /= s;\n}"
    after = (
        "const float s = a[0];\nconst float inv_s = 1.0f / s;\nfor (int64_t j = 0; j < n; ++j) {\n    y[j] *= inv_s;\n}"
    )
    assert rewritten(kernel(before), "reciprocal(s)") == kernel(after)


def test_whole_numbers_and_memory_have_no_reciprocal() -> None:
    assert "reciprocal" not in offered(kernel(SCALE))
    assert "reciprocal" not in offered(kernel(SCALE.replace("a[0]", "m")))


def test_a_call_that_gives_the_same_every_time_is_made_once() -> None:
    before = "const float v = a[0];\nfor (int64_t j = 0; j < n; ++j) y[j] = std::exp(v);"
    after = "const float v = a[0];\nconst float hoisted = std::exp(v);\nfor (int64_t j = 0; j < n; ++j) y[j] = hoisted;"
    assert rewritten(kernel(before), "hoist(std::exp(v))") == kernel(after)


def test_neighbouring_loops_over_one_range_are_fused() -> None:
    before = "for (int64_t j = 0; j < n; ++j) y[j] = x[j];\nfor (int64_t j = 0; j < n; ++j) {\n    y[j] *= 2.0f;\n}"
    after = "for (int64_t j = 0; j < n; ++j) {\n    y[j] = x[j];\n    y[j] *= 2.0f;\n}"
    assert rewritten(kernel(before), "fuse(j)") == kernel(after)


def test_a_loop_that_needs_the_sum_of_the_one_before_is_not_fused_with_it() -> None:
    assert "fuse" not in offered(kernel(SUM.replace("y[0] = s;", SCALE.replace("a[0]", "s").strip())))


def test_double_is_made_float_where_the_kernel_is_on_floats() -> None:
    before = "double s = 0.5;\ns += exp(1e-5 * x[0]);\ny[0] = s + 2. + 1.5f + 3;"
    after = "float s = 0.5f;\ns += expf(1e-5f * x[0]);\ny[0] = s + 2.f + 1.5f + 3;"
    assert rewritten(kernel(before), "floats()") == kernel(after)
    assert "floats" not in offered(kernel(before).replace("float* y", "double* y"))


def test_the_second_rewrite_of_one_name_carries_a_number() -> None:
    text = kernel(SUM + SCALE)
    assert {"simd(all)", "simd(j)", "simd(j#2)"} <= {r.name for r in rewrites(text)}


def test_a_kernel_in_a_namespace_gets_its_constants_before_the_namespace() -> None:
    text = "#include <cstdint>\nint rows; namespace inner {\n" + kernel(COPY) + "}\n"
    made = rewritten(text, "tile(j)")
    assert "\nint rows; constexpr int TILE_J = 64;" in made
    assert not Source.parse(made).root.has_error


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(KERNELS), st.integers(0, 40), st.integers(1, 6), st.booleans())
def test_a_text_with_lines_missing_or_twice_is_no_reason_to_fail(
    text: str, start: int, count: int, twice: bool
) -> None:
    lines = text.splitlines(keepends=True)
    made = [*lines[: start + count], *lines[start:]] if twice else [*lines[:start], *lines[start + count :]]
    assert all(not Source.parse(r.text).root.has_error for r in rewrites("".join(made)))


def test_text_that_does_not_parse_has_no_rewrites() -> None:
    assert rewrites("for (int i = 0; i < n; ++i) {{{") == ()
