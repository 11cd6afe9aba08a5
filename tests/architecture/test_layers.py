"""The import law: who in the house may know whom. A new edge is a decision and gets a page in docs/decisions.

Imports are read from the source, those inside functions and those for type checkers too: an import that is hidden
is still an edge. Siblings never import each other; whoever needs two of them stands above both.
"""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent.parent / "kernel_gepa"

GROUND = {"errors", "discreet", "domain", "statistics", "codec", "ports"}
ADAPTERS = {"models", "sandbox", "backends", "benchmarks", "store"}
THINKERS = {"search", "judging", "programs", "proposers"}

MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "discreet": set(),
    "domain": {"errors"},
    "statistics": {"errors", "domain"},
    "codec": {"errors", "domain"},
    "ports": {"errors", "domain"},
    "prompts": {"domain", "ports"},  # a task in words, and a reply read: programs and proposers need the same
    # what thinks: pure but for what is passed in
    "search": GROUND,
    "judging": GROUND,
    "programs": GROUND | {"prompts"},
    "proposers": GROUND | {"prompts", "search"},  # merge and harvest select from the front
    # what touches the world: one thing each
    "models": GROUND,
    "sandbox": GROUND,
    "backends": GROUND,
    "benchmarks": GROUND,
    "store": GROUND,
    "harness": GROUND | {"backends", "benchmarks"},
    # what tells and what wires
    "report": GROUND | {"search", "judging"},
    "testing": GROUND | ADAPTERS | THINKERS,
    "recipes": GROUND | ADAPTERS | THINKERS | {"prompts", "harness", "report"},
    "cli": GROUND | {"recipes", "report"},
}

# What `import kernel_gepa` must not load: each costs between 0.1 and 2 seconds, or is not there for everybody.
HEAVY = ("torch", "triton", "litellm", "docker", "numpy", "httpx", "cattrs")


def part(path: Path) -> str:
    """The row of the table that a file belongs to; empty for the package's own __init__."""
    first = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    return "" if first == "__init__" else first


def imported(path: Path, tree: ast.AST) -> Iterator[str]:
    """Absolute names of all modules that a file imports, wherever in it the import stands."""
    package = ["kernel_gepa", *path.relative_to(PACKAGE).parent.parts]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*start, *([node.module] if node.module else [])])
            # `from kernel_gepa import harness` imports a part, so names count where the package itself is the source
            yield from (f"{module}.{alias.name}" for alias in node.names) if module == "kernel_gepa" else (module,)


def parts_imported(path: Path, source: str) -> set[str]:
    names = (name.split(".") for name in imported(path, ast.parse(source)))
    return {name[1] for name in names if name[0] == "kernel_gepa" and len(name) > 1 and name[1] != "__version__"}


def offences(path: Path, source: str) -> list[str]:
    here, found = part(path), parts_imported(path, source)
    if not here:
        return [f"kernel_gepa/__init__.py imports {other}" for other in sorted(found)]
    if here not in MAY_IMPORT:
        return [f"{here} has no row in the table of tests/architecture/test_layers.py"]
    return [f"{path.relative_to(PACKAGE)} may not import {b}" for b in sorted(found - MAY_IMPORT[here] - {here})]


def test_imports_go_down_the_layers_and_never_sideways() -> None:
    assert [o for path in sorted(PACKAGE.rglob("*.py")) for o in offences(path, path.read_text())] == []


def test_the_table_has_no_cycle_and_names_only_its_own_rows() -> None:
    assert set().union(*MAY_IMPORT.values()) <= set(MAY_IMPORT)
    tuple(TopologicalSorter(MAY_IMPORT).static_order())  # raises CycleError


def test_adapters_do_not_know_each_other() -> None:
    assert all(not MAY_IMPORT[adapter] & ADAPTERS for adapter in ADAPTERS)


@pytest.mark.parametrize(
    "source",
    [
        "import kernel_gepa.models.litellm",
        "from kernel_gepa.models import litellm",
        "from kernel_gepa import models",
        "from ..models.litellm import create",
        "from .. import models",
        "def f():\n    from kernel_gepa.models import litellm",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from kernel_gepa.models import litellm",
    ],
)
def test_no_way_of_writing_an_import_escapes_the_law(source: str) -> None:
    assert offences(PACKAGE / "search" / "loop.py", source) == ["search/loop.py may not import models"]


def test_imports_within_a_part_and_down_are_lawful() -> None:
    source = "from kernel_gepa.domain.task import Task\nfrom kernel_gepa.search import pareto\nfrom . import select\n"
    assert offences(PACKAGE / "search" / "loop.py", source) == []


@pytest.mark.parametrize(
    "name", ["worker.py", "returned.py", "drawing.py", "counting.py", "inducing.py", "leftovers.py"]
)
def test_a_sandbox_holds_nothing_of_the_package_and_only_the_standard_library(name: str) -> None:
    """It may hold no more than Python; torch is imported when a kernel needs it."""
    path = PACKAGE / "harness" / name
    tree = ast.parse(path.read_text())
    assert not {name for name in imported(path, tree) if name.split(".")[0] == "kernel_gepa"}
    top = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    roots = {name.split(".")[0] for name in imported(path, ast.Module(list(top), []))}
    assert roots <= sys.stdlib_module_names


def test_what_lies_beside_a_triton_kernel_holds_nothing_of_the_package_either() -> None:
    path = PACKAGE / "backends" / "gpu" / "driverless.py"
    tree = ast.parse(path.read_text())
    assert not {name for name in imported(path, tree) if name.split(".")[0] == "kernel_gepa"}
    top = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    assert {name.split(".")[0] for name in imported(path, ast.Module(list(top), []))} <= sys.stdlib_module_names


def loaded_by(statement: str) -> set[str]:
    code = f"import sys; {statement}; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return {name.split(".")[0] for name in run.stdout.split()}


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert loaded_by("import kernel_gepa").isdisjoint(HEAVY)


def test_importing_the_command_line_loads_nothing_heavy() -> None:
    loaded = loaded_by("import kernel_gepa.cli")
    if not hasattr(importlib.import_module("kernel_gepa.cli"), "main"):
        pytest.skip("kernel_gepa.cli has no main yet")
    assert loaded.isdisjoint(HEAVY)
