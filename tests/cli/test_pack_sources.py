"""What `recordio pack` takes for a source, and what it tells of one."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from cli.command_line import run
from cli.datasets import image_bytes, write_images, write_list, write_tree
from recordio_rs import Reader, unpack


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Four images in each of three folders."""
    return write_tree(tmp_path / "tree")


def headers(rec: Path) -> list[tuple[int, Any]]:
    """Gives id and label of each record."""
    with Reader(rec) as reader:
        found = [unpack(record)[0] for record in reader]
    return [(header.id, header.label) for header in found]


def test_a_list_comes_through_a_pipe(tree: Path, tmp_path: Path) -> None:
    listed = b"7\t1\tclass 1/image-4.jpg\n"
    run("pack", "-", "-o", tmp_path / "a.rec", folder=tree, stdin=listed)
    assert headers(tmp_path / "a.rec") == [(7, 1.0)]


def test_a_table_gives_labels(tree: Path, tmp_path: Path) -> None:
    (tree / "a.csv").write_text("id,path,label\n5,class 1/image-4.jpg,2\n9,class 0/image-0.jpg,3\n")
    run("pack", tree / "a.csv", "-o", tmp_path / "a.rec")
    assert headers(tmp_path / "a.rec") == [(5, 2.0), (9, 3.0)]


def test_what_is_no_list_is_told_in_short(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "a.lst").write_text("x" * 100_000 + "\n" + "y" * 100_000 + "\t0\ta.jpg\n")
    result = run("pack", tmp_path / "a.lst", "-o", tmp_path / "a.rec", expect=1)
    assert len(result.err) < 2000


