"""`Reader(errors=...)`: the intact records of a damaged file as a sequence."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
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
    without_hit,
    write_damaged,
)
from recordio_rs import DamagedRecordWarning, Reader, SkippedRegion
from recordio_rs._backend import Backend
from recordio_rs.exceptions import ClosedError, CorruptRecordError, IndexFormatError
from reference import encode, write_files
from ways import BACKENDS, MANY, ONE

Anything: TypeAlias = Any  # a value of the wrong type, too

each_backend = pytest.mark.parametrize("backend", BACKENDS)
with_or_without_index = pytest.mark.parametrize("index", [True, False], ids=["index", "scan"])


@each_backend
@with_or_without_index
def test_it_is_the_sequence_of_the_intact_records(rec: Path, backend: Backend, index: bool) -> None:
    offsets = write_damaged(rec, KEYS)
    keys = INTACT_KEYS if index else list(range(6))
    with Reader(rec, None if index else False, backend=backend, errors="skip") as reader:
        assert list(iter(reader)) == INTACT
        assert len(reader) == 6
        assert list(reader) == INTACT
        assert [reader[ordinal] for ordinal in range(-6, 6)] == INTACT * 2
        assert reader[np.int64(HIT)] == RECORDS[HIT + 1]
        assert list(reversed(reader)) == INTACT[::-1]
        assert list(reader.keys) == keys
        assert [reader.get(key) for key in keys] == INTACT
        assert reader.offsets.tolist() == without_hit(offsets)
        assert b"three" not in reader
        assert reader.index(b"four") == HIT
        for ordinal in (6, -7):
            with pytest.raises(IndexError, match="6 records"):
                reader[ordinal]


@each_backend
@with_or_without_index
def test_every_way_of_reading_gives_the_intact_records(
    rec: Path, backend: Backend, index: bool
) -> None:
    write_damaged(rec, KEYS)
    order = [5, 0, 3, 3, -1, 2]
    with Reader(rec, None if index else False, backend=backend, errors="skip") as reader:
        for name, one in ONE.items():
            assert [one(reader, ordinal) for ordinal in range(6)] == INTACT, name
        for name, many in MANY.items():
            assert many(reader, order) == [INTACT[ordinal] for ordinal in order], name
            assert many(reader, slice(None, None, -2)) == INTACT[::-2], name
        with reader.prefetch() as ahead:
            assert list(ahead) == INTACT
        with reader[::2].prefetch([2, 0]) as ahead:
            assert list(ahead) == [INTACT[4], INTACT[0]]


@with_or_without_index
def test_slices_are_those_of_the_intact_records(rec: Path, index: bool) -> None:
    write_damaged(rec, KEYS)
    reader = listed(rec, index)
    for part in (slice(2, 5), slice(None, None, -1), slice(1, None, 2), slice(4, 4)):
        shown = reader[part]
        assert list(shown) == INTACT[part]
        assert list(shown.keys) == list(reader.keys)[part]
        assert shown.offsets.tolist() == reader.offsets.tolist()[part]
        assert list(shown[::-1]) == INTACT[part][::-1]
    with pytest.raises(KeyError):
        reader[4:].get(reader.keys[0])


@pytest.mark.parametrize("key", [40, 6, "three"])
def test_the_key_of_a_damaged_record_is_no_key(rec: Path, key: object) -> None:
    write_damaged(rec, KEYS)
    with Reader(rec, errors="skip") as reader:
        assert key not in reader.keys
        with pytest.raises(KeyError):
            reader.get(key)


@with_or_without_index
def test_a_callable_gets_the_region(rec: Path, index: bool) -> None:
    offsets = write_damaged(rec, KEYS)
    told: list[SkippedRegion] = []
    reader = listed(rec, index, told.append)
    assert len(reader) == 6
    (region,) = told
    assert (region.begin, region.end, region.kind) == (*offsets[HIT : HIT + 2], "bad-magic")
    assert "bad magic" in region.reason
    assert str(region) == f"bytes {region.begin} to {region.end} skipped: {region.reason}"
    assert region == SkippedRegion(region.begin, region.end, region.reason, "bad-magic")
    with pytest.raises(AttributeError):
        region.begin = 0  # type: ignore[misc]
    assert list(reader) == INTACT  # what is known is not told again
    assert len(told) == 1


def test_records_come_before_the_damage_behind_them_is_reached(rec: Path) -> None:
    write_damaged(rec)
    collector = Collector()
    records = iter(Reader(rec, errors=collector))
    assert [next(records) for _ in range(HIT)] == RECORDS[:HIT]
    assert collector.regions == []
    assert next(records) == b"four"
    assert len(collector.taken()) == 1
    assert list(records) == RECORDS[HIT + 2 :]
    assert list(records) == []
    assert collector.regions == []


def test_each_iteration_comes_upon_the_damage_anew(rec: Path) -> None:
    write_damaged(rec)
    collector = Collector()
    reader = Reader(rec, errors=collector)
    for _ in range(3):
        assert list(iter(reader)) == INTACT
    assert len(collector.regions) == 3


@with_or_without_index
def test_warn_warns_of_each_region_with_file_and_place(rec: Path, index: bool) -> None:
    offsets = write_damaged(rec, KEYS)
    overwrite(rec, offsets[5], b"XXXX")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert list(iter(listed(rec, index, "warn"))) == [*INTACT[:4], b"six"]
    assert [warning.category for warning in caught] == [DamagedRecordWarning] * 2
    assert issubclass(DamagedRecordWarning, RuntimeWarning)
    for warning, ordinal in zip(caught, (HIT, 5), strict=True):
        text = str(warning.message)
        assert text.startswith(f"{rec}: bytes {offsets[ordinal]} to {offsets[ordinal + 1]} skipped")
        assert "bad magic" in text


def test_a_warning_in_a_loop_names_the_line_of_the_loop(rec: Path) -> None:
    write_damaged(rec)
    with pytest.warns(DamagedRecordWarning) as caught:
        for _ in Reader(rec, errors="warn"):
            pass
    assert [warning.filename for warning in caught] == [__file__]


@with_or_without_index
def test_a_warning_that_is_an_error_is_raised(rec: Path, index: bool) -> None:
    write_damaged(rec, KEYS)
    reader = listed(rec, index, "warn")
    for _ in range(2):
        with pytest.raises(DamagedRecordWarning):  # as pytest has it here
            len(reader)


@with_or_without_index
def test_an_undamaged_file_is_as_a_strict_reader_has_it(rec: Path, index: bool) -> None:
    offsets = write_files(rec, RECORDS, KEYS)
    collector = Collector()
    reader = listed(rec, index, collector)
    assert list(iter(reader)) == list(reader) == RECORDS
    assert reader.offsets.tolist() == offsets
    assert collector.regions == []


def test_a_strict_reader_still_raises_where_the_damage_is(rec: Path) -> None:
    write_damaged(rec, KEYS)
    for reader in (Reader(rec), Reader(rec, errors="strict")):
        assert len(reader) == 7
        with pytest.raises(CorruptRecordError):
            reader[HIT]


@with_or_without_index
@pytest.mark.parametrize("cut", [1, 2, 3])
def test_a_last_record_that_only_lacks_padding_is_given(rec: Path, index: bool, cut: int) -> None:
    offsets = write_files(rec, [*RECORDS, b"x"], [*KEYS, 80])
    rec.write_bytes(rec.read_bytes()[:-cut])
    size = offsets[-1] + 12 - cut
    collector = Collector()
    for backend in BACKENDS:
        with Reader(rec, None if index else False, errors=collector, backend=backend) as reader:
            assert list(iter(reader)) == [*RECORDS, b"x"]
            assert reader[-1] == reader.read_batch([-1])[0] == b"x"
            assert bytes(reader.read_packed([7, 0])) == b"xzero"
        assert set(collector.taken()) == {(size, size, "truncated-padding")}


@with_or_without_index
def test_an_empty_file_has_no_records_and_no_region(rec: Path, idx: Path, index: bool) -> None:
    rec.touch()
    idx.touch()
    collector = Collector()
    reader = listed(rec, index, collector)
    assert (len(reader), list(reader), list(iter(reader)), list(reader.keys)) == (0, [], [], [])
    assert (reader.offsets.tolist(), collector.regions) == ([], [])


@with_or_without_index
@pytest.mark.parametrize("size", [1, 3, 4, 7, 8, 9, 1000, 100_003])
def test_a_file_of_rubbish_is_one_region(rec: Path, idx: Path, index: bool, size: int) -> None:
    rec.write_bytes((b"rubbish! " * (size // 9 + 1))[:size])
    idx.touch()
    collector = Collector()
    reader = listed(rec, index, collector)
    assert list(iter(reader)) == []
    assert len(reader) == 0
    kind = "truncated-header" if size < 8 else "bad-magic"
    assert set(collector.taken()) == {(0, size, kind)}
    with pytest.raises(IndexError):
        reader[0]


def test_entries_that_point_wrong_are_told_and_left_out(rec: Path, idx: Path) -> None:
    offsets = write_damaged(rec)
    lines = {1: offsets[6], 2: offsets[0] + 4, 3: offsets[HIT], 4: 10**6, 5: offsets[0], 6: 3}
    idx.write_text("".join(f"{key}\t{offset}\n" for key, offset in lines.items()))
    collector = Collector()
    reader = Reader(rec, errors=collector)
    assert list(reader) == [b"six", b"zero"]
    assert list(reader.keys) == [1, 5]
    assert collector.taken() == [
        (offsets[HIT], offsets[HIT + 1], "bad-magic"),
        *((lines[key], lines[key], "entry-points-wrong") for key in (2, 4, 6)),
        (offsets[1], offsets[1], "record-not-listed"),
    ]


@pytest.mark.parametrize(
    ("key_type", "texts", "keys"),
    [
        (str, ["a", "b", "c", "d", "e", "f", "g"], ["a", "b", "c", "e", "f", "g"]),
        (float, [0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5], [0.5, 1.5, 2.5, 4.5, 5.5, 6.5]),
        (lambda text: (text, 1), range(7), [(key, 1) for key in "012456"]),
        (int, [10**30 + at for at in range(7)], [10**30 + at for at in (0, 1, 2, 4, 5, 6)]),
    ],
    ids=["str", "float", "custom", "huge"],
)
def test_keys_of_any_type_are_those_of_the_intact_records(
    rec: Path, key_type: Anything, texts: Anything, keys: Anything
) -> None:
    write_damaged(rec, texts)
    with Reader(rec, key_type=key_type, errors="skip") as reader:
        assert list(reader.keys) == keys
        assert [reader.get(key) for key in keys] == INTACT
        assert list(reader[::-1].keys) == keys[::-1]


def test_a_damaged_index_is_an_error_all_the_same(rec: Path, idx: Path) -> None:
    write_damaged(rec, KEYS)
    with idx.open("a") as file:
        file.write("torn")
    with pytest.raises(IndexFormatError):
        Reader(rec, errors="skip")
    assert list(Reader(rec, index=False, errors="skip")) == INTACT


@pytest.mark.parametrize("errors", ["", "ignore", "Skip", "strict ", "\0"])
def test_text_that_is_no_policy_is_a_value_error(rec: Path, errors: Anything) -> None:
    write_damaged(rec)
    with pytest.raises(ValueError, match="'strict', 'skip', 'warn' or a callable"):
        Reader(rec, errors=errors)


NO_POLICIES: list[Anything] = [None, 0, b"skip", True, ["skip"], np.zeros(3)]


@pytest.mark.parametrize("errors", NO_POLICIES, ids=repr)
def test_what_is_neither_text_nor_callable_is_a_type_error(rec: Path, errors: Anything) -> None:
    write_damaged(rec)
    with pytest.raises(TypeError, match="text or a callable"):
        Reader(rec, errors=errors)


@with_or_without_index
def test_a_closed_reader_refuses_and_an_iterator_reads_on(rec: Path, index: bool) -> None:
    write_damaged(rec, KEYS)
    reader = listed(rec, index)
    records = iter(reader)
    reader.close()
    assert list(records) == INTACT
    uses: list[Callable[[], object]] = [
        *(lambda: reader[0], lambda: reader.get(10), lambda: list(reader))
    ]
    for use in uses:
        with pytest.raises(ClosedError):
            use()


def test_damage_at_both_ends_is_told_in_the_order_of_the_file(rec: Path) -> None:
    middle = encode(b"one") + encode(b"two")
    rec.write_bytes(b"12345678" + middle + b"torn")
    collector = Collector()
    assert list(iter(Reader(rec, errors=collector))) == [b"one", b"two"]
    assert collector.taken() == [(0, 8, "bad-magic"), (32, 36, "truncated-header")]
