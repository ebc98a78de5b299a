"""Whatever is written comes back, by every way of reading, and is stored as the format says."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from recordio_rs import (
    IRHeader,
    MXIndexedRecordIO,
    MXRecordIO,
    Reader,
    Writer,
    pack,
    recordio,
    unpack,
)
from recordio_rs.exceptions import InvalidKeyError
from reference import MAGIC, decode, encode

# Pieces of the magic, and what looks like the start of a fragment, at every alignment.
PIECES = st.one_of(
    st.just(MAGIC),
    st.sampled_from([MAGIC[:1], MAGIC[:2], MAGIC[:3], MAGIC[1:], MAGIC[3:], MAGIC * 2]),
    st.sampled_from([MAGIC + bytes(4), MAGIC + b"\x04\0\0\x20", b"\0\n\r\t"]),
    st.binary(max_size=9),
)
PAYLOADS = st.one_of(
    st.lists(PIECES, max_size=12).map(b"".join),
    st.builds(lambda size, tail: b"x" * size + tail, st.integers(0, 9), st.just(MAGIC)),
    st.builds(lambda size: MAGIC * (size // 4) + bytes(size % 4), st.integers(4000, 4200)),
)
INTEGERS = st.one_of(
    st.integers(-5, 5),
    st.integers(-(2**200), 2**200),
    st.sampled_from([2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 2**64]),
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
FLOATS = st.floats(allow_nan=False)
CASES = settings(max_examples=150, deadline=None)


@contextmanager
def files() -> Iterator[tuple[Path, Path]]:
    """Gives the paths of a `.rec` and an `.idx` file for one example."""
    with tempfile.TemporaryDirectory() as directory:
        yield Path(directory, "a.rec"), Path(directory, "a.idx")


@given(st.lists(PAYLOADS, max_size=8))
@CASES
@example([b"", MAGIC, b"a" + MAGIC, MAGIC + b"a", MAGIC * 3])
def test_every_way_of_reading_gives_what_was_written(records: list[bytes]) -> None:
    with files() as (rec, idx):
        with MXIndexedRecordIO(idx, rec, "w") as writer:
            for key, record in enumerate(records):
                writer.write_idx(key, record)
        stored = rec.read_bytes()
        assert stored == b"".join(encode(record) for record in records)
        assert [payload for _, payload in decode(stored)] == records
        assert list(MXRecordIO(rec, "r")) == records
        mxnets = MXIndexedRecordIO(idx, rec, "r")
        assert [mxnets.read_idx(key) for key in range(len(records))] == records
        assert mxnets.idx == {key: offset for key, (offset, _) in enumerate(decode(stored))}
        for reader in (Reader(rec), Reader(rec, index=False)):
            with reader:
                assert len(reader) == len(records)
                assert list(reader) == records
                assert [reader[ordinal] for ordinal in range(len(records))] == records
                assert [reader.get(ordinal) for ordinal in range(len(records))] == records
                assert list(reader[::-1]) == list(reversed(reader)) == records[::-1]
                assert reader.offsets.tolist() == [offset for offset, _ in decode(stored)]


@given(st.lists(PAYLOADS, max_size=8))
@CASES
def test_every_writer_writes_the_same_bytes(records: list[bytes]) -> None:
    with files() as (rec, idx):
        with Writer(rec) as native:
            offsets = [native.write(record) for record in records]
        written = rec.read_bytes(), idx.read_bytes()
        assert offsets == [offset for offset, _ in decode(written[0])]
        with MXIndexedRecordIO(idx, rec, "w") as writer:
            for key, record in enumerate(records):
                assert writer.tell() == offsets[key]
                writer.write_idx(key, record)
        assert (rec.read_bytes(), idx.read_bytes()) == written
        with MXRecordIO(rec, "w") as plain:
            for record in records:
                plain.write(record)
        assert rec.read_bytes() == written[0]


@given(st.lists(st.binary(max_size=5), max_size=30), st.slices(30), st.slices(30))
@CASES
def test_slices_of_slices_are_those_of_a_list(
    records: list[bytes], outer: slice, inner: slice
) -> None:
    with files() as (rec, _):
        with Writer(rec) as writer:
            for record in records:
                writer.write(record)
        with Reader(rec) as reader:
            expected, shown = records[outer][inner], reader[outer][inner]
            assert list(shown) == expected
            assert [shown[ordinal] for ordinal in range(len(shown))] == expected
            assert list(reversed(shown)) == expected[::-1]
            assert list(shown.keys) == list(range(len(records)))[outer][inner]
            assert shown.offsets.tolist() == reader.offsets.tolist()[outer][inner]


def check_keys(keys: list[object], key_type: type, order: list[int]) -> None:
    """Writes a record for each key, and finds them all in some order, also after reopening."""
    last = {key: b"record %d" % ordinal for ordinal, key in enumerate(keys)}
    with files() as (rec, idx):
        with MXIndexedRecordIO(idx, rec, "w", key_type=key_type) as writer:
            for ordinal, key in enumerate(keys):
                writer.write_idx(key, b"record %d" % ordinal)
        reader = MXIndexedRecordIO(idx, rec, "r", key_type=key_type)
        native = Reader(rec, key_type=key_type)
        for attempt in range(3):
            for ordinal in order:
                key = keys[ordinal % len(keys)]
                assert reader.read_idx(key) == last[key] == native.get(key)
            assert (reader.keys, list(native.keys)) == (keys, keys)
            assert reader.idx.keys() == last.keys()
            if attempt == 0:
                reader.close()
            else:
                reader.reset()


ORDERS = st.lists(st.integers(0, 100), max_size=8)


@given(st.lists(INTEGERS, min_size=1, max_size=8), ORDERS)
@CASES
def test_integer_keys_of_any_size_are_found_in_any_order(
    keys: list[object], order: list[int]
) -> None:
    check_keys(keys, int, order)


@given(st.lists(FLOATS, min_size=1, max_size=8), ORDERS)
@CASES
def test_float_keys_are_found_in_any_order(keys: list[object], order: list[int]) -> None:
    check_keys(keys, float, order)


@given(st.lists(TEXTS.filter(lambda text: text == text.strip() != ""), min_size=1), ORDERS)
@CASES
def test_text_keys_are_found_in_any_order(keys: list[str], order: list[int]) -> None:
    check_keys([key for key in keys if not set(key) & set("\t\n\r")] or ["x"], str, order)


@given(TEXTS)
@settings(max_examples=400, deadline=None)
@example("a\rb")
@example("\x1fa")
@example("a\x0bb")
@example("a\x85b")
@example("\x00")
@example("\ufeffa")
def test_a_text_key_comes_back_or_is_refused_and_is_refused_only_for_cause(key: str) -> None:
    is_fine = bool(key) and key == key.strip() and not set(key) & set("\t\n\r")
    with files() as (rec, idx):
        with MXIndexedRecordIO(idx, rec, "w", key_type=str) as writer:
            try:
                writer.write_idx(key, b"x")
                is_written = True
            except InvalidKeyError:
                is_written = False
        assert is_written == is_fine
        reader = MXIndexedRecordIO(idx, rec, "r", key_type=str)
        assert reader.keys == ([key] if is_fine else [])


@given(
    st.one_of(st.floats(width=32), st.integers(-(2**24), 2**24)),
    st.integers(0, 2**64 - 1),
    st.integers(0, 2**64 - 1),
    st.binary(max_size=50),
)
@CASES
def test_a_single_label_comes_back(label: float, id_: int, id2: int, data: bytes) -> None:
    header, found = unpack(pack(IRHeader(5, label, id_, id2), data))
    assert (header.flag, header.id, header.id2, found) == (0, id_, id2, data)
    assert header.label == label or (math.isnan(label) and math.isnan(header.label))


@given(
    st.lists(st.floats(width=32), min_size=1, max_size=30),
    st.integers(0, 2**64 - 1),
    st.binary(max_size=50),
)
@CASES
def test_labels_come_back_through_a_file(labels: list[float], id_: int, data: bytes) -> None:
    with files() as (rec, _):
        with MXRecordIO(rec, "w") as writer:
            writer.write(recordio.pack((0, labels, id_, 1), data))
        record = MXRecordIO(rec, "r").read()
    assert record is not None
    header, found = recordio.unpack(record)
    assert (header.flag, header.id, header.id2, found) == (len(labels), id_, 1, data)
    np.testing.assert_array_equal(header.label, np.array(labels, np.float32))
