"""How long a selection takes in a large pool, beside the reference implementation in the same run.

    python benchmarks/selection.py [--sizes 100x50,1000x250,5000x500] [--limit-s 60]

Kinds of scores: `ties` are three levels, drawn; `continuous` has none; `adversarial` is half as many specialists as
there are cells, each alone in one cell and poor elsewhere, and all others tied on the rest. Printed are milliseconds:
our own `admit` (a candidate into pool and fronts) and `select` (prune by cover, draw a parent), medians over the last
admissions, and the selection of `pip install gepa` on the same fronts, or that it took longer than the limit. `agree`
says whether both find the same survivors; the reference is given our order of candidates with equal means, which it
leaves to chance.
"""

from __future__ import annotations

import argparse
import multiprocessing
from collections.abc import Callable, Mapping, Sequence
from queue import Empty
from random import Random
from statistics import median
from time import perf_counter
from typing import Any

from kernel_gepa.domain.candidate import Component
from kernel_gepa.domain.evaluation import Evaluation, Rollout
from kernel_gepa.domain.pool import Pool
from kernel_gepa.domain.timing import Estimate
from kernel_gepa.search.pareto import cover
from kernel_gepa.search.select import pick_parent
from kernel_gepa.testing.toys import admitted, correct

Scores = Sequence[Sequence[float]]
LAST = 20  # admissions that are timed, where the pool is largest


def ties(members: int, cells: int, rng: Random) -> Scores:
    return [[float(rng.randint(1, 3)) for _ in range(cells)] for _ in range(members)]


def continuous(members: int, cells: int, rng: Random) -> Scores:
    return [[rng.lognormvariate(0, 0.3) for _ in range(cells)] for _ in range(members)]


def adversarial(members: int, cells: int, rng: Random) -> Scores:  # noqa: ARG001  nothing is drawn
    special = min(cells // 2, members // 2)
    rows = [[2.0 if cell == who else 0.0 for cell in range(cells)] for who in range(special)]
    return rows + [[0.0] * special + [1.0] * (cells - special)] * (members - special)


KINDS: Mapping[str, Callable[[int, int, Random], Scores]] = {
    "ties": ties,
    "continuous": continuous,
    "adversarial": adversarial,
}


ROLLOUT, VERDICT = Rollout(""), correct({"w": 1.0})


def solved(task: str, score: Estimate) -> Evaluation:
    """Millions of them share all that a selection does not look at."""
    return Evaluation("", task, ROLLOUT, VERDICT, score, "", {"w": score})


def ours(scores: Scores) -> tuple[Pool, float, float]:
    """The pool, and milliseconds for an admission and a selection."""
    rng, pool = Random(0), Pool((Component("text", ""),))
    admits, selects, names = [], [], [str(c) for c in range(len(scores[0]))]
    for who, row in enumerate(scores):
        event = admitted(f"text {who}", *(solved(names[c], Estimate.exact(s)) for c, s in enumerate(row)))
        began = perf_counter()
        pool = pool.apply(event)
        admits.append(perf_counter() - began)
        if who >= len(scores) - LAST:
            began = perf_counter()
            pick_parent(pool, rng, cover)
            selects.append(perf_counter() - began)
    return pool, 1e3 * median(admits[-LAST:]), 1e3 * median(selects)


def reference(fronts: dict[str, set[int]], means: list[float], answer: Any) -> None:
    from gepa.gepa_utils import find_dominator_programs, select_program_candidate_from_pareto_front

    select_program_candidate_from_pareto_front({"0": {0}}, [0.0], Random(0))  # what is imported late is imported now
    began = perf_counter()
    select_program_candidate_from_pareto_front(fronts, means, Random(0))
    answer.put(perf_counter() - began)
    answer.put(sorted(find_dominator_programs(fronts, means)))


def theirs(pool: Pool, limit_s: float) -> tuple[float, list[int]] | None:
    """Milliseconds and survivors; None when it took longer than the limit."""
    fronts = {task: set(holders.estimates) for (task, _), holders in pool.front.items()}
    answer: Any = multiprocessing.Queue()
    means = [member.mean - 1e-9 * member.id for member in pool.members]
    process = multiprocessing.Process(target=reference, args=(fronts, means, answer))
    process.start()
    try:
        took, survivors = answer.get(timeout=limit_s), answer.get(timeout=2 * limit_s)
    except Empty:
        return None
    finally:
        process.kill()
        process.join()
    return 1e3 * took, survivors


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--sizes", default="100x50,1000x250,5000x500")
    options.add_argument("--limit-s", type=float, default=60.0, help="for the reference, per selection")
    chosen = options.parse_args()
    print(f"{'candidates':>10} {'cells':>6}  {'scores':<12} {'admit':>9} {'select':>9} {'gepa':>12}  agree")
    for size in chosen.sizes.split(","):
        members, cells = map(int, size.split("x"))
        for name, kind in KINDS.items():
            pool, admit, select = ours(kind(members, cells, Random(0)))
            found = theirs(pool, chosen.limit_s)
            took = f"> {1e3 * chosen.limit_s:.0f}" if found is None else f"{found[0]:.2f}"
            same = "-" if found is None else "yes" if list(cover(pool)) == found[1] else "NO"
            print(f"{members:>10} {cells:>6}  {name:<12} {admit:>9.2f} {select:>9.2f} {took:>12}  {same}", flush=True)


if __name__ == "__main__":
    main()
