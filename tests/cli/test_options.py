"""Options that several commands share."""

from __future__ import annotations

import pytest

from kernel_gepa.cli.options import seeds


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["0"], (0, None)),
        (["inductor"], (0, "inductor")),
        (["inductor", "-3"], (-3, "inductor")),
        (["1", "2"], (2, None)),
        (["later"], (0, "later")),
    ],
)
def test_a_seed_is_a_number_and_what_to_start_from(words: list[str], found: tuple[int, str | None]) -> None:
    assert seeds(words) == found
