"""Files that are no RecordIO files, and indexes of other ones: what is said of them."""

from __future__ import annotations

import gzip
import json
import struct
import tarfile
from pathlib import Path

import pytest

from cli.command_line import run
from cli.datasets import damage, image_bytes, write_images
from recordio_rs import Writer
from recordio_rs.tools.file_kinds import file_kind


def tfrecord(*records: bytes) -> bytes:
    """Gives records as TFRecord frames them, with checksums that nobody looks at."""
    return b"".join(struct.pack("<QI", len(one), 7) + one + bytes(4) for one in records)


@pytest.fixture
def tar(tmp_path: Path) -> bytes:
    """A tar file with an image."""
    (tmp_path / "x.jpg").write_bytes(image_bytes(1))
    with tarfile.open(tmp_path / "x.tar", "w") as file:
        file.add(tmp_path / "x.jpg", "x.jpg")
    return (tmp_path / "x.tar").read_bytes()


KINDS = [
    (image_bytes(1), "an image (jpeg)"),
    (image_bytes(1, ".png"), "an image (png)"),
    (b"0\t0\n1\t24\n", "an index (.idx)"),
    (b"a b.jpg\t0\nc\t24\n" * 1000, "an index (.idx)"),
    (b"0\t1.000000\ta.jpg\n1\t2.5\tb c.jpg\n", "a list of images (.lst)"),
    (b"name,label\na.jpg,1\n", "text"),
    (b'{"a": 1}', "JSON"),
    (gzip.compress(b"x"), "a file compressed by gzip"),
    (b"PAR1" + bytes(30), "a Parquet file"),
    (b"PK\x03\x04" + bytes(30), "a zip archive"),
    (tfrecord(b"x" * 300), "a TFRecord file"),
    (tfrecord(b"x" * 9000, b"yy", b"z"), "a TFRecord file"),
]


@pytest.mark.parametrize(("content", "kind"), KINDS, ids=[kind for _, kind in KINDS])
def test_what_a_file_is_instead_is_told_by_all_commands(
    tmp_path: Path, content: bytes, kind: str
) -> None:
    path = tmp_path / "x.rec"
    path.write_bytes(content)
    told = f"no RecordIO file; it looks like {kind}"
    for command in ("info", "ls", "head"):
        assert told in run(command, path, expect=3).err
    assert told in run("info", path, expect=3).text
    assert told in run("verify", path, expect=3).text
    assert told in run("cat", path, expect=1).err
    assert told in run("get", path, "--ordinals", "0", expect=1).err
    assert told in run("merge", path, "-o", tmp_path / "o.rec", expect=1).err
    assert told in run("cat", "-", stdin=content, expect=1).err
    (document,) = json.loads(run("verify", "--json", path, expect=3).text)
    assert document["looks_like"].startswith(kind)
    (document,) = json.loads(run("info", "--json", path, expect=3).text)
    assert document["damage"]["looks_like"].startswith(kind)


def test_a_tar_file_is_told_although_records_may_be_in_it(tar: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.rec").write_bytes(tar)
    assert "a tar file: recordio convert reads it" in run("ls", tmp_path / "x.rec", expect=3).err


def test_of_a_damaged_file_nothing_else_is_said(tmp_path: Path) -> None:
    rec = write_images(tmp_path / "a.rec")
    damage(rec, 0)
    assert "looks like" not in run("ls", rec, expect=3).err
    for content in (b"", b"\xff\xff", bytes(100), b"\x00\x01\x02\x03" * 1000, b"\xfe" * 99):
        rec.write_bytes(content)
        assert file_kind(str(rec)) is None
    assert file_kind(str(tmp_path / "missing")) is None


def test_an_index_of_another_file_is_suspected(tmp_path: Path) -> None:
    for name, length in (("a", 100), ("b", 300)):
        with Writer(tmp_path / f"{name}.rec") as writer:
            for key in range(20):
                writer.write(b"x" * length, key)
    index = ("--index", tmp_path / "a.idx")
    assert (
        "perhaps the index is of another file"
        in run("get", tmp_path / "b.rec", "5", *index, expect=1).err
    )
    damage(tmp_path / "a.rec", 5)
    err = run("get", tmp_path / "a.rec", "--ordinals", "5", "--no-index", expect=1).err
    assert "another file" not in err


def test_a_folder_without_a_name_is_a_wrong_usage(tmp_path: Path) -> None:
    rec = write_images(tmp_path / "a.rec")
    assert "name of a folder" in run("get", rec, "1", "-o", "", expect=2).err
