"""`verify`: all that is wrong with a file and its index, in one report."""

from __future__ import annotations

import os
import pickle
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from damaged import HIT, INTACT, KEYS, RECORDS, overwrite, write_damaged
from recordio_rs import Problem, Report, SkippedRegion, verify
from recordio_rs.exceptions import StorageError, StorageNotFoundError
from reference import MAGIC, encode, write_files

Anything: TypeAlias = Any  # a value of the wrong type, too


def test_nothing_is_wrong_with_what_a_writer_wrote(rec: Path, idx: Path) -> None:
    write_files(rec, RECORDS, KEYS)
    report = verify(rec)
    size = rec.stat().st_size
    assert report == Report(str(rec), str(idx), size, 7, (), (), 0)
    assert report.ok
    assert report.lost_keys == ()
    assert str(report) == f"{rec}: 7 intact records, no problem"
    assert verify(rec, index=False) == Report(str(rec), None, size, 7)


def test_damage_is_told_with_all_facts(rec: Path, idx: Path) -> None:
    offsets = write_damaged(rec, KEYS)
    before = rec.read_bytes(), idx.read_bytes()
    report = verify(rec)
    begin, end = offsets[HIT], offsets[HIT + 1]
    reason = "bad magic (expected 0xced7230a, found 0x3f3f3f3f)"
    assert report.problems == (
        Problem("bad-magic", reason, begin, HIT),
        Problem("record-lost", "the record of this entry is damaged", begin, HIT, KEYS[HIT]),
    )
    assert report.skipped == (SkippedRegion(begin, end, reason, "bad-magic"),)
    assert (report.ok, report.records, report.omitted) == (False, len(INTACT), 0)
    assert report.lost_keys == (KEYS[HIT],)
    assert str(report).splitlines() == [
        f"{rec}: 6 intact records, 1 damaged region (1 record lost)",
        f"  bad-magic: {reason} [byte {begin}, record {HIT}]; bytes {begin} to {end} are lost",
        f"  record-lost: the record of this entry is damaged [byte {begin}, entry {HIT}, key 40]",
    ]
    assert (rec.read_bytes(), idx.read_bytes()) == before
    without = verify(rec, index=False)
    assert (without.problems, without.skipped) == (report.problems[:1], report.skipped)
    assert "1 damaged region\n" in str(without)


def test_a_report_can_be_pickled_compared_and_hashed_and_not_changed(rec: Path) -> None:
    write_damaged(rec, KEYS)
    report = verify(rec)
    twin = pickle.loads(pickle.dumps(report))
    assert twin == report
    assert hash(twin) == hash(report)
    for each, name in [(report, "records"), (report.problems[0], "kind")]:
        with pytest.raises(AttributeError):
            setattr(each, name, 0)


def test_only_so_many_problems_are_kept_and_the_others_counted(rec: Path, idx: Path) -> None:
    offsets = write_files(rec, [b"x"] * 40, range(40))
    for offset in offsets[5::10]:
        overwrite(rec, offset, b"????")
    with idx.open("a") as file:
        file.write("40\t1\n")
    whole = verify(rec)
    assert [problem.kind for problem in whole.problems] == [
        *["bad-magic"] * 4,
        *["record-lost"] * 4,
        "entry-points-wrong",
    ]
    for limit in range(9):
        report = verify(rec, max_problems=limit)
        kept, omitted = list(report.problems), report.omitted
        assert len(kept) == limit
        assert omitted == 9 - limit
        # Which entries are lost is known only where the regions are kept.
        assert [each.offset for each in kept] == [each.offset for each in whole.problems[:limit]]
        assert report.skipped == whole.skipped[:limit]
        assert not report.ok
        assert str(report).endswith(f"... and {omitted} more")
        assert f"{omitted} {'more ' * bool(limit)}problem" in report.summary
    assert verify(rec, max_problems=9) == whole
    assert whole.summary == (
        f"{rec}: 36 intact records, 4 damaged regions (4 records lost), "
        "1 entry that points to no record"
    )


def test_the_limit_is_a_number_of_at_least_0(rec: Path) -> None:
    write_files(rec, RECORDS)
    for limit in (-1, -(2**70)):
        with pytest.raises(ValueError, match="at least 0"):
            verify(rec, max_problems=limit)
    for wrong in ("1", None, 1.5):
        with pytest.raises(TypeError):
            verify(rec, max_problems=wrong)  # type: ignore[arg-type]


