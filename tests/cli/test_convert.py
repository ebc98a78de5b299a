"""`recordio convert`: what the command line says of formats, shards, folders and losses."""

from __future__ import annotations

import gzip
import importlib.util
import json
from pathlib import Path

import pytest

from cli.command_line import run
from cli.datasets import damage, image_bytes, write_images
from recordio_rs import Reader, Writer, pack
from recordio_rs.cli.shards import shard_names

FORMATS = {"webdataset": ".tar", "tfrecord": ".tfrecord", "parquet": ".parquet"}

each_format = pytest.mark.parametrize("name", FORMATS)
needs_folders = pytest.mark.skipif(
    importlib.util.find_spec("recordio_rs.cli.commands.unpack") is None
    or importlib.util.find_spec("recordio_rs.cli.commands.pack") is None,
    reason="needs recordio pack and recordio unpack",
)


@pytest.fixture
def rec(tmp_path: Path) -> Path:
    """A file of twelve image records."""
    return write_images(tmp_path / "a.rec")


@each_format
def test_options_tell_formats_that_names_do_not(name: str, rec: Path, tmp_path: Path) -> None:
    run("convert", rec, tmp_path / "there", expect=2)
    run("convert", rec, tmp_path / "there", "--to", name)
    run("convert", tmp_path / "there", tmp_path / "b.rec", expect=2)
    run("convert", tmp_path / "there", tmp_path / "b.rec", "--from", name)
    assert (tmp_path / "b.rec").read_bytes() == rec.read_bytes()


@each_format
def test_standard_input_has_records_unless_it_is_told(name: str, rec: Path, tmp_path: Path) -> None:
    there = tmp_path / f"there{FORMATS[name]}"
    run("convert", "-", there, stdin=rec.read_bytes())
    run("convert", "-", tmp_path / "b.rec", "--from", name, stdin=there.read_bytes())
    assert (tmp_path / "b.rec").read_bytes() == rec.read_bytes()


@each_format
def test_the_summary_is_json(name: str, rec: Path, tmp_path: Path) -> None:
    pattern = str(tmp_path / f"a-{{}}{FORMATS[name]}")
    told = json.loads(run("convert", "--json", rec, pattern, "--shards", "5").text)
    assert [one["records"] for one in told["targets"]] == [3, 3, 2, 2, 2]
    assert [Path(one["path"]).exists() for one in told["targets"]] == [True] * 5
    assert (told["from"], told["to"], told["records"]) == ("rec", name, 12)
    assert told["bytes"] == sum(len(record) for record in Reader(rec))
    assert (told["damage"], told["lost_fields"], told["text_keys"]) == ([], {}, 0)


@each_format
def test_more_shards_than_records(name: str, tmp_path: Path) -> None:
    rec = write_images(tmp_path / "a.rec", 2)
    run("convert", rec, tmp_path / f"b{FORMATS[name]}", "--shards", "4")
    run("convert", tmp_path / f"b-{{000..003}}{FORMATS[name]}", tmp_path / "c.rec")
    assert (tmp_path / "c.rec").read_bytes() == rec.read_bytes()


@each_format
def test_a_file_without_records_comes_back_so(name: str, tmp_path: Path) -> None:
    Writer(tmp_path / "a.rec").close()
    run("convert", tmp_path / "a.rec", tmp_path / f"b{FORMATS[name]}")
    run("convert", tmp_path / f"b{FORMATS[name]}", tmp_path / "c.rec")
    assert (tmp_path / "c.rec").read_bytes() == b""
    assert (tmp_path / "c.idx").read_bytes() == b""


@each_format
def test_damaged_records_are_left_out_where_that_is_asked_for(
    name: str, rec: Path, tmp_path: Path
) -> None:
    damage(rec, 4)
    there = tmp_path / f"there{FORMATS[name]}"
    told = json.loads(run("convert", "--json", "--skip-damaged", rec, there, expect=3).text)
    assert told["records"] == 11
    assert told["damage_count"] >= 1
    run("convert", there, tmp_path / "b.rec")
    with Reader(tmp_path / "b.rec") as reader:
        assert list(reader.keys) == [key for key in range(12) if key != 4]


@each_format
def test_an_index_is_chosen_or_done_without(name: str, tmp_path: Path) -> None:
    with Writer(tmp_path / "a.rec", index=tmp_path / "other.idx") as writer:
        writer.write(pack((0, 1.0, 7, 0), image_bytes(0)), 7)
    there = tmp_path / f"there{FORMATS[name]}"
    keys = []
    for options in (["--index", str(tmp_path / "other.idx")], ["--no-index"]):
        run("convert", tmp_path / "a.rec", there, "--force", *options)
        run("convert", there, tmp_path / "b.rec", "--force")
        with Reader(tmp_path / "b.rec") as reader:
            keys.append(list(reader.keys))
    assert keys == [[7], [0]]


def test_wrong_usage_is_told(rec: Path, tmp_path: Path) -> None:
    for arguments, message in (
        ((rec, tmp_path / "b.rec"), "merge"),
        ((rec, "-"), "needs a name"),
        ((rec, tmp_path / "b.parquet.gz", "--to", "parquet"), "is not written with gzip"),
        ((rec, tmp_path / "b"), "--to does; the name of a folder ends in /"),
        ((rec,), "Missing argument 'TARGET'"),
        ((), "Missing argument 'SOURCE...'"),
        ((rec, tmp_path / "b", "--to", "folder", "--ignore", "x"), "as it is"),
        ((rec, tmp_path / "b-{0..3}.tar", "--shards", "3"), "stands for 4 files"),
        ((rec, tmp_path / "c.tar", tmp_path / "b.rec"), "several formats"),
        ((tmp_path / "c.tar", tmp_path / "b.rec", "--no-index"), "for .rec sources"),
        ((rec, rec, tmp_path / "b.tar", "--index", "x"), "--index is for one file"),
        ((tmp_path / "b.tar", str(tmp_path) + "/"), "a folder is converted"),
    ):
        assert message in run("convert", *arguments, expect=2).err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.idx", "a.rec"]


