"""One source out of two that come from a third, piece by piece."""

from __future__ import annotations

from collections.abc import Sequence

from kernel_gepa.domain.task import Language
from kernel_gepa.proposers.merge.pieces import Piece, pieces


def crossed(base: str, better: str, other: str, language: Language | None) -> str:
    """`better` with the pieces that only `other` changed since `base`. Where both changed a piece, the better one's.

    Where the two have nothing to give each other, or one of the three cannot be taken apart, this is `better`.
    """
    origin, ours, theirs = ({p.name: p for p in pieces(text, language)} for text in (base, better, other))
    if min(len(origin), len(ours), len(theirs)) < 2:
        return better
    kept = [_chosen(piece, theirs.get(name), origin.get(name)) for name, piece in ours.items()]
    result = [piece for piece in kept if piece is not None]
    for before, piece in _added(tuple(theirs.values()), origin, ours):
        result.insert(_place(result, before), piece)
    return "".join(piece.text for piece in result)


def _chosen(ours: Piece, theirs: Piece | None, base: Piece | None) -> Piece | None:
    if base is None or _same(ours, theirs):
        return ours
    if _same(ours, base):
        return theirs  # changed by the other side, or taken out
    return ours


def _same(one: Piece, other: Piece | None) -> bool:
    """White space at the end of a piece is the distance to its neighbour."""
    return other is not None and one.text.rstrip() == other.text.rstrip()


def _added(theirs: Sequence[Piece], origin: dict[str, Piece], ours: dict[str, Piece]) -> list[tuple[str | None, Piece]]:
    """What only the other side has written, each with the name of the piece before it."""
    names = [None, *(piece.name for piece in theirs)]
    return [
        (before, piece)
        for before, piece in zip(names, theirs, strict=False)
        if piece.name not in ours and piece.name not in origin
    ]


def _place(pieces_: Sequence[Piece], before: str | None) -> int:
    """Behind the piece that stood before it; at the end when that is gone, at the start when there was none."""
    if before is None:
        return 0
    return next((i + 1 for i, piece in enumerate(pieces_) if piece.name == before), len(pieces_))
