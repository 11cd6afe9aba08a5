"""The commands on AIE kernels, in-process: what they print, write and exit with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kernel_gepa.backends.aie.toolchain import Toolchain
from kernel_gepa.cli.app import app
from kernel_gepa.errors import StartError, UsageError
from kernel_gepa.models.inbox import Asked, ask
from kernel_gepa.ports import Sandbox
from npueval_tasks.catalogue import ENTRIES
from npueval_tasks.schema import line, row
from tests.npu.kernels import known, row_named

RUNNER = CliRunner()


@pytest.fixture
def task(tmp_path: Path, toolchain: Toolchain) -> Path:
    path = tmp_path / "clamp_int8_512.json"
    path.write_text(row_named("clamp_int8_512").text)
    return path


@pytest.fixture
def where(sandbox: Sandbox) -> list[str]:
    return ["--backend", "aie", "--sandbox", sandbox.name]


def kernel(name: str, folder: str, tmp_path: Path) -> Path:
    path = tmp_path / "kernel.cc"
    path.write_text(next(k.text for k in known(folder) if k.name == name))
    return path


def test_eval_prints_both_verdicts_and_an_estimate(task: Path, where: list[str], tmp_path: Path) -> None:
    path = kernel("clamp_of_the_api", "right", tmp_path)
    done = RUNNER.invoke(app, ["eval", str(path), "--task", str(task), *where, "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert (told["verdict"], told["official"], told["strict"]) == ("correct", True, True)
    assert told["estimate"]["kind"] == "estimated"
    assert told["estimate"]["cycles"] > 0
    assert told["device"] == "emulated-npu1"
    assert "total_cycles" not in told


def test_eval_of_a_wrong_kernel_exits_with_3_and_helps(task: Path, where: list[str], tmp_path: Path) -> None:
    path = tmp_path / "kernel.cc"
    path.write_text(
        "#include <aie_api/aie.hpp>\nvoid clamp_int8_512(int8_t *in, int8_t *out) {\n"
        "  aie::store_v(out, aie::bitwise_not(aie::load_v<64>(in)));\n}\n"
    )
    done = RUNNER.invoke(app, ["eval", str(path), "--task", str(task), *where])
    assert done.exit_code == 3
    assert "DOES NOT BUILD" in done.stdout
    assert "aie::bit_not" in done.stdout
    assert "> " in done.stdout and "bitwise_not" in done.stdout


def test_an_aie_kernel_without_a_task_is_a_usage_error(where: list[str], tmp_path: Path) -> None:
    path = kernel("clamp_of_the_api", "right", tmp_path)
    done = RUNNER.invoke(app, ["eval", str(path), *where])
    assert isinstance(done.exception, UsageError)
    assert "--task" in str(done.exception)


def test_an_unknown_device_is_a_usage_error(task: Path, where: list[str], tmp_path: Path) -> None:
    path = kernel("clamp_of_the_api", "right", tmp_path)
    done = RUNNER.invoke(app, ["eval", str(path), "--task", str(task), *where, "--device", "npu9"])
    assert isinstance(done.exception, UsageError)


def test_optimize_finds_a_vector_form_without_a_model(task: Path, where: list[str], tmp_path: Path) -> None:
    start = tmp_path / "start.cc"
    start.write_text(row_named("clamp_int8_512").canonical)
    words = ["optimize", str(start), "--task", str(task), *where, "--max-rollouts", "5", "--json"]
    done = RUNNER.invoke(app, [*words, "--run", str(tmp_path / "run"), "--out", str(tmp_path / "best.cc")])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["winner"]["geomean"]["start"]["median"] > 10
    assert told["winner"]["verified"][0]["cycles_estimated"]["cycles"] < 400
    assert "aie::" in (tmp_path / "best.cc").read_text()
    report = (tmp_path / "run" / "report.md").read_text()
    assert "Estimated, not measured" in report
    assert "cycles (estimated)" in report
    assert "Verified" not in report
    shown = RUNNER.invoke(app, ["resume", str(tmp_path / "run")])
    assert shown.exit_code == 0, shown.output


def test_a_start_that_is_wrong_is_told_before_a_run_begins(task: Path, where: list[str], tmp_path: Path) -> None:
    start = tmp_path / "start.cc"
    start.write_text("#include <aie_api/aie.hpp>\nvoid clamp_int8_512(int8_t *in, int8_t *out) { out[0] = in[0]; }\n")
    done = RUNNER.invoke(app, ["optimize", str(start), "--task", str(task), *where, "--run", str(tmp_path / "run")])
    assert isinstance(done.exception, StartError)
    assert "unwritten" in str(done.exception)


def test_a_sweep_writes_npuevals_files_and_goes_on(toolchain: Toolchain, sandbox: Sandbox, tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text("".join(line(row(e, e.sizes[0])) + "\n" for e in ENTRIES[:2]))
    words = ["sweep", "npueval", "--root", str(rows), "--out", str(tmp_path / "out"), "--max-rollouts", "4", "--json"]
    done = RUNNER.invoke(app, [*words, "--sandbox", sandbox.name])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["kind"] == "estimated"
    assert told["summary"]["rows"] == 2
    assert told["summary"]["improved"] >= 1
    result = json.loads((tmp_path / "out" / "results" / "clamp_int8_256_wrapper.json").read_text())
    assert result["result"] == "Pass"
    assert result["total_cycles"] is None
    assert result["kernel_gepa"]["strict"] is True
    solution = json.loads((tmp_path / "out" / "solutions" / "clamp_int8_256.json").read_text())
    assert "void clamp_int8_256" in solution["code"]
    again = RUNNER.invoke(app, [*words, "--sandbox", sandbox.name])
    assert [k["origin"] for k in json.loads(again.stdout)["kernels"]] == ["done before", "done before"]
    assert json.loads(again.stdout)["summary"]["improved"] == told["summary"]["improved"]


def test_a_sweep_evolves_prompts_and_kernels_over_all_rows_in_one_run(
    toolchain: Toolchain, sandbox: Sandbox, tmp_path: Path
) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text("".join(line(row(e, e.sizes[0])) + "\n" for e in ENTRIES[:2]))
    model = tmp_path / "model.sh"
    kernel = next(k.text for k in known("right") if k.name == "load_store_by_hand")
    (tmp_path / "reply.md").write_text(f"Here it is.\n\n```cpp\n{kernel}```\n")
    model.write_text(f"#!/bin/sh\ncat > /dev/null\ncat {tmp_path}/reply.md\n")
    model.chmod(0o755)
    words = ["sweep", "npueval", "--root", str(rows), "--out", str(tmp_path / "out"), "--max-rollouts", "6", "--json"]
    words += ["--model", f"cmd:{model}", "--evolve", "both", "--sandbox", sandbox.name]
    done = RUNNER.invoke(app, words)
    assert done.exit_code == 0, (done.output, done.exception)
    kernels = {k["kernel_name"]: k for k in json.loads(done.stdout)["kernels"]}
    assert set(kernels) == {"clamp_int8_256", "saturating_add_int8_256"}
    assert kernels["clamp_int8_256"]["after"] * 10 < kernels["clamp_int8_256"]["before"]


def test_a_stopped_sweep_goes_on_with_its_run(toolchain: Toolchain, sandbox: Sandbox, tmp_path: Path) -> None:
    """What a stopped sweep leaves is a run whose rows have no results yet; nothing of it is done twice."""
    rows = tmp_path / "rows.jsonl"
    rows.write_text(line(row(ENTRIES[0], ENTRIES[0].sizes[0])) + "\n")
    words = ["sweep", "npueval", "--root", str(rows), "--out", str(tmp_path / "out"), "--max-rollouts", "4", "--json"]
    words += ["--sandbox", sandbox.name, "--width", "2"]
    assert RUNNER.invoke(app, words).exit_code == 0
    (result,) = (tmp_path / "out" / "results").iterdir()
    result.unlink()
    (journal,) = (tmp_path / "out" / "runs").glob("*/run/journal.jsonl")
    before = [json.loads(line) for line in journal.read_text().splitlines()]
    assert before[0]["settings"]["wish"]["width"] == 2
    again = RUNNER.invoke(app, words)
    assert again.exit_code == 0, again.output
    assert result.exists()
    assert list((tmp_path / "out" / "runs").glob("*/run/journal.jsonl")) == [journal]
    assert [json.loads(line) for line in journal.read_text().splitlines()] == before


def test_a_sweep_is_asked_and_told_as_a_whole(tmp_path: Path) -> None:
    folder = tmp_path / "out" / "runs" / "all-1" / "run" / "inbox"
    ask(folder, Asked("abc-0", "What now?", 0))
    done = RUNNER.invoke(app, ["ask", str(tmp_path / "out"), "--json"])
    assert json.loads(done.stdout) == {"open": 1, "questions": [{"id": "abc-0", "prompt": "What now?"}]}
    (tmp_path / "answer").write_text("This.")
    assert RUNNER.invoke(app, ["tell", str(tmp_path / "out"), "abc-0", str(tmp_path / "answer")]).exit_code == 0
    assert (folder / "abc-0.answer.md").read_text() == "This."
