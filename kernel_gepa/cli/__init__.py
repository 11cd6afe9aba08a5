"""The command line: one file per command, each only wiring, printing and an exit code.

Exit codes: 0 fine · 1 regression · 2 usage or configuration · 3 incorrect kernel · 4 infrastructure, or nothing could
be evaluated · 5 inconclusive · 6 budget spent before a verdict · 130 interrupted, state saved.
"""

from __future__ import annotations

import sys

from kernel_gepa.errors import KernelGepaError


def main() -> None:
    """The entry point. A failure of the house is one sentence on stderr and an exit code, never a traceback.

    What nobody foresaw is shown with its traceback, but without the values of keys: other people's exceptions quote
    requests.
    """
    from kernel_gepa.cli.app import app

    try:
        app(prog_name="kernel-gepa")
    except KernelGepaError as error:
        print(f"error: {_shown(str(error))}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        print("interrupted; what was finished is saved", file=sys.stderr)
        sys.exit(130)
    except Exception:  # noqa: BLE001 - the last chance to hide what must not be shown
        import traceback

        print(_shown(traceback.format_exc()), file=sys.stderr)
        print("error: this is a fault of kernel-gepa; what was finished is saved", file=sys.stderr)
        sys.exit(4)


def _shown(text: str) -> str:
    from kernel_gepa.discreet import shown

    return shown(text)


__all__ = ["main"]
