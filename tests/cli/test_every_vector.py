"""Every command with every vector: files of the real MXNet, and files with something wrong.

What is wrong with a file is said by the manifests, which no code of this package has made. The
commands run in this process: what is asked here is what they make of a file, not how they end.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cli.matrix import each_reader
from cli.samples import SAMPLES
from documentation import ROOT
from recordio_rs.cli import main

VECTORS = ROOT / "tests" / "vectors"
DEVIATIONS = VECTORS / "deviations"

Case = dict[str, Any]
INTACT: list[Case] = json.loads((VECTORS / "manifest.json").read_text("ascii"))["cases"]
DEVIANT: list[Case] = json.loads((DEVIATIONS / "deviations.json").read_text("ascii"))["cases"]


# How these may end with an intact file, too: they want images, or records that are not there.
PARTICULAR = {
    "get": {1},
    "get-files": {1},
    "index-id": {1},
    "sample": {1},
    "verify-deep": {3},
    "unpack": {3},
    "convert-folder": {3},
}


def lacks_entries(case: Case) -> bool:
    """Tells whether there is an index that does not have all records."""
    return case["idx"] is not None and None in [record["key"] for record in case["records"]]


def has_bad_records(case: Case) -> bool:
    """Tells whether bytes of the file are no intact records."""
    return bool(case["strict"]["error"] or case["lenient"]["skipped"])


def has_bad_index(case: Case) -> bool:
    """Tells whether lines of the index are no entries, or point to where no record is.

    For the commands any text is a key.
    """
    index = case["index"]
    if index is None:
        return False
    fault = index["fault"]
    return bool(index["wrong"] or (fault and fault["kind"] != "key-not-integer"))


def codes(name: str, folder: Path, cases: list[Case], out: Path) -> Iterator[tuple[Case, int]]:
    """Runs a command with each vector; gives the exit code."""
    for case in cases[::15] if name == "bench" else cases:
        shutil.rmtree(out.parent)
        out.parent.mkdir()
        yield case, main(SAMPLES[name].filled(folder / case["rec"], out))


@each_reader
def test_an_intact_vector_ends_well_unless_its_index_lacks_records(name: str, out: Path) -> None:
    lacking = {"looks": 3, "writes": 1, "picks": 1}[SAMPLES[name].kind]
    wrong = {}
    for case, code in codes(name, VECTORS, INTACT, out):
        expected = lacking if lacks_entries(case) and not name.startswith("index") else 0
        if code not in {expected, *PARTICULAR.get(name, ())}:
            wrong[case["name"]] = code
    assert wrong == {}


@each_reader
def test_a_damaged_vector_never_ends_well(name: str, out: Path) -> None:
    wrong = {}
    for case, code in codes(name, DEVIATIONS, DEVIANT, out):
        is_bad = has_bad_records(case) or has_bad_index(case)
        if name.startswith("index") and case["idx"]:  # which it does not read
            is_bad = bool(case["strict"]["error"])
        if name == "head" and len(case["strict"]["records"]) >= 10:
            continue  # of which it reads no more
        if code not in ((1, 3) if is_bad else (0, 1, 3)):
            wrong[case["name"]] = code
    assert wrong == {}