INDEXES: dict[str, tuple[str, list[tuple[Anything, ...]]]] = {
    "empty": ("", [("record-not-listed", place, at, None) for at, place in enumerate((0, 12, 24))]),
    "subset": ("5\t0\n7\t24\n", [("record-not-listed", 12, 1, None)]),
    "duplicates": ("1\t0\n1\t12\n1\t24\n1\t0\n", []),
    "another order": ("3\t24\n1\t0\n2\t12\n", []),
    "text keys": ("a\t0\nb\t12\nc\t8\nd\t24\n", [("entry-points-wrong", 8, 2, "c")]),
    "numbers and text": ("1\t0\nb\t12\n3\t8\n4\t24\n", [("entry-points-wrong", 8, 2, "3")]),
    "huge keys": (
        f"{10**30}\t0\n{-(10**30)}\t12\n{10**40}\t13\n1\t24\n",
        [("entry-points-wrong", 13, 2, 10**40)],
    ),
    "no plain number": ("007\t0\n+1\t12\n1_0\t13\n4\t24\n", [("entry-points-wrong", 13, 2, "1_0")]),
    "behind the end": ("0\t0\n1\t12\n2\t24\n3\t36\n", [("entry-points-wrong", 36, 3, 3)]),
    "far behind": (
        f"0\t0\n1\t12\n2\t24\n3\t{2**64 - 1}\n",
        [("entry-points-wrong", 2**64 - 1, 3, 3)],
    ),
    "blank line": ("0\t0\n\n1\t12\n2\t24\n", [("index-line", None, 1, None)]),
    "torn": ("0\t0\n1\t12\n2\t24\n3", [("index-line", None, 3, None)]),
    "torn with tab": ("0\t0\n1\t12\n2\t24\n3\t", [("index-line", None, 3, None)]),
    "no newline at the end": ("0\t0\n1\t12\n2\t24", []),
    "negative": (
        "0\t0\n1\t-12\n2\t24\n",
        [("index-line", None, 1, None), ("record-not-listed", 12, 1, None)],
    ),
    "too large": ("0\t0\n1\t12\n2\t24\n3\t" + "9" * 30, [("index-line", None, 3, None)]),
    "windows": ("0\t0\r\n1\t12\r\n2\t24\r\n", []),
    "rubbish": (
        "\0\x01\x02 rubbish",
        [
            ("index-line", None, 0, None),
            *(("record-not-listed", place, at, None) for at, place in enumerate((0, 12, 24))),
        ],
    ),
}


@pytest.mark.parametrize(("text", "expected"), INDEXES.values(), ids=INDEXES)
def test_of_any_index_it_tells_what_is_wrong(
    rec: Path, idx: Path, text: str, expected: list[tuple[Anything, ...]]
) -> None:
    write_files(rec, [b"one", b"two", b"six"])
    idx.write_text(text, newline="")
    report = verify(rec)
    found = [(each.kind, each.offset, each.ordinal, each.key) for each in report.problems]
    assert found == expected
    assert (report.ok, report.records, report.skipped) == (not expected, 3, ())
    assert all(each.reason for each in report.problems)
    assert str(report)


def test_bad_lines_do_not_move_the_ordinals_of_their_followers(rec: Path, idx: Path) -> None:
    write_files(rec, [b"one", b"two"])
    idx.write_text("0\t0\nbad\n1\t13\n2\t12\n")
    found = [(each.kind, each.ordinal, each.key) for each in verify(rec).problems]
    assert found[0] == ("index-line", 1, None)
    assert found[1][::2] == ("entry-points-wrong", 1)


def test_an_index_that_is_no_text_is_told_too(rec: Path, idx: Path) -> None:
    write_files(rec, RECORDS)
    idx.write_bytes(b"\xff\xfe0\t0\n\x80\t12\n")
    report = verify(rec)
    assert not report.ok
    assert str(report)
    assert repr(report).encode()
    assert pickle.loads(pickle.dumps(report)) == report


def test_an_index_of_another_file_points_wrong(rec: Path, idx: Path) -> None:
    write_files(rec, RECORDS, KEYS)
    write_files(rec, [b"longer than before"] * 7)
    kinds = {problem.kind for problem in verify(rec).problems}
    assert kinds == {"entry-points-wrong", "record-not-listed"}
    assert idx.read_text().startswith("10\t0\n")


def test_an_index_that_is_not_there(rec: Path, idx: Path, tmp_path: Path) -> None:
    write_files(rec, RECORDS)
    assert verify(rec).ok
    assert verify(rec).index_path is None
    with pytest.raises(StorageNotFoundError) as caught:
        verify(rec, idx)
    assert caught.value.path == str(idx)
    with pytest.raises(StorageError):
        verify(rec, tmp_path)


