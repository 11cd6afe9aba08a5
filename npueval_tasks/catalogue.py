"""The tasks: what each computes, in NumPy, and a scalar kernel that does it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from npueval_tasks.schema import Array, Entry, Operand, flat, one

I8, U8, I16, I32, BF16 = "int8", "uint8", "int16", "int32", "bfloat16"


def ins(dtype: str, low: float, high: float, *names: str) -> tuple[Operand, ...]:
    return tuple(Operand(name, dtype, flat, low, high) for name in names or ("in",))


def out(dtype: str) -> Operand:
    return Operand("out", dtype, flat)


def half(n: int) -> tuple[int, ...]:
    return (n // 2,)


def double(n: int) -> tuple[int, ...]:
    return (2 * n,)


def few(count: int) -> Callable[[int], tuple[int, ...]]:
    return lambda n: (count,)  # noqa: ARG005  of any size


def square(n: int) -> tuple[int, ...]:
    return (n, n)


def row_sums(values: Array, width: int) -> Array:
    """Sums of a sliding window, where it fits."""
    return np.convolve(values, np.ones(width, dtype=values.dtype), "valid")


LOOP = "for (uint32_t i = 0; i < {n}; i++) {\n        %s\n    }"


def each(statement: str) -> str:
    return LOOP % statement


ELEMENTWISE = (
    Entry(
        "clamp_int8", "Clamps every element to the range [-50, 60].", ins(I8, -128, 127), out(I8),
        lambda x: np.clip(x, -50, 60),
        each("int8_t x = in[i];\n        out[i] = x < -50 ? -50 : (x > 60 ? 60 : x);"),
    ),
    Entry(
        "saturating_add_int8", "Adds two vectors; sums beyond the range of int8 saturate.", ins(I8, -128, 127, "a", "b"),
        out(I8), lambda a, b: np.clip(a + b, -128, 127),
        each("int32_t s = a[i] + b[i];\n        out[i] = s < -128 ? -128 : (s > 127 ? 127 : s);"),
    ),
    Entry(
        "absdiff_uint8", "The absolute difference of two vectors.", ins(U8, 0, 255, "a", "b"), out(U8),
        lambda a, b: np.abs(a - b), each("out[i] = a[i] > b[i] ? a[i] - b[i] : b[i] - a[i];"),
    ),
    Entry(
        "axpy_bfloat16", "y = alpha * x + y.", ins(BF16, -2, 2, "x", "y"), out(BF16),
        lambda x, y, alpha: alpha * x + y, each("out[i] = (bfloat16)((float)alpha * (float)x[i] + (float)y[i]);"),
        {"alpha": (BF16, 0.75)}, tolerance=0.02,
    ),
    Entry(
        "square_bfloat16", "The square of every element.", ins(BF16, -4, 4), out(BF16), lambda x: x * x,
        each("float x = in[i];\n        out[i] = (bfloat16)(x * x);"), tolerance=0.02,
    ),
    Entry(
        "multiply_shift_int16", "The product of two vectors in Q15: (a * b) >> 15, rounded down.",
        ins(I16, -32767, 32767, "a", "b"), out(I16), lambda a, b: (a * b) >> 15,
        each("out[i] = (int16_t)(((int32_t)a[i] * (int32_t)b[i]) >> 15);"),
    ),
    Entry(
        "threshold_uint8", "255 where an element is above the threshold, else 0.", ins(U8, 0, 255), out(U8),
        lambda x, t: np.where(x > t, 255, 0), each("out[i] = in[i] > threshold ? 255 : 0;"), {"threshold": (U8, 100)},
    ),
    Entry(
        "leaky_relu_int8", "Negative elements are divided by 8, rounded down; others stay.", ins(I8, -128, 127), out(I8),
        lambda x: np.where(x < 0, x >> 3, x), each("out[i] = in[i] < 0 ? in[i] >> 3 : in[i];"),
    ),
)  # fmt: skip

SUM = "int32_t s = 0;\n    " + LOOP + "\n    *out = s;"
SINGLE = Operand("out", I32, one)
REDUCTIONS = (
    Entry("reducesum_int32", "The sum of all elements.", ins(I32, -1000, 1000), SINGLE, np.sum, SUM % "s += in[i];"),
    Entry(
        "reducemax_int32", "The largest element.", ins(I32, -100000, 100000), SINGLE, np.max,
        "int32_t s = in[0];\n    " + each("if (in[i] > s) s = in[i];") + "\n    *out = s;",
    ),
    Entry(
        "sumsquares_int16", "The sum of the squares.", ins(I16, -500, 500), SINGLE, lambda x: np.sum(x * x),
        SUM % "s += (int32_t)in[i] * (int32_t)in[i];",
    ),
    Entry(
        "mean_bfloat16", "The mean of all elements.", ins(BF16, 0, 4), Operand("out", BF16, one), np.mean,
        "float s = 0;\n    " + each("s += (float)in[i];") + "\n    *out = (bfloat16)(s / {n}.0f);", tolerance=0.02,
    ),
    Entry(
        "countpositive_int8", "How many elements are positive.", ins(I8, -128, 127), SINGLE, lambda x: np.sum(x > 0),
        SUM % "if (in[i] > 0) s++;",
    ),
)  # fmt: skip

TAPS = Operand("taps", I16, few(3), -100, 100)
FIR = Operand("taps", BF16, few(8), -1, 1)
WINDOWS = (
    Entry(
        "conv1d_k3_int16", "A filter of three taps, where it fits; 32-bit sums.", (*ins(I16, -1000, 1000), TAPS),
        Operand("out", I32, lambda n: (n - 2,)), lambda x, taps: np.convolve(x, taps[::-1], "valid"),
        "for (uint32_t i = 0; i < {n} - 2; i++) {\n        int32_t s = 0;\n        for (uint32_t k = 0; k < 3; k++)"
        "\n            s += (int32_t)in[i + k] * (int32_t)taps[k];\n        out[i] = s;\n    }",
    ),
    Entry(
        "fir8_bfloat16", "A filter of eight taps, where it fits.", (*ins(BF16, -2, 2), FIR),
        Operand("out", BF16, lambda n: (n - 7,)), lambda x, taps: np.convolve(x, taps[::-1], "valid"),
        "for (uint32_t i = 0; i < {n} - 7; i++) {\n        float s = 0;\n        for (uint32_t k = 0; k < 8; k++)"
        "\n            s += (float)in[i + k] * (float)taps[k];\n        out[i] = (bfloat16)s;\n    }", tolerance=0.03,
    ),
    Entry(
        "maxpool1d_int16", "The larger of each pair of neighbours.", ins(I16, -30000, 30000), Operand("out", I16, half),
        lambda x: x.reshape(-1, 2).max(axis=1),
        "for (uint32_t i = 0; i < {n} / 2; i++) {\n        int16_t a = in[2 * i], b = in[2 * i + 1];"
        "\n        out[i] = a > b ? a : b;\n    }",
    ),
    Entry(
        "avgpool1d_int16", "The mean of each pair of neighbours, rounded down.", ins(I16, -30000, 30000),
        Operand("out", I16, half), lambda x: x.reshape(-1, 2).sum(axis=1) >> 1,
        "for (uint32_t i = 0; i < {n} / 2; i++)\n        out[i] = ((int32_t)in[2 * i] + (int32_t)in[2 * i + 1]) >> 1;",
    ),
    Entry(
        "box3_int16", "The sum of an element and its two neighbours to the right, where they are.", ins(I16, -9000, 9000),
        Operand("out", I16, lambda n: (n - 2,)), lambda x: row_sums(x, 3),
        "for (uint32_t i = 0; i < {n} - 2; i++)\n        out[i] = in[i] + in[i + 1] + in[i + 2];",
    ),
)  # fmt: skip

PRODUCT = """for (uint32_t i = 0; i < {n}; i++) {
        for (uint32_t j = 0; j < {n}; j++) {
            int32_t s = 0;
            for (uint32_t k = 0; k < {n}; k++) s += (int32_t)a[i * {n} + k] * (int32_t)b[k * {n} + j];
            out[i * {n} + j] = s;
        }
    }"""
VECTOR = Operand("v", BF16, flat, -1, 1)
MATRICES = (
    Entry(
        "matmul_int8", "The product of two square matrices, 32-bit sums.",
        (Operand("a", I8, square), Operand("b", I8, square)), Operand("out", I32, square), np.matmul, PRODUCT, sizes=(16, 32),
    ),
    Entry(
        "matmul_int16", "The product of two square matrices, 32-bit sums.",
        (Operand("a", I16, square, -999, 999), Operand("b", I16, square, -999, 999)), Operand("out", I32, square),
        np.matmul, PRODUCT, sizes=(8, 16, 32),
    ),
    Entry(
        "matvec_bfloat16", "A square matrix times a vector.", (Operand("m", BF16, square, -1, 1), VECTOR), out(BF16),
        lambda m, v: m @ v,
        "for (uint32_t i = 0; i < {n}; i++) {\n        float s = 0;\n        for (uint32_t k = 0; k < {n}; k++)"
        "\n            s += (float)m[i * {n} + k] * (float)v[k];\n        out[i] = (bfloat16)s;\n    }",
        sizes=(16, 32), tolerance=0.03,
    ),
    Entry(
        "outer_int8", "All products of two vectors, as 16 bits.", ins(I8, -128, 127, "a", "b"), Operand("out", I16, square),
        np.outer,
        "for (uint32_t i = 0; i < {n}; i++)\n        for (uint32_t j = 0; j < {n}; j++)"
        "\n            out[i * {n} + j] = (int16_t)a[i] * (int16_t)b[j];", sizes=(16, 32, 64),
    ),
)  # fmt: skip

MOVES = (
    Entry("reverse_int16", "The elements in reverse order.", ins(I16, -30000, 30000), out(I16), lambda x: x[::-1],
          each("out[i] = in[{n} - 1 - i];")),
    Entry(
        "transpose_int8", "The transpose of a square matrix.", (Operand("in", I8, square),), Operand("out", I8, square),
        np.transpose,
        "for (uint32_t i = 0; i < {n}; i++)\n        for (uint32_t j = 0; j < {n}; j++)"
        "\n            out[j * {n} + i] = in[i * {n} + j];", sizes=(16, 32),
    ),
    Entry(
        "interleave_bfloat16", "Elements of two vectors, in turns.", ins(BF16, -8, 8, "a", "b"), Operand("out", BF16, double),
        lambda a, b: np.stack([a, b], axis=1),
        each("out[2 * i] = a[i];\n        out[2 * i + 1] = b[i];"), sizes=(128, 256, 512),
    ),
    Entry("rotate_int32", "The elements moved 5 places to the front; the first five come last.", ins(I32, -99999, 99999),
          out(I32), lambda x: np.roll(x, -5), each("out[i] = in[(i + 5) % {n}];")),
)  # fmt: skip

CASTS = (
    Entry(
        "cast_int16_int8", "To int8; what does not fit saturates.", ins(I16, -300, 300), out(I8),
        lambda x: np.clip(x, -128, 127), each("int16_t x = in[i];\n        out[i] = x < -128 ? -128 : (x > 127 ? 127 : x);"),
    ),
    Entry("cast_int8_int16", "To int16.", ins(I8, -128, 127), out(I16), lambda x: x, each("out[i] = in[i];")),
    Entry("cast_int32_bfloat16", "To bfloat16.", ins(I32, -9999, 9999), out(BF16), lambda x: x,
          each("out[i] = (bfloat16)(float)in[i];")),
    Entry(
        "dequantize_int8_bfloat16", "Every element times the scale.", ins(I8, -128, 127), out(BF16),
        lambda x, scale: x * scale, each("out[i] = (bfloat16)((float)in[i] * (float)scale);"), {"scale": (BF16, 0.0625)},
        tolerance=0.02,
    ),
)  # fmt: skip

ENTRIES = (*ELEMENTWISE, *REDUCTIONS, *WINDOWS, *MATRICES, *MOVES, *CASTS)
