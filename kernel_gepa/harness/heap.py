"""The heap of a Python kernel's worker, in the state that a program comes to which frees what it has used.

Lies beside worker.py in a sandbox. What a batch has returned is held until the batch is over, since any of it may be
looked at. A program does not do that, and with glibc it is not the same: what is held comes to lie among temporaries,
so that the next launch finds no room where the last one had it, and wanders through the caches. One module of two
temporaries took 0.26 or 0.55 ms by that, from worker to worker. So whatever is held has a place of its own beforehand:

- every output of a batch has a hole of its size, which fits it better than the temporaries' room does,
- the small objects that come with a tensor have more holes than they need,
- temporaries have a room of 96 MB, whose pages no launch meets for the first time, and no other large holes.

The server's environment does the rest (harness/wards.py). With another C library than glibc there may be more luck.
"""

from __future__ import annotations

import ctypes
from typing import Any

ROOM_BYTES, PAGE = 96 << 20, 4096
LARGEST_PLUG, LEAST_PLUG = 16 << 20, 16 << 10

SMALL = range(24, 1100, 16)  # the sizes of glibc's small bins that what comes with a tensor falls into
SMALL_HOLES = 128  # of each

# glibc takes so much more than was asked for to find an aligned address in it: torch wants 64 bytes, and
# _int_memalign adds the least chunk.
ALIGNING = 64 + 32

SPARE = 2  # places for what is held beside a batch


class Heap:
    """`settle` makes the same of it in every worker, before anything is timed."""

    def __init__(self, torch: Any) -> None:
        self._torch = torch
        self._kept: list[Any] = []  # what keeps holes apart, and what fills the others
        self._small: list[int] = []

    def settle(self, outputs: list[int], launches: int) -> None:
        """For batches of so many launches, each of which returns tensors of so many bytes."""
        self._kept.clear()
        if not self._small:
            self._make_small_holes()
        room = self._piece(ROOM_BYTES)
        large = [size + 2 * ALIGNING for size in outputs if size > SMALL.stop]
        pieces = [self._piece(size) for _ in range(launches + SPARE) for size in large for _ in ("hole", "wall")]
        self._plug(above=max(piece.data_ptr() for piece in (room, *pieces)))
        for piece in (room, *pieces[::2]):
            piece[::PAGE] = 1
        self._kept += pieces[1::2]

    def _plug(self, above: int) -> None:
        """Fills what other holes there are, from large to small, until memory comes from the top of the heap."""
        size = LARGEST_PLUG
        while size >= LEAST_PLUG:
            piece = self._piece(size)
            self._kept.append(piece)
            if piece.data_ptr() > above:
                size //= 2

    def _piece(self, size: int) -> Any:
        return self._torch.empty(size, dtype=self._torch.uint8)

    def _make_small_holes(self) -> None:
        libc = ctypes.CDLL(None)
        libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
        libc.free.restype, libc.free.argtypes = None, [ctypes.c_void_p]
        for size in SMALL:
            pieces = [libc.malloc(size) for _ in range(2 * SMALL_HOLES)]
            self._small += pieces[1::2]
            for piece in pieces[::2]:
                libc.free(piece)
