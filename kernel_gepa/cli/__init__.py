"""The command line: one file per command, each only wiring, printing and an exit code.

Exit codes: 0 fine · 2 usage or configuration · 3 incorrect kernel · 4 infrastructure, or nothing could be evaluated ·
6 budget spent before a verdict · 130 interrupted, state saved.
"""

from __future__ import annotations

import sys

from kernel_gepa.errors import KernelGepaError


def main() -> None:
    """The entry point. A failure of the house is one sentence on stderr and an exit code, never a traceback."""
    from kernel_gepa.cli.app import app

    try:
        app()
    except KernelGepaError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        print("interrupted; what was finished is saved", file=sys.stderr)
        sys.exit(130)


__all__ = ["main"]
