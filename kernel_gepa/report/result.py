"""`result.json`: the outcome for machines. Raw samples stay in the journal; this holds what is claimed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from kernel_gepa.domain.provenance import flags, made_of
from kernel_gepa.domain.task import Input, TensorSpec
from kernel_gepa.domain.timing import BASELINES, Estimate, Measurement
from kernel_gepa.domain.verdict import Correct, name
from kernel_gepa.report.archive import Archived
from kernel_gepa.report.outcome import Outcome, Winner

SCHEMA = 1

START, BEST = "kernel.start", "kernel.opt"


def result(outcome: Outcome) -> dict[str, Any]:
    """JSON values only. Paths are relative to the run's folder."""
    task = outcome.task
    return {
        "schema": SCHEMA,
        "task": {
            "id": task.id,
            "form": task.form.value,
            "source": outcome.source,
            "reference": task.reference,
            "tolerance": {"rtol": task.tolerance.rtol, "atol": task.tolerance.atol},
            "workloads": [
                {"name": w.name, "inputs": [_input(i) for i in w.inputs], "outputs": [_input(o) for o in w.outputs]}
                for w in task.workloads
            ],
        },
        "machine": {
            "processor": outcome.machine.processor,
            "toolchain": outcome.machine.toolchain,
            "threads": outcome.machine.threads,
            "sandbox": outcome.machine.sandbox,
        },
        "beside": list(outcome.beside),
        "proposers": outcome.proposers,
        "stopped": outcome.stopped,
        "spend": _spend(outcome),
        "tried": dict(outcome.tried),
        "correct_by_provenance": dict(outcome.made),
        "start": {
            "path": START + outcome.suffix(task.kernel),
            "is_reference": task.start_is_reference,
            "is_generated": task.start_is_generated,
        },
        "winner": _winner(outcome.winner, outcome) if outcome.winner else None,
        "undecided": _winner(outcome.undecided, outcome) if outcome.undecided else None,
        "unverified": _unverified(outcome.unverified) if outcome.unverified else None,
        "control": _control(outcome.control) if outcome.control else None,
        "static": [
            {"origin": origin, "right_on": list(verdict.passed), "code": [asdict(c) for c in verdict.code]}
            for origin, verdict in outcome.looked_at
        ],
    }


def _spend(outcome: Outcome) -> dict[str, Any]:
    return {
        "rollouts": outcome.spend.rollouts,
        "evaluations": outcome.spend.evaluations,
        "model_calls": outcome.spend.model_calls,
        "tokens": outcome.spend.tokens,
        "usd": outcome.spend.usd,
        "unpriced_calls": outcome.unpriced_calls,
        "wall_s": round(outcome.spend.wall_s, 3),
        "device_s": round(outcome.spend.device_s, 3),
    }


def _control(control: Outcome) -> dict[str, Any]:
    """Its kernel stays in its own journal: it is there to be compared with."""
    winner = {**_winner(control.winner, control), "path": None} if control.winner else None
    return {"way": control.way, "spend": _spend(control), "tried": dict(control.tried), "winner": winner}


def results(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """`result.json` of a run over several tasks: the result of each, in a folder of its name."""
    return {"schema": SCHEMA, "tasks": {outcome.task.id: result(outcome) for outcome in outcomes}}


def _input(spec: Input) -> dict[str, Any]:
    if isinstance(spec, TensorSpec):
        return {
            "name": spec.name,
            "dtype": spec.dtype,
            "shape": list(spec.shape),
            "dims": list(spec.dims),
            "distribution": spec.distribution,
        }
    return {"name": spec.name, "value": spec.value}


def _unverified(best: Archived) -> dict[str, Any]:
    return {"origin": best.origin, "speedup": estimate(best.speedup)}


def _winner(winner: Winner, outcome: Outcome) -> dict[str, Any]:
    """An undecided one has the same keys, and no file: nothing was won."""
    geomeans = {b: winner.geomean(b) for b in BASELINES}
    verified = winner.verified.measurements if isinstance(winner.verified, Correct) else ()
    tags = winner.verified.tags if isinstance(winner.verified, Correct) else ()
    return {
        "path": BEST + outcome.suffix(winner.kernel) if winner is outcome.winner else None,
        "origin": winner.origin,
        "verdict": name(winner.verified),
        "won_by": winner.made_by,
        "inconclusive": winner.inconclusive,
        "tags": list(made_of(tags)),
        "flagged": list(flags(tags)),
        "verified": [
            {
                "workload": m.workload,
                "against": m.baseline,
                **estimate(m.speedup),
                "candidate_s": m.candidate_s,
                "baseline_s": m.baseline_s,
                **circumstances(m),
            }
            for m in verified
        ],
        "geomean": {b: estimate(g) for b, g in geomeans.items() if g is not None},
    }


def circumstances(found: Measurement) -> dict[str, Any]:
    """What goes with a measured time. `bound` and `peak_fraction` are estimates, null where none could be made."""
    return {
        "inconclusive": found.inconclusive,
        "bound": {"seconds": found.bound.seconds, "limit": found.bound.limit, "how": found.bound.how}
        if found.bound
        else None,
        "peak_fraction": found.peak_fraction,
        "counted_in_reference": asdict(found.counted) if found.counted else None,
        "conditions": asdict(found.conditions) if found.conditions else None,
        "cycles_estimated": asdict(found.cycles) if found.cycles else None,
        "notes": list(found.notes),
    }


def estimate(found: Estimate) -> dict[str, Any]:
    return {"median": found.value, "low": found.low, "high": found.high, "significant": found.significant}
