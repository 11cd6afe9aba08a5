"""What the vector operations mean, written a second time: lanes as Python integers and float32, one at a time.

Nothing here follows the emulator's way of computing: rounding is exact rational arithmetic, saturation a clamp.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

MODES = {
    0: "floor", 1: "ceil", 2: "symmetric_floor", 3: "symmetric_ceil", 8: "negative_inf", 9: "positive_inf",
    10: "symmetric_zero", 11: "symmetric_inf", 12: "conv_even", 13: "conv_odd",
}  # fmt: skip

Lanes = list[int]
Floats = list[float]


def rounded(value: Fraction, mode: int) -> int:
    """An exact number to an integer."""
    low = math.floor(value)
    rest = value - low
    if rest == 0:
        return low
    match MODES[mode]:
        case "floor":
            return low
        case "ceil":
            return low + 1
        case "symmetric_floor":
            return low if value > 0 else low + 1
        case "symmetric_ceil":
            return low + 1 if value > 0 else low
    if rest != Fraction(1, 2):
        return low + (rest > Fraction(1, 2))
    match MODES[mode]:
        case "negative_inf":
            return low
        case "positive_inf":
            return low + 1
        case "symmetric_zero":
            return low if value > 0 else low + 1
        case "symmetric_inf":
            return low + 1 if value > 0 else low
        case "conv_even":
            return low if low % 2 == 0 else low + 1
    return low if low % 2 else low + 1  # conv_odd


def wrapped(value: int, bits: int, *, signed: bool = True) -> int:
    value %= 1 << bits
    return value - (1 << bits) if signed and value >> (bits - 1) else value


def fit(value: int, bits: int, saturation: int, *, signed: bool = True) -> int:
    """What a lane holds of it under the saturation register: 0 none, 1 saturate, 3 symmetric."""
    if saturation == 0:
        return wrapped(value, bits, signed=signed)
    high = (1 << (bits - signed)) - 1
    low = (-high - (saturation != 3)) if signed else 0
    return max(low, min(high, value))


@dataclass(frozen=True)
class Registers:
    rounding: int
    saturation: int  # 0 none, 1 saturate, 3 symmetric


@dataclass(frozen=True)
class Integers:
    """Operations on lanes of one signed width."""

    bits: int
    registers: Registers

    def wrap(self, value: int) -> int:
        return wrapped(value, self.bits)

    def fit(self, value: int) -> int:
        return fit(value, self.bits, self.registers.saturation)

    @property
    def accumulator(self) -> int:
        return 64 if self.bits == 32 else 32

    def narrowed(self, value: int, shift: int) -> int:
        """SRS."""
        return self.fit(rounded(Fraction(wrapped(value, self.accumulator), 1 << shift), self.registers.rounding))

    def apply(self, op: str, a: Lanes, b: Lanes, imm: int) -> Lanes:
        n = len(a)
        shift = imm % (self.bits - 1)
        match op:
            case "add":
                return [self.wrap(x + y) for x, y in zip(a, b, strict=True)]
            case "sub":
                return [self.wrap(x - y) for x, y in zip(a, b, strict=True)]
            case "saturating_add":
                return [self.fit(x + y) for x, y in zip(a, b, strict=True)]
            case "saturating_sub":
                return [self.fit(x - y) for x, y in zip(a, b, strict=True)]
            case "bit_and":
                return [x & y for x, y in zip(a, b, strict=True)]
            case "bit_or":
                return [x | y for x, y in zip(a, b, strict=True)]
            case "bit_xor":
                return [x ^ y for x, y in zip(a, b, strict=True)]
            case "bit_not":
                return [-x - 1 for x in a]
            case "neg":
                return [self.wrap(-x) for x in a]
            case "abs":
                return [self.wrap(abs(x)) for x in a]
            case "maxdiff":
                return [self.wrap(x - y) if x > y else 0 for x, y in zip(a, b, strict=True)]
            case "upshift":
                return [self.narrowed(x << shift, 0) for x in a]
            case "downshift":
                return [self.narrowed(x, shift) for x in a]
            case "logical_downshift":
                return [self._logical(x, shift) for x in a]
            case "mul":
                return [self.narrowed(x * y, shift) for x, y in zip(a, b, strict=True)]
            case "mac":
                return [self.narrowed(x * y + (x << 1), shift) for x, y in zip(a, b, strict=True)]
            case "msc" | "mac_of_op_sub":
                return [self.narrowed((y << 1) - x * y, shift) for x, y in zip(a, b, strict=True)]
            case "mac_of_op_zero":
                return [self.narrowed(x * y + (0 if imm % n % 2 else x << 1), shift) for x, y in zip(a, b, strict=True)]
            case "mul_of_op_abs":
                return [self.narrowed(self.wrap(abs(x)) * y, shift) for x, y in zip(a, b, strict=True)]
            case "mul_of_op_max":
                return [self.narrowed(max(x, y) * x, shift) for x, y in zip(a, b, strict=True)]
            case "mul_of_op_min":
                return [self.narrowed(x * min(x, y), shift) for x, y in zip(a, b, strict=True)]
            case "mul_of_op_sign":  # the first factor is read as unsigned, or as it is
                read = [x if imm % n % 2 else x % (1 << self.bits) for x in a]
                return [self.narrowed(x * y, shift) for x, y in zip(read, b, strict=True)]
            case "reduce_add":
                return [self.wrap(sum(a))] * n
        return moved(op, a, b, imm)

    def _logical(self, value: int, shift: int) -> int:
        """Through an accumulator as wide as ever, and out as unsigned."""
        bits, registers = self.bits, self.registers
        inside = wrapped(value % (1 << bits), self.accumulator)
        found = rounded(Fraction(inside, 1 << shift), registers.rounding)
        if registers.saturation:
            found = max(0, min((1 << bits) - 1, found))
        return self.wrap(found)


def moved(op: str, a: list, b: list, imm: int) -> list:  # type: ignore[type-arg]  # of either kind of lane
    """What only chooses among lanes."""
    n = len(a)
    k = imm % n
    match op:
        case "min":
            return [min(x, y) for x, y in zip(a, b, strict=True)]
        case "max":
            return [max(x, y) for x, y in zip(a, b, strict=True)]
        case "select":
            return [y if x < y else x for x, y in zip(a, b, strict=True)]
        case "select_eq":
            return [b[0] if x == y else x for x, y in zip(a, b, strict=True)]
        case "broadcast":
            return [a[k]] * n
        case "rotate_down":
            return a[k:] + a[:k]
        case "rotate_up":
            return a[n - k :] + a[: n - k]
        case "replicate_down":
            return a[k:] + [a[-1]] * k
        case "replicate_up":
            return [a[0]] * k + a[: n - k]
        case "fill_down":
            return a[k:] + b[:k]
        case "fill_up":
            return b[n - k :] + a[: n - k]
        case "reverse":
            return a[::-1]
        case "zip_low":
            return [v for pair in zip(a, b, strict=True) for v in pair][:n]
        case "zip_high":
            return [v for pair in zip(a, b, strict=True) for v in pair][n:]
        case "unzip_even":
            return (a + b)[::2]
        case "unzip_odd":
            return (a + b)[1::2]
        case "contains":
            return [int(any(x == b[k] for x in a))] * n
        case "filter":
            chunk = 1 + k % 4 // 2
            kept = [i for i in range(n) if i // chunk % 2 == k % 2]
            return [a[i] for i in kept] + [b[i] for i in kept]
        case "transpose":
            return [a[column * 4 + row] for row in range(4) for column in range(n // 4)]
        case "reduce_min" | "reduce_max":
            choose = min if op == "reduce_min" else max
            while len(a) > 1:  # halves upon halves, which matters where a lane is not a number
                a = [choose(x, y) for x, y in zip(a[: len(a) // 2], a[len(a) // 2 :], strict=True)]
            return a * n
    raise AssertionError(op)


def bfloat16(value: float, mode: int) -> float:
    """A float32 in eight significant bits; the smallest step is that of bfloat16's subnormals."""
    if value == 0 or not math.isfinite(value):
        return value
    _, exponent = math.frexp(value)
    step = Fraction(2) ** max(exponent - 8, -133)
    found = rounded(Fraction(value) / step, mode) * step
    return math.copysign(math.inf, value) if abs(found) >= Fraction(2) ** 128 else math.copysign(float(found), value)


