"""docs/json.md has every field that a command prints with --json, and no other."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from cli.command_line import run
from cli.datasets import damage, image_bytes, write_images, write_tree
from recordio_rs import IRHeader, Writer, pack

PAGE = Path(__file__).parents[2] / "docs" / "json.md"

RUNS = [
    "info a.rec objects.rec faces.rec damaged.rec text.rec missing.rec",
    "info --total a.rec text.rec",
    "info --names names.txt a.rec",
    "ls a.rec text.rec",
    "ls -l a.rec text.rec",
    "head a.rec text.rec",
    "cat --format json a.rec text.rec",
    "get --format json a.rec 1",
    "get --format json text.rec a",
    "view -o sheet.png a.rec damaged.rec broken.rec",
    "diff a.rec changed.rec",
    "diff --by key a.rec damaged.rec",
    "bench --seconds 0.1 a.rec",
    "bench --seconds 0.1 text.rec",
    "verify a.rec damaged.rec missing.rec",
    "repair --into mended a.rec damaged.rec missing.rec",
    "index --skip-damaged -f a.rec damaged.rec missing.rec",
    "pack images -o packed.rec",
    "pack --list images -o list.lst",
    "im2rec --list --recursive lists images",
    "im2rec lists images",
    "im2rec nothing images",
    "unpack a.rec -o unpacked",
    "unpack --skip-damaged damaged.rec -o unpacked-too",
    "unpack same.rec -o unpacked-names --flat",
    "convert a.rec a.tar",
    "convert --skip-damaged damaged.rec b.tar",
    "convert foreign.parquet c.rec",
    "merge --skip-damaged a.rec damaged.rec -o merged.rec",
    "split a.rec -n 2 -o split-{}.rec",
    "shuffle a.rec -o shuffled.rec",
    "sample a.rec -n 2 -o sampled.rec",
    "filter a.rec --label 1 -o filtered.rec",
]


def documented() -> dict[str, set[str]]:
    """Gives the fields that the page has for each command."""
    fields: dict[str, set[str]] = {}
    names: list[str] = []
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            names = re.findall(r"`([\w]+)`", line)
        elif line.startswith("| `"):
            for name in names:
                fields.setdefault(name, set()).update(re.findall(r"`([^`]+)`", line.split("|")[1]))
    return fields


def fields_of(value: object, known: set[str], place: str = "") -> Iterator[str]:
    """Gives all fields of a document; `*` where the page says that any name may stand."""
    if isinstance(value, list):
        for one in value:
            yield from fields_of(one, known, f"{place}[]" if place else "")
    if isinstance(value, dict):
        for name, one in value.items():
            before = f"{place}." if place else ""
            field = f"{before}*" if f"{before}*" in known else before + name
            yield field
            yield from fields_of(one, known, field)


def documents_of(text: str) -> Iterator[object]:
    """Gives one JSON document, or that of each line."""
    try:
        yield json.loads(text)
    except json.JSONDecodeError:
        for line in text.splitlines():
            yield json.loads(line)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files with everything that a command may tell of."""
    folder = tmp_path_factory.mktemp("json")
    write_images(folder / "a.rec")
    write_images(folder / "changed.rec", 14, 4)
    damage(write_images(folder / "damaged.rec"), 4)
    write_tree(folder / "images")
    (folder / "images" / "class 0" / "broken.jpg").write_bytes(b"no image")
    (folder / "images" / "class 0" / "other.bmp").write_bytes(b"not looked at")
    (folder / "names.txt").write_text("cat\ndog\nfox\n")
    (folder / "nothing.lst").write_text("0\t1.0\tnone.jpg\n")
    image = image_bytes(1)
    with Writer(folder / "text.rec") as writer:
        for key in ("a", "b"):
            writer.write(b"some text", key)
    with Writer(folder / "broken.rec") as writer:
        writer.write(pack((0, 1.0, 0, 0), image[:200]), 0)
    with Writer(folder / "same.rec") as writer:
        for number in range(2):
            writer.write(pack((0, 1.0, 7, 0), image), number)
    with Writer(folder / "objects.rec") as writer:
        label = np.array([4, 5, 32, 24, 1, 0.1, 0.1, 0.5, 0.5], np.float32)
        writer.write(pack(IRHeader(0, label, 0, 0), image), 0)
    with Writer(folder / "faces.rec") as writer:
        writer.write(pack(IRHeader(2, np.array([2, 3], np.float32), 0, 0), b""), 0)
        writer.write(pack(IRHeader(0, 0.0, 1, 0), image), 1)
        writer.write(pack(IRHeader(2, np.array([1, 2], np.float32), 2, 0), b""), 2)
    write_parquet(folder / "foreign.parquet", image)
    return folder


def write_parquet(path: Path, image: bytes) -> None:
    """Writes what another program may have written."""
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    pq.write_table(pa.table({"image": [image], "label": [3], "remark": ["x"]}), path)


def test_every_field_is_on_the_page_and_no_other(folder: Path) -> None:
    known, found = documented(), dict[str, set[str]]()
    for line in RUNS:
        arguments = line.split()
        name = arguments[0]
        if "--format" not in arguments:
            arguments.insert(1, "--json")
        printed = run(*arguments, folder=folder, expect=None).text
        for document in documents_of(printed):
            found.setdefault(name, set()).update(fields_of(document, known.get(name, set())))
    for name, fields in known.items():
        assert sorted(found[name] ^ fields) == [], name
    assert found.keys() == known.keys()
