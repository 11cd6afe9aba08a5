"""Whether a native kernel is written in C, whose compiler is done sooner (0012-c-kernels.md), or in CUDA.

The text says it by itself. A C++ kernel must define its function with `extern "C"`, and C has no such words; what has
none of them and yet shows signs of C++ has forgotten them.
"""

from __future__ import annotations

import re

LINKAGE = re.compile(r'extern\s*"C"')
COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
# Headers without .h are those of the C++ library.
CPP = re.compile(
    r"::|\b(template|namespace|class|constexpr|using|typename|static_cast|reinterpret_cast|const_cast|decltype|operator)\b"
    r"|^[ \t]*#[ \t]*include[ \t]*<[\w/]+>",
    re.MULTILINE,
)


def is_c(text: str) -> bool:
    code = COMMENT.sub(" ", text)
    return not LINKAGE.search(code) and not CPP.search(code)


def is_cuda(text: str) -> bool:
    return "__global__" in COMMENT.sub(" ", text)


def suffix(text: str) -> str:
    """Of a file that holds this native kernel."""
    if is_cuda(text):
        return ".cu"
    return ".c" if is_c(text) else ".cpp"
