"""What a budget buys, estimated before anything is spent. An estimate, and called one wherever it is printed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields

from kernel_gepa.domain.budget import WORDS, Budget, Spend
from kernel_gepa.errors import UsageError
from kernel_gepa.models.limited import BYTES_PER_TOKEN
from kernel_gepa.models.prices import MILLION
from kernel_gepa.models.tariff import Tariff
from kernel_gepa.recipes.access import voices
from kernel_gepa.recipes.wish import KERNELS, SERVED, Header, Wish
from kernel_gepa.search.minibatch import SIZE

LEAST_PROPOSALS = 3  # less is no search

# What reflection reads beside statement, reference and kernels (frame, feedback, attempts), from looking at prompts.
BESIDE_BYTES = 6_000
THOUGHT_TOKENS = 3_000  # what a model writes beside the kernel: some think more, some hardly
CALLS_OF_A_ROLLOUT = 2  # where modules write the kernels: a coder, and a planner or a repairer


@dataclass(frozen=True, slots=True)
class Size:
    """Bytes of what a prompt about one task quotes."""

    statement: int
    kernel: int

    @property
    def prompt(self) -> int:
        """The kernel itself and the best known one, or a change."""
        return self.statement + 2 * self.kernel + BESIDE_BYTES


@dataclass(frozen=True, slots=True)
class Bought:
    """About how many proposals one cap pays for; `words` name the cap."""

    proposals: int
    words: str


@dataclass(frozen=True, slots=True)
class Plan:
    """`call` is what one call of the model costs, by estimate; None without a model."""

    bought: Bought | None
    call: Spend | None

    def __str__(self) -> str:
        if self.bought is None:
            return "no cap limits the proposals"
        told = f"about {self.bought.proposals} proposals, limited by {self.bought.words} (an estimate"
        if self.call is None:
            return told + ")"
        usd = f", ${self.call.usd:.3f}" if self.call.usd else ""
        return f"{told}: some {self.call.tokens} tokens{usd} for each call of the model)"


def plan(wish: Wish, tariffs: Mapping[str, Tariff], sizes: Sequence[Size]) -> Plan:
    """`sizes` has one entry per task."""
    reflecting = wish.access.parts.get("reflect", wish.model)
    call = most = None
    if reflecting is not None and reflecting != SERVED:
        prompt = max(size.prompt for size in sizes)
        shares = [(voice.weight, tariffs.get(voice.spec, Tariff())) for voice in voices(reflecting)]
        calls = [_call(tariff, prompt, max(size.kernel for size in sizes)) for _, tariff in shares]
        weight = sum(share for share, _ in shares)
        call = Spend(
            model_calls=1,
            tokens=round(sum(w * c.tokens for (w, _), c in zip(shares, calls, strict=True)) / weight),
            usd=sum(w * c.usd for (w, _), c in zip(shares, calls, strict=True)) / weight,
        )
        worst = [tariff.most("x" * prompt) for _, tariff in shares if tariff.reply_tokens is not None]
        most = Spend(tokens=max((w.tokens for w in worst), default=0), usd=max((w.usd for w in worst), default=0.0))
    bought = list(_bought(wish, len(sizes), call, most))
    return Plan(min(bought, key=lambda b: b.proposals, default=None), call)


def check_plan(found: Plan, wish: Wish) -> None:
    """Raises UsageError for a budget that is no search, unless the user insists."""
    if wish.force or found.bought is None or found.bought.proposals >= LEAST_PROPOSALS:
        return
    raise UsageError(
        f"this budget buys {found}, and a search needs at least {LEAST_PROPOSALS}; allow more of {found.bought.words}, "
        "bound the replies with --reply-tokens, or add --force"
    )


def _bought(wish: Wish, starts: int, call: Spend | None, most: Spend | None) -> Iterator[Bought]:
    budget = wish.budget
    rollouts = 1 if wish.evolve == KERNELS else min(SIZE, starts)
    calls = 1 if wish.evolve == KERNELS else 1 + CALLS_OF_A_ROLLOUT * rollouts
    if budget.rollouts is not None:
        yield Bought(max(0, budget.rollouts - starts) // rollouts, f"{budget.rollouts} rollouts")
    if budget.evaluations is not None:
        yield Bought(max(0, budget.evaluations - starts) // rollouts, f"{budget.evaluations} evaluations")
    if call is None or most is None:
        return
    if budget.model_calls is not None:
        yield Bought(budget.model_calls // calls, f"{budget.model_calls} model calls")
    if budget.tokens is not None:
        yield Bought(_fitting(budget.tokens, calls * call.tokens, most.tokens), f"{budget.tokens} tokens")
    if budget.usd is not None and call.usd > 0:
        yield Bought(_fitting(budget.usd, calls * call.usd, most.usd), f"${budget.usd:g}")


def _fitting(cap: float, call: float, most: float) -> int:
    """The most that a call can cost must be left when the last one is made. Where nothing bounds it, `most` is 0."""
    if most <= 0:
        return int(cap // call)
    return int((cap - most) // call) + 1 if cap >= most else 0


def _call(tariff: Tariff, prompt: int, kernel: int) -> Spend:
    tokens_in = prompt // BYTES_PER_TOKEN
    tokens_out = THOUGHT_TOKENS + kernel // BYTES_PER_TOKEN
    tokens_out = min(tokens_out, tariff.reply_tokens or tokens_out)
    usd = tokens_in * (tariff.usd_in or 0.0) + tokens_out * (tariff.usd_out or 0.0)
    return Spend(model_calls=1, tokens=tokens_in + tokens_out, usd=usd)


def sizes_of(header: Header) -> list[Size]:
    return [
        Size(len(task.statement.encode()) + len(task.reference.encode()), len(task.kernel.encode()))
        for task in header.tasks
    ]


def plan_of(header: Header) -> Plan:
    return plan(header.wish, header.tariffs, sizes_of(header))


def caps(budget: Budget) -> str:
    """The caps in words, the most usual first."""
    found = [(f.name, getattr(budget, f.name)) for f in fields(budget) if getattr(budget, f.name) is not None]
    return ", ".join(f"${cap:g}" if name == "usd" else f"{cap:g} {WORDS[name]}" for name, cap in found) or "no cap"


def price(spec: str, tariff: Tariff) -> str:
    """What a model costs, and who says so."""
    if not tariff.priced:
        return f"{spec} is unpriced: its calls and tokens are counted, and what they cost is not known"
    dollars = f"${(tariff.usd_in or 0.0) * MILLION:g} in, ${(tariff.usd_out or 0.0) * MILLION:g} out per million tokens"
    bound = f", at most {tariff.reply_tokens} tokens a reply" if tariff.reply_tokens else ""
    return f"{spec}: {dollars} ({tariff.source}){bound}"
