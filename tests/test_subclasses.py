"""Subclasses, copies and reopening: readers that are more than themselves, or come again."""

from __future__ import annotations

import copy
import os
import pickle
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest

from recordio_rs import MXIndexedRecordIO, MXRecordIO, Reader, Writer
from recordio_rs.exceptions import ClosedError, IndexMismatchError, StorageNotFoundError
from reference import decode, write_files

Anything: TypeAlias = Any  # what no type allows
Again: TypeAlias = Callable[[Any], Any]

RECORDS = [b"record_%d" % number for number in range(5)]


def pickled(value: object) -> Any:  # noqa: ANN401
    """Pickles a value and gives what comes of it."""
    return pickle.loads(pickle.dumps(value))


each_way = pytest.mark.parametrize("again", [pickled, copy.copy, copy.deepcopy])


@pytest.fixture
def five(rec: Path, idx: Path) -> MXIndexedRecordIO:
    """A reader of five records with the keys 10 to 14."""
    write_files(rec, RECORDS, range(10, 15))
    return MXIndexedRecordIO(idx, rec, "r")


class Tagged(Reader):
    """A reader with attributes, with a slot and without."""

    __slots__ = ("__dict__",)

    tag: str


class Arrays(MXRecordIO):
    """Gives arrays; `None` is not in what comparing one with it gives."""

    def read(self) -> Any:  # noqa: ANN401
        record = super().read()
        return None if record is None else np.frombuffer(record, np.uint8)


class IndexedArrays(Arrays, MXIndexedRecordIO):
    """The same by key."""


class OfSteps(MXIndexedRecordIO):
    """A writer that does what it does itself."""

    def write(self, buf: Anything) -> None:
        super().write(buf)

    def tell(self) -> int:
        return super().tell()


@each_way
@pytest.mark.parametrize("touch", ["nothing", "keys", "idx", "both"])
def test_a_copy_of_a_closed_reader_has_its_keys(
    five: MXIndexedRecordIO, again: Again, touch: str
) -> None:
    keys, places = list(range(10, 15)), {10 + number: 16 * number for number in range(5)}
    if touch in ("keys", "both"):
        assert five.keys == keys
    if touch in ("idx", "both"):
        assert five.idx == places
    five.close()
    twin = again(five)
    assert (twin.keys, twin.idx, twin.is_open) == (keys, places, False)
    assert [twin.read_idx(key) for key in twin.keys] == RECORDS
    assert (twin.keys, twin.idx, twin.is_open) == (keys, places, True)
    assert (five.keys, five.idx, five.is_open) == (keys, places, False)


@each_way
def test_edits_go_along_with_a_copy_of_a_closed_reader(
    five: MXIndexedRecordIO, again: Again
) -> None:
    five.keys.reverse()
    five.idx["another"] = 32
    five.close()
    twin = again(five)
    assert twin.keys == [14, 13, 12, 11, 10]
    assert twin.read_idx("another") == b"record_2"
    assert twin.keys == [14, 13, 12, 11, 10]


@each_way
@pytest.mark.parametrize("closed", [False, True])
def test_a_copy_has_keys_and_idx_of_its_own(
    five: MXIndexedRecordIO, again: Again, closed: bool
) -> None:
    assert (len(five.keys), len(five.idx)) == (5, 5)
    if closed:
        five.close()
    twin = again(five)
    twin.keys.append(99)
    twin.idx[99] = 0
    assert (len(five.keys), len(five.idx)) == (5, 5)
    assert five.keys == list(range(10, 15))
    five.keys.clear()
    five.idx.clear()
    assert (len(twin.keys), len(twin.idx)) == (6, 6)


@pytest.mark.parametrize("closed", [False, True])
def test_a_changed_index_counts_more_than_what_was_pickled(
    five: MXIndexedRecordIO, rec: Path, closed: bool
) -> None:
    five.keys.reverse()
    five.idx["another"] = 32
    if closed:
        five.close()
    pickle_of_it = pickle.dumps(five)
    write_files(rec, [b"one", b"two"], [1000, 2000])
    twin = pickle.loads(pickle_of_it)
    assert [twin.read_idx(1000), twin.read_idx(2000)] == [b"one", b"two"]
    assert (twin.keys, twin.idx) == ([1000, 2000], {1000: 0, 2000: 12})


