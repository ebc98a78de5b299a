"""`repair`: all that is intact of a damaged file, in a new one."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from damaged import HIT, INTACT, INTACT_KEYS, KEYS, RECORDS, overwrite, write_damaged
from isolated import run_python
from recordio_rs import MXIndexedRecordIO, Reader, Writer, repair, verify
from recordio_rs.exceptions import SameFileError, StorageError, StorageNotFoundError
from reference import MAGIC, decode, encode, write_files

Anything: TypeAlias = Any  # a value of the wrong type, too


@pytest.fixture
def dst(tmp_path: Path) -> Path:
    """Where the repaired file goes."""
    return tmp_path / "b.rec"


def contents(folder: Path) -> dict[str, bytes]:
    """Gives all files in a folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def written(folder: Path, records: Iterable[bytes], keys: Iterable[int]) -> tuple[bytes, bytes]:
    """Gives the two files that a writer makes of records and keys."""
    path = folder / "expected.rec"
    with Writer(path) as writer:
        for record, key in zip(records, keys, strict=True):
            writer.write(record, key)
    both = path.read_bytes(), path.with_suffix(".idx").read_bytes()
    for each in (path, path.with_suffix(".idx")):
        each.unlink()
    return both


def test_the_new_file_is_what_a_writer_makes_of_the_intact_records(rec: Path, dst: Path) -> None:
    write_damaged(rec, KEYS)
    before = contents(rec.parent)
    expected = verify(rec)
    report = repair(rec, dst)
    assert report == replace(expected, written=str(dst))
    assert str(report).endswith(f"the intact records are in {dst}")
    assert report.lost_keys == (KEYS[HIT],)
    after = contents(rec.parent)
    assert (after.pop("b.rec"), after.pop("b.idx")) == written(rec.parent, INTACT, INTACT_KEYS)
    assert after == before
    fresh = verify(dst)
    assert (fresh.ok, fresh.records) == (True, 6)
    with Reader(dst) as reader:
        assert list(reader) == INTACT
        assert [reader.get(key) for key in INTACT_KEYS] == INTACT


def test_without_an_index_the_keys_are_the_new_ordinals(rec: Path, dst: Path) -> None:
    write_damaged(rec, KEYS)
    report = repair(rec, dst, index=False)
    assert (report.index_path, report.lost_keys, report.records) == (None, (), 6)
    assert contents(rec.parent)["b.idx"] == written(rec.parent, INTACT, range(6))[1]


def test_an_undamaged_file_comes_out_as_it_is(rec: Path, dst: Path) -> None:
    write_files(rec, RECORDS, KEYS)
    assert repair(rec, dst).ok
    files = contents(rec.parent)
    assert (files["b.rec"], files["b.idx"]) == (files["a.rec"], files["a.idx"])


def test_keys_stay_in_the_order_of_the_index(rec: Path, idx: Path, dst: Path) -> None:
    offsets = write_damaged(rec)
    order = [6, 0, 5, 1, 4, 2, 3]
    idx.write_text("".join(f"{100 - at}\t{offsets[at]}\n" for at in order))
    assert repair(rec, dst).lost_keys == (97,)
    with Reader(dst) as reader:
        assert list(reader.keys) == [94, 100, 95, 99, 96, 98]
        assert list(reader) == [RECORDS[at] for at in order[:-1]]
    assert [record for _, record in decode(dst.read_bytes())] == INTACT


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("5\t0\n", {5: b"one", 6: b"two", 7: b"six"}),
        ("1\t12\n", {1: b"two", 3: b"one", 4: b"six"}),
        ("two\t12\n", {"two": b"two", "3": b"one", "4": b"six"}),
        ("9\t500\n2\t0\n", {2: b"one", 10: b"two", 11: b"six"}),
        ("", {3: b"one", 4: b"two", 5: b"six"}),
        (f"{10**30}\t24\n", {10**30: b"six", 10**30 + 1: b"one", 10**30 + 2: b"two"}),
        ("-7\t24\n", {-7: b"six", 3: b"one", 4: b"two"}),
        ("torn\n4\t0\n4", {4: b"one", 5: b"two", 6: b"six"}),
        ("1\t0\n1\t12\n2\t0\n", {1: b"two", 2: b"one", 3: b"six"}),
    ],
    ids=["one", "small", "text", "wrong", "none", "huge", "negative", "torn", "twice"],
)
def test_records_that_the_index_does_not_list_get_fresh_keys(
    rec: Path, idx: Path, dst: Path, lines: str, expected: dict[Anything, bytes]
) -> None:
    write_files(rec, [b"one", b"two", b"six"])
    idx.write_text(lines)
    assert not repair(rec, dst).ok
    key_type = str if "two" in expected else int
    with Reader(dst, key_type=key_type) as reader:
        assert {key: reader.get(key) for key in reader.keys} == expected
    assert verify(dst).ok


