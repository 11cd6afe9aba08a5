"""What a good kernel author knows of a device, looked up by the failure at hand.

One `.md` file per backend, or a folder with a file per topic; topics are read in the order of their names.
"""

from __future__ import annotations

from importlib.resources import files


def text(backend: str) -> str:
    """The notes for a backend; empty where nobody wrote any."""
    here = files(__package__)
    folder, alone = here.joinpath(backend), here.joinpath(f"{backend}.md")
    topics = (
        sorted((t for t in folder.iterdir() if t.name.endswith(".md")), key=lambda t: t.name) if folder.is_dir() else []
    )
    return "\n".join(path.read_text(encoding="utf-8") for path in (*topics, alone) if path.is_file())