@pytest.mark.parametrize("index", [None, False])
def test_a_stale_slice_is_refused_when_it_arrives(rec: Path, index: Anything) -> None:
    write_files(rec, RECORDS, range(5))
    pickles = [pickle.dumps(Reader(rec, index)[part]) for part in (slice(2, 5), slice(4, 0, -1))]
    fits = pickle.dumps(Reader(rec, index)[:2])
    write_files(rec, RECORDS[:3], range(3))
    for stale in pickles:
        with pytest.raises(IndexMismatchError):
            pickle.loads(stale)
    assert list(pickle.loads(fits)) == RECORDS[:2]


@pytest.mark.parametrize("use", [lambda reader: reader[1:4], pickled, copy.copy, copy.deepcopy])
def test_attributes_of_a_subclass_go_along(rec: Path, use: Again) -> None:
    write_files(rec, RECORDS, range(5))
    reader = Tagged(rec)
    reader.tag = "mine"
    twin = use(reader)
    assert type(twin) is Tagged
    assert twin.tag == "mine"
    assert twin[1] in RECORDS
    twin.tag = "its own"
    assert reader.tag == "mine"
    assert pickled(use(reader)[1:]).tag == "mine"


@each_way
def test_a_closed_native_reader_arrives_closed(rec: Path, again: Again) -> None:
    write_files(rec, RECORDS, range(5))
    reader = Reader(rec)
    part = reader[1:3]
    reader.close()
    for twin in (again(reader), again(part)):
        assert twin.closed
        with pytest.raises(ClosedError):
            twin[0]


def test_readers_and_writers_have_weak_references(rec: Path) -> None:
    with Writer(rec) as writer:
        assert weakref.ref(writer)() is writer
    with Reader(rec) as reader:
        assert weakref.ref(reader)() is reader
        assert weakref.ref(part := reader[:0])() is part


def test_a_loop_goes_through_whatever_read_gives(rec: Path, idx: Path) -> None:
    records = [b"abc", b"", b"\0", b"de"]
    write_files(rec, records, range(4))
    for reader in (Arrays(rec, "r"), IndexedArrays(idx, rec, "r")):
        found = list(reader)
        assert all(isinstance(record, np.ndarray) for record in found)
        assert [bytes(record) for record in found] == records
    array: Anything = IndexedArrays(idx, rec, "r").read_idx(3)
    assert array.tobytes() == b"de"


@pytest.mark.parametrize("kind", [MXIndexedRecordIO, OfSteps])
def test_a_key_that_is_not_hashable_writes_nothing(
    rec: Path, idx: Path, kind: type[MXIndexedRecordIO]
) -> None:
    listed: Anything = lambda key: [key] if key == 2 else key  # noqa: E731
    with kind(idx, rec, "w", listed) as writer:
        writer.write_idx(1, b"one")
        with pytest.raises(TypeError, match="unhashable"):
            writer.write_idx(2, b"no")
        writer.write_idx(3, b"three")
        assert (writer.keys, writer.idx) == ([1, 3], {1: 0, 3: 12})
    assert decode(rec.read_bytes()) == [(0, b"one"), (12, b"three")]
    assert idx.read_text() == "1\t0\n3\t12\n"


@pytest.mark.parametrize("method", ["open", "reset"])
@pytest.mark.parametrize("gone", ["a.idx", "a.rec"])
def test_opening_that_fails_leaves_the_reader_closed_until_it_is_asked_again(
    five: MXIndexedRecordIO, method: str, gone: str, tmp_path: Path
) -> None:
    assert five.read_idx(11) == b"record_1"
    os.rename(tmp_path / gone, tmp_path / "away")
    for _ in range(2):
        with pytest.raises(StorageNotFoundError):
            getattr(five, method)()
        assert (five.is_open, five.pid) == (False, None)
        with pytest.raises(ClosedError):
            five.read()
        with pytest.raises(StorageNotFoundError):
            five.read_idx(12)
    os.rename(tmp_path / "away", tmp_path / gone)
    assert five.read_idx(12) == b"record_2"
    assert five.is_open
    assert five.read() == b"record_3"


@pytest.mark.parametrize("kind", [MXIndexedRecordIO, OfSteps])
def test_the_index_reaches_the_disk_as_it_grows(
    rec: Path, idx: Path, kind: type[MXIndexedRecordIO]
) -> None:
    with kind(idx, rec, "w") as writer:
        for key in range(100_000):
            writer.write_idx(key, b"x")
        early = idx.read_bytes()
        assert len(early) > 500_000
    assert idx.read_bytes().startswith(early)
    assert len(idx.read_bytes().splitlines()) == 100_000
