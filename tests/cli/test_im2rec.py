"""`recordio im2rec`; that it does what MXNet's does is in `test_im2rec_differential.py`."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from cli.command_line import run
from cli.datasets import image_bytes, write_tree
from recordio_rs import IRHeader, Reader, pack, unpack


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Four images in each of three folders."""
    return write_tree(tmp_path / "tree")


def ids(rec: Path) -> list[int]:
    """Gives the ids of the records, which are their keys."""
    with Reader(rec) as reader:
        found = [unpack(record)[0].id for record in reader]
        assert found == list(reader.keys)
    return found


def test_a_list_is_made_and_packed(tree: Path, tmp_path: Path) -> None:
    listed = run("im2rec", "--list", "--recursive", tmp_path / "a", tree)
    assert listed.text == "class 0 0\nclass 1 1\nclass 2 2\n"
    lines = (tmp_path / "a.lst").read_text().splitlines()
    assert len(lines) == 12
    made = run("im2rec", "--pass-through", tmp_path / "a", tree)
    assert made.text == ""
    assert "a.rec: 12 records" in made.err
    assert ids(tmp_path / "a.rec") == [int(line.split("\t")[0]) for line in lines]
    assert ids(tmp_path / "a.rec") != sorted(ids(tmp_path / "a.rec"))
    with Reader(tmp_path / "a.rec") as reader:
        image = (tree / "class 2" / "image-2.jpg").read_bytes()
        assert reader[list(reader.keys).index(9)] == pack(IRHeader(0, 2.0, 9, 0), image)
    assert sorted(os.listdir(tmp_path)) == ["a.idx", "a.lst", "a.rec", "tree"]


def test_options_may_be_shortened_and_extensions_have_no_commas(tree: Path, tmp_path: Path) -> None:
    (tree / "a.bmp").write_bytes(image_bytes(1, ".bmp"))
    (tree / "b.png").write_bytes(image_bytes(1, ".png"))
    options = ["--li", "--rec", "--no-s", "--ex", ".bmp", ".png", "--train=0.5"]
    run("im2rec", tmp_path / "a", tree, *options)
    assert (tmp_path / "a_train.lst").read_text() == "0\t0.000000\ta.bmp\n"
    assert (tmp_path / "a_val.lst").read_text() == "1\t0.000000\tb.png\n"
    run("im2rec", "--qual", "80", "--res=16", "--num", "2", "--enc", ".png", tmp_path / "a", tree)
    assert ids(tmp_path / "a_train.rec") == [0]
    run("im2rec", "--list", "--exts", ".bmp", "--", tmp_path / "c", tree)
    assert (tmp_path / "c.lst").read_text() == "0\t0.000000\ta.bmp\n"


@pytest.mark.parametrize(
    "options",
    [
        ["--p"],
        ["--list", "--train-ratio", "nan"],
        ["--list", "--train-ratio", "0.5", "--test-ratio", "inf"],
        ["--list", "--train-ratio", "-0.5"],
        ["--re", "9"],
        ["--list", "--exts", ".jpg"],
        ["--exts"],
        ["--color", "3"],
    ],
)
def test_what_is_not_clear_is_a_wrong_usage(options: list[str], tree: Path, tmp_path: Path) -> None:
    result = run("im2rec", *options, tmp_path / "a", tree, expect=2)
    assert "Error: " in result.err
    assert os.listdir(tmp_path) == ["tree"]


def test_what_is_there_is_replaced_when_the_new_one_is_whole(tree: Path, tmp_path: Path) -> None:
    for _ in range(2):
        run("im2rec", "--list", "--recursive", tmp_path / "a", tree)
        run("im2rec", tmp_path / "a", tree)
    before = (tmp_path / "a.rec").read_bytes()
    for path in tree.rglob("*.jpg"):
        path.unlink()
    result = run("im2rec", tmp_path / "a", tree, expect=1)
    assert "none of 12 images can be packed" in result.err
    assert (tmp_path / "a.rec").read_bytes() == before
    assert sorted(os.listdir(tmp_path)) == ["a.idx", "a.lst", "a.rec", "tree"]


def test_what_is_left_out_is_told_for_people_and_programs(tree: Path, tmp_path: Path) -> None:
    (tree / "class 0" / "image-0.jpg").write_bytes(b"")
    run("im2rec", "--list", "--recursive", "--no-shuffle", tmp_path / "a", tree)
    with open(tmp_path / "a.lst", "ab") as file:
        file.write(b"nonsense\n")
    result = run("im2rec", "--json", tmp_path / "a", tree, expect=3)
    report = json.loads(result.text)
    assert [Path(one["path"]).name for one in report["skipped"]] == [
        "a.lst, line 13",
        "image-0.jpg",
    ]
    assert report["files"][0]["records"] == 11
    assert "image-0.jpg: the file is empty" in result.err
    assert ids(tmp_path / "a.rec") == list(range(1, 12))


def test_ids_that_are_there_twice_are_told(tree: Path, tmp_path: Path) -> None:
    name = "class 0/image-0.jpg"
    (tmp_path / "a.lst").write_text(f"1\t0\t{name}\n1\t2\t{name}\n")
    result = run("im2rec", tmp_path / "a", tree, expect=3)
    assert "have the same id, 1" in result.err
    with Reader(tmp_path / "a.rec", index=False) as reader:
        assert len(reader) == 2


def test_a_folder_without_images_gives_an_empty_list_and_a_warning(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    result = run("im2rec", "--list", tmp_path / "a", tmp_path / "in")
    assert "warning: " in result.err
    assert (tmp_path / "a.lst").read_bytes() == b""
    run("im2rec", tmp_path / "a", tmp_path / "in")
    assert (tmp_path / "a.rec").read_bytes() == b""


def test_no_list_is_an_error(tree: Path, tmp_path: Path) -> None:
    result = run("im2rec", tmp_path / "a", tree, expect=1)
    assert f"no list is there whose path begins with {tmp_path / 'a'}" in result.err
    assert "nowhere" in run("im2rec", "--list", tmp_path / "a", "nowhere", expect=1).err
    assert "no-folder" in run("im2rec", tmp_path / "no-folder" / "a", tree, expect=1).err


def test_the_help_tells_all_options_of_mxnet() -> None:
    text = run("im2rec", "--help").text
    for option in ("--list", "--exts", "--chunks", "--num-thread", "--pass-through", "--color"):
        assert option in text
