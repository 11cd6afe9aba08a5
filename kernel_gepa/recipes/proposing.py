"""Who proposes in a run, and where each of them looks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from kernel_gepa.domain.pool import Pool
from kernel_gepa.domain.task import Task
from kernel_gepa.ports import Evaluate, LanguageModel, Proposer
from kernel_gepa.proposers.controls import greedy
from kernel_gepa.proposers.harvest import Harvest
from kernel_gepa.proposers.merge.proposer import Merge, MergeFirst
from kernel_gepa.proposers.reflect import Reflect
from kernel_gepa.proposers.transform.proposer import Transform
from kernel_gepa.proposers.tune import Tune
from kernel_gepa.recipes.controls import GREEDY, PickParent, controlling
from kernel_gepa.recipes.wish import EVOLUTION, KERNELS, PROMPTS, PRUNES, Wish
from kernel_gepa.search.minibatch import SIZE, minibatch
from kernel_gepa.search.select import next_component, pick_parent


def proposers(
    wish: Wish,
    tasks: Sequence[Task],
    evaluate: Evaluate,
    model: LanguageModel | None,
    lessons: Callable[[], str] = str,
) -> tuple[Proposer, ...]:
    """They take turns in this order; when a merge is due, whoever has the turn makes it. A control has its own.

    `lessons` are what reflection is told of other tasks.
    """
    prune = PRUNES[wish.prune]()

    def in_turns(parent: PickParent) -> tuple[Proposer, ...]:
        reflect = _reflecting(wish, tasks, evaluate, model, parent, lessons) if model is not None else None
        return _in_turns(wish, tasks, reflect, parent)

    def by_front(pool: Pool, rng: Random) -> int:
        return pick_parent(pool, rng, prune)

    if wish.way not in (EVOLUTION, GREEDY):
        return controlling(wish.way, tasks, lambda parent: in_turns(parent)[0])
    parent = greedy if wish.way == GREEDY else by_front
    merge = Merge(tasks, prune)
    return tuple(MergeFirst(merge, proposer) for proposer in in_turns(parent))


def _in_turns(wish: Wish, tasks: Sequence[Task], reflect: Reflect | None, parent: PickParent) -> tuple[Proposer, ...]:
    """Where modules write the kernels, nobody turns knobs: each try would cost what a rollout of theirs costs."""
    tune, harvest = Tune(parent, tasks), Harvest(parent, tasks)
    # With one kernel and nobody who writes others, the best kernel known is carried by somebody already.
    gathering = () if wish.evolve == PROMPTS or (wish.evolve == KERNELS and len(tasks) == 1) else (harvest,)
    if reflect is None:
        return Transform(parent, tasks), tune, *gathering
    return (reflect, tune, *gathering) if wish.evolve == KERNELS else (reflect, *gathering)


def _reflecting(
    wish: Wish,
    tasks: Sequence[Task],
    evaluate: Evaluate,
    model: LanguageModel,
    parent: PickParent,
    lessons: Callable[[], str],
) -> Reflect:
    return Reflect(
        model,
        evaluate,
        pick_parent=parent,
        pick_component=next_component,
        minibatch=lambda pool, component: minibatch(tasks, component, seed=wish.seed, turn=pool.turns),
        lessons=lessons,
    )


def reserve(wish: Wish, tasks: Sequence[Task]) -> int:
    """The rollouts that a step may need before its gate has spoken: what a step starts, it should be able to end."""
    return 1 if wish.evolve == KERNELS else min(SIZE, len(tasks))
