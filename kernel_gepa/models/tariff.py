"""What a call to a model can cost at most, and what a reply has cost."""

from __future__ import annotations

from dataclasses import dataclass

from kernel_gepa.domain.budget import Spend
from kernel_gepa.ports import Reply

# What a chat template puts around a prompt, with room to spare.
FRAME_TOKENS = 256

GIVEN = "given by the user"


@dataclass(frozen=True, slots=True)
class Tariff:
    """Dollars per token, None where they are not known, and the most tokens of a reply, None where nothing bounds it.

    `afterwards` marks models whose replies say what they cost, and of which nothing is known before. `source` says
    where the price comes from.
    """

    usd_in: float | None = None
    usd_out: float | None = None
    usd_cached: float | None = None
    reply_tokens: int | None = None
    afterwards: bool = False
    source: str = "nowhere"

    @property
    def priced(self) -> bool:
        return self.usd_in is not None and self.usd_out is not None

    def most(self, prompt: str) -> Spend:
        """What one call costs at most, as far as it is bounded: no token is shorter than a byte."""
        tokens_in = len(prompt.encode("utf-8", "surrogatepass")) + FRAME_TOKENS
        tokens_out = self.reply_tokens or 0
        return Spend(model_calls=1, tokens=tokens_in + tokens_out, usd=self._usd(tokens_in, tokens_out))

    @property
    def unbounded(self) -> tuple[str, ...]:
        """The caps of which one call may take any part."""
        tokens = ("tokens",) if self.reply_tokens is None else ()
        usd = ("usd",) if (self.reply_tokens is None if self.priced else self.afterwards) else ()
        return tokens + usd

    def cost(self, prompt: str, reply: Reply) -> Spend:
        """What a reply cost. What the provider itself says counts for more than a list, and less than the user's word.

        A reply that counts no tokens is booked with the most that it can have cost.
        """
        if reply.cached:
            return Spend()
        tokens = reply.tokens_in + reply.tokens_out
        if reply.usd is not None and self.source != GIVEN:
            return Spend(model_calls=1, tokens=tokens, usd=reply.usd)
        if tokens == 0 and self.priced:
            bound = self.most(prompt)
            written = 0.0 if self.reply_tokens is not None else self._usd(0, len(reply.text.encode(errors="replace")))
            return Spend(model_calls=1, usd=bound.usd + written)
        return Spend(model_calls=1, tokens=tokens, usd=self._billed(reply))

    def knows(self, reply: Reply) -> bool:
        """Is there a price for this reply?"""
        return reply.cached or reply.usd is not None or self.priced

    def _billed(self, reply: Reply) -> float:
        cached = min(reply.tokens_cached, reply.tokens_in) if self.usd_cached is not None else 0
        return self._usd(reply.tokens_in - cached, reply.tokens_out) + cached * (self.usd_cached or 0.0)

    def _usd(self, tokens_in: int, tokens_out: int) -> float:
        return tokens_in * (self.usd_in or 0.0) + tokens_out * (self.usd_out or 0.0)
