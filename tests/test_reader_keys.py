"""Keys and offsets of `recordio_rs.Reader`."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest

from recordio_rs import Reader
from recordio_rs.exceptions import CorruptRecordError, IndexMismatchError, TruncatedRecordError
from reference import encode, write_files

Anything: TypeAlias = Any  # a value of the wrong type, too

RECORDS = [b"record_%d" % number for number in range(7)]
KEYS = [10, -20, 30, 10**30, 50, 10, 70]


@pytest.fixture
def reader(rec: Path) -> Reader:
    """A reader of `RECORDS` with `KEYS`, of which one is there twice and one is huge."""
    write_files(rec, RECORDS, KEYS)
    return Reader(rec)


def test_get_finds_a_record_by_its_key_and_of_equal_keys_the_last(reader: Reader) -> None:
    expected = dict(zip(KEYS, RECORDS, strict=True))
    assert {key: reader.get(key) for key in KEYS} == expected
    assert reader.get(10) == b"record_5"


def test_get_finds_a_key_as_a_dict_does(reader: Reader) -> None:
    equal: list[Hashable] = [30, 30.0, np.int64(30), np.uint8(30)]
    assert [reader.get(key) for key in equal] == [b"record_2"] * 4
    unhashable: Anything = []
    with pytest.raises(TypeError):
        reader.get(unhashable)


@pytest.mark.parametrize("key", ["30", 31, 30.5, None, 2**64, float("nan"), (30,)], ids=repr)
def test_a_key_that_is_not_there_is_a_key_error(reader: Reader, key: Hashable) -> None:
    with pytest.raises(KeyError) as caught:
        reader.get(key)
    assert caught.value.args == (key,)
    assert key not in reader.keys


def test_a_slice_has_only_its_own_keys(reader: Reader) -> None:
    part = reader[2:5]
    assert list(part.keys) == [30, 10**30, 50]
    assert part.get(50) == b"record_4"
    for key in (70, -20, 10):
        assert key not in part.keys
        with pytest.raises(KeyError):
            part.get(key)
    assert reader[::-5].get(70) == b"record_6"


def test_in_a_slice_a_key_means_the_same_record_as_in_the_whole(reader: Reader) -> None:
    assert reader[4:].get(10) == b"record_5"


def test_keys_are_a_sequence_in_the_order_of_the_records(reader: Reader) -> None:
    keys = reader.keys
    assert isinstance(keys, Sequence)
    assert list(keys) == KEYS
    assert len(keys) == 7
    assert (keys[0], keys[-1], keys[3]) == (10, 70, 10**30)
    assert list(keys[::-2]) == KEYS[::-2]
    assert list(reversed(keys)) == KEYS[::-1]
    assert keys.index(50) == 4
    assert keys.count(10) == 2
    assert 70 in keys
    assert 71 not in keys
    assert [] not in keys
    with pytest.raises(IndexError):
        keys[7]
    assert "10" in repr(keys)


@pytest.mark.parametrize(
    ("key_type", "keys", "absent"),
    [
        (int, [3, -1, 2**63 - 1], "3"),
        (str, ["3", "a b", "ключ"], 3),
        (float, [3.0, -0.5, 1e300], "3.0"),
    ],
)
def test_key_type_says_what_keys_are(
    rec: Path, key_type: Anything, keys: list[Hashable], absent: Hashable
) -> None:
    write_files(rec, RECORDS[:3], keys)
    reader = Reader(rec, key_type=key_type)
    assert list(reader.keys) == keys
    assert [reader.get(key) for key in keys] == RECORDS[:3]
    assert {type(key) for key in reader.keys} == {key_type}
    with pytest.raises(KeyError):
        reader.get(absent)


def test_offsets_are_a_read_only_array(reader: Reader) -> None:
    offsets = reader.offsets
    assert offsets.dtype == np.uint64
    assert offsets.tolist() == list(range(0, 112, 16))
    with pytest.raises(ValueError, match="read-only"):
        offsets[0] = 1
    assert reader[::-3].offsets.tolist() == [96, 48, 0]
    assert reader[6:0:-1].offsets.tolist() == [96, 80, 64, 48, 32, 16]


@pytest.fixture
def mismatched(rec: Path, idx: Path) -> Reader:
    """A reader of two records with an index of six, of which four are wrong."""
    write_files(rec, RECORDS[:2])
    places = [0, 16, 32, 2**64 - 1, 8, 3]
    idx.write_text("".join(f"{key}\t{offset}\n" for key, offset in enumerate(places)))
    return Reader(rec)


@pytest.mark.parametrize("ordinal", [2, 3])
def test_an_offset_at_or_behind_the_end_is_a_mismatch_with_the_facts(
    mismatched: Reader, ordinal: int
) -> None:
    offset = int(mismatched.offsets[ordinal])
    for use in (
        lambda: mismatched[ordinal],
        lambda: mismatched.get(ordinal),
        lambda: list(mismatched[ordinal:]),
        lambda: list(mismatched[ordinal - 2 : ordinal + 1 : 2]),
    ):
        with pytest.raises(IndexMismatchError) as caught:
            use()
        error = caught.value
        assert (error.path, error.offset, error.ordinal) == (mismatched.path, offset, ordinal)
        assert error.found == 32


@pytest.mark.parametrize("ordinal", [4, 5])
def test_an_offset_inside_a_record_is_corrupt_with_the_facts(
    mismatched: Reader, ordinal: int
) -> None:
    offset = int(mismatched.offsets[ordinal])
    for use in (lambda: mismatched[ordinal], lambda: list(mismatched[ordinal:])):
        with pytest.raises(CorruptRecordError) as caught:
            use()
        error = caught.value
        assert (error.path, error.offset, error.ordinal) == (mismatched.path, offset, ordinal)
        assert error.expected == 0xCED7230A


def test_the_entries_that_are_right_are_read_among_wrong_ones(mismatched: Reader) -> None:
    assert list(mismatched[:2]) == RECORDS[:2]
    assert [mismatched.get(1), mismatched[0]] == [b"record_1", b"record_0"]


def test_an_error_of_get_names_the_key(rec: Path, idx: Path) -> None:
    rec.write_bytes(encode(b"whole") + encode(b"this one is cut")[:-4])
    idx.write_text("100\t0\n200\t16\n300\t999\n")
    reader = Reader(rec)
    with pytest.raises(TruncatedRecordError) as cut:
        reader.get(200)
    assert (cut.value.key, cut.value.offset) == (200, 16)
    with pytest.raises(IndexMismatchError) as behind:
        reader.get(300)
    assert (behind.value.key, behind.value.offset) == (300, 999)
