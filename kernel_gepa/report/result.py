"""`result.json`: the outcome for machines. Raw samples stay in the journal; this holds what is claimed."""

from __future__ import annotations

from typing import Any

from kernel_gepa.domain.task import Input, TensorSpec
from kernel_gepa.domain.timing import Estimate
from kernel_gepa.domain.verdict import Correct, name
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
        "proposers": outcome.proposers,
        "stopped": outcome.stopped,
        "spend": {
            "rollouts": outcome.spend.rollouts,
            "evaluations": outcome.spend.evaluations,
            "model_calls": outcome.spend.model_calls,
            "tokens": outcome.spend.tokens,
            "usd": outcome.spend.usd,
            "unpriced_calls": outcome.unpriced_calls,
            "wall_s": round(outcome.spend.wall_s, 3),
        },
        "tried": dict(outcome.tried),
        "start": {"path": START + outcome.suffix, "is_reference": task.start_is_reference},
        "winner": _winner(outcome.winner, outcome) if outcome.winner else None,
    }


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


def _winner(winner: Winner, outcome: Outcome) -> dict[str, Any]:
    geomeans = {b: winner.geomean(b) for b in ("start", "eager")}
    verified = winner.verified.measurements if isinstance(winner.verified, Correct) else ()
    return {
        "path": BEST + outcome.suffix,
        "origin": winner.origin,
        "verdict": name(winner.verified),
        "tags": list(winner.verified.tags) if isinstance(winner.verified, Correct) else [],
        "verified": [
            {
                "workload": m.workload,
                "against": m.baseline,
                **estimate(m.speedup),
                "candidate_s": m.candidate_s,
                "baseline_s": m.baseline_s,
                "notes": list(m.notes),
            }
            for m in verified
        ],
        "geomean": {b: estimate(g) for b, g in geomeans.items() if g is not None},
    }


def estimate(found: Estimate) -> dict[str, Any]:
    return {"median": found.value, "low": found.low, "high": found.high, "significant": found.significant}
