"""What a good kernel author knows of a device: one `.md` file per backend, looked up by the failure at hand."""

from __future__ import annotations

from importlib.resources import files


def text(backend: str) -> str:
    """The notes for a backend; empty where nobody wrote any."""
    path = files(__package__).joinpath(f"{backend}.md")
    return path.read_text(encoding="utf-8") if path.is_file() else ""
