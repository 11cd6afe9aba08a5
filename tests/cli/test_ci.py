"""`ci check` and `ci verify`, as a workflow runs them. What can be is counted in instructions: that is exact, and
holds on a busy machine; what needs the clock is marked slow.
"""

from __future__ import annotations

import json
import shutil
import signal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest

from kernel_gepa.harness import counted
from kernel_gepa.report.ci.summary import MARK
from tests.cli.conftest import Desk
from tests.cli.library import changed, git, library

FILES = {"result.json", "junit.xml", "summary.md", "benchmark.json", "report.html"}
needs_valgrind = pytest.mark.skipif(counted.missing() is not None, reason="needs valgrind: apt-get install valgrind")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return library(tmp_path)


def states(out: Path) -> dict[str, str]:
    found: dict[str, Any] = json.loads((out / "result.json").read_text())
    return {kernel["name"]: kernel["state"] for kernel in found["kernels"]}


def standing(desk: Desk) -> list[str]:
    """Of the repository: what is checked out, where, and what differs from it."""
    changes = ("status", "--porcelain", "--untracked-files=no")
    return [git(desk.folder, *words) for words in (changes, ("branch", "-vv"), ("stash", "list"), ("worktree", "list"))]


@needs_valgrind
def test_the_example_from_git_init_to_the_verdict(desk: Desk) -> None:
    """A regression, an improvement and a wrong kernel in one change, on GitHub; and the verdicts again."""
    changed(desk, "regression", "improvement", "wrong")
    before = standing(desk)
    told = desk.folder / "told"
    done = desk.run(
        *("ci", "check", "--changed-since", "main", "--measure", "instructions", "--out", "out"),
        GITHUB_ACTIONS="true",
        GITHUB_OUTPUT=str(told),
        GITHUB_STEP_SUMMARY=str(desk.folder / "step.md"),
    )
    out = desk.folder / "out"
    assert done.returncode == 3, done.stderr
    assert states(out) == {"smooth": "regression", "polynomial": "improved", "scale": "incorrect"}
    assert {path.name for path in out.iterdir()} == FILES
    assert "::error file=kernels/smooth.cpp,title=smooth%3A regression::" in done.stdout
    assert "they are the last 8 elements" in (out / "junit.xml").read_text()
    assert dict(line.split("=", 1) for line in told.read_text().splitlines())["exit-code"] == "3"
    assert (desk.folder / "step.md").read_text().startswith(MARK.format(command="check"))
    Xml.parse(out / "junit.xml")
    assert {e["name"] for e in json.loads((out / "benchmark.json").read_text())} == {
        "kernels/smooth.py/line",
        "kernels/smooth.py/odd",
        "kernels/polynomial.py/values",
    }
    assert standing(desk) == before
    verified = desk.run("ci", "verify", "out/result.json")
    assert (verified.returncode, verified.stderr) == (0, "")
    packed = json.loads((out / "result.json").read_text())
    packed["kernels"][0]["cells"][0]["looks"][0]["pairs"][0]["head"] = [1e6, 1e6 + 10]
    (out / "result.json").write_text(json.dumps(packed))
    tampered = desk.run("ci", "verify", "out/result.json")
    assert tampered.returncode == 1
    assert "does not follow" in tampered.stderr


def test_a_file_that_is_no_result_exits_with_2(desk: Desk) -> None:
    done = desk.run("ci", "verify", "kernel-gepa.toml")
    assert done.returncode == 2
    assert "is not the result of a check" in done.stderr
    assert "Traceback" not in done.stderr


@needs_valgrind
@pytest.mark.slow
def test_what_was_judged_before_an_interruption_is_kept(desk: Desk) -> None:
    changed(desk, "regression", "wrong")
    job = desk.start("ci", "check", "--base", "main", "--measure", "instructions", "--out", "out")
    assert job.stderr is not None
    first = job.stderr.readline()
    job.send_signal(signal.SIGINT)
    _, rest = job.communicate(timeout=280)
    assert job.returncode == 130, rest
    assert "regression" in first
    found = states(desk.folder / "out")
    assert found["smooth"] == "regression"
    assert found["scale"] == "unjudged"


def test_nothing_touched_is_fine(desk: Desk) -> None:
    git(desk.folder, "checkout", "-q", "-b", "words")
    desk.write("README.md", "other words\n")
    git(desk.folder, "commit", "-q", "-a", "-m", "words")
    done = desk.run("ci", "check", "--changed-since", "main")
    assert done.returncode == 0, done.stderr
    assert "No kernel was touched." in done.stdout


