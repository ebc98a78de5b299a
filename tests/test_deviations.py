"""The vectors of `tests/vectors/deviations`: files with something wrong, through the Python face.

What readers make of each is in the manifest, which the slow decoders made; its rows are those of
docs/format.md.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import slow_decoder
import slow_index
from documentation import ROOT, cells_of, run_cell
from errors import check_error
from oracle.client import VARIABLE, interpreter
from oracle.payloads import expand
from recordio_rs import MXIndexedRecordIO, MXRecordIO, Reader, unpack
from recordio_rs.exceptions import (
    CorruptRecordError,
    ImageRecordError,
    IndexFormatError,
    IndexMismatchError,
    RecordIOError,
    TruncatedRecordError,
)
from vectors.deviations import write_deviations

FOLDER = ROOT / "tests" / "vectors" / "deviations"
FORMAT = ROOT / "docs" / "format.md"

Case = dict[str, Any]
CASES: list[Case] = json.loads((FOLDER / "deviations.json").read_text("ascii"))["cases"]
INDEXED = [case for case in CASES if case["idx"] and not case["index"]["fault"]]
FAULTY = [case for case in CASES if case["idx"] and case["index"]["fault"]]
UNPACKED = [case for case in CASES if case["unpacked"]]
KEY_TYPES = {"int": int, "str": str}

# The class of the error and what its text says.
ERRORS: dict[str, tuple[type[RecordIOError], str]] = {
    "bad-magic": (CorruptRecordError, "bad magic"),
    "unknown-flag": (CorruptRecordError, "unknown continue flag"),
    "continuation-without-first": (CorruptRecordError, "no record begins here"),
    "record-without-last": (CorruptRecordError, "split record breaks off"),
    "record-too-long": (CorruptRecordError, "record too long"),
    "truncated-header": (TruncatedRecordError, "inside the fragment header"),
    "truncated-payload": (TruncatedRecordError, "inside the payload"),
    "truncated-padding": (TruncatedRecordError, "inside the padding"),
    "truncated-continuation": (TruncatedRecordError, "inside the next fragment"),
    "entry-beyond-end": (IndexMismatchError, "the file ends at byte"),
    "blank": (IndexFormatError, "the line is blank"),
    "missing-tab": (IndexFormatError, "there is no tab"),
    "key-not-integer": (IndexFormatError, "invalid literal for int"),
    "offset-not-integer": (IndexFormatError, "the offset is not"),
    "carriage-return": (IndexFormatError, "a carriage return"),
    "not-utf-8": (IndexFormatError, "not UTF-8"),
    "too-long": (IndexFormatError, "longer than 65536 bytes"),
    "image-header-too-short": (ImageRecordError, "24 bytes"),
    "image-labels-too-short": (ImageRecordError, "its flag promises"),
}


each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
each_indexed = pytest.mark.parametrize("case", INDEXED, ids=lambda case: case["name"])
each_faulty = pytest.mark.parametrize("case", FAULTY, ids=lambda case: case["name"])
each_unpacked = pytest.mark.parametrize("case", UNPACKED, ids=lambda case: case["name"])


def payloads(records: list[dict[str, Any]]) -> list[bytes]:
    return [expand(record["payload"]) for record in records]


def is_error(error: BaseException, expected: dict[str, Any], **facts: object) -> None:
    """Asserts that an error is that of the manifest: its class, its words, its facts."""
    kind, words = ERRORS[expected["kind"]]
    assert type(error) is kind
    assert words in str(error)
    check_error(error, **facts)


def read_to_the_end(reader: Any) -> tuple[list[bytes], RecordIOError | None]:  # noqa: ANN401
    found: list[bytes] = []
    try:
        for record in reader:
            found.append(record)  # `extend` would ask for the length first
    except RecordIOError as error:
        return found, error
    return found, None


@each_case
def test_the_files_are_those_of_the_manifest(case: Case) -> None:
    for ending in ("rec", "idx"):
        if case[ending]:
            data = (FOLDER / case[ending]).read_bytes()
            assert hashlib.sha256(data).hexdigest() == case[f"{ending}_sha256"]


def test_the_generator_writes_the_same_again(tmp_path: Path) -> None:
    shutil.copy(FOLDER / "deviations.json", tmp_path)  # what MXNet made of them
    write_deviations(tmp_path)
    before, again = ({path.name: path for path in each.iterdir()} for each in (FOLDER, tmp_path))
    assert before.keys() == again.keys()
    for name, path in before.items():
        assert path.read_bytes() == again[name].read_bytes(), name


@each_case
def test_the_slow_decoder_comes_to_what_the_manifest_says(case: Case) -> None:
    file = (FOLDER / case["rec"]).read_bytes()
    records, error = slow_decoder.strict(file)
    assert [record.payload for record in records] == payloads(case["strict"]["records"])
    assert (error and error._asdict()) == case["strict"]["error"]
    idx = (FOLDER / case["idx"]).read_bytes() if case["idx"] else b""
    entries, _ = slow_index.parse(idx, case["key_type"] or "int")
    records, regions = slow_decoder.lenient(file, {entry.offset for entry in entries})
    assert [record.payload for record in records] == payloads(case["lenient"]["records"])
    assert [list(region[:3]) for region in regions] == [
        list(region.values()) for region in case["lenient"]["skipped"]
    ]


@each_case
def test_a_strict_reader_reads_up_to_the_first_fault(case: Case) -> None:
    rec, expected = FOLDER / case["rec"], case["strict"]
    with Reader(rec, index=False) as reader, MXRecordIO(rec, "r") as mxnets:
        for way in (reader, mxnets):
            found, error = read_to_the_end(way)
            assert found == payloads(expected["records"])
            if expected["error"] is None:
                assert error is None
                continue
            assert error
            facts = {name: expected["error"][name] for name in ("offset", "ordinal")}
            is_error(error, expected["error"], path=str(rec), **facts)


@each_case
def test_offsets_are_found_up_to_the_first_fault(case: Case) -> None:
    expected = case["strict"]
    with Reader(FOLDER / case["rec"], index=False) as reader:
        if expected["error"]:
            with pytest.raises(RecordIOError) as caught:
                len(reader)
            is_error(caught.value, expected["error"], offset=expected["error"]["offset"])
        else:
            offsets = [record["offset"] for record in expected["records"]]
            assert reader.offsets.tolist() == offsets
            assert [reader[ordinal] for ordinal in range(len(offsets))] == list(reader)


@each_indexed
def test_each_entry_gives_its_record_or_its_error(case: Case) -> None:
    key_type, entries = KEY_TYPES[case["key_type"]], case["index"]["entries"]
    files = FOLDER / case["idx"], FOLDER / case["rec"]
    with (
        Reader(files[1], files[0], key_type=key_type) as reader,
        MXIndexedRecordIO(*files, "r", key_type=key_type) as mxnets,
    ):
        keys = [key_type(entry["key"]) for entry in entries]
        assert list(reader.keys) == mxnets.keys == keys
        assert reader.offsets.tolist() == [entry["offset"] for entry in entries]
        for ordinal, (key, entry) in enumerate(zip(keys, entries, strict=True)):
            check_entry(entry, partial(reader.__getitem__, ordinal), ordinal=ordinal)
            if key not in keys[ordinal + 1 :]:  # the last entry of a key counts
                check_entry(entry, partial(mxnets.read_idx, key), key=key)


def check_entry(entry: dict[str, Any], read: Callable[[], object], **facts: object) -> None:
    """Asserts that reading an entry gives its record, or its error with these facts."""
    if "error" not in entry:
        assert read() == expand(entry["payload"])
        return
    with pytest.raises(RecordIOError) as caught:
        read()
    is_error(caught.value, entry["error"], offset=entry["error"]["offset"], **facts)


@each_faulty
def test_a_faulty_line_is_found_when_the_index_is_opened(case: Case) -> None:
    key_type, fault = KEY_TYPES[case["key_type"]], case["index"]["fault"]
    idx, rec = FOLDER / case["idx"], FOLDER / case["rec"]
    for use in (
        lambda: len(Reader(rec, idx, key_type=key_type)),
        lambda: MXIndexedRecordIO(idx, rec, "r", key_type=key_type),
    ):
        with pytest.raises(IndexFormatError) as caught:
            use()
        is_error(caught.value, fault, path=str(idx), ordinal=fault["line"] - 1)


@each_unpacked
def test_records_that_are_no_image_records_are_refused(case: Case) -> None:
    for record, kind in zip(payloads(case["strict"]["records"]), case["unpacked"], strict=True):
        if kind is None:
            unpack(record)
            continue
        with pytest.raises(ImageRecordError) as caught:
            unpack(record)
        assert re.search(ERRORS[kind][1], str(caught.value))


@each_case
def test_a_lenient_reader_gives_the_intact_records_and_tells_the_rest(case: Case) -> None:
    regions: list[Any] = []
    options: dict[str, Any] = {"errors": regions.append}
    expected, told = payloads(case["lenient"]["records"]), list(case["lenient"]["skipped"])
    if case in INDEXED:
        options |= {"index": FOLDER / case["idx"], "key_type": KEY_TYPES[case["key_type"]]}
        index, entries = case["index"], case["index"]["entries"]
        at = {each["offset"]: expand(each["payload"]) for each in case["lenient"]["records"]}
        expected = [at[entries[ordinal]["offset"]] for ordinal in index["kept"]]
        for offset in [entries[ordinal]["offset"] for ordinal in index["wrong"]]:
            told.append({"begin": offset, "end": offset, "kind": "entry-points-wrong"})
        for offset in sorted(at.keys() - {entry["offset"] for entry in entries})[:1]:
            told.append({"begin": offset, "end": offset, "kind": "record-not-listed"})
    else:
        options["index"] = False
    with Reader(FOLDER / case["rec"], **options) as reader:
        assert list(reader) == expected
    names = ("begin", "end", "kind")
    assert [{name: getattr(region, name) for name in names} for region in regions] == told


@each_faulty
def test_a_lenient_reader_refuses_a_faulty_index(case: Case) -> None:
    options: dict[str, Any] = {"errors": "skip", "key_type": KEY_TYPES[case["key_type"]]}
    with pytest.raises(IndexFormatError):
        len(Reader(FOLDER / case["rec"], FOLDER / case["idx"], **options))


@pytest.mark.differential
def test_mxnet_makes_of_the_files_what_the_manifest_says(tmp_path: Path) -> None:
    if not interpreter().exists():
        reason = f"no MXNet: {interpreter()} is missing ({VARIABLE} can name another)"
        if os.environ.get("RECORDIO_REQUIRE_ORACLE") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    program = FOLDER.parent / "generate_deviations.py"
    subprocess.run([interpreter(), program, tmp_path], check=True, stdout=subprocess.DEVNULL)
    again = (tmp_path / "deviations.json").read_text("ascii")
    assert json.loads(again) == json.loads((FOLDER / "deviations.json").read_text("ascii"))


def test_the_decoder_in_the_document_is_the_strict_one() -> None:
    namespace: dict[str, Any] = {}
    for cell in cells_of(FORMAT):
        run_cell(cell.source, namespace)
    for rec in [*FOLDER.glob("*.rec"), *FOLDER.parent.glob("*.rec")]:
        file = rec.read_bytes()
        found: list[tuple[int, bytes]] = []
        error = None
        try:
            for record in namespace["decode"](file):
                found.append(record)
        except ValueError as fault:
            error = fault.args
        records, expected = slow_decoder.strict(file)
        assert found == [(record.offset, record.payload) for record in records], rec.name
        assert error == expected, rec.name
        if not error and rec.parent != FOLDER:
            assert b"".join(namespace["encode"](payload) for _, payload in found) == file


def test_every_row_of_the_tables_has_a_vector_and_every_vector_a_row() -> None:
    text = FORMAT.read_text(encoding="utf-8")
    tables = re.findall(r"^\| id \|.*\n\|[ -|]*\n((?:\|.*\n)+)", text, re.MULTILINE)
    rows = [row.split("|")[1].strip(" `") for table in tables for row in table.splitlines()]
    assert len(rows) == len(set(rows))
    assert sorted(rows) == sorted({case["deviation"] for case in CASES})


def test_every_kind_of_error_has_a_vector() -> None:
    told = {case["strict"]["error"]["kind"] for case in CASES if case["strict"]["error"]}
    told |= {region["kind"] for case in CASES for region in case["lenient"]["skipped"]}
    told |= {case["index"]["fault"]["kind"] for case in FAULTY}
    told |= {
        each["error"]["kind"]
        for case in INDEXED
        for each in case["index"]["entries"]
        if "error" in each
    }
    told |= {kind for case in UNPACKED for kind in case["unpacked"] if kind}
    assert told == {*ERRORS, "swallows-record", "record-goes-on", "cut-short", "overwritten"}
