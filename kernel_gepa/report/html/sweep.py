"""The page about a sweep, from a plain record that any benchmark can fill in:

page = sweep_page(SweepStory("kernelbench, level 1", ["What was measured, on what."], [Problem("1_...", "correct",
    {"eager PyTorch": speedup, "torch.compile": other}, group="level 1", link="runs/1_.../report.html")]))
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kernel_gepa.report.html.assembled import Parts, assembled, asset, escaped
from kernel_gepa.report.html.packed import harmless
from kernel_gepa.report.html.problems import CORRECT, Problem, row
from kernel_gepa.report.words import plural

THRESHOLDS = (0.0, 1.0, 2.0)


@dataclass(frozen=True, slots=True)
class SweepStory:
    """`told` are the paragraphs under the headline: what was measured, on what, against what, what it cost.

    `estimated` says that no figure was measured. `problems` are all of the sweep, those without a result too.
    """

    name: str
    told: Sequence[str]
    problems: Sequence[Problem]
    estimated: bool = False


def sweep_page(story: SweepStory) -> str:
    """One file: the table of the problems, sorted and filtered, and fast_p for each baseline."""
    head = [f'<p class="headline">{escaped(line)}</p>' for line in headlines(story)]
    head += [f"<p>{escaped(paragraph)}</p>" for paragraph in story.told]
    index = {"kind": "sweep", "problems": [row(p) for p in story.problems], "estimated": story.estimated, "steps": []}
    body = asset("problems.html")
    return assembled(Parts(story.name, "\n".join(head), body, harmless(index), made="Made from the sweep's results."))


def headlines(story: SweepStory) -> Sequence[str]:
    """fast_p of each baseline, in words."""
    baselines = dict.fromkeys(against for p in story.problems for against in p.speedups)
    unit = "Estimated, not measured: " if story.estimated else ""
    solved = sum(p.outcome == CORRECT for p in story.problems)
    first = f"{unit}{solved} of {plural(len(story.problems), 'problem')} with a correct kernel."
    return [first, *(f"{unit}against {b}: {_shares(story.problems, b)}." for b in baselines)]


def _shares(found: Sequence[Problem], baseline: str) -> str:
    return ", ".join(f"fast_{p:g} = {fast_p(found, baseline, p):.0%}" for p in THRESHOLDS)


def fast_p(found: Sequence[Problem], baseline: str, p: float) -> float:
    """The share of all problems, unsolved ones included, with a correct kernel more than `p` times as fast as the
    baseline (KernelBench, arXiv 2502.10517, section 3.3)."""
    speedups = [q.speedups.get(baseline) for q in found if q.outcome == CORRECT]
    return sum(s is not None and s.value > p for s in speedups) / max(1, len(found))
