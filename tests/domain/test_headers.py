"""Which modules pay for all of PyTorch's headers."""

from __future__ import annotations

import pytest

from kernel_gepa.domain.headers import heavy
from tests.loaded import ROOT

CALL = "from torch.utils import cpp_extension\nm = cpp_extension.load_inline('m', cpp_sources={source!r}{more})\n"


@pytest.mark.parametrize(
    ("source", "more", "expected"),
    [
        ("int f();", "", True),
        ("int f();", ", no_implicit_headers=False", True),
        ("int f();", ", no_implicit_headers=True", False),
        ("#include <torch/csrc/stable/tensor.h>", ", no_implicit_headers=True", False),
        ("#include <torch/extension.h>\n", ", no_implicit_headers=True", True),
        ('# include "ATen/ATen.h"\n', ", no_implicit_headers=True", True),
    ],
)
def test_a_module_with_inline_cpp_is_told_by_its_headers(source: str, more: str, expected: bool) -> None:
    assert heavy(CALL.format(source=source, more=more)) is expected


@pytest.mark.parametrize("text", ["", "def f(:", "x = 1\x00", "y = 'load_inline'"])
def test_a_text_without_inline_cpp_is_not_heavy(text: str) -> None:
    assert not heavy(text)


def test_the_example_of_inline_cpp_is_not_heavy() -> None:
    assert not heavy((ROOT / "examples" / "kernelbench_inline_cpp.py").read_text())
