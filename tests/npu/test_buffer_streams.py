"""Buffer streams: which vectors come, of tensors of any rank. And the loops of aie_api/utils.hpp."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from kernel_gepa.backends.aie.emulator import Emulator
from tests.npu.switchboard import ROOM, Asked, switchboard

BYTES = 16  # of a vector: 8 x int16


def places(dims: list[tuple[int, int]]) -> list[int]:
    """Where vectors lie, in vectors, the last dimension the fastest."""
    everywhere = product(*(range(n) for n, _ in dims))
    return [sum(i * step for i, (_, step) in zip(at, dims, strict=True)) for at in everywhere]


def descriptor(dims: list[tuple[int, int]], *, scale: int = 1, name: str = "") -> str:
    told = ", ".join(f"aie::tensor_dim({n}u, {step * scale})" for n, step in dims)
    return f"aie::make_tensor_descriptor{name}<int16, 8>({told})"


def popped(stream: str, rank: int, counts: list[int]) -> str:
    """Pops everything: a stream of each level in a loop around the next."""
    if rank <= 3:
        return f"for (int i = 0; i < {int(np.prod(counts))}; i++) *to++ = {stream}.pop();"
    outer = int(np.prod(counts[:3]))
    inner = popped(f"{stream}_", rank - 3, counts[3:])
    return f"for (int n = 0; n < {outer}; n++) {{ auto {stream}_ = {stream}.pop(); {inner} }}"


TENSORS = [
    [(5, 2)],
    [(3, 1), (4, 3)],
    [(2, 4), (2, 2), (2, 1)],
    [(2, 9), (3, 0), (2, -1)],
    [(2, 4), (2, 0), (2, 8), (4, 1)],
    [(2, 0), (2, 1), (1, 7), (2, 2), (3, 4)],
    [(1, 0), (2, 1), (2, 2), (2, 4), (1, 9), (2, 8)],
    [(2, 1), (1, 0), (1, 0), (2, 2), (1, 0), (1, 0), (4, 4)],
]
START = 2  # some go backwards


@pytest.mark.parametrize("device", ["npu1", "npu2"])
def test_a_tensor_is_read_as_its_loops_are_written(device: str, emulator1: Emulator, emulator2: Emulator) -> None:
    cases = {}
    for number, dims in enumerate(TENSORS):
        for kind in ("", "_bytes"):
            told = descriptor(dims, scale=BYTES if kind else 1, name=kind)
            cases[f"{number}{kind}"] = (
                f"const auto rows = {told}; "
                f"auto s = aie::make_tensor_buffer_stream((const int16 *)a + {8 * START}, rows); "
                f"auto to = aie::begin_vector<8>((int16 *)out); {popped('s', len(dims), [n for n, _ in dims])}"
            )
    board = switchboard(emulator1 if device == "npu1" else emulator2, cases)
    content = np.random.default_rng(1).bytes(ROOM)
    vectors = [content[i * BYTES : (i + 1) * BYTES] for i in range(ROOM // BYTES)]
    expected = [b"".join(vectors[START + p] for p in places(dims)) for dims in TENSORS for _ in range(2)]
    board.check([Asked(name, content, b"") for name in board.names], expected)


STREAMS = {
    "written": f"auto s = aie::make_restrict_tensor_buffer_stream((int16 *)out, {descriptor([(2, 1), (4, 2)])}); "
    "auto in = aie::begin_vector<8>((int16 *)a); for (int i = 0; i < 4; i++) s << *in++; "
    "for (int i = 0; i < 4; i++) s.push(*in++);",
    "two_dimensions": "const auto d = aie::make_tensor_descriptor_from_native<int16, 8>(aie::dim_2d(3u, 1, -3)); "
    "auto s = aie::make_tensor_buffer_stream((int16 *)a, d); auto to = aie::begin_vector<8>((int16 *)out); "
    "for (int i = 0; i < 8; i++) *to++ = s.pop();",
    "levels": "const auto d = aie::make_tensor_descriptor_from_native<int16, 8>"
    "(aie::dim_3d(1u, 1, 1u, 1, 1), 8, aie::dim_2d(3u, 4, 4)); "
    "auto s = aie::make_tensor_buffer_stream((int16 *)a, d); s.pop(); auto t = s.pop(); t.pop(); auto u = t.pop(); "
    "aie::vector<int16, 8> v; u >> v >> v; put(v);",
    "native_bytes": "const auto d = aie::make_tensor_descriptor_from_native_bytes<int16, 8>(48); "
    "auto s = aie::make_tensor_buffer_stream((int16 *)a, d); s.pop(); put(s.pop());",
    "copied": "auto in = aie::make_vector_input_buffer_stream<8>((int16 *)a); "
    "aie::vector_output_buffer_stream<int16, 8, aie_dm_resource::b> to((int16 *)out); "
    "aie::vector<int16, 8> v; in >> v; to << v << in; to.push(in.pop());",
    "unaligned": "aie::unaligned_vector_input_buffer_stream<int16, 8> in((int16 *)a + 3); "
    "auto to = aie::make_unaligned_vector_output_buffer_stream<8>((int16 *)out); to << in << in;",
    "banks": "const auto x = aie::load_v<8, aie_dm_resource::a>((int16 *)a); "
    "const auto y = aie::load_unaligned_v<8, aie_dm_resource::b>((int16 *)b + 1); "
    "auto in = aie::begin_vector<8, aie_dm_resource::ab>((int16 *)a + 8); "
    "auto circle = aie::cbegin_vector_circular<8, 16, aie_dm_resource::stack>((const int16 *)b); "
    "auto *p = aie::store_v<aie_dm_resource::c>((int16 *)out, aie::add(x, *in)); "
    "aie::store_unaligned_v<aie_dm_resource::d>(p + 8, aie::sub(y, *circle++)); "
    "x.template store<aie_dm_resource::a>(p + 16);",
    "loops": "int32 *to = (int32 *)out; int at = 0; "
    "aie::unroll_for_2d<int, 0, 2, 1, 3, 0, -1>([&](auto y, auto x) { to[at++] = 10 * y + x; }); "
    "aie::unroll_times_2d<2, 2>([&](auto y, auto x) { to[at++] = 100 + 10 * y + x; }); "
    "aie::unroll_times<2>([&] { to[at++] = 7; }); aie::unroll_for<int, 5, 1, -2>([&](auto i) { to[at++] = i; }); "
    "aie::pipelined_loop<3, aie::LoopOptions{.peel_front = 1}>(4, [&](unsigned i) { to[at++] = 1000 + i; }); "
    "aie::print(aie::load_v<8>((int16 *)a), true, \"nothing comes of it\");",
}  # fmt: skip


def test_streams_are_written_and_read_in_their_order(emulator1: Emulator) -> None:
    board = switchboard(emulator1, STREAMS, "#include <aie_api/utils.hpp>")
    rng = np.random.default_rng(2)
    a, b = rng.bytes(ROOM), rng.bytes(ROOM)
    vectors = [a[i * BYTES : (i + 1) * BYTES] for i in range(ROOM // BYTES)]
    x, y = (np.frombuffer(content, np.int16) for content in (a, b))
    order = [0, 4, 1, 5, 2, 6, 3, 7]
    loops = [3, 2, 1, 13, 12, 11, 100, 101, 110, 111, 7, 7, 5, 3, 1000, 1001, 1002, 1003]
    expected = {
        "written": b"".join(vectors[i] for i in order),
        "two_dimensions": b"".join(vectors[i] for i in (0, 1, 2, 3, 0, 1, 2, 3)),
        "levels": vectors[1 + 8 + 4],
        "native_bytes": vectors[3],
        "copied": b"".join(vectors[:3]),
        "unaligned": a[6 : 6 + 2 * BYTES],
        "banks": (x[:8] + x[8:16]).tobytes() + (y[1:9] - y[:8]).tobytes() + a[:BYTES],
        "loops": np.array(loops, np.int32).tobytes(),
    }
    board.check([Asked(name, a, b) for name in board.names], [expected[name] for name in board.names])
