"""`recordio_rs.Reader`: a file of records as a sequence."""

from __future__ import annotations

import copy
import os
import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest

from recordio_rs import MXNetError, Reader
from recordio_rs.exceptions import ClosedError, CorruptRecordError, IndexFormatError
from reference import MAGIC, write_files

Anything: TypeAlias = Any  # a value of the wrong type, too

RECORDS = [b"zero", b"", MAGIC * 2, b"three", b"four", b"zero", b"six"]
KEYS = [10, 20, 30, 40, 50, 60, 70]


@pytest.fixture(params=["index", "scan"])
def reader(rec: Path, request: pytest.FixtureRequest) -> Reader:
    """A reader of `RECORDS`, once with an index and once without."""
    write_files(rec, RECORDS, KEYS if request.param == "index" else None)
    return Reader(rec)


def test_it_is_a_sequence_of_the_records(reader: Reader) -> None:
    assert isinstance(reader, Sequence)
    assert len(reader) == len(RECORDS)
    assert list(reader) == RECORDS
    assert [reader[ordinal] for ordinal in range(7)] == RECORDS
    assert [reader[ordinal] for ordinal in range(-7, 0)] == RECORDS
    assert reader[np.int64(3)] == b"three"
    assert reader[True] == b""


@pytest.mark.parametrize("ordinal", [7, -8, 2**63, -(2**70)])
def test_an_ordinal_out_of_range_is_an_index_error(reader: Reader, ordinal: int) -> None:
    with pytest.raises(IndexError, match=f"{ordinal}.*7 records"):
        reader[ordinal]


@pytest.mark.parametrize("item", ["0", 0.0, None, (0,)], ids=repr)
def test_what_is_neither_ordinal_nor_slice_is_a_type_error(reader: Reader, item: Anything) -> None:
    with pytest.raises(TypeError):
        reader[item]


@pytest.mark.parametrize(
    "part",
    [
        slice(None),
        slice(2, 5),
        slice(None, None, -1),
        slice(None, None, 2),
        slice(-2, None),
        slice(5, 1, -2),
        slice(6, None, -3),
        slice(3, 3),
        slice(5, 2),
        slice(100, 200),
        slice(-100, 100, 3),
        slice(1, None, 100),
    ],
    ids=str,
)
def test_a_slice_is_a_reader_of_the_same_records_as_that_of_a_list(
    reader: Reader, part: slice
) -> None:
    expected = RECORDS[part]
    shown = reader[part]
    assert isinstance(shown, Reader)
    assert len(shown) == len(expected)
    assert list(shown) == expected
    assert [shown[ordinal] for ordinal in range(len(expected))] == expected
    assert [shown[ordinal] for ordinal in range(-len(expected), 0)] == expected
    assert list(reversed(shown)) == expected[::-1]
    assert list(shown.keys) == list(reader.keys)[part]
    assert shown.offsets.tolist() == reader.offsets.tolist()[part]
    for outer in (slice(None, None, -1), slice(1, -1), slice(None, None, 2)):
        assert list(shown[outer]) == expected[outer]
    for missing in (len(expected), -len(expected) - 1):
        with pytest.raises(IndexError):
            shown[missing]


def test_a_slice_by_zero_is_a_value_error(reader: Reader) -> None:
    with pytest.raises(ValueError, match="zero"):
        reader[::0]


def test_slices_of_slices_are_those_of_lists(reader: Reader) -> None:
    assert list(reader[1:][1:][1:-1]) == RECORDS[3:-1]
    assert list(reader[::-1][::2][1:]) == RECORDS[::-1][::2][1:]
    assert list(reader[::-1][::-1]) == RECORDS
    assert reader[::-1][::3][-1] == RECORDS[::-1][::3][-1]


def test_searching_is_that_of_a_list(reader: Reader) -> None:
    assert b"three" in reader
    assert b"five" not in reader
    assert b"three" not in reader[4:]
    assert reader.index(b"zero") == 0
    assert reader.index(b"zero", 1) == 5
    assert reader.count(b"zero") == 2
    assert reader[1:].index(b"zero") == 4
    with pytest.raises(ValueError):  # noqa: PT011
        reader.index(b"five")


def test_reversed_gives_the_records_from_the_end(reader: Reader) -> None:
    assert list(reversed(reader)) == RECORDS[::-1]


def test_each_iteration_has_a_position_of_its_own(reader: Reader) -> None:
    first, second = iter(reader), iter(reader)
    assert [next(first), next(first), next(second)] == [b"zero", b"", b"zero"]
    assert reader[4] == b"four"
    assert [next(first), next(second)] == [MAGIC * 2, b""]
    assert list(first) == RECORDS[3:]
    assert list(first) == []
    assert list(second) == RECORDS[2:]


def test_an_iteration_of_a_closed_reader_is_refused(reader: Reader) -> None:
    reader.close()
    with pytest.raises(ClosedError):
        iter(reader)


def test_a_reader_of_no_records_is_empty(rec: Path) -> None:
    rec.touch()
    for reader in (Reader(rec), Reader(rec, index=False)):
        with reader:
            assert (len(reader), list(reader), list(reader.keys)) == (0, [], [])
            assert reader.offsets.tolist() == []
            assert not reader
            assert list(reader[::-1]) == []
            with pytest.raises(IndexError):
                reader[0]
            with pytest.raises(KeyError):
                reader.get(0)


