"""`Writer(mode="a")`: files that it does not write on, and leaves as they are."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from recordio_rs import Writer
from recordio_rs.exceptions import (
    CorruptRecordError,
    IndexFormatError,
    IndexMismatchError,
    MXNetError,
    SameFileError,
    StorageError,
    TruncatedRecordError,
)
from reference import decode, encode, fragment, write_files

RECORDS = [b"first", b"", b"other", b"last"]
TEXT = "0\t0\n1\t16\n2\t24\n3\t40\n"


# What cannot be written on, with what is wrong; nothing of it may change.
BAD_FILES: dict[str, tuple[bytes, str, type[MXNetError]]] = {
    "damage before a record": (
        encode(b"a") + b"damaged." + encode(b"b"), "0\t0\n1\t20\n", CorruptRecordError
    ),
    "a cut record before another": (
        fragment(0, b"abcd", 9999) + encode(b"b"), "", MXNetError
    ),
    "a byte put in": (
        encode(b"first") + encode(b"other")[:9] + b"X" + encode(b"other")[9:] + encode(b"last") * 9,
        "0\t0\n1\t16\n2\t32\n", CorruptRecordError
    ),
    "a byte lost, without an index": (
        encode(b"first") + encode(b"other")[:9] + encode(b"other")[10:] + encode(b"last") * 9, "",
        CorruptRecordError
    ),
    "a wrong bit in the length of a listed record": (
        encode(b"first") + fragment(0, b"x" * 2000, 2000 + (1 << 27)), "0\t0\n1\t16\n",
        TruncatedRecordError
    ),
    "a wrong magic of a listed record": (
        encode(b"first") + b"X" + encode(b"other")[1:], "0\t0\n1\t16\n", CorruptRecordError
    ),
    "no records": (b"precious", "", CorruptRecordError),
    "no index": (encode(b"a"), "precious", IndexFormatError),
    "a bad line": (encode(b"a"), "0\t0\nbad\n", IndexFormatError),
    "another's index": (encode(b"a") * 3, "0\t4\n", IndexMismatchError),
    "another's index, and no records": (b"", "0\t0\n1\t16\n", IndexMismatchError),
    "an index of records behind all": (encode(b"a"), "0\t12\n1\t24\n", IndexMismatchError),
}  # fmt: skip


@pytest.mark.parametrize(("file", "text", "error"), BAD_FILES.values(), ids=BAD_FILES)
def test_files_with_other_faults_are_refused_and_stay_as_they_are(
    rec: Path, idx: Path, file: bytes, text: str, error: type[MXNetError]
) -> None:
    rec.write_bytes(file)
    idx.write_text(text)
    with pytest.raises(error) as caught:
        Writer(rec, mode="a")
    path = getattr(caught.value, "path", None)
    assert path == str(idx if error is IndexFormatError else rec)
    assert (rec.read_bytes(), idx.read_text()) == (file, text)
    with Writer(rec.with_name("b.rec"), mode="a"):
        pass  # nothing is left that would be in the way


def test_records_and_index_in_one_file_are_refused(rec: Path) -> None:
    write_files(rec, RECORDS)
    with pytest.raises(SameFileError):
        Writer(rec, rec, mode="a")
    assert [payload for _, payload in decode(rec.read_bytes())] == RECORDS


def test_an_index_with_entries_is_not_gone_on_with_for_a_pipe_or_a_device(
    rec: Path, idx: Path
) -> None:
    write_files(rec, RECORDS, range(4))
    if not os.path.exists("/dev/null"):
        pytest.skip("needs /dev/null")
    with pytest.raises(StorageError) as caught:
        Writer("/dev/null", idx, mode="a")
    assert (caught.value.errno, caught.value.path) == (errno.ESPIPE, "/dev/null")
    assert idx.read_text() == TEXT


def test_an_index_of_another_file_stays_as_it_is_and_no_records_are_made(tmp_path: Path) -> None:
    write_files(tmp_path / "big.rec", RECORDS, range(4))
    with pytest.raises(IndexMismatchError) as caught:
        Writer(tmp_path / "bgi.rec", tmp_path / "big.idx", mode="a")
    assert caught.value.offset == 0
    assert (tmp_path / "big.idx").read_text() == TEXT
    assert not (tmp_path / "bgi.rec").exists()
