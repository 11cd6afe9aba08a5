"""What TorchInductor generates for a module on given inputs, as text: nothing of it is compiled here, nothing is run.

Lies beside worker.py; only the reference's worker is asked. TorchInductor is PyTorch's own and its insides are private:
what is used of them is named here, and a PyTorch in which one is missing gives an error and not a wrong kernel.
"""

from __future__ import annotations

import os
import re
import tempfile
from typing import Any


def generated(torch: Any, module: Any, inputs: list[Any], threads: int) -> dict[str, Any]:
    """The generated module, what its first arguments are called in the reference's state, and how its C++ is built."""
    for name in ("TORCHINDUCTOR_CACHE_DIR", "TRITON_CACHE_DIR"):
        os.environ.setdefault(name, tempfile.mkdtemp())
    from torch._inductor import config, cpu_vec_isa
    from torch._inductor.async_compile import AsyncCompile
    from torch._inductor.compile_fx import compile_fx
    from torch._inductor.cpp_builder import CppTorchOptions
    from torch._inductor.graph import GraphLowering

    config.compile_threads, config.cpp.threads = 1, threads
    config.force_disable_caches = True
    texts: list[str] = []
    compiler: Any = AsyncCompile
    lowering: Any = GraphLowering
    kept = compiler.cpp_pybinding, lowering.save_output_code
    compiler.cpp_pybinding = lambda *_, **__: None
    lowering.save_output_code = staticmethod(texts.append)
    try:
        traced, state, several = _traced(torch, module, inputs)
        tensors = [*(value for _, value in state), *(v for v in inputs if isinstance(v, torch.Tensor))]
        compile_fx(traced, tensors)
    finally:
        compiler.cpp_pybinding, lowering.save_output_code = kept
    if len(texts) != 1:
        raise ValueError(f"TorchInductor made {len(texts)} programs of the reference; one is needed")
    isa = cpu_vec_isa.pick_vec_isa()
    flags = [f"-{f}" for f in CppTorchOptions(vec_isa=isa).get_cflags() if re.fullmatch(r"O\d|f(?!PIC).*|march=.*", f)]
    macros = [macro for macro in isa.build_macro() if macro]
    built = {"flags": flags, "macros": macros}
    return {**built, "code": texts[0], "state": [name for name, _ in state], "several": several}


def _traced(torch: Any, module: Any, inputs: list[Any]) -> tuple[Any, list[tuple[str, Any]], bool]:
    """A graph of the module whose arguments are its state, by name, and then the tensors among the inputs."""
    from torch.fx.experimental.proxy_tensor import make_fx

    state = [(n, v.detach()) for n, v in (*module.named_parameters(), *module.named_buffers())]
    held, several = len(state), []

    def flat(*given: Any) -> tuple[Any, ...]:
        rest = iter(given[held:])
        values = tuple(next(rest) if isinstance(v, torch.Tensor) else v for v in inputs)
        named = {name: value for (name, _), value in zip(state, given, strict=False)}
        out = torch.func.functional_call(module, named, values)
        several.append(isinstance(out, (tuple, list)))
        return tuple(out) if several[-1] else (out,)

    tensors = [v for v in inputs if isinstance(v, torch.Tensor)]
    return make_fx(flat, tracing_mode="fake")(*(v for _, v in state), *tensors), state, several[-1]
