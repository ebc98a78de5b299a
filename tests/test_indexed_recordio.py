"""`MXIndexedRecordIO`: keys to records, and back."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest

from recordio_rs.exceptions import ClosedError, RecordTooLargeError
from recordio_rs.recordio import MXIndexedRecordIO
from reference import MAGIC, decode, write_files

Anything: TypeAlias = Any  # a value of the wrong type, too

RECORDS = [b"record_%d" % number for number in range(5)]


@pytest.fixture
def five(rec: Path, idx: Path) -> MXIndexedRecordIO:
    """A reader of five records with the keys 0 to 4."""
    write_files(rec, RECORDS, range(5))
    return MXIndexedRecordIO(str(idx), str(rec), "r")


def test_255_records_come_back_by_shuffled_keys(rec: Path, idx: Path) -> None:
    writer = MXIndexedRecordIO(str(idx), str(rec), "w")
    for number in range(255):
        writer.write_idx(number, str(number).encode())
    del writer
    reader = MXIndexedRecordIO(str(idx), str(rec), "r")
    keys = reader.keys
    assert sorted(keys) == list(range(255))
    random.Random(5).shuffle(keys)
    assert reader.keys is keys
    assert [reader.read_idx(key) for key in keys] == [str(key).encode() for key in keys]


def test_the_index_has_a_line_of_key_and_offset_for_each_record(rec: Path, idx: Path) -> None:
    writer = MXIndexedRecordIO(idx, rec, "w")
    for key, record in [(7, b"a"), (-3, MAGIC), (10**30, b""), (7, b"again")]:
        assert writer.write_idx(key, record) is None  # type: ignore[func-returns-value]
    assert writer.keys == [7, -3, 10**30, 7]
    assert writer.idx == {7: 36, -3: 12, 10**30: 28}
    writer.close()
    assert idx.read_bytes() == b"7\t0\n-3\t12\n1000000000000000000000000000000\t28\n7\t36\n"
    assert decode(rec.read_bytes()) == [(0, b"a"), (12, MAGIC), (28, b""), (36, b"again")]


def test_of_equal_keys_all_are_listed_and_the_last_is_read(rec: Path, idx: Path) -> None:
    write_files(rec, RECORDS[:3], [1, 2, 1])
    reader = MXIndexedRecordIO(idx, rec, "r")
    assert reader.read_idx(1) == b"record_2"
    assert reader.keys == [1, 2, 1]
    assert reader.idx == {1: 32, 2: 16}
    assert reader.read_idx(1) == b"record_2"


def test_keys_are_in_the_order_of_the_index_and_huge_ones_are_found(rec: Path, idx: Path) -> None:
    keys = [10**30, 5, -(2**63), 2**63 - 1, 2**63, -7, 0]
    write_files(rec, [str(key).encode() for key in keys], keys)
    reader = MXIndexedRecordIO(idx, rec, "r")
    assert [reader.read_idx(key) for key in keys] == [str(key).encode() for key in keys]
    assert reader.keys == keys
    assert list(reader.idx) == keys


def test_the_attributes_are_those_of_mxnet(five: MXIndexedRecordIO, idx: Path) -> None:
    assert five.idx_path == str(idx)
    assert five.key_type is int
    assert type(five.keys) is list
    assert type(five.idx) is dict
    assert five.fidx is not None
    assert (five.fidx.name, five.fidx.mode, five.fidx.closed) == (str(idx), "r", False)
    five.close()
    assert five.fidx.closed


def test_a_key_is_found_as_a_dict_finds_it(five: MXIndexedRecordIO) -> None:
    for look_at_idx in (False, True):
        if look_at_idx:
            assert five.idx  # from here on edits of it count
        keys: list[Any] = [3, 3.0, np.int64(3), np.uint8(3), np.float32(3)]
        assert [five.read_idx(key) for key in keys] == [b"record_3"] * 5
        assert five.read_idx(True) == b"record_1"
        for absent in ("3", 5, -1, 3.5, 2**70, None, b"3", float("nan"), float("inf")):
            with pytest.raises(KeyError) as caught:
                five.read_idx(absent)
            assert caught.value.args == (absent,)
            with pytest.raises(KeyError):
                five.seek(absent)
        unhashable: Any = []
        with pytest.raises(TypeError):
            five.read_idx(unhashable)


def test_read_after_read_idx_goes_on_with_the_next_record(five: MXIndexedRecordIO) -> None:
    assert five.read() == b"record_0"
    assert five.read_idx(3) == b"record_3"
    assert [five.read(), five.read()] == [b"record_4", None]
    assert five.read_idx(1) == b"record_1"
    assert five.read() == b"record_2"


def test_seek_takes_a_key_and_tell_gives_an_offset(five: MXIndexedRecordIO) -> None:
    five.seek(2)
    assert five.tell() == five.idx[2] == 32
    assert [five.read(), five.read()] == [b"record_2", b"record_3"]
    assert five.tell() == five.idx[4]


def test_the_end_does_not_stick(five: MXIndexedRecordIO) -> None:
    assert list(five) == RECORDS
    assert five.read() is None
    assert five.read_idx(0) == b"record_0"
    assert five.read_idx(4) == b"record_4"
    assert five.read() is None
    five.seek(1)
    assert five.read() == b"record_1"


def test_seek_and_read_idx_open_a_closed_reader_and_read_does_not(five: MXIndexedRecordIO) -> None:
    five.close()
    with pytest.raises(ClosedError):
        five.read()
    assert five.read_idx(2) == b"record_2"
    assert five.is_open
    five.close()
    five.seek(1)
    assert five.read() == b"record_1"


def test_a_writer_does_not_read_and_a_reader_does_not_write(
    five: MXIndexedRecordIO, tmp_path: Path
) -> None:
    writer = MXIndexedRecordIO(tmp_path / "w.idx", tmp_path / "w.rec", "w")
    writer.write_idx(0, b"x")
    for refused in (writer.read, lambda: writer.read_idx(0), lambda: writer.seek(0)):
        with pytest.raises(AssertionError):
            refused()
    with pytest.raises(AssertionError):
        five.write_idx(0, b"x")
    with pytest.raises(AssertionError):
        five.write(b"x")
    assert five.keys == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("key", "stored"), [(2.7, 2), ("9", 9), (True, 1), (np.int64(4), 4), (" 5 ", 5)]
)
def test_a_key_is_converted_before_it_is_written(
    rec: Path, idx: Path, key: Anything, stored: int
) -> None:
    with MXIndexedRecordIO(idx, rec, "w") as writer:
        writer.write_idx(key, b"x")
        assert writer.keys == [stored]
    assert idx.read_text() == f"{stored}\t0\n"


@pytest.mark.parametrize(
    ("key", "payload", "error"),
    [("abc", b"x", ValueError), (None, b"x", TypeError), (1, None, TypeError)],
)
def test_a_write_that_is_refused_leaves_neither_record_nor_entry(
    rec: Path, idx: Path, key: Anything, payload: Anything, error: type[Exception]
) -> None:
    with MXIndexedRecordIO(idx, rec, "w") as writer:
        writer.write_idx(0, b"before")
        with pytest.raises(error):
            writer.write_idx(key, payload)
        assert (writer.keys, writer.idx, writer.tell()) == ([0], {0: 0}, 16)
        writer.write_idx(2, b"after")
    assert idx.read_text() == "0\t0\n2\t16\n"
    assert [payload for _, payload in decode(rec.read_bytes())] == [b"before", b"after"]


def test_a_record_that_is_too_large_leaves_no_entry(rec: Path, idx: Path) -> None:
    with MXIndexedRecordIO(idx, rec, "w") as writer:
        with pytest.raises(RecordTooLargeError):
            writer.write_idx(1, bytes(2**29))
        assert (writer.keys, writer.idx) == ([], {})
        writer.write_idx(2, b"small")
    assert idx.read_text() == "2\t0\n"


def test_a_plain_write_makes_a_record_without_an_entry(rec: Path, idx: Path) -> None:
    with MXIndexedRecordIO(idx, rec, "w") as writer:
        writer.write(b"without")
        writer.write_idx(4, b"with")
    assert idx.read_text() == "4\t16\n"
    reader = MXIndexedRecordIO(idx, rec, "r")
    assert reader.keys == [4]
    assert reader.read_idx(4) == b"with"
    reader.reset()
    assert list(reader) == [b"without", b"with"]


def test_reset_of_a_writer_empties_both_files(rec: Path, idx: Path) -> None:
    writer = MXIndexedRecordIO(idx, rec, "w")
    writer.write_idx(1, b"lost")
    writer.reset()
    assert (writer.idx, writer.keys, writer.tell()) == ({}, [], 0)
    writer.write_idx(2, b"kept")
    writer.close()
    assert idx.read_text() == "2\t0\n"
    assert decode(rec.read_bytes()) == [(0, b"kept")]


@pytest.mark.parametrize("end", ["close", "del", "with"])
def test_both_files_are_complete_once_the_writer_is_gone(rec: Path, idx: Path, end: str) -> None:
    writer = MXIndexedRecordIO(idx, rec, "w")
    writer.write_idx(1, b"x")
    if end == "with":
        with writer:
            pass
    elif end == "close":
        writer.close()
    else:
        del writer
    assert idx.read_text() == "1\t0\n"
    assert decode(rec.read_bytes()) == [(0, b"x")]


def test_use_of_a_closed_writer_is_refused(rec: Path, idx: Path) -> None:
    writer = MXIndexedRecordIO(idx, rec, "w")
    writer.close()
    for refused in (lambda: writer.write_idx(1, b"x"), lambda: writer.write(b"x"), writer.tell):
        with pytest.raises(ClosedError) as caught:
            refused()
        assert caught.value.path == str(rec)
    assert (writer.keys, writer.idx) == ([], {})
    assert (rec.read_bytes(), idx.read_bytes()) == (b"", b"")


def test_what_is_written_to_fidx_stands_in_its_place_in_the_index(rec: Path, idx: Path) -> None:
    with MXIndexedRecordIO(idx, rec, "w") as writer:
        writer.write_idx(1, b"one")
        assert writer.fidx is not None
        assert writer.fidx.write("9\t0\n") == 4
        writer.write_idx(2, b"two")
        writer.fidx.flush()
        assert idx.read_text() == "1\t0\n9\t0\n2\t12\n"
    reader = MXIndexedRecordIO(idx, rec, "r")
    assert reader.read_idx(9) == b"one"
    assert reader.fidx is not None
    with pytest.raises(OSError, match="not writable"):
        reader.fidx.write("1\t0\n")


def test_an_empty_index_has_no_keys(rec: Path, idx: Path) -> None:
    write_files(rec, [], [])
    reader = MXIndexedRecordIO(idx, rec, "r")
    assert (reader.keys, reader.idx, reader.read()) == ([], {}, None)


class Shouting(MXIndexedRecordIO):
    """A subclass that changes what is read and written."""

    def read(self) -> bytes | None:
        """Reads in capitals."""
        record = super().read()
        return None if record is None else record.upper()

    def write(self, buf: Anything) -> None:
        """Writes with an exclamation mark."""
        super().write(buf + b"!")


def test_a_subclass_that_changes_read_and_write_is_asked(rec: Path, idx: Path) -> None:
    with Shouting(idx, rec, "w") as writer:
        writer.write_idx(1, b"one")
        writer.write_idx(2, b"two")
    assert idx.read_text() == "1\t0\n2\t12\n"
    assert decode(rec.read_bytes()) == [(0, b"one!"), (12, b"two!")]
    reader = Shouting(idx, rec, "r")
    assert [reader.read_idx(2), reader.read_idx(1), reader.read()] == [b"TWO!", b"ONE!", b"TWO!"]
