"""`python -m npueval_tasks FOLDER`: one JSON file per task and size."""

from __future__ import annotations

import sys
from pathlib import Path

from npueval_tasks.catalogue import ENTRIES
from npueval_tasks.schema import line, row


def main() -> int:
    if len(sys.argv) != 2:
        print("usage: python -m npueval_tasks FOLDER", file=sys.stderr)
        return 2
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for entry in ENTRIES:
        for size in entry.sizes:
            (folder / f"{entry.name}_{size}.json").write_text(line(row(entry, size)) + "\n")
    return 0


sys.exit(main())
