"""`Writer(mode="a")`: records behind those that are there, also behind a writer that was killed."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import warnings
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from isolated import run_python
from recordio_rs import MXIndexedRecordIO, Reader, Writer
from recordio_rs.recovery import Recovery, RecoveryWarning
from recordio_rs.rescue import SkippedRegion
from reference import MAGIC, decode, encode, write_files

Anything: TypeAlias = Any  # a value of the wrong type, too

HERE = Path(__file__).parent
RECORDS = [b"first", b"", MAGIC * 2, b"last"]
TEXT = "0\t0\n1\t16\n2\t24\n3\t48\n"


def payloads(rec: Path) -> list[bytes]:
    """Gives the records of a file by the reference decoder."""
    return [payload for _, payload in decode(rec.read_bytes())]


def append(rec: Path, *records: bytes, key: int | str | None = None) -> Recovery | None:
    """Writes records behind those of a file, and gives what had to be mended."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RecoveryWarning)
        writer = Writer(rec, mode="a")
    with writer:
        for record in records:
            writer.write(record, key)
    return writer.recovery


def test_writing_on_gives_the_files_that_writing_at_once_gives(rec: Path, idx: Path) -> None:
    for record in RECORDS:
        assert append(rec, record) is None
    assert rec.read_bytes() == b"".join(map(encode, RECORDS))
    assert idx.read_text() == TEXT


def test_a_file_that_is_not_there_is_made(rec: Path, idx: Path) -> None:
    with Writer(rec, mode="a") as writer:
        assert writer.tell() == 0
        assert writer.recovery is None
    assert (rec.read_bytes(), idx.read_bytes()) == (b"", b"")


def test_the_other_modes_have_nothing_to_mend(rec: Path, tmp_path: Path) -> None:
    with Writer(rec) as one, Writer(tmp_path / "b.rec", mode="x") as other:
        assert (one.recovery, other.recovery) == (None, None)


@pytest.mark.parametrize(
    ("keys", "expected"),
    [([], 0), ([7], 8), ([7, 3], 8), (["cat", "dog"], 2), ([-5], 1), ([10**30], 1), ([5, "x"], 6)],
)
def test_keys_count_on_from_the_number_of_entries_or_the_largest_integer(
    rec: Path, idx: Path, keys: list[object], expected: int
) -> None:
    write_files(rec, [b"x"] * len(keys), keys)
    append(rec, b"new", b"newer")
    assert idx.read_text().split()[len(keys) * 2 :: 2] == [str(expected), str(expected + 1)]


def test_a_key_that_is_given_stands_in_the_index(rec: Path) -> None:
    write_files(rec, [b"x"], ["cat"])
    append(rec, b"y", key="dog")
    assert Reader(rec, key_type=str).get("dog") == b"y"


def test_without_an_index_records_are_written_on(rec: Path, idx: Path) -> None:
    write_files(rec, RECORDS)
    with Writer(rec, False, mode="a") as writer:
        assert writer.write(b"new") == 60
    assert payloads(rec) == [*RECORDS, b"new"]
    assert not idx.exists()


def test_an_index_that_is_not_there_is_made_of_all_records(rec: Path, idx: Path) -> None:
    write_files(rec, RECORDS)
    assert append(rec) == Recovery(torn=None, added=4, removed=0)
    assert idx.read_text() == TEXT
    assert append(rec) is None


def test_a_record_left_out_of_the_index_stays_so(rec: Path, idx: Path) -> None:
    with MXIndexedRecordIO(idx, rec, "w") as writer:
        writer.write(b"left out")
        writer.write_idx(9, b"listed")
    assert append(rec, b"new") is None
    assert idx.read_text() == "9\t16\n10\t32\n"


@pytest.mark.parametrize("cut", range(1, 12))
def test_a_record_that_is_not_whole_goes(rec: Path, idx: Path, cut: int) -> None:
    write_files(rec, RECORDS, range(4))
    with rec.open("r+b") as file:
        file.truncate(60 - cut)
    found = append(rec, b"new")
    assert found is not None
    assert found.torn is not None
    assert (found.torn.begin, found.torn.end, found.added, found.removed) == (48, 60 - cut, 0, 1)
    assert found.torn.kind == ("truncated-payload" if cut <= 4 else "truncated-header")
    assert payloads(rec) == [*RECORDS[:3], b"new"]
    assert idx.read_text() == TEXT


def test_a_record_that_lacks_only_zeros_stays_and_gets_them(rec: Path) -> None:
    write_files(rec, [b"abcde"], [0])
    with rec.open("r+b") as file:
        file.truncate(14)
    reason = "file ends inside the padding (expected 3 bytes, found 1)"
    torn = SkippedRegion(14, 14, reason, "truncated-padding")
    assert append(rec, b"new") == Recovery(torn, added=0, removed=0)
    assert rec.read_bytes() == encode(b"abcde") + encode(b"new")


def test_what_is_mended_is_told_by_a_warning_at_the_caller(rec: Path) -> None:
    rec.write_bytes(encode(b"whole") + encode(b"torn")[:-1])
    with pytest.warns(
        RecoveryWarning, match=r"11 bytes cut off at byte 16 .*, 1 entries added"
    ) as all_:
        Writer(rec, mode="a").close()
    assert [warning.filename for warning in all_] == [__file__]


