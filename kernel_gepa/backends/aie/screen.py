"""What an AIE kernel may not say: nothing that reaches around the emulator, its wrapper or its counters.

A device would run some of it. It is refused because a verdict on it would not be worth anything: NPUEval times between
two markers that a kernel can move, and pastes its wrapper behind the kernel, where macros reach it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kernel_gepa.domain.verdict import Rejected

COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
STRING = re.compile(r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'')
RAW_STRING = re.compile(r'\bR"')
INCLUDE = re.compile(r"^\s*#\s*include(?P<next>_next)?\s*(?P<what>\S[^\n]*)", re.MULTILINE)
DEFINE = re.compile(r"^\s*#\s*(?:define|undef)\s+(?P<name>\w+)", re.MULTILINE)
PRAGMA = re.compile(r"^\s*#\s*pragma\s+(?P<what>[^\n]*)|\b_Pragma\b", re.MULTILINE)
NAME = re.compile(r"[A-Za-z_]\w*")

# What a kernel for a tile can want: the API, and the freestanding or inline parts of the standard library.
HEADERS = frozenset(
    """
    aie_api/aie.hpp aie_api/utils.hpp aie_kernel_utils.h stdint.h stdlib.h stdio.h string.h math.h
    limits.h float.h stddef.h assert.h type_traits cstdint cstdlib cstdio cstring cmath climits cfloat
    cstddef cassert algorithm array limits utility tuple numeric bit concepts functional
    initializer_list
    """.split()
)
# Names that models invent or that other set-ups have: the compiler says what is wrong with them.
INVENTED = re.compile(r"aie_api/[\w./]+|adf\.h|lut_based_ops\.h|aie\.hpp|adf/[\w./]+")
PRAGMAS = re.compile(r"once\b|clang\s+loop\b|GCC\s+(unroll|ivdep)\b|unroll\b|nounroll\b|STDC\b")

# Names with no use on a tile. The last two are gates to memory that no buffer covers.
FORBIDDEN = {
    "asm": "inline assembly",
    "__asm": "inline assembly",
    "__asm__": "inline assembly",
    "event0": "an event marker, which belongs to the wrapper",
    "event1": "an event marker, which belongs to the wrapper",
    "emu": "a name of the emulator",
    "constructor": "code that runs before the kernel",
    "destructor": "code that runs after the kernel",
    "__attribute": "an attribute of the host compiler",
    "syscall": "a system call",
    "dlsym": "the host's loader",
    "dlopen": "the host's loader",
    "setjmp": "a jump out of the kernel",
    "longjmp": "a jump out of the kernel",
    "thread_local": "thread-local memory",
}
PREFIXES = {
    "aie_emu": "a name of the emulator",
    "AIE_EMU": "a name of the emulator",
    "__trunc": "a function of the compiler's own library",
    "__builtin_ia32": "an instruction of the host's processor",
    "__sync_": "a host builtin",
    "_mm": "an instruction of the host's processor",
}
FILES = frozenset(
    """
    fopen fread fwrite fprintf freopen open read write close mmap munmap mprotect fork execve kill
    system getenv raise abort exit _exit quick_exit at_quick_exit atexit signal sigaction pthread_create
    __environ environ
    """.split()
)
ATTRIBUTES = re.compile(r"__attribute__\s*\(\(\s*(?:__)?(?P<name>\w+?)(?:__)?\s*(?:\([^)]*\))?\s*\)\)")
GOOD_ATTRIBUTES = frozenset(
    """
    aligned always_inline noinline unused restrict packed vector_size const pure hot flatten
    """.split()
)


def screen(kernel: str, wrapper: str) -> Rejected | None:
    """`wrapper` is the text that is pasted behind the kernel: no macro may change a word of it."""
    found = tuple(dict.fromkeys(_offences(kernel, wrapper)))
    return Rejected(found[0], found) if found else None


def _offences(kernel: str, wrapper: str) -> Iterator[str]:
    if RAW_STRING.search(kernel) or "??" in kernel:
        yield "it holds raw strings or trigraphs, which a kernel has no use for"
    joined = kernel.replace("\\\n", "")  # as the compiler joins lines
    text = STRING.sub('""', COMMENT.sub(" ", joined))
    for include in INCLUDE.finditer(COMMENT.sub(" ", joined)):
        name = include["what"].strip().strip('<>"')
        if include["next"] or (name not in HEADERS and (".." in name or not INVENTED.fullmatch(name))):
            yield f"it includes {include['what'].strip()}, which is no header for a tile's kernel"
    touched = set(NAME.findall(wrapper)) | {"aie", "bfloat16"}
    for define in DEFINE.finditer(text):
        if define["name"] in touched or define["name"].startswith("AIE_"):
            yield f"it redefines {define['name']}, a word of the wrapper or the toolchain"
    for pragma in PRAGMA.finditer(text):
        if not PRAGMAS.match(pragma["what"] or ""):
            yield f"it holds #pragma {pragma['what'] or ''}".rstrip()
    if "##" in text:
        yield "it pastes names together with ##, which hides what it says"
    if re.search(r'\bextern\s*""\s*[^{\s]', text):
        yield 'it declares foreign functions with extern "C"'
    for attribute in ATTRIBUTES.finditer(text):
        if attribute["name"] not in GOOD_ATTRIBUTES:
            yield f"it asks for the attribute {attribute['name']}"
    for name in dict.fromkeys(NAME.findall(text)):
        reason = FORBIDDEN.get(name) or next((why for p, why in PREFIXES.items() if name.startswith(p)), None)
        if reason:
            yield f"it names {name}: {reason}"
        elif name in FILES and re.search(rf"(?<![\w.>]){name}\s*\(", text):
            yield f"it calls {name}(), which a tile does not have"
