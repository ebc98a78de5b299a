"""Index files that are damaged, or that belong to another `.rec` file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from errors import check_error
from recordio_rs import MXIndexedRecordIO, Reader
from recordio_rs.exceptions import (
    IndexFormatError,
)
from reference import write_files

RECORDS = [b"record_%d" % number for number in range(3)]

Anything: TypeAlias = Any  # a value of the wrong type, too
KeyType: TypeAlias = Callable[[Any], Any]


def check_refused(rec: Path, text: str | bytes, line: int, key_type: KeyType = int) -> None:
    """Asserts that an index is refused, and that the error names the file and the bad line."""
    write_files(rec, RECORDS)
    idx = rec.with_suffix(".idx")
    idx.write_bytes(text.encode() if isinstance(text, str) else text)
    ways: list[Callable[[], object]] = [
        lambda: MXIndexedRecordIO(idx, rec, "r", key_type=key_type),
        lambda: Reader(rec, key_type=key_type),
        lambda: Reader(rec, idx, key_type=key_type),
    ]
    for way in ways:
        with pytest.raises(IndexFormatError) as caught:
            way()
        error = caught.value
        check_error(error, path=str(idx), ordinal=line - 1)
        assert isinstance(error, ValueError)
        assert f"line {line}" in str(error)
        assert error.expected
        assert error.found is not None


@pytest.mark.parametrize("blank", ["", " ", "\t", " \t \t ", "\r"], ids=ascii)
@pytest.mark.parametrize("key_type", [int, str, float])
def test_a_blank_line(rec: Path, blank: str, key_type: KeyType) -> None:
    check_refused(rec, f"0\t0\n{blank}\n1\t16\n", 2, key_type)
    check_refused(rec, f"0\t0\n1\t16\n{blank}\n", 3, key_type)
    check_refused(rec, f"{blank}\n0\t0\n", 1, key_type)


@pytest.mark.parametrize("line", ["1", "1 16", "1,16", "key", "16"])
@pytest.mark.parametrize("key_type", [int, str, float])
def test_a_missing_tab(rec: Path, line: str, key_type: KeyType) -> None:
    check_refused(rec, f"0\t0\n{line}\n2\t32\n", 2, key_type)


@pytest.mark.parametrize("offset", ["", "x", "1.0", "1e3", "0x10", "--1", "1 6", "\ufeff1"])
@pytest.mark.parametrize("key_type", [int, str])
def test_an_offset_that_is_no_integer(rec: Path, offset: str, key_type: KeyType) -> None:
    check_refused(rec, f"0\t0\n1\t{offset}\n", 2, key_type)


@pytest.mark.parametrize("key", ["x", "1.0", "0x10", "--1", "1 2", "\ufeff1", "1e3", "None"])
def test_a_key_that_is_no_integer_where_keys_are(rec: Path, key: str) -> None:
    check_refused(rec, f"0\t0\n{key}\t16\n", 2)


def test_a_key_that_its_type_refuses(rec: Path) -> None:
    check_refused(rec, "0.5\t0\nhalf\t16\n", 2, float)


def test_a_key_with_more_digits_than_python_converts(rec: Path) -> None:
    check_refused(rec, "0\t0\n" + "9" * 5000 + "\t16\n", 2)


@pytest.mark.parametrize("offset", [-1, -16, -(2**63), -(2**70)])
@pytest.mark.parametrize("key_type", [int, str])
def test_a_negative_offset(rec: Path, offset: int, key_type: KeyType) -> None:
    check_refused(rec, f"0\t0\n1\t{offset}\n", 2, key_type)


@pytest.mark.parametrize("digits", [str(2**64), "1" + 30 * "0", "9" * 5000], ids=len)
def test_an_offset_of_more_than_64_bits(rec: Path, digits: str) -> None:
    check_refused(rec, f"0\t0\n1\t{digits}\n", 2)


@pytest.mark.parametrize("key_type", [int, str, float])
def test_duplicate_keys(rec: Path, key_type: KeyType) -> None:
    write_files(rec, RECORDS, [5, 6, 5])
    reader = MXIndexedRecordIO(rec.with_suffix(".idx"), rec, "r", key_type=key_type)
    five, six = key_type("5"), key_type("6")
    assert [reader.read_idx(five), reader.read_idx(six)] == [b"record_2", b"record_1"]
    assert reader.keys == [five, six, five]
    assert Reader(rec, key_type=key_type).get(five) == b"record_2"
    assert list(Reader(rec, key_type=key_type)) == RECORDS


@pytest.mark.parametrize("key_type", [int, str, float])
@pytest.mark.parametrize("line", [b"\xff\xfe0\t0", b"\x80\t0", b"\0\0\0\0", b"\x89PNG"], ids=ascii)
def test_bytes_that_are_no_text(rec: Path, line: bytes, key_type: KeyType) -> None:
    check_refused(rec, b"0\t0\n" + line + b"\n", 2, key_type)


@pytest.mark.parametrize("key_type", [int, str])
def test_a_line_without_an_end(rec: Path, key_type: KeyType) -> None:
    check_refused(rec, b"0\t0\n" + b"7" * 10_000_000, 2, key_type)


def test_an_error_quotes_only_the_beginning_of_a_long_line(rec: Path, idx: Path) -> None:
    write_files(rec, RECORDS)
    idx.write_text("x" * 50_000)
    with pytest.raises(IndexFormatError) as caught:
        Reader(rec)
    assert len(str(caught.value)) < 2000
    assert len(str(caught.value.found)) < 1000
