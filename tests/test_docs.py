"""The documents and docstrings: code runs, links lead somewhere, tables are true."""

from __future__ import annotations

import builtins
import doctest
import importlib
import pkgutil
import re
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import recordio_rs
from documentation import ROOT, cells_of, check_cell, without_blocks
from oracle.differences import DIFFERENCES
from recordio_rs import exceptions

TUTORIAL = ROOT / "docs" / "tutorial.md"  # test_tutorial.py is about it
COMPATIBILITY = ROOT / "docs" / "compatibility.md"
RELIABILITY = ROOT / "docs" / "reliability.md"
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
WITH_CODE = [document for document in DOCUMENTS if document != TUTORIAL and cells_of(document)]
MODULES = [
    "recordio_rs",
    *(
        module.name
        for module in pkgutil.walk_packages(recordio_rs.__path__, "recordio_rs.")
        # The native one; one that runs when it is imported; those that want to be `mxnet`.
        if not re.search(r"\._recordio_rs$|\.__main__$|\._mxnet\.", module.name)
    ),
]

_LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^)\s]+)\)")
_HEADING = re.compile(r"^#+ (?P<title>.+)$", re.MULTILINE)
_COMMAND = re.compile(r"`make (?P<target>[a-z-]+)")
_CODE = re.compile(r"`([^`]+)`")

each_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder to be in; a stand-in for MXNet is taken away again."""
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    for name in [name for name in sys.modules if name.partition(".")[0] == "mxnet"]:
        del sys.modules[name]


def rows(document: Path, heading: str) -> list[list[str]]:
    """Gives the cells of the first table under a heading, without its head."""
    _, _, section = document.read_text(encoding="utf-8").partition(f"\n{heading}\n")
    assert section, f"{document.name} has no heading {heading!r}"
    table = re.search(r"(?:^\|.*\n)+", section, re.MULTILINE)
    assert table, f"there is no table under {heading!r}"
    lines = table.group().splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def anchors(document: Path) -> set[str]:
    """Gives the anchors of a document's headings, as GitHub makes them."""
    titles = (match["title"] for match in _HEADING.finditer(without_blocks(document)))
    return {re.sub(r"[^\w -]", "", title).strip().lower().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("document", WITH_CODE, ids=lambda path: path.name)
@pytest.mark.usefixtures("folder")
def test_every_block_runs_and_shows_what_stands_under_it(document: Path) -> None:
    namespace: dict[str, Any] = {}
    for cell in cells_of(document):
        check_cell(cell, namespace, document)


def test_the_documents_have_code() -> None:
    assert {document.name for document in WITH_CODE} >= {"README.md", "compatibility.md"}


def examples_of(module: ModuleType) -> list[doctest.DocTest]:
    """Gives the examples in a module's docstrings."""
    names = {name: getattr(recordio_rs, name) for name in ("Reader", "Writer", "pack")} | {"np": np}
    found = doctest.DocTestFinder().find(module, extraglobs=names)
    return [test for test in found if test.examples]


@pytest.mark.parametrize("name", MODULES)
@pytest.mark.usefixtures("folder")
def test_the_examples_of_a_module_are_true(name: str) -> None:
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    said: list[str] = []
    for test in examples_of(importlib.import_module(name)):
        runner.run(test, out=said.append)
    assert runner.summarize(verbose=False).failed == 0, "".join(said)


def test_what_users_call_has_examples() -> None:
    documented = {
        test.name for name in MODULES for test in examples_of(importlib.import_module(name))
    }
    expected = ("", ".recordio", ".reader.Reader", ".writer.Writer", ".image_record.pack")
    assert documented >= {f"recordio_rs{name}" for name in expected}


@each_document
def test_links_lead_to_files_and_headings(document: Path) -> None:
    for link in _LINK.finditer(without_blocks(document)):
        target, _, anchor = link["target"].partition("#")
        if target.startswith(("http://", "https://")):
            continue
        path = document.parent / target if target else document
        assert path.exists(), f"{document.name} links to {target}"
        assert not anchor or anchor in anchors(path), f"{document.name} links to {link['target']}"


@each_document
def test_commands_are_targets_of_the_makefile(document: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    named = {command["target"] for command in _COMMAND.finditer(without_blocks(document))}
    assert named <= targets


def test_contributing_maps_files_that_exist() -> None:
    document = ROOT / "CONTRIBUTING.md"
    headings = [
        f"### {title}" for title in re.findall(r"^### (.+)$", document.read_text("utf-8"), re.M)
    ]
    paths = [row[0].strip("`") for heading in headings for row in rows(document, heading)]
    assert len(paths) > 30
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_every_promise_names_tests_that_exist() -> None:
    text = RELIABILITY.read_text(encoding="utf-8")
    named = re.findall(r"`((?:tests|rust)/[\w./-]+)(?:::(\w+))?`", text)
    assert len(named) > 40
    for path, test in named:
        assert (ROOT / path).exists(), path
        assert not test or f"def {test}(" in (ROOT / path).read_text(encoding="utf-8"), test
    promises = [
        row
        for heading in ("## Reading", "## Rescue", "## Writing", "## Processes and threads")
        for row in rows(RELIABILITY, heading)
    ]
    assert all("`" in shown for _, shown in promises)


def test_contributing_maps_every_module() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    package = ROOT / "python" / "recordio_rs"
    native = ROOT / "rust" / "recordio-python" / "src"
    # Commands are told by their names, and what stands in for MXNet by what it stands in for.
    modules = [
        path for path in package.rglob("*.py") if path.parent.name not in ("commands", "_mxnet")
    ]
    modules += native.glob("*.rs")
    left_out = {"__init__.py", "__main__.py", "lib.rs"}  # they only declare, or call
    names = {path.relative_to(ROOT).as_posix() for path in modules if path.name not in left_out}
    assert {name for name in names if f"`{name}`" not in text} == set()


def test_each_permitted_difference_is_documented_once() -> None:
    names = [row[0].strip("`") for row in rows(COMPATIBILITY, "## Where we differ, and why")]
    assert len(names) == len(set(names))
    assert {difference.name for difference in DIFFERENCES} - set(names) == set()


def test_each_difference_says_what_and_why() -> None:
    for row in rows(COMPATIBILITY, "## Where we differ, and why"):
        assert len(row) == 4, row
        assert all(row), row


def class_of(name: str) -> type[BaseException]:
    """Gives an exception of the package, of Python or of `struct` by its name."""
    if name == "struct.error":
        return struct.error
    found: type[BaseException] = getattr(exceptions, name, None) or getattr(builtins, name)
    return found


def test_the_table_of_exceptions_is_the_module() -> None:
    table = {
        row[0].strip("`"): _CODE.findall(row[1]) for row in rows(COMPATIBILITY, "## Exceptions")
    }
    assert sorted(table) == sorted(exceptions.__all__)
    for name, bases in table.items():
        for base in bases:
            assert issubclass(getattr(exceptions, name), class_of(base)), f"{name} is no {base}"
