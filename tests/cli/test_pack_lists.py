"""`recordio pack --list`, and which images it lists."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import chain
from pathlib import Path

import pytest

from cli.command_line import run
from cli.datasets import image_bytes, write_tree
from recordio_rs import Reader

needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Four images in each of three folders."""
    return write_tree(tmp_path / "tree")


def test_lists_are_made_and_give_the_same_records(tree: Path, tmp_path: Path) -> None:
    result = run("pack", tree, "--list", "-o", tmp_path / "a.lst", "--json")
    report = json.loads(result.text)
    assert report["lists"] == [{"path": str(tmp_path / "a.lst"), "images": 12}]
    first = b"0\t0.000000\tclass 0/image-0.jpg\n"
    assert (tmp_path / "a.lst").read_bytes().startswith(first)
    run("pack", tmp_path / "a.lst", "--root", tree, "-o", tmp_path / "by-list.rec")
    run("pack", tree, "-o", tmp_path / "by-folder.rec")
    for suffix in (".rec", ".idx"):
        by_list, by_folder = tmp_path / f"by-list{suffix}", tmp_path / f"by-folder{suffix}"
        assert by_list.read_bytes() == by_folder.read_bytes()


def test_lists_are_divided(tree: Path, tmp_path: Path) -> None:
    ratios = ["--train-ratio", "0.5", "--test-ratio", "0.25"]
    run("pack", tree, "--list", "-o", tmp_path / "a.lst", "--chunks", "2", *ratios)
    lengths = {
        path.name: len(path.read_text().splitlines()) for path in sorted(tmp_path.glob("*.lst"))
    }
    expected = {"test": 1, "val": 2, "train": 3}
    assert lengths == {
        f"a_{chunk}_{part}.lst": length for chunk in (0, 1) for part, length in expected.items()
    }


def test_a_list_can_be_made_of_another(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x.jpg,1,2\ny.jpg,3,4\n")
    run("pack", tmp_path / "a.csv", "--list", "-o", tmp_path / "b.lst")
    expected = "0\t1.000000\t2.000000\tx.jpg\n1\t3.000000\t4.000000\ty.jpg\n"
    assert (tmp_path / "b.lst").read_text() == expected


def test_a_name_that_no_list_can_have_is_told(tree: Path, tmp_path: Path) -> None:
    (tree / "class 1" / "a\tb.jpg").write_bytes(image_bytes(0))
    result = run("pack", tree, "--list", "-o", tmp_path / "a.lst", expect=3)
    assert "a\\tb.jpg: a list cannot have" in result.err
    assert len((tmp_path / "a.lst").read_text().splitlines()) == 12
    run("pack", tree, "-o", tmp_path / "a.rec")
    assert len(Reader(tmp_path / "a.rec")) == 13


def lines(path: Path) -> list[str]:
    """Gives the lines of a list."""
    return path.read_text().splitlines()


@pytest.mark.parametrize("division", [("--train-ratio", "0.5"), ("--chunks", "2")], ids=str)
def test_lists_are_shuffled_where_they_are_divided(
    division: tuple[str, ...], tree: Path, tmp_path: Path
) -> None:
    run("pack", tree, "--list", "-o", tmp_path / "whole.lst")
    whole = lines(tmp_path / "whole.lst")
    assert [int(line.split("\t")[0]) for line in whole] == list(range(12))
    made = {}
    for name, options in {
        "default": (),
        "shuffled": ("--shuffle",),
        "other": ("--seed", "7"),
        "ordered": ("--no-shuffle",),
    }.items():
        (tmp_path / name).mkdir()
        told = run("pack", tree, "--list", "-o", tmp_path / name / "a.lst", *division, *options)
        assert ("shuffled, as --seed" in told.err) == (name in ("default", "other"))
        made[name] = [lines(path) for path in sorted((tmp_path / name).iterdir())]
    for parts in made.values():
        assert sorted(chain(*parts)) == sorted(whole)
    assert made["default"] == made["shuffled"] != made["other"]
    assert [*chain(*made["default"])] != [*chain(*made["ordered"])]
    assert all(part == [line for line in whole if line in part] for part in made["ordered"])
    for part in made["default"]:
        assert len({line.split("\t")[1] for line in part}) == 3  # classes


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--test-ratio", "0.2"), "--test-ratio needs a --train-ratio"),
        (("--train-ratio", "0.9", "--test-ratio", "0.2"), "0.9 and --test-ratio 0.2 are more"),
        (("--train-ratio", "1.5"), "--train-ratio 1.5 is more than 1"),
    ],
    ids=str,
)
def test_ratios_that_make_no_sense_are_told(
    options: tuple[str, ...], told: str, tree: Path, tmp_path: Path
) -> None:
    result = run("pack", tree, "--list", "-o", tmp_path / "a.lst", *options, expect=2)
    assert told in " ".join(result.err.split())


