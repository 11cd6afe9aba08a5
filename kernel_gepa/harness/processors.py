"""On which processor a kernel runs: candidate and baseline on the same one, or they are not compared.

Left to itself, the system wakes a worker on whatever processor is idle: its caches are cold there, its neighbour may be
another tenant, and the two sides need not be moved alike. The processor is drawn anew for each measurement, so that the
fresh processes of a verification tell how much it matters. Whether it is in a good state is the canary's business.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

from kernel_gepa.harness.connection import Connection


@contextmanager
def one_for(workers: Iterable[Connection], rng: Random) -> Iterator[set[int]]:
    """Binds them, and us, to one processor of those that we may use, and says which."""
    ours = os.sched_getaffinity(0)
    chosen = {rng.choice(sorted(ours))}
    for connection in workers:
        bind(connection, chosen)
    os.sched_setaffinity(0, chosen)  # of this thread alone
    try:
        yield chosen
    finally:
        os.sched_setaffinity(0, ours)


def bind(connection: Connection, processors: set[int]) -> None:
    """All threads of a worker. Raises what `Connection.ask` raises."""
    try:
        for thread in Path(f"/proc/{connection.pid}/task").iterdir():
            os.sched_setaffinity(int(thread.name), processors)
    except PermissionError:  # a job of another user: it is asked for the favour
        connection.ask(BIND_LIMIT_S, do="processors", processors=sorted(processors))
    except (FileNotFoundError, ProcessLookupError):
        pass  # it has ended, which its next answer will tell


BIND_LIMIT_S = 10.0