def test_labels_of_a_run_that_fails_are_not_written(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jpg").write_bytes(b"")
    run("pack", "in", "-o", "a.rec", "--labels", "a.txt", folder=tmp_path, expect=1)
    assert os.listdir(tmp_path) == ["in"]


def test_a_pattern_may_stand_for_the_source(tree: Path, tmp_path: Path) -> None:
    run("pack", "tr*", "-o", "a.rec", folder=tmp_path)
    assert len(headers(tmp_path / "a.rec")) == 12


def test_labels_name_folders_of_a_folder_only(tree: Path, tmp_path: Path) -> None:
    (tree / "a.lst").write_text("0\t0\tclass 1/image-4.jpg\n")
    labels: list[str | Path] = ["-o", tmp_path / "a.rec", "--labels", tmp_path / "labels"]
    assert "--labels needs" in run("pack", tree / "a.lst", *labels, expect=1).err
    (tree / "class 1").rename(tree / "class\n1")
    assert "ends of lines" in run("pack", tree, *labels, expect=1).err
    assert os.listdir(tmp_path) == ["tree"]


def test_a_record_file_is_no_list(tmp_path: Path) -> None:
    write_images(tmp_path / "d.rec")
    (tmp_path / "d.lst").write_bytes((tmp_path / "d.rec").read_bytes())
    for name in ("d.rec", "d.lst"):
        result = run("pack", name, "-o", "x.rec", folder=tmp_path, expect=1)
        assert result.err.startswith(f"recordio: error: {name}: is a RecordIO file; ")
        assert len(result.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.jpg", image_bytes(0), "its name ends in .jpg and not in .lst, .csv or .txt"),
        ("a.json", b"[]", "ends in .json"),
        ("a.lst", image_bytes(0), "is no text"),
        ("a.csv", "path,label\n".encode("utf-16"), "is no text"),
        ("a", bytes(9), "is no text"),
    ],
)
def test_what_is_no_list_is_refused(name: str, content: bytes, told: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    result = run("pack", name, "-o", "x.rec", folder=tmp_path, expect=1)
    assert result.err.startswith(f"recordio: error: {name}: is no ")
    assert told in result.err
    assert os.listdir(tmp_path) == [name]


@pytest.mark.parametrize("name", ["a.txt", "a", "A.LST"])
def test_lists_have_other_names_too(name: str, tree: Path) -> None:
    write_list(tree / name)
    run("pack", name, "-o", "x.rec", folder=tree)
    assert len(headers(tree / "x.rec")) == 12


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_named_pipe_is_what_its_name_says(tree: Path) -> None:
    pipe = tree / "a.csv"
    os.mkfifo(pipe)
    writer = threading.Thread(
        target=pipe.write_bytes, args=(b"path,label\nclass 1/image-4.jpg,5\n",)
    )
    writer.start()
    run("pack", "a.csv", "-o", "x.rec", folder=tree)
    writer.join()
    assert headers(tree / "x.rec") == [(0, 5.0)]


def test_words_for_labels_get_numbers(tree: Path) -> None:
    table = "path,label\nclass 1/image-4.jpg,dog\nclass 0/image-0.jpg,cat\n"
    (tree / "a.csv").write_text(table)
    result = run("pack", "a.csv", "-o", "x.rec", "--labels", "l", "--json", folder=tree)
    assert headers(tree / "x.rec") == [(0, 1.0), (1, 0.0)]
    assert json.loads(result.text)["classes"] == {"cat": 0, "dog": 1}
    assert (tree / "l").read_text() == "cat 0\ndog 1\n"
    assert "a.csv: the labels are words, which get numbers: cat is 0, dog is 1\n" in result.err


def test_a_table_without_known_columns_is_refused(tree: Path) -> None:
    (tree / "a.csv").write_text("name,class\nclass 1/image-4.jpg,cat\n")
    result = run("pack", "a.csv", "-o", "x.rec", folder=tree, expect=1)
    assert "a.csv: the first row names no column path, and the label 'class'" in result.err
    assert "path, label (or label_0, label_1 and so on) and id" in result.err


def test_where_all_images_are_missing_the_error_says_where_they_are_looked_for(
    tree: Path, tmp_path: Path
) -> None:
    write_list(tmp_path / "a.lst")
    told = run("pack", tmp_path / "a.lst", "-o", tmp_path / "x.rec", expect=1).err
    where = f"paths are looked for in {tmp_path}"
    assert f"none of 12 images can be packed: {where}; --root names another folder\n" in told
    told = run("pack", "a.lst", "--root", ".", "-o", "x.rec", folder=tmp_path, expect=1).err
    assert f"can be packed: paths are looked for in {os.path.realpath(tmp_path)}\n" in told


def test_where_nearly_all_images_are_missing_that_is_told_too(tree: Path, tmp_path: Path) -> None:
    write_list(tmp_path / "a.lst", count=30)
    told = run("pack", tmp_path / "a.lst", "--root", tree, "-o", tmp_path / "x.rec", expect=3).err
    assert "looked for" not in told
    for path in list(tree.rglob("*.jpg"))[3:]:
        path.unlink()
    told = run("pack", tmp_path / "a.lst", "--root", tree, "-o", tmp_path / "y.rec", expect=3).err
    assert f"27 of 30 files missing: paths are looked for in {tree}\n" in told


def test_warnings_of_one_kind_are_few_unless_asked_for(tree: Path, tmp_path: Path) -> None:
    for number in range(40):
        (tree / "class 1" / f"empty-{number}.jpg").write_bytes(b"")
    (tree / "class 0" / "lost.jpg").symlink_to("nowhere")
    made = ["pack", str(tree), "-o", str(tmp_path / "x.rec"), "--force"]
    result = run(*made, "--json", expect=3)
    *warnings, summary = result.err.splitlines()
    assert len(warnings) == 11
    assert warnings[-1] == "recordio: warning: left out: and 31 more; --verbose lists all"
    assert summary.endswith("; 41 left out")
    assert len(json.loads(result.text)["skipped"]) == 41
    assert run(*made, "--verbose", expect=3).err.count("warning: left out: ") == 41
    assert "; 41" not in run(*made, "--quiet", expect=3).err


def test_files_that_are_passed_over_by_their_names_are_told(tree: Path, tmp_path: Path) -> None:
    for name in ("a.bmp", "b.BMP", "c.webp", "d", "class 0/e.bmp"):
        (tree / name).write_bytes(b"x")
    result = run("pack", tree, "-o", tmp_path / "x.rec", "--json")
    assert f"{tree}: files that --exts does not name: 3 .bmp, 1 without an ending, 1 .webp\n" in (
        result.err
    )
    assert json.loads(result.text)["other_files"] == {".bmp": 3, ".webp": 1, "": 1}
    assert "--exts" not in run("pack", tree, "-o", tmp_path / "y.rec", "--quiet").err
    for number in range(6):
        (tree / f"x.{number}").write_bytes(b"x")
    told = run("pack", tree, "-o", tmp_path / "z.rec").err
    assert ", 1 .1, 1 .2, and those of 4 other endings\n" in told
