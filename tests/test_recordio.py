"""`MXRecordIO`, call by call."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from isolated import run_python
from recordio_rs.exceptions import ClosedError, MXNetError
from recordio_rs.recordio import MXRecordIO
from reference import MAGIC, decode, encode, write_files

Anything: TypeAlias = Any  # a value of the wrong type, too

RECORDS = [b"first", b"", b"the third"]


def payloads(rec: Path) -> list[bytes]:
    """Gives the records of a file by the reference decoder."""
    return [payload for _, payload in decode(rec.read_bytes())]


def test_255_small_records_come_back_after_the_writer_is_deleted(rec: Path) -> None:
    writer = MXRecordIO(str(rec), "w")
    expected = [bytes([0])] + [str(number).encode() for number in range(1, 255)]
    for record in expected:
        writer.write(record)
    del writer
    reader = MXRecordIO(str(rec), "r")
    assert [reader.read() for _ in range(255)] == expected
    assert reader.read() is None


def test_pad_bytes_that_are_not_zero_are_passed_over(rec: Path) -> None:
    rec.write_bytes(bytes.fromhex("0a23d7ce01000000 61ffffff 0a23d7ce00000000"))
    reader = MXRecordIO(rec, "r")
    assert [reader.read(), reader.read(), reader.read()] == [b"a", b"", None]


@pytest.mark.parametrize("flag", ["r", "w"])
def test_the_attributes_are_those_of_mxnet(rec: Path, flag: str) -> None:
    write_files(rec, RECORDS)
    record = MXRecordIO(str(rec), flag)
    assert record.uri.value == os.fsencode(rec)
    assert record.flag == flag
    assert record.pid == os.getpid()
    assert record.is_open is True
    assert record.writable is (flag == "w")
    assert record.handle is not None
    record.close()
    assert record.pid is None
    assert record.is_open is False
    assert (record.uri.value, record.flag, record.writable) == (os.fsencode(rec), flag, flag == "w")


def test_the_end_is_none_again_and_again_and_an_empty_record_is_not(rec: Path) -> None:
    write_files(rec, [b""])
    reader = MXRecordIO(rec, "r")
    assert [reader.read() for _ in range(4)] == [b"", None, None, None]


def test_an_empty_file_has_no_records(rec: Path) -> None:
    rec.touch()
    assert MXRecordIO(rec, "r").read() is None


def test_reset_takes_a_reader_to_the_start(rec: Path) -> None:
    write_files(rec, RECORDS)
    reader = MXRecordIO(rec, "r")
    assert len(list(reader)) == 3
    reader.reset()
    assert list(reader) == RECORDS


def test_reset_opens_a_closed_reader(rec: Path) -> None:
    write_files(rec, RECORDS)
    reader = MXRecordIO(rec, "r")
    reader.close()
    reader.reset()
    assert (reader.is_open, reader.pid, reader.read()) == (True, os.getpid(), b"first")


def test_reset_empties_the_file_of_a_writer(rec: Path) -> None:
    writer = MXRecordIO(rec, "w")
    writer.write(b"lost")
    writer.reset()
    assert rec.read_bytes() == b""
    writer.write(b"kept")
    writer.close()
    assert payloads(rec) == [b"kept"]


def test_open_on_an_open_reader_starts_anew(rec: Path) -> None:
    write_files(rec, RECORDS)
    reader = MXRecordIO(rec, "r")
    reader.read()
    reader.open()
    assert list(reader) == RECORDS


def test_open_on_an_open_writer_empties_its_file(rec: Path) -> None:
    writer = MXRecordIO(rec, "w")
    writer.write(b"lost, and longer than the other")
    writer.open()
    writer.write(b"kept")
    writer.close()
    assert payloads(rec) == [b"kept"]


def test_opening_to_write_empties_the_file_that_is_there(rec: Path) -> None:
    write_files(rec, RECORDS)
    MXRecordIO(rec, "w").close()
    assert rec.read_bytes() == b""


def test_the_mode_is_checked_before_anything_else(rec: Path) -> None:
    nonsense: Any = None
    writer = MXRecordIO(rec, "w")
    with pytest.raises(AssertionError):
        writer.read()
    writer.close()
    with pytest.raises(AssertionError):
        writer.read()
    with pytest.raises(ClosedError):
        writer.write(nonsense)
    reader = MXRecordIO(rec, "r")
    with pytest.raises(AssertionError):
        reader.write(nonsense)
    reader.close()
    with pytest.raises(AssertionError):
        reader.write(b"")


@pytest.mark.parametrize(
    ("flag", "call"), [("r", "read"), ("r", "tell"), ("w", "write"), ("w", "tell")]
)
def test_use_after_close_is_a_runtime_error_that_names_the_file(
    rec: Path, flag: str, call: str
) -> None:
    rec.touch()
    record = MXRecordIO(rec, flag)
    record.close()
    with pytest.raises(RuntimeError) as caught:
        getattr(record, call)(*([b"x"] if call == "write" else []))
    assert isinstance(caught.value, ClosedError)
    assert isinstance(caught.value, MXNetError)
    assert caught.value.path == str(rec)
    assert rec.read_bytes() == b""


def test_close_twice_does_no_harm(rec: Path) -> None:
    writer = MXRecordIO(rec, "w")
    writer.write(b"x")
    writer.close()
    writer.close()
    assert payloads(rec) == [b"x"]


@pytest.mark.parametrize("flag", ["a", "rb", "wb", "", "R", None, 0])
def test_another_flag_is_a_value_error_and_the_file_stays(rec: Path, flag: Anything) -> None:
    rec.write_bytes(b"precious")
    with pytest.raises(ValueError, match=f"Invalid flag {flag}"):
        MXRecordIO(rec, flag)
    assert rec.read_bytes() == b"precious"


def test_a_path_of_any_kind_names_the_file(rec: Path) -> None:
    write_files(rec, [b"x"])
    paths: list[Anything] = [rec, str(rec), os.fsencode(rec), f"file://{rec.as_posix()}"]
    assert [MXRecordIO(path, "r").read() for path in paths] == [b"x"] * 4


def test_a_file_uri_can_be_written(rec: Path) -> None:
    with MXRecordIO(f"file://{rec.as_posix()}", "w") as writer:
        writer.write(b"x")
    assert payloads(rec) == [b"x"]


def test_stdin_and_stdout_are_the_standard_streams(rec: Path) -> None:
    write_files(rec, RECORDS)
    output = run_python(
        """
        from recordio_rs.recordio import MXRecordIO
        with MXRecordIO("stdin", "r") as reader, MXRecordIO("stdout", "w") as writer:
            for record in reader:
                writer.write(record[::-1])
        print("still open")
        """,
        stdin=rec.read_bytes(),
    )
    copied = output.encode(errors="surrogateescape").removesuffix(b"still open\n")
    assert [payload for _, payload in decode(copied)] == [record[::-1] for record in RECORDS]


def test_with_closes_also_after_an_error(rec: Path) -> None:
    writer = MXRecordIO(rec, "w")
    writer.write(b"x")
    with pytest.raises(ZeroDivisionError), writer as entered:
        assert entered.tell() // 0
    assert not writer.is_open
    assert payloads(rec) == [b"x"]


def test_iterating_reads_on_from_where_the_reader_is(rec: Path) -> None:
    write_files(rec, RECORDS)
    reader = MXRecordIO(rec, "r")
    assert reader.read() == b"first"
    assert next(iter(reader)) == b""
    assert list(reader) == [b"the third"]
    assert list(reader) == []


def test_tell_is_the_offset_of_the_next_record_to_be_written(rec: Path) -> None:
    writer = MXRecordIO(rec, "w")
    told = []
    for record in (b"", b"a", b"abcd", MAGIC):
        writer.write(record)
        told.append(writer.tell())
    writer.close()
    assert told == [8, 20, 32, 48]
    assert rec.stat().st_size == 48


def test_tell_is_the_offset_of_the_next_record_to_be_read(rec: Path) -> None:
    offsets = write_files(rec, [*RECORDS, b"ab" * 9, MAGIC * 2])
    reader = MXRecordIO(rec, "r")
    told = []
    for _ in offsets:
        told.append(reader.tell())
        reader.read()
    assert told == offsets
    assert reader.tell() == rec.stat().st_size
    reader.reset()
    assert reader.tell() == 0


def test_records_that_are_added_after_the_end_was_met_are_read(rec: Path) -> None:
    write_files(rec, [b"old"])
    reader = MXRecordIO(rec, "r")
    assert [reader.read(), reader.read()] == [b"old", None]
    with rec.open("ab") as file:
        file.write(encode(b"new"))
    assert [reader.read(), reader.read()] == [b"new", None]


def test_a_writer_that_nobody_closes_is_complete_when_the_interpreter_ends(
    tmp_path: Path,
) -> None:
    run_python(
        """
        import sys
        from recordio_rs import MXIndexedRecordIO, MXRecordIO, Writer
        plain, native = MXRecordIO("plain.rec", "w"), Writer("native.rec")
        indexed = MXIndexedRecordIO("indexed.idx", "indexed.rec", "w")
        keep = [plain, native, indexed]
        keep.append(keep)  # only the collector of cycles finds them
        plain.write(b"x"), native.write(b"x"), indexed.write_idx(0, b"x")
        sys.exit(0)
        """,
        cwd=tmp_path,
    )
    for name in ("plain", "native", "indexed"):
        assert payloads(tmp_path / f"{name}.rec") == [b"x"]
    for name in ("native", "indexed"):
        assert (tmp_path / f"{name}.idx").read_text() == "0\t0\n"


def test_a_constructor_that_fails_leaves_no_noise_behind(tmp_path: Path) -> None:
    run_python(
        """
        import gc
        from recordio_rs.recordio import MXIndexedRecordIO, MXRecordIO
        for arguments in [("nope", "r"), ("nope/nope", "w"), ("a", "rw"), (3, "r"), ()]:
            for make in (MXRecordIO, lambda *rest: MXIndexedRecordIO("a.idx", *rest)):
                try:
                    make(*arguments)
                except (OSError, ValueError, TypeError):
                    pass
                else:
                    raise AssertionError(arguments)
        gc.collect()
        """,
        cwd=tmp_path,
    )
