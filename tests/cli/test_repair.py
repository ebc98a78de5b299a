"""`recordio verify` and `recordio repair`."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cli.command_line import run
from cli.datasets import damage, write_images
from recordio_rs import Reader, Writer

INTACT = [number for number in range(12) if number != 4]


@pytest.fixture
def damaged(tmp_path: Path) -> Path:
    """Twelve image records, one of which is damaged."""
    rec = write_images(tmp_path / "a.rec")
    damage(rec, 4)
    return rec


def test_verify_tells_what_is_wrong_and_where(damaged: Path) -> None:
    text = run("verify", damaged, expect=3).text
    assert "11 intact records, 1 damaged region (1 record lost)" in text
    assert "bad-magic: " in text
    assert "record-lost: " in text


def test_verify_tells_programs_the_same(damaged: Path, tmp_path: Path) -> None:
    whole = write_images(tmp_path / "b.rec")
    reports = json.loads(run("verify", "--json", whole, damaged, expect=3).text)
    assert [report["ok"] for report in reports] == [True, False]
    assert [report["records"] for report in reports] == [12, 11]
    assert reports[1]["lost_keys"] == [4]
    assert {problem["kind"] for problem in reports[1]["problems"]} == {"bad-magic", "record-lost"}


def test_verify_goes_on_behind_a_file_that_is_missing(damaged: Path, tmp_path: Path) -> None:
    result = run("verify", tmp_path / "missing.rec", damaged, expect=1)
    assert "missing.rec" in result.err
    assert "11 intact records" in result.text


def test_verify_deep_finds_an_image_that_is_cut(tmp_path: Path) -> None:
    rec = write_images(tmp_path / "a.rec", 1)
    record = Reader(rec)[0]
    rec.write_bytes(rec.read_bytes().replace(record[-2:], b"xx"))  # the end of the JPEG
    run("verify", rec)
    assert "image: " in run("verify", "--deep", rec, expect=3).text


def test_repair_tells_people_on_standard_error_as_all_do_that_write(
    damaged: Path, tmp_path: Path
) -> None:
    result = run("repair", damaged, "-o", tmp_path / "out.rec", expect=3)
    assert result.out == b""
    assert "11 intact records, 1 damaged region (1 record lost)" in result.err
    assert "lost keys: 4" in result.err


def test_quiet_leaves_what_is_wrong_and_json(damaged: Path, tmp_path: Path) -> None:
    whole, out = write_images(tmp_path / "b.rec"), tmp_path / "out.rec"
    for command in (["verify"], ["repair", "-o", str(out), "--force"]):
        result = run(*command, "-q", whole)
        assert (result.out, result.err) == (b"", "")
        result = run(*command, "-q", damaged, expect=3)
        assert "bad-magic" in result.text + result.err
        assert json.loads(run(*command, "-q", "--json", damaged, expect=3).text)


def test_the_last_line_counts_files_that_are_damaged_and_not_read(
    damaged: Path, tmp_path: Path
) -> None:
    whole, missing = write_images(tmp_path / "b.rec", 1), tmp_path / "missing.rec"
    lines = run("verify", whole, whole).text.splitlines()
    assert lines[-1] == "2 files, 2 intact records, no problem"
    lines = run("verify", whole, damaged, missing, expect=1).text.splitlines()
    assert lines[-1] == "3 files, 12 intact records, 1 file with problems, 1 file not read"


def test_repair_needs_names_for_what_goes_into_a_folder(damaged: Path, tmp_path: Path) -> None:
    data = damaged.read_bytes()
    err = run("repair", "-", "--into", tmp_path / "into", stdin=data, expect=2).err
    assert "need -o FILE" in err
    assert not (tmp_path / "into").exists()
    run("repair", "-", "-o", tmp_path / "out.rec", stdin=data, expect=3)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs FIFOs")
@pytest.mark.parametrize("command", [["index"], ["repair", "--into", "into"]])
def test_a_pipe_has_no_name_to_make_others_of(command: list[str], tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "need -o FILE" in run(*command, "pipe", folder=tmp_path, expect=2).err


def test_keys_are_numbers_for_programs_where_all_are_integers(tmp_path: Path) -> None:
    big = str(10**30)
    for keys, lost in ((["4", "5"], 4), (["4", "a"], "4"), (["4", "05"], "4"), ([big], 10**30)):
        with Writer(tmp_path / "a.rec") as writer:
            for key in keys:
                writer.write(b"record", key)
        damage_of_text(tmp_path / "a.rec")
        report = json.loads(run("verify", "--json", tmp_path / "a.rec", expect=3).text)
        assert report[0]["lost_keys"] == [lost]
        assert report[0]["problems"][-1]["key"] == lost


def damage_of_text(path: Path) -> None:
    """Writes over the magic of the first record, whatever the keys are."""
    path.write_bytes(b"????" + path.read_bytes()[4:])


def test_repair_keeps_all_that_is_intact_with_its_keys(damaged: Path, tmp_path: Path) -> None:
    before, out = damaged.read_bytes(), tmp_path / "out.rec"
    report = json.loads(run("repair", "--json", damaged, "-o", out, expect=3).text)
    assert report["lost_keys"] == [4]
    assert report["written"] == str(out)
    assert list(Reader(out).keys) == INTACT
    run("verify", out)
    assert damaged.read_bytes() == before


def test_repair_of_a_whole_file_is_no_loss(tmp_path: Path) -> None:
    rec, out = write_images(tmp_path / "a.rec"), tmp_path / "out.rec"
    run("repair", rec, "-o", out)
    assert out.read_bytes() == rec.read_bytes()


def test_repair_of_several_files_goes_into_a_folder(damaged: Path, tmp_path: Path) -> None:
    whole, into = write_images(tmp_path / "b.rec"), tmp_path / "into"
    run("repair", damaged, whole, "--into", into, expect=3)
    assert [len(Reader(into / name)) for name in ("a.rec", "b.rec")] == [11, 12]


def test_repair_never_writes_over_its_source(damaged: Path) -> None:
    before = damaged.read_bytes()
    assert "error: " in run("repair", damaged, "-o", damaged, "--force", expect=1).err
    assert damaged.read_bytes() == before


def test_repair_has_to_know_where_to(damaged: Path, tmp_path: Path) -> None:
    run("repair", damaged, expect=2)
    run("repair", damaged, damaged, "-o", tmp_path / "out.rec", expect=2)


def test_of_several_files_the_worst_decides(damaged: Path, tmp_path: Path) -> None:
    whole = write_images(tmp_path / "b.rec")
    for command in (["verify"], ["repair", "--into", str(tmp_path / "into"), "--force"]):
        run(*command, whole, damaged, expect=3)
        quiet = run(*command, "--quiet", whole, damaged, tmp_path / "missing.rec", expect=1)
        told = quiet.text + quiet.err
        assert "missing.rec" in told
        assert "bad-magic" in told
        assert "no problem" not in told
    run("verify", tmp_path / "none-*.rec", expect=1)
    run("verify", tmp_path / "a{0..99999999}.rec", expect=2)


def test_repair_tells_programs_of_every_file_in_order(damaged: Path, tmp_path: Path) -> None:
    whole, missing = write_images(tmp_path / "b.rec"), tmp_path / "missing.rec"
    arguments = ("repair", "--json", "--into", tmp_path / "into", damaged, missing, whole)
    reports = json.loads(run(*arguments, expect=1).text)
    assert [Path(report["path"]).name for report in reports] == ["a.rec", "missing.rec", "b.rec"]
    assert [report["ok"] for report in reports] == [False, False, True]
    assert "error" in reports[1]
    assert sorted(one.name for one in (tmp_path / "into").glob("*.rec")) == ["a.rec", "b.rec"]


def test_repair_never_writes_two_files_to_one_place(damaged: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = write_images(tmp_path / "other" / "a.rec")
    result = run("repair", damaged, other, "--into", tmp_path / "into", expect=1)
    assert "written twice" in result.err
    assert not (tmp_path / "into").exists()


def test_repair_into_a_folder_that_is_a_file_is_told(damaged: Path) -> None:
    assert "is there and no folder" in run("repair", damaged, "--into", damaged, expect=1).err


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_who_is_interrupted_does_not_finish_files_that_have_begun(
    number: signal.Signals, tmp_path: Path
) -> None:
    # Nobody would wait for a file that takes as long as this one, if it were not interrupted.
    for name in "ab":
        with open(tmp_path / f"{name}.rec", "wb") as file:
            file.truncate(1 << 40)
    command = [sys.executable, "-m", "recordio_rs", "verify", "-j", "2", "a.rec", "b.rec"]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE) as process:
        while not is_open(process.pid, tmp_path / "b.rec"):
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(number)
        try:
            err = process.communicate(timeout=60)[1].decode()
        finally:
            process.kill()  # who has not ended does not for hours
    assert process.returncode == 128 + number, err
    assert "Traceback" not in err


def is_open(process: int, path: Path) -> bool:
    """Tells whether a process has a file open."""
    for link in Path(f"/proc/{process}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            if link.readlink() == path:
                return True
    return False
