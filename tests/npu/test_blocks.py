"""Block floating point of the second generation against the format as it is published, to the last bit."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from kernel_gepa.backends.aie.emulator import Emulator
from tests.npu.switchboard import Asked, Switchboard, switchboard

Floats = NDArray[np.float32]
HALVES = "const auto x = aie::load_v<64>((bfloat16 *)a); const aie::accum<accfloat, 64> acc(x);"
IN = "aie::block_vector_input_buffer_stream<bfp16ebs8, 64> in((bfp16ebs8 *)a), more((bfp16ebs8 *)b);"
OUT8 = "aie::block_vector_output_buffer_stream<bfp16ebs8, 64> to((bfp16ebs8 *)out);"
MMUL = "aie::mmul<8, 8, 8, bfp16ebs8> sum;"
CASES = {
    "to_blocks": f"{HALVES} {OUT8} to << acc.to_vector<bfp16ebs8>();",
    "to_large_blocks": f"{HALVES} aie::block_vector_output_buffer_stream<bfp16ebs16, 64> to((bfp16ebs16 *)out); "
    "to.push(aie::to_vector<bfp16ebs16>(acc));",
    "from_blocks": f"{IN} put(aie::accum<accfloat, 64>(in.pop()).to_vector<float>());",
    "from_blocks_shifted": f"{IN} put(aie::accum<accfloat, 64>(in.pop(), 3).to_vector<float>());",
    "third": f"{IN} in.seek(k % 3); aie::block_vector<bfp16ebs8, 64> v; in >> v; "
    "put(aie::accum<accfloat, 64>(v).to_vector<float>());",
    "skipped": f"{IN} in.pop_seek(1); put(aie::accum<accfloat, 64>(in.pop()).to_vector<float>());",
    "product": f"{IN} {MMUL} sum.mul(in.pop(), aie::op_transpose(more.pop())); put(sum.to_vector<float>());",
    "sum": f"{IN} {MMUL} sum.mac(in.pop(), aie::op_transpose(more.pop())); "
    "sum.mac(in.pop(), aie::op_transpose(more.pop())); put(sum.to_accum().to_vector<float>());",
    "mixed": f"{HALVES} {IN} aie::mmul<8, 8, 8, bfloat16, bfp16ebs8> sum; "
    "sum.mul(x, aie::op_transpose(more.pop())); put(sum.to_vector<float>());",
    "wide": f"{IN} aie::block_vector<bfp16ebs8, 128> w; w.insert(0, more.pop()).insert(1, more.pop()); "
    "aie::mmul<8, 8, 16, bfp16ebs8> sum; sum.mul(in.pop(), aie::op_transpose(w)); "
    "put(aie::add(sum.to_accum(), sum.to_accum()).to_vector<bfloat16>());",
    "intrinsic": f"{IN} {OUT8} const auto v = in.pop(); "
    "to << mac_8x8_8x8T(v, more.pop(), mul_8x8_8x8T(v, more.pop())).to_vector<bfp16ebs8>();",
    "native": "v128bfp16ebs8 held = *(v128bfp16ebs8 *)a; *(v128bfp16ebs8 *)out = held;",
    "tensor": "const auto rows = "
    "aie::make_tensor_descriptor<bfp16ebs8, 64>(aie::tensor_dim(2u, 1), aie::tensor_dim(2u, 2)); "
    "auto in = aie::make_tensor_buffer_stream((bfp16ebs8 *)a, rows); in.pop(); "
    "put(aie::accum<accfloat, 64>(in.pop()).to_vector<float>());",
    "native_tensor": "const auto by_two = aie::make_tensor_descriptor_from_native<bfp16ebs8, 64>(1); "
    "auto in = aie::make_tensor_buffer_stream((bfp16ebs8 *)a, by_two); in.pop(); "
    "put(aie::accum<accfloat, 64>(in.pop()).to_vector<float>());",
}  # fmt: skip


def blocks(values: Floats, size: int) -> bytes:
    """Each block: the largest exponent, then mantissas with six bits behind the point, cut downwards."""
    content = bytearray()
    for block in np.asarray(values, np.float64).reshape(-1, size).tolist():
        largest = max((math.frexp(v)[1] - 1 for v in block if v), default=-127)
        content.append(largest + 127)
        content += bytes(math.floor(v / 2.0**largest * 64) % 256 for v in block)
    return bytes(content)


def numbers(content: bytes) -> Floats:
    """64 elements in blocks of eight."""
    rows = np.frombuffer(content[:72], np.uint8).reshape(8, 9)
    return (rows[:, 1:].view(np.int8) * 2.0 ** (rows[:, :1].astype(int) - 127 - 6)).astype(np.float32)


def bits(values: Floats) -> bytes:
    return (np.ascontiguousarray(values, np.float32).view(np.uint32) >> 16).astype(np.uint16).tobytes()


def some(seed: int, spread: int = 4) -> Floats:
    """Values that bfloat16 has, of very different sizes, with both signs and zeros."""
    rng = np.random.default_rng(seed)
    mantissas = rng.integers(-255, 256, 64) * (rng.random(64) > 0.1)
    return (mantissas * 2.0 ** rng.integers(-spread, spread, 64)).astype(np.float32)


@pytest.fixture(scope="module")
def board(emulator2: Emulator) -> Switchboard:
    return switchboard(emulator2, CASES)


@pytest.mark.parametrize("rounding", [0, 9, 12])
def test_blocks_are_made_as_published_whatever_the_rounding_register_says(board: Switchboard, rounding: int) -> None:
    given = [some(seed) for seed in range(4)] + [np.zeros(64, np.float32)]
    asked = [Asked(name, bits(v), b"", 0, rounding) for v in given for name in ("to_blocks", "to_large_blocks")]
    board.check(asked, [blocks(v, size) for v in given for size in (8, 16)])


def test_a_block_with_a_number_that_is_none_holds_none(board: Switchboard) -> None:
    given = some(1)
    given[3] = np.inf
    (made,) = board.answers([Asked("to_blocks", bits(given), b"")])
    (back,) = board.answers([Asked("from_blocks", made[:72], b"")])
    found = np.frombuffer(back[:256], np.float32)
    assert np.isnan(found[:8]).all()
    assert np.isfinite(found[8:]).all()


def test_vectors_come_out_of_the_stream_one_behind_the_other(board: Switchboard) -> None:
    row = [blocks(some(seed), 8) for seed in range(3)]
    content = b"".join(row)
    floats = [numbers(v).tobytes() for v in row]
    asked = [
        Asked("from_blocks", content, b""),
        Asked("from_blocks_shifted", content, b""),
        *(Asked("third", content, b"", k) for k in range(3)),
        Asked("skipped", content, b""),
        Asked("tensor", content, b""),
        Asked("native_tensor", content, b""),
        Asked("native", content, b""),
    ]
    shifted = (numbers(row[0]) * 8).tobytes()
    board.check(asked, [floats[0], shifted, *floats, floats[2], floats[2], floats[2], content[:144]])


def test_products_of_blocks_agree_with_numpy(board: Switchboard) -> None:
    """Small numbers, so that no sum is rounded, in whatever order a device makes it."""
    left, right = ([blocks(some(seed, 1), 8) for seed in seeds] for seeds in ((1, 2), (3, 4)))
    a, b = b"".join(left), b"".join(right)
    x, y = ([numbers(v).astype(float) for v in side] for side in (left, right))
    product = [p @ q.T for p, q in zip(x, y, strict=True)]
    halves = some(7, 1)
    mixed = numbers(blocks(halves, 8)).astype(float) @ y[0].T
    # The intrinsics: the first product with the later vector, as arguments are evaluated in no given order.
    chained = x[0] @ y[0].T + x[0] @ y[1].T
    plain = [
        (Asked("product", a, b), product[0].astype(np.float32).tobytes()),
        (Asked("sum", a, b), (product[0] + product[1]).astype(np.float32).tobytes()),
        (Asked("mixed", bits(halves), b), mixed.astype(np.float32).tobytes()),
        (Asked("intrinsic", a, b), blocks(chained.astype(np.float32), 8)),
    ]
    board.check([asked for asked, _ in plain], [meant for _, meant in plain])
    wide = np.concatenate([x[0] @ y[0].T, x[0] @ y[1].T], 1).astype(np.float32) * 2
    (found,) = board.answers([Asked("wide", a, b)])  # under floor, towards minus infinity
    cut = (np.frombuffer(found[:256], np.uint16).astype(np.uint32) << 16).view(np.float32).reshape(8, 16)
    assert ((cut <= wide) & (wide - cut <= np.abs(wide) / 128)).all()
