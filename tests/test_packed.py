"""Packed records: views of one buffer that nobody changes for as long as somebody looks at it."""

from __future__ import annotations

import copy
import ctypes
import gc
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pytest

from isolated import run_python
from recordio_rs import Reader
from recordio_rs._backend import Backend
from recordio_rs._recordio_rs import PackedRecords
from reference import MAGIC, write_files
from ways import BACKENDS

RECORDS = [b"", b"one", MAGIC * 2 + b"two", bytes(5000), b"", b"x" * 70_000, b"last"]
EVERY = list(range(len(RECORDS)))

each_backend = pytest.mark.parametrize("backend", BACKENDS)


@pytest.fixture
def packed(rec: Path) -> PackedRecords:
    """Seven records, some of them empty."""
    write_files(rec, RECORDS, EVERY)
    with Reader(rec) as reader:
        return reader.read_packed(EVERY)


def address_of(view: object) -> int:
    """Gives the address of the first byte of a buffer."""
    return int(np.frombuffer(view, np.uint8).ctypes.data)  # type: ignore[call-overload]


def test_it_is_a_sequence_of_views(packed: PackedRecords) -> None:
    assert len(packed) == 7
    assert [bytes(record) for record in packed] == RECORDS
    assert [bytes(record) for record in reversed(packed)] == RECORDS[::-1]
    for ordinal in range(-7, 7):
        view = packed[ordinal]
        assert isinstance(view, memoryview)
        assert (view.format, view.ndim, view.readonly, view.itemsize) == ("B", 1, True, 1)
        assert view == RECORDS[ordinal]
        assert packed[np.int8(ordinal)] == view
    container: Any = packed
    assert b"one" in container
    assert b"two" not in container


@pytest.mark.parametrize("ordinal", [7, -8, 2**62, 2**63 - 1, -(2**63), 2**63, 10**30, -(10**30)])
def test_a_record_that_is_not_there_is_named(packed: PackedRecords, ordinal: int) -> None:
    with pytest.raises(IndexError, match=rf"^{ordinal} is out of range: there are 7 records$"):
        packed[ordinal]


@pytest.mark.parametrize("ordinal", [None, 1.0, "1", slice(1), (0,)])
def test_a_record_has_an_integer(packed: PackedRecords, ordinal: Any) -> None:  # noqa: ANN401
    with pytest.raises(TypeError):
        packed[ordinal]


def test_data_and_offsets_are_arrays_that_cannot_be_written_to(packed: PackedRecords) -> None:
    data, offsets = packed.data, packed.offsets
    assert data.dtype == np.uint8
    assert (data.shape, data.flags.writeable) == ((len(b"".join(RECORDS)),), False)
    assert offsets.dtype == np.int64
    assert (offsets.shape, offsets.flags.writeable) == ((8,), False)
    assert offsets.tolist() == np.cumsum([0, *map(len, RECORDS)]).tolist()
    assert data.tobytes() == b"".join(RECORDS)
    assert offsets.flags.aligned
    for array in (data, offsets):
        with pytest.raises(ValueError, match="WRITEABLE"):
            array.flags.writeable = True
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


def test_the_buffer_is_read_only_and_one_for_all(packed: PackedRecords) -> None:
    view = memoryview(packed)
    assert (view.readonly, view.nbytes, view.contiguous) == (True, sum(map(len, RECORDS)), True)
    assert bytes(view) == bytes(packed) == b"".join(RECORDS)
    with pytest.raises(TypeError, match="read-only"):
        view[0] = 1
    with pytest.raises(TypeError, match="not writable"):
        (ctypes.c_char * 1).from_buffer(packed)
    begin = address_of(packed)
    assert packed.data.ctypes.data == begin
    for record, offset in zip(packed, packed.offsets.tolist(), strict=False):
        assert not len(record) or address_of(record) == begin + offset


@each_backend
def test_an_empty_batch_and_a_batch_of_empty_records(rec: Path, backend: Backend) -> None:
    write_files(rec, [b"", b"x"], range(2))
    with Reader(rec, backend=backend) as reader:
        for ordinals in ([], [0], [0, 0, 0]):
            found = reader.read_packed(ordinals)
            assert len(found) == len(ordinals)
            assert bytes(found) == found.data.tobytes() == b""
            assert found.offsets.tolist() == [0] * (len(ordinals) + 1)
            assert [bytes(record) for record in found] == [b""] * len(ordinals)
            array = pa.array(found)
            array.validate(full=True)
            assert array.to_pylist() == [b""] * len(ordinals)


def test_a_pickle_and_a_copy_hold_the_same_records(packed: PackedRecords) -> None:
    copies = [pickle.loads(pickle.dumps(packed, protocol)) for protocol in range(6)]
    for twin in [*copies, copy.copy(packed), copy.deepcopy(packed)]:
        assert type(twin) is PackedRecords
        assert [bytes(record) for record in twin] == RECORDS
        assert twin.offsets.tolist() == packed.offsets.tolist()
        assert address_of(twin) != address_of(packed)
        pa.array(twin).validate(full=True)
    empty = pickle.loads(pickle.dumps(PackedRecords._restore(b"", [0])))  # type: ignore[attr-defined]
    assert len(empty) == 0