def test_a_budget_that_ends_before_a_verdict_exits_with_6(desk: Desk) -> None:
    changed(desk, "regression")
    done = desk.run("ci", "check", "--changed-since", "main", "--max-minutes", "0")
    assert done.returncode == 6, done.stderr
    assert states(desk.folder / ".kernel-gepa" / "ci") == {"smooth": "unjudged"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "nothing says what to compare with"),
        (["--base", "nowhere"], "'nowhere' names no commit"),
        (["--base", "--output=x"], "names no commit"),
        (["--base", "main", "--baseline", "b.json"], "--baseline and --base name different bases"),
        (["--base", "main", "--measure", "luck"], "known are: seconds, instructions"),
        (["--base", "main", "--threshold", "0"], "no difference worth reporting"),
        (["--base", "main", "--processes", "2"], "cannot tell a difference from luck"),
        (["--base", "main", "--inconclusive", "maybe"], "it may be: fail, pass"),
        (["--base", "main", "../elsewhere.py"], "lies outside of the repository"),
        (["--baseline", "nowhere.json"], "nowhere.json cannot be read"),
        (["--toolchain", "one=g++"], "give it twice"),
    ],
)
def test_what_cannot_be_meant_exits_with_2(desk: Desk, words: list[str], said: str) -> None:
    done = desk.run("ci", "check", *words)
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_folder_that_is_in_no_repository_exits_with_2(tmp_path: Path) -> None:
    done = Desk(tmp_path).run("ci", "check", "a.py", "--base", "main", GIT_CEILING_DIRECTORIES=str(tmp_path.parent))
    assert done.returncode == 2
    assert "in no git repository" in done.stderr


def only(folder: Path, *programs: str) -> str:
    """A PATH with these programs and nothing else."""
    folder.mkdir()
    for program in programs:
        found = shutil.which(program)
        assert found is not None
        (folder / program).symlink_to(found)
    return str(folder)


def test_without_a_compiler_nothing_can_be_judged_and_the_exit_code_is_4(desk: Desk, tmp_path_factory: Any) -> None:
    path = only(tmp_path_factory.mktemp("path") / "bin", "git")
    done = desk.run(
        *("ci", "check", "--base", "main", "--sandbox", "local"), PATH=path, CXX="", CC="", GITHUB_ACTIONS="true"
    )
    assert done.returncode == 4
    assert "no C++ compiler was found" in done.stderr
    assert done.stdout.startswith("::error title=kernel-gepa::no C++ compiler was found")


def test_without_valgrind_nothing_is_counted_and_the_exit_code_is_4(desk: Desk, tmp_path_factory: Any) -> None:
    path = only(tmp_path_factory.mktemp("path") / "bin", "git", "g++")
    done = desk.run("ci", "check", "--base", "main", "--measure", "instructions", PATH=path)
    assert done.returncode == 4
    assert "apt-get install valgrind" in done.stderr


def test_a_stranger_is_not_run_without_a_sandbox_unless_that_is_asked_for_by_name(
    desk: Desk, tmp_path_factory: Any
) -> None:
    """Neither docker nor bubblewrap is there; and a pull request can change the configuration."""
    path = only(tmp_path_factory.mktemp("path") / "bin", "git", "g++")
    nowhere = {"PATH": path, "DOCKER_HOST": "unix:///nowhere/docker.sock"}
    done = desk.run("ci", "check", "--base", "main", **nowhere)
    assert done.returncode == 4, done.stderr
    assert "A pull request's code needs a sandbox that isolates" in done.stderr
    toml = (desk.folder / "kernel-gepa.toml").read_text()
    desk.write("kernel-gepa.toml", toml.replace("[ci]\n", '[ci]\nsandbox = "local"\n'))
    configured = desk.run("ci", "check", "--base", "main", **nowhere)
    assert configured.returncode == 2, configured.stderr
    assert "the configuration sets sandbox, and a pull request can change it" in configured.stderr


@pytest.mark.parametrize(
    "line", ['toolchain = ["a=g++", "b=./evil"]', 'out = "/nowhere"', 'save-baseline = "x"', 'baseline = "x"']
)
def test_the_configuration_names_no_program_and_no_place_to_write_to(desk: Desk, line: str) -> None:
    """A compiler is asked for its version outside of the sandbox."""
    (desk.folder / "evil").write_text("#!/bin/sh\ntouch owned\n")
    (desk.folder / "evil").chmod(0o755)
    toml = (desk.folder / "kernel-gepa.toml").read_text()
    desk.write("kernel-gepa.toml", toml.replace("[ci.check]\n", f"[ci.check]\n{line}\n"))
    done = desk.run("ci", "check")
    assert done.returncode == 2, done.stderr
    assert f"the configuration sets {line.partition(' ')[0]}" in done.stderr
    assert not (desk.folder / "owned").exists()


def test_a_kernel_from_outside_of_the_repository_is_refused(desk: Desk, tmp_path_factory: Any) -> None:
    """What a stranger's task names is compiled, and a compiler quotes what it does not understand."""
    secret = tmp_path_factory.mktemp("secret") / "secret.cpp"
    secret.write_text("the secret")
    git(desk.folder, "checkout", "-q", "-b", "curious")
    task = desk.folder / "kernels" / "scale.py"
    task.write_text(task.read_text().replace("scale.cpp", str(secret)))
    git(desk.folder, "commit", "-q", "-a", "-m", "curious")
    done = desk.run("ci", "check", "--changed-since", "main")
    assert done.returncode == 2, done.stderr
    assert states(desk.folder / ".kernel-gepa" / "ci") == {"scale": "unusable"}
    written = [path.read_text() for path in (desk.folder / ".kernel-gepa" / "ci").iterdir()]
    assert not any("the secret" in text for text in (done.stdout, done.stderr, *written))


