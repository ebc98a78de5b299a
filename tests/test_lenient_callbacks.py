"""What a lenient reader's callable may do; lenient readers pickled, forked, and shared."""

from __future__ import annotations

import copy
import gc
import multiprocessing
import pickle
import threading
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from damaged import (
    HIT,
    INTACT,
    INTACT_KEYS,
    KEYS,
    RECORDS,
    Collector,
    listed,
    overwrite,
    write_damaged,
)
from isolated import run_python
from recordio_rs import Reader, SkippedRegion
from recordio_rs.exceptions import ClosedError
from reference import write_files

with_or_without_index = pytest.mark.parametrize("index", [True, False], ids=["index", "scan"])


class Enough(BaseException):
    """Not even an `Exception`."""


def raise_enough(_region: SkippedRegion) -> None:
    """Raises."""
    raise Enough


def test_what_the_callable_raises_comes_out_of_the_iterator_which_can_go_on(rec: Path) -> None:
    write_damaged(rec)
    before = rec.read_bytes()
    records = iter(Reader(rec, errors=raise_enough))
    assert [next(records) for _ in range(HIT)] == INTACT[:HIT]
    with pytest.raises(Enough):
        next(records)
    assert list(records) == INTACT[HIT:]
    assert rec.read_bytes() == before


@with_or_without_index
def test_what_the_callable_raises_comes_out_of_whatever_asked(rec: Path, index: bool) -> None:
    write_damaged(rec, KEYS)
    collector, is_patient = Collector(), False

    def handle(region: SkippedRegion) -> None:
        if not is_patient:
            raise Enough
        collector(region)

    reader = listed(rec, index, handle)
    uses: list[Callable[[], object]] = [
        *(lambda: len(reader), lambda: reader[0], lambda: reader.get(10), lambda: reader[:2]),
        *(lambda: reader.offsets, lambda: reader.keys, lambda: reader.read_batch([0])),
        *(lambda: reader.read_packed([0]), lambda: reader.prefetch([0]), lambda: list(reader)),
    ]
    for use in uses:
        with pytest.raises(Enough):
            use()
    is_patient = True  # nothing of that is left
    assert (len(reader), list(iter(reader))) == (6, INTACT)
    assert len(collector.regions) == 1


@pytest.mark.parametrize("error", [StopIteration, GeneratorExit, IndexError, KeyboardInterrupt])
def test_an_exception_with_a_meaning_of_its_own_comes_through(
    rec: Path, error: type[BaseException]
) -> None:
    write_damaged(rec)

    def handle(_region: SkippedRegion) -> None:
        raise error

    reader = Reader(rec, errors=handle)
    with pytest.raises(error):
        len(reader)
    records = iter(reader)
    for _ in range(HIT):
        next(records)
    with pytest.raises(error):
        next(records)
    assert next(records) == INTACT[HIT]


@with_or_without_index
def test_a_callable_may_close_the_reader(rec: Path, index: bool) -> None:
    write_damaged(rec, KEYS)
    reader = listed(rec, index, lambda _region: reader.close())
    if index:
        with pytest.raises(ClosedError):
            list(reader)
    else:
        assert list(iter(reader)) == INTACT
    assert reader.closed
    with pytest.raises(ClosedError):
        reader[0]


def test_a_callable_may_use_the_reader_and_the_iterator_that_call_it(rec: Path) -> None:
    write_damaged(rec)
    found: list[object] = []

    def handle(region: SkippedRegion) -> None:
        if not found:
            found.append(region.begin)
            found.append(next(records))
            found.append(list(iter(reader)))
            found.append(reader[HIT])

    reader = Reader(rec, errors=handle)
    records: Iterator[bytes] = iter(reader)
    rest = list(records)
    assert found[1:] == [INTACT[HIT], INTACT, INTACT[HIT]]
    assert rest == INTACT[:HIT] + INTACT[HIT + 1 :]  # one went to the callable


def test_a_callable_may_ask_for_the_length_in_the_midst_of_a_search(rec: Path) -> None:
    write_damaged(rec, KEYS)
    found: list[int] = []

    def handle(_region: SkippedRegion) -> None:
        if not found:
            found.append(0)
            found.append(len(reader))

    reader = Reader(rec, errors=handle)
    assert len(reader) == 6
    assert found == [0, 6]


def test_what_a_callable_returns_does_not_matter(rec: Path) -> None:
    write_damaged(rec)
    for result in (None, False, True, 0, NotImplemented, b""):
        reader = Reader(rec, errors=lambda _region, result=result: result)  # type: ignore[misc]
        assert list(reader) == INTACT


def test_a_class_may_be_the_callable(rec: Path) -> None:
    write_damaged(rec)
    collectors = []

    class Handler(Collector):
        def __init__(self, region: SkippedRegion) -> None:
            super().__init__()
            self(region)
            collectors.append(self)

    assert list(iter(Reader(rec, errors=Handler))) == INTACT
    assert len(collectors) == 1


