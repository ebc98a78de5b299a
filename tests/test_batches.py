"""Many records in one call: the same bytes as one by one, in whatever order they are asked for."""

from __future__ import annotations

import array
import tempfile
from collections import deque
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from recordio_rs import MXIndexedRecordIO, Reader
from recordio_rs._backend import Backend
from recordio_rs.exceptions import ClosedError
from reference import MAGIC, encode, write_files
from ways import BACKENDS, MANY, unpacked

# Where the code takes another way: buffers, windows, what goes straight into its object.
EDGES = [0, 1, 1023, 1024, 4088, 4096, 16_376, 16_384, 16_385, 65_528, 65_536, 65_537]
SMALL = st.one_of(
    st.binary(max_size=9),
    st.lists(st.sampled_from([MAGIC, MAGIC[:3], b"\0", b"ab"]), max_size=6).map(b"".join),
    st.integers(0, 40).map(bytes),
)
LARGE = st.builds(
    lambda size, piece, at: (piece * (size // len(piece) + 1))[:size][at:] + piece[:at],
    st.sampled_from([*EDGES, 2**20 - 8, 2**20 + 1]),
    st.sampled_from([b"\0", b"0123456789", MAGIC, b"abcd" * 900 + MAGIC, b"abc" * 901 + MAGIC]),
    st.integers(0, 3),
)
RECORDS = st.lists(st.one_of(SMALL, SMALL, SMALL, LARGE), min_size=1, max_size=12)
BATCHES = ("read_batch", "read_packed")

each_backend = pytest.mark.parametrize("backend", BACKENDS)
each_batch = pytest.mark.parametrize("batch", BATCHES)


def forms(ordinals: list[int]) -> Iterator[Any]:
    """Gives the same ordinals as everything that may hold them."""
    yield from (ordinals, tuple(ordinals), deque(ordinals), iter(ordinals))
    yield (ordinal for ordinal in ordinals)
    yield (np.int16(ordinal) for ordinal in ordinals)
    yield from (array.array(code, ordinals) for code in "hq")
    signed = [*"bhilq", ">i2", ">i8"]
    unsigned = [] if any(ordinal < 0 for ordinal in ordinals) else [*"BHILQ", ">u4", ">u8"]
    for dtype in (*signed, *unsigned):
        made = np.array(ordinals, dtype)
        yield from (made, np.repeat(made, 2)[::2], made[::-1].copy()[::-1])
        yield memoryview(array.array("q", ordinals))[::1]


@given(RECORDS, st.data())
@settings(max_examples=60, deadline=None)
@example([b"", MAGIC, b"a" + MAGIC, MAGIC * 3, bytes(70_000), b"x"], None)
def test_every_way_on_every_backend_gives_the_same_records(
    records: list[bytes], data: st.DataObject | None
) -> None:
    count = len(records)
    ordinals, order, view = list(range(-count, count)), list(range(count)), slice(None, None, -1)
    if data is not None:
        ordinals = data.draw(st.lists(st.integers(-count, count - 1), max_size=30))
        order = data.draw(st.permutations(order))
        view = data.draw(st.slices(count))
    with tempfile.TemporaryDirectory() as directory:
        rec, idx = Path(directory, "a.rec"), Path(directory, "a.idx")
        offsets = write_files(rec, records)
        idx.write_text("".join(f"{key}\t{offsets[at]}\n" for key, at in enumerate(order)))
        for backend in BACKENDS:
            index: Literal[False] | None
            for index, shown in ((None, [records[at] for at in order]), (False, records)):
                with Reader(rec, index, backend=backend) as reader:
                    check_all(reader, shown, ordinals)
                    part = shown[view]
                    inside = [each % len(part) for each in ordinals] if part else []
                    check_all(reader[view], part, inside)
            with MXIndexedRecordIO(idx, rec, "r", backend=backend) as keyed:
                assert [keyed.read_idx(key) for key in range(count)] == [
                    records[at] for at in order
                ]


def check_all(reader: Reader, records: list[bytes], ordinals: list[int]) -> None:
    """Reads the ordinals in all ways, and everything in all ways."""
    expected = [records[ordinal] for ordinal in ordinals]
    assert [reader[ordinal] for ordinal in ordinals] == expected
    for way in MANY.values():
        assert way(reader, ordinals) == expected
        assert way(reader, slice(None, None, -2)) == records[::-2]
        assert way(reader, range(len(records))) == records == list(reader)
    shown = range(len(reader.keys))
    assert [reader.get(reader.keys[place]) for place in shown] == records
    packed = reader.read_packed(ordinals)
    assert bytes(packed) == b"".join(expected)
    ends = np.cumsum([0, *map(len, expected)])
    np.testing.assert_array_equal(packed.offsets, ends)


@each_backend
@each_batch
def test_ordinals_come_in_anything_that_holds_integers(
    rec: Path, backend: Backend, batch: str
) -> None:
    records = [b"record %d" % number for number in range(20)]
    write_files(rec, records, range(20))
    with Reader(rec, backend=backend) as reader:
        for ordinals in ([], [3], [5, 0, 19, 5, 5], [-1, 0, -20, 19]):
            for form in forms(ordinals):
                found = [bytes(record) for record in getattr(reader, batch)(form)]
                assert found == [records[ordinal] for ordinal in ordinals], repr(form)


@given(st.slices(12), st.integers(-12, 12), st.integers(-12, 12), st.integers(1, 2**70))
@settings(max_examples=200, deadline=None)
def test_ranges_and_slices_of_any_step_mean_what_they_do_to_a_list(
    each: slice, start: int, stop: int, step: int
) -> None:
    records = [b"%d" % number for number in range(12)]
    with tempfile.TemporaryDirectory() as directory:
        rec = Path(directory, "a.rec")
        write_files(rec, records, range(12))
        with Reader(rec) as reader:
            for asked in (each, slice(start, stop, step), slice(start, stop, -step)):
                assert reader.read_batch(asked) == unpacked(reader, asked) == records[asked]
                view, part = reader[asked], records[asked]
                assert view.read_batch(range(len(part))) == list(view) == part
                assert unpacked(view, slice(None, None, -1)) == part[::-1]
            for numbers in (range(start, stop, step), range(start, stop, -step)):
                if all(-12 <= number < 12 for number in numbers):
                    assert reader.read_batch(numbers) == [records[number] for number in numbers]


@each_backend
def test_a_batch_of_more_records_than_one_round_holds_and_of_more_bytes(
    rec: Path, backend: Backend
) -> None:
    small = [b"%d" % number for number in range(20_000)]
    write_files(rec, small, range(20_000))
    shuffled = np.random.default_rng(0).integers(-20_000, 20_000, 50_000)
    with Reader(rec, backend=backend) as reader:
        for threads in (None, 1, 2, 8):
            expected = [small[ordinal] for ordinal in shuffled.tolist()]
            assert reader.read_batch(shuffled, num_threads=threads) == expected
            assert unpacked(reader, shuffled, num_threads=threads) == expected
    large = [bytes([number]) * (300_000 + number) for number in range(70)]  # 21 MB
    write_files(rec, large, range(70))
    with Reader(rec, backend=backend) as reader:
        for threads in (None, 1, 2, 8):
            assert reader.read_batch(range(69, -1, -1), num_threads=threads) == large[::-1]
            assert unpacked(reader, range(69, -1, -1), num_threads=threads) == large[::-1]


@each_batch
@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ([0, 5], 5),
        ([-6], -6),
        ([0, 9, 7], 9),
        (range(6), 5),
        (range(0, 2**62, 2**60), 2**60),
        (range(-(2**63), 2**63 - 1), -(2**63)),
        (range(10**30, 10**30 + 2), 10**30),
        (range(0, 10**30, 10**29), 10**29),
        ([2**63 - 1], 2**63 - 1),
        ([-(2**63)], -(2**63)),
        ([2**63], 2**63),
        ([-(10**30)], -(10**30)),
        (np.array([0, 5]), 5),
        (np.array([200], np.uint8), 200),
        (np.array([-128], np.int8), -128),
        (np.array([0, 2**64 - 1], np.uint64), 2**64 - 1),
        (np.array([5, 2**64 - 1], np.uint64), 5),
        (array.array("q", [-6]), -6),
    ],
    ids=repr,
)
def test_an_ordinal_that_is_not_there_is_named(
    rec: Path,
    batch: str,
    asked: Any,  # noqa: ANN401
    named: int,
) -> None:
    write_files(rec, [b"x"] * 5, range(5))
    with Reader(rec) as reader:
        message = rf"^ordinal {named} is out of range: the reader has 5 records$"
        with pytest.raises(IndexError, match=message):
            getattr(reader, batch)(asked)
        with pytest.raises(IndexError, match=message):
            reader[named]
        for view in (reader[4:4], reader[::-1][9:]):
            with pytest.raises(IndexError, match=r"^ordinal 0 is out of range.* 0 records$"):
                getattr(view, batch)([0])


