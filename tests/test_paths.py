"""What a record may not tell is found wherever it stands."""

from __future__ import annotations

import pytest

from tests.paths import absolute_paths


@pytest.mark.parametrize(
    "text",
    [
        "see /srv/main/kernel.cpp",
        '{"at": "/opt/x/y"}',
        r"first\n/data/b/c",
        "file:///tmp/x",
        "in /dev/shm",
        "a/tmp/b",
        "(/v/w)",
    ],
)
def test_a_path_of_the_machine_is_found(text: str) -> None:
    assert absolute_paths(text)


@pytest.mark.parametrize("text", ["a / b / c", "x/y/z", "// build: -O3", "n/2/3", "<b>1</b><i>2</i>", "/* a */ x /= y"])
def test_code_is_no_path(text: str) -> None:
    assert absolute_paths(text) == []