def test_keys_of_any_text_are_kept(rec: Path, dst: Path) -> None:
    keys = ["a", "ä ö", "0.5", "x y", "1e3", "\U0001f600", "-"]
    write_damaged(rec, keys)
    assert repair(rec, dst).lost_keys == (keys[HIT],)
    with Reader(dst, key_type=str) as reader:
        assert list(reader.keys) == keys[:HIT] + keys[HIT + 1 :]
        assert list(reader) == INTACT


def test_last_padding_that_was_missing_is_written(rec: Path, dst: Path) -> None:
    write_files(rec, [b"one", b"x"], [0, 1])
    rec.write_bytes(rec.read_bytes()[:-3])
    report = repair(rec, dst)
    assert [problem.kind for problem in report.problems] == ["truncated-padding"]
    assert dst.read_bytes() == encode(b"one") + encode(b"x")
    assert verify(dst).ok


def test_records_are_split_as_a_writer_splits_them(rec: Path, dst: Path) -> None:
    unescaped = b"abcd" + MAGIC + b"efgh"
    head = encode(bytes(12))[:8]
    rec.write_bytes(encode(b"one") + head + unescaped + b"rubbish!" * 2 + encode(b"six"))
    repair(rec, dst)
    found = [record for _, record in decode(dst.read_bytes())]
    with Reader(rec, errors="skip") as reader:
        assert found == list(reader)
    assert verify(dst).ok


def test_of_rubbish_nothing_is_left(rec: Path, dst: Path) -> None:
    rec.write_bytes(b"rubbish!" * 1000)
    assert repair(rec, dst).records == 0
    assert (dst.read_bytes(), dst.with_suffix(".idx").read_bytes()) == (b"", b"")
    rec.write_bytes(b"")
    assert repair(rec, dst).ok
    assert dst.read_bytes() == b""


def test_what_was_there_is_replaced(rec: Path, dst: Path) -> None:
    write_damaged(rec, KEYS)
    write_files(dst, [b"old"] * 100, range(100))
    repair(rec, dst)
    with Reader(dst) as reader:
        assert list(reader) == INTACT
    assert sorted(contents(rec.parent)) == ["a.idx", "a.rec", "b.idx", "b.rec"]


def test_a_file_is_not_repaired_into_itself(rec: Path, idx: Path, tmp_path: Path) -> None:
    write_damaged(rec, KEYS)
    (tmp_path / "soft.rec").symlink_to(rec)
    os.link(rec, tmp_path / "hard.rec")
    (tmp_path / "onto.idx").symlink_to(idx)
    before = contents(tmp_path)
    others = [tmp_path / name for name in ("soft.rec", "hard.rec", "onto.rec", "sub/../a.rec")]
    (tmp_path / "sub").mkdir()
    targets: list[Anything] = [rec, *others, os.path.relpath(rec), os.fsencode(rec)]
    for target in targets:
        with pytest.raises(SameFileError) as caught:
            repair(rec, target)
        assert isinstance(caught.value, ValueError)
        assert contents(tmp_path) == before


def test_the_records_are_not_written_over_the_index_nor_the_index_over_the_records(
    tmp_path: Path,
) -> None:
    rec, idx = tmp_path / "a.rec", tmp_path / "b.idx"
    write_damaged(rec)
    idx.write_text("0\t0\n")
    before = contents(tmp_path)
    for target in (tmp_path / "b.rec", tmp_path / "b.idx"):
        with pytest.raises(SameFileError):
            repair(rec, target, index=idx)
        assert contents(tmp_path) == before
    odd = tmp_path / "c.idx"
    rec.rename(odd)
    with pytest.raises(SameFileError):
        repair(odd, tmp_path / "c.rec", index=False)
    assert odd.read_bytes() == before["a.rec"]


class Fault(Exception):
    """What a test raises."""


@pytest.mark.parametrize("call", [0, -1])
def test_a_failure_leaves_what_was_there_and_nothing_else(rec: Path, dst: Path, call: int) -> None:
    write_damaged(rec, KEYS)
    write_files(dst, [b"old"], [1])
    before = contents(rec.parent)
    calls: list[tuple[int, int]] = []
    repair(rec, rec.with_name("c.rec"), progress=lambda *told: calls.append(told))
    wanted = range(len(calls))[call]
    for name in ("c.rec", "c.idx"):
        rec.with_name(name).unlink()
    calls.clear()

    def progress(done: int, total: int) -> None:
        calls.append((done, total))
        if len(calls) > wanted:
            raise Fault

    with pytest.raises(Fault):
        repair(rec, dst, progress=progress)
    assert contents(rec.parent) == before