@each_batch
@pytest.mark.parametrize(
    "asked",
    [
        *(
            3,
            None,
            1.0,
            np.int64(3),
            [1.0],
            ["1"],
            "12",
            [None],
            [[1]],
            [np.float64(1)],
            {1: 1.0}.values(),
        ),
        *(np.array(3), np.array([[0, 1], [2, 3]]), np.zeros((0, 1), int), np.array([1.0])),
        *(np.array([True]), np.array(["1"]), np.array([1], object)),
        *(np.array([1], "m8[s]"), memoryview(bytes(32)).cast("q", (2, 2)), [np.True_]),
    ],
    ids=repr,
)
def test_what_are_no_ordinals_is_refused(rec: Path, batch: str, asked: Any) -> None:  # noqa: ANN401
    write_files(rec, [b"x"] * 5, range(5))
    with Reader(rec) as reader:
        with pytest.raises(TypeError):
            getattr(reader, batch)(asked)
        assert reader.read_batch([0]) == [b"x"]


@each_batch
def test_what_an_iterable_raises_comes_through(rec: Path, batch: str) -> None:
    def ordinals() -> Iterator[int]:
        yield 0
        raise ArithmeticError("enough")

    write_files(rec, [b"x"], [0])
    with Reader(rec) as reader, pytest.raises(ArithmeticError, match="enough"):
        getattr(reader, batch)(ordinals())


