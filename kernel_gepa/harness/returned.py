"""What a Python kernel returned: copied into the arena, or written over. Lies beside worker.py in a sandbox."""

from __future__ import annotations

from typing import Any


def values(result: Any) -> list[Any]:
    return list(result) if isinstance(result, (tuple, list)) else [result]


def store(torch: Any, arena: Any, result: Any, outputs: list[tuple[int, str, list[int]]], *, exact: bool) -> str | None:
    """What is wrong with it, if it is not what the reference returns. `exact`: computed in another type by request."""
    found = values(result)
    if len(found) != len(outputs):
        return f"returns {len(found)} outputs, the reference returns {len(outputs)}"
    for number, (value, (at, dtype, shape)) in enumerate(zip(found, outputs, strict=True)):
        if type(value) is not torch.Tensor:
            return f"output {number} is a {type(value).__name__}, the reference returns a torch.Tensor"
        if list(value.shape) != shape:
            return f"output {number} has shape {list(value.shape)}, the reference's has {shape}"
        kind = str(value.dtype).removeprefix("torch.")
        if not exact and kind != dtype:
            return f"output {number} has dtype {kind}, the reference's has {dtype}"
        arena.tensor(torch, at, dtype, shape).copy_(value)
    return None


class Overwritten:
    """Tensors that hold other bytes than they were returned with, and what to put back."""

    def __init__(self, torch: Any) -> None:
        self._torch = torch
        self._kept: list[tuple[Any, Any]] = []

    def add(self, value: Any) -> None:
        for axis, (extent, stride) in enumerate(zip(value.shape, value.stride(), strict=True)):
            if stride == 0 and extent > 1:  # one element that stands for many
                value = value.narrow(axis, 0, 1)
        other = value.clone(memory_format=self._torch.contiguous_format)
        self._kept.append((value, other.clone()))
        if other.dtype == self._torch.bool:
            other.logical_not_()
        elif other.numel():
            other.view(-1).view(self._torch.uint8).bitwise_not_()
        self._write(value, other)

    def restore(self) -> None:
        while self._kept:
            self._write(*self._kept.pop())

    def _write(self, value: Any, content: Any) -> None:
        # What was made in inference mode can only be written there; anything else rather not.
        with self._torch.inference_mode(value.is_inference()), self._torch.no_grad():
            value.copy_(content)
