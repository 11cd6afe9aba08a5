from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from kernel_gepa.proposers.transform.catalogue import KINDS, rewrites
from kernel_gepa.proposers.transform.flags import present
from kernel_gepa.proposers.transform.source import Rewrite, Source

from .compiled import NAMES, compiled, results, same, sample, together

CHAINS, STEPS = 5, 4


def chain(text: str, rng: Random) -> Rewrite:
    """A few rewrites, one upon the other."""
    words = []
    for _ in range(STEPS):
        offered = [r for r in rewrites(text) if r.kind not in {"flags", "fast_math"}]
        if offered:
            chosen = rng.choice(offered)
            text = chosen.text
            words.append(chosen.name)
    return Rewrite(" then ".join(words), text)


def disagreeing(name: str, made: list[Rewrite], folder: Path) -> list[str]:
    library = compiled(together(name, [sample(name), *(r.text for r in made)]), folder, "-O1")
    expected = results(library, f"{name}_0", name)
    found = {r.name: results(library, f"{name}_{number}", name) for number, r in enumerate(made, start=1)}
    return [words for words, outputs in found.items() if not same(outputs, expected)]


@pytest.mark.parametrize("name", NAMES)
def test_every_rewrite_of_a_plain_kernel_compiles_and_computes_the_same(name: str, tmp_path: Path) -> None:
    made = [r for r in rewrites(sample(name)) if r.kind not in {"flags", "fast_math"}]
    assert made
    assert disagreeing(name, made, tmp_path) == []


@pytest.mark.parametrize("name", NAMES)
def test_rewrites_upon_rewrites_compile_and_compute_the_same(name: str, tmp_path: Path) -> None:
    made = [chain(sample(name), Random(f"{name}:{number}")) for number in range(CHAINS)]
    assert disagreeing(name, made, tmp_path) == []


@pytest.mark.parametrize("name", NAMES)
def test_rewrites_of_rewrites_parse_and_keep_one_build_line(name: str) -> None:
    for first in rewrites(sample(name))[::3]:
        for second in rewrites(first.text):
            assert not Source.parse(second.text).root.has_error, f"{first.name}, {second.name}"
            assert second.text.count("// build:") <= 1


@pytest.mark.parametrize("name", ["attention", "gelu_bias"])
def test_a_kernel_built_with_the_offered_flags_computes_the_same(name: str, tmp_path: Path) -> None:
    fast = next(r for r in rewrites(sample(name)) if r.kind == "fast_math")
    asked = present(fast.text)
    assert asked == ["-ffast-math"]
    plain, quick = tmp_path / "plain", tmp_path / "quick"
    plain.mkdir()
    quick.mkdir()
    expected = results(compiled(sample(name), plain, "-O1"), name, name)
    assert same(results(compiled(fast.text, quick, "-O3", *asked), name, name), expected)


def test_every_kind_has_something_to_offer_for_some_plain_kernel_or_what_became_of_it() -> None:
    once = [r for name in NAMES for r in rewrites(sample(name))]
    grown = [r for first in once if first.kind in {"expand", "fast_math"} for r in rewrites(first.text)]
    kinds = {r.kind for r in (*once, *grown)}
    assert kinds == {kind.name for kind in KINDS}
