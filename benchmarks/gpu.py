"""What to run first on a machine with a GPU: NOT RUN YET, no figure in this repository comes from it.

    python benchmarks/gpu.py                    the kernels of examples/triton, and cheats that exist on a GPU only
    python benchmarks/gpu.py --json gpu.json

For each kernel: whether it is right on the device, and the time of a launch by events of the device and by the
driver's clock, over n and 2n launches, with what harness/device_clock.py says to both. Then kernels that cheat, each of
which must be refused. It judges our own kernels in its own process, without a sandbox: it tries the rule, no more.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from kernel_gepa.domain.verdict import Rejected
from kernel_gepa.harness.device_clock import Agreed, Round, agreement

EXAMPLES = Path(__file__).parents[1] / "examples" / "triton"
ROUNDS, LAUNCHES = 15, 50
MISSING = "needs a CUDA device and a PyTorch that sees it; this machine has none (torch.cuda.is_available() is False)"


@dataclass(frozen=True, slots=True)
class Line:
    """`device_us` and `driver_us` are microseconds for a launch; None where the clocks disagree."""

    name: str
    what: str
    device_us: float | None = None
    driver_us: float | None = None


@dataclass(frozen=True, slots=True)
class Clocks:
    """`mark` records an event and returns it, `between` gives the seconds between two, `wait` ends all work."""

    mark: Callable[[], Any]
    between: Callable[[Any, Any], float]
    wait: Callable[[], None]
    now: Callable[[], float] = time.perf_counter


def rounds(
    launch: Callable[[int], object], clocks: Clocks, *, count: int = ROUNDS, launches: int = LAUNCHES
) -> list[Round]:
    """`launch` is given the number of the launch, so that each can have inputs of its own."""
    for number in range(launches):
        launch(number)
    return [_round(launch, clocks, launches) for _ in range(count)]


def _round(launch: Callable[[int], object], clocks: Clocks, launches: int) -> Round:
    once, twice = (_timed(launch, clocks, n) for n in (launches, 2 * launches))
    return Round(launches, once[0], twice[0], once[1], twice[1])


def _timed(launch: Callable[[int], object], clocks: Clocks, launches: int) -> tuple[float, float]:
    """By the device's events and by the driver's clock."""
    clocks.wait()
    began, first = clocks.now(), clocks.mark()
    for number in range(launches):
        launch(number)
    last = clocks.mark()
    clocks.wait()
    return clocks.between(first, last), clocks.now() - began


def device_clocks(torch: Any) -> Clocks:
    def mark() -> Any:
        event = torch.cuda.Event(enable_timing=True)
        event.record()
        return event

    def between(first: Any, last: Any) -> float:
        return float(first.elapsed_time(last)) / 1e3

    return Clocks(mark, between, torch.cuda.synchronize)


def line(name: str, found: Agreed | Rejected, *, right: bool) -> Line:
    said = "right" if right else "WRONG"
    if isinstance(found, Rejected):
        return Line(name, f"{said}; refused: {found.reason} ({'; '.join(found.evidence)})")
    return Line(
        name, f"{said}; the clocks agree within {found.room * 1e6:.2g} µs", found.launch_s * 1e6, found.driver_s * 1e6
    )


def kernels(torch: Any) -> list[Line]:
    lines = []
    for path in sorted(EXAMPLES.glob("*.py")):
        module = _imported(path)
        init = module.get_init_inputs()
        reference, kernel = module.Model(*init).eval().cuda(), module.ModelNew(*init).eval().cuda()
        kernel.load_state_dict(reference.state_dict())
        for name, draw in module.get_workloads().items():
            inputs = [[x.cuda() for x in draw()] for _ in range(8)]
            right = _right(torch, kernel(*inputs[0]), reference(*inputs[0]))

            def launch(number: int, kernel: Any = kernel, inputs: Any = inputs) -> Any:
                return kernel(*inputs[number % len(inputs)])

            found = agreement(rounds(launch, device_clocks(torch)))
            lines.append(line(f"{path.stem}, {name}", found, right=right))
    return lines


def _right(torch: Any, found: Any, wanted: Any) -> bool:
    """A glance, with tolerances of PyTorch's own: the strict check is the bench's."""
    pairs = zip(*(x if isinstance(x, tuple) else (x,) for x in (found, wanted)), strict=True)
    return all(torch.allclose(a.float(), b.float(), rtol=1e-2, atol=1e-2) for a, b in pairs)


def cheats(torch: Any) -> list[Line]:
    """What exists on a GPU only. `caught` is what each must come to; anything else is a fault of the rule."""
    x = torch.randn(1 << 24, device="cuda")
    beside = torch.cuda.Stream()
    clocks = device_clocks(torch)

    def on_another_stream(number: int) -> Any:  # noqa: ARG001
        with torch.cuda.stream(beside):
            return torch.softmax(x.view(4096, -1), dim=-1)

    def honest(number: int) -> Any:  # noqa: ARG001
        return torch.softmax(x.view(4096, -1), dim=-1)

    patched = Clocks(clocks.mark, lambda a, b: clocks.between(a, b) / 10, clocks.wait)
    lines = []
    for name, launch, used, wanted in (
        ("honest", honest, clocks, Agreed),
        ("work on another stream", on_another_stream, clocks, Rejected),
        ("patched events", honest, patched, Rejected),
    ):
        found = agreement(rounds(launch, used))
        verdict = "as it must be" if isinstance(found, wanted) else "NOT AS IT MUST BE"
        lines.append(Line(f"cheat: {name}", f"{verdict}; {line(name, found, right=True).what}"))
    return [*lines, *_stale(torch)]


def _stale(torch: Any) -> list[Line]:
    """Work that is skipped: found by fresh inputs, as on a CPU, and not by a clock."""
    static = torch.randn(1 << 20, device="cuda")
    graph = torch.cuda.CUDAGraph()
    torch.softmax(static, dim=0)
    with torch.cuda.graph(graph):
        out = torch.softmax(static, dim=0)
    fresh = torch.randn(1 << 20, device="cuda")
    graph.replay()
    torch.cuda.synchronize()
    caught = not torch.allclose(out, torch.softmax(fresh, dim=0))
    first = torch.softmax(fresh, dim=0)
    kept = first.clone()
    del first
    reused = torch.empty(1 << 20, device="cuda")  # the caching allocator hands out what was just freed
    lies = bool(torch.equal(reused, kept))
    reused.fill_(float("nan"))
    return [
        Line("cheat: a graph of old inputs", "as it must be; wrong on fresh inputs" if caught else "NOT AS IT MUST BE"),
        Line("the allocator hands out a former answer", f"{lies}: outputs must be poisoned before a check"),
    ]


def _imported(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(f"example_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def table(lines: Sequence[Line]) -> str:
    rows = [f"| {li.name} | {_us(li.device_us)} | {_us(li.driver_us)} | {li.what} |" for li in lines]
    return "\n".join(["| kernel | events, µs | driver, µs | what came of it |", "|---|---|---|---|", *rows])


def _us(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path)
    wanted = parser.parse_args(arguments)
    import torch

    if not torch.cuda.is_available():
        print(f"error: {MISSING}", file=sys.stderr)
        return 4
    torch.set_grad_enabled(False)
    lines = [*kernels(torch), *cheats(torch)]
    print(f"{torch.cuda.get_device_name()}, PyTorch {torch.__version__}\n\n{table(lines)}")
    if wanted.json:
        told = {"device": torch.cuda.get_device_name(), "lines": [asdict(li) for li in lines]}
        wanted.json.write_text(json.dumps(told, indent=2) + "\n")
    return 1 if any("NOT AS" in li.what or "WRONG" in li.what for li in lines) else 0


if __name__ == "__main__":
    sys.exit(main())
