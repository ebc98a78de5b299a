"""`recordio merge`: several files in one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from cli.command_line import run
from cli.datasets import damage
from cli.numbered import entries, record, write_numbered
from recordio_rs import verify

VECTORS = Path(__file__).parents[1] / "vectors"


def test_all_records_come_in_their_order_with_ordinals_for_keys(tmp_path: Path) -> None:
    a = write_numbered(tmp_path / "a.rec", [3, 1])
    b = write_numbered(tmp_path / "b.rec", [1, 9, 7])
    out = tmp_path / "out.rec"
    result = run("merge", a, b, "-o", out)
    assert entries(out) == [(str(k), record(n)) for k, n in enumerate([3, 1, 1, 9, 7])]
    assert (result.text, result.err) == ("", f"5 records, 80 bytes: {out}\n")
    assert verify(out).ok


def test_keys_are_kept_if_each_is_there_once(tmp_path: Path) -> None:
    a = write_numbered(tmp_path / "a.rec", [3, 1])
    b = write_numbered(tmp_path / "b.rec", [2, 9], ["two", "9"])
    run("merge", a, b, "--keys", "keep", "-o", tmp_path / "out.rec")
    expected = [("3", record(3)), ("1", record(1)), ("two", record(2)), ("9", record(9))]
    assert entries(tmp_path / "out.rec") == expected


@pytest.mark.parametrize("key", [7, "seven"])
def test_a_key_of_two_files_is_told_with_both_and_nothing_written(
    tmp_path: Path, key: int | str
) -> None:
    first = write_numbered(tmp_path / "first.rec", [1, 2], [1, key])
    second = write_numbered(tmp_path / "second.rec", [3, 4], [key, 4])
    out = tmp_path / "out.rec"
    err = run("merge", first, second, "--keys", "keep", "-o", out, expect=1).err
    for part in (str(first), str(second), f"key {key!r}", "--keys ordinal"):
        assert part in err
    assert [path.name for path in tmp_path.glob("out*")] == []


def test_a_key_that_one_file_has_twice_stays_as_it_is(tmp_path: Path) -> None:
    twice = write_numbered(tmp_path / "twice.rec", [1, 2, 3], [5, 6, 5])
    other = write_numbered(tmp_path / "other.rec", [4], [7])
    run("merge", twice, other, "--keys", "keep", "-o", tmp_path / "out.rec")
    assert [key for key, _ in entries(tmp_path / "out.rec")] == ["5", "6", "5", "7"]


NAMES = ["mixed", "keys_text", "keys_duplicate", "keys_negative", "image_jpg_vector_label"]


def test_the_files_of_mxnet_come_out_as_they_are(tmp_path: Path) -> None:
    paths = [VECTORS / f"{name}.rec" for name in NAMES]
    for path in paths:
        run("merge", path, "--keys", "keep", "-fo", tmp_path / "one.rec")
        assert entries(tmp_path / "one.rec") == entries(path)
        assert (tmp_path / "one.rec").read_bytes() == path.read_bytes()
    run("merge", *paths, VECTORS / "magic_many.rec", "-o", tmp_path / "all.rec")
    everything = b"".join(path.read_bytes() for path in [*paths, VECTORS / "magic_many.rec"])
    assert (tmp_path / "all.rec").read_bytes() == everything


def test_what_is_damaged_is_left_out_and_told(tmp_path: Path) -> None:
    a = write_numbered(tmp_path / "a.rec", [0, 1, 2])
    b = write_numbered(tmp_path / "b.rec", [10, 11, 12])
    damage(b, 1)
    out = tmp_path / "out.rec"
    arguments = ("merge", a, b, "--keys", "keep", "-o", out, "--json")
    result = run(*arguments, expect=1)
    assert str(b) in result.err
    assert not out.exists()
    result = run(*arguments, "--skip-damaged", expect=3)
    assert f"warning: {b}: bad-magic: " in result.err
    assert [key for key, _ in entries(out)] == ["0", "1", "2", "10", "12"]
    told = json.loads(result.text)
    assert (told["records"], told["written"], told["left_out"]) == (5, 5, 0)
    assert [one["ok"] for one in told["inputs"]] == [True, False]
    assert told["inputs"][1] == {
        "path": str(b),
        "records": 2,
        "ok": False,
        "problems": 2,
        "skipped_bytes": 20,
    }
    assert told["outputs"] == [
        {
            "path": str(out),
            "index_path": str(out.with_suffix(".idx")),
            "records": 5,
            "bytes": out.stat().st_size,
        }
    ]


def test_standard_output_takes_records_without_an_index(tmp_path: Path) -> None:
    a = write_numbered(tmp_path / "a.rec", range(3))
    printed = run("merge", a, a, "-o", "-").out
    assert printed == a.read_bytes() * 2
    again = run("merge", "-", "-o", "-", stdin=printed)
    assert (again.out, again.err) == (printed, "6 records, 96 bytes: -\n")
    assert "exclude each other" in run("merge", a, "-o", "-", "--json", expect=2).err


def test_standard_output_of_a_damaged_file_has_nothing(tmp_path: Path) -> None:
    a = write_numbered(tmp_path / "a.rec", range(3))
    damage(a, 1)
    assert run("merge", a, "-o", "-", expect=1).out == b""


def test_the_output_is_no_input_and_no_index_of_one(tmp_path: Path) -> None:
    a = write_numbered(tmp_path / "a.rec", range(3))
    before = a.read_bytes()
    for out in (a, a.with_suffix(".idx"), tmp_path / "." / "a.rec"):
        assert "name another output" in run("merge", a, "-f", "-o", out, expect=1).err
    assert a.read_bytes() == before


def test_records_come_in_the_order_of_the_index(tmp_path: Path) -> None:
    a = write_numbered(tmp_path / "a.rec", range(4))
    index = a.with_suffix(".idx")
    lines = index.read_bytes().splitlines(keepends=True)
    index.write_bytes(b"".join([lines[2], lines[0], lines[3], lines[1]]))
    run("merge", a, "--keys", "keep", "-o", tmp_path / "out.rec")
    assert [key for key, _ in entries(tmp_path / "out.rec")] == ["2", "0", "3", "1"]
    run("merge", a, "--no-index", "--keys", "keep", "-o", tmp_path / "plain.rec")
    assert (tmp_path / "plain.rec").read_bytes() == a.read_bytes()


def test_an_index_elsewhere_is_named_for_one_file(tmp_path: Path) -> None:
    a = write_numbered(tmp_path / "a.rec", range(2), ["x", "y"])
    shutil.move(a.with_suffix(".idx"), tmp_path / "keys")
    index = ("--index", tmp_path / "keys", "--keys", "keep")
    run("merge", a, *index, "-o", tmp_path / "out.rec")
    assert [key for key, _ in entries(tmp_path / "out.rec")] == ["x", "y"]
    assert "one file" in run("merge", a, a, *index, "-o", tmp_path / "2.rec", expect=2).err


def test_nothing_that_is_read_is_written_over_by_whatever_name(tmp_path: Path) -> None:
    a = write_numbered(tmp_path / "a.rec", range(3))
    (tmp_path / "link.rec").symlink_to(a)
    os.link(a, tmp_path / "other.rec")
    shutil.copy(a.with_suffix(".idx"), tmp_path / "keys.idx")
    shutil.copy(a, tmp_path / "b.rec.partial")
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    for source, out, options in [
        (a, "link.rec", ()),
        (a, "other.rec", ()),
        (tmp_path / "link.rec", "a.rec", ()),
        (a, "keys.rec", ("--index", tmp_path / "keys.idx")),
        (tmp_path / "b.rec.partial", "b.rec", ()),
    ]:
        result = run("merge", source, *options, "-f", "-o", out, folder=tmp_path, expect=1)
        assert "name another output" in result.err
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_an_output_that_a_pattern_for_inputs_has_is_refused(tmp_path: Path) -> None:
    write_numbered(tmp_path / "a.rec", range(3))
    run("merge", "*.rec", "-o", "all.rec", folder=tmp_path)
    err = run("merge", "*.rec", "-f", "-o", "all.rec", folder=tmp_path, expect=1).err
    assert "all.rec is to be read and to be written" in err
    assert len(entries(tmp_path / "all.rec")) == 3


def test_standard_input_is_read_once_only(tmp_path: Path) -> None:
    a = write_numbered(tmp_path / "a.rec", range(3))
    result = run("merge", "-", a, "-", "-o", tmp_path / "b.rec", stdin=a.read_bytes(), expect=2)
    assert "once only" in result.err


@pytest.mark.parametrize("name", ["a-{0..99999999999}.rec", "a-{0..99999}{0..99999}.rec"])
def test_a_pattern_for_more_files_than_anyone_has_needs_no_memory(
    tmp_path: Path, name: str
) -> None:
    assert "stands for more than" in run("merge", name, "-o", tmp_path / "b.rec", expect=2).err


def test_nothing_is_found_by_a_pattern_is_an_error(tmp_path: Path) -> None:
    err = run("merge", "none-*.rec", "-o", "b.rec", folder=tmp_path, expect=1).err
    assert "no file is there that none-*.rec stands for" in err
    err = run("merge", "none-{0..1}.rec", "-o", "b.rec", folder=tmp_path, expect=1).err
    assert "none-0.rec: No such file" in err


@pytest.mark.parametrize(
    ("lines", "keys"),
    [
        (b"007\t0\n7\t16\n", ["007", "7"]),
        (b"-0\t0\n+5\t16", ["-0", "+5"]),
        (b"08\t0\r\n-9223372036854775808\t16\r\n", ["08", "-9223372036854775808"]),
        (b"9\t00\n10\t16\n", ["9", "10"]),
        (b"9007199254740993\t0\n9223372036854775807\t16", ["9007199254740993", f"{2**63 - 1}"]),
        (f"{2**70}\t0\n-1\t16\n".encode(), [str(2**70), "-1"]),
    ],
)
def test_keys_are_kept_as_they_are_written(tmp_path: Path, lines: bytes, keys: list[str]) -> None:
    a = write_numbered(tmp_path / "a.rec", range(2))
    b = write_numbered(tmp_path / "b.rec", [4])
    for path, text in [(a, lines), (b, b"4\t0\n")]:
        path.with_suffix(".idx").write_bytes(text)
    run("merge", a, b, "--keys", "keep", "-o", tmp_path / "out.rec")
    expected = [(key, record(number)) for key, number in zip([*keys, "4"], [0, 1, 4], strict=True)]
    assert entries(tmp_path / "out.rec") == expected


def test_a_key_is_one_whether_other_keys_of_its_file_are_integers_or_not(tmp_path: Path) -> None:
    a = write_numbered(tmp_path / "a.rec", range(4), ["x", "y", "7", "07"])
    b = write_numbered(tmp_path / "b.rec", range(4), [5, 6, 7, 8])
    c = write_numbered(tmp_path / "c.rec", range(2), ["z", "007"])
    run("merge", a, c, "--keys", "keep", "-o", tmp_path / "out.rec")
    for first, second in [(a, b), (b, a), (b, b)]:
        out = ("--keys", "keep", "-o", tmp_path / "no.rec")
        err = run("merge", first, c, second, *out, expect=1).err
        assert f"{first} has a record of the same key" in err
        assert f"file '{second}', key {5 if first == second else 7}]" in err


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs FIFOs")
def test_what_comes_through_a_named_pipe_is_read(tmp_path: Path) -> None:
    a = write_numbered(tmp_path / "a.rec", range(3))
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=lambda: (tmp_path / "pipe").write_bytes(a.read_bytes()))
    writer.start()
    run("merge", a, tmp_path / "pipe", "-o", tmp_path / "b.rec")
    writer.join()
    assert (tmp_path / "b.rec").read_bytes() == a.read_bytes() * 2


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs FIFOs and signals")
def test_waiting_for_a_named_pipe_is_interrupted(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    code = (
        "import os, signal, sys, threading; from recordio_rs.cli import main;"
        "threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGTERM)).start();"
        "sys.exit(main(['merge', 'pipe', '-o', 'b.rec']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (143, b"recordio: error: terminated\n")


def test_an_error_of_damage_says_what_can_be_done(tmp_path: Path) -> None:
    a = write_numbered(tmp_path / "a.rec", range(10))
    damage(a, 3)
    err = run("merge", a, "-o", tmp_path / "b.rec", expect=1).err
    assert err.endswith(
        "; --skip-damaged goes on past it, recordio repair writes all that is intact to a new "
        "file\n"
    )
    a.with_suffix(".idx").write_text("0\t12345\n")
    err = run("merge", write_numbered(tmp_path / "c.rec", [1]), a, "-o", "-", expect=1).err
    assert "recordio repair" in err


def test_records_do_not_take_the_name_of_an_index(tmp_path: Path) -> None:
    a = write_numbered(tmp_path / "a.rec", range(2))
    err = run("merge", a, "-o", tmp_path / "b.idx", expect=1).err
    assert "b.idx is the name of an index; name another output" in err
    run("merge", a, "-o", tmp_path / "b.txt")
    assert sorted(one.name for one in tmp_path.glob("b*")) == ["b.idx", "b.txt"]


def test_one_record_and_thousands_are_told_as_such(tmp_path: Path) -> None:
    one = write_numbered(tmp_path / "one.rec", range(1))
    many = write_numbered(tmp_path / "many.rec", range(2000))
    assert run("merge", one, "-o", tmp_path / "a.rec").err.startswith("1 record, ")
    assert run("merge", many, "-o", tmp_path / "b.rec").err.startswith("2,000 records, ")
