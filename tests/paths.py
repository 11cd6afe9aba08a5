"""Whether a text that is given to others tells where it was made."""

from __future__ import annotations

import re

# Any absolute path of two names or more; a division or a comment of code is preceded by a word, a star or a dot.
ABSOLUTE = re.compile(r"(?<![\w.*<])/[A-Za-z_][\w.-]*/[\w./-]*")
PRIVATE = ("/tmp/", "/home/", "/root/", "/dev/shm")
ESCAPES = re.compile(r"\\[nrt]")  # of JSON


def absolute_paths(text: str) -> list[str]:
    plain = ESCAPES.sub(" ", text)
    return [*ABSOLUTE.findall(plain), *(folder for folder in PRIVATE if folder in plain)]
