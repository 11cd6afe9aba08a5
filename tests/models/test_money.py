"""No surprise on the bill: the cap holds for requests in flight, on bad networks, and across kills.

What the server has answered is what a provider would bill, whether the answer arrived or not.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from random import Random
from threading import Lock

import pytest

from kernel_gepa.domain.budget import Budget, Ledger, Spend
from kernel_gepa.errors import BudgetSpent, ModelError
from kernel_gepa.models.book import Asked, Book, Paid, total
from kernel_gepa.models.charged import Charged
from kernel_gepa.models.metered import Metered
from kernel_gepa.models.openai_http import create
from kernel_gepa.models.options import ModelOptions
from kernel_gepa.models.recorded import Question, Recorded, Replied
from kernel_gepa.models.retrying import Retrying
from kernel_gepa.models.scripted import Scripted
from kernel_gepa.models.tariff import Tariff
from kernel_gepa.ports import LanguageModel, Reply
from kernel_gepa.testing.model_server import Answer, Broken, Failure, How, Line, ModelServer, Request

CAP_USD = 0.05
IN_FLIGHT = 8
REPLY_TOKENS = 400
USD_IN, USD_OUT = 1e-6, 10e-6
TARIFF = Tariff(USD_IN, USD_OUT, reply_tokens=REPLY_TOKENS, source="given by the user")


class KilledError(Exception):
    pass


class Notebook:
    """The facts that were written before the process died; whoever writes later is dead already."""

    def __init__(self, facts: list[object], *, life: int | None = None) -> None:
        self.facts = facts
        self._life = life
        self._lock = Lock()

    def write(self, fact: object) -> None:
        with self._lock:
            if self._life is not None:
                if self._life <= 0:
                    raise KilledError
                self._life -= 1
            self.facts.append(fact)


def provider(rng: Random) -> Callable[[Request], Line]:
    """Answers of any length that was allowed, and now and then badly."""

    def line(request: Request) -> Line:
        most = request.body["max_tokens"]
        assert isinstance(most, int)
        answer = Answer("x", tokens_in=len(request.prompt), tokens_out=rng.randint(0, most), after_s=rng.random() / 200)
        lot = rng.random()
        if lot < 0.1:
            return Failure(rng.choice((429, 500)))
        if lot < 0.2:
            return Broken(rng.choice((How.CUT, How.HANG_UP, How.GARBAGE)), answer)
        return answer

    return line


def billed(server: ModelServer) -> float:
    return sum(a.tokens_in * USD_IN + a.tokens_out * USD_OUT for a in server.answered)


def ask_until_the_end(model: LanguageModel, *, seed: int) -> None:
    """From as many threads as may be in flight, until the budget ends; raises KilledError when the process died."""
    rng = Random(seed)
    prompts = [f"question {number} {'x' * rng.randint(0, 900)}" for number in range(400)]

    def worker(mine: list[str]) -> None:
        for prompt in mine:
            try:
                model.complete(prompt)
            except BudgetSpent:
                return
            except ModelError:
                continue
        raise AssertionError("the budget never ended")

    with ThreadPoolExecutor(IN_FLIGHT) as pool:
        for done in [pool.submit(worker, prompts[first::IN_FLIGHT]) for first in range(IN_FLIGHT)]:
            done.result()


def life(server: ModelServer, notebook: Notebook, *, seed: int) -> Ledger:
    """One process of a run, from the notebook that it finds."""
    asked = [f for f in notebook.facts if isinstance(f, Asked)]
    paid = [f for f in notebook.facts if isinstance(f, Paid)]
    replies = [f for f in notebook.facts if isinstance(f, Replied)]
    ledger = Ledger(Budget(usd=CAP_USD), paid=total(asked, paid))
    book = Book(notebook.write, first=len(asked))
    model = create("test", ModelOptions(api_base=server.url, timeout_s=10, max_tokens=REPLY_TOKENS))
    metered = Metered(model, ledger, TARIFF, book=book)
    recorded = Recorded(
        Retrying(metered, sleep=lambda s: None),
        replies={r.question: r.reply for r in replies},
        on_fact=notebook.write,
    )
    ask_until_the_end(recorded, seed=seed)
    return ledger


def never_beyond_the_cap(seed: int) -> None:
    with ModelServer(provider(Random(seed))) as server:
        ledger = life(server, Notebook([]), seed=seed)
        assert billed(server) <= ledger.paid.usd + 1e-12
        assert ledger.paid.usd <= CAP_USD
        assert server.most_in_flight > 1
        assert len(server.answered) > 8


def never_beyond_the_cap_however_often_it_is_killed(seed: int) -> None:
    rng = Random(seed)
    facts: list[object] = []
    deaths = 0
    with ModelServer(provider(rng)) as server:
        while True:
            try:
                ledger = life(server, Notebook(facts, life=rng.randint(1, 30)), seed=seed)
                break
            except KilledError:
                deaths += 1
        assert deaths > 0
        assert billed(server) <= CAP_USD
        assert billed(server) <= ledger.paid.usd + 1e-12
        assert ledger.paid.usd <= CAP_USD + 1e-12


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)


@pytest.mark.parametrize("seed", range(5))
def test_eight_requests_in_flight_never_cost_more_than_was_allowed(seed: int) -> None:
    never_beyond_the_cap(seed)


@pytest.mark.parametrize("seed", range(5))
def test_a_run_that_is_killed_in_flight_and_taken_up_again_never_costs_more_than_was_allowed(seed: int) -> None:
    never_beyond_the_cap_however_often_it_is_killed(seed)


@pytest.mark.slow
def test_a_hundred_runs_never_cost_more_than_was_allowed() -> None:
    for seed in range(100):
        never_beyond_the_cap(seed)
        never_beyond_the_cap_however_often_it_is_killed(seed)


# ---------------------------------------------------------------- the book


def test_what_was_in_flight_when_the_process_died_counts_with_the_most_that_it_can_have_cost() -> None:
    asked = [Asked(0, "m", Spend(model_calls=1, usd=0.5)), Asked(1, "m", Spend(model_calls=1, usd=0.7))]
    assert total(asked, [Paid(0, Spend(model_calls=1, usd=0.1))]) == Spend(model_calls=2, usd=0.7 + 0.1)


def test_a_request_is_in_the_book_before_it_is_sent_and_closed_before_its_reply_is_used() -> None:
    order: list[str] = []

    def answer(prompt: str) -> str:
        order.append("sent")
        return "x"

    book = Book(lambda fact: order.append(type(fact).__name__))
    Metered(Scripted(answer), Ledger(Budget()), TARIFF, book=book).complete("hello")
    assert order == ["Asked", "sent", "Paid"]


def test_a_request_that_cannot_be_written_down_is_not_sent_and_holds_nothing() -> None:
    def full_disk(fact: object) -> None:
        raise OSError("no space left")

    script, ledger = Scripted(["x"]), Ledger(Budget(model_calls=1))
    with pytest.raises(OSError, match="no space"):
        Metered(script, ledger, TARIFF, book=Book(full_disk)).complete("hello")
    assert script.prompts == []
    ledger.reserve(Spend(model_calls=1))


@pytest.mark.parametrize(("free", "usd"), [(True, 0.0), (False, TARIFF.most("hello").usd)])
def test_a_failed_request_costs_nothing_where_that_is_sure_and_the_most_where_it_is_not(free: bool, usd: float) -> None:
    ledger = Ledger(Budget())
    with pytest.raises(ModelError):
        Metered(Scripted([ModelError("no", free=free)]), ledger, TARIFF).complete("hello")
    assert ledger.paid.usd == usd
    assert ledger.paid.model_calls == 1


# ---------------------------------------------------------------- the steps


def test_a_step_is_charged_for_what_it_used_and_only_what_was_asked_is_paid() -> None:
    ledger = Ledger(Budget())
    replies: dict[Question, Reply] = {}

    def stack(script: Scripted) -> Charged:
        remembered = Recorded(
            Metered(script, ledger, TARIFF), replies=replies, on_fact=lambda f: replies.update({f.question: f.reply})
        )
        return Charged(remembered, ledger, TARIFF)

    stack(Scripted([Reply("x", tokens_in=100, tokens_out=10)])).complete("hello")
    first, real = ledger.settle(), ledger.paid
    assert first == Spend(
        model_calls=1, tokens=110, usd=TARIFF.cost("hello", Reply("x", tokens_in=100, tokens_out=10)).usd
    )
    stack(Scripted([])).complete("hello")  # the step is taken again
    assert ledger.settle() == first
    assert ledger.paid.usd == real.usd


# ---------------------------------------------------------------- without a bound


def test_calls_whose_cost_nobody_knows_are_made_one_at_a_time_and_the_last_may_go_beyond() -> None:
    in_flight: list[int] = []
    most = 0
    lock = Lock()

    def answer(prompt: str) -> Reply:
        nonlocal most
        with lock:
            in_flight.append(1)
            most = max(most, len(in_flight))
        with lock:
            in_flight.pop()
        return Reply("x", usd=0.02, tokens_out=1)

    ledger = Ledger(Budget(usd=0.05))
    model = Metered(Scripted(answer), ledger)

    def ask(number: int) -> bool:
        try:
            model.complete(f"{number}")
        except BudgetSpent:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(ask, range(8))) == 3
    assert most == 1
    assert ledger.paid.usd == pytest.approx(0.06)
