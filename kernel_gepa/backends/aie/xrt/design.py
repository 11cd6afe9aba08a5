# mypy: ignore-errors
"""Writes the MLIR of a design with one core: run by the Python that has mlir-aie's bindings, never by ours.

    design.py LOAD.json DESIGN.mlir

One core at tile (0, 2), double-buffered object fifos, whole buffers, one call of the kernel for each launch; events of
core and shim are traced behind the output. The bindings are those of mlir-aie 1.x. This was never run on a device.
"""

import json
import sys
from pathlib import Path

WORD_BYTES = 4  # what a DMA moves at least
DEPTH = 2
COLUMN, CORE_ROW = 0, 2


def padded(elements: int, element_bytes: int) -> int:
    """Elements of a buffer that a DMA can move."""
    while elements * element_bytes % WORD_BYTES:
        elements += 1
    return elements


def design(load: dict) -> str:
    import aie.utils.trace as tracing
    import numpy as np
    from aie.dialects.aie import AIEDevice, ObjectFifoPort, core, device, external_func, object_fifo, tile
    from aie.dialects.aiex import dma_await_task, dma_start_task, runtime_sequence, shim_dma_single_bd_task
    from aie.extras.context import mlir_mod_ctx
    from aie.helpers.dialects.ext.scf import _for as range_
    from ml_dtypes import bfloat16

    def numpy_type(name: str, signed: bool = False):
        if name == "bfloat16":
            return np.dtype(bfloat16)
        return np.dtype(name.removeprefix("u") if signed else name)

    def array(tensor: dict):
        kind = numpy_type(tensor["dtype"])
        return np.ndarray[(padded(tensor["elements"], kind.itemsize),), kind]

    (output,) = load["outputs"]
    kinds = [array(t) for t in (*load["inputs"], output)]
    scalars = [numpy_type(s["dtype"], signed=True).type for s in load["scalars"]]
    values = [s["value"] for s in load["scalars"]]
    chip = {"npu1": AIEDevice.npu1_1col, "npu2": AIEDevice.npu2}[load["device"]]

    with mlir_mod_ctx() as context:

        @device(chip)
        def body():
            kernel = external_func(load["wrapper"], inputs=[*kinds, *scalars])
            shim, compute = tile(COLUMN, 0), tile(COLUMN, CORE_ROW)
            ins = [object_fifo(f"in{n}", shim, compute, DEPTH, kind) for n, kind in enumerate(kinds[:-1])]
            out = object_fifo("out", compute, shim, DEPTH, kinds[-1])

            @core(compute, f"{load['wrapper']}.o")
            def work():
                for _ in range_(sys.maxsize):
                    written = out.acquire(ObjectFifoPort.Produce, 1)
                    read = [fifo.acquire(ObjectFifoPort.Consume, 1) for fifo in ins]
                    kernel(*read, written, *values)
                    for fifo in ins:
                        fifo.release(ObjectFifoPort.Consume, 1)
                    out.release(ObjectFifoPort.Produce, 1)

            traced = [compute, shim]
            tracing.configure_packet_tracing_flow(traced, shim)

            @runtime_sequence(*kinds)
            def sequence(*given):
                kind = numpy_type(output["dtype"])
                behind = padded(output["elements"], kind.itemsize) * kind.itemsize
                tracing.configure_packet_tracing_aie2(
                    tiles_to_trace=traced,
                    shim=shim,
                    trace_size=load["trace_bytes"],
                    ddr_id=len(ins),
                    trace_offset=behind,
                )
                moves = [
                    shim_dma_single_bd_task(fifo, buffer, sizes=[1, 1, 1, count], issue_token=True)
                    for fifo, buffer, count in zip((*ins, out), given, (k.__args__[0][0] for k in kinds), strict=True)
                ]
                dma_start_task(*moves)
                dma_await_task(*moves)
                tracing.gen_trace_done_aie2(shim)

    return str(context.module)


def main() -> None:
    source, target = sys.argv[1:]
    load = json.loads(Path(source).read_text(encoding="utf-8"))
    Path(target).write_text(design(load), encoding="utf-8")


if __name__ == "__main__":
    main()