def test_progress_goes_on_to_its_end(rec: Path, dst: Path) -> None:
    block = encode(b"x" * 300) * 1000
    rec.write_bytes(block * 300)
    told: list[tuple[int, int]] = []
    repair(rec, dst, progress=lambda done, total: told.append((done, total)))
    total = 2 * rec.stat().st_size
    assert told[-1] == (total, total)
    assert {each for _, each in told} == {total}
    assert told == sorted(told)
    assert dst.stat().st_size == rec.stat().st_size


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
def test_ctrl_c_leaves_what_was_there(rec: Path, dst: Path) -> None:
    rec.write_bytes(encode(b"x" * 300) * 100_000)
    dst.write_bytes(b"old")

    def progress(done: int, total: int) -> None:
        if done * 2 >= total:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        repair(rec, dst, progress=progress)
    assert dst.read_bytes() == b"old"
    assert sorted(contents(rec.parent)) == ["a.rec", "b.rec"]


@pytest.mark.skipif(os.name != "posix", reason="needs limits")
def test_a_full_disk_leaves_what_was_there(rec: Path, dst: Path) -> None:
    rec.write_bytes(encode(b"x" * 10_000) * 300)
    dst.write_bytes(b"old")
    run_python(
        """
import resource, signal
from recordio_rs import repair
from recordio_rs.exceptions import StorageError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
try:
    repair("a.rec", "b.rec")
except StorageError as error:
    assert error.path is not None
else:
    raise AssertionError("it has room")
""",
        cwd=rec.parent,
    )
    assert dst.read_bytes() == b"old"
    assert sorted(contents(rec.parent)) == ["a.rec", "b.rec"]


def test_places_where_nothing_can_be_written_are_storage_errors(rec: Path, tmp_path: Path) -> None:
    write_damaged(rec, KEYS)
    before = contents(tmp_path)
    (tmp_path / "folder.rec").mkdir()
    for target in (tmp_path / "missing" / "b.rec", tmp_path / "folder.rec", rec / "b.rec"):
        with pytest.raises(StorageError) as caught:
            repair(rec, target)
        assert caught.value.path is not None
        assert contents(tmp_path) == before


def test_a_source_that_is_not_there_leaves_the_target(dst: Path, tmp_path: Path) -> None:
    dst.write_bytes(b"old")
    with pytest.raises(StorageNotFoundError) as caught:
        repair(tmp_path / "missing.rec", dst)
    assert caught.value.path == str(tmp_path / "missing.rec")
    assert contents(tmp_path) == {"b.rec": b"old"}


@pytest.mark.parametrize("limit", [0, 1, 2])
def test_all_is_repaired_however_few_problems_are_kept(rec: Path, dst: Path, limit: int) -> None:
    offsets = write_damaged(rec, KEYS)
    overwrite(rec, offsets[5], b"????")
    report = repair(rec, dst, max_problems=limit)
    assert (len(report.problems), report.omitted) == (limit, 4 - limit)
    assert not report.ok
    with Reader(dst) as reader:
        assert list(reader.keys) == [10, 20, 30, 50, 70]


def test_mxnets_class_reads_what_was_repaired(rec: Path, dst: Path) -> None:
    write_damaged(rec, KEYS)
    repair(rec, dst)
    plain = MXIndexedRecordIO(dst.with_suffix(".idx"), dst, "r")
    assert plain.keys == INTACT_KEYS
    assert list(plain) == [plain.read_idx(key) for key in INTACT_KEYS] == INTACT


@pytest.mark.parametrize("wrong", [1, None, [], 1.5])
def test_what_is_no_path_is_a_type_error(rec: Path, wrong: Anything) -> None:
    write_damaged(rec)
    with pytest.raises(TypeError):
        repair(rec, wrong)
    with pytest.raises(TypeError):
        repair(wrong, rec)


def test_keys_that_are_integers_in_an_unusual_form_stay_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "a.rec"
    with Writer(path) as writer:
        writer.write_batch([b"zero", b"one", b"two"], ["007", "08", "10"])
    overwrite(path, 12, b"????")
    report = repair(path, tmp_path / "b.rec")
    assert report.lost_keys == ("08",)
    assert (tmp_path / "b.idx").read_bytes() == b"007\t0\n10\t12\n"
