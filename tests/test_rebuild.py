"""`rebuild_index`: a new index for a file."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest

from damaged import HIT, INTACT, KEYS, RECORDS, Collector, overwrite, write_damaged
from errors import check_error
from isolated import run_python
from recordio_rs import Reader, Writer, pack, rebuild_index, verify
from recordio_rs.exceptions import (
    CorruptRecordError,
    ImageRecordError,
    InvalidKeyError,
    LockedError,
    RecordIOError,
    SameFileError,
    StorageError,
    TruncatedRecordError,
)
from reference import MAGIC, encode, write_files

Anything: TypeAlias = Any  # a value of the wrong type, too


def image_records(ids: list[int]) -> list[bytes]:
    """Gives image records with these ids; some have a magic, so are split."""
    labels: list[Anything] = [1.0, np.arange(3, dtype=np.float32), 2.0]
    return [
        pack(
            (0, labels[place % 3], number, 0),
            (b"", b"data", MAGIC * 2, b"x" * 8 + MAGIC)[place % 4],
        )
        for place, number in enumerate(ids)
    ]


def test_the_index_is_the_one_that_a_writer_makes(rec: Path, idx: Path) -> None:
    with Writer(rec) as writer:
        for record in RECORDS:
            writer.write(record)
    expected = idx.read_bytes()
    idx.write_text("old and wrong")
    assert rebuild_index(rec) == 7
    assert idx.read_bytes() == expected
    idx.unlink()
    other = rec.with_name("other.idx")
    assert rebuild_index(rec, other, errors="skip") == 7
    assert other.read_bytes() == expected
    assert sorted(path.name for path in rec.parent.iterdir()) == ["a.rec", "other.idx"]
    assert Reader(rec, other).get(6) == RECORDS[6]


@pytest.mark.parametrize(
    "ids", [[0, 1, 2], [7, 3, 5, 1], [2**64 - 1, 2**63, 2**63 - 1, 0], [*range(100, 150)]], ids=str
)
def test_the_keys_may_be_the_ids_of_image_records(rec: Path, idx: Path, ids: list[int]) -> None:
    records = image_records(ids)
    write_files(rec, records, ids)
    expected = idx.read_bytes()
    idx.unlink()
    assert rebuild_index(rec, keys="id") == len(ids)
    assert idx.read_bytes() == expected
    with Reader(rec) as reader:
        assert list(reader.keys) == ids
        assert [reader.get(number) for number in ids] == records


def test_a_header_that_a_magic_splits_has_its_id(rec: Path, idx: Path) -> None:
    split_id = int.from_bytes(MAGIC + bytes(4), "little")
    records = image_records([5, split_id])
    write_files(rec, records)
    assert MAGIC in records[1][:24]
    assert rec.read_bytes().count(MAGIC) > 2
    assert rebuild_index(rec, keys="id") == 2
    assert idx.read_text().split("\t")[1].endswith(str(split_id))


def test_two_records_with_one_id_are_refused(rec: Path, idx: Path) -> None:
    offsets = write_files(rec, image_records([4, 8, 15, 16, 8]))
    idx.write_text("old")
    with pytest.raises(InvalidKeyError, match="records 1 and 4 have the same id, 8") as caught:
        rebuild_index(rec, keys="id")
    check_error(caught.value, path=str(rec), offset=offsets[4], ordinal=4, key=8)
    assert idx.read_text() == "old"


@pytest.mark.parametrize("size", [0, 1, 23])
def test_a_record_without_a_header_has_no_id(rec: Path, idx: Path, size: int) -> None:
    offsets = write_files(rec, [*image_records([1, 2]), bytes(size)])
    idx.write_text("old")
    for errors in ("strict", "skip"):
        with pytest.raises(ImageRecordError) as caught:
            rebuild_index(rec, keys="id", errors=errors)
        facts = {"offset": offsets[2], "ordinal": 2, "expected": 24, "found": size}
        check_error(caught.value, path=str(rec), **facts)
    assert idx.read_text() == "old"
    assert rebuild_index(rec) == 3


def test_damage_is_an_error_that_leaves_the_old_index(rec: Path, idx: Path) -> None:
    offsets = write_damaged(rec)
    idx.write_text("old")
    with pytest.raises(CorruptRecordError) as caught:
        rebuild_index(rec)
    check_error(caught.value, path=str(rec), offset=offsets[HIT], ordinal=HIT)
    rec.write_bytes(encode(b"one") + encode(b"two")[:-1])
    with pytest.raises(TruncatedRecordError):
        rebuild_index(rec)
    assert idx.read_text() == "old"
    assert sorted(path.name for path in rec.parent.iterdir()) == ["a.idx", "a.rec"]


def test_damage_may_be_passed_over_and_told(rec: Path, idx: Path) -> None:
    offsets = write_damaged(rec, KEYS)
    collector = Collector()
    assert rebuild_index(rec, errors=collector) == 6
    assert collector.taken() == [(offsets[HIT], offsets[HIT + 1], "bad-magic")]
    left = offsets[:HIT] + offsets[HIT + 1 :]
    assert idx.read_text() == "".join(f"{key}\t{offset}\n" for key, offset in enumerate(left))
    with Reader(rec) as strict:
        assert list(strict) == INTACT
    with pytest.warns(RuntimeWarning, match="bad magic"):
        assert rebuild_index(rec, errors="warn") == 6
    assert rebuild_index(rec, errors="skip") == 6
    assert verify(rec).lost_keys == ()


def test_of_damaged_image_records_the_intact_ones_get_their_ids(rec: Path, idx: Path) -> None:
    offsets = write_files(rec, image_records([4, 8, 4, 16]))
    overwrite(rec, offsets[2], b"????")
    assert rebuild_index(rec, keys="id", errors="skip") == 3
    assert idx.read_text() == f"4\t0\n8\t{offsets[1]}\n16\t{offsets[3]}\n"


def test_of_an_empty_file_the_index_is_empty(rec: Path, idx: Path) -> None:
    rec.touch()
    for options in ({}, {"keys": "id"}, {"errors": "skip"}):
        idx.write_text("old")
        assert rebuild_index(rec, **options) == 0  # type: ignore[arg-type]
        assert idx.read_bytes() == b""


def test_a_last_record_that_lacks_padding_is_listed_by_who_is_lenient(rec: Path, idx: Path) -> None:
    rec.write_bytes(encode(b"one") + encode(b"x")[:-3])
    assert rebuild_index(rec, errors="skip") == 2
    assert idx.read_text() == "0\t0\n1\t12\n"


class Fault(Exception):
    """What a test raises."""


def test_what_a_callable_raises_leaves_the_old_index(rec: Path, idx: Path) -> None:
    write_damaged(rec)
    idx.write_text("old")

    def fail(*_told: object) -> None:
        raise Fault

    for options in ({"errors": fail}, {"progress": fail}, {"progress": fail, "keys": "id"}):
        with pytest.raises((Fault, CorruptRecordError)):
            rebuild_index(rec, **options)
    assert idx.read_text() == "old"
    assert sorted(path.name for path in rec.parent.iterdir()) == ["a.idx", "a.rec"]


@pytest.mark.parametrize("keys", ["ordinal", "id"])
def test_progress_goes_on_to_its_end(rec: Path, keys: Anything) -> None:
    write_files(rec, image_records([*range(3000)]))
    told: list[tuple[int, int]] = []
    rebuild_index(rec, keys=keys, progress=lambda done, total: told.append((done, total)))
    total = rec.stat().st_size * (2 if keys == "id" else 1)
    assert told[-1] == (total, total)
    assert told == sorted(told)
    assert {each for _, each in told} == {total}


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
def test_ctrl_c_leaves_the_old_index(rec: Path, idx: Path) -> None:
    write_files(rec, image_records([*range(3000)]))
    idx.write_text("old")

    def progress(done: int, total: int) -> None:
        if done == total:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        rebuild_index(rec, keys="id", progress=progress)
    assert idx.read_text() == "old"
    assert sorted(path.name for path in rec.parent.iterdir()) == ["a.idx", "a.rec"]


@pytest.mark.skipif(os.name != "posix", reason="needs limits")
def test_a_full_disk_leaves_the_old_index(rec: Path, idx: Path) -> None:
    rec.write_bytes(encode(b"") * 100_000)
    idx.write_text("old")
    run_python(
        """
