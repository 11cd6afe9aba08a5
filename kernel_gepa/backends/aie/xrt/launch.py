# mypy: ignore-errors
"""One launch on the device: run by the Python that has mlir-aie's and XRT's bindings, never by ours.

    launch.py LOAD.json DESIGN.xclbin DESIGN.bin

Reads input0.bin, input1.bin, ...; writes output.bin (the output alone) and trace.txt (a word in hexadecimal a line).
Buffers are passed as bytes, so that no type is converted on the way. This was never run on a device.
"""

import json
import sys
from pathlib import Path

FIRST_BUFFER = 3  # arguments 0 to 2 of the XRT kernel are the opcode, the instructions and their count
WORD_BYTES = 4


def main() -> None:
    import numpy as np
    from aie.utils.xrt import AIE_Application

    source, container, instructions = sys.argv[1:]
    load = json.loads(Path(source).read_text(encoding="utf-8"))
    (output,) = load["outputs"]
    written = output["elements"] * WIDTH[output["dtype"]]
    room = -(-written // WORD_BYTES) * WORD_BYTES  # as the design pads it
    app = AIE_Application(container, instructions, "MLIR_AIE")
    contents = [np.fromfile(f"input{n}.bin", dtype=np.uint8) for n in range(len(load["inputs"]))]
    for number, content in enumerate(contents, FIRST_BUFFER):
        whole = np.pad(content, (0, -content.size % WORD_BYTES))
        app.register_buffer(number, shape=whole.shape, dtype=whole.dtype)
        app.buffers[number].write(whole)
    last = FIRST_BUFFER + len(contents)
    app.register_buffer(last, shape=(room + load["trace_bytes"],), dtype=np.uint8)
    app.run()
    everything = app.buffers[last].read()
    Path("output.bin").write_bytes(everything[:written].tobytes())
    words = everything[room:].view(np.uint32)
    Path("trace.txt").write_text("".join(f"{word:08x}\n" for word in words if word), encoding="ascii")


WIDTH = {"int8": 1, "uint8": 1, "int16": 2, "uint16": 2, "bfloat16": 2, "int32": 4, "uint32": 4, "float32": 4}

if __name__ == "__main__":
    main()
