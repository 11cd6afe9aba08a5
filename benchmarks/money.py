"""Is a cap of dollars kept by whole runs, with eight requests in flight, on a bad network, and across kill -9?

    python benchmarks/money.py [--seeds 100] [--usd 0.05]

A run is a search of width 8 in the toy world, in a process of its own, with the journal, the ledger and the models of
real runs; a server on the loopback interface answers at random lengths, fails, and hangs up. Every seed is run once
undisturbed, and once killed with SIGKILL at random moments and taken up again until it ends by itself. `billed` is
what a provider would ask for: all answers that the server made, also those that arrived nowhere. Exit code 1 when
that ever came to more than the cap, or to more than the run itself said.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import median

from kernel_gepa.domain.budget import Budget, Ledger
from kernel_gepa.domain.candidate import Candidate
from kernel_gepa.domain.pool import Pool
from kernel_gepa.errors import ModelError
from kernel_gepa.judging.evaluator import Evaluator, Memory
from kernel_gepa.ports import LanguageModel, NoProposal, Proposal
from kernel_gepa.recipes.access import Access
from kernel_gepa.recipes.asking import Models, paid
from kernel_gepa.recipes.wish import Entry, Header, Wish
from kernel_gepa.report.outcome import Machine
from kernel_gepa.search.loop import Rules, Stopped, search
from kernel_gepa.search.minibatch import minibatch
from kernel_gepa.search.rounds import round_of
from kernel_gepa.search.select import next_component, pick_parent
from kernel_gepa.store import records
from kernel_gepa.store.journal import Journal
from kernel_gepa.testing.judge import ScriptedJudge
from kernel_gepa.testing.model_server import Answer, Broken, Failure, How, Line, ModelServer, Request
from kernel_gepa.testing.toys import task
from kernel_gepa.testing.world import Shared, verdict

WIDTH = 8
REPLY_TOKENS = 400
USD_IN, USD_OUT = 1e-6, 10e-6
TASKS = tuple(task(name, kernel="?") for name in ("a", "b", "ab"))
LEAST_ANSWERS = 8  # of a run: fewer would show nothing


@dataclass(frozen=True)
class Asker:
    """Puts behind the parent's text what the model says."""

    model: LanguageModel
    name: str = "ask"

    def propose(self, pool: Pool, rng: Random) -> Proposal | NoProposal:
        parent = pick_parent(pool, rng)
        component = next_component(pool, parent)
        texts = pool.members[parent].candidate.texts
        prompt = f"{texts[component.name]} {'x' * rng.randint(0, 900)}"
        try:
            said = self.model.complete(prompt, sample=rng.getrandbits(31)).text
        except ModelError as error:
            return NoProposal(str(error), parent)
        child = Candidate(
            {**texts, component.name: texts[component.name].replace("?", "") + said}, (parent,), self.name
        )
        return Proposal(child, minibatch(TASKS, component, seed=0, turn=pool.turns, size=2))


def life(folder: str, url: str, seed: int, usd: float) -> None:
    """One process of a run: begins it, or takes it up again, and ends when the budget does."""
    os.environ["NO_PROXY"] = "127.0.0.1"
    access = Access(prices=(f"{USD_IN * 1e6:g},{USD_OUT * 1e6:g}",), reply_tokens=REPLY_TOKENS, in_flight=WIDTH)
    wish = Wish(("toy.py",), model="openai:toy", api_base=url, budget=Budget(usd=usd), access=access, width=WIDTH)
    entry = Entry(TASKS[0], "toy.py", None, "start")
    header = Header(wish, (entry,), "local", Machine("toy", "toy", 1, "local", isolates=False), "toy", {}, {})
    with Journal(Path(folder)) as journal:
        if not journal.records():
            journal.append(records.header({"seed": seed}))
        recorded = records.read_back(journal.records())
        history = recorded.history
        begun = round_of(len(history), WIDTH).start
        ledger = Ledger(wish.budget, bought=recorded.bought(begun), paid=paid(recorded))

        def write(kind: str, found: object) -> None:
            journal.append(records.fact(kind, found))

        model = Models(header, Path(folder), recorded, ledger, write).part("reflect")
        if model is None:
            raise SystemExit("the run has no model")
        program = Shared()
        memory = Memory(recorded.evaluations, on_fact=lambda found: write(records.EVALUATION, found))
        evaluate = Evaluator(program, ScriptedJudge(verdict), lambda *_: "", ledger=ledger, memory=memory)
        rules = Rules(seed=seed, width=WIDTH, patience=10**6, quiet_rounds=10**6)
        steps = search(
            program.components, TASKS, evaluate, (Asker(model),), ledger=ledger, rules=rules, history=history
        )
        for number, step in enumerate(steps, start=len(history)):
            if not isinstance(step, Stopped):
                journal.append(records.decision(number, step))


