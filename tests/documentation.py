"""The Python blocks of a Markdown document: finding them, running them, comparing what they show.

What a block is to show stands in a `text` block right behind it: what it prints, then the value of
its last expression as an interactive Python shows it. There `...` stands for anything.
"""

from __future__ import annotations

import ast
import contextlib
import doctest
import io
import re
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]

_BLOCK = re.compile(r"^```(?P<kind>[^\n`]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Cell:
    """A Python block.

    Attributes:
        source: Its text.
        line: Where in the document it begins, from 1.
        expected: What it is to show; `None` if the document does not say.
    """

    source: str
    line: int
    expected: str | None


def cells_of(document: Path) -> list[Cell]:
    """Gives the Python blocks of a document in their order, but those marked `no-run`."""
    text = document.read_text(encoding="utf-8")
    blocks = list(_BLOCK.finditer(text))
    cells = []
    for block, following in zip_longest(blocks, blocks[1:]):
        if block["kind"] != "python":
            continue
        is_shown = (
            following is not None
            and following["kind"] == "text"
            and not text[block.end() : following.start()].strip()
        )
        line = text.count("\n", 0, block.start("text")) + 1
        cells.append(
            Cell(block["text"], line, following["text"] if is_shown and following else None)
        )
    return cells


def without_blocks(document: Path) -> str:
    """Gives the text of a document without its blocks of code."""
    return _BLOCK.sub("", document.read_text(encoding="utf-8"))


def run_cell(source: str, namespace: dict[str, Any], name: str = "<cell>", line: int = 1) -> str:
    """Runs a block and gives what it shows.

    Args:
        source: The block.
        namespace: Where its names live.
        name: The document, for tracebacks.
        line: The line of the document that the block begins on.
    """
    tree = ast.increment_lineno(ast.parse(source), line - 1)
    last = tree.body[-1] if tree.body else None
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown):
        if isinstance(last, ast.Expr):
            _execute(ast.Module(tree.body[:-1], []), namespace, name)
            value = eval(_compile(ast.Expression(last.value), name), namespace)
            if value is not None:
                print(repr(value))
        else:
            _execute(tree, namespace, name)
    return shown.getvalue()


def _compile(tree: ast.Module | ast.Expression, name: str) -> Any:  # noqa: ANN401
    mode = "eval" if isinstance(tree, ast.Expression) else "exec"
    return compile(tree, name, mode, dont_inherit=True)  # not with this file's annotations


def _execute(tree: ast.Module, namespace: dict[str, Any], name: str) -> None:
    exec(_compile(tree, name), namespace)


def is_as_expected(expected: str, found: str) -> bool:
    """Tells whether a block shows what it is to show."""
    return doctest.OutputChecker().check_output(expected, found, doctest.ELLIPSIS)


def check_cell(cell: Cell, namespace: dict[str, Any], document: Path) -> str:
    """Runs a block, compares what it shows with what it is to show, and gives it.

    A block without a `text` block behind it may show nothing.
    """
    found = run_cell(cell.source, namespace, str(document), cell.line)
    expected = cell.expected or ""
    assert is_as_expected(expected, found), (
        f"{document.name}, line {cell.line}, shows\n{found}instead of\n{expected}"
    )
    return found
