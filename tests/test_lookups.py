"""Keys that a reader is asked for, and the indexes they are in."""

from __future__ import annotations

import random
import tempfile
import threading
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from isolated import run_python
from recordio_rs import MXIndexedRecordIO, Reader, Writer
from recordio_rs.exceptions import InvalidKeyError
from reference import decode, encode, write_files

Anything: TypeAlias = Any  # a key of any type

MAX_KEY_LEN = 65_504
LIMITS = [2**63 - 1, -(2**63), 2**63 - 2, -(2**63) + 1]
CASES = settings(max_examples=200, deadline=None)

INTEGERS = st.one_of(st.integers(-4, 4), st.sampled_from(LIMITS), st.integers(-(2**70), 2**70))
NUMBERS = st.one_of(
    INTEGERS,
    INTEGERS.map(Fraction),
    INTEGERS.map(Decimal),
    INTEGERS.map(float),
    st.booleans(),
    st.floats(),
    st.fractions(max_denominator=3),
    st.decimals(),
    st.sampled_from([Decimal("1e30"), Decimal("-1e-30"), Decimal("sNaN"), Fraction(2**64, 3)]),
    st.integers(-4, 4).flatmap(
        lambda number: st.sampled_from(
            [np.int8(number), np.int64(number), np.float16(number), np.float64(number)]
        )
    ),
    st.integers(0, 2**64 - 1).map(np.uint64),
)


class LooksLikeOne:
    """Something that can be made an integer, and is none."""

    def __int__(self) -> int:
        return 1

    __index__ = __int__


class EqualsOne(LooksLikeOne):
    """Equal to 1, too, but with a hash of its own, so no dict finds 1 by it."""

    def __eq__(self, other: object) -> bool:
        return other == 1

    def __hash__(self) -> int:
        return 12_345


class OddInteger(int):
    """An integer with a hash of its own."""

    def __hash__(self) -> int:
        return 12_345


def outcome(read: Callable[[Any], bytes], key: object) -> bytes | type[Exception]:
    """Gives the record that is found, or the type of what is raised."""
    try:
        return read(key)
    except (KeyError, TypeError) as error:
        return type(error)


def check_as_a_dict(keys: list[Any], wanted: list[Any]) -> None:
    """Asserts that readers find what a dict finds, and also once `idx` was touched."""
    records = [b"%d" % ordinal for ordinal in range(len(keys))]
    expected = dict(zip(keys, records, strict=True))
    key_type = type(keys[0]) if keys else int
    with tempfile.TemporaryDirectory() as folder:
        rec, idx = Path(folder, "a.rec"), Path(folder, "a.idx")
        write_files(rec, records, keys)
        with (
            MXIndexedRecordIO(idx, rec, "r", key_type) as mxnets,
            Reader(rec, key_type=key_type) as reader,
        ):
            asked = [*keys, *wanted]
            answers = [outcome(expected.__getitem__, key) for key in asked]
            assert [outcome(mxnets.read_idx, key) for key in asked] == answers
            assert mxnets.idx.keys() == expected.keys()
            assert [outcome(mxnets.read_idx, key) for key in asked] == answers
            assert [outcome(reader.get, key) for key in asked] == answers
            assert list(reader.keys) == mxnets.keys == keys
            assert list(reader) == records


@given(st.lists(INTEGERS.filter(lambda key: -(2**63) <= key < 2**63), max_size=8), st.data())
@CASES
@example([3, 1], None)
def test_numbers_of_every_type_find_what_a_dict_finds(keys: list[int], data: Anything) -> None:
    wanted = data.draw(st.lists(NUMBERS, max_size=20)) if data else []
    ones: list[Any] = [LooksLikeOne(), EqualsOne(), OddInteger(1), "1", b"1", (1,), None]
    threes = [3.0, Fraction(3), Decimal(3), np.int64(3), True]
    with np.errstate(over="ignore"):  # of float16 and an integer with the same hash, in any dict
        check_as_a_dict(keys, [*wanted, *ones, *threes])


@pytest.mark.parametrize(
    "key", [np.float16(0.5), np.float16("inf"), np.float16("nan"), np.complex128(0.5)], ids=repr
)
def test_numbers_that_no_integer_equals_are_not_found_and_nothing_is_warned_of(
    key: Anything,
) -> None:
    check_as_a_dict([3, 1], [key])


@pytest.mark.parametrize("key", [3 + 0j, np.complex128(3), np.bool_(True)], ids=repr)
def test_complex_numbers_and_numpys_booleans_find_what_a_dict_finds(key: Anything) -> None:
    check_as_a_dict([3, 1], [key])


@pytest.mark.parametrize("permuted", ["in order", "backwards", "shuffled"])
@pytest.mark.parametrize(
    "keys",
    [
        range(500),
        range(-250, 250),
        range(0, 5_000_000, 10_007),
        [*LIMITS, 0, *range(-(2**63) + 2, -(2**63) + 100)],
        [number % 7 for number in range(100)],
        [*range(100), *range(50)],
    ],
    ids=["dense", "negative", "sparse", "limits", "few", "twice"],
)
def test_integers_in_any_order_are_found(keys: list[int], permuted: str) -> None:
    keys = list(keys)
    if permuted != "in order":
        keys.reverse()
    if permuted == "shuffled":
        random.Random(1).shuffle(keys)
    around = [key + step for key in keys for step in (-1, 1)]
    check_as_a_dict(keys, [*around, 2**63, -(2**63) - 1, 2**64])