def test_the_index_beside_the_file_is_taken_if_there_is_one(rec: Path, idx: Path) -> None:
    offsets = write_files(rec, RECORDS, KEYS)
    reader = Reader(rec)
    assert (reader.path, reader.index_path) == (str(rec), str(idx))
    assert list(reader.keys) == KEYS
    assert reader.offsets.tolist() == offsets


def test_without_an_index_the_ordinals_are_the_keys(rec: Path) -> None:
    offsets = write_files(rec, RECORDS)
    reader = Reader(rec)
    assert reader.index_path is None
    assert list(reader.keys) == list(range(7))
    assert reader.offsets.tolist() == offsets
    assert reader.get(3) == b"three"


def test_an_index_that_is_false_is_not_looked_for(rec: Path, idx: Path) -> None:
    write_files(rec, RECORDS)
    idx.write_text("this is no index")
    reader = Reader(rec, index=False)
    assert reader.index_path is None
    assert list(reader.keys) == list(range(7))
    with pytest.raises(IndexFormatError):
        Reader(rec)


def test_an_index_that_is_given_is_taken(rec: Path, tmp_path: Path) -> None:
    offsets = write_files(rec, RECORDS, KEYS)
    other = tmp_path / "other.txt"
    other.write_text(f"1\t{offsets[6]}\n2\t{offsets[3]}\n")
    paths: list[Anything] = [other, str(other), os.fsencode(other), f"file://{other.as_posix()}"]
    for path in paths:
        with Reader(rec, path) as reader:
            assert list(reader) == [b"six", b"three"]
            assert reader.index_path == str(other)
            assert [reader.get(1), reader.get(2)] == [b"six", b"three"]


def test_an_index_that_is_given_has_to_be_there(rec: Path, tmp_path: Path) -> None:
    write_files(rec, RECORDS)
    with pytest.raises(FileNotFoundError) as caught:
        Reader(rec, tmp_path / "missing.idx")
    assert isinstance(caught.value, MXNetError)
    assert caught.value.filename == str(tmp_path / "missing.idx")


def test_the_order_of_the_index_is_the_order_of_the_records(rec: Path, idx: Path) -> None:
    offsets = write_files(rec, RECORDS)
    order = [3, 0, 6, 6, 2, 1]
    idx.write_text("".join(f"{key}\t{offsets[key]}\n" for key in order))
    reader = Reader(rec)
    expected = [RECORDS[key] for key in order]
    assert list(reader) == expected == [reader[ordinal] for ordinal in range(6)]
    assert list(reader[::-1]) == expected[::-1]
    assert list(reader.keys) == order


def test_iterating_without_an_index_reads_what_is_there_and_does_not_scan(rec: Path) -> None:
    write_files(rec, [b"good", b"also good"])
    with rec.open("ab") as file:
        file.write(b"rubbish!")
    iterator = iter(Reader(rec))
    assert [next(iterator), next(iterator)] == [b"good", b"also good"]
    with pytest.raises(CorruptRecordError) as caught:
        next(iterator)
    assert (caught.value.offset, caught.value.ordinal) == (32, 2)
    assert list(iterator) == []
    with pytest.raises(CorruptRecordError) as caught:
        len(Reader(rec))
    assert (caught.value.offset, caught.value.ordinal) == (32, 2)


def test_a_file_whose_path_ends_in_idx_is_not_its_own_index(idx: Path) -> None:
    write_files(idx, RECORDS)
    assert list(Reader(idx)) == RECORDS


def test_closing_a_reader_closes_its_slices_too(reader: Reader) -> None:
    half = reader[::2]
    assert half[0] == b"zero"
    reader.close()
    reader.close()
    assert reader.closed
    assert half.closed
    uses: list[Anything] = [lambda: reader[0], lambda: half[0], lambda: half[1:][0]]
    for use in uses:
        with pytest.raises(ClosedError) as caught:
            use()
        assert caught.value.path == reader.path
        assert isinstance(caught.value, ValueError)


def test_with_closes_the_reader(rec: Path) -> None:
    write_files(rec, RECORDS)
    with Reader(rec) as reader:
        assert not reader.closed
    assert reader.closed


def again_by_pickle(reader: Reader) -> Reader:
    """Pickles a reader and gives what comes of it."""
    found = pickle.loads(pickle.dumps(reader))
    assert isinstance(found, Reader)
    return found


@pytest.mark.parametrize("again", [again_by_pickle, copy.copy, copy.deepcopy])
def test_readers_and_slices_can_be_pickled_and_copied(reader: Reader, again: Anything) -> None:
    started = iter(reader)
    next(started)
    for part in (reader, reader[::-2], reader[2:5][1:], reader[3:3]):
        twin = again(part)
        assert list(twin) == list(part)
        assert list(twin.keys) == list(part.keys)
        assert (twin.path, twin.index_path) == (reader.path, reader.index_path)
        twin.close()
        assert not reader.closed
    assert next(started) == b""


def test_repr_tells_file_part_and_state(reader: Reader) -> None:
    assert repr(reader) == f"<Reader {reader.path!r}>"
    assert "range(0, 2)" in repr(reader[:2])
    reader.close()
    assert repr(reader) == f"<Reader {reader.path!r} closed>"
