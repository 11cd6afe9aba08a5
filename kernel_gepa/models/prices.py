"""Prices of models, from the list that comes with litellm: read as a file, without loading the package."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from kernel_gepa.errors import UsageError
from kernel_gepa.models.tariff import GIVEN, Tariff

LIST = "litellm/model_prices_and_context_window_backup.json"
MILLION = 1_000_000

# Prices that nobody is charged who does not ask for them.
OTHER_SERVICES = ("_flex", "_priority", "_batches", "_batch")


def listed(model: str) -> Tariff:
    """The tariff of PROVIDER/MODEL, or one without a price where the list does not have it, or is not there.

    Where a price depends on the length of the prompt it is the dearest: this is what is set aside for a call.
    """
    provider, _, name = model.rpartition("/")
    entries = _list()
    for key in (model, name):
        entry = entries.get(key)
        if entry is None or (key == name and provider and entry.get("litellm_provider") != provider):
            continue
        usd_in, usd_out = _dearest(entry, "input_cost_per_token"), _dearest(entry, "output_cost_per_token")
        if usd_in is not None and usd_out is not None:
            cached = entry.get("cache_read_input_token_cost")
            usd_out = max(usd_out, entry.get("output_cost_per_reasoning_token") or 0.0)
            usd_in = max(usd_in, entry.get("cache_creation_input_token_cost") or 0.0)
            return Tariff(usd_in, usd_out, cached, source=f"the list of litellm {_version()}")
    return Tariff()


def longest_reply(model: str) -> int | None:
    """The most tokens that the model can write, where the list says it."""
    provider, _, name = model.rpartition("/")
    entry = _list().get(model) or _list().get(name) or {}
    most = entry.get("max_output_tokens")
    return most if isinstance(most, int) and (not provider or entry.get("litellm_provider") == provider) else None


def given(words: str) -> Tariff:
    """From `--price IN,OUT` or `--price IN,OUT,CACHED`, in dollars per million tokens."""
    try:
        prices = [float(word) / MILLION for word in words.split(",")]
    except ValueError:
        prices = []
    if len(prices) not in (2, 3) or not all(0 <= price < float("inf") for price in prices):
        raise UsageError(f"--price {words!r} is no price; write IN,OUT in dollars per million tokens, such as 1.25,10")
    return Tariff(prices[0], prices[1], prices[2] if len(prices) == 3 else None, source=GIVEN)


def _dearest(entry: Mapping[str, Any], name: str) -> float | None:
    found = [
        price
        for key, price in entry.items()
        if key.startswith(name) and not key.endswith(OTHER_SERVICES) and isinstance(price, int | float)
    ]
    return max(found, default=None)


@cache
def _list() -> Mapping[str, Any]:
    try:
        path = Path(str(distribution("litellm").locate_file(LIST)))
    except PackageNotFoundError:
        return {}
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {name: entry for name, entry in entries.items() if isinstance(entry, dict) and name != "sample_spec"}


def _version() -> str:
    return distribution("litellm").version
