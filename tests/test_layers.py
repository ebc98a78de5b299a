"""Layers point one way: the package knows no tools, and tools know no terminal."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "python" / "recordio_rs"
CLI, TOOLS, TERMINAL = "recordio_rs.cli", "recordio_rs.tools", ("click", "rich")

# What starts the command.
STARTS = {"__main__.py"}


def imports_of(path: Path) -> Iterator[str]:
    """Gives the modules that a file imports, wherever it does."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def offences(paths: Iterator[Path], forbidden: tuple[str, ...]) -> list[tuple[str, str]]:
    """Gives the files that import what they must not, and what that is."""
    return [
        (path.name, module)
        for path in paths
        for module in imports_of(path)
        if any(module == one or module.startswith(f"{one}.") for one in forbidden)
    ]


def test_the_package_knows_neither_tools_nor_commands() -> None:
    paths = (path for path in PACKAGE.glob("*.py") if path.name not in STARTS)
    assert offences(paths, (CLI, TOOLS, *TERMINAL)) == []


def test_tools_know_no_terminal() -> None:
    assert offences((PACKAGE / "tools").rglob("*.py"), (CLI, *TERMINAL)) == []


@pytest.mark.parametrize("module", [CLI, TOOLS])
def test_a_wrong_import_would_be_noticed(module: str, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(f"def late():\n    from {module} import thing\n")
    assert offences(tmp_path.glob("*.py"), (module,))
