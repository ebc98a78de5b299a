"""Files that are no RecordIO, or not whole: each is refused with the facts by all that reads."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from errors import check_error
from recordio_rs import MXIndexedRecordIO, MXRecordIO, Reader
from recordio_rs.exceptions import CorruptRecordError, RecordIOError, TruncatedRecordError
from reference import MAGIC, decode, encode, fragment

GOOD = encode(b"good") + encode(MAGIC + b"also good")
END = len(GOOD)
MAGIC_NUMBER = 0xCED7230A
BEGINS = "full or first fragment"
CONTINUES = "middle or last fragment"


def check_refused(
    rec: Path,
    bad: bytes,
    kind: type[RecordIOError],
    *,
    offset: int = 0,
    **facts: object,
) -> None:
    """Puts two good records before a bad one; asserts that all that reads says what is wrong.

    Args:
        rec: Where to put the file.
        bad: What comes behind the good records.
        kind: The error.
        offset: The place of the fault, counted from the start of the bad record.
        facts: What else the error has to tell.
    """
    good = [payload for _, payload in decode(GOOD)]
    rec.write_bytes(GOOD + bad)
    idx = rec.with_suffix(".idx")
    idx.write_text("".join(f"{key}\t{place}\n" for key, place in ((10, 0), (20, 12), (30, END))))
    facts |= {"path": str(rec), "offset": END + offset}

    def refused(use: Callable[[], object], **more: object) -> None:
        with pytest.raises(kind) as caught:
            use()
        check_error(caught.value, **facts, **more)
        assert str(END + offset) in str(caught.value)
        assert "Invalid RecordIO File" in str(caught.value)

    reader = MXRecordIO(rec, "r")
    assert [reader.read(), reader.read()] == good
    for _ in range(3):
        refused(reader.read, ordinal=2)
        assert reader.tell() == END
    reader.reset()
    assert reader.read() == good[0]

    keyed = MXIndexedRecordIO(idx, rec, "r")
    for _ in range(2):
        refused(lambda: keyed.read_idx(30), key=30)
        assert keyed.read_idx(20) == good[1]
        refused(keyed.read)
    keyed.seek(30)
    refused(keyed.read)
    assert keyed.read_idx(10) == good[0]

    with Reader(rec) as native:
        refused(lambda: native[2], ordinal=2)
        refused(lambda: list(native), ordinal=2)
        refused(lambda: list(native[::-1]), ordinal=2)
        refused(lambda: native.get(30))
        assert list(native[:2]) == good
    with Reader(rec, index=False) as scanned:
        refused(lambda: len(scanned), ordinal=2)
        refused(lambda: scanned[0], ordinal=2)
        found: list[bytes] = []
        refused(lambda: found.extend(scanned), ordinal=2)
        iterator = iter(scanned)
        assert [next(iterator), next(iterator)] == good
        refused(lambda: next(iterator), ordinal=2)
        assert list(iterator) == []


def test_a_file_that_is_no_recordio_file(rec: Path) -> None:
    rec.write_bytes(b"%PDF-1.7 this is something else altogether")
    for read in (MXRecordIO(rec, "r").read, lambda: len(Reader(rec)), lambda: list(Reader(rec))):
        with pytest.raises(CorruptRecordError, match="bad magic") as caught:
            read()
        found = int.from_bytes(b"%PDF", "little")
        facts = {"offset": 0, "ordinal": 0, "expected": MAGIC_NUMBER, "found": found}
        check_error(caught.value, path=str(rec), **facts)


def test_a_bad_magic_in_the_middle(rec: Path) -> None:
    bad = b"XXXX" + encode(b"bad")[4:] + encode(b"good")
    found = int.from_bytes(b"XXXX", "little")
    check_refused(rec, bad, CorruptRecordError, expected=MAGIC_NUMBER, found=found)


@pytest.mark.parametrize("place", [0, 1, 2, 3])
def test_a_magic_with_one_wrong_bit(rec: Path, place: int) -> None:
    bad = bytearray(encode(b"bad"))
    bad[place] ^= 0x10
    found = int.from_bytes(bad[:4], "little")
    check_refused(rec, bytes(bad), CorruptRecordError, expected=MAGIC_NUMBER, found=found)


def test_a_bad_magic_inside_a_split_record(rec: Path) -> None:
    bad = fragment(1, b"abcd") + b"YYYY" + fragment(3, b"ef")[4:]
    found = int.from_bytes(b"YYYY", "little")
    check_refused(rec, bad, CorruptRecordError, offset=12, expected=MAGIC_NUMBER, found=found)


@pytest.mark.parametrize("length", range(1, 8))
def test_a_cut_header(rec: Path, length: int) -> None:
    bad = encode(b"cut")[:length]
    check_refused(rec, bad, TruncatedRecordError, expected=8, found=length)


@pytest.mark.parametrize("length", range(1, 8))
def test_a_cut_header_inside_a_split_record(rec: Path, length: int) -> None:
    bad = fragment(1, b"abcd") + fragment(3, b"ef")[:length]
    check_refused(rec, bad, TruncatedRecordError, offset=12, expected=8, found=length)


@pytest.mark.parametrize("junk", [b"\0", b"junk", b"\n"])
def test_junk_at_the_end_that_is_shorter_than_a_header(rec: Path, junk: bytes) -> None:
    check_refused(rec, junk, TruncatedRecordError, expected=8, found=len(junk))


def test_zeros_at_the_end(rec: Path) -> None:
    check_refused(rec, bytes(4096), CorruptRecordError, expected=MAGIC_NUMBER, found=0)


@pytest.mark.parametrize("length", [0, 1, 4, 8])
def test_a_cut_payload(rec: Path, length: int) -> None:
    bad = encode(b"nine byte")[: 8 + length]
    check_refused(rec, bad, TruncatedRecordError, expected=9, found=length)


def test_a_cut_payload_that_is_longer_than_every_buffer(rec: Path) -> None:
    bad = encode(b"x" * 3_000_000)[:-1_000_000]
    check_refused(rec, bad, TruncatedRecordError, expected=3_000_000, found=2_000_000)


def test_a_cut_payload_inside_a_split_record(rec: Path) -> None:
    bad = fragment(1, b"abcd") + fragment(3, b"efgh")[:-2]
    check_refused(rec, bad, TruncatedRecordError, offset=12, expected=4, found=2)


@pytest.mark.parametrize(("length", "kept"), [(1, 0), (1, 1), (1, 2), (2, 0), (2, 1), (3, 0)])
def test_a_missing_pad(rec: Path, length: int, kept: int) -> None:
    bad = encode(b"x" * length)[: 8 + length + kept]
    check_refused(rec, bad, TruncatedRecordError, expected=4 - length, found=kept)


@pytest.mark.parametrize("behind", [b"", encode(b"good")])
@pytest.mark.parametrize(("flag", "found"), [(2, "middle (flag 2)"), (3, "last (flag 3)")])
def test_a_record_that_begins_with_a_later_fragment(
    rec: Path, flag: int, found: str, behind: bytes
) -> None:
    bad = fragment(flag, b"abcd") + behind
    check_refused(rec, bad, CorruptRecordError, expected=BEGINS, found=found)


@pytest.mark.parametrize("before", [fragment(1, b"abcd"), fragment(1, b"") + fragment(2, b"")])
@pytest.mark.parametrize(("flag", "found"), [(0, "full (flag 0)"), (1, "first (flag 1)")])
def test_a_record_that_begins_before_the_last_has_ended(
    rec: Path, flag: int, found: str, before: bytes
) -> None:
    bad = before + fragment(flag, b"efgh") + fragment(3, b"")
    facts = {"offset": len(before), "expected": CONTINUES, "found": found}
    check_refused(rec, bad, CorruptRecordError, **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize("flag", [4, 5, 6, 7])
def test_a_flag_that_is_not_defined(rec: Path, flag: int) -> None:
    facts = {"expected": "continue flag 0 to 3", "found": flag}
    check_refused(rec, fragment(flag, b"abcd"), CorruptRecordError, **facts)  # type: ignore[arg-type]
    bad = fragment(1, b"abcd") + fragment(flag, b"efgh")
    check_refused(rec, bad, CorruptRecordError, offset=12, **facts)


@pytest.mark.parametrize("before", [fragment(1, b"abcd"), fragment(1, b"") + fragment(2, b"ef")])
def test_a_split_record_without_its_last_fragment(rec: Path, before: bytes) -> None:
    check_refused(rec, before, TruncatedRecordError, offset=len(before), expected=8, found=0)


def test_a_length_that_is_too_small_makes_a_bad_magic_behind(rec: Path) -> None:
    bad = fragment(0, b"this is longer than it says", length=4)
    rec.write_bytes(bad)
    reader = MXRecordIO(rec, "r")
    assert reader.read() == b"this"
    with pytest.raises(CorruptRecordError) as caught:
        reader.read()
    check_error(caught.value, offset=12, ordinal=1, found=int.from_bytes(b" is ", "little"))


@pytest.mark.parametrize("length", [5, 100, 2**29 - 1])
def test_a_length_beyond_the_file(rec: Path, length: int) -> None:
    bad = fragment(0, b"abcd", length=length)
    check_refused(rec, bad, TruncatedRecordError, expected=length, found=4)
    length = min(length, 2**29 - 1 - len(b"abcd" + MAGIC))
    bad = fragment(1, b"abcd") + fragment(3, b"abcd", length=length)
    check_refused(rec, bad, TruncatedRecordError, offset=12, expected=length, found=4)


def test_a_record_longer_than_any_writer_makes(rec: Path) -> None:
    bad = fragment(1, b"abcd") + fragment(3, b"abcd", length=2**29 - 8)
    check_refused(rec, bad, CorruptRecordError, offset=12, expected=2**29 - 1, found=2**29)


def test_the_records_behind_a_bad_place_can_be_read_by_key(rec: Path, idx: Path) -> None:
    rec.write_bytes(encode(b"one") + b"XXXXYYYY" + encode(b"two") + encode(b"three"))
    idx.write_text("1\t0\n2\t20\n3\t32\n")
    reader = MXIndexedRecordIO(idx, rec, "r")
    assert reader.read() == b"one"
    with pytest.raises(CorruptRecordError):
        reader.read()
    assert reader.read_idx(2) == b"two"
    assert [reader.read(), reader.read()] == [b"three", None]
    assert list(Reader(rec)) == [b"one", b"two", b"three"]
