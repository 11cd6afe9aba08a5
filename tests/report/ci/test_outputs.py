"""What a check leaves for people and machines, also when those who write kernels mean no good."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from kernel_gepa.recipes.ci.outputs import tell_github, write
from kernel_gepa.report.ci.benchmark import benchmark
from kernel_gepa.report.ci.github import annotated, outputs
from kernel_gepa.report.ci.junit import junit
from kernel_gepa.report.ci.page import page
from kernel_gepa.report.ci.record import Kernel, Result, State
from kernel_gepa.report.ci.summary import MARK, MOST_BYTES, summary
from tests.report.ci.made import EVERYTHING, HOSTILE, other, result, timed

SCHEMA = Path(__file__).with_name("junit.xsd")


def hostile() -> Result:
    kernels: list[Kernel] = []
    for number, text in enumerate(HOSTILE):
        bad = other(f"k{number}", State.INCORRECT, text, text)
        kernels.append(replace(bad, source=text[:300], name=text[:300], file=text[:300]))
        told = timed(f"t{number}", line=0.3)
        kernels.append(replace(told, cells=tuple(replace(c, workload=text[:300]) for c in told.cells)))
    return result(*kernels)


HOSTILE_RESULT = hostile()


@pytest.mark.parametrize("found", [EVERYTHING, HOSTILE_RESULT, result()], ids=["everything", "hostile", "empty"])
def test_junit_is_valid_by_its_schema(found: Result) -> None:
    xmlschema = pytest.importorskip("xmlschema", reason="needs xmlschema: pip install kernel-gepa[test]")
    xmlschema.XMLSchema(SCHEMA).validate(junit(found))


def test_the_schema_refuses_what_is_no_junit() -> None:
    xmlschema = pytest.importorskip("xmlschema", reason="needs xmlschema: pip install kernel-gepa[test]")
    for wrong in ("<testsuites><testcase/></testsuites>", "<testsuite tests='1'/>", "<testsuites failures='two'/>"):
        with pytest.raises(xmlschema.XMLSchemaValidationError):
            xmlschema.XMLSchema(SCHEMA).validate(wrong)


def test_junit_counts_what_it_holds() -> None:
    root = Xml.fromstring(junit(EVERYTHING))
    for name, tag in (("failures", "failure"), ("errors", "error"), ("tests", "testcase")):
        assert int(root.get(name, "-1")) == len(root.findall(f".//{tag}"))
    assert [c.get("name") for c in root[0].findall("testcase")] == ["correctness", "speed[line]", "speed[odd]"]
    failed = root[0].find("testcase/failure")
    assert failed is not None
    assert failed.get("type") == "regression"
    assert "longer" in str(failed.get("message"))


def test_the_summary_begins_with_its_mark_and_tells_the_worst_first() -> None:
    lines = summary(EVERYTHING).splitlines()
    assert lines[0] == MARK.format(command="check") == "<!-- kernel-gepa:ci check -->"
    rows = [line for line in lines if line.startswith("| `kernels/")]
    assert "slow.py" in rows[0]
    assert "❌ regression" in rows[0]
    assert "wrong.py" in rows[1]
    assert len(rows) == len(EVERYTHING.kernels)


@pytest.mark.parametrize("why", ["short", "ä" * 1000, "`|<" * 500])
def test_the_summary_of_200_kernels_fits_a_comment(why: str) -> None:
    """GitHub's limit is 65,536 characters."""
    kernels = [timed(f"kernel_with_a_long_name_{n:03}" + "x" * 60, line=0.3, odd=0.3, wide=0.0) for n in range(100)]
    kernels += [other(f"wrong{n}", State.INCORRECT, why) for n in range(100)]
    told = summary(result(*kernels))
    assert len(told.encode()) <= MOST_BYTES < 65_536
    left_out = re.search(r"and (\d+) more kernels", told)
    shown = told.count("| `kernels/")
    assert shown + (int(left_out[1]) if left_out else 0) == 200
    assert shown > 50


def test_what_a_stranger_wrote_is_shown_as_code_and_has_no_lines_of_its_own() -> None:
    told = summary(HOSTILE_RESULT)
    assert told.count("<!-- kernel-gepa:ci") >= 1
    outside = re.sub(r"`[^`\n]*`", "", told)
    for sign in ("@everybody", "![x]", "<img", "<script", "::error", "alert("):
        assert sign not in outside
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e]", told)
    table = [line for line in told.splitlines() if line.startswith("|")]
    assert {line.count("|") for line in table} == {7}


def test_nothing_that_a_stranger_wrote_is_a_command_for_the_runner() -> None:
    lines = list(annotated(HOSTILE_RESULT))
    assert 0 < len(lines) <= 10
    for line in lines:
        assert "\n" not in line
        assert line.startswith("::error file=")
        assert line.removeprefix("::").count("::") >= 1
    told = outputs(HOSTILE_RESULT, {"result": "a\nverdict=same"})
    keys = [line.partition("=")[0] for line in told.splitlines()]
    assert keys == ["verdict", "exit-code", "headline", "regressions", "improvements", "result"]


def test_annotations_name_the_file_and_the_kind() -> None:
    first = next(iter(annotated(EVERYTHING)))
    assert first.startswith("::error file=kernels/slow.cpp,title=slow%3A regression::")


def test_benchmark_json_has_the_keys_that_the_action_reads() -> None:
    entries = json.loads(benchmark(EVERYTHING))
    assert [e["name"] for e in entries][:2] == ["kernels/slow.py/line", "kernels/slow.py/odd"]
    for entry in entries:
        assert entry.keys() == {"name", "unit", "value", "range", "extra"}
        assert isinstance(entry["value"], float)
        assert entry["unit"] == "us"
    assert entries[0]["value"] == pytest.approx(130, rel=0.02)


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, list[tuple[str, str | None]]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, attrs))


def test_the_page_has_no_script_and_no_address_whatever_kernels_say() -> None:
    for found in (EVERYTHING, HOSTILE_RESULT):
        text, tags = page(found), Tags()
        tags.feed(text)
        assert not {"script", "img", "iframe", "object", "link", "a"} & {tag for tag, _ in tags.seen}
        assert not [name for _, attrs in tags.seen for name, _ in attrs if name.startswith("on") or name == "href"]
        assert "default-src 'none'" in text
        assert len(text) < 5_000_000


def test_github_is_told_where_it_asks(tmp_path: Path) -> None:
    files = write(EVERYTHING, tmp_path)
    assert {p.name for p in tmp_path.iterdir()} == set(files)
    told, step = tmp_path / "output", tmp_path / "step"
    told.write_text("before=1\n")
    environment = {"GITHUB_OUTPUT": str(told), "GITHUB_STEP_SUMMARY": str(step), "GITHUB_ACTIONS": "true"}
    assert tell_github(EVERYTHING, files, environment)
    assert step.read_text() == summary(EVERYTHING)
    lines = dict(line.split("=", 1) for line in told.read_text().splitlines())
    assert lines["before"] == "1"
    assert (lines["verdict"], lines["exit-code"], lines["regressions"]) == ("unusable", "2", "1")
    assert lines["junit"] == str(tmp_path / "junit.xml")
    assert tell_github(EVERYTHING, files, {}) == []