def test_a_warning_that_is_an_error_leaves_no_writer_behind(rec: Path) -> None:
    write_files(rec, RECORDS)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(RecoveryWarning):
            Writer(rec, mode="a")
    assert append(rec, b"new") is None


def test_entries_of_records_that_are_gone_go_wherever_they_stand(rec: Path, idx: Path) -> None:
    write_files(rec, [b"x" * 8] * 2)
    idx.write_text("a\t16\nb\t32\nc\t0\n")
    assert append(rec, b"new") == Recovery(torn=None, added=0, removed=1)
    assert idx.read_text() == "a\t16\nc\t0\n2\t32\n"
    assert [path.name for path in sorted(rec.parent.iterdir())] == ["a.idx", "a.rec"]


@pytest.mark.skipif(sys.platform == "win32", reason="needs links")
def test_an_index_is_written_anew_into_no_file_that_is_there(rec: Path, idx: Path) -> None:
    for other in ("b.rec", "a.idx"):
        write_files(rec, [b"x" * 8] * 2)
        write_files(rec.with_name("b.rec"), RECORDS)
        idx.write_text("a\t16\nb\t32\nc\t0\n")
        os.link(rec.with_name(other), rec.with_name("a.idx.partial"))
        assert append(rec) == Recovery(torn=None, added=0, removed=1)
        assert payloads(rec.with_name("b.rec")) == RECORDS
        assert idx.read_text() == "a\t16\nc\t0\n"
        assert not rec.with_name("a.idx.partial").exists()


@pytest.mark.parametrize("line", ["3", "3\t", "3\t4", "\0" * 9, "3\t24"])
def test_a_line_of_the_index_that_breaks_off_goes(rec: Path, idx: Path, line: str) -> None:
    write_files(rec, RECORDS)
    idx.write_text("0\t0\n1\t16\n2\t24\n" + line)
    assert append(rec) == Recovery(torn=None, added=1, removed=1)
    assert idx.read_text() == TEXT


def test_a_last_line_that_only_lacks_its_line_feed_gets_it(rec: Path, idx: Path) -> None:
    write_files(rec, RECORDS)
    idx.write_text(TEXT.replace("3\t48\n", "cat\t48"))
    assert append(rec, b"new") is None
    assert idx.read_text() == TEXT.replace("3\t48", "cat\t48") + "4\t60\n"


def test_files_cut_anywhere_are_written_on(rec: Path, idx: Path) -> None:
    generator = random.Random(3)
    for _ in range(200):
        records = [generator.randbytes(generator.choice([0, 3, 50])) for _ in range(20)]
        offsets = write_files(rec, records, range(20))
        os.truncate(rec, generator.randint(0, rec.stat().st_size))
        ends = [offset + 8 + len(record) for offset, record in zip(offsets, records, strict=True)]
        whole = sum(end <= rec.stat().st_size for end in ends)
        # Entries are written behind their records.
        lines = [f"{key}\t{offset}\n" for key, offset in enumerate(offsets[:whole])]
        os.truncate(idx, generator.randint(0, len("".join(lines))))
        append(rec, b"new")
        assert payloads(rec) == [*records[:whole], b"new"]
        assert list(Reader(rec)) == [*records[:whole], b"new"]
        assert list(Reader(rec).keys) == list(range(whole + 1))


def test_a_pipe_or_a_device_is_written_as_ever(tmp_path: Path) -> None:
    if not os.path.exists("/dev/null"):
        pytest.skip("needs /dev/null")
    with Writer("/dev/null", tmp_path / "a.idx", mode="a") as writer:
        assert writer.write(b"x") == 0
        writer.flush(sync=True)
    assert (tmp_path / "a.idx").read_text() == "0\t0\n"


def test_threads_that_share_it_write_each_record_whole_with_its_own_entry(rec: Path) -> None:
    append(rec, b"before")
    with Writer(rec, mode="a") as writer:

        def write(number: int) -> None:
            for each in range(500):
                writer.write(b"%d" % (number * 1000 + each), number * 1000 + each)
                if each % 100 == 0:
                    writer.flush(sync=True)

        threads = [threading.Thread(target=write, args=(number,)) for number in range(1, 9)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    reader = Reader(rec)
    assert len(reader) == 4001
    assert all(reader.get(key) == b"%d" % key for key in list(reader.keys)[1:])
    assert list(reader) == list(Reader(rec, index=False))


needs_forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")


@needs_forks
def test_writers_that_are_killed_lose_nothing_that_they_acknowledged() -> None:
    seed = str(random.SystemRandom().randrange(2**32))
    done = subprocess.run(
        [sys.executable, str(HERE / "crash.py"), "--rounds", "15", "--seed", seed],
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (0, b""), (seed, done.stdout, done.stderr)


@needs_forks
def test_a_search_without_end_gives_way_to_a_signal(tmp_path: Path) -> None:
    path = tmp_path / "a.rec"
    with path.open("wb") as file:
        file.write(encode(b"x"))
        file.truncate(1 << 40)  # zeros without an end, in which a record is looked for
    run_python(
        """
        import signal, sys
        from recordio_rs import Writer
        class Enough(Exception):
            pass
        def stop(*_):
            raise Enough
        signal.signal(signal.SIGALRM, stop)
        signal.setitimer(signal.ITIMER_REAL, 0.3)
        try:
            Writer(sys.argv[1], mode="a")
        except Enough:
            pass
        else:
            raise AssertionError("not interrupted")
        """,
        path,
    )
    assert path.stat().st_size == 1 << 40
