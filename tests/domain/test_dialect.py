"""Which native kernels are C, as far as their text tells."""

from __future__ import annotations

import pytest

from kernel_gepa.domain.dialect import is_c, suffix

C = "#include <math.h>\nvoid f(const float *restrict x, float *restrict y, long n) { y[0] = x[n - 1]; }\n"


@pytest.mark.parametrize(
    "text",
    [
        C,
        "static int twice(int a) { return 2 * a; }\n" + C,
        '// what C++ calls extern "C" is usual here\n' + C,
        "/* template <class T>, std::vector,\n   namespace */" + C,
        "#include <immintrin.h>\n#include <omp.h>\n" + C,
        "#define N 4  // tune: 4, 8\n" + C.replace("{", "{\n  float part[N] = {0};\n"),
    ],
)
def test_a_text_without_a_sign_of_cpp_is_c(text: str) -> None:
    assert is_c(text)
    assert suffix(text) == ".c"


@pytest.mark.parametrize(
    "text",
    [
        'extern "C" ' + C.partition("\n")[2],
        f'#ifdef __cplusplus\nextern "C" {{\n#endif\n{C}\n#ifdef __cplusplus\n}}\n#endif\n',
        "#include <vector>\n" + C,
        "  #  include <cmath>\n" + C,
        "constexpr int N = 4;\n" + C,
        C.replace("x[n - 1]", "static_cast<float>(n)"),
        C.replace("x[n - 1]", "std::exp(x[0])"),
        "template <class T> T twice(T x) { return x + x; }\n" + C,
        "namespace k {\n" + C + "}\n",
    ],
)
def test_whoever_forgets_the_linkage_of_cpp_is_not_taken_for_c(text: str) -> None:
    assert not is_c(text)
    assert suffix(text) == ".cpp"