@each_batch
def test_an_iterable_that_reads_or_closes_the_reader_itself(rec: Path, batch: str) -> None:
    records = [b"a", b"b", b"c"]
    write_files(rec, records, range(3))
    reader = Reader(rec)

    def nested() -> Iterator[int]:
        for ordinal in range(3):
            assert [bytes(each) for each in getattr(reader, batch)([ordinal])] == [records[ordinal]]
            yield ordinal
        reader.close()

    assert [bytes(record) for record in getattr(reader, batch)(nested())] == records
    with pytest.raises(ClosedError):
        getattr(reader, batch)([0])


@each_batch
@pytest.mark.parametrize("threads", [0, -1, -(10**30)])
def test_less_than_one_thread_is_refused(rec: Path, batch: str, threads: int) -> None:
    write_files(rec, [b"x"], [0])
    message = f"^num_threads must be at least 1, not {threads}"
    with Reader(rec) as reader, pytest.raises(ValueError, match=message):
        getattr(reader, batch)([0], num_threads=threads)


@each_backend
@pytest.mark.parametrize("threads", [None, 1, 255, 10**6, 2**63 - 1, 2**63, 2**64, 10**30])
def test_any_number_of_threads_does(rec: Path, backend: Backend, threads: int | None) -> None:
    records = [b"%d" % number * 9 for number in range(3000)]
    write_files(rec, records, range(3000))
    with Reader(rec, backend=backend) as reader:
        assert reader.read_batch(range(3000), num_threads=threads) == records
        assert unpacked(reader, range(3000), num_threads=threads) == records


@each_batch
@pytest.mark.parametrize("threads", [1.5, "2", b"2", [2]])
def test_threads_are_counted_in_integers(rec: Path, batch: str, threads: Any) -> None:  # noqa: ANN401
    write_files(rec, [b"x"], [0])
    with Reader(rec) as reader, pytest.raises(TypeError):
        getattr(reader, batch)([0], num_threads=threads)


@each_backend
def test_a_closed_reader_reads_no_batch_not_even_an_empty_one(rec: Path, backend: Backend) -> None:
    write_files(rec, [b"x"] * 3)
    for index in (None, False):
        reader = Reader(rec, index, backend=backend)
        views = [reader, reader[1:]]
        reader.close()
        for view in views:
            for use in (view.read_batch, view.read_packed):
                for ordinals in ([], [0], slice(None)):
                    with pytest.raises(ClosedError):
                        use(ordinals)


@each_backend
def test_an_empty_file_has_an_empty_batch(rec: Path, backend: Backend) -> None:
    for stored in (b"", encode(b"x")):
        rec.write_bytes(stored)
        with Reader(rec, backend=backend) as reader:
            assert reader.read_batch([]) == unpacked(reader, []) == []
            assert reader.read_batch(slice(None)) == [b"x"][: len(stored)]


def test_there_are_three_backends(rec: Path, idx: Path) -> None:
    write_files(rec, [b"x"], [0])
    makes: list[Any] = [Reader, partial(MXIndexedRecordIO, idx, flag="r")]
    for backend in ("", "Auto", "map", "auto "):
        for make in makes:
            with pytest.raises(ValueError, match="backend must be 'auto', 'positioned' or 'mmap'"):
                make(rec, backend=backend)