def test_what_was_made_is_told_unless_nothing_is_to_be_said(tree: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.lst"
    made = ["pack", str(tree), "--list", "-o", str(path), "--force"]
    result = run(*made)
    assert (result.text, result.err) == ("", f"{path}: 12 images\n")
    assert run(*made, "--quiet").err == ""
    report = json.loads(run(*made, "--quiet", "--json").text)
    assert report["lists"] == [{"path": str(path), "images": 12}]


def test_labels_are_written_with_the_lists(tree: Path, tmp_path: Path) -> None:
    run("pack", tree, "--list", "-o", tmp_path / "a.lst", "--labels", tmp_path / "labels")
    assert lines(tmp_path / "labels") == ["class 0 0", "class 1 1", "class 2 2"]


def run_limited(
    limit: str, value: int, *arguments: str, folder: Path, is_soft: bool = False
) -> subprocess.CompletedProcess[bytes]:
    """Runs `recordio` with a limit of those of `resource`, which it can raise if it is soft."""
    program = (
        "import resource, runpy\n"
        f"hard = resource.getrlimit(resource.{limit})[1] if {is_soft} else {value}\n"
        f"resource.setrlimit(resource.{limit}, ({value}, hard))\n"
        "runpy.run_module('recordio_rs', run_name='__main__')\n"
    )
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False)


@needs_linux
@pytest.mark.parametrize("limit", range(101, 105))
def test_more_lists_than_files_may_be_open_leave_nothing(limit: int, tmp_path: Path) -> None:
    (tmp_path / "a.lst").write_text("0\t0\ta.jpg\n")
    made = ["pack", "a.lst", "--list", "-o", "b.lst", "--chunks", "200"]
    ended = run_limited("RLIMIT_NOFILE", limit, *made, folder=tmp_path)
    assert ended.returncode == 1
    assert b"Too many open files; ulimit -n says" in ended.stderr
    assert os.listdir(tmp_path) == ["a.lst"]


@needs_linux
def test_more_lists_than_files_may_be_open_at_first_are_made_and_replaced(tmp_path: Path) -> None:
    (tmp_path / "a.lst").write_text("0\t0\ta.jpg\n")
    made = ["pack", "a.lst", "--list", "-o", "b.lst", "--chunks", "150", "--force"]
    for _ in range(2):
        ended = run_limited("RLIMIT_NOFILE", 256, *made, folder=tmp_path, is_soft=True)
        assert ended.returncode == 0, ended.stderr
    assert len(os.listdir(tmp_path)) == 151


@needs_linux
def test_a_full_disk_leaves_all_lists_as_they_were(tmp_path: Path) -> None:
    (tmp_path / "a.lst").write_text("".join(f"{n}\t0\t{n}.jpg\n" for n in range(1000)))
    (tmp_path / "b_val.lst").write_bytes(b"old")
    before = sorted(os.listdir(tmp_path))
    made = ["pack", "a.lst", "--list", "-o", "b.lst", "--force", "--train-ratio", "0.9"]
    ended = run_limited("RLIMIT_FSIZE", 4096, *made, folder=tmp_path)
    assert ended.returncode == 1
    assert b"b_train.lst: File too large" in ended.stderr
    assert sorted(os.listdir(tmp_path)) == before
    assert (tmp_path / "b_val.lst").read_bytes() == b"old"