@pytest.mark.parametrize(
    "offsets", [[], [0], [1, 3], [0, 2], [0, 4], [0, 2, 1, 3], [-1, 3], [0, -1, 3], [0, 2**63 - 1]]
)
def test_a_pickle_whose_offsets_lie_is_refused(offsets: list[int]) -> None:
    with pytest.raises(ValueError, match="no offsets"):
        PackedRecords._restore(b"abc", offsets)  # type: ignore[attr-defined]


def test_nobody_makes_one_by_hand_or_inherits_from_it() -> None:
    with pytest.raises(TypeError):
        PackedRecords()
    with pytest.raises(TypeError):
        type("Sub", (PackedRecords,), {})


def test_arrow_shares_the_memory(packed: PackedRecords) -> None:
    array = pa.array(packed)
    assert array.type == pa.large_binary() == pa.array(packed, pa.large_binary()).type
    array.validate(full=True)
    assert array.to_pylist() == RECORDS
    assert (len(array), array.null_count, array.offset) == (7, 0, 0)
    validity, offsets, data = array.buffers()
    assert validity is None
    assert (data.address, data.size) == (address_of(packed), sum(map(len, RECORDS)))
    assert (offsets.address, offsets.size) == (packed.offsets.ctypes.data, 64)
    assert array[2:5].to_pylist() == RECORDS[2:5]
    assert pa.chunked_array([packed, packed]).to_pylist() == RECORDS * 2
    schema = packed.__arrow_c_schema__()
    assert pa.DataType._import_from_c_capsule(schema) == pa.large_binary()
    assert pa.array(packed).equals(pa.array(RECORDS, pa.large_binary()))


def test_capsules_that_nobody_takes_free_themselves(packed: PackedRecords) -> None:
    for requested in (None, packed.__arrow_c_schema__()):
        schema, array = packed.__arrow_c_array__(requested_schema=requested)
        assert "arrow_schema" in repr(schema)
        assert "arrow_array" in repr(array)
    del schema, array
    gc.collect()
    assert [bytes(record) for record in packed] == RECORDS


def packed_of(capsules: tuple[object, object]) -> bytes:
    """Gives the bytes behind capsules, which are of no use any more then."""
    return b"".join(pa.Array._import_from_c_capsule(*capsules).to_pylist())


# What may outlive the packed records that it looks at, and gives their bytes.
HOLDERS: dict[str, Callable[[PackedRecords], tuple[object, Callable[[Any], bytes]]]] = {
    "packed": lambda packed: (packed, bytes),
    "memoryview": lambda packed: (memoryview(packed), bytes),
    "records": lambda packed: (list(packed), b"".join),
    "iterator": lambda packed: (iter(packed), b"".join),
    "array": lambda packed: (packed.data, lambda data: data.tobytes()),
    "part of an array": lambda packed: (packed.data[::-1], lambda data: data[::-1].tobytes()),
    "Arrow array": lambda packed: (pa.array(packed), lambda array: b"".join(array.to_pylist())),
    "Arrow buffer": lambda packed: (pa.array(packed).buffers()[2], lambda data: data.to_pybytes()),
    "Arrow capsule": lambda packed: (packed.__arrow_c_array__(), packed_of),
}


@each_backend
@pytest.mark.parametrize("name", HOLDERS)
def test_memory_that_somebody_looks_at_is_not_used_again(
    rec: Path, backend: Backend, name: str
) -> None:
    records = [bytes([number]) * 50_000 for number in range(8)]
    write_files(rec, records, range(8))
    reader = Reader(rec, backend=backend)
    held: list[tuple[object, Callable[[Any], bytes], bytes]] = []
    for number in range(8):
        ordinals = [number, (number + 3) % 8]
        holder, read = HOLDERS[name](reader.read_packed(ordinals))
        held.append((holder, read, b"".join(records[ordinal] for ordinal in ordinals)))
        del holder
        for other in range(8):  # take what is free, and fill it with something else
            assert bytes(reader.read_packed([other, other])) == records[other] * 2
        if number % 3 == 2:
            held.pop(0)
    reader.close()
    del reader
    gc.collect()
    for holder, read, expected in held:
        assert read(holder) == expected


def test_offsets_outlive_the_records(rec: Path) -> None:
    write_files(rec, [b"abc"] * 1000, range(1000))
    with Reader(rec) as reader:
        offsets = [reader.read_packed(range(number)).offsets for number in range(100)]
        for number in range(100):
            assert offsets[number].tolist() == list(range(0, 3 * number + 1, 3))


def test_memory_that_nobody_looks_at_is_used_again(rec: Path) -> None:
    write_files(rec, [b"x" * 100_000] * 4, range(4))
    with Reader(rec) as reader:
        addresses = {address_of(reader.read_packed([0, 1, 2, 3])) for _ in range(10)}
        assert len(addresses) == 1


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs /proc")
def test_a_small_batch_that_is_kept_does_not_keep_the_memory_of_a_large_one(rec: Path) -> None:
    write_files(rec, [b"x" * 8_000_000, b"small"], range(2))
    run_python(
        """
        import os
        from recordio_rs import Reader
        def resident():
            with open("/proc/self/statm") as file:
                return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        reader = Reader("a.rec", backend="positioned")
        reader.read_packed([0])
        before, kept = resident(), []
        for _ in range(20):
            assert len(reader.read_packed([0])[0]) == 8_000_000
            kept.append(reader.read_packed([1]))
        assert resident() - before < 50_000_000, resident() - before
        assert [bytes(each) for each in kept] == [b"small"] * 20
        """,
        cwd=rec.parent,
    )
