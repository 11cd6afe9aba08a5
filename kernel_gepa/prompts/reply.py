"""What a model answered: the one fenced block of its reply, or why there is no such thing.

A reply is used whole or not at all. Whatever is ambiguous (several blocks, a block that is not closed, a fence inside
the fence) is unusable: a kernel that was glued together or cut off costs a build and teaches the search nonsense.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from kernel_gepa.ports import Reply

# Fences as CommonMark has them: up to three spaces, and no backtick in what follows a fence of backticks.
_FENCE = re.compile(r"(?P<indent> {0,3})(?P<fence>`{3,}(?=[^`]*$)|~{3,})(?P<info>.*)")
_THINKING = r"[<◁]{}(?:think|thinking|thought|reasoning)[>▷]"
_OPEN_THINKING = re.compile(r"\s*" + _THINKING.format(""), re.IGNORECASE)
_CLOSE_THINKING = re.compile(_THINKING.format("/"), re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Unusable:
    """`reason` says of the reply what is wrong with it."""

    reason: str


def block(reply: Reply) -> str | Unusable:
    """The text in the only fenced block of the reply, ending with a newline; not a byte of it is changed.

    What a model thinks aloud (`<think>`) is not an answer. The lines of a reply end with a line feed; where the
    opening fence ends with CR LF, so do all lines of its block, and the text has line feeds.
    """
    if reply.truncated:
        return Unusable("the reply was cut off by its length limit")
    scanner = _Scanner()
    for line in reply.text.split("\n"):  # not splitlines: form feeds and exotic separators belong to the text
        scanner.read(line)
    return scanner.outcome()


@dataclass(slots=True)
class _Block:
    fence: str
    indent: int
    ending: str  # what the lines end with before the line feed
    lines: list[str] = field(default_factory=list)
    nested: bool = False

    def closed_by(self, fence: re.Match[str] | None) -> bool:
        return fence is not None and fence["fence"].startswith(self.fence) and not fence["info"].strip()

    def opened_again_by(self, fence: re.Match[str] | None) -> bool:
        """Somebody wrote a block into the block: which of the next fences ends the outer one cannot be known."""
        return fence is not None and fence["fence"].startswith(self.fence) and bool(fence["info"].strip())

    @property
    def text(self) -> str:
        lines = [line.removesuffix(self.ending) for line in self.lines]
        margin = " " * self.indent
        if all(line.startswith(margin) or not line.strip() for line in lines):
            lines = [line.removeprefix(margin) for line in lines]  # a block that stands in a list is indented with it
        return "\n".join(lines) + "\n"

    def trouble(self) -> str | None:
        if self.nested:
            return "a block is opened inside the block of the reply; the fence around must be longer"
        if not self.text.strip():
            return "the fenced block of the reply is empty"
        if not _is_text(self.text):
            return "the fenced block of the reply holds half characters that cannot be written to a file"
        return None


class _Scanner:
    """Reads a reply line by line, and keeps the blocks that are part of the answer."""

    def __init__(self) -> None:
        self.blocks: list[_Block] = []
        self.open: _Block | None = None
        self.thinking = False

    def read(self, line: str) -> None:
        if self.thinking:
            self._think(line)
        elif self.open is not None:
            self._collect(self.open, line)
        else:
            self._look(line)

    def _think(self, line: str) -> None:
        if close := _CLOSE_THINKING.search(line):
            self.thinking = False
            self.read(line[close.end() :])

    def _collect(self, block: _Block, line: str) -> None:
        fence = _FENCE.fullmatch(line.removesuffix("\r"))
        if block.closed_by(fence):
            self.open = None
            return
        block.nested |= block.opened_again_by(fence)
        block.lines.append(line)

    def _look(self, line: str) -> None:
        if thought := _OPEN_THINKING.match(line):
            self.thinking = True
            self.read(line[thought.end() :])
        elif close := _CLOSE_THINKING.search(line):
            # Some templates open the thinking in the prompt: all that was read was thinking.
            self.blocks.clear()
            self.read(line[close.end() :])
        elif fence := _FENCE.fullmatch(line.removesuffix("\r")):
            self.open = _Block(fence["fence"], len(fence["indent"]), "\r" if line.endswith("\r") else "")
            self.blocks.append(self.open)

    def outcome(self) -> str | Unusable:
        trouble = self._trouble() or self.blocks[0].trouble()
        return Unusable(trouble) if trouble else self.blocks[0].text

    def _trouble(self) -> str | None:
        if self.thinking:
            return "the reply ends before its thinking does"
        if self.open is not None:
            return "a fenced block of the reply is never closed"
        if not self.blocks:
            return "the reply holds no fenced block"
        if len(self.blocks) > 1:
            return f"the reply holds {len(self.blocks)} fenced blocks where one was asked for"
        return None


def _is_text(text: str) -> bool:
    """False for lone surrogates: JSON can carry them, a file cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
