"""What can be written as a record, and how it is stored."""

from __future__ import annotations

import array
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest

from recordio_rs.recordio import MXRecordIO
from reference import MAGIC, decode, encode

Anything: TypeAlias = Any  # a value of the wrong type, too


def payloads(rec: Path) -> list[bytes]:
    """Gives the records of a file by the reference decoder."""
    return [payload for _, payload in decode(rec.read_bytes())]


@pytest.mark.parametrize(
    ("payload", "file"),
    [
        (b"", "0a23d7ce00000000"),
        (b"a", "0a23d7ce01000000 61000000"),
        (b"abcd", "0a23d7ce04000000 61626364"),
        (MAGIC, "0a23d7ce00000020 0a23d7ce00000060"),
        (b"ab" + MAGIC, "0a23d7ce06000000 61620a23d7ce0000"),
        (MAGIC * 2, "0a23d7ce00000020 0a23d7ce00000040 0a23d7ce00000060"),
        (b"abcd" + MAGIC + b"xyz", "0a23d7ce04000020 61626364 0a23d7ce03000060 78797a00"),
        (b"abcd" + MAGIC, "0a23d7ce04000020 61626364 0a23d7ce00000060"),
        (b"aaaaa" + MAGIC, "0a23d7ce09000000 61616161610a23d7ce000000"),
    ],
)
def test_a_record_is_stored_in_the_bytes_that_mxnet_writes(
    rec: Path, payload: bytes, file: str
) -> None:
    with MXRecordIO(rec, "w") as writer:
        writer.write(payload)
    assert rec.read_bytes() == bytes.fromhex(file)
    assert MXRecordIO(rec, "r").read() == payload


@pytest.mark.parametrize(
    ("payload", "stored"),
    [
        (b"a\0b\0", b"a\0b\0"),
        (np.bytes_(b"abc"), b"abc"),
        (bytearray(b"abc"), b"abc"),
        (memoryview(b"abcdef")[::2], b"ace"),
        (array.array("H", [1, 2]), array.array("H", [1, 2]).tobytes()),
        (np.arange(6, dtype=np.uint8).reshape(2, 3), bytes(range(6))),
        (np.asfortranarray(np.arange(6, dtype=np.uint8).reshape(2, 3)), bytes(range(6))),
        ("naïve", "naïve".encode()),
    ],
    ids=lambda value: type(value).__name__,
)
def test_any_buffer_and_text_is_a_payload(rec: Path, payload: Anything, stored: bytes) -> None:
    with MXRecordIO(rec, "w") as writer:
        assert writer.write(payload) is None  # type: ignore[func-returns-value]
    assert payloads(rec) == [stored]


@pytest.mark.parametrize("payload", [None, 3, 1.5, [1, 2], {}, object()], ids=repr)
def test_what_is_no_buffer_is_a_type_error_and_nothing_is_written(
    rec: Path, payload: Anything
) -> None:
    with MXRecordIO(rec, "w") as writer:
        writer.write(b"before")
        with pytest.raises(TypeError):
            writer.write(payload)
        writer.write(b"after")
    assert payloads(rec) == [b"before", b"after"]


def test_records_of_many_sizes_come_back_whatever_buffer_they_fall_into(rec: Path) -> None:
    sizes = [0, 1, 2, 3, 4, 4087, 4088, 65_535, 262_135, 262_136, 262_144, 300_000, 1_048_577]
    pattern = bytes(range(251)) * 4200
    records = [pattern[size % 7 :][:size] for size in sizes * 3]
    with MXRecordIO(rec, "w") as writer:
        for record in records:
            writer.write(record)
    assert rec.read_bytes() == b"".join(encode(record) for record in records)
    assert list(MXRecordIO(rec, "r")) == records
