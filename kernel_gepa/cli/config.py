"""`kernel-gepa.toml`: what is always the same need not be typed. Flags count for more than the file, the file for more
than the defaults.

[optimize]
model = "openai/gpt-5"
max-usd = 2.0

[ci]                                  # for all commands of a group that have the option
kernels = ["kernels/softmax.py"]
[ci.improve]
max-usd = 5.0
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from typer.core import TyperGroup

from kernel_gepa.errors import UsageError

NAME = "kernel-gepa.toml"


def defaults(path: Path | None, commands: TyperGroup) -> dict[str, Any]:
    """Defaults by command, from the file at `path`, or from the one in this folder, if it is there.

    Raises UsageError for a file that cannot be read, and for a key that no command has: a misspelt cap caps nothing.
    """
    if path is None and not Path(NAME).is_file():
        return {}
    path = path or Path(NAME)
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"the configuration {path} cannot be read: {error}") from error
    return _of_group(tables, commands, where=str(path))


def _of_group(tables: Mapping[str, Any], group: TyperGroup, *, where: str) -> dict[str, Any]:
    found = {}
    for name, table in tables.items():
        command = group.commands.get(name)
        if command is None or not isinstance(table, dict):
            known = ", ".join(f"[{name}]" for name in group.commands)
            raise UsageError(f"{where}: {name!r} is not the table of a command; known are: {known}")
        if isinstance(command, TyperGroup):
            found[name] = _of_subgroup(table, command, where=f"{where}, [{name}]")
        else:
            found[name] = dict(_of_command(table, command, where=f"{where}, [{name}]"))
    return found


def _of_subgroup(table: Mapping[str, Any], group: TyperGroup, *, where: str) -> dict[str, Any]:
    """What stands in the table of a group counts for each of its commands that has the option; one at least does."""
    own = {key: value for key, value in table.items() if key not in group.commands}
    known = {name: set(_options(command)) for name, command in group.commands.items()}
    for key in own:
        if not any(key in options for options in known.values()):
            everything = ", ".join(sorted(set().union(*known.values(), group.commands)))
            raise UsageError(f"{where}: there is no option {key!r}; known are: {everything}")
    found = {}
    for name, command in group.commands.items():
        inherited = {key: value for key, value in own.items() if key in known[name]}
        theirs = table.get(name, {})
        if not isinstance(theirs, dict):
            raise UsageError(f"{where}: {name!r} is a command, so it has a table of its own")
        found[name] = dict(_of_command({**inherited, **theirs}, command, where=f"{where}, [{name}]"))
    return found


def _of_command(table: Mapping[str, Any], command: Any, *, where: str) -> Iterator[tuple[str, Any]]:
    options = _options(command)
    for key, value in table.items():
        option = options.get(key)
        if option is None:
            known = ", ".join(sorted(name for name, option in options.items() if option.param_type_name == "option"))
            raise UsageError(f"{where}: there is no option {key!r}; known are: {known}")
        several = getattr(option, "multiple", False) and not isinstance(value, list)
        yield option.name, [value] if several else value


def _options(command: Any) -> dict[str, Any]:
    return {flag.removeprefix("--"): option for option in command.params for flag in option.opts}
