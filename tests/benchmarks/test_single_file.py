"""Looking at a user's file: which of the forms it is, what the kernel is, and what is wrong with it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from kernel_gepa.benchmarks.single_file import look
from kernel_gepa.domain.task import STRESSES, Form
from kernel_gepa.errors import TaskError

MODEL = """\
import torch
from torch import nn


class Model(nn.Module):
    def __init__(self, n):
        super(Model, self).__init__()
        self.n = n

    def forward(self, x):
        return x * self.n
"""
INPUTS = """

def get_inputs():
    return [torch.randn(4)]


def get_init_inputs():
    return [3]
"""
NEW = """

class ModelNew(nn.Module):
    def forward(self, x):
        return x + x
"""
OWN = '''\
"""Doubles."""

kernel = "double.cpp"


def workloads():
    return {"small": {"x": "float32[n=8]"}}


def reference(x):
    return 2 * x
'''
CPP = 'extern "C" void twice(const float* x, float* y, long n) { for (long i = 0; i < n; i++) y[i] = 2 * x[i]; }\n'


def file(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text)
    return path


def started(folder: Path, text: str) -> str:
    """What the search starts from when a file has no ModelNew."""
    return look(file(folder, "task.py", text)).kernel


def test_kernelbench_form_with_a_model_new_starts_from_it(tmp_path: Path) -> None:
    draft = look(file(tmp_path, "task.py", MODEL + INPUTS + NEW))
    assert draft.form is Form.KERNELBENCH
    assert not draft.start_is_reference
    assert draft.kernel_path is None
    names = {n.name for n in ast.parse(draft.kernel).body if isinstance(n, (ast.ClassDef, ast.FunctionDef))}
    assert names == {"ModelNew"}
    assert draft.reference == MODEL + INPUTS + NEW


def test_kernelbench_form_without_one_starts_from_the_reference_and_says_so(tmp_path: Path) -> None:
    draft = look(file(tmp_path, "task.py", MODEL + INPUTS))
    assert draft.start_is_reference
    assert "class ModelNew(nn.Module):" in draft.kernel
    assert "super(ModelNew, self).__init__()" in draft.kernel
    assert "get_inputs" not in draft.kernel
    assert "class Model(" not in draft.kernel


NAMED = """

def get_workloads():
    return {"as published": get_inputs, "long": lambda: [torch.randn(4096)]}
