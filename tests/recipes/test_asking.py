"""The models of a run: who does what, what is written down, and what a run that is taken up again owes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from kernel_gepa.domain.budget import Budget, Ledger, Spend
from kernel_gepa.models.tariff import Tariff
from kernel_gepa.ports import LanguageModel
from kernel_gepa.recipes.access import AND, Access
from kernel_gepa.recipes.asking import Models, paid
from kernel_gepa.recipes.wish import Entry, Header, Wish
from kernel_gepa.report.outcome import Machine
from kernel_gepa.store import records
from kernel_gepa.testing.model_server import Answer, Failure, ModelServer
from kernel_gepa.testing.toys import task

PRICED = Tariff(1e-6, 1e-6, reply_tokens=100, source="given by the user")


class Desk:
    """A run's records and its ledger, as one process of it has them."""

    def __init__(self, wish: Wish, facts: Sequence[records.Record] = (), tariffs: dict[str, Tariff] | None = None):
        machine = Machine("cpu", "gcc", 1, "local", isolates=False)
        entry = Entry(task("t"), "k.py", None, "start")
        header = Header(wish, (entry,), "local", machine, "print", {}, tariffs or {})
        self.facts = list(facts)
        recorded = records.read_back([records.header({}), *self.facts])
        self.ledger = Ledger(wish.budget, paid=paid(recorded))
        self.models = Models(header, Path("run"), recorded, self.ledger, self._write)

    def _write(self, kind: str, fact: object) -> None:
        self.facts.append(json.loads(json.dumps(records.fact(kind, fact))))

    def part(self, name: str) -> LanguageModel:
        model = self.models.part(name)
        assert model is not None
        return model

    @property
    def kinds(self) -> list[object]:
        return [fact["kind"] for fact in self.facts]


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)


def scripts(tmp_path: Path, **lines: list[object]) -> dict[str, str]:
    for name, said in lines.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(said))
    return {name: f"scripted:{tmp_path / name}.json" for name in lines}


def test_a_part_has_its_own_model_or_the_one_for_all(tmp_path: Path) -> None:
    said = scripts(tmp_path, everybody=["for all"] * 3, coder=["code"])
    desk = Desk(Wish(("k.py",), model=said["everybody"], access=Access(parts={"coder": said["coder"]})))
    assert desk.part("coder").complete("hello").text == "code"
    assert desk.part("reflect").complete("hello").text == "for all"
    assert desk.part("planner") is desk.part("reflect")
    assert Desk(Wish(("k.py",))).models.part("reflect") is None


def test_several_models_share_a_part(tmp_path: Path) -> None:
    said = scripts(tmp_path, a=["a"] * 40, b=["b"] * 40)
    desk = Desk(Wish(("k.py",), model=AND.join(said.values())))
    heard = [desk.part("reflect").complete("hello", sample=n).text for n in range(40)]
    assert set(heard) == {"a", "b"}
    again = Desk(Wish(("k.py",), model=AND.join(said.values())), desk.facts)
    assert [again.part("reflect").complete("hello", sample=n).text for n in range(40)] == heard


def test_every_request_is_in_the_book_and_every_reply_a_fact(tmp_path: Path) -> None:
    with ModelServer([Failure(500), Answer("yes", tokens_in=10, tokens_out=5)]) as server:
        wish = Wish(("k.py",), model="openai:x", api_base=server.url)
        desk = Desk(wish, tariffs={"openai:x": PRICED})
        assert desk.part("reflect").complete("hello").text == "yes"
    assert desk.kinds == ["asked", "paid", "asked", "paid", "reply"]
    assert desk.facts[1]["spend"]["usd"] == 0.0  # type: ignore[index]
    assert desk.facts[3]["spend"]["usd"] == pytest.approx(15e-6)  # type: ignore[index]
    assert desk.ledger.spent.model_calls == 1
    assert desk.ledger.paid.model_calls == 2


def test_a_run_that_is_taken_up_again_asks_nothing_twice_and_owes_what_was_in_flight(tmp_path: Path) -> None:
    with ModelServer([Answer("one", tokens_in=10, tokens_out=5), Answer("two")]) as server:
        wish = Wish(("k.py",), model="openai:x", api_base=server.url, budget=Budget(usd=1.0))
        first = Desk(wish, tariffs={"openai:x": PRICED})
        first.part("reflect").complete("hello")
        first_step = first.ledger.settle()
        first.part("reflect").complete("lost")
        killed = first.facts[:4]  # the second request went out, and nothing more was written
        assert [fact["kind"] for fact in killed] == ["asked", "paid", "reply", "asked"]
        second = Desk(wish, killed, tariffs={"openai:x": PRICED})
        assert second.ledger.paid.usd == pytest.approx(15e-6 + PRICED.most("lost").usd)
        assert second.part("reflect").complete("hello").text == "one"
        assert len(server.requests) == 2
        assert second.ledger.settle() == first_step  # what the step had spent
        assert second.ledger.paid.usd == pytest.approx(15e-6 + PRICED.most("lost").usd)


def test_what_is_left_out_is_told_and_written_down(capsys: pytest.CaptureFixture[str]) -> None:
    refusal = Failure(400, "Unsupported parameter: 'temperature'")
    with ModelServer([refusal, Answer("yes")]) as server:
        wish = Wish(("k.py",), model="openai:x", api_base=server.url, access=Access(temperature=0.1))
        desk = Desk(wish)
        desk.part("reflect").complete("hello")
    assert "note" in desk.kinds
    assert "temperature=0.1" in capsys.readouterr().err


def test_unpriced_replies_are_counted_over_the_whole_run(tmp_path: Path) -> None:
    said = scripts(tmp_path, x=["a", {"text": "b", "usd": 0.5}, "c"])
    first = Desk(Wish(("k.py",), model=said["x"]))
    for sample in (0, 1):
        first.part("reflect").complete("hello", sample=sample)
    second = Desk(Wish(("k.py",), model=said["x"]), first.facts)
    assert second.part("reflect").complete("hello", sample=2).text == "c"
    assert second.models.unpriced_calls == 2


def test_replies_of_earlier_runs_cost_nothing_and_are_facts_of_this_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with ModelServer([Answer("one")]) as server:
        wish = Wish(("k.py",), model="openai:x", api_base=server.url, access=Access(cache=True))
        for _ in range(2):
            desk = Desk(wish, tariffs={"openai:x": PRICED})
            assert desk.part("reflect").complete("hello").text == "one"
        assert len(server.requests) == 1
    assert desk.kinds == ["reply"]
    assert desk.ledger.paid == Spend()
