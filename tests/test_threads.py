"""Threads that share readers and writers: every record is checked."""

from __future__ import annotations

import pickle
import random
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path

from recordio_rs import MXIndexedRecordIO, MXRecordIO, Reader, Writer
from recordio_rs.exceptions import ClosedError
from reference import MAGIC, decode, write_files

THREADS = 4


def record(number: int) -> bytes:
    """Gives a record that tells its number, long, short or split."""
    tail = (MAGIC * 3, b"", b"long" * 4000)[number % 3]
    return b"%08d" % number + tail + b"end %d" % number


RECORDS = [record(number) for number in range(600)]


def in_threads(work: Callable[[int], object]) -> None:
    """Calls a function in several threads at once, with a number each; raises what one raises."""
    barrier = threading.Barrier(THREADS)

    def run(number: int) -> None:
        barrier.wait()
        work(number)

    with ThreadPoolExecutor(THREADS) as pool:
        for done in [pool.submit(run, number) for number in range(THREADS)]:
            done.result()


def shuffled(seed: int) -> list[int]:
    """Gives the numbers of all records in some order."""
    numbers = list(range(len(RECORDS)))
    random.Random(seed).shuffle(numbers)
    return numbers


def checks(read: Callable[[int], bytes | None]) -> Callable[[int], None]:
    """Gives what asserts that `read` gives the record with a number."""

    def work(number: int) -> None:
        assert read(number) == RECORDS[number]

    return work


def collects(records: Iterable[bytes]) -> list[bytes]:
    """Takes what several threads get from one iterable."""
    found: list[list[bytes]] = [[] for _ in range(THREADS)]
    in_threads(lambda number: found[number].extend(records))
    return [record for each in found for record in each]


def test_read_idx_gives_each_thread_the_record_that_it_asked_for(rec: Path, idx: Path) -> None:
    write_files(rec, RECORDS, range(len(RECORDS)))
    reader = MXIndexedRecordIO(idx, rec, "r")

    def work(seed: int) -> None:
        for number in shuffled(seed) * 3:
            assert reader.read_idx(number) == RECORDS[number]

    in_threads(work)
    reader.idx[0] = 0  # from here on keys are looked up in `idx`
    in_threads(work)


def test_threads_that_read_in_sequence_get_every_record_once(rec: Path) -> None:
    write_files(rec, RECORDS)
    reader = MXRecordIO(rec, "r")
    assert sorted(collects(reader)) == sorted(RECORDS)


def test_a_closed_reader_is_opened_for_all_threads_that_come_at_once(rec: Path, idx: Path) -> None:
    write_files(rec, RECORDS, range(len(RECORDS)))
    reader = MXIndexedRecordIO(idx, rec, "r")

    def work(number: int) -> None:
        for other in range(number, 100 + number):
            assert reader.read_idx(other) == RECORDS[other]

    for _ in range(50):
        reader.close()
        in_threads(work)


def test_a_reader_that_came_closed_is_opened_for_all_threads_that_come_at_once(
    rec: Path, idx: Path
) -> None:
    write_files(rec, RECORDS, range(len(RECORDS)))
    reader = MXIndexedRecordIO(idx, rec, "r")
    reader.close()
    pickled = pickle.dumps(reader)
    for _ in range(100):
        twin = pickle.loads(pickled)
        in_threads(checks(twin.read_idx))
        assert len(twin.idx) == len(RECORDS)


def test_a_reader_is_indexed_sliced_searched_and_iterated_at_once(rec: Path) -> None:
    write_files(rec, RECORDS, range(len(RECORDS)))
    with Reader(rec) as reader:

        def work(seed: int) -> None:
            for number in shuffled(seed):
                assert reader[number] == reader.get(number) == RECORDS[number]
            assert list(reader[seed::7]) == RECORDS[seed::7]
            assert list(reader) == RECORDS

        in_threads(work)


def test_a_reader_without_an_index_is_scanned_by_whichever_thread_comes_first(rec: Path) -> None:
    write_files(rec, RECORDS)
    for _ in range(20):
        with Reader(rec) as reader:
            in_threads(checks(reader.__getitem__))


def test_threads_that_share_one_iterator_get_every_record_once(rec: Path) -> None:
    write_files(rec, RECORDS, range(len(RECORDS)))
    with Reader(rec) as reader:
        for iterator in (iter(reader), iter(reader[::-1])):
            assert sorted(collects(iterator)) == sorted(RECORDS)


def test_threads_write_each_record_whole_and_once_with_its_own_entry(rec: Path, idx: Path) -> None:
    with Writer(rec) as writer:

        def work(thread: int) -> None:
            for number in range(thread, len(RECORDS), THREADS):
                offset = writer.write(RECORDS[number], key=number)
                offsets[number] = offset

        offsets: dict[int, int] = {}
        in_threads(work)
    stored = dict(decode(rec.read_bytes()))
    assert sorted(stored.values()) == sorted(RECORDS)
    lines = sorted(idx.read_text().splitlines())
    assert lines == sorted(f"{number}\t{offset}" for number, offset in offsets.items())
    assert {number: stored[offsets[number]] for number in offsets} == dict(enumerate(RECORDS))


def test_the_keys_that_threads_do_not_give_are_the_ordinals(rec: Path, idx: Path) -> None:
    with Writer(rec) as writer:
        in_threads(lambda _: [writer.write(b"x" * size) for size in range(300)])
    offsets = [offset for offset, _ in decode(rec.read_bytes())]
    assert idx.read_text() == "".join(f"{key}\t{offset}\n" for key, offset in enumerate(offsets))
    assert len(offsets) == 300 * THREADS


def test_threads_that_share_mxnets_plain_writer_write_each_record_whole(rec: Path) -> None:
    with MXRecordIO(rec, "w") as writer:

        def work(thread: int) -> None:
            for payload in RECORDS[thread::THREADS]:
                writer.write(payload)

        in_threads(work)
    stored = [payload for _, payload in decode(rec.read_bytes())]
    assert sorted(stored) == sorted(RECORDS)


def test_one_thread_may_close_while_others_use_a_reader(rec: Path) -> None:
    write_files(rec, RECORDS, range(len(RECORDS)))

    def closes_or_reads(reader: Reader, number: int) -> None:
        if number == 0:
            reader.close()
            return
        with suppress(ClosedError):
            for ordinal in shuffled(number):
                assert reader[ordinal] == RECORDS[ordinal]

    for _ in range(20):
        reader = Reader(rec)
        in_threads(partial(closes_or_reads, reader))
        assert reader.closed
