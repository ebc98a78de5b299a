"""`recordio split`: a file in several."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from cli.command_line import run
from cli.datasets import damage
from cli.numbered import entries, record, write_numbered
from recordio_rs import Reader, Writer
from recordio_rs.tools.output import creating
from recordio_rs.tools.sources import Sources
from recordio_rs.tools.splitting import deal


def counts(folder: Path, pattern: str) -> list[int]:
    """Gives how many records each of some files has."""
    found = []
    for path in sorted(folder.glob(pattern)):
        with Reader(path) as reader:
            found.append(len(reader))
    return found


def test_parts_of_one_length_come_together_to_what_they_were(tmp_path: Path) -> None:
    a = write_numbered(tmp_path / "a.rec", range(100, 0, -1))
    result = run("split", a, "-n", "8")
    assert counts(tmp_path, "a-*.rec") == [12, 13, 12, 13, 12, 13, 12, 13]
    names = f"{tmp_path / 'a-000.rec'} to {tmp_path / 'a-007.rec'}"
    assert result.err == f"100 records, {a.stat().st_size / 1000:.2f} kB: {names}\n"
    assert entries(tmp_path / "a-001.rec")[0] == ("88", record(88))
    run("merge", f"{tmp_path}/a-{{000..007}}.rec", "--keys", "keep", "-o", tmp_path / "b.rec")
    for suffix in (".rec", ".idx"):
        assert a.with_suffix(suffix).read_bytes() == (tmp_path / f"b{suffix}").read_bytes()


def test_so_many_records_to_a_file(tmp_path: Path) -> None:
    a = write_numbered(tmp_path / "a.rec", range(10))
    run("split", a, "--records", "4", "--keys", "ordinal", "-o", tmp_path / "{}-part.rec")
    assert counts(tmp_path, "0*.rec") == [4, 4, 2]
    assert entries(tmp_path / "002-part.rec") == [("0", record(8)), ("1", record(9))]


@pytest.mark.parametrize(
    ("sizes", "limit", "expected"),
    [
        ([100] * 10, 324, [3, 3, 3, 1]),
        ([100] * 10, 323, [2] * 5),
        ([100] * 3, 1, [1, 1, 1]),
        ([100, 5000, 100, 100], 1000, [1, 1, 2]),
        ([5000], 1000, [1]),
        ([], 1000, [0]),
    ],
)
def test_files_of_a_size_are_as_full_as_they_can_be(
    tmp_path: Path, sizes: list[int], limit: int, expected: list[int]
) -> None:
    with Writer(tmp_path / "a.rec") as writer:
        writer.write_batch([bytes(size) for size in sizes])
    run("split", tmp_path / "a.rec", "--size", str(limit))
    assert counts(tmp_path, "a-*.rec") == expected


def test_sizes_have_units(tmp_path: Path) -> None:
    write_numbered(tmp_path / "a.rec", range(310), size=1000)
    run("split", tmp_path / "a.rec", "--size", "100K")
    sizes = [path.stat().st_size for path in sorted(tmp_path.glob("a-*.rec"))]
    assert len(sizes) == 4
    assert all(101_300 < size <= 102_400 for size in sizes[:3])
    for wrong in ("", "5X", "-1", "0", "K"):
        assert run("split", tmp_path / "a.rec", "--size", wrong, expect=2).err


def test_records_are_dealt_in_turn(tmp_path: Path) -> None:
    a = write_numbered(tmp_path / "a.rec", range(10))
    run("split", a, "-n", "3", "--round-robin", "-o", tmp_path / "b-{}.rec")
    found = [[key for key, _ in entries(tmp_path / f"b-{n:03}.rec")] for n in range(3)]
    assert found == [["0", "3", "6", "9"], ["1", "4", "7"], ["2", "5", "8"]]


def test_more_files_than_records_are_made_all_the_same(tmp_path: Path) -> None:
    a = write_numbered(tmp_path / "a.rec", range(2))
    err = run("split", a, "-n", "5").err
    assert "warning: 3 of 5 files got no record" in err
    assert sum(counts(tmp_path, "a-*.rec")) == 2
    assert len(list(tmp_path.glob("a-*.idx"))) == 5


@pytest.mark.parametrize("output", [None, "a-{}.rec", "./a.rec", "a-{000..001}.rec"])
def test_files_that_an_earlier_run_has_left_are_told(tmp_path: Path, output: str | None) -> None:
    write_numbered(tmp_path / "a.rec", range(10))
    run("split", "a.rec", "-n", "5", folder=tmp_path)
    for name in ("a-x.rec", "a-.rec", "b-002.rec"):
        (tmp_path / name).touch()
    out = () if output is None else ("-o", output)
    err = run("split", "a.rec", "-n", "2", "-f", *out, folder=tmp_path).err
    told = "a-002.rec and 2 more files are still there from before; a-*.rec stands for them, too"
    assert f"recordio: warning: {told}\n" in err
    assert counts(tmp_path, "a-00?.rec") == [5, 5, 2, 2, 2]
    assert "from before" not in run("split", "a.rec", "-n", "5", "-f", folder=tmp_path).err


def test_one_file_that_is_left_is_told_without_force(tmp_path: Path) -> None:
    a = write_numbered(tmp_path / "a.rec", range(10))
    folder = tmp_path / "[x]"
    folder.mkdir()
    (folder / "0012-b.rec").touch()
    err = run("split", a, "--records", "5", "-o", f"{folder}//{{}}-b.rec").err
    told = f"{folder / '0012-b.rec'} is still there from before; {folder / '*-b.rec'} stands for it"
    assert told in err


def test_records_do_not_go_to_standard_output(tmp_path: Path) -> None:
    a = write_numbered(tmp_path / "a.rec", range(10))
    assert "is for one file" in run("split", a, "-n", "2", "-o", "-", folder=tmp_path, expect=2).err


def test_options_that_exclude_each_other_are_told_as_such(tmp_path: Path) -> None:
    a = write_numbered(tmp_path / "a.rec", range(10))
    two = run("split", a, "-n", "1", "--size", "1K", expect=2).err
    assert "-n and --size exclude each other" in two
    assert "one of -n, --records and --size is needed" in run("split", a, expect=2).err


def test_several_files_are_split_anew(tmp_path: Path) -> None:
    a = write_numbered(tmp_path / "a.rec", range(5))
    b = write_numbered(tmp_path / "b.rec", range(5, 9))
    out = tmp_path / "c-{}.rec"
    assert "-o is needed" in run("split", a, b, "-n", "2", expect=2).err
    told = json.loads(run("split", a, b, "-n", "2", "-o", out, "--json").text)
    assert [one["records"] for one in told["outputs"]] == [4, 5]
    keys = [key for n in range(2) for key, _ in entries(tmp_path / f"c-{n:03}.rec")]
    assert keys == [str(key) for key in range(9)]
    err = run("split", a, a, "-n", "2", "-fo", out, expect=1).err
    assert "same key" in err
    run("split", a, a, "-n", "2", "-fo", out, "--keys", "ordinal")
    assert counts(tmp_path, "c-*.rec") == [5, 5]


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("-n", "2", "--records", "3"),
        ("-n", "0"),
        ("--records", "0"),
        ("--size", "1M", "--round-robin"),
        ("-n", "2", "-o", "b-{0..2}.rec"),
        ("-n", "2", "-o", "b-{0..999999}.rec"),
        ("-n", "1000000"),
        ("--size", "9" * 400),
    ],
)
def test_what_makes_no_sense_is_a_wrong_usage(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    a = write_numbered(tmp_path / "a.rec", range(3))
    run("split", a, *arguments, expect=2, folder=tmp_path)
    assert len(list(tmp_path.iterdir())) == 2


def test_one_file_that_is_there_keeps_all_from_being_made(tmp_path: Path) -> None:
    a = write_numbered(tmp_path / "a.rec", range(10))
    (tmp_path / "a-003.idx").write_text("mine")
    assert "a-003.idx is there already" in run("split", a, "-n", "5", expect=1).err
    assert "a-003.idx is there already" in run("split", a, "--records", "2", expect=1).err
    assert len(list(tmp_path.iterdir())) == 3
    run("split", a, "-n", "5", "--force")
    assert counts(tmp_path, "a-*.rec") == [2] * 5


@pytest.mark.parametrize(
    ("output", "names"),
    [
        ("b.rec", ["b-000", "b-001", "b-002"]),
        ("b-{}-of-3.rec", ["b-000-of-3", "b-001-of-3", "b-002-of-3"]),
        ("b-{08..10}.rec", ["b-08", "b-09", "b-10"]),
    ],
)
def test_the_outputs_are_named_as_they_are_read(
    tmp_path: Path, output: str, names: list[str]
) -> None:
    write_numbered(tmp_path / "a.rec", range(6))
    for how in (("-n", "3"), ("--records", "2")):
        run("split", "a.rec", *how, "-fo", output, folder=tmp_path)
        assert sorted(path.stem for path in tmp_path.glob("b*.rec")) == names
        assert counts(tmp_path, "b*.rec") == [2, 2, 2]


def test_outputs_are_named_after_the_file_that_a_pattern_stands_for(tmp_path: Path) -> None:
    write_numbered(tmp_path / "a.rec", range(6))
    run("split", "?.rec", "-n", "2", folder=tmp_path)
    assert counts(tmp_path, "a-00?.rec") == [3, 3]
    write_numbered(tmp_path / "b.rec", range(6, 8))
    write_numbered(tmp_path / "{c}.rec", range(2))
    for several in ("{a,b}.rec", "?.rec", "{c}.rec"):
        assert "-o is needed" in run("split", several, "-n", "2", folder=tmp_path, expect=2).err


def test_of_a_damaged_file_nothing_is_made_or_what_is_intact(tmp_path: Path) -> None:
    a = write_numbered(tmp_path / "a.rec", range(10))
    damage(a, 3)
    run("split", a, "-n", "3", expect=1)
    assert len(list(tmp_path.iterdir())) == 2
    run("split", a, "-n", "3", "--skip-damaged", expect=3)
    assert counts(tmp_path, "a-*.rec") == [3, 3, 3]


@pytest.mark.parametrize("count", [1, 7, 50])
def test_records_of_several_batches_are_dealt_in_turn(tmp_path: Path, count: int) -> None:
    a = write_numbered(tmp_path / "a.rec", range(20_000))
    paths = [str(tmp_path / f"b-{number}.rec") for number in range(count)]
    with Sources([str(a)]) as sources, creating(paths) as outputs:
        deal(sources, outputs, keys="ordinal")
    for number, path in enumerate(paths):
        wanted = [record(one) for one in range(number, 20_000, len(paths))]
        assert entries(Path(path)) == [(str(key), each) for key, each in enumerate(wanted)]


@pytest.mark.skipif(sys.platform == "win32", reason="needs limits of a process")
def test_files_may_be_more_than_a_process_has_at_first(tmp_path: Path) -> None:
    a = write_numbered(tmp_path / "a.rec", range(300))
    program = (
        "import resource, runpy, sys\n"
        "hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))\n"
        "runpy.run_module('recordio_rs', run_name='__main__')\n"
    )
    command = [sys.executable, "-c", program, "split", str(a), "-n", "100"]
    done = subprocess.run(command, capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert counts(tmp_path, "a-*.rec") == [3] * 100


@pytest.mark.skipif(sys.platform == "win32", reason="needs limits of a process")
def test_files_that_a_process_may_not_have_are_told(tmp_path: Path) -> None:
    a = write_numbered(tmp_path / "a.rec", range(300))
    program = (
        "import resource, runpy\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))\n"
        "runpy.run_module('recordio_rs', run_name='__main__')\n"
    )
    command = [sys.executable, "-c", program, "split", str(a), "-n", "100"]
    done = subprocess.run(command, capture_output=True, timeout=120, check=False)
    assert done.returncode == 1
    assert b"Too many open files; ulimit -n says how many" in done.stderr
    assert len(list(tmp_path.iterdir())) == 2