def test_paths_may_be_of_any_kind(rec: Path, idx: Path) -> None:
    write_files(rec, RECORDS, KEYS)
    both: list[Anything] = [(str(rec), str(idx)), (os.fsencode(rec), os.fsencode(idx)), (rec, idx)]
    for path, index in both:
        report = verify(path, index)
        assert (report.path, report.index_path, report.ok) == (str(rec), str(idx), True)


@pytest.mark.parametrize("wrong", [1, None, [], 1.5])
def test_what_is_no_path_is_a_type_error(wrong: Anything) -> None:
    with pytest.raises(TypeError):
        verify(wrong)


def test_an_empty_file_is_well(rec: Path, idx: Path) -> None:
    rec.touch()
    assert verify(rec).ok
    idx.touch()
    assert verify(rec).ok
    idx.write_text("0\t0\n")
    (problem,) = verify(rec).problems
    assert (problem.kind, problem.offset, problem.key) == ("entry-points-wrong", 0, 0)
    assert "behind the end" in problem.reason


def test_what_strict_readers_pass_over_is_found(rec: Path) -> None:
    first = bytearray(encode(b"first"))
    first[4] += 16  # its length leads across the second
    rec.write_bytes(first + encode(b"second") + encode(b"third"))
    report = verify(rec)
    assert [problem.kind for problem in report.problems] == ["swallows-record"]
    assert report.records == 2


@pytest.fixture
def large(rec: Path) -> Path:
    """A file that takes some tenths of a second."""
    block = encode(b"x" * 300 + MAGIC) * 1000
    with rec.open("wb") as file:
        for _ in range(1000):
            file.write(block)
    return rec


def check_progress(use: Callable[[Callable[[int, int], object]], object], size: int) -> None:
    """Asserts that progress comes to its end, and never goes back."""
    told: list[tuple[int, int]] = []
    use(lambda done, total: told.append((done, total)))
    assert told
    totals = {total for _, total in told}
    assert len(totals) == 1
    (total,) = totals
    assert total % max(size, 1) == 0
    assert told[-1] == (total, total)
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[0][0] >= 0


def test_progress_goes_on_to_its_end(large: Path) -> None:
    check_progress(
        lambda progress: verify(large, progress=progress, max_problems=1), large.stat().st_size
    )


def test_progress_of_an_empty_file_ends_at_once(rec: Path) -> None:
    rec.touch()
    check_progress(lambda progress: verify(rec, progress=progress), 0)


def test_what_progress_raises_comes_out(large: Path) -> None:
    calls = []

    def progress(done: int, total: int) -> None:
        calls.append((done, total))
        raise ZeroDivisionError

    before = threading.active_count()
    with pytest.raises(ZeroDivisionError):
        verify(large, progress=progress)
    assert len(calls) == 1
    assert threading.active_count() == before


def test_progress_may_be_interrupted_and_may_use_the_file(large: Path) -> None:
    small = large.with_name("small.rec")
    small.write_bytes(encode(b"small"))
    calls = []

    def progress(_done: int, _total: int) -> None:
        calls.append(verify(small).ok)
        os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        verify(large, progress=progress)
    assert set(calls) == {True}


@pytest.mark.parametrize("wrong", [1, "x", [1]])
def test_progress_that_cannot_be_called_is_a_type_error(rec: Path, wrong: Anything) -> None:
    write_files(rec, RECORDS)
    with pytest.raises(TypeError):
        verify(rec, progress=wrong)


def test_keys_that_a_type_refuses_are_told_where_one_is_given(rec: Path, idx: Path) -> None:
    offsets = write_files(rec, [b"a", b"b", b"c"], ["1", "x2", "3"])
    assert verify(rec)
    assert verify(rec, key_type=str)
    report = verify(rec, key_type=int)
    assert not report
    (problem,) = report.problems
    assert (problem.kind, problem.offset, problem.ordinal) == ("index-line", offsets[1], 1)
    assert verify(rec, key_type=int, max_problems=0).omitted == 1
    write_files(rec, [b"a", b"b"], ["1", 2**70])
    assert verify(rec, key_type=int)


def test_all_lost_keys_are_told_however_few_problems_are_wanted(rec: Path) -> None:
    offsets = write_damaged(rec, KEYS)
    overwrite(rec, offsets[5], b"????")
    for max_problems in (0, 1, 3, 100, 10**30):
        report = verify(rec, max_problems=max_problems)
        assert report.lost_keys == (KEYS[HIT], KEYS[5])
        assert len(report.problems) + report.omitted == 4
