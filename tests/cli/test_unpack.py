"""`recordio unpack`."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from cli.command_line import run
from cli.datasets import damage, image_bytes, write_images
from recordio_rs import Reader, Writer, pack
from recordio_rs.tools.key_names import name_of_key


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Twelve image records of three classes."""
    return write_images(tmp_path / "a.rec")


def files(folder: Path) -> list[str]:
    """Gives the paths of all files under a folder."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path.relative_to(folder).as_posix() for path in found)


def test_images_go_to_a_folder_for_each_label_byte_by_byte(images: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    told = json.loads(run("unpack", images, "-o", out, "--json").text)
    assert told["listed"] == 12
    assert (out / "1" / "4.jpg").read_bytes() == image_bytes(4)
    assert (out / "0" / "3.png").read_bytes() == image_bytes(3, ".png")
    assert len(files(out)) == 13  # the list, too


def test_pack_makes_the_same_files_of_it_again(images: Path, tmp_path: Path) -> None:
    out, again = tmp_path / "out", tmp_path / "again.rec"
    run("unpack", images, "-o", out)
    run("pack", out / "a.lst", "--root", out, "--pass-through", "-o", again)
    assert again.read_bytes() == images.read_bytes()
    assert again.with_suffix(".idx").read_bytes() == images.with_suffix(".idx").read_bytes()


def test_damage_ends_it_with_what_can_be_done(images: Path, tmp_path: Path) -> None:
    damage(images, 4)
    told = run("unpack", images, "-o", tmp_path / "out", expect=1).err
    assert (
        "; --skip-damaged goes on past it, recordio repair writes all that is intact to a new "
        "file\n" in told
    )
    assert not (tmp_path / "out").exists()
    assert (
        "11 images in"
        in run("unpack", images, "-o", tmp_path / "out", "--skip-damaged", expect=3).err
    )


def test_vector_labels_come_back(tmp_path: Path) -> None:
    rec, out, again = tmp_path / "a.rec", tmp_path / "out", tmp_path / "again.rec"
    with Writer(rec) as writer:
        for number in range(3):
            labels = [4.0, 5.0, 0.1 * number, 1e-7]
            writer.write(pack((0, labels, number, 0), image_bytes(number)), number)
    run("unpack", rec, "-o", out)
    run("pack", out / "a.lst", "--root", out, "--pass-through", "-o", again)
    assert list(Reader(again)) == list(Reader(rec))


def test_a_list_gives_the_names(images: Path, tmp_path: Path) -> None:
    names, out = tmp_path / "names.lst", tmp_path / "out"
    names.write_text("".join(f"{n}\t0\tdeep/er/{n} é.jpg\n" for n in range(12)), "utf-8")
    run("unpack", images, "--list", names, "-o", out)
    assert (out / "deep" / "er" / "4 é.jpg").read_bytes() == image_bytes(4)


@pytest.mark.parametrize("name", ["../out.jpg", "/tmp/out.jpg", "a/../../out.jpg"])
def test_names_that_lead_out_are_refused(images: Path, tmp_path: Path, name: str) -> None:
    names, out = tmp_path / "names.lst", tmp_path / "in" / "out"
    out.parent.mkdir()
    names.write_text(f"0\t0\t{name}\n", "utf-8")
    assert "error: " in run("unpack", images, "--list", names, "-o", out, expect=1).err
    assert files(out.parent) == []


def test_equal_names_are_told_and_nothing_is_lost(tmp_path: Path) -> None:
    rec, out = tmp_path / "a.rec", tmp_path / "out"
    with Writer(rec) as writer:
        for number in range(3):
            writer.write(pack((0, 0.0, 7, 0), image_bytes(number)), 7)
    assert "3 images" in run("unpack", rec, "-o", out, "--no-index", expect=None).err
    assert {path.read_bytes() for path in out.rglob("*.jpg")} == {image_bytes(n) for n in range(3)}


def test_what_is_no_image_record_is_written_whole(tmp_path: Path) -> None:
    rec, out = tmp_path / "a.rec", tmp_path / "out"
    with Writer(rec) as writer:
        writer.write(b"no image", "../k")
    run("unpack", rec, "-o", out, expect=None)
    (written,) = out.rglob("*.bin")
    assert written.read_bytes() == b"no image"
    assert written.parent == out


def test_what_a_list_cannot_have_is_a_loss(tmp_path: Path) -> None:
    rec = tmp_path / "a.rec"
    with Writer(rec) as writer:
        writer.write(pack((0, 0.0, 1, 99), image_bytes(1)), 1)
    assert "id2" in run("unpack", rec, "-o", tmp_path / "out", expect=3).err


def test_the_command_that_is_told_makes_the_same_file_again(tmp_path: Path) -> None:
    rec, again = tmp_path / "a.rec", tmp_path / "again.rec"
    with Writer(rec) as writer:
        for number, suffix in enumerate([".jpg", ".png", ".jpg"]):
            whole = image_bytes(number, suffix)
            image = whole if number == 2 else whole[:-20]
            writer.write(pack((0, [1.0, 2.0], number, 0), image), number)
    told = run("unpack", rec, "-o", tmp_path / "out").err
    assert "2 records with an image that breaks off" in told
    _, command = told.strip().rsplit("again: recordio ", 1)
    run(*shlex.split(command)[:-1], again)
    assert again.read_bytes() == rec.read_bytes()


@pytest.mark.parametrize("options", [(), ("--no-index",)])
def test_ids_that_pack_would_refuse_are_told(options: tuple[str, ...], tmp_path: Path) -> None:
    rec = tmp_path / "a.rec"
    with Writer(rec) as writer:
        for number in (7, 8, 7):
            writer.write(pack((0, 0.0, number, 0), image_bytes(number)), number)
    told = run("unpack", rec, "-o", tmp_path / "out", *options, expect=None).err
    assert "1 record with an id that another one has" in told
    assert "again: " not in told


@pytest.mark.parametrize("key", ["k" * 300, "a/b", "..", "a\u3000b", "a:b", "-"])
def test_odd_keys_give_names(key: str, tmp_path: Path) -> None:
    rec, out = tmp_path / "a.rec", tmp_path / "out"
    with Writer(rec) as writer:
        writer.write(b"no image", key)
        writer.write(pack((0, 0.0, 1, 0), image_bytes(1)), f"{key}2")
    run("unpack", rec, "-o", out, "--name", "{key}", expect=3)
    assert files(out) == sorted(["a.lst", f"{name_of_key(key)}.bin", name_of_key(f"{key}2")])
    lines = (out / "a.lst").read_text("utf-8").splitlines()
    assert [line.split("\t")[-1] for line in lines] == [name_of_key(f"{key}2")]


def test_a_name_that_no_list_can_have_is_an_error(tmp_path: Path) -> None:
    rec, out = tmp_path / "a.rec", tmp_path / "out"
    with Writer(rec) as writer:
        writer.write(pack((0, 0.0, 1, 0), image_bytes(1)), "ab c")
    told = run("unpack", rec, "-o", out, "--name", "{key:.3}", expect=1).err
    assert "space around it" in told
    assert not out.exists()


def test_what_a_killed_run_has_left_is_told(images: Path, tmp_path: Path) -> None:
    (tmp_path / "out.partial").mkdir()
    told = run("unpack", images, "-o", tmp_path / "out", expect=1).err
    assert "out.partial: another run is filling it; if none is, remove" in told


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")
def test_a_full_disk_is_told_with_the_name_of_the_list(tmp_path: Path) -> None:
    rec = tmp_path / "a.rec"
    with Writer(rec) as writer:
        for number in range(1000):
            writer.write(pack((0, [0.0] * 7, number, 0), b""), number)
    program = (
        "import resource, runpy, sys\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        f"sys.argv[1:] = ['unpack', {str(rec)!r}, '-o', {str(tmp_path / 'out')!r}]\n"
        "runpy.run_module('recordio_rs', run_name='__main__')\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert ended.returncode == 1
    assert b"a.lst: File too large" in ended.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.idx", "a.rec"]
