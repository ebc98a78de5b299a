"""`recordio convert` and the files around it: nothing is lost there, and all targets or none."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cli.command_line import run
from cli.datasets import damage, image_bytes, write_images
from recordio_rs import Reader, Writer, pack
from recordio_rs._replacing import replacing
from recordio_rs.tools.converting.conversion import Plan, convert

FORMATS = {"webdataset": ".tar", "tfrecord": ".tfrecord", "parquet": ".parquet"}

each_format = pytest.mark.parametrize("name", FORMATS)
needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")


@pytest.fixture
def rec(tmp_path: Path) -> Path:
    """A file of twelve image records."""
    return write_images(tmp_path / "a.rec")


@each_format
def test_the_index_of_the_source_is_not_written_over(name: str, rec: Path) -> None:
    index = rec.with_suffix(".idx")
    before = index.read_bytes()
    err = run("convert", rec, index, "--to", name, "--force", expect=1).err
    assert "is to be read and to be written" in err
    assert index.read_bytes() == before


@each_format
def test_a_source_with_the_name_of_an_unfinished_target_stays(
    name: str, rec: Path, tmp_path: Path
) -> None:
    target = tmp_path / f"b{FORMATS[name]}"
    source = tmp_path / f"b{FORMATS[name]}.partial"
    run("convert", rec, source, "--to", name)
    before = source.read_bytes()
    err = run("convert", source, target, "--from", name, expect=1).err
    assert "is to be read and to be written" in err
    assert source.read_bytes() == before


def test_a_target_is_never_one_of_the_sources(rec: Path, tmp_path: Path) -> None:
    run("convert", rec, tmp_path / "a.tar")
    (tmp_path / "link.tar").symlink_to("a.tar")
    before = (tmp_path / "a.tar").read_bytes()
    for target in ("a.tar", "link.tar"):
        run("convert", tmp_path / "a.tar", tmp_path / target, "--force", expect=1)
    assert (tmp_path / "a.tar").read_bytes() == before


def test_two_targets_with_one_index_are_an_error(rec: Path, tmp_path: Path) -> None:
    run("convert", rec, tmp_path / "a.tar")
    targets = tmp_path / "b.{0..3}"
    err = run("convert", tmp_path / "a.tar", targets, "--to", "rec", expect=1).err
    assert "b.idx would be written twice" in err
    assert list(tmp_path.glob("b.*")) == []


def test_a_name_that_stands_for_too_many_files_is_told_at_once(rec: Path, tmp_path: Path) -> None:
    for target in ("b-{0..99999999999}.tar", "b-{0..999}{0..999}.tar"):
        assert "more than 100,000 files" in run("convert", rec, tmp_path / target, expect=2).err
    run("convert", rec, tmp_path / "b.tar", "--shards", "100001", expect=2)
    source = tmp_path / "a{0..99999999999}.tar"
    assert "more than 1,000,000 files" in run("convert", source, tmp_path / "b.rec", expect=2).err


@needs_linux
@each_format
def test_more_targets_than_open_files(name: str, rec: Path, tmp_path: Path) -> None:
    limited = (
        "import resource, runpy, sys\n"
        "hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (40, hard))\n"
        "sys.argv[0] = 'recordio'\n"
        "runpy.run_module('recordio_rs', run_name='__main__')\n"
    )
    there = f"b-{{000..099}}{FORMATS[name]}"
    for source, target in (("a.rec", there), (there, "c-{000..099}.rec"), ("c-*.rec", "d.tar")):
        subprocess.run(
            [sys.executable, "-c", limited, "convert", "-q", source, target],
            cwd=tmp_path,
            check=True,
            timeout=120,
        )
    run("convert", tmp_path / "d.tar", tmp_path / "e.rec")
    assert (tmp_path / "e.rec").read_bytes() == rec.read_bytes()


@needs_linux
@pytest.mark.parametrize("name", [*FORMATS, "rec"])
def test_a_disk_that_gets_full_on_the_way_leaves_none_of_several_targets(
    name: str, tmp_path: Path
) -> None:
    # The first two fit below the limit of a file, the third one does not, and is found out only
    # when what is kept in memory is written.
    with Writer(tmp_path / "a.rec") as writer:
        for number, length in enumerate((1000, 1000, 30_000)):
            writer.write(pack((0, 1.0, number, 0), image_bytes(0) + bytes(length)), number)
    source, suffix = tmp_path / "a.rec", {**FORMATS, "rec": ".rec"}[name]
    if name == "rec":
        run("convert", source, tmp_path / "a.tar")
        source = tmp_path / "a.tar"
    (tmp_path / "out").mkdir()
    program = (
        "import resource, runpy, sys\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))\n"
        "sys.argv[0] = 'recordio'\n"
        "runpy.run_module('recordio_rs', run_name='__main__')\n"
    )
    target = str(tmp_path / "out" / f"b-{{0..2}}{suffix}")
    done = subprocess.run(
        [sys.executable, "-c", program, "convert", str(source), target],
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1
    assert f"b-2{suffix}: File too large" in done.stderr.decode()
    assert list((tmp_path / "out").iterdir()) == []


@needs_linux
def test_a_source_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    for name in ("webdataset", "tfrecord"):
        source = "/proc/self/mem"  # opens, and cannot be read at its beginning
        err = run("convert", "--from", name, source, tmp_path / "b.rec", expect=1).err
        assert "/proc/self/mem: Input/output error" in err
    assert list(tmp_path.iterdir()) == []


@needs_linux
@each_format
def test_a_pipe_with_a_name_is_read_as_a_file(name: str, rec: Path, tmp_path: Path) -> None:
    there = tmp_path / f"b{FORMATS[name]}"
    run("convert", rec, there)
    os.mkfifo(tmp_path / "a.fifo")
    with subprocess.Popen(["sh", "-c", f"cat '{there}' > '{tmp_path}/a.fifo'"]) as writer:
        run("convert", "--from", name, tmp_path / "a.fifo", tmp_path / "b.rec")
    assert writer.returncode == 0
    assert (tmp_path / "b.rec").read_bytes() == rec.read_bytes()


@each_format
def test_two_that_write_one_target_do_not_hurt_each_other(
    name: str, rec: Path, tmp_path: Path
) -> None:
    target = tmp_path / f"b{FORMATS[name]}"
    with replacing(str(target)) as file:
        file.write(b"of the first one")
        assert "another writer" in run("convert", rec, target, expect=1).err
    assert target.read_bytes() == b"of the first one"


@needs_linux
@each_format
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_who_is_interrupted_while_it_writes_leaves_no_target(
    name: str, number: signal.Signals, tmp_path: Path
) -> None:
    image = image_bytes(0)
    with Writer(tmp_path / "a.rec") as writer:
        for key in range(100_000):
            writer.write(pack((0, 1.0, key, 0), image), key)
    (tmp_path / "out").mkdir()
    target = tmp_path / "out" / f"b{FORMATS[name]}"
    command = [sys.executable, "-m", "recordio_rs", "convert", str(tmp_path / "a.rec"), str(target)]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        while not list(target.parent.iterdir()):
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(number)
        err = process.stderr.read().decode()
    assert process.returncode == 128 + number, err
    assert "Traceback" not in err
    assert list(target.parent.iterdir()) == []


def labelled(path: Path) -> Path:
    """Writes images with several labels, in an order that is not that of their ids."""
    with Writer(path) as writer:
        for key in (5, 3, 9, 0):
            writer.write(pack((0, [float(key), 0.5, -1.25], key, 0), image_bytes(key)), key)
    return path


def test_labels_ids_and_order_come_back_from_a_folder(tmp_path: Path) -> None:
    rec = labelled(tmp_path / "a.rec")
    run("convert", rec, f"{tmp_path / 'images'}/")
    run("convert", f"{tmp_path / 'images'}/", tmp_path / "b.rec")
    assert (tmp_path / "b.rec").read_bytes() == rec.read_bytes()
    assert (tmp_path / "b.idx").read_bytes() == (tmp_path / "a.idx").read_bytes()


def test_a_folder_by_classes_gets_labels_in_their_order(tmp_path: Path) -> None:
    for place, name in enumerate(("cat", "dog")):
        (tmp_path / "images" / name).mkdir(parents=True)
        (tmp_path / "images" / name / "x.jpg").write_bytes(image_bytes(place))
    run("convert", tmp_path / "images", tmp_path / "b.rec")
    expected = [pack((0, float(label), label, 0), image_bytes(label)) for label in range(2)]
    with Reader(tmp_path / "b.rec") as reader:
        assert list(reader) == expected


def test_what_a_folder_does_not_keep_is_a_loss_on_one_of_both_ways(tmp_path: Path) -> None:
    cases = {
        "id2": pack((0, 1.0, 0, 7), image_bytes(0)),
        "other key": pack((0, 1.0, 4, 0), image_bytes(0)),
        "empty": pack((0, [1.0, 2.0], 0, 0), b""),
    }
    for name, record in cases.items():
        with Writer(tmp_path / f"{name}.rec") as writer:
            writer.write(pack((0, 1.0, 1, 0), image_bytes(1)), 1)
            writer.write(record, "k" if name == "other key" else 0)
        there = run("convert", tmp_path / f"{name}.rec", f"{tmp_path / name}/", expect=None)
        back = run("convert", tmp_path / name, tmp_path / f"{name}-2.rec", expect=None)
        assert 3 in (there.code, back.code), name
        assert {there.code, back.code} <= {0, 3}, name


def test_a_folder_tells_in_json_what_the_other_commands_tell(rec: Path, tmp_path: Path) -> None:
    import json

    there = json.loads(run("convert", "--json", rec, f"{tmp_path / 'images'}/").text)
    assert there["listed"] == 12
    back = json.loads(run("convert", "--json", tmp_path / "images", tmp_path / "b.rec").text)
    assert back["records"] == 12


def test_wrong_usage_with_folders_is_told(rec: Path, tmp_path: Path) -> None:
    run("convert", rec, f"{tmp_path / 'images'}/")
    images, other = tmp_path / "images", tmp_path / "b.rec"
    for arguments in (
        (rec, f"{tmp_path / 'x'}/", "--index", "a.idx", "--no-index"),
        (images, other, "--no-index"),
        (images, other, "--skip-damaged"),
        (images, other, "--keys", "ordinal"),
        (images, images, other),
        (images, tmp_path / "b.tar"),
        (images, f"{tmp_path / 'x'}/"),
    ):
        run("convert", *arguments, expect=2)
    (tmp_path / "empty").mkdir()
    run("convert", tmp_path / "empty", other, expect=1)
    run("convert", f"{tmp_path / 'missing'}/", other, expect=1)
    assert not other.exists()


def test_images_of_a_folder_that_are_cut_are_left_out_and_told(rec: Path, tmp_path: Path) -> None:
    run("convert", rec, f"{tmp_path / 'images'}/")
    image = tmp_path / "images" / "1" / "1.jpg"
    image.write_bytes(image.read_bytes()[:-10])
    assert "1.jpg" in run("convert", tmp_path / "images", tmp_path / "b.rec", expect=3).err
    with Reader(tmp_path / "b.rec") as reader:
        assert list(reader.keys) == [key for key in range(12) if key != 1]


@each_format
def test_a_source_of_several_that_is_damaged_is_named(name: str, tmp_path: Path) -> None:
    first, second = write_images(tmp_path / "a.rec"), write_images(tmp_path / "b.rec", first=50)
    damage(second, 4)
    plan = Plan([str(first), str(second)], "rec", [str(tmp_path / "c")], name, skip_damaged=True)
    done = convert(plan)
    assert done.counts == [23]
    assert "b.rec" in "".join(done.losses.damage)
    assert run("convert", first, second, tmp_path / f"d{FORMATS[name]}", expect=1).err
