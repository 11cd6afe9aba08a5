from __future__ import annotations

import pytest

from kernel_gepa.domain.task import Language
from kernel_gepa.proposers.merge.pieces import pieces
from kernel_gepa.proposers.merge.threeway import crossed

CPP = """\
// build: -O3  // tune: -O2 | -O3
#include <cmath>
#include <cstddef>

constexpr int TILE = 32;  // tune: 16, 32
#define UNROLL 4

// what one row comes to
static float row(const float* x, long n) {
    float s = 0;
    for (long i = 0; i < n; i++) s += x[i];
    return s;
}

template <int N> struct Block { float at[N]; };

extern "C" void sums(const float* x, float* y, long rows, long n) {
    // region: outer
    for (long r = 0; r < rows; r++)
        y[r] = row(x + r * n, n);
    // endregion
}
"""

PYTHON = """\
import torch
TILE = 32  # tune: 16, 32


class ModelNew(torch.nn.Module):
    def __init__(self):
        super().__init__()

    @torch.no_grad()
    def forward(self, x):
        return helper(x)


def helper(x):
    return x + 1
"""


def names(text: str, language: Language | None) -> list[str]:
    return [p.name for p in pieces(text, language)]


def test_cpp_falls_into_functions_declarations_and_declared_regions() -> None:
    assert names(CPP, Language.CPP) == [
        "build",
        "#include <cmath>",
        "#include <cstddef>",
        "declaration TILE",
        "preproc_def UNROLL",
        "function_definition row",
        "template_declaration Block",
        "linkage_specification sums",
        "region outer",
        "after outer",
    ]


def test_a_comment_goes_with_what_it_stands_before() -> None:
    (row,) = (p for p in pieces(CPP, Language.CPP) if p.name == "function_definition row")
    assert row.text.startswith("// what one row comes to\nstatic float row")


def test_what_a_namespace_or_an_extern_block_holds_is_taken_apart() -> None:
    text = 'namespace {\nint a;\nint f() { return a; }\n}\nextern "C" {\nvoid g() {}\nvoid h() {}\n}\n'
    assert names(text, Language.CPP) == [
        "namespace_definition",
        "declaration a",
        "function_definition f",
        "end of namespace_definition",
        "linkage_specification",
        "function_definition g",
        "function_definition h",
        "end of linkage_specification",
    ]


def test_python_falls_into_functions_methods_and_assignments() -> None:
    assert names(PYTHON, Language.PYTHON) == [
        "import torch",
        "let TILE",
        "def ModelNew",
        "ModelNew.def __init__",
        "ModelNew.def forward",
        "def helper",
    ]
    assert pieces(PYTHON, Language.PYTHON)[4].text.startswith("    @torch.no_grad()\n    def forward")


@pytest.mark.parametrize("language", [*Language, None])
@pytest.mark.parametrize(
    "text", [CPP, PYTHON, "", "\n", "int f( {", "a\n// region: x\nb\n", "\x0cint a;\x1c\n\nint b;"]
)
def test_all_pieces_together_are_the_text_and_no_name_comes_twice(text: str, language: Language | None) -> None:
    found = pieces(text, language)
    assert "".join(p.text for p in found) == text
    assert len({p.name for p in found}) == len(found)


def test_overloads_and_repeated_statements_are_told_apart() -> None:
    assert names("int f(int a) { return a; }\nint f(long a) { return 1; }\n", Language.CPP) == [
        "function_definition f",
        "function_definition f#2",
    ]


def test_a_crossing_takes_each_piece_from_the_side_that_changed_it() -> None:
    one = CPP.replace("TILE = 32", "TILE = 16").replace("s += x[i]", "s += x[i] * 1")
    two = CPP.replace("UNROLL 4", "UNROLL 8").replace("y[r] = row", "y[r] = 0 + row")
    merged = crossed(CPP, one, two, Language.CPP)
    assert merged == one.replace("UNROLL 4", "UNROLL 8").replace("y[r] = row", "y[r] = 0 + row")
    assert crossed(CPP, two, one, Language.CPP) == merged


def test_where_both_changed_a_piece_the_better_side_has_it() -> None:
    one, two = CPP.replace("TILE = 32", "TILE = 16"), CPP.replace("TILE = 32", "TILE = 64")
    assert crossed(CPP, one, two, Language.CPP) == one
    assert crossed(CPP, two, one, Language.CPP) == two


def test_new_functions_come_along_and_removed_ones_stay_away() -> None:
    new = "static float twice(float x) { return 2 * x; }\n\n"
    one = CPP.replace("// what one row", new + "// what one row").replace("s += x[i]", "s += twice(x[i])")
    two = CPP.replace("template <int N> struct Block { float at[N]; };\n\n", "")
    merged = crossed(CPP, two, one, Language.CPP)
    assert new.strip() in merged
    assert merged.index("twice(float") < merged.index("static float row")
    assert "struct Block" not in merged


def test_what_cannot_be_taken_apart_is_the_better_side() -> None:
    broken = CPP.replace("return s;", "return s")
    assert crossed(CPP, broken, CPP.replace("UNROLL 4", "UNROLL 8"), Language.CPP) == broken
    assert crossed("a b", "a c", "b b", None) == "a c"