@needs_valgrind
@pytest.mark.slow
def test_new_and_broken_bases_and_changed_definitions_are_told(desk: Desk) -> None:
    changed(desk, "wrong")
    git(desk.folder, "checkout", "-q", "-b", "repaired")
    git(desk.folder, "apply", "-R", "changes/wrong.patch")
    for suffix in (".py", ".cpp"):
        text = (desk.folder / "kernels" / f"smooth{suffix}").read_text()
        (desk.folder / "kernels" / f"young{suffix}").write_text(text.replace("smooth.cpp", "young.cpp"))
    stated = desk.folder / "kernels" / "polynomial.py"
    stated.write_text(stated.read_text() + '\ntolerance = {"rtol": 1e-3, "atol": 1e-3}\n')
    git(desk.folder, "add", "-A")
    git(desk.folder, "commit", "-q", "-m", "repaired")
    kernels = [f"kernels/{name}.py" for name in ("scale", "young", "polynomial")]
    done = desk.run("ci", "check", *kernels, "--base", "wrong", "--measure", "instructions", "--out", "out")
    assert done.returncode == 0, done.stderr
    assert states(desk.folder / "out") == {"scale": "new", "young": "new", "polynomial": "same"}
    told = (desk.folder / "out" / "result.json").read_text()
    assert "the base is no measure, it is incorrect" in told
    assert "new: wrong has no such kernel" in told
    assert "the definition of what is right changed" in told


@needs_valgrind
@pytest.mark.slow
def test_two_compilers_and_two_flag_sets_are_compared(desk: Desk) -> None:
    """The second one must not vectorise, and needs more instructions for it."""
    slow = "plain=g++ -O1 -fno-tree-vectorize"
    done = desk.run(
        *("ci", "check", "kernels/scale.py", "--measure", "instructions", "--out", "out"),
        *("--toolchain", "usual=g++", "--toolchain", slow),
    )
    assert done.returncode == 1, done.stderr
    assert states(desk.folder / "out") == {"scale": "regression"}
    found = json.loads((desk.folder / "out" / "result.json").read_text())
    assert (found["base"]["name"], found["head"]["name"]) == ("usual", "plain")
    assert found["head"]["exact"].endswith("-O1 -fno-tree-vectorize")


@pytest.mark.slow
def test_by_the_clock_the_regression_is_found_and_the_unchanged_one_is_not(desk: Desk) -> None:
    changed(desk, "regression", "improvement")
    done = desk.run("ci", "check", "--base", "main", "--processes", "5", "--out", "out", "--json")
    assert done.returncode == 1, done.stderr
    assert states(desk.folder / "out") == {"smooth": "regression", "polynomial": "improved", "scale": "unchanged"}
    assert json.loads(done.stdout)["exit_code"] == 1
    assert desk.run("ci", "verify", "out/result.json").returncode == 0


@pytest.mark.slow
def test_what_the_noise_hides_exits_with_5_and_passes_where_that_is_asked_for(desk: Desk) -> None:
    """The noise is written into a stored baseline, so that it is there however quiet this machine is."""
    kept = desk.folder / "baseline.json"
    stored = desk.run("ci", "check", "kernels/scale.py", "--save-baseline", str(kept), "--processes", "3")
    assert stored.returncode == 0, stored.stderr
    packed = json.loads(kept.read_text())
    for cell in packed["kernels"][0]["cells"]:
        for pair, times in zip(cell["pairs"], (1, 2, 4), strict=True):
            pair["head"] = [times * sample for sample in pair["head"]]
    kept.write_text(json.dumps(packed))
    asked = ("ci", "check", "kernels/scale.py", "--baseline", str(kept), "--processes", "3", "--out", "out")
    for words, code in (((), 5), (("--inconclusive", "pass"), 0)):
        done = desk.run(*asked, *words)
        assert done.returncode == code, done.stderr
        assert states(desk.folder / "out") == {"scale": "inconclusive"}
    assert desk.run("ci", "verify", "out/result.json").returncode == 0


@pytest.mark.slow
def test_a_stored_baseline_counts_on_its_machine_only(desk: Desk) -> None:
    kept = desk.folder / "baseline.json"
    stored = desk.run("ci", "check", "kernels/smooth.py", "--save-baseline", str(kept), "--processes", "3")
    assert stored.returncode == 0, stored.stderr
    changed(desk, "regression")
    asked = ("ci", "check", "kernels/smooth.py", "--baseline", str(kept), "--processes", "3", "--out", "out")
    here = desk.run(*asked)
    assert here.returncode in (1, 5), here.stderr
    packed = json.loads(kept.read_text())
    packed["fingerprint"]["device"] = "another processor"
    kept.write_text(json.dumps(packed))
    elsewhere = desk.run(*asked)
    assert elsewhere.returncode == 0, elsewhere.stderr
    assert states(desk.folder / "out") == {"smooth": "skipped"}
    assert "different machine: device was another processor" in elsewhere.stdout
