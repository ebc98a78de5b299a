"""Whatever a file holds, all ways of reading it come to what the slow decoder comes to."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from damaged import Collector
from recordio_rs import MXRecordIO, Reader, verify
from recordio_rs.exceptions import CorruptRecordError, RecordIOError, TruncatedRecordError
from reference import MAGIC, encode, fragment
from slow_decoder import Error, lenient, strict
from ways import BACKENDS, MANY, ONE

CASES = settings(max_examples=300, deadline=None)

PAYLOADS = st.lists(
    st.one_of(
        st.binary(max_size=9),
        st.sampled_from([MAGIC, MAGIC + bytes(4), MAGIC[:2], b"\xff" * 4]),
        st.builds(lambda size, byte: bytes([byte]) * size, st.integers(0, 90), st.integers(0, 3)),
    ),
    max_size=4,
).map(b"".join)
WRITTEN = PAYLOADS.map(encode)
LENGTHS = st.one_of(st.none(), st.integers(0, 120), st.sampled_from([2**29 - 1, 2**28]))
PIECES = st.one_of(
    WRITTEN,
    WRITTEN,
    st.builds(fragment, st.integers(0, 7), PAYLOADS, LENGTHS),
    st.builds(lambda parts: fragment(0, b"".join(parts)), st.lists(WRITTEN, max_size=4)),
    st.builds(
        lambda first, middle, last: b"".join(
            [fragment(1, first), *(fragment(2, part) for part in middle), fragment(3, last)]
        ),
        *(PAYLOADS, st.lists(PAYLOADS, max_size=2), PAYLOADS),
    ),
    st.sampled_from([MAGIC, bytes(8), bytes(40), bytes(200), b"\xff" * 48, b"XXXXXXXX"]),
    st.binary(max_size=12),
)
# A bit to flip, or bytes to write over the file at some place, or where it ends; as a share of it.
PLACES = st.floats(0, 1, exclude_max=True)
FAULTS = st.one_of(
    st.tuples(st.just("flip"), PLACES, st.integers(0, 31)),
    st.tuples(st.just("fill"), PLACES, st.integers(1, 64)),
    st.tuples(st.just("cut"), PLACES, st.just(0)),
)


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """Gives a file of pieces, some of which are records, with some damage done to it."""
    file = bytearray(b"".join(draw(st.lists(PIECES, max_size=9))))
    for name, share, number in draw(st.lists(FAULTS, max_size=2)):
        place = int(share * len(file))
        if name == "flip" and file:
            place = min(place // 4 * 4 + number // 8, len(file) - 1)
            file[place] ^= 1 << number % 8
        elif name == "fill":
            file[place : place + number] = bytes(len(file[place : place + number]))
        elif name == "cut" and draw(st.booleans()):
            del file[place:]
    return bytes(file)


@st.composite
def listings(draw: st.DrawFn, file: bytes) -> list[int]:
    """Gives offsets for an index: of heads in the file mostly, in any order."""
    heads = [place for place in range(0, len(file), 4) if file[place : place + 4] == MAGIC]
    if draw(st.booleans()):
        return heads
    anywhere = st.integers(0, len(file) + 8)
    return draw(st.lists(st.sampled_from(heads) if heads else anywhere, max_size=9)) + draw(
        st.lists(anywhere, max_size=2)
    )


CASE = files().flatmap(lambda file: st.tuples(st.just(file), listings(file)))


@contextmanager
def stored(file: bytes, offsets: list[int] | None = None) -> Iterator[Path]:
    """Gives the path of a file with these bytes, and an index beside it if there are offsets."""
    with tempfile.TemporaryDirectory() as folder:
        rec = Path(folder, "a.rec")
        rec.write_bytes(file)
        if offsets is not None:
            lines = [f"{key}\t{offset}\n" for key, offset in enumerate(offsets)]
            rec.with_suffix(".idx").write_text("".join(lines))
        yield rec


def check_reader(reader: Reader, expected: list[bytes]) -> None:
    """Asserts that every way of reading gives these records."""
    count = len(expected)
    assert len(reader) == count
    assert list(reader) == list(iter(reader)) == expected
    assert list(reversed(reader)) == list(reader[::-1]) == expected[::-1]
    assert list(reader[1::2]) == expected[1::2]
    for name, one in ONE.items():
        assert [one(reader, ordinal) for ordinal in range(count)] == expected, name
    for name, many in MANY.items():
        assert many(reader, range(count)[::-1]) == expected[::-1], name
    with reader.prefetch() as ahead:
        assert list(ahead) == expected


@given(files())
@CASES
@example(b"")
@example(encode(b"x")[:-3])
@example(encode(b"whole") + encode(MAGIC)[:-9])
def test_without_an_index_the_intact_records_and_the_regions_are_those(file: bytes) -> None:
    records, regions = lenient(file)
    event(f"{len(records)} records, {len(regions)} regions")
    expected = [record.payload for record in records]
    told = [(region.begin, region.end, region.kind) for region in regions]
    with stored(file) as rec:
        collector = Collector()
        with Reader(rec, errors=collector) as reader:
            assert [*iter(reader)] == expected
            assert collector.taken() == told
            assert reader.offsets.tolist() == [record.offset for record in records]
            assert collector.taken() == told
            for backend in BACKENDS:
                with Reader(rec, errors=collector, backend=backend) as other:
                    check_reader(other, expected)
        report = verify(rec)
        assert report.records == len(records)
        assert report.size == len(file)
        assert [(each.begin, each.end, each.kind) for each in report.skipped] == told
        assert [(each.kind, each.offset) for each in report.problems] == [
            (region.kind, region.offset) for region in regions
        ]
        for problem, region in zip(report.problems, regions, strict=True):
            before = sum(record.offset < region.begin for record in records)
            assert problem.ordinal == before
            assert problem.reason
        assert report.ok == (not regions)


@given(CASE)
@CASES
@example((encode(b"a") + encode(b"b"), [0, 1, 12, 12, 24, 2**40]))
def test_with_an_index_they_are_its_entries_that_point_to_intact_records(
    case: tuple[bytes, list[int]],
) -> None:
    file, offsets = case
    records, regions = lenient(file, offsets)
    intact = {record.offset: record.payload for record in records}
    right = [key for key, offset in enumerate(offsets) if offset in intact]
    lost = {
        key
        for key, offset in enumerate(offsets)
        if any(region.begin <= offset < region.end for region in regions)
    }
    wrong = [key for key in range(len(offsets)) if key not in lost and offsets[key] not in intact]
    told = [(region.begin, region.end, region.kind) for region in regions]
    event(f"{len(right)} right, {len(lost)} lost, {len(wrong)} wrong, {len(regions)} regions")
    with stored(file, offsets) as rec:
        for backend in BACKENDS:
            collector = Collector()
            with Reader(rec, errors=collector, backend=backend) as reader:
                check_reader(reader, [intact[offsets[key]] for key in right])
                assert list(reader.keys) == right
                assert [reader.get(key) for key in right] == [intact[offsets[key]] for key in right]
                assert reader.offsets.tolist() == [offsets[key] for key in right]
                unlisted = sorted(intact.keys() - set(offsets))[:1]
                assert collector.taken() == [
                    *told,
                    *((offsets[key], offsets[key], "entry-points-wrong") for key in wrong),
                    *((offset, offset, "record-not-listed") for offset in unlisted),
                ]
        report = verify(rec)
        unlisted = [at for at, record in enumerate(records) if record.offset not in offsets]
        assert [(each.kind, each.offset, each.ordinal, each.key) for each in report.problems] == [
            *(
                (
                    each.kind,
                    each.offset,
                    sum(record.offset < each.begin for record in records),
                    None,
                )
                for each in regions
            ),
            *(
                ("record-lost" if key in lost else "entry-points-wrong", offset, key, key)
                for key, offset in enumerate(offsets)
                if offset not in intact
            ),
            *(("record-not-listed", records[at].offset, at, None) for at in unlisted),
        ]
        assert report.lost_keys == tuple(sorted(lost))


@given(files())
@CASES
@example(encode(b"x")[:-3])
def test_strict_readers_read_up_to_the_first_fault_and_say_where_it_is(file: bytes) -> None:
    records, fault = strict(file)
    expected = [record.payload for record in records]
    event("no fault" if fault is None else fault.kind)
    with stored(file) as rec, Reader(rec) as reader, MXRecordIO(rec, "r") as plain:
        for source in (iter(reader), iter(plain)):
            found: list[bytes] = []
            assert caught(lambda: found.extend(source)) == fault_facts(fault)  # noqa: B023
            assert found == expected
        assert caught(lambda: len(reader)) == fault_facts(fault)


def fault_facts(fault: Error | None) -> tuple[type[RecordIOError], int, int] | None:
    """Gives the same of what the slow decoder says."""
    if fault is None:
        return None
    is_cut = fault.kind.startswith("truncated")
    return (TruncatedRecordError if is_cut else CorruptRecordError, fault.offset, fault.ordinal)


def caught(use: Callable[[], object]) -> tuple[type[RecordIOError], int | None, int | None] | None:
    """Gives what kind of error a function raises, and where, if it does."""
    try:
        use()
    except RecordIOError as error:
        return type(error), error.offset, error.ordinal
    return None
