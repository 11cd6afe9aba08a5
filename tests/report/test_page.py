"""report.html: small with a thousand candidates, harmless with hostile texts, and usable in a real browser."""

from __future__ import annotations

import base64
import json
import re
import zlib
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any, Literal

import pytest
from playwright.sync_api import Page

from kernel_gepa.domain.budget import Spend
from kernel_gepa.domain.candidate import Candidate, Component
from kernel_gepa.domain.evaluation import Evaluation, Rollout
from kernel_gepa.domain.events import Admitted, Declined, Event, Passed
from kernel_gepa.domain.task import Language
from kernel_gepa.domain.timing import Estimate, Measurement, Samples, geometric_mean
from kernel_gepa.domain.verdict import Correct, Incorrect, Mismatch
from kernel_gepa.report.html.packed import Packer
from kernel_gepa.report.html.page import MOST_BYTES, page
from kernel_gepa.report.html.story import Answer, Story
from kernel_gepa.report.outcome import Machine, Outcome
from kernel_gepa.report.readable import readable
from kernel_gepa.testing.toys import task

WORKLOADS = ("small", "large")
HOSTILE = (
    "</script><script>window.hacked=1</script><img src=x onerror='window.hacked=1'>"
    "\x1b]0;owned\x07\x1b[2J \u202eesrever\u2066 \ud800 {{INDEX}} " + "x" * 1_000_000
)


def judged(key: str, kernel: str, speedups: tuple[float, float], *, inconclusive: bool = False) -> Evaluation:
    samples = tuple(Samples(s, "cpu", tuple(1e-3 + i * 1e-6 for i in range(60))) for s in ("candidate", "baseline"))
    found = [Estimate(s, s * 0.98, s * 1.02) for s in speedups]
    measured = tuple(
        Measurement(w, "start", e, 1e-3, 1e-3, samples, inconclusive=inconclusive)
        for w, e in zip(WORKLOADS, found, strict=True)
    )
    cells = dict(zip(WORKLOADS, found, strict=True))
    return Evaluation(key, "t", Rollout(kernel), Correct(measured), geometric_mean(found), f"fast: {key}", cells)


def wrong(key: str, kernel: str, why: str = "one row differs") -> Evaluation:
    zero = Estimate.exact(0.2)
    return Evaluation(key, "t", Rollout(kernel), Incorrect((Mismatch("small", why),)), zero, why, {"*": zero})


def child(text: str, origin: str, *parents: int) -> Candidate:
    return Candidate({"kernel": text}, parents, origin)


def story(*events: Event, verified: bool = False) -> Story:
    machine = Machine("a processor", "a compiler", 1, "local", isolates=False)
    told = Outcome(
        run=Path("run"),
        source="t.py",
        task=task("t", workloads=WORKLOADS),
        machine=machine,
        main_baseline="start",
        proposers="tune",
        processes=7,
        events=events,
        spend=Spend(rollouts=len(events)),
        stopped="it was done",
        winner=None,
    )
    components = (Component("kernel", "start", language=Language.CPP),)
    return Story("t", [told], components, frozenset({"t"} if verified else ()), {})


START = Admitted(child("start\nint a;\n", "seed"), (judged("s", "start", (1.0, 1.0)),), "the start", Spend(1))


def small(text: str = "start\nint b;\n") -> Story:
    return story(
        START,
        Admitted(child(text, "reflect", 0), (judged("a", text, (2.0, 0.5)),), "measurably better", Spend(1)),
        Declined(child("start\nint c;\n", "tune(C=1)", 0), (wrong("b", "c"),), "not better", Spend(1)),
        Declined(
            child("start\nint d;\n", "tune(D=1)", 1), (judged("d", "d", (1.1, 1.1), inconclusive=True),), "no", Spend(1)
        ),
        Passed("nothing to tune", 1),
    )


def part(html: str, name: str) -> Any:
    found = re.search(rf'id="{name}">([^<]*)</script>', html)
    assert found
    return json.loads(zlib.decompress(base64.b64decode(found[1])))


