from __future__ import annotations

import pytest

from kernel_gepa.domain.candidate import Candidate, Component
from kernel_gepa.domain.canonical import canonical
from kernel_gepa.domain.task import Language

CPP, PYTHON = Language.CPP, Language.PYTHON


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("int f() { return 1; }", "int f()\n{\n\treturn 1;  // one\n}\n"),
        ("f( a, b );", "f(a,b);"),
        ("a /* here */ = b;", "a = b;"),
        ("x = a; // the end", "x = a;"),
        ("#define N 4  // four\nint a;", "#define   N   4\n\nint a;"),
        ("#define F(x) \\\n  (x)\n", "#define F(x) (x)\n"),
        ("int a;\r\nint b;", "int a;\nint b;"),
    ],
)
def test_cpp_that_differs_in_comments_and_white_space_is_equivalent(one: str, two: str) -> None:
    assert canonical(one, CPP) == canonical(two, CPP)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("a + +b", "a ++b"),
        ("int ab;", "int a b;"),
        ('s = "a  b";', 's = "a b";'),
        ('s = "// no comment";', 's = "";'),
        ('s = R"(a\n// b)";', 's = R"(a\n)";'),
        ("c = '\"'; // x\nd = '\"';", "c = '\"';"),
        ("#define F (x)", "#define F(x)"),
        ("#define A 1\nint b;", "#define A 1 int b;"),
        ("// build: -O2\nint a;", "// build: -O3\nint a;"),
        ("int T = 4;  // tune: 4, 8", "int T = 4;  // tune: 4, 16"),
        ("int a;  // region: x", "int a;"),
        ("n = 1'000 / 2; // x'", "n = 1'000 / 3; // x'"),
    ],
)
def test_cpp_that_may_mean_something_else_is_told_apart(one: str, two: str) -> None:
    assert canonical(one, CPP) != canonical(two, CPP)


def test_python_is_compared_without_comments_blank_lines_and_the_width_of_its_indentation() -> None:
    one = "def f(x):\n    # twice\n    return 2 * x\n"
    assert canonical(one, PYTHON) == canonical("\ndef f( x ):\n  return 2*x  # more\n", PYTHON)
    for other in ("def f(x):\n    return 2 * y\n", "def f(x):\n    '# twice'\n    return 2 * x\n"):
        assert canonical(one, PYTHON) != canonical(other, PYTHON)
    assert canonical("if a:\n  b\nc\n", PYTHON) != canonical("if a:\n  b\n  c\n", PYTHON)
    assert canonical("T = 4  # tune: 4, 8\n", PYTHON) != canonical("T = 4\n", PYTHON)


def test_python_that_does_not_parse_is_only_equal_to_itself() -> None:
    assert canonical("def f(:\n  '''", PYTHON) == "def f(:\n  '''"


def test_prose_is_compared_without_its_white_space_and_with_its_headings() -> None:
    assert canonical("# Rules\n\nBe fast.\n", None) == canonical("# Rules\nBe  fast.", None)
    assert canonical("# Rules\nBe fast.", None) != canonical("Be fast.", None)


def test_equivalent_kernels_have_one_identity_and_one_fingerprint() -> None:
    components = (Component("kernel@t", "", frozenset({"t"}), CPP), Component("coder", ""))
    one = Candidate({"kernel@t": "int a; // one", "coder": "go"})
    two = Candidate({"kernel@t": "int  a;", "coder": "go\n"})
    assert one.identity(components) == two.identity(components)
    assert one.fingerprint(components, "t") == two.fingerprint(components, "t")
    other = Candidate({"kernel@t": "int b;", "coder": "go"})
    assert one.identity(components) != other.identity(components)
    assert one.fingerprint(components, "elsewhere") == other.fingerprint(components, "elsewhere")