import errno, resource, signal
from recordio_rs import rebuild_index
from recordio_rs.exceptions import StorageError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    rebuild_index("a.rec")
except StorageError as error:
    assert (error.errno, error.path) == (errno.EFBIG, "a.idx"), error
else:
    raise AssertionError("it has room")
""",
        cwd=rec.parent,
    )
    assert idx.read_text() == "old"
    assert sorted(path.name for path in rec.parent.iterdir()) == ["a.idx", "a.rec"]


def test_records_and_index_are_not_one_file(rec: Path, tmp_path: Path) -> None:
    write_files(rec, RECORDS)
    before = rec.read_bytes()
    os.link(rec, tmp_path / "hard.idx")
    (tmp_path / "soft.idx").symlink_to(rec)
    (tmp_path / "sub").mkdir()
    names = ["a.rec", "hard.idx", "soft.idx", "sub/../a.rec"]
    indexes: list[Anything] = [*(tmp_path / name for name in names), os.path.relpath(rec)]
    for index in indexes:
        with pytest.raises(SameFileError) as caught:
            rebuild_index(rec, index)
        assert isinstance(caught.value, ValueError)
        assert rec.read_bytes() == before
    odd = tmp_path / "odd.idx"  # its index is itself
    odd.write_bytes(before)
    with pytest.raises(SameFileError):
        rebuild_index(odd)
    assert odd.read_bytes() == before


def test_places_where_no_index_can_be_are_storage_errors(rec: Path, tmp_path: Path) -> None:
    write_files(rec, RECORDS)
    folder = tmp_path / "folder"
    folder.mkdir()
    for index in (folder, tmp_path / "missing" / "a.idx", rec / "a.idx"):
        with pytest.raises(StorageError) as caught:
            rebuild_index(rec, index)
        assert caught.value.path == str(index)
        assert sorted(path.name for path in tmp_path.iterdir()) == ["a.rec", "folder"]


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        ({"keys": "ids"}, ValueError),
        ({"keys": None}, ValueError),
        ({"keys": ["id"]}, ValueError),
        ({"errors": "ignore"}, ValueError),
        ({"errors": None}, TypeError),
        ({"progress": 1}, TypeError),
        ({"index": False}, TypeError),
        ({"index": 1}, TypeError),
    ],
    ids=str,
)
def test_a_wrong_option_is_refused_and_leaves_the_old_index(
    rec: Path, idx: Path, options: dict[str, Anything], kind: type[Exception]
) -> None:
    write_files(rec, RECORDS)
    idx.write_text("old")
    with pytest.raises(kind):
        rebuild_index(rec, **options)
    assert idx.read_text() == "old"


def test_all_refusals_are_errors_of_the_package_or_of_python(rec: Path) -> None:
    rec.write_bytes(b"rubbish!")
    missing = rec.with_name("missing.rec")
    missing.with_suffix(".idx").touch()
    uses: list[Callable[[], object]] = [
        lambda: rebuild_index(rec),
        lambda: rebuild_index(missing),
        lambda: rebuild_index(rec, keys="id"),
        lambda: rebuild_index(rec.with_name("none.rec")),
    ]
    for use in uses:
        with pytest.raises(RecordIOError):
            use()
    assert rebuild_index(rec, errors="skip") == 0


@pytest.mark.skipif(sys.platform == "win32", reason="writers have no locks there")
def test_files_that_a_writer_has_are_left_to_it(rec: Path, idx: Path) -> None:
    with Writer(rec) as writer:
        writer.write(b"one")
        writer.flush()
        with pytest.raises(LockedError) as caught:
            rebuild_index(rec)
        check_error(caught.value, path=str(rec))
        writer.write(b"two")
    assert idx.read_text() == "0\t0\n1\t12\n"
    assert rebuild_index(rec) == 2
    Writer(rec, mode="a").close()  # nobody has it any more


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs FIFOs, links and permissions")
def test_what_is_replaced_is_a_regular_file_behind_a_link_with_its_permissions(
    rec: Path, idx: Path, tmp_path: Path
) -> None:
    write_files(rec, RECORDS)
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(StorageError) as caught:
        rebuild_index(rec, tmp_path / "fifo")
    check_error(caught.value, path=str(tmp_path / "fifo"))
    assert (tmp_path / "fifo").is_fifo()
    behind = tmp_path / "behind.idx"
    behind.write_text("old")
    behind.chmod(0o600)
    idx.symlink_to(behind)
    (tmp_path / "behind.idx.partial").write_text("left by who was killed")
    assert rebuild_index(rec) == len(RECORDS)
    assert idx.is_symlink()
    assert behind.stat().st_mode & 0o777 == 0o600
    assert len(behind.read_text().splitlines()) == len(RECORDS)
    assert not (tmp_path / "behind.idx.partial").exists()
