"""`recordio_rs.Writer`: records to a file, and their index beside it."""

from __future__ import annotations

import copy
import os
import pickle
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest

from recordio_rs import MXIndexedRecordIO, Reader, Writer
from recordio_rs.exceptions import (
    CannotPickleError,
    ClosedError,
    InvalidKeyError,
    RecordTooLargeError,
)
from reference import MAGIC, decode, encode

Anything: TypeAlias = Any  # a value of the wrong type, too

RECORDS = [b"first", b"", MAGIC * 2, b"last"]


def payloads(rec: Path) -> list[bytes]:
    """Gives the records of a file by the reference decoder."""
    return [payload for _, payload in decode(rec.read_bytes())]


def test_it_writes_records_and_an_index_of_ordinals_beside_them(rec: Path, idx: Path) -> None:
    with Writer(rec) as writer:
        assert (writer.path, writer.index_path) == (str(rec), str(idx))
        offsets = [writer.write(record) for record in RECORDS]
    assert rec.read_bytes() == b"".join(encode(record) for record in RECORDS)
    assert offsets == [0, 16, 24, 48]
    assert idx.read_bytes() == b"0\t0\n1\t16\n2\t24\n3\t48\n"
    assert list(Reader(rec)) == RECORDS


@pytest.mark.parametrize(
    ("key", "text"),
    [(7, "7"), (-7, "-7"), (10**30, str(10**30)), ("text", "text"), ("鍵", "鍵"), (0, "0")],
)
def test_a_key_that_is_given_stands_in_the_index(
    rec: Path, idx: Path, key: int | str, text: str
) -> None:
    with Writer(rec) as writer:
        writer.write(b"x", key)
    assert idx.read_text(encoding="utf-8") == f"{text}\t0\n"
    assert Reader(rec, key_type=type(key)).get(key) == b"x"


def test_the_default_key_counts_all_records_also_those_with_keys(rec: Path, idx: Path) -> None:
    with Writer(rec) as writer:
        writer.write(b"a")
        writer.write(b"b", key=100)
        writer.write(b"c", key="text")
        writer.write(b"d")
    assert idx.read_text() == "0\t0\n100\t12\ntext\t24\n3\t36\n"


def test_mxnets_reader_reads_what_it_wrote(rec: Path, idx: Path) -> None:
    with Writer(rec) as writer:
        for number in range(5):
            writer.write(b"record_%d" % number, key=number * 10)
    reader = MXIndexedRecordIO(idx, rec, "r")
    assert reader.keys == [0, 10, 20, 30, 40]
    assert reader.read_idx(30) == b"record_3"


def test_an_index_that_is_false_is_not_written(rec: Path, idx: Path) -> None:
    with Writer(rec, index=False) as writer:
        assert writer.index_path is None
        assert writer.write(b"x") == 0
        for key in (1, 0, "", "text"):
            with pytest.raises(ValueError, match="no index"):
                writer.write(b"y", key=key)
    assert payloads(rec) == [b"x"]
    assert not idx.exists()