pickled: Callable[[Any], Any] = lambda value: pickle.loads(pickle.dumps(value))  # noqa: E731
each_way = pytest.mark.parametrize("again", [pickled, copy.copy, copy.deepcopy])


@each_way
@with_or_without_index
@pytest.mark.parametrize("errors", ["skip", Collector()], ids=["skip", "callable"])
def test_a_copy_is_lenient_as_well(
    rec: Path,
    again: Callable[[Any], Any],
    index: bool,
    errors: Any,  # noqa: ANN401
) -> None:
    write_damaged(rec, KEYS)
    reader = listed(rec, index, errors)
    assert list(again(reader)) == INTACT
    assert list(again(reader[::-2])) == INTACT[::-2]
    assert list(again(again(reader)[1:])) == INTACT[1:]
    assert list(iter(again(reader))) == INTACT
    reader.close()
    assert again(reader).closed


def test_a_reader_with_a_lambda_cannot_be_pickled_and_comes_to_no_harm(rec: Path) -> None:
    write_damaged(rec)
    reader = Reader(rec, errors=lambda _region: None)
    with pytest.raises((pickle.PicklingError, AttributeError), match="lambda"):
        pickle.dumps(reader)
    assert list(reader) == INTACT
    assert list(copy.copy(reader)) == INTACT


def test_a_slice_of_a_file_that_has_less_intact_records_now_is_not_unpickled(rec: Path) -> None:
    offsets = write_damaged(rec)
    text = pickle.dumps(Reader(rec, errors="skip")[4:])
    assert list(pickle.loads(text)) == INTACT[4:]
    overwrite(rec, offsets[5], b"XXXX")
    with pytest.raises(ValueError, match="only 5 entries"):
        pickle.loads(text)


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
@with_or_without_index
def test_a_pool_reads_the_intact_records_through_one_reader(
    rec: Path, method: str, index: bool
) -> None:
    write_damaged(rec, KEYS)
    reader = listed(rec, index, Collector())
    assert len(reader) == 6
    keys = INTACT_KEYS if index else list(range(6))
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context(method)) as pool:
        assert list(pool.map(reader.get, keys)) == INTACT


@pytest.mark.skipif(not hasattr(multiprocessing, "get_all_start_methods"), reason="needs fork")
def test_a_forked_child_reads_with_the_reader_but_not_on_with_the_iterator(rec: Path) -> None:
    if "fork" not in multiprocessing.get_all_start_methods():
        pytest.skip("needs fork")
    write_damaged(rec, KEYS)
    run_python(
        """
import os, traceback
from recordio_rs import Reader
from recordio_rs.exceptions import ForkedError
told = []
reader = Reader("a.rec", index=False, errors=told.append)
records = iter(reader)
first = [next(records) for _ in range(3)]
child = os.fork()
if not child:
    try:
        try:
            next(records)
        except ForkedError:
            pass
        else:
            raise AssertionError("not refused")
        assert told == []
        assert len(list(iter(reader))) == len(reader) == 6
        assert reader[3] == b"four"
        assert len(told) == 2, told
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
assert [*records] == [b"four", b"zero", b"six"]
assert len(told) == 1
""",
        cwd=rec.parent,
    )


def test_threads_that_share_one_iterator_get_every_record_and_region_once(rec: Path) -> None:
    records = [b"%06d" % number * (number % 50 + 1) for number in range(2000)]
    offsets = write_files(rec, records)
    for ordinal in range(10, 2000, 20):
        overwrite(rec, offsets[ordinal], b"????")
    intact = [record for ordinal, record in enumerate(records) if ordinal % 20 != 10]
    collector, barrier = Collector(), threading.Barrier(4)
    shared = iter(Reader(rec, errors=collector))

    def take() -> list[bytes]:
        barrier.wait()
        return list(shared)

    with ThreadPoolExecutor(4) as pool:
        taken = [pool.submit(take) for _ in range(4)]
        assert sorted(record for each in taken for record in each.result()) == sorted(intact)
    begins = sorted(region.begin for region in collector.regions)
    assert begins == offsets[10::20]


@with_or_without_index
def test_threads_that_come_first_at_once_all_get_what_is_intact(rec: Path, index: bool) -> None:
    write_damaged(rec, KEYS)
    barrier = threading.Barrier(4)
    for _ in range(20):
        with listed(rec, index) as reader:

            def read(ordinal: int, reader: Reader = reader) -> bytes:
                barrier.wait()
                return reader[ordinal]

            with ThreadPoolExecutor(4) as pool:
                assert list(pool.map(read, range(4))) == INTACT[:4]
                assert RECORDS[HIT] not in reader


def test_an_iterator_in_a_cycle_with_its_callable_goes_with_its_file(rec: Path) -> None:
    write_damaged(rec)

    class Keeper:
        def __call__(self, _region: SkippedRegion) -> None: ...

    keeper: Any = Keeper()
    keeper.records = iter(Reader(rec, index=False, errors=keeper))
    gone = weakref.ref(keeper)
    del keeper
    gc.collect()
    assert gone() is None