@dataclass(frozen=True)
class BFloats:
    registers: Registers

    def narrow(self, values: Floats) -> Floats:
        return [bfloat16(v, self.registers.rounding) for v in values]

    def apply(self, op: str, a: Floats, b: Floats, imm: int) -> Floats:
        x, y = np.array(a, dtype=np.float32), np.array(b, dtype=np.float32)
        with np.errstate(all="ignore"):
            match op:
                case "add":
                    return self.narrow((x + y).tolist())
                case "sub":
                    return self.narrow((x - y).tolist())
                case "mul":
                    return self.narrow((x * y).tolist())
                case "mac":
                    return self.narrow((x + x * y).tolist())
                case "msc" | "mac_of_op_sub":
                    return self.narrow((y - x * y).tolist())
                case "mac_of_op_zero":
                    return self.narrow((x * y + (0 if imm % len(a) % 2 else x)).tolist())
                case "mul_of_op_abs":
                    return self.narrow((np.abs(x) * y).tolist())
                case "mul_of_op_max":
                    return self.narrow((np.where(x < y, y, x) * x).tolist())
                case "mul_of_op_min":
                    return self.narrow((x * np.where(y < x, y, x)).tolist())
                case "neg":
                    return list(map(float, -x))
                case "abs":
                    return list(map(float, np.abs(x)))
                case "reduce_add":
                    while len(x) > 1:
                        x = x[: len(x) // 2] + x[len(x) // 2 :]
                    return self.narrow(x.tolist()) * len(a)
        return moved(op, a, b, imm)


SHARED = (
    "add", "sub", "mul", "mac", "msc", "mac_of_op_sub", "mac_of_op_zero", "mul_of_op_abs", "mul_of_op_max",
    "mul_of_op_min", "contains", "filter", "neg", "abs", "min", "max", "select", "select_eq", "broadcast",
    "rotate_down",
    "rotate_up", "replicate_down", "replicate_up", "fill_down", "fill_up", "reverse", "zip_low", "zip_high",
    "unzip_even", "unzip_odd", "transpose", "reduce_add", "reduce_min", "reduce_max",
)  # fmt: skip
INTEGER_ONLY = (
    "saturating_add", "saturating_sub", "bit_and", "bit_or", "bit_xor", "bit_not", "maxdiff", "upshift", "downshift",
    "logical_downshift", "mul_of_op_sign",
)  # fmt: skip
