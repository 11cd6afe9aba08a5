"""Kernels that somebody else wrote: both checks, both layouts, and an exit code that scripts can use."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kernel_gepa.cli.app import app
from kernel_gepa.errors import UsageError
from kernel_gepa.recipes.kernelbench.rejudging import How, Rejudged, code_of, placed
from kernel_gepa.recipes.kernelbench.results import LEFT_OUT, Result
from tests.recipes.kernelbench.conftest import FASTER_TANH, WRONG


def found(*verdicts: str, inconclusive: bool = False) -> list[Rejudged]:
    return [
        Rejudged(Path("k.py"), 0, Result(1, n, "x.py", verdict, "why", inconclusive=inconclusive))
        for n, verdict in enumerate(verdicts)
    ]


@pytest.mark.parametrize(
    ("verdicts", "code"),
    [(("correct", "correct"), 0), (("correct", "incorrect"), 3), ((LEFT_OUT,), 4), ((), 4), (("correct", LEFT_OUT), 0)],
)
def test_the_exit_code_is_the_worst_of_them(verdicts: tuple[str, ...], code: int) -> None:
    assert code_of(found(*verdicts)) == code


def test_right_without_a_conclusion_is_5() -> None:
    assert code_of(found("correct", inconclusive=True)) == 5


def test_a_folder_of_nothing_is_refused(problems: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="named by their problem"):
        placed(tmp_path, How(problems))
    with pytest.raises(UsageError, match="no folder"):
        placed(tmp_path / "missing", How(problems))


def test_a_name_without_a_level_needs_one(problems: Path, tmp_path: Path) -> None:
    (tmp_path / "1_Tanh.py").write_text(FASTER_TANH)
    with pytest.raises(UsageError, match="--level"):
        placed(tmp_path, How(problems))
    ((generation, problem),) = placed(tmp_path, How(problems, levels=(1,)))
    assert (generation.level, problem.name) == (None, "1_Tanh.py")


@pytest.mark.slow
def test_a_run_folder_of_another_agent_is_judged_by_both_checks(problems: Path, tmp_path: Path) -> None:
    folder = tmp_path / "theirs"
    folder.mkdir()
    cheat = "import torch\nfrom torch import nn\n\n\nclass ModelNew(nn.Module):\n    def forward(self, x):\n"
    cheat += "        return torch.tanh(x) * 2.00005 + 1.0\n"  # within 1e-4, and no rounding of float32 explains it
    kernels = {0: FASTER_TANH, 1: WRONG, 2: "def broken(:\n", 3: cheat}
    for sample, text in kernels.items():
        (folder / f"level_1_problem_1_sample_{sample}_kernel.py").write_text(text)
    words = ["eval-dir", str(folder), "--root", str(problems), "--sandbox", "local", "--json"]
    done = CliRunner().invoke(app, [*words, "--out", str(tmp_path / "out")])
    assert done.exit_code == 3, done.output
    told = {k["sample_id"]: k for k in json.loads(done.stdout)["kernels"]}
    assert [told[n]["verdict"] for n in range(4)] == ["correct", "incorrect", "build_failed", "incorrect"]
    assert [told[n]["compatible"]["passed"] for n in range(4)] == [5, 0, 0, 5]
    assert told[0]["eager"]["value"] > 0
    theirs = json.loads((tmp_path / "out" / "runs" / "theirs_level1" / "eval_results.json").read_text())
    assert [s["correctness"] for s in theirs["1"]] == [True, False, False, False]
