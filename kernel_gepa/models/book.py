"""The book of requests: written down before they are sent, and closed with what they cost.

A process can be killed while a provider is working for it. The request is then in the book and no price is: it counts
with the most that it can have cost, so that a resumed run cannot spend the same money twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from threading import Lock

from kernel_gepa.domain.budget import Spend


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, before it is sent."""

    number: int
    model: str
    most: Spend


@dataclass(frozen=True, slots=True)
class Paid:
    """What the request of that number has cost, whatever came of it."""

    number: int
    spend: Spend


class Book:
    """Hands out numbers. What it writes down is on the disk when it returns."""

    def __init__(self, on_fact: Callable[[Asked | Paid], None], *, first: int = 0) -> None:
        self._on_fact = on_fact
        self._next = first
        self._lock = Lock()

    def ask(self, model: str, most: Spend) -> int:
        with self._lock:
            number = self._next
            self._next += 1
        self._on_fact(Asked(number, model, most))
        return number

    def pay(self, number: int, spend: Spend) -> None:
        self._on_fact(Paid(number, spend))


def total(asked: Iterable[Asked], paid: Iterable[Paid]) -> Spend:
    """What all requests have cost; what is not known counts with the most that it can be."""
    costs = {a.number: a.most for a in asked} | {p.number: p.spend for p in paid}
    return sum((costs[number] for number in sorted(costs)), Spend())
