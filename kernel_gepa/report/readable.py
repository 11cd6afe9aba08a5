"""Text from anywhere, made harmless to look at: what hides, reorders or commands is shown as a visible sign."""

from __future__ import annotations

LONGEST_LINE = 2000

_PICTURES = {code: chr(0x2400 + code) for code in range(0x20) if chr(code) not in "\t\n"}
# C1 controls drive terminals as escapes do; marks of direction make code read as what it is not; the rest hides.
_SIGNED = [0x7F, *range(0x80, 0xA0), 0x61C, *range(0x200B, 0x2010), *range(0x2028, 0x202F)]
_SIGNED += [*range(0x2060, 0x2070), 0xFEFF, *range(0xD800, 0xE000), *range(0xE0000, 0xE0080)]
_VISIBLE = {**_PICTURES, **{code: f"⟦U+{code:04X}⟧" for code in _SIGNED}}


def readable(text: str, limit: int | None = None) -> str:
    """The same words without controls, lone surrogates and marks of direction. With a `limit` on the characters, long
    lines are shortened too, and each cut says how much is missing.
    """
    if limit is not None:
        lines = (_shortened(line, LONGEST_LINE, "of this line") for line in text.split("\n"))
        text = _shortened("\n".join(lines), limit, "of this text")
    return text.translate(_VISIBLE)


def _shortened(text: str, limit: int, where: str) -> str:
    return text if len(text) <= limit else f"{text[:limit]} […{len(text) - limit} more characters {where}]"
