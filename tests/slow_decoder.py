"""RecordIO read slowly and plainly, rule by rule as docs/format.md has them.

Every fast way of reading must come to what this comes to. It imports nothing of the package.
"""

from __future__ import annotations

import struct
from collections.abc import Collection
from typing import NamedTuple

MAGIC = bytes.fromhex("0a23d7ce")
MAX_RECORD_LEN = 2**29 - 1

FULL, FIRST, MIDDLE, LAST = range(4)


class Fault(NamedTuple):
    """Why no record could be read: the kind, and the offset of the fragment at fault."""

    kind: str
    offset: int


class Error(NamedTuple):
    """Where and why a strict reader stops; `ordinal` counts the records before."""

    kind: str
    offset: int
    ordinal: int


class Region(NamedTuple):
    """The bytes from `begin` to `end` that a lenient reader passes over, and why."""

    begin: int
    end: int
    kind: str
    offset: int


class Fragment(NamedTuple):
    """A fragment's head; the payload stands behind it."""

    offset: int
    flag: int
    length: int

    @property
    def end(self) -> int:
        """Where the next one begins: behind the pad."""
        return self.offset + 8 + padded(self.length)


class Record(NamedTuple):
    """What a file holds of one record."""

    fragments: list[Fragment]
    payload: bytes

    @property
    def offset(self) -> int:
        """Where its first fragment begins."""
        return self.fragments[0].offset

    @property
    def end(self) -> int:
        """Where the next record begins, which is behind the file's end if the pad is missing."""
        return self.fragments[-1].end


def padded(length: int) -> int:
    """Gives the length of a payload with its pad."""
    return (length + 3) // 4 * 4


def has_magic(file: bytes, at: int) -> bool:
    """Tells whether the magic stands at an offset."""
    return file[at : at + 4] == MAGIC


def head(file: bytes, at: int) -> Fragment | None:
    """Gives the fragment whose eight bytes stand at an offset, whatever its magic is."""
    if at + 8 > len(file):
        return None
    (word,) = struct.unpack_from("<I", file, at + 4)
    return Fragment(at, word >> 29, word & 0x1FFFFFFF)


def read_record(file: bytes, at: int) -> tuple[Record | None, Fault | None]:
    """Reads the record at an offset by the strict rules.

    Gives the record, or the fault, or both where all that is missing is the pad behind it.
    """
    fragments, fault = read_fragments(file, at)
    if not fragments or fragments[-1].flag not in (FULL, LAST):
        return None, fault
    parts = [file[each.offset + 8 :][: each.length] for each in fragments]
    return Record(fragments, MAGIC.join(parts)), fault


def read_fragments(file: bytes, at: int) -> tuple[list[Fragment], Fault | None]:
    """Gives the fragments of the record at an offset up to a fault, and that.

    One that lacks no more than its pad is among them.
    """
    fragments: list[Fragment] = []
    length = 0
    while True:
        begin = fragments[-1].end if fragments else at
        fragment = head(file, begin)
        if begin == len(file) and fragments:
            return fragments, Fault("truncated-continuation", begin)
        if fragment is None:
            return fragments, Fault("truncated-header", begin)
        if not has_magic(file, begin):
            return fragments, Fault("bad-magic", begin)
        if fragment.flag > LAST:
            return fragments, Fault("unknown-flag", begin)
        if fragment.flag in (MIDDLE, LAST) and not fragments:
            return fragments, Fault("continuation-without-first", begin)
        if fragment.flag in (FULL, FIRST) and fragments:
            return fragments, Fault("record-without-last", begin)
        length += fragment.length + (len(MAGIC) if fragments else 0)
        if length > MAX_RECORD_LEN:
            return fragments, Fault("record-too-long", begin)
        if begin + 8 + fragment.length > len(file):
            return fragments, Fault("truncated-payload", begin)
        fragments.append(fragment)
        if fragment.end > len(file):
            return fragments, Fault("truncated-padding", begin)
        if fragment.flag in (FULL, LAST):
            return fragments, None


def strict(file: bytes) -> tuple[list[Record], Error | None]:
    """Gives the records of a file up to its first fault, and that fault."""
    records: list[Record] = []
    at = 0
    while at < len(file):
        record, fault = read_record(file, at)
        if fault:
            return records, Error(*fault, ordinal=len(records))
        assert record
        records.append(record)
        at = record.end
    return records, None


def lenient(file: bytes, listed: Collection[int] = ()) -> tuple[list[Record], list[Region]]:
    """Gives the intact records of a file, and the regions between them that are not intact.

    Args:
        file: Its bytes.
        listed: The offsets that an index has, in any order.
    """
    records: list[Record] = []
    regions: list[Region] = []
    at, begin, cause = 0, 0, None
    while at < len(file):
        record, damage = judge(file, at, listed)
        if record is None:
            if cause is None:
                begin, cause = at, damage
            at = next_record_head(file, at + 4)
            continue
        if cause:
            regions.append(Region(begin, at, *cause))
            cause = None
        records.append(record)
        if damage:  # its pad is missing
            regions.append(Region(len(file), len(file), *damage))
        at = record.end
    if cause:
        regions.append(Region(begin, len(file), *cause))
    return records, regions


def next_record_head(file: bytes, begin: int) -> int:
    """Gives the next place where a record can begin, or the length of the file."""
    for at in range(padded(begin), len(file), 4):
        if is_record_head(file, at):
            return at
    return len(file)


