"""What is looked at before anything is built, timed or paid: prices, keys, and whether the budget is a search."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from kernel_gepa.discreet import secrets
from kernel_gepa.errors import UsageError
from kernel_gepa.models.choose import choose
from kernel_gepa.models.litellm import LiteLLM
from kernel_gepa.models.openai_http import OpenAIHTTP
from kernel_gepa.models.redacted import LEAST_CHARACTERS
from kernel_gepa.models.tariff import Tariff
from kernel_gepa.recipes.access import PARTS, specs
from kernel_gepa.recipes.asking import options_of
from kernel_gepa.recipes.plan import Size, check_plan, plan
from kernel_gepa.recipes.tariffs import check_tariffs, tariff_of
from kernel_gepa.recipes.wish import SERVED, Wish


def preflight(wish: Wish, sizes: Sequence[Size], folder: Path) -> Mapping[str, Tariff]:
    """The prices that the run will reckon with. Raises UsageError and ModelError; costs nothing."""
    _refuse_unknown_parts(wish)
    _refuse_keys_in_words(wish)
    asked = [spec for spec in specs(wish.model, wish.access) if spec != SERVED]
    tariffs = {spec: tariff_of(spec, wish.access, wish.budget, api_base=wish.api_base) for spec in asked}
    check_tariffs(tariffs, wish.budget)
    check_plan(plan(wish, tariffs, sizes), wish)
    for spec, tariff in tariffs.items():
        model = choose(spec, options_of(wish, tariff, run=folder))
        if isinstance(model, LiteLLM | OpenAIHTTP):
            model.check()
    return tariffs


def _refuse_unknown_parts(wish: Wish) -> None:
    for part in wish.access.parts:
        if part not in PARTS:
            raise UsageError(f"there is no part {part!r} that asks a model; known are: {', '.join(PARTS)}")


def _refuse_keys_in_words(wish: Wish) -> None:
    """The words of a run are written into its journal and its report."""
    keys = [key for key in secrets(os.environ, wish.access.secret_variables) if len(key) >= LEAST_CHARACTERS]
    words = (*specs(wish.model, wish.access), wish.api_base or "")
    if any(key in word for word in words for key in keys):
        raise UsageError(
            "the model or its address holds the value of a key, and both are written down with the run; leave the key "
            "in its environment variable, and name that with --key-variable or, for a command, --model-env"
        )
    if wish.api_base is not None and urlsplit(wish.api_base).username is not None:
        raise UsageError("--api-base holds a user, and it is written down with the run; put the key into a variable")
