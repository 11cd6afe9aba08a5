"""What the toolchain rejects is rejected in its words: rarer types and names, on the generation that lacks them."""

from __future__ import annotations

import pytest

from kernel_gepa.backends.aie.emulator import Emulator, Source
from kernel_gepa.domain.npu import TileBuffer
from kernel_gepa.domain.verdict import BuildFailed

FOUR = "const auto x = aie::load_v<64>((int4 *)p);"
COMPLEX = "const auto c = aie::load_v<8>((cint16 *)p);"
BLOCK = "aie::block_vector_input_buffer_stream<bfp16ebs8, 64> in((bfp16ebs8 *)p); auto x = in.pop(), y = in.pop();"
REJECTED = (
    ("npu1", f"{FOUR} aie::mul(x, x);", "no member named 'run' in 'aie::detail::mul_bits_impl"),
    ("npu1", f"{FOUR} aie::mul(aie::load_v<64>((int16 *)p), x);", "no matching function for call to 'mul'"),
    ("npu1", f"{FOUR} aie::abs(x);", "no matching function for call to 'abs'"),
    ("npu1", f"{FOUR} aie::saturating_add(x, x);", "no matching function for call to 'saturating_add'"),
    ("npu1", f"{FOUR} aie::add(x, 1);", "no matching function for call to 'add'"),
    ("npu1", "aie::vector<int4, 16> x;", "implicit instantiation of undefined template 'aie::detail::vector_storage"),
    ("npu1", "aie::mmul<4, 16, 16, int8, int4> m;", "aie::detail::mmul_storage"),
    ("npu2", "aie::mmul<4, 16, 8, int8, int4> m;", "aie::detail::mmul_storage"),
    ("npu1", "aie::mmul<4, 16, 8, int4, int8> m;", "aie::detail::mmul_storage"),
    ("npu1", f"{COMPLEX} aie::lt(c, c);", "no matching function for call to 'lt'"),
    ("npu1", f"{COMPLEX} aie::bit_and(c, c);", "no matching function for call to 'bit_and'"),
    ("npu1", f"{COMPLEX} aie::op_sign(c, true);", "no matching function for call to 'op_sign'"),
    ("npu1", f"{COMPLEX} aie::abs_square(c);", "no member named 'run' in 'aie::detail::abs_square_bits_impl"),
    ("npu1", f"{COMPLEX} aie::mul(c, aie::load_v<8>((bfloat16 *)p));", "no matching function for call to 'mul'"),
    ("npu1", f"{COMPLEX} aie::mul<acc64>(c, c);", "accumulator class must be compatible"),
    ("npu1", "aie::accum<acc64, 8>().to_vector<cint16>();", "accumulator class must be compatible"),
    ("npu1", "aie::conj(aie::load_v<16>((int16 *)p));", "no matching function for call to 'conj'"),
    ("npu2", "aie::vector<cfloat, 8> x;", "constraints not satisfied for class template 'vector'"),
    ("npu2", "aie::accum<caccfloat, 8> x;", "constraints not satisfied for class template 'accum'"),
    ("npu1", "aie::accum<acc32, 32>().to_vector_zip<int8>();", "no matching member function for call to 'to_vector_z"),
    ("npu1", "aie::block_vector<bfp16ebs8, 64> x;", "no member named 'block_vector' in namespace 'aie'"),
    ("npu2", "aie::block_vector<bfp16ebs8, 96> x;", "aie::detail::block_vector_storage"),
    ("npu2", f"{BLOCK} aie::mmul<8, 8, 8, bfp16ebs8> m; m.mul(x, y);", "no matching member function for call to 'mul'"),
    ("npu2", "aie::mmul<4, 8, 8, bfp16ebs8> m;", "aie::detail::mmul_storage"),
    ("npu2", "aie::load_v<64>((bfp16ebs8 *)p);", "no matching function for call to 'load_v'"),
    ("npu1", "auto d = aie::make_tensor_descriptor<int16, 16>(2, 1);", "no matching function for call"),
    (
        "npu1",
        "aie::make_tensor_buffer_stream(p, aie::make_tensor_descriptor<int16, 16>(aie::tensor_dim(2u, 1)));",
        "Input data type does not match tensor descriptor",
    ),
    ("npu1", "aie::vector_input_buffer_stream<int8, 32> s(p); s.push(s.pop());", "no member named 'push'"),
    ("npu1", "aie::load_v<32, int8>(p);", "no matching function for call to 'load_v'"),
    ("npu1", "int word = get_ss();", "has no streams"),
    ("npu1", "input_stream<int> *s;", "has no streams"),
    ("npu1", "const auto m = T8_1x4_flip;", "use of undeclared identifier 'T8_1x4_flip'"),
)


@pytest.mark.parametrize(("device", "text", "says"), REJECTED, ids=lambda v: v if len(str(v)) < 60 else None)
def test_it_is_rejected(device: str, text: str, says: str, emulator1: Emulator, emulator2: Emulator) -> None:
    kernel = f"#include <aie_api/aie.hpp>\nvoid k(int8_t *p) {{ {text} }}\n"
    wrapper = 'extern "C" void k_wrapper(int8_t *p) { event0(); k(p); event1(); }'
    source = Source(kernel, "k_wrapper", wrapper, (TileBuffer("p", "output", "int8", (64,), "int8_t *"),))
    found = (emulator1 if device == "npu1" else emulator2).build(source)
    assert isinstance(found, BuildFailed)
    assert says in found.log
