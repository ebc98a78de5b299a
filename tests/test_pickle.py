"""Pickling and copying readers and writers, and pools of processes that share a reader."""

from __future__ import annotations

import copy
import multiprocessing
import os
import pickle
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from recordio_rs.exceptions import CannotPickleError
from recordio_rs.recordio import MXIndexedRecordIO, MXRecordIO
from reference import MAGIC, decode, write_files

Again: TypeAlias = Callable[[Any], Any]

RECORDS = [b"record_%d" % number for number in range(5)]


def pickled(value: object) -> Any:  # noqa: ANN401
    """Pickles a value and gives what comes of it."""
    return pickle.loads(pickle.dumps(value))


each_way = pytest.mark.parametrize("again", [pickled, copy.copy, copy.deepcopy])


@each_way
def test_a_copy_of_a_reader_starts_anew_and_the_original_reads_on(rec: Path, again: Again) -> None:
    write_files(rec, RECORDS)
    reader = MXRecordIO(rec, "r")
    reader.read()
    twin = again(reader)
    assert (twin.is_open, twin.pid, twin.flag, twin.writable) == (True, os.getpid(), "r", False)
    assert (twin.uri, twin.uri.value) == (str(rec), os.fsencode(rec))
    assert twin.read() == b"record_0"
    assert reader.is_open
    assert reader.read() == b"record_1"
    twin.close()
    assert reader.read() == b"record_2"


@each_way
def test_a_copy_of_an_indexed_reader_reads_every_record(rec: Path, idx: Path, again: Again) -> None:
    write_files(rec, RECORDS, [10**30, -1, 2, 3, 4])
    reader = MXIndexedRecordIO(idx, rec, "r")
    assert reader.read_idx(3) == b"record_3"
    twin = again(reader)
    assert reader.read() == b"record_4"
    assert twin.read() == b"record_0"
    assert twin.keys == [10**30, -1, 2, 3, 4]
    assert [twin.read_idx(key) for key in twin.keys] == RECORDS
    assert twin.idx == reader.idx
    assert twin.fidx is not None
    assert not twin.fidx.closed


@each_way
def test_a_copy_of_a_closed_reader_is_closed(rec: Path, idx: Path, again: Again) -> None:
    write_files(rec, RECORDS, range(5))
    reader = MXIndexedRecordIO(idx, rec, "r")
    reader.close()
    twin = again(reader)
    assert (twin.is_open, twin.pid) == (False, None)
    with pytest.raises(RuntimeError):
        twin.read()
    assert twin.read_idx(1) == b"record_1"
    assert not reader.is_open


@each_way
def test_edits_go_along_with_a_copy(rec: Path, idx: Path, again: Again) -> None:
    write_files(rec, RECORDS, range(5))
    reader = MXIndexedRecordIO(idx, rec, "r")
    reader.keys.reverse()
    reader.idx["another"] = reader.idx[3]
    reader.note = "mine"  # type: ignore[attr-defined]
    twin = again(reader)
    assert twin.keys == [4, 3, 2, 1, 0]
    assert twin.read_idx("another") == b"record_3"
    assert twin.note == "mine"


@each_way
@pytest.mark.parametrize("is_indexed", [False, True])
def test_an_open_writer_is_not_copied_and_comes_to_no_harm(
    rec: Path, idx: Path, again: Again, is_indexed: bool
) -> None:
    writer = MXIndexedRecordIO(idx, rec, "w") if is_indexed else MXRecordIO(rec, "w")
    writer.write(b"before")
    with pytest.raises(CannotPickleError) as caught:
        again(writer)
    assert isinstance(caught.value, TypeError)
    assert caught.value.path == str(rec)
    assert writer.is_open
    writer.write(b"after")
    writer.close()
    assert [payload for _, payload in decode(rec.read_bytes())] == [b"before", b"after"]


@each_way
def test_a_copy_of_a_closed_writer_leaves_the_files_alone(
    rec: Path, idx: Path, again: Again
) -> None:
    writer = MXIndexedRecordIO(idx, rec, "w")
    writer.write_idx(1, b"x")
    writer.close()
    twin = again(writer)
    assert (twin.is_open, twin.writable, twin.keys, twin.idx) == (False, True, [1], {1: 0})
    del twin
    assert decode(rec.read_bytes()) == [(0, b"x")]
    assert idx.read_text() == "1\t0\n"


def test_key_type_goes_along_with_a_pickle(rec: Path, idx: Path) -> None:
    write_files(rec, RECORDS, [0.5, 1.5, 2.5, 3.5, 4.5])
    twin = pickled(MXIndexedRecordIO(idx, rec, "r", key_type=float))
    assert twin.key_type is float
    assert twin.read_idx(2.5) == b"record_2"


def test_a_pickle_holds_no_records_and_only_what_was_looked_at(rec: Path, idx: Path) -> None:
    write_files(rec, [b"x" * 1000] * 1000, range(1000))
    reader = MXIndexedRecordIO(idx, rec, "r")
    assert len(pickle.dumps(reader)) < 1000
    assert pickled(pickled(reader)).read_idx(999) == b"x" * 1000


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_pool_reads_every_record_through_one_reader(rec: Path, idx: Path, method: str) -> None:
    records = [b"%d" % number * 50 + MAGIC * (number % 3) for number in range(400)]
    write_files(rec, records, range(400))
    reader = MXIndexedRecordIO(idx, rec, "r")
    assert reader.read() == records[0]
    context = multiprocessing.get_context(method)
    with ProcessPoolExecutor(2, mp_context=context) as pool:
        assert list(pool.map(reader.read_idx, range(400), chunksize=50)) == records
    assert reader.read() == records[1]