"""


@pytest.mark.parametrize("new", ["", NEW])
def test_a_candidate_is_not_shown_what_it_is_asked(tmp_path: Path, new: str) -> None:
    text = MODEL + INPUTS + NAMED + new
    draft = look(file(tmp_path, "task.py", text))
    assert draft.reference == text
    assert "4096" not in draft.kernel
    names = {n.name for n in ast.parse(draft.kernel).body if isinstance(n, (ast.ClassDef, ast.FunctionDef))}
    assert names == {"ModelNew"}


def test_a_model_that_model_new_derives_from_is_kept(tmp_path: Path) -> None:
    new = "\n\nclass ModelNew(Model):\n    pass\n"
    kernel = look(file(tmp_path, "task.py", MODEL + INPUTS + new)).kernel
    assert "class Model(nn.Module)" in kernel
    assert "get_inputs" not in kernel


def test_a_constant_that_inputs_and_model_share_is_kept(tmp_path: Path) -> None:
    text = MODEL.replace("class Model", "WIDTH = 7\n\n\nclass Model") + INPUTS + NEW
    assert "WIDTH = 7" in look(file(tmp_path, "task.py", text)).kernel


def test_decorators_go_with_what_they_decorate(tmp_path: Path) -> None:
    text = MODEL + INPUTS.replace("def get_inputs", "@torch.no_grad()\ndef get_inputs") + NEW
    kernel = look(file(tmp_path, "task.py", text)).kernel
    assert "no_grad" not in kernel
    ast.parse(kernel)


def test_mentions_of_the_class_in_texts_and_comments_are_left_alone(tmp_path: Path) -> None:
    text = '"""class Model(nn.Module) is what counts; class Model: too."""\n' + MODEL + "    # Model\n" + INPUTS
    kernel = started(tmp_path, text)
    assert '"""class Model(nn.Module) is what counts; class Model: too."""' in kernel
    assert "class ModelNew(nn.Module):\n" in kernel


@pytest.mark.parametrize(
    "head", ["class Model (nn.Module):", "class  Model(nn.Module):", "class Model(\n    nn.Module\n):"]
)
def test_a_class_is_renamed_however_its_head_is_written(tmp_path: Path, head: str) -> None:
    kernel = started(tmp_path, MODEL.replace("class Model(nn.Module):", head) + INPUTS)
    names = [n.name for n in ast.parse(kernel).body if isinstance(n, ast.ClassDef)]
    assert names == ["ModelNew"]


def test_characters_of_several_bytes_before_a_name_do_not_shift_it(tmp_path: Path) -> None:
    text = MODEL.replace("super(Model, self)", "é = 'äöü内'; super(Model, self)") + INPUTS
    assert "é = 'äöü内'; super(ModelNew, self).__init__()" in started(tmp_path, text)


@pytest.mark.parametrize("mark", ["\x0c", "\u2028", "\x1d"])
def test_characters_that_only_text_tools_take_for_line_ends_do_not_shift_lines(tmp_path: Path, mark: str) -> None:
    text = f'"""Page one.{mark}Page two."""\n' + MODEL + INPUTS
    kernel = started(tmp_path, text)
    assert "super(ModelNew, self)" in kernel
    assert "get_inputs" not in kernel
    ast.parse(kernel)


def test_our_own_form_reads_the_kernel_beside_it(tmp_path: Path) -> None:
    beside = file(tmp_path, "double.cpp", CPP)
    draft = look(file(tmp_path, "task.py", OWN))
    assert draft.form is Form.NATIVE
    assert draft.kernel == CPP
    assert draft.kernel_path == beside
    assert draft.statement == "Doubles."
    assert draft.id == "task"


def test_our_own_form_may_hold_the_kernel_itself(tmp_path: Path) -> None:
    draft = look(file(tmp_path, "task.py", OWN.replace('"double.cpp"', f"'''\n{CPP}'''")))
    assert draft.kernel == "\n" + CPP
    assert draft.kernel_path is None


def test_a_cpp_file_is_judged_by_its_reference(tmp_path: Path) -> None:
    kernel = file(tmp_path, "fast.cpp", CPP)
    reference = file(tmp_path, "reference.py", OWN.replace('kernel = "double.cpp"\n', ""))
    draft = look(kernel, reference=reference)
    assert (draft.id, draft.kernel, draft.kernel_path) == ("fast", CPP, kernel)


def test_a_module_in_a_file_of_its_own_is_judged_by_a_kernelbench_reference(tmp_path: Path) -> None:
    candidate = file(tmp_path, "mine.py", "from torch import nn\n" + NEW)
    draft = look(candidate, reference=file(tmp_path, "task.py", MODEL + INPUTS))
    assert draft.form is Form.KERNELBENCH
    assert draft.kernel_path == candidate
    assert not draft.start_is_reference


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def f(:\n", "is not Python"),
        ("x = 1\x00\n", "is not Python"),
        ("x = 1\n", "of no known form: it defines nothing"),
        ("class Model: pass\n", "of no known form: it defines Model"),
        (OWN.replace("def reference", "def other"), "of no known form"),
        (OWN.replace('kernel = "double.cpp"', ""), "nothing to start from"),
        (OWN.replace('"double.cpp"', '"dou" + "ble.cpp"'), "nothing to start from"),
        (OWN, "there is no file"),
        (OWN.replace('"double.cpp"', '""'), "cannot be read"),
    ],
)
def test_a_python_file_that_is_no_task_is_refused_with_a_sentence(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(TaskError, match=said):
        look(file(tmp_path, "task.py", text))


def test_a_missing_file_and_one_that_is_not_text_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TaskError, match="there is no file"):
        look(tmp_path / "none.py")
    (tmp_path / "bytes.py").write_bytes(b"\xff\xfe\x80")
    with pytest.raises(TaskError, match="cannot be read as text"):
        look(tmp_path / "bytes.py")


def test_cpp_alone_says_nothing_of_what_is_right(tmp_path: Path) -> None:
    with pytest.raises(TaskError, match="--reference"):
        look(file(tmp_path, "fast.cpp", CPP))


def test_cpp_with_a_reference_of_another_form_is_refused(tmp_path: Path) -> None:
    kernel, reference = file(tmp_path, "fast.cpp", CPP), file(tmp_path, "task.py", MODEL + INPUTS)
    with pytest.raises(TaskError, match=r"defines no reference\(\) and workloads\(\)"):
        look(kernel, reference=reference)


def test_python_with_a_reference_of_another_form_is_refused(tmp_path: Path) -> None:
    file(tmp_path, "double.cpp", CPP)
    with pytest.raises(TaskError, match="must be of KernelBench form"):
        look(file(tmp_path, "mine.py", NEW), reference=file(tmp_path, "task.py", OWN))
    with pytest.raises(TaskError, match="no class ModelNew"):
        look(file(tmp_path, "other.py", "x = 1\n"), reference=file(tmp_path, "bench.py", MODEL + INPUTS))


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("", STRESSES),
        ("stress = True\n", STRESSES),
        ("stress = False\n", ()),
        ('stress = ["zeros", "scale"]\n', ("scale", "zeros")),
        ('stress = ("sign",)\n', ("sign",)),
        ("stress = []\n", ()),
    ],
)
def test_a_file_of_either_form_says_how_its_inputs_may_be_stressed(
    tmp_path: Path, written: str, expected: tuple[str, ...]
) -> None:
    file(tmp_path, "double.cpp", CPP)
    own = file(tmp_path, "own.py", OWN + "\n\n" + written)
    module = file(tmp_path, "module.py", MODEL + INPUTS + written)
    new = file(tmp_path, "new.py", NEW)
    assert look(own).stress == expected
    assert look(module).stress == expected
    assert look(new, reference=module).stress == expected


@pytest.mark.parametrize("written", ['stress = "scale"', 'stress = ["heat"]', "stress = 3", "stress = some_name"])
def test_a_stress_that_nobody_knows_is_refused(tmp_path: Path, written: str) -> None:
    with pytest.raises(TaskError, match="write False, or a list of some of scale, sign, structure, outliers, zeros"):
        look(file(tmp_path, "task.py", MODEL + INPUTS + written + "\n"))
