"""What is left of a text when comments and white space that mean nothing are gone: equal remains, equivalent texts.

When in doubt two texts are told apart: an equivalent kernel that is judged again costs a rollout, and one that is
wrongly taken for another is lost. Comments that somebody reads stay: `build:` are flags, `tune:` a knob, `region` a
seam for merging.
"""

from __future__ import annotations

import io
import re
import tokenize
from functools import lru_cache

from kernel_gepa.domain.task import Language

_READ = re.compile(r"(//|#)\s*(build:|tune:|region\b|endregion\b)")

# Comments and literals: whatever looks like the one inside the other is not.
_CPP = re.compile(
    r"""
      (?P<raw> \b(?:u8|[uUL])?R"(?P<mark>[^()\\\s]{0,16})\(.*?\)(?P=mark)" )
    | (?P<literal> "(?:\\.|[^"\\\n])*" | (?<![0-9a-fA-F])'(?:\\.|[^'\\\n])*' )
    | (?P<line> //(?:\\\n|[^\n])* )
    | (?P<block> /\*.*?\*/ )
    """,
    re.VERBOSE | re.DOTALL,
)
# Brackets and separators stand alone; other signs run together, because `+ +` is not `++`.
_TOKENS = re.compile(r"\0\d+\0|\w+|[(){}\[\];,]|[^\w\s(){}\[\];,\0]+")


@lru_cache(maxsize=4096)
def canonical(text: str, language: Language | None) -> str:
    """`language` is None for prose, where only the white space goes."""
    if language is Language.CPP:
        return _cpp(text)
    if language is Language.PYTHON:
        return _python(text)
    return " ".join(text.split())


def _cpp(text: str) -> str:
    kept: list[str] = []

    def hidden(found: re.Match[str]) -> str:
        """Literals, and comments that mean something, as a number between two zeros; other comments as a space."""
        comment = found["line"] or found["block"]
        if comment and not _READ.match(comment):
            return " "
        kept.append(" ".join(found[0].split()) if comment else found[0])
        return f" \0{len(kept) - 1}\0 " if comment else f"\0{len(kept) - 1}\0"

    lines = _CPP.sub(hidden, text.replace("\0", " ").replace("\r\n", "\n")).replace("\\\n", " ").split("\n")
    remains = "\x1f".join(token for line in lines for token in _line(line))
    return re.sub(r"\0(\d+)\0", lambda number: kept[int(number[1])], remains)


def _line(line: str) -> list[str]:
    """A directive is a line of its own, and a space in it can mean something: `#define F (x)`."""
    if line.lstrip().startswith("#"):
        return ["\n" + " ".join(line.split()) + "\n"]
    return _TOKENS.findall(line)


def _python(text: str) -> str:
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (tokenize.TokenError, SyntaxError):
        return text
    return "\x1f".join(_shown(token) for token in tokens if _counts(token))


def _counts(token: tokenize.TokenInfo) -> bool:
    if token.type == tokenize.COMMENT:
        return _READ.match(token.string) is not None
    return token.type not in (tokenize.NL, tokenize.ENDMARKER)


def _shown(token: tokenize.TokenInfo) -> str:
    """How deep a block stands is how many of these marks are open, not how many spaces."""
    return {tokenize.INDENT: "\x0e", tokenize.DEDENT: "\x0f", tokenize.NEWLINE: "\n"}.get(token.type, token.string)