def test_the_index_of_a_target_is_not_overwritten_either(rec: Path, tmp_path: Path) -> None:
    run("convert", rec, tmp_path / "a.tar")
    rec.unlink()
    assert "a.idx is there already" in run("convert", tmp_path / "a.tar", rec, expect=1).err
    assert "is a folder" in run("convert", "--force", tmp_path / "a.tar", folder(rec), expect=1).err


def folder(path: Path) -> Path:
    """Makes a folder, and returns its path."""
    path.mkdir()
    return path


@each_format
def test_a_library_that_is_missing_is_told(name: str, rec: Path, tmp_path: Path) -> None:
    library = {"parquet": "pyarrow"}.get(name, name)
    (tmp_path / "path" / library).mkdir(parents=True)
    (tmp_path / "path" / library / "__init__.py").write_text(
        f"raise ModuleNotFoundError('none', name={library!r})"
    )
    import os

    path = os.pathsep.join([str(tmp_path / "path"), os.environ.get("PYTHONPATH", "")])
    target = tmp_path / f"b{FORMATS[name]}"
    err = run("convert", rec, target, env={"PYTHONPATH": path}, expect=1).err
    assert library in err
    assert "pip install 'recordio_rs[convert]'" in err
    assert not target.exists()


@needs_folders
def test_a_folder_and_back(rec: Path, tmp_path: Path) -> None:
    run("convert", rec, f"{tmp_path / 'images'}/")
    assert (tmp_path / "images" / "1" / "1.jpg").read_bytes() == image_bytes(1)
    assert "--force" in run("convert", rec, tmp_path / "images", expect=1).err
    run("convert", tmp_path / "images", tmp_path / "b.rec")
    assert (tmp_path / "b.rec").read_bytes() == rec.read_bytes()
    assert (tmp_path / "b.idx").read_bytes() == rec.with_suffix(".idx").read_bytes()
    run("convert", rec, f"{tmp_path / 'other'}/", "--shards", "2", expect=2)
    assert json.loads(run("convert", "--json", rec, f"{tmp_path / 'other'}/").text)
    damage(rec, 3)
    run("convert", rec, f"{tmp_path / 'third'}/", expect=1)
    run("convert", rec, f"{tmp_path / 'third'}/", "--skip-damaged", expect=3)


@needs_folders
def test_a_folder_may_have_any_name(rec: Path, tmp_path: Path) -> None:
    for name in ("images", "images.tar"):
        run("convert", rec, tmp_path / name, "--to", "folder")
        back = tmp_path / f"{name}.rec"
        run("convert", tmp_path / name, back, "--from", "folder")
        assert back.read_bytes() == rec.read_bytes()


@pytest.mark.parametrize("suffix", [".tar.gz", ".tgz", ".tfrecord.gz"])
def test_a_name_of_gzip_is_kept(suffix: str, rec: Path, tmp_path: Path) -> None:
    for name in ("b", "c"):
        run("convert", rec, tmp_path / f"{name}{suffix}", "--shards", "2")
    for number in ("000", "001"):
        packed = (tmp_path / f"b-{number}{suffix}").read_bytes()
        assert packed == (tmp_path / f"c-{number}{suffix}").read_bytes()
        assert packed[4:8] == bytes(4), "no time"
        assert gzip.decompress(packed)
    run("convert", tmp_path / f"b-{{000..001}}{suffix}", tmp_path / "b.rec")
    assert (tmp_path / "b.rec").read_bytes() == rec.read_bytes()


def test_damage_that_ends_the_command_comes_with_what_can_be_done(
    rec: Path, tmp_path: Path
) -> None:
    run("convert", rec, tmp_path / "a.tar")
    damage(rec, 4)
    err = run("convert", rec, tmp_path / "b.tar", expect=1).err
    assert "; --skip-damaged goes on past it, recordio repair writes all that is intact" in err
    (tmp_path / "a.tar").write_bytes((tmp_path / "a.tar").read_bytes()[:5000])
    err = run("convert", tmp_path / "a.tar", tmp_path / "b.rec", expect=1).err
    assert err.endswith("; --skip-damaged goes on past it\n")


def test_what_the_names_of_shards_stand_for() -> None:
    assert shard_names("a.tar", None) == ["a.tar"]
    assert shard_names("a.tar", 1) == ["a-000.tar"]
    assert shard_names("a/{}-of-2.tar", 2) == ["a/000-of-2.tar", "a/001-of-2.tar"]
    assert shard_names("a{08..10}.b", None) == ["a08.b", "a09.b", "a10.b"]
    assert shard_names("{0..1}{0..1}", 4) == ["00", "01", "10", "11"]
    assert shard_names("{a,b}.tar", None) == ["{a,b}.tar"]
    assert shard_names("a.b.tar.gz", 1) == ["a.b-000.tar.gz"]
    assert shard_names("a", 1001)[-1] == "a-1000"
