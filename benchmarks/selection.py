"""How long a selection takes while a pool grows to 1000 candidates on 250 tasks.

    python benchmarks/selection.py [--members 1000] [--tasks 250] [--workloads 1]

Every candidate goes through `Pool.apply`, and a parent is picked after every admission. Printed per kind of numbers:
milliseconds for the last tenth of the run, where the pool is largest. `exact` are continuous scores without noise,
`noisy` the same with intervals of ±3 %, `levels` three values only, where each cell has hundreds of holders.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from random import Random
from statistics import median
from time import perf_counter

from kernel_gepa.domain.candidate import Component
from kernel_gepa.domain.pool import Pool
from kernel_gepa.domain.timing import Estimate
from kernel_gepa.search.pareto import Prune, cover, dominance
from kernel_gepa.search.select import pick_parent
from kernel_gepa.testing.toys import admitted, evaluation


def exact(rng: Random) -> Estimate:
    return Estimate.exact(rng.lognormvariate(0, 0.3))


def noisy(rng: Random) -> Estimate:
    value = rng.lognormvariate(0, 0.3)
    return Estimate(value, value * 0.97, value * 1.03)


def levels(rng: Random) -> Estimate:
    return Estimate.exact(float(rng.randint(1, 3)))


KINDS: Sequence[Callable[[Random], Estimate]] = (exact, noisy, levels)


def measure(kind: Callable[[Random], Estimate], *, members: int, tasks: int, workloads: int) -> str:
    rng, names = Random(0), [f"w{i}" for i in range(workloads)]
    pool = Pool((Component("text", ""),))
    rules: dict[str, Prune] = {"cover": cover, "dominance": dominance}
    took: dict[str, list[float]] = {"apply": [], **{name: [] for name in rules}}
    for who in range(members):
        found = [evaluation(f"task {t}", {w: kind(rng) for w in names}) for t in range(tasks)]
        event = admitted(f"text {who}", *found)
        began = perf_counter()
        pool = pool.apply(event)
        took["apply"].append(perf_counter() - began)
        for name, rule in rules.items():
            began = perf_counter()
            pick_parent(pool, rng, rule)
            took[name].append(perf_counter() - began)
    held = sum(len(holders.estimates) for holders in pool.front.values())
    last = {name: 1e3 * median(times[-max(1, members // 10) :]) for name, times in took.items()}
    survivors = ", ".join(f"{len(rule(pool))} by {name}" for name, rule in rules.items())
    columns = " ".join(f"{ms:10.2f}" for ms in last.values())
    return f"{kind.__name__:8} {columns}   {held / len(pool.front):.1f} holders per cell; survivors: {survivors}"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--members", type=int, default=1000)
    options.add_argument("--tasks", type=int, default=250)
    options.add_argument("--workloads", type=int, default=1)
    chosen = options.parse_args()
    print(f"{chosen.members} candidates, {chosen.tasks} tasks, {chosen.workloads} workloads each; milliseconds")
    print(f"{'':8} {'apply':>10} {'cover':>10} {'dominance':>10}")
    for kind in KINDS:
        print(measure(kind, members=chosen.members, tasks=chosen.tasks, workloads=chosen.workloads), flush=True)


if __name__ == "__main__":
    main()