@given(st.lists(st.sampled_from(["a", "b", "a b", "ab", "ключ", "1", "01"]), max_size=12))
@CASES
def test_text_with_duplicates_is_found_and_the_last_counts(keys: list[str]) -> None:
    if keys:
        check_as_a_dict(keys, ["a", "c", "", "1", 1, None, "\ud800", "a ", "A"])


@pytest.mark.parametrize("text", ["Decimal('1e1000000')", "Decimal('-1e1000000')"])
def test_a_number_too_large_to_be_written_out_is_not_found(rec: Path, text: str) -> None:
    write_files(rec, [b"x"], [1])
    run_python(
        f"""
        from decimal import Decimal
        from recordio_rs import MXIndexedRecordIO, Reader
        mxnets, reader = MXIndexedRecordIO("a.idx", "a.rec", "r"), Reader("a.rec")
        for read in (mxnets.read_idx, mxnets.seek, reader.get):
            try:
                read({text})
            except KeyError as error:
                assert error.args == ({text},)
            else:
                raise AssertionError("found")
        assert {text} not in reader.keys
        """,
        cwd=rec.parent,
    )


@pytest.mark.parametrize("letter", ["k", "鍵"])
def test_a_key_may_be_as_long_as_a_line_and_no_longer(rec: Path, idx: Path, letter: str) -> None:
    size = len(letter.encode())
    longest = letter * (MAX_KEY_LEN // size) + "x" * (MAX_KEY_LEN % size)
    assert len(longest.encode()) == MAX_KEY_LEN
    with MXIndexedRecordIO(idx, rec, "w", key_type=str) as mxnets:
        mxnets.write_idx(longest, b"one")
        with pytest.raises(InvalidKeyError):
            mxnets.write_idx(longest + "x", b"no")
        mxnets.write_idx("after", b"two")
        assert mxnets.keys == [longest, "after"]
    assert [record for _, record in decode(rec.read_bytes())] == [b"one", b"two"]
    assert idx.read_text(encoding="utf-8") == f"{longest}\t0\nafter\t12\n"
    written = idx.read_bytes()
    with Writer(rec) as writer:
        writer.write(b"one", longest)
        with pytest.raises(InvalidKeyError):
            writer.write(b"no", longest + "x")
        writer.write(b"two", "after")
    assert idx.read_bytes() == written
    assert Reader(rec, key_type=str).get(longest) == b"one"
    reader = MXIndexedRecordIO(idx, rec, "r", key_type=str)
    assert [reader.read_idx("after"), reader.read_idx(longest)] == [b"two", b"one"]


LISTED = range(0, 3000, 300)


def large(number: int) -> bytes:
    """Gives a record of four kilobytes that tells its number."""
    return b"%04d" % number * 1024


@pytest.mark.parametrize("order", ["in order", "backwards", "shuffled", "twice"])
def test_an_index_may_list_few_of_the_records(rec: Path, idx: Path, order: str) -> None:
    numbers = list(LISTED)
    if order == "backwards":
        numbers.reverse()
    elif order == "shuffled":
        random.Random(1).shuffle(numbers)
    elif order == "twice":
        numbers = [number for number in numbers for _ in range(2)]
    rec.write_bytes(b"".join(encode(large(number)) for number in range(3000)))
    idx.write_text("".join(f"{number}\t{number * 4104}\n" for number in numbers))
    records = [large(number) for number in numbers]
    mxnets, reader = MXIndexedRecordIO(idx, rec, "r"), Reader(rec)
    assert [mxnets.read_idx(number) for number in numbers] == records
    assert mxnets.read() == large(numbers[-1] + 1)
    assert list(reader) == records
    assert list(reader[::-1]) == records[::-1]
    assert [reader[ordinal] for ordinal in range(len(numbers))] == records
    assert [reader.get(number) for number in numbers] == records
    with pytest.raises(KeyError):
        mxnets.read_idx(1)


def test_a_file_that_grows_is_scanned_to_where_it_ended_at_the_start(rec: Path) -> None:
    record = encode(b"0123456789ab" * 42)  # 512 bytes: no write crosses a page, half of it seen
    start = 4000
    rec.write_bytes(record * start)
    stop = threading.Event()

    def append() -> None:
        with rec.open("ab", buffering=0) as file:
            while not stop.is_set() and file.tell() < 2**28:
                file.write(record)

    thread = threading.Thread(target=append)
    thread.start()
    try:
        found = start
        for _ in range(60):
            with Reader(rec, index=False) as reader:
                count = len(reader)
                assert found <= count
                assert reader[count - 1] == record[8:]
                found = count
    finally:
        stop.set()
        thread.join()