def provider(rng: Random) -> Callable[[Request], Line]:
    """Answers of any length that was allowed, and now and then badly."""

    def line(request: Request) -> Line:
        most = request.body["max_tokens"]
        if not isinstance(most, int):
            raise TypeError("a request came without a bound")
        lot, text = rng.random(), rng.choice("ab")
        tokens = rng.randint(0, most)
        answer = Answer(text, tokens_in=len(request.prompt), tokens_out=tokens, after_s=rng.random() / 10)
        if lot < 0.1:
            return Failure(rng.choice((429, 500)), headers={"Retry-After": "0"})
        if lot < 0.15:
            return Broken(rng.choice((How.CUT, How.HANG_UP, How.GARBAGE)), answer)
        return answer

    return line


@dataclass(frozen=True, slots=True)
class Found:
    """Of one run: dollars that the server would bill and that the run booked, deaths, answers, requests in flight."""

    billed: float
    booked: float
    deaths: int
    answers: int
    in_flight: int


def run(folder: Path, seed: int, usd: float, *, kill: bool) -> Found:
    rng, deaths = Random(f"{seed} {kill}"), 0
    processes = multiprocessing.get_context("forkserver")
    with ModelServer(provider(rng)) as server:
        while True:
            process = processes.Process(target=life, args=(str(folder), server.url, seed, usd))
            process.start()
            if not kill or not killed(process, server, rng):
                process.join()
                break
            deaths += 1
        if process.exitcode:
            raise SystemExit(f"seed {seed}: a process of the run failed")
        billed = sum(a.tokens_in * USD_IN + a.tokens_out * USD_OUT for a in server.answered)
        booked = paid(read_back(folder)).usd
        return Found(billed, booked, deaths, len(server.answered), server.most_in_flight)


def killed(process: multiprocessing.process.BaseProcess, server: ModelServer, rng: Random) -> bool:
    """Waits for some requests and a moment more, then kills. False when the process ended by itself before that."""
    wanted, last = len(server.requests) + rng.randint(1, 20), rng.random() / 20
    while len(server.requests) < wanted:
        process.join(0.002)
        if not process.is_alive():
            return False
    time.sleep(last)
    alive = process.is_alive()
    process.kill()  # SIGKILL
    process.join()
    return alive


def read_back(folder: Path) -> records.Recorded:
    with Journal(folder) as journal:
        return records.read_back(journal.records())


def told(name: str, found: Sequence[Found], usd: float) -> bool:
    """Prints one line; False when a promise was broken."""
    over = sum(f.billed > usd or f.booked > usd + 1e-12 for f in found)
    short = sum(f.billed > f.booked + 1e-12 for f in found)
    print(
        f"{name:<12} {over} of {len(found)} beyond the cap, {short} billed beyond their own books; "
        f"billed ${median(f.billed for f in found):.4f} (at most ${max(f.billed for f in found):.4f}), "
        f"booked ${median(f.booked for f in found):.4f} (at most ${max(f.booked for f in found):.4f}); "
        f"{median(f.answers for f in found):g} answers, {max(f.in_flight for f in found)} requests in flight at most, "
        f"{sum(f.deaths for f in found)} kills",
        flush=True,
    )
    return not over and not short and all(f.answers >= LEAST_ANSWERS for f in found)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--usd", type=float, default=0.05)
    options = parser.parse_args()
    multiprocessing.set_forkserver_preload(["__main__"])
    good = True
    with tempfile.TemporaryDirectory(prefix="money-") as held:
        for name, kill in (("undisturbed", False), ("killed", True)):
            found = [run(Path(held) / f"{name}-{s}", s, options.usd, kill=kill) for s in range(options.seeds)]
            good = told(name, found, options.usd) and good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