def is_record_head(file: bytes, at: int) -> bool:
    """Tells whether a record can begin at an offset: magic and flag say so."""
    fragment = head(file, at)
    return fragment is not None and has_magic(file, at) and fragment.flag in (FULL, FIRST)


def judge(file: bytes, at: int, listed: Collection[int]) -> tuple[Record | None, Fault | None]:
    """Gives the record at an offset if it is intact, else the damage; both for a lacking pad."""
    record, fault = read_escaped(file, at)
    if record is None:
        return None, fault
    if swallows_record(file, record, listed):
        return None, Fault("swallows-record", at)
    if goes_on(file, record):
        return None, Fault("record-goes-on", at)
    if is_cut_short(file, record, listed):
        return None, Fault("cut-short", at)
    if is_lost_at_end(file, record):
        return None, Fault("overwritten", at)
    return record, fault


def read_escaped(file: bytes, at: int) -> tuple[Record | None, Fault | None]:
    """Reads as `read_record`, with fragments of split records that hold no magic (L1)."""
    fragments, _ = read_fragments(file, at)
    if any(each.flag != FULL and magics_in(file, each) for each in fragments):
        return None, Fault("swallows-record", at)  # whoever splits a record leaves no magic in it
    return read_record(file, at)


def is_followed(file: bytes, record: Record) -> bool:
    """Tells whether behind a record is the end, or the magic, or as much of it as has room."""
    return record.end >= len(file) or MAGIC.startswith(file[record.end : record.end + 4])


def magics_in(file: bytes, fragment: Fragment) -> list[int]:
    """Gives where in a fragment, at multiples of four, the magic stands."""
    return [
        place for place in range(fragment.offset + 8, fragment.end, 4) if has_magic(file, place)
    ]


def swallows_record(file: bytes, record: Record, listed: Collection[int]) -> bool:
    """Tells whether the length of a full fragment is too large, by what it covers (L2)."""
    magics = magics_in(file, record.fragments[0])
    if not magics:
        return False
    is_listed = record.offset in listed and (record.end in listed or record.end >= len(file))
    if is_listed and not any(record.offset < offset < record.end for offset in listed):
        # The index need not list every record. A payload may be a file of records, though.
        first = magics[0]
        is_record = first > record.offset + 8 and is_whole_record(file, first, record.end)
        return is_record and bit_leads_to(file, record.fragments[0], first)
    if not ends_well(file, record.end):
        return True
    return any(place in listed or is_whole_record(file, place, record.end) for place in magics[:64])


def ends_well(file: bytes, at: int) -> bool:
    """Tells whether a record can begin at an offset, or the file ends, inside a head perhaps."""
    rest = file[at : at + 8]
    return is_record_head(file, at) or (len(rest) < 8 and MAGIC.startswith(rest[:4]))


def is_whole_record(file: bytes, at: int, end: int) -> bool:
    """Tells whether an intact record stands at an offset, and ends well, at `end` or before it."""
    record, fault = read_escaped(file, at)
    return record is not None and not fault and record.end <= end and ends_well(file, record.end)


def goes_on(file: bytes, record: Record) -> bool:
    """Tells whether the rest of a split record follows, up to the next record (L3)."""
    at, target = record.end, next_record_head(file, record.end)
    while (fragment := head(file, at)) and has_magic(file, at):
        if fragment.flag not in (MIDDLE, LAST) or fragment.end > len(file):
            return False
        at = fragment.end
        if fragment.flag == LAST:
            return at == target
    return False


def is_cut_short(file: bytes, record: Record, listed: Collection[int]) -> bool:
    """Tells whether one bit of the record's length explains what stands behind it (L4)."""
    end, target = record.end, next_record_head(file, record.end)
    if is_followed(file, record) or target == len(file) or end in listed:
        return False
    if leads_on(file, end) or is_overwritten(file, end, target):
        return False  # the head of the next record is what is damaged
    return not record.payload or bit_leads_to(file, record.fragments[-1], target)


def bit_leads_to(file: bytes, fragment: Fragment, target: int) -> bool:
    """Tells whether a fragment ends at `target`, behind zeros, if one bit of its length changes."""
    data = fragment.offset + 8
    return any(
        data + padded(length) == target and not any(file[data + length : target])
        for length in (fragment.length ^ 1 << bit for bit in range(29))
    )


def is_lost_at_end(file: bytes, record: Record) -> bool:
    """Tells whether one byte stands over and over at the end of a record and behind it (L5)."""
    if is_followed(file, record) or leads_on(file, record.end) or record.end + 8 > len(file):
        return False
    if record.fragments[-1].length >= 32:
        run = file[record.end - 32 : record.end + 8]
        return run == run[:1] * 40
    return not record.payload and not any(file[record.end : record.end + 8])


def leads_on(file: bytes, at: int) -> bool:
    """Tells whether a head stands at an offset, but for the magic, that leads to the next one."""
    found = head(file, at)
    if found is None or found.flag not in (FULL, FIRST):
        return False
    return found.end == len(file) or has_magic(file, found.end)


def is_overwritten(file: bytes, at: int, end: int) -> bool:
    """Tells whether eight equal bytes stand at an offset, and other ones right before them."""
    run = file[at : at + 8]
    return at + 8 <= end and run == run[:1] * 8 and file[at - 4 : at] != run[:4]