def large(candidates: int) -> Story:
    random = Random(1)
    lines = [f"    out[{i}] = a[{random.randrange(999)}] * b[{random.randrange(999)}];" for i in range(120)]
    events: list[Event] = [START]
    for n in range(1, candidates):
        lines[random.randrange(120)] = f"    out[{random.randrange(999)}] = {random.random()};"
        text, parent = "\n".join(lines), random.randrange((n + 3) // 4)
        batch = (judged(f"{n}", text, (1 + random.random(), 1 + random.random())),)
        made = child(text, f"tune(T={n})", parent)
        events.append(Declined(made, batch, "no") if n % 4 else Admitted(made, batch, "better", Spend(1)))
    return story(*events)


def test_what_hides_reorders_or_commands_is_shown_as_a_sign() -> None:
    assert readable("a\x1b[2J\u202eb\ud800\tc\n") == "a␛[2J⟦U+202E⟧b⟦U+D800⟧\tc\n"


def test_a_megabyte_line_is_shortened_with_a_count_and_its_neighbours_stay() -> None:
    shown = readable("before\n" + "x" * 1_000_000 + "\nafter", 10_000)
    assert "998000 more characters of this line" in shown
    assert shown.endswith("\nafter")


def test_hostile_texts_are_only_ever_packed_or_escaped() -> None:
    html = page(small(HOSTILE))
    assert "window.hacked" not in html.replace("&lt;/script&gt;&lt;script&gt;window.hacked", "")
    assert len(html) < MOST_BYTES
    assert "\x1b" not in html
    assert any("␛]0;owned␇" in text for text in part(html, "looked")["texts"])


def test_a_run_that_was_not_verified_does_not_claim_that_nothing_was_found() -> None:
    assert "No kernel was found" not in page(small())
    assert "No kernel was found that is measurably faster" in page(story(START, verified=True))


def test_what_the_control_found_stands_beside_the_headline() -> None:
    told = story(START, verified=True)
    control = replace(told.outcomes[0], way="best-of-n")
    html = page(replace(told, outcomes=[replace(told.outcomes[0], control=control)]))
    assert "Control best-of-n, with 1 rollout against 1: no kernel that is measurably faster than the start" in html


def test_a_thousand_candidates_fit_with_all_their_texts() -> None:
    html = page(large(1000))
    assert len(html.encode()) <= MOST_BYTES
    assert len(part(html, "index")["steps"]) == 1000
    assert not any("more characters" in text for text in part(html, "looked")["texts"])


def test_the_index_knows_the_front_and_the_way_to_the_best() -> None:
    index = part(page(small()), "index")
    assert index["front"] == [["t", "small", [1]], ["t", "large", [0]]]
    assert index["cells"] == [["t", "small"], ["t", "large"]]
    assert index["path"][0] == 0
    assert len(index["means"]) == 2
    assert [step["maker"] for step in index["steps"][:3]] == ["seed", "reflect", "tune"]


def test_the_texts_of_early_steps_keep_their_numbers_when_more_steps_come() -> None:
    whole, packer = small(), Packer(1000)
    packer.take(replace(whole, outcomes=[replace(whole.outcomes[0], events=tuple(whole.events[:2]))]))
    early, texts = json.dumps(packer.steps), packer.looked.texts
    packer.take(whole)
    assert json.dumps(packer.steps[:2]) == early
    assert packer.looked.texts[: len(texts)] == texts
    assert packer.steps == part(page(small()), "index")["steps"]


def opened(told: Story, shown: Page, folder: Path) -> Page:
    (folder / "report.html").write_text(page(told))
    shown.goto((folder / "report.html").as_uri())
    shown.wait_for_selector("html[data-ready]")
    return shown


def test_a_reader_opens_a_candidate_by_keyboard_and_reads_its_difference(browser_page: Page, tmp_path: Path) -> None:
    shown = opened(small(), browser_page, tmp_path)
    shown.locator("#node-0").focus()
    shown.keyboard.press("ArrowRight")
    shown.keyboard.press("Enter")
    shown.wait_for_selector("dialog[open]")
    assert shown.locator("#detail-title").inner_text() == "candidate 1: reflect"
    assert shown.locator("dialog ins").first.inner_text() == "+ int b;"
    assert shown.locator("dialog del").first.inner_text() == "− int a;"
    shown.keyboard.press("Escape")
    assert not shown.locator("dialog[open]").count()


def test_a_proposal_of_a_model_is_shown_with_its_prompt_and_its_reply(browser_page: Page, tmp_path: Path) -> None:
    asked = Answer("Here:\n```cpp\nstart\nint b;\n```\n", "Make it faster, please.")
    shown = opened(replace(small(), replies=[asked]), browser_page, tmp_path)
    shown.get_by_role("button", name="1 · reflect").first.click()
    shown.locator("dialog summary", has_text="The prompt").click()
    assert shown.get_by_text("Make it faster, please.").is_visible()
    assert shown.locator("dialog pre", has_text="Here:").is_visible()


def test_what_prompts_learned_stands_along_the_path_to_the_best(browser_page: Page, tmp_path: Path) -> None:
    more = "Write a kernel.\n- Keep what is used again\n  in registers. Never read twice.\n"
    events = (
        Admitted(
            Candidate({"coder": "Write a kernel."}, (), "seed"), (judged("s", "k", (1.0, 1.0)),), "start", Spend(1)
        ),
        Admitted(Candidate({"coder": more}, (0,), "reflect"), (judged("a", "l", (2.0, 2.0)),), "better", Spend(1)),
    )
    told = replace(story(*events), components=(Component("coder", "Write a kernel."),))
    shown = opened(told, browser_page, tmp_path)
    lessons = shown.locator("#path .lessons li").all_inner_texts()
    assert lessons == ["Keep what is used again in registers.", "Never read twice."]
    assert shown.locator("#climb svg").count() == 1
    assert "Mean score 2.000, +1.000 against candidate 0" in shown.locator("#path > li").nth(1).inner_text()


def test_on_paper_a_dark_page_is_light_and_says_what_was_measured(browser_page: Page, tmp_path: Path) -> None:
    shown = opened(small(), browser_page, tmp_path)
    shown.evaluate("document.documentElement.dataset.theme = 'dark'")
    shown.emulate_media(media="print")
    ink, paper = (shown.evaluate(f"getComputedStyle(document.body).{name}") for name in ("color", "backgroundColor"))
    assert (ink, paper) == ("rgb(17, 17, 17)", "rgb(255, 255, 255)")
    shown.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert shown.get_by_text("Processor: a processor.").is_visible()
    shown.emulate_media(media="screen")


HELD = ["★ 1.00×, on the Pareto front", "★ 2.00×, on the Pareto front"]  # as it is read aloud


def test_the_matrix_marks_the_front_and_what_is_inconclusive_and_can_be_filtered_and_sorted(
    browser_page: Page, tmp_path: Path
) -> None:
    shown = opened(small(), browser_page, tmp_path)
    assert shown.locator("td.held").all_text_contents() == HELD
    assert "repeating-linear-gradient" in (shown.locator("td", has_text="?").first.get_attribute("style") or "")
    shown.get_by_role("button", name="small").click()
    assert shown.locator("tbody th").first.inner_text().startswith("1 · reflect")
    shown.fill("#sought", "tune(D")
    assert shown.locator("#matrix-table tbody tr").count() == 1


def test_the_page_of_a_hostile_run_executes_nothing_and_stays_readable(browser_page: Page, tmp_path: Path) -> None:
    shown = opened(small(HOSTILE), browser_page, tmp_path)
    shown.get_by_role("button", name="1 · reflect").first.click()
    shown.get_by_role("button", name="the text", exact=True).click()
    assert "</script><script>window.hacked=1</script>" in shown.locator("dialog details pre").first.inner_text()
    assert shown.evaluate("window.hacked") is None
    assert not shown.locator("dialog img").count()
    assert shown.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_it_fits_a_phone_and_follows_the_dark(browser_page: Page, tmp_path: Path) -> None:
    browser_page.emulate_media(color_scheme="dark")
    browser_page.set_viewport_size({"width": 390, "height": 844})
    shown = opened(small(), browser_page, tmp_path)
    assert shown.evaluate("document.documentElement.scrollWidth <= innerWidth")
    dark = shown.evaluate("getComputedStyle(document.body).backgroundColor")
    shown.locator("#theme").click()
    assert shown.evaluate("getComputedStyle(document.body).backgroundColor") != dark


CONTRASTS = """() => {
  const light = (c) => c.map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const parsed = (text) => text.match(/rgb\\((\\d+), (\\d+), (\\d+)\\)/).slice(1).map(Number);
  return [...document.querySelectorAll("#matrix-table td[style], #scale span[style]")].map((cell) => {
    const style = getComputedStyle(cell), both = [parsed(style.color), parsed(style.backgroundColor)].map(light);
    return (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05);
  });
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_numbers_can_be_read_on_every_colour(
    browser_page: Page, tmp_path: Path, scheme: Literal["light", "dark"]
) -> None:
    speedups = [2 ** (n / 8) for n in range(-12, 33)]
    events = (
        Declined(child(f"{n}", "tune", 0), (judged(f"{n}", f"{n}", (s, s)),), "no") for n, s in enumerate(speedups)
    )
    browser_page.emulate_media(color_scheme=scheme)
    shown = opened(story(START, *events), browser_page, tmp_path)
    found = shown.evaluate(CONTRASTS)
    assert len(found) == 2 * (1 + len(speedups)) + 7
    assert min(found) >= 4.5


def test_a_thousand_candidates_are_drawn(browser_page: Page, tmp_path: Path) -> None:
    shown = opened(large(1000), browser_page, tmp_path)
    assert shown.evaluate("performance.getEntriesByName('first-picture').length") == 1
    assert "of 1000 candidates" in shown.locator("#counted").inner_text()
