"""Every prefix and every flipped bit of a file, by all that reads; and a sample of a large file."""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

from recordio_rs import MXRecordIO, Reader, rebuild_index, verify
from recordio_rs.exceptions import RecordIOError, TruncatedRecordError
from reference import MAGIC, decode, encode, write_files

GENERATOR = random.Random(4)


def filled(length: int) -> bytes:
    """Gives bytes of which none is zero."""
    return bytes(GENERATOR.randrange(1, 256) for _ in range(length))


RECORDS = [
    *(filled(5), b"", filled(8), filled(8) + MAGIC + filled(4) + MAGIC, filled(24), MAGIC),
    *(filled(1), filled(60), b"", b"", filled(12) + MAGIC + filled(3), filled(32), filled(7)),
]
FILE = b"".join(map(encode, RECORDS))
OFFSETS = [offset for offset, _ in decode(FILE)]
ENDS = [*OFFSETS[1:], len(FILE)]
INDEX = "".join(f"{key}\t{offset}\n" for key, offset in enumerate(OFFSETS))


def read_strictly(rec: Path) -> tuple[list[bytes], RecordIOError | None]:
    """Reads in sequence as MXNet's class does, and asserts that `Reader` comes to the same."""
    found: list[bytes] = []
    error: RecordIOError | None = None
    with MXRecordIO(rec, "r") as plain:
        try:
            found.extend(plain)
        except RecordIOError as caught:
            error = caught
    shown: list[bytes] = []
    with (
        Reader(rec, index=False) as reader,
        nullcontext() if error is None else pytest.raises(type(error), match=re.escape(str(error))),
    ):
        shown.extend(iter(reader))
    assert shown == found
    return found, error


def test_of_every_prefix_the_whole_records_are_had(rec: Path, idx: Path) -> None:
    idx.write_text(INDEX)
    for end in range(len(FILE) + 1):
        rec.write_bytes(FILE[:end])
        whole = sum(each <= end for each in ENDS)
        found, error = read_strictly(rec)
        assert found == RECORDS[:whole]
        is_cut = end not in (0, *ENDS)
        assert isinstance(error, TruncatedRecordError) == is_cut
        report = verify(rec, index=False)
        assert (report.ok, report.size) == (not is_cut, end)
        is_padless = any(region.begin == region.end for region in report.skipped)
        assert report.records == whole + is_padless
        given = RECORDS[: report.records]
        with Reader(rec, index=False, errors="skip") as reader:
            assert list(iter(reader)) == list(reader) == given
        with Reader(rec, errors="skip") as reader:
            assert list(reader) == given
            assert list(reader.keys) == list(range(len(given)))
        if not is_padless:
            assert [region.end for region in report.skipped] == ([end] if is_cut else [])
        lost = [problem.key for problem in verify(rec).problems if problem.key is not None]
        assert lost == list(range(len(given), len(RECORDS)))


