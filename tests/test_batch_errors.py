"""Damage inside a batch: it is told as for one record alone, and the first that was asked for."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from errors import check_error
from isolated import run_python
from recordio_rs import Reader
from recordio_rs._backend import Backend
from recordio_rs.exceptions import CorruptRecordError, IndexMismatchError, TruncatedRecordError
from reference import MAGIC, encode, fragment, write_files
from ways import BACKENDS, MANY, outcome, outcomes_of_one, readers_of

each_backend = pytest.mark.parametrize("backend", BACKENDS)
each_way = pytest.mark.parametrize("way", MANY)

SPLIT = b"abcd" + MAGIC + b"efgh"
DAMAGED = {
    "no magic": b"damage!!",
    "half a magic": MAGIC[:2] + bytes(10),
    "unknown flag": fragment(4, b"abcd"),
    "continuation without first": fragment(3, b"abcd"),
    "first without last": fragment(1, b"abcd"),
    "two firsts": fragment(1, b"abcd") + fragment(1, b"efgh"),
    "first and no magic": fragment(1, b"abcd") + b"damage!!",
    "length of the largest record": fragment(0, b"abcd", 2**29 - 1),
    "length of 1 MiB": fragment(0, b"abcd", 2**20),
    "length of more than 1 MiB": fragment(0, b"abcd", 2**20 + 1),
}
SIZES = {"small": 9, "more than a window": 5000, "straight into its object": 40_000}


def check_the_same(rec: Path, ordinals: list[int]) -> None:
    """Asserts that every way on every backend tells the same as positioned reads one by one."""
    readers = readers_of(rec)
    plain = {ordinal: outcome(readers["positioned"].__getitem__, ordinal) for ordinal in ordinals}
    alone = [plain[ordinal] for ordinal in ordinals]
    failures = [each for each in alone if not isinstance(each, bytes)]
    together = failures[0] if failures else alone
    for backend, reader in readers.items():
        with reader:
            for name, found in outcomes_of_one(reader, ordinals).items():
                assert found == alone, (backend, name)
            for name, way in MANY.items():
                assert outcome(way, reader, ordinals) == together, (backend, name)


@pytest.mark.parametrize("name", DAMAGED)
@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_a_damaged_record_in_a_batch(rec: Path, idx: Path, name: str, size: int) -> None:
    whole = encode(b"x" * size)
    bad = DAMAGED[name].ljust(len(whole), b"\1")
    rec.write_bytes(whole + bad + whole)
    idx.write_text(f"0\t0\n1\t{len(whole)}\n2\t{len(whole + bad)}\n")
    expected = outcome(Reader(rec, backend="positioned").__getitem__, 1)
    for reader in readers_of(rec).values():
        for way in MANY.values():
            for ordinals in ([0, 1, 2], [1], [2, 1, 1, 0]):
                assert outcome(way, reader, ordinals) == expected
            assert way(reader, [2, 0]) == [b"x" * size] * 2
            with pytest.raises((CorruptRecordError, TruncatedRecordError)) as caught:
                way(reader[::-1], [0, 1, 2])
            check_error(caught.value, path=str(rec), ordinal=1)


@each_backend
@each_way
@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_of_several_failures_the_first_that_was_asked_for_is_told(
    rec: Path, idx: Path, backend: Backend, way: str, size: int
) -> None:
    whole = encode(b"x" * size)
    bad = DAMAGED["no magic"].ljust(len(whole), b"\1")
    rec.write_bytes(whole + bad + whole + bad + whole[:-1])
    offsets = [number * len(whole) for number in range(6)]
    idx.write_text("".join(f"{key}\t{offset}\n" for key, offset in enumerate(offsets)))
    types = {1: CorruptRecordError, 3: CorruptRecordError, 4: TruncatedRecordError}
    types[5] = IndexMismatchError  # behind the end
    with Reader(rec, backend=backend) as reader:
        for ordinals in ([0, 1, 3], [3, 1], [5, 4, 3], [4, 5], [2, 4, 1], [3, 5, 1, 4]):
            first = next(ordinal for ordinal in ordinals if ordinal in types)
            with pytest.raises(types[first]) as caught:
                MANY[way](reader, ordinals)
            check_error(caught.value, ordinal=first, offset=offsets[first], path=str(rec))


@st.composite
def indexed_files(draw: st.DrawFn) -> tuple[bytes, list[int]]:
    """Gives a file, perhaps changed or cut, and offsets in it, at it or behind it, in any order."""
    record = st.one_of(
        st.binary(max_size=9),
        st.sampled_from([SPLIT, MAGIC, bytes(5000), encode(b"record in a record"), b"y" * 20_000]),
    )
    stored = [encode(each) for each in draw(st.lists(record, min_size=1, max_size=8))]
    file = bytearray(b"".join(stored))
    starts = [sum(map(len, stored[:count])) for count in range(len(stored) + 1)]
    near = st.builds(
        lambda start, by: max(start + by, 0), st.sampled_from(starts), st.integers(-9, 9)
    )
    offsets = draw(st.lists(st.one_of(st.sampled_from(starts), near), min_size=1, max_size=10))
    for place in draw(st.lists(near, max_size=3)):
        if place < len(file):
            file[place] = draw(st.integers(0, 255))
    end = draw(st.one_of(st.just(len(file)), near))
    return bytes(file[:end]), offsets


@given(indexed_files(), st.data())
@settings(max_examples=150, deadline=None)
def test_any_damage_and_any_index_mean_the_same_to_every_way_on_every_backend(
    made: tuple[bytes, list[int]], data: st.DataObject
) -> None:
    file, offsets = made
    ordinals = data.draw(st.lists(st.integers(0, len(offsets) - 1), max_size=12))
    with tempfile.TemporaryDirectory() as directory:
        rec = Path(directory, "a.rec")
        rec.write_bytes(file)
        lines = [f"{key}\t{offset}\n" for key, offset in enumerate(offsets)]
        rec.with_suffix(".idx").write_text("".join(lines))
        check_the_same(rec, ordinals)


@pytest.mark.parametrize("end", [2**31, 2**32, 2**62, 2**63 - 9, 2**63 - 1, 2**63, 2**64 - 1])
def test_offsets_that_no_file_has_and_what_they_make_of_the_extents(
    rec: Path, idx: Path, end: int
) -> None:
    records = [b"", b"one", SPLIT, b"x" * 70_000, b"last"]
    offsets = write_files(rec, records)
    entries = [end, *offsets, end, offsets[2], end - 1]
    idx.write_text("".join(f"{key}\t{offset}\n" for key, offset in enumerate(entries)))
    for ordinal in (0, 6, 8):
        check_the_same(rec, [ordinal])
    check_the_same(rec, [1, 2, 3, 4, 5, 7, 1])
    for reader in readers_of(rec).values():
        for way in MANY.values():
            with pytest.raises(IndexMismatchError) as caught:
                way(reader, [3, 0, 1])
            check_error(
                caught.value, offset=end, ordinal=0, path=str(rec), found=rec.stat().st_size
            )


def test_an_index_that_lists_few_records_in_any_order_makes_no_difference(
    rec: Path, idx: Path
) -> None:
    records = [bytes([number]) * (number * 997) for number in range(60)]
    offsets = write_files(rec, records)
    chosen = [50, 3, 59, 3, 0, 41, 7]
    idx.write_text("".join(f"{key}\t{offsets[at]}\n" for key, at in enumerate(chosen)))
    for reader in readers_of(rec).values():
        for way in MANY.values():
            assert way(reader, [6, 5, 4, 3, 2, 1, 0, -1]) == [
                records[at] for at in [*chosen[::-1], chosen[-1]]
            ]


@pytest.mark.skipif(sys.platform != "linux", reason="needs the limits of Linux")
@each_backend
def test_nothing_is_allocated_on_the_word_of_a_length_or_an_extent(
    rec: Path, idx: Path, backend: Backend
) -> None:
    rec.write_bytes(fragment(0, b"abcd", 2**29 - 1) + fragment(1, b"ab", 2**28) + encode(b"fine"))
    offsets = [0, 12, 24, 2**40, 24, 2**50, 2**64 - 1]
    idx.write_text("".join(f"{key}\t{offset}\n" for key, offset in enumerate(offsets)))
    run_python(
        f"""
        import os, resource
        from recordio_rs import Reader
        from recordio_rs.exceptions import IndexMismatchError, TruncatedRecordError
        reader = Reader("a.rec", backend={backend!r})
        assert reader.read_batch([2, 4] * 1000, num_threads=2) == [b"fine"] * 2000
        with open("/proc/self/statm") as file:
            limit = int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE") + 60_000_000
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        for use in (reader.read_batch, reader.read_packed):
            for threads in (1, 2):
                for ordinal in (0, 1, 3, 5, 6):
                    try:
                        use([2, ordinal, 4], num_threads=threads)
                    except (IndexMismatchError, TruncatedRecordError) as error:
                        assert error.ordinal == ordinal
                    else:
                        raise AssertionError("not refused")
                assert [bytes(each) for each in use([2, 4] * 100)] == [b"fine"] * 200
        try:
            reader.read_packed([2] * 20_000_000)
        except MemoryError:
            pass
        """,
        cwd=rec.parent,
    )


@pytest.mark.skipif(not os.path.exists("/proc/self/mem"), reason="needs /proc")
@each_way
def test_a_file_that_cannot_be_read_is_an_error_of_the_system(rec: Path, way: str) -> None:
    write_files(rec, [b"x"], [0])
    with Reader("/proc/self/mem", rec.with_suffix(".idx"), backend="positioned") as reader:
        expected = outcome(reader.__getitem__, 0)
        assert isinstance(expected, tuple)
        assert expected[1]["errno"] is not None
        assert outcome(MANY[way], reader, [0]) == expected
