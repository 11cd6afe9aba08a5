"""What happens in one rollout: every call of a language module, what came of it, and what it cost."""

from __future__ import annotations

from dataclasses import replace

from kernel_gepa.domain.budget import Spend
from kernel_gepa.domain.evaluation import ModuleCall, Rollout
from kernel_gepa.ports import LanguageModel, Reply


class Trajectory:
    """One rollout that is being made. A program asks through it, and hands out `rollout` at the end.

    Asks for sample 0: equal prompts get equal answers wherever replies are remembered, so that candidates are compared
    by their texts and not by their luck.
    """

    def __init__(self) -> None:
        self._calls: list[ModuleCall] = []
        self._spend = Spend()

    def ask(self, model: LanguageModel, component: str, prompt: str) -> Reply:
        """One call of the module that works by the text of `component`. Raises what the model raises."""
        reply = model.complete(prompt)
        self._spend += Spend(model_calls=1, tokens=reply.tokens_in + reply.tokens_out, usd=reply.usd or 0.0)
        self._calls.append(ModuleCall(component, prompt, reply.text))
        return reply

    def note(self, outcome: str) -> None:
        """What was found out about the latest reply."""
        self._calls[-1] = replace(self._calls[-1], outcome=outcome)

    def rollout(self, kernel: str) -> Rollout:
        return Rollout(kernel, tuple(self._calls), self._spend)