def flipped_bits() -> Iterator[tuple[int, int, bytes]]:
    """Gives every bit, the ordinal of the record that has it, and the file with it flipped."""
    for bit in range(8 * len(FILE)):
        file = bytearray(FILE)
        file[bit // 8] ^= 1 << bit % 8
        yield bit, sum(end <= bit // 8 for end in ENDS), bytes(file)


def fragments() -> list[tuple[int, int]]:
    """Gives offset and length of every fragment."""
    found, place = [], 0
    while place < len(FILE):
        length = int.from_bytes(FILE[place + 4 : place + 8], "little") & 0x1FFFFFFF
        found.append((place, length))
        place += 8 + length + -length % 4
    return found


FRAGMENTS = fragments()


def is_hidden(bit: int) -> bool:
    """Tells whether no reader can see a flipped bit: it is in a payload or pad, or becomes pad."""
    place, length = max(each for each in FRAGMENTS if each[0] <= bit // 8)
    if bit // 8 >= place + 8:
        return True
    changed = length ^ 1 << bit - 8 * (place + 4) if bit // 8 >= place + 4 else -1
    return changed >= 0 and (changed + 3) // 4 == (length + 3) // 4 and bit // 8 < place + 8


@pytest.mark.parametrize("part", range(4))
def test_of_every_flipped_bit_all_other_records_are_had_and_the_place_is_named(
    rec: Path, idx: Path, part: int
) -> None:
    idx.write_text(INDEX)
    for bit, hit, file in itertools.islice(flipped_bits(), part, None, 4):
        rec.write_bytes(file)
        others = {key: record for key, record in enumerate(RECORDS) if key != hit}
        with Reader(rec, index=False, errors="skip") as reader:
            given = dict(zip(reader.offsets.tolist(), list(iter(reader)), strict=True))
            assert list(reader) == list(given.values())
        assert {OFFSETS[key]: record for key, record in others.items()}.items() <= given.items()
        assert set(given) <= set(OFFSETS)
        with Reader(rec, errors="skip") as keyed:
            assert {key: keyed.get(key) for key in keyed.keys if key != hit} == others
        report = verify(rec, index=False)
        assert report.records == len(given)
        found, error = read_strictly(rec)
        if error is None and len(found) < len(RECORDS):
            # The one that a strict reader passes over: a length that leads to a later head.
            assert [problem.kind for problem in report.problems] == ["swallows-record"]
        elif error is None:
            assert found[:hit] + found[hit + 1 :] == list(others.values())
            assert is_hidden(bit)
        else:
            assert error.offset is not None
            assert error.offset >= OFFSETS[hit]
            assert found[:hit] == RECORDS[:hit]
        if not is_hidden(bit):
            assert not report.ok
            region = report.skipped[0]
            # What the last record lacks may look like rubbish behind it.
            assert region.begin == OFFSETS[hit] or hit == len(RECORDS) - 1
            assert not verify(rec).ok


@pytest.mark.parametrize("seed", range(3))
def test_of_many_flipped_bits_in_a_large_file_all_other_records_are_had(
    rec: Path, seed: int
) -> None:
    generator = random.Random(seed)
    records = [
        generator.randbytes(generator.randrange(900)) + MAGIC * (generator.random() < 0.1)
        for _ in range(24_000)
    ]
    offsets = write_files(rec, records, range(len(records)))
    file = bytearray(rec.read_bytes())
    assert len(file) > 10_000_000
    hits = [at + generator.randrange(3) for at in range(1, len(records) - 10, 10)]
    bits = {}
    for hit in hits:
        # Half of them in the header, where they matter.
        span = 64 if generator.random() < 0.5 else 8 * (offsets[hit + 1] - offsets[hit])
        bit = bits[hit] = 8 * offsets[hit] + generator.randrange(span)
        file[bit // 8] ^= 1 << bit % 8
    rec.write_bytes(file)
    others = {key: record for key, record in enumerate(records) if key not in bits}
    for backend in ("positioned", "mmap"):
        with Reader(rec, errors="skip", backend=backend) as reader:
            kept = [key for key in reader.keys if key not in bits]
            assert kept == list(others)
            places = [reader.keys.index(key) for key in kept[::1000]]
            assert reader.read_batch(places) == [others[key] for key in kept[::1000]]
            all_kept = dict(zip(reader.keys, reader, strict=True))
            assert {key: all_kept[key] for key in kept} == others
    report = verify(rec)
    damaged = {problem.key for problem in report.problems if problem.kind == "record-lost"}
    assert damaged == set(bits) - set(all_kept)
    assert len(report.skipped) == len(damaged)
    assert report.records == len(records) - len(damaged)
    wrong_magic = [hit for hit, bit in bits.items() if bit // 8 < offsets[hit] + 4]
    assert wrong_magic
    assert set(wrong_magic) <= damaged
    told: list[object] = []
    assert rebuild_index(rec, errors=told.append) == report.records
    assert len(told) == len(report.skipped)
    assert verify(rec).lost_keys == ()
