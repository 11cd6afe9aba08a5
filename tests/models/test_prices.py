"""What calls cost: from the list, from the user, or not known; and which caps can be kept."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel_gepa.domain.budget import Budget
from kernel_gepa.errors import UsageError
from kernel_gepa.models import prices
from kernel_gepa.models.tariff import FRAME_TOKENS, GIVEN, Tariff
from kernel_gepa.ports import Reply
from kernel_gepa.recipes.access import AND, Access, Voice, voices
from kernel_gepa.recipes.plan import Size, check_plan, plan
from kernel_gepa.recipes.tariffs import LEAST_REPLY_TOKENS, check_tariffs, tariff_of
from kernel_gepa.recipes.wish import Wish


def test_a_listed_price_is_found_without_loading_litellm() -> None:
    code = """
import sys
from kernel_gepa.models import prices
found = prices.listed("openai/gpt-4o-mini")
print(found.usd_in, found.usd_out, found.source.split()[:4], prices.longest_reply("openai/gpt-4o-mini"))
sys.exit("litellm" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.startswith("1.5e-07 6e-07 ['the', 'list', 'of', 'litellm'] 16384")


def test_a_model_of_that_name_at_another_provider_has_not_this_price() -> None:
    assert prices.listed("openai/gpt-4o-mini").priced
    assert not prices.listed("hosted_vllm/gpt-4o-mini").priced
    assert not prices.listed("openai/nobody-knows-me").priced


@pytest.mark.parametrize("words", ["", "1", "1,x", "1,2,3,4", "-1,2", "inf,1", "nan,1"])
def test_a_price_that_is_none_is_refused(words: str) -> None:
    with pytest.raises(UsageError, match="IN,OUT"):
        prices.given(words)


def test_a_given_price_is_in_dollars_per_million_tokens() -> None:
    tariff = prices.given("1.25,10,0.125")
    reply = Reply("x", tokens_in=1_000_000, tokens_out=100_000, tokens_cached=400_000, usd=99.0)
    assert tariff.cost("hello", reply).usd == pytest.approx(0.6 * 1.25 + 0.4 * 0.125 + 1.0)


def test_what_the_provider_says_counts_for_more_than_a_list() -> None:
    reply = Reply("x", tokens_in=1000, tokens_out=1000, usd=0.5)
    assert Tariff(1e-6, 1e-6, source="a list").cost("hello", reply).usd == 0.5
    assert Tariff(1e-6, 1e-6, source=GIVEN).cost("hello", reply).usd == pytest.approx(0.002)


def test_a_reply_without_a_price_is_not_free_but_unpriced() -> None:
    assert not Tariff().knows(Reply("x", tokens_in=5))
    assert Tariff().knows(Reply("x", usd=0.0))


@given(st.text(), st.integers(0, 5000), st.integers(0, 400))
def test_no_reply_within_its_bound_costs_more_than_the_most(prompt: str, tokens_in: int, tokens_out: int) -> None:
    tariff = Tariff(2e-6, 8e-6, reply_tokens=400)
    fed = min(tokens_in, len(prompt.encode("utf-8", "surrogatepass")) + FRAME_TOKENS)
    cost, most = tariff.cost(prompt, Reply("x", tokens_in=fed, tokens_out=tokens_out)), tariff.most(prompt)
    assert cost.usd <= most.usd * (1 + 1e-12)
    assert cost.tokens <= most.tokens


def test_a_server_that_counts_nothing_is_booked_with_the_most() -> None:
    tariff = Tariff(2e-6, 8e-6, reply_tokens=400)
    assert tariff.cost("hello", Reply("x")).usd == tariff.most("hello").usd


# ---------------------------------------------------------------- which caps can be kept


@pytest.mark.parametrize("spec", ["openai/nobody-knows-me", "openai:mine", "cmd:cat", "inbox:"])
def test_a_cap_in_dollars_needs_a_price_or_another_cap(spec: str) -> None:
    def check(budget: Budget, access: Access = Access()) -> None:
        check_tariffs({spec: tariff_of(spec, access, budget, api_base="http://127.0.0.1:1/v1")}, budget)

    with pytest.raises(UsageError, match="--price IN,OUT"):
        check(Budget(usd=1.0))
    check(Budget(usd=1.0, tokens=100_000))
    check(Budget(usd=1.0, model_calls=10))
    check(Budget(usd=1.0), Access(prices=("1,2",)))
    check(Budget(usd=1.0), Access(prices=(f"{spec}=1,2",)))
    with pytest.raises(UsageError):
        check(Budget(usd=1.0), Access(prices=("another=1,2",)))
    check(Budget())


def test_replies_are_bounded_under_a_cap_and_only_there() -> None:
    def bound(budget: Budget, access: Access = Access()) -> int | None:
        return tariff_of("openai/gpt-4o-mini", access, budget, api_base=None).reply_tokens

    assert bound(Budget()) is None
    assert bound(Budget(model_calls=5)) is None
    assert bound(Budget(usd=5.0)) == 16384  # all that the model can write
    assert bound(Budget(usd=0.01)) == max(LEAST_REPLY_TOKENS, int(0.01 / 4 / 6e-7))
    assert bound(Budget(tokens=20_000)) == 5000
    assert bound(Budget(usd=5.0), Access(reply_tokens=777)) == 777


# ---------------------------------------------------------------- choosing


def test_several_models_share_by_weight() -> None:
    words = AND.join(["3*openai/gpt-5", "cmd:sh -c 'a | b * c'", "0.5*openai:x"])
    assert voices(words) == (
        Voice("openai/gpt-5", 3.0),
        Voice("cmd:sh -c 'a | b * c'"),
        Voice("openai:x", 0.5),
    )
    with pytest.raises(UsageError, match="no weight"):
        voices("0*openai/gpt-5")


# ---------------------------------------------------------------- what a budget buys

SIZE = [Size(statement=2000, kernel=2000)]
TARIFF = Tariff(1e-6, 10e-6, reply_tokens=4096)


def wish(**caps: float) -> Wish:
    return Wish(("k.py",), model="openai:m", budget=Budget(**caps))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("caps", "proposals"),
    [({"rollouts": 40}, 39), ({"rollouts": 40, "model_calls": 7}, 7), ({"model_calls": 2}, 2), ({"usd": 0.01}, 0)],
)
def test_the_tightest_cap_says_how_many_proposals_there_are(caps: dict[str, float], proposals: int) -> None:
    found = plan(wish(**caps), {"openai:m": TARIFF}, SIZE)
    assert found.bought is not None
    assert found.bought.proposals == proposals
    assert "estimate" in str(found)


def test_a_dollar_cap_leaves_the_most_that_the_last_call_can_cost() -> None:
    found = plan(wish(usd=1.0), {"openai:m": TARIFF}, SIZE)
    assert found.bought is not None
    assert found.call is not None
    most = TARIFF.most("x" * SIZE[0].prompt)
    assert found.bought.proposals == int((1.0 - most.usd) // found.call.usd) + 1
    assert 10 < found.bought.proposals < 1.0 / found.call.usd


def test_fewer_than_three_proposals_are_no_search_unless_the_user_insists() -> None:
    few = wish(model_calls=2)
    with pytest.raises(UsageError, match=r"about 2 proposals.*2 model calls.*--force"):
        check_plan(plan(few, {}, SIZE), few)
    insisting = Wish(("k.py",), model="openai:m", budget=few.budget, force=True)
    check_plan(plan(insisting, {}, SIZE), insisting)


def test_without_a_cap_nothing_is_claimed() -> None:
    assert plan(wish(), {}, SIZE).bought is None
