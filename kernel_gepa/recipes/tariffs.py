"""What the models of a run cost: looked up once, before anything is paid, and kept with the run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from kernel_gepa.domain.budget import Budget
from kernel_gepa.errors import UsageError
from kernel_gepa.models import prices
from kernel_gepa.models.choose import kind_of
from kernel_gepa.models.tariff import Tariff
from kernel_gepa.recipes.access import Access

# A reply is bounded by these under a cap: enough for a kernel with thoughts, and a share that leaves several calls.
MOST_REPLY_TOKENS, LEAST_REPLY_TOKENS = 32_768, 4_096
SHARE = 4

BOUNDED = frozenset({"litellm", "openai"})  # a request to them says how long the reply may be
TELLING = frozenset({"scripted", "replay"})  # each of their replies carries the price that it had


def tariff_of(spec: str, access: Access, budget: Budget, *, api_base: str | None) -> Tariff:
    """The price of one model, and the bound of its replies."""
    kind, rest = kind_of(spec)
    given = access.price_of(spec)
    if given is not None:
        tariff = prices.given(given)
    elif kind == "litellm":
        tariff = prices.listed(rest)
    elif kind == "openai" and api_base is None:
        tariff = prices.listed(f"openai/{rest}")
    else:
        tariff = Tariff(afterwards=kind not in BOUNDED)
    if kind not in BOUNDED:
        return tariff
    return replace(tariff, reply_tokens=access.reply_tokens or _bound(rest, tariff, budget))


def check_tariffs(tariffs: Mapping[str, Tariff], budget: Budget) -> None:
    """Raises UsageError for a cap in dollars that nobody could keep."""
    if budget.usd is None or budget.tokens is not None or budget.model_calls is not None:
        return
    for spec, tariff in tariffs.items():
        if not tariff.priced and kind_of(spec)[0] not in TELLING:
            raise UsageError(
                f"the price of {spec} is not known, so --max-usd cannot be kept: give it with --price IN,OUT (dollars "
                "per million tokens), or cap what is counted as well, with --max-tokens or --max-calls"
            )


def _bound(model: str, tariff: Tariff, budget: Budget) -> int | None:
    """No bound without a cap: a model is only cut short where that keeps a promise."""
    if budget.tokens is None and budget.usd is None:
        return None
    most = min(MOST_REPLY_TOKENS, prices.longest_reply(model) or MOST_REPLY_TOKENS)
    if budget.tokens is not None:
        most = min(most, max(LEAST_REPLY_TOKENS, budget.tokens // SHARE))
    if budget.usd is not None and tariff.usd_out:
        most = min(most, max(LEAST_REPLY_TOKENS, int(budget.usd / SHARE / tariff.usd_out)))
    return most