def test_paths_of_any_kind_name_the_files(rec: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.txt"
    pairs: list[Anything] = [
        (rec, other),
        (str(rec), str(other)),
        (os.fsencode(rec), os.fsencode(other)),
        (f"file://{rec.as_posix()}", f"file://{other.as_posix()}"),
    ]
    for number, (path, index) in enumerate(pairs):
        with Writer(path, index) as writer:
            assert (writer.path, writer.index_path) == (str(rec), str(other))
            writer.write(b"%d" % number, key=number)
        assert payloads(rec) == [b"%d" % number]
        assert other.read_text() == f"{number}\t0\n"


def test_mode_w_empties_files_that_are_there(rec: Path, idx: Path) -> None:
    rec.write_bytes(b"old" * 100)
    idx.write_text("old\n" * 100)
    Writer(rec, mode="w").close()
    assert (rec.read_bytes(), idx.read_bytes()) == (b"", b"")


def test_mode_x_makes_new_files(rec: Path, idx: Path) -> None:
    with Writer(rec, mode="x") as writer:
        writer.write(b"x")
    assert payloads(rec) == [b"x"]
    assert idx.read_text() == "0\t0\n"


@pytest.mark.parametrize("there", ["a.rec", "a.idx"])
def test_mode_x_refuses_a_file_that_is_there_and_leaves_no_other(
    rec: Path, tmp_path: Path, there: str
) -> None:
    (tmp_path / there).write_bytes(b"precious")
    with pytest.raises(FileExistsError) as caught:
        Writer(rec, mode="x")
    assert caught.value.filename == str(tmp_path / there)
    assert [path.name for path in tmp_path.iterdir()] == [there]
    assert (tmp_path / there).read_bytes() == b"precious"


@pytest.mark.parametrize("mode", ["r", "r+", "ab", "wb", "", None])
def test_another_mode_is_a_value_error_and_the_file_stays(rec: Path, mode: Anything) -> None:
    rec.write_bytes(b"precious")
    with pytest.raises(ValueError, match="mode"):
        Writer(rec, mode=mode)
    assert rec.read_bytes() == b"precious"


def test_an_index_that_cannot_be_made_leaves_the_records_that_are_there(
    rec: Path, tmp_path: Path
) -> None:
    rec.write_bytes(b"precious")
    with pytest.raises(FileNotFoundError) as caught:
        Writer(rec, tmp_path / "missing" / "a.idx")
    assert caught.value.filename == str(tmp_path / "missing" / "a.idx")
    assert rec.read_bytes() == b"precious"


def test_records_and_index_cannot_go_to_one_file(rec: Path, idx: Path) -> None:
    rec.write_bytes(b"precious")
    idx.write_bytes(b"precious")
    same: list[Anything] = [rec, str(rec), f"{rec.parent}/./a.rec", f"file://{rec.as_posix()}"]
    for index in same:
        with pytest.raises(ValueError, match="one file"):
            Writer(rec, index)
    with pytest.raises(ValueError, match="one file"):
        Writer(idx)
    assert (rec.read_bytes(), idx.read_bytes()) == (b"precious", b"precious")


@pytest.mark.parametrize("key", ["", " a", "a\n", "a\tb", "\r"], ids=ascii)
def test_a_key_that_would_not_come_back_is_refused_and_nothing_written(
    rec: Path, idx: Path, key: str
) -> None:
    with Writer(rec) as writer:
        with pytest.raises(InvalidKeyError) as caught:
            writer.write(b"x", key=key)
        assert caught.value.key == key
        assert writer.tell() == 0
        writer.write(b"y")
    assert payloads(rec) == [b"y"]
    assert idx.read_text() == "0\t0\n"


def test_a_payload_that_is_refused_leaves_nothing_and_takes_no_ordinal(
    rec: Path, idx: Path
) -> None:
    nothing: Anything = None
    with Writer(rec) as writer:
        with pytest.raises(TypeError):
            writer.write(nothing)
        with pytest.raises(RecordTooLargeError):
            writer.write(bytes(2**29))
        writer.write("text")
    assert payloads(rec) == [b"text"]
    assert idx.read_text() == "0\t0\n"


def test_any_buffer_is_a_payload(rec: Path) -> None:
    kinds: list[Anything] = [bytearray(b"ab"), memoryview(b"ab"), np.frombuffer(b"ab", np.uint8)]
    with Writer(rec) as writer:
        for kind in kinds:
            writer.write(kind)
    assert payloads(rec) == [b"ab"] * 3


def test_flush_puts_records_and_index_on_disk(rec: Path, idx: Path) -> None:
    writer = Writer(rec)
    writer.write(b"x")
    writer.flush()
    assert payloads(rec) == [b"x"]
    assert idx.read_text() == "0\t0\n"
    writer.write(b"y")
    writer.close()
    assert payloads(rec) == [b"x", b"y"]


def test_tell_is_the_offset_of_the_next_record(rec: Path) -> None:
    with Writer(rec) as writer:
        for record in RECORDS:
            told = writer.tell()
            assert writer.write(record) == told
        assert writer.tell() == 60


def test_use_after_close_is_refused(rec: Path, idx: Path) -> None:
    writer = Writer(rec)
    writer.write(b"x")
    assert not writer.closed
    writer.close()
    writer.close()
    assert writer.closed
    assert repr(writer) == f"<Writer {str(rec)!r} closed>"
    for use in (lambda: writer.write(b"y"), writer.flush, writer.tell):
        with pytest.raises(ClosedError) as caught:
            use()
        assert isinstance(caught.value, ValueError)
        assert caught.value.path == str(rec)
    assert payloads(rec) == [b"x"]
    assert idx.read_text() == "0\t0\n"


def test_a_writer_that_is_deleted_writes_all_it_has(rec: Path, idx: Path) -> None:
    writer = Writer(rec)
    writer.write(b"x")
    del writer
    assert payloads(rec) == [b"x"]
    assert idx.read_text() == "0\t0\n"


def test_with_closes_also_after_an_error_and_keeps_what_was_written(rec: Path) -> None:
    writer = Writer(rec)
    with pytest.raises(ZeroDivisionError), writer:
        assert writer.write(b"x") // 0
    assert writer.closed
    assert payloads(rec) == [b"x"]


@pytest.mark.parametrize("again", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_writer_is_not_pickled_or_copied_and_comes_to_no_harm(rec: Path, again: Anything) -> None:
    with Writer(rec) as writer:
        writer.write(b"before")
        with pytest.raises(CannotPickleError) as caught:
            again(writer)
        assert caught.value.path == str(rec)
        writer.write(b"after")
    assert payloads(rec) == [b"before", b"after"]


def test_an_index_entry_is_never_on_disk_before_its_record(rec: Path, idx: Path) -> None:
    with Writer(rec) as writer:
        for number in range(20_000):
            writer.write(b"%d" % number * 9)
            if number % 500 == 0:
                whole = idx.read_bytes().rpartition(b"\n")[0]
                last = whole.rpartition(b"\t")[2]
                assert not last or int(last) < rec.stat().st_size
    assert len(payloads(rec)) == 20_000
    assert len(idx.read_text().splitlines()) == 20_000
