"""Temporaries lie where they lay the launch before, whatever a worker's heap has been through and whatever is held."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from kernel_gepa.harness.wards import ENVIRONMENT, SERVER_ENVIRONMENT

# The places of two temporaries of 3 MB in launches whose results of 64 kB are held in batches of 6 and 12, as the bench
# holds them, in a heap that was left with holes of random sizes.
PROGRAM = """
import json, random, sys
import torch

torch.set_num_threads(1)
rng = random.Random(int(sys.argv[1]))
junk = [torch.empty(rng.randrange(64, 1 << rng.randrange(7, 20)), dtype=torch.uint8) for _ in range(200)]
rng.shuffle(junk)
del junk[::2]
x, y = torch.randn(257, 1, 48), torch.randn(64, 48)
places = []
for batch in range(20):
    held = []
    for launch in range(6 + batch % 2 * 6):
        first = x - y
        second = first.square()
        held.append(second.sum(dim=-1))
        places.append((first.data_ptr(), second.data_ptr()))
        del first, second
print(json.dumps(places))
"""


def places(seed: int, environment: dict[str, str]) -> set[tuple[int, int]]:
    command = [sys.executable, "-c", PROGRAM, str(seed)]
    run = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return {(first, second) for first, second in json.loads(run.stdout)}


@pytest.mark.parametrize("seed", range(3))
def test_temporaries_have_one_place_in_all_launches(seed: int) -> None:
    assert len(places(seed, SERVER_ENVIRONMENT | ENVIRONMENT)) == 1


def test_without_the_servers_environment_they_wander() -> None:
    assert any(len(places(seed, ENVIRONMENT)) > 1 for seed in range(3))
