"""`recordio pack`."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from cli.command_line import run
from cli.datasets import image_bytes, write_tree
from recordio_rs import IRHeader, Reader, pack, pack_img, unpack, unpack_img
from recordio_rs.tools.size_text import size_text


def packed(rec: Path) -> list[tuple[Any, bytes]]:
    """Gives header and image of each record, whose key is the id in it."""
    with Reader(rec) as reader:
        found = [unpack(record) for record in reader]
        assert [header.id for header, _ in found] == list(reader.keys)
    return found


def headers(rec: Path) -> list[tuple[int, float]]:
    """Gives id and label of each record."""
    return [(header.id, header.label) for header, _ in packed(rec)]


def imread(path: Path, color: int = 1) -> npt.NDArray[Any]:
    """Reads an image."""
    return np.asarray(cv2.imread(str(path), color))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Four images in each of three folders."""
    return write_tree(tmp_path / "tree")


def names_in(tree: Path) -> list[Path]:
    """Gives the images in the order of their names."""
    return sorted(tree.rglob("*.jpg"))


def test_a_folder_for_each_class_gives_labels_in_the_order_of_names(
    tree: Path, tmp_path: Path
) -> None:
    labels = tmp_path / "labels.txt"
    result = run("pack", tree, "-o", tmp_path / "a.rec", "--labels", labels)
    assert result.text == ""
    assert (
        result.err
        == f"{tmp_path / 'a.rec'}: 12 records, {size_text((tmp_path / 'a.rec').stat().st_size)}\n"
    )
    assert headers(tmp_path / "a.rec") == [(number, number // 4) for number in range(12)]
    assert labels.read_text() == "class 0 0\nclass 1 1\nclass 2 2\n"


def test_the_bytes_are_those_of_pack_img(tree: Path, tmp_path: Path) -> None:
    run("pack", tree, "-o", tmp_path / "a.rec")
    with Reader(tmp_path / "a.rec") as reader:
        for number, (record, path) in enumerate(zip(reader, names_in(tree), strict=True)):
            assert record == pack_img(IRHeader(0, number // 4, number, 0), imread(path))


def test_files_pass_through_as_they_are(tree: Path, tmp_path: Path) -> None:
    run("pack", tree, "-o", tmp_path / "a.rec", "--pass-through")
    images = [image for _, image in packed(tmp_path / "a.rec")]
    assert images == [path.read_bytes() for path in names_in(tree)]


@pytest.mark.parametrize("options", [(), ("--pass-through",), ("--shuffle", "--seed", "3")])
def test_the_bytes_do_not_depend_on_the_number_of_jobs(
    options: tuple[str, ...], tmp_path: Path
) -> None:
    tree = write_tree(tmp_path / "tree", count=300)
    (tree / "class 1" / "image-1.jpg").write_bytes(b"")
    written = []
    for jobs in ("1", "2", "7"):
        rec = tmp_path / f"{jobs}.rec"
        run("pack", tree, "-o", rec, "-j", jobs, *options, expect=3)
        written.append((rec.read_bytes(), rec.with_suffix(".idx").read_bytes()))
    assert written == [written[0]] * 3


def test_images_can_be_cut_to_squares_and_resized(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.png").write_bytes(image_bytes(0, ".png", (30, 50)))
    image = imread(tmp_path / "in" / "a.png")
    expected = {
        ("--resize", "20"): cv2.resize(image, (33, 20)),
        ("--center-crop",): image[:, 10:40],
        ("--center-crop", "--resize", "60"): cv2.resize(image[:, 10:40], (60, 60)),
    }
    for options, pixels in expected.items():
        rec = tmp_path / "a.rec"
        run("pack", tmp_path / "in", "-o", rec, "--encoding", ".png", "--force", *options)
        with Reader(rec) as reader:
            np.testing.assert_array_equal(unpack_img(reader[0])[1], pixels)


@pytest.mark.parametrize("color", ["-1", "0", "1"])
def test_pixels_are_read_in_colour_grey_or_as_they_are(color: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    path = tmp_path / "in" / "a.png"
    cv2.imwrite(str(path), np.arange(4 * 5 * 4, dtype=np.uint16).reshape(4, 5, 4) * 700)
    rec = tmp_path / "a.rec"
    run("pack", tmp_path / "in", "-o", rec, "--encoding", ".png", "--color", color)
    with Reader(rec) as reader:
        np.testing.assert_array_equal(unpack_img(reader[0])[1], imread(path, int(color)))


def test_images_can_be_packed_in_other_formats(tree: Path, tmp_path: Path) -> None:
    signatures = {".jpg": b"\xff\xd8", ".png": b"\x89PNG", ".webp": b"RIFF"}
    for encoding, signature in signatures.items():
        rec = tmp_path / f"a{encoding}.rec"
        run("pack", tree, "-o", rec, "--encoding", encoding, "--quality", "9")
        assert all(image.startswith(signature) for _, image in packed(rec))


def test_quality_is_that_of_the_format(tree: Path, tmp_path: Path) -> None:
    lengths = []
    for quality in ("5", "50", "100"):
        rec = tmp_path / "a.rec"
        run("pack", tree, "-o", rec, "--quality", quality, "--force")
        lengths.append(rec.stat().st_size)
    assert lengths == sorted(lengths)
    assert lengths[0] < lengths[2]


def test_a_list_gives_ids_labels_and_order(tree: Path, tmp_path: Path) -> None:
    listed = "7\t1.5\tclass 1/image-4.jpg\n3\t-2\tclass 0/image-0.jpg\n"
    (tmp_path / "a.lst").write_text(listed)
    run("pack", tmp_path / "a.lst", "--root", tree, "-o", tmp_path / "a.rec")
    assert headers(tmp_path / "a.rec") == [(7, 1.5), (3, -2.0)]


def test_paths_of_a_list_are_seen_from_its_folder_if_nothing_else_is_said(
    tree: Path, tmp_path: Path
) -> None:
    (tree / "a.lst").write_text("0\t0\tclass 1/image-4.jpg\n")
    run("pack", tree / "a.lst", "-o", tmp_path / "a.rec")
    assert headers(tmp_path / "a.rec") == [(0, 0.0)]


def test_all_labels_are_packed_or_only_the_first(tree: Path, tmp_path: Path) -> None:
    (tree / "a.lst").write_text("0\t1\t2\t3\tclass 1/image-4.jpg\n1\t8\tclass 1/image-4.jpg\n")
    run("pack", tree / "a.lst", "-o", tmp_path / "all.rec")
    (first, _), (second, _) = packed(tmp_path / "all.rec")
    assert (first.flag, list(first.label)) == (3, [1, 2, 3])
    assert (second.flag, second.label) == (0, 8)
    run("pack", tree / "a.lst", "-o", tmp_path / "one.rec", "--no-pack-label")
    assert headers(tmp_path / "one.rec") == [(0, 1.0), (1, 8.0)]


def test_only_the_folder_itself_is_looked_into_if_asked(tree: Path, tmp_path: Path) -> None:
    (tree / "a.jpg").write_bytes(image_bytes(0))
    (tree / "b.JPEG").write_bytes(image_bytes(1))
    (tree / "c.bmp").write_bytes(image_bytes(2, ".bmp"))
    run("pack", tree, "-o", tmp_path / "a.rec", "--no-recursive")
    assert headers(tmp_path / "a.rec") == [(0, 0.0), (1, 0.0)]
    run("pack", tree, "-o", tmp_path / "b.rec", "--no-recursive", "--exts", "BMP,.jpg")
    assert len(headers(tmp_path / "b.rec")) == 2


def test_a_seed_shuffles_and_ids_stay_with_their_images(tree: Path, tmp_path: Path) -> None:
    orders = []
    for seed in ("1", "1", "2"):
        run("pack", tree, "-o", tmp_path / "a.rec", "--shuffle", "--seed", seed, "--force")
        orders.append(headers(tmp_path / "a.rec"))
    assert orders[0] == orders[1] != orders[2]
    assert sorted(orders[0]) == sorted(orders[2]) == [(n, n // 4) for n in range(12)]


def spoil(tree: Path) -> dict[str, str]:
    """Spoils most images of a tree; gives a word of the reason for each."""
    folder = tree / "class 0"
    whole = image_bytes(0, size=(100, 100))
    png = image_bytes(0, ".png")
    spoilt = {
        "empty.jpg": (b"", "empty"),
        "cut.jpg": (whole[: len(whole) // 2], "cut"),
        "cut.png": (png[:-20], "cut"),
        "text.png": (b"this is text" * 9, "decode"),
        "flipped.png": (png[:60] + bytes([png[60] ^ 1]) + png[61:], "checksum"),
    }
    for name, (content, _) in spoilt.items():
        (folder / name).write_bytes(content)
    return {f"{folder}/{name}": word for name, (_, word) in spoilt.items()}


def test_what_cannot_be_read_is_told_left_out_and_a_loss(tree: Path, tmp_path: Path) -> None:
    expected = spoil(tree)
    result = run("pack", tree, "-o", tmp_path / "a.rec", "--json", expect=3)
    report = json.loads(result.text)
    skipped = {one["path"]: one["reason"] for one in report["skipped"]}
    assert skipped.keys() == expected.keys()
    for path, word in expected.items():
        assert word in skipped[path]
        assert f"warning: left out: {path}: {skipped[path]}" in result.err
    assert report["records"] == 12
    assert report["classes"] == {"class 0": 0, "class 1": 1, "class 2": 2}
    assert len(headers(tmp_path / "a.rec")) == 12
    run("verify", "--deep", tmp_path / "a.rec")


def test_what_is_cut_does_not_pass_through(tree: Path, tmp_path: Path) -> None:
    spoil(tree)
    result = run("pack", tree, "-o", tmp_path / "a.rec", "--pass-through", "--json", expect=3)
    assert len(json.loads(result.text)["skipped"]) == 4
    assert "text.png" not in result.err


def test_jpegs_that_break_off_are_kept_if_asked_for(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    whole = image_bytes(0, size=(200, 200))
    (tmp_path / "in" / "a.jpg").write_bytes(whole[:-200])
    for number, option in enumerate([(), ("--pass-through",)]):
        run("pack", tmp_path / "in", "-o", tmp_path / f"{number}.rec", "--keep-cut", *option)
    ((_, image),) = packed(tmp_path / "0.rec")
    kept = np.asarray(cv2.imdecode(np.frombuffer(image, np.uint8), 1)).astype(int)
    assert np.abs(kept - imread(tmp_path / "in" / "a.jpg")).mean() < 3
    assert packed(tmp_path / "1.rec")[0][1] == whole[:-200]


@pytest.mark.parametrize("options", [(), (cv2.IMWRITE_JPEG_PROGRESSIVE, 1)], ids=str)
def test_what_stands_behind_a_jpeg_does_not_make_it_a_cut_one(
    options: tuple[int, ...], tmp_path: Path
) -> None:
    (tmp_path / "in").mkdir()
    noise = np.random.RandomState(0).randint(0, 256, (90, 90, 3)).astype(np.uint8)
    whole = cv2.imencode(".jpg", noise, options)[1].tobytes()
    film = b"ftyp" + bytes(1000) + b"\xff\xd9\xff\xda" + bytes(1000)
    (tmp_path / "in" / "a.jpg").write_bytes(whole + film)
    (tmp_path / "in" / "b.jpg").write_bytes(whole[:-2])
    result = run("pack", tmp_path / "in", "-o", tmp_path / "a.rec", "--pass-through", expect=3)
    assert [image for _, image in packed(tmp_path / "a.rec")] == [whole + film]
    assert "b.jpg: the JPEG is cut" in result.err


def test_pngs_that_break_off_pass_through_if_asked_for(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    whole = image_bytes(0, ".png")
    (tmp_path / "in" / "a.png").write_bytes(whole[:-20])
    (tmp_path / "in" / "b.png").write_bytes(whole)
    rec = tmp_path / "a.rec"
    assert "left out" in run("pack", tmp_path / "in", "-o", rec, "--keep-cut", expect=3).err
    run("pack", tmp_path / "in", "-o", rec, "--force", "--keep-cut", "--pass-through")
    assert [image for _, image in packed(rec)] == [whole[:-20], whole]


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp"])
def test_an_image_that_would_get_too_long_is_told_and_takes_no_memory(
    suffix: str, tree: Path, tmp_path: Path
) -> None:
    cv2.imwrite(str(tree / "thin.png"), np.zeros((1, 60_000, 3), np.uint8))
    options = ["--resize", "256", "--encoding", suffix, "--json"]
    result = run("pack", tree, "-o", tmp_path / "a.rec", *options, expect=3)
    report = json.loads(result.text)
    assert [Path(one["path"]).name for one in report["skipped"]] == ["thin.png"]
    assert "15360000 x 256" in report["skipped"][0]["reason"]
    assert report["records"] == 12


@pytest.mark.skipif(sys.platform == "win32", reason="there the file would take its space")
def test_an_image_that_opencv_cannot_take_is_not_read(tree: Path, tmp_path: Path) -> None:
    with open(tree / "large.jpg", "wb") as file:
        file.truncate(1 << 31)
    result = run("pack", tree, "-o", tmp_path / "a.rec", expect=3)
    assert "large.jpg: it has 2147483648 bytes, 2147483648 or more" in result.err


def test_labels_beyond_a_float32_are_infinite_and_numpy_is_silent(
    tree: Path, tmp_path: Path
) -> None:
    name = "class 0/image-0.jpg"
    (tree / "a.lst").write_text(f"0\t1e300\t{name}\n1\t-1e300\t2\t{name}\n")
    result = run("pack", tree / "a.lst", "-o", tmp_path / "a.rec", "--quiet")
    assert result.err == ""
    labels = [np.asarray(header.label).tolist() for header, _ in packed(tmp_path / "a.rec")]
    assert labels == [np.inf, [-np.inf, 2]]


def test_places_of_a_list_that_are_no_files_are_told(tree: Path, tmp_path: Path) -> None:
    if hasattr(os, "mkfifo"):
        os.mkfifo(tree / "pipe.jpg")
    names = ["class 1/image-4.jpg", "missing.jpg", "class 1", "pipe.jpg"]
    lines = [f"{number}\t0\t{name}" for number, name in enumerate(names)]
    (tree / "a.lst").write_text("\n".join([*lines, "nonsense", "9\tx\ty.jpg"]))
    result = run("pack", tree / "a.lst", "-o", tmp_path / "a.rec", "--json", expect=3)
    skipped = json.loads(result.text)["skipped"]
    assert [Path(one["path"]).name for one in skipped] == [
        "a.lst, line 5",
        "a.lst, line 6",
        "missing.jpg",
        "class 1",
        "pipe.jpg",
    ]
    assert headers(tmp_path / "a.rec") == [(0, 0.0)]


def test_links_that_lead_nowhere_are_told_and_those_in_a_circle_are_not_followed(
    tree: Path, tmp_path: Path
) -> None:
    (tree / "class 0" / "lost.jpg").symlink_to("nowhere")
    (tree / "class 0" / "round").symlink_to(tree)
    (tree / "zzz").symlink_to(tree / "class 2")
    result = run("pack", tree, "-o", tmp_path / "a.rec", expect=3)
    assert "lost.jpg: the link leads to nothing" in result.err
    assert headers(tmp_path / "a.rec") == [(number, number // 4) for number in range(16)]


def test_where_no_image_can_be_read_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jpg").write_bytes(b"")
    result = run("pack", "in", "-o", "a.rec", folder=tmp_path, expect=1)
    assert "none of 1 image can be packed" in result.err
    assert os.listdir(tmp_path) == ["in"]


def test_a_folder_without_images_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_bytes(b"")
    result = run("pack", "in", "-o", "a.rec", folder=tmp_path, expect=1)
    assert "in: there is no image whose name ends in .jpeg,.jpg,.png" in result.err
    assert os.listdir(tmp_path) == ["in"]


def test_two_images_with_one_id_are_an_error(tree: Path, tmp_path: Path) -> None:
    lines = ["1\t0\ta.jpg", "2\t0\tb.jpg", "3\t0\tc.jpg", "2\t0\td.jpg", "2\t0\te.jpg"]
    (tree / "a.lst").write_text("\n".join(lines))
    result = run("pack", tree / "a.lst", "-o", tmp_path / "a.rec", expect=1)
    assert "b.jpg and d.jpg have the same id, 2, and 1 more" in result.err
    assert not (tmp_path / "a.rec").exists()


def test_nothing_is_replaced_unless_asked_for(tree: Path, tmp_path: Path) -> None:
    for name in ("a.rec", "a.idx", "labels.txt"):
        (tmp_path / name).write_bytes(b"old")
        arguments: list[str | Path] = [
            "pack",
            tree,
            "-o",
            tmp_path / "a.rec",
            "--labels",
            tmp_path / "labels.txt",
        ]
        assert f"{name} is there already" in run(*arguments, expect=1).err
        assert (tmp_path / name).read_bytes() == b"old"
        run(*arguments, "--force")
        for made in ("a.rec", "a.idx", "labels.txt"):
            (tmp_path / made).unlink()


def test_a_target_that_cannot_be_one_is_told_before_anything_is_packed(
    tree: Path, tmp_path: Path
) -> None:
    (tmp_path / "folder.rec").mkdir()
    for target in ("folder.rec", "nowhere/a.rec", "a.idx"):
        result = run("pack", tree, "-o", target, "--force", folder=tmp_path, expect=1)
        assert Path(target).name in result.err
    for labels in ("folder.rec", "nowhere/a.txt"):
        options = ["-o", "a.rec", "--force", "--labels", labels]
        assert labels in run("pack", tree, *options, folder=tmp_path, expect=1).err
    assert sorted(os.listdir(tmp_path)) == ["folder.rec", "tree"]


def test_permissions_of_what_is_replaced_are_kept(tree: Path, tmp_path: Path) -> None:
    rec = tmp_path / "a.rec"
    rec.write_bytes(b"")
    rec.chmod(0o640)
    run("pack", tree, "-o", rec, "--force")
    assert rec.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize(
    "options",
    [
        ("--chunks", "2"),
        ("--train-ratio", "0.5"),
        ("--list", "--resume"),
        ("--list", "--train-ratio", "0.9", "--test-ratio", "0.2"),
        ("--list", "--test-ratio", "0.2"),
        ("--list", "--train-ratio", "nan"),
        ("--list", "--train-ratio", "0.5", "--test-ratio", "nan"),
        ("--list", "--train-ratio", "1.1"),
        ("--root", "."),
        ("--labels", "a.idx", "-o", "a.rec"),
        ("--labels", f"no-folder{os.sep}..{os.sep}a.idx", "-o", "a.rec"),
        ("-o", "-"),
        ("--encoding", ".gif"),
        ("--color", "2"),
        ("--resize", "0"),
        ("--quality", "101"),
    ],
)
def test_options_that_make_no_sense_are_a_wrong_usage(
    options: tuple[str, ...], tree: Path, tmp_path: Path
) -> None:
    run("pack", tree, "-o", tmp_path / "a.rec", *options, expect=2)
    assert os.listdir(tmp_path) == ["tree"]


def test_without_opencv_files_pass_through_and_nothing_else(tree: Path, tmp_path: Path) -> None:
    fake = tmp_path / "fake"
    fake.mkdir()
    (fake / "cv2.py").write_text("raise ImportError('none here')")
    env = {"PYTHONPATH": os.pathsep.join([str(fake), *filter(None, sys.path)])}
    result = run("pack", tree, "-o", tmp_path / "a.rec", env=env, expect=1)
    assert "pip install opencv-python" in result.err
    assert not (tmp_path / "a.rec").exists()
    run("pack", tree, "-o", tmp_path / "a.rec", "--pass-through", env=env)


def test_names_that_are_no_utf_8_are_packed(tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"\xff\xfe")
    try:
        write_tree(folder / os.fsdecode(b"\xe9"))
    except (OSError, UnicodeError):
        pytest.skip("the file system does not take such names")
    (folder / os.fsdecode(b"\x80.jpg")).write_bytes(b"")
    rec = tmp_path / "a.rec"
    result = run("pack", folder, "-o", rec, "--labels", tmp_path / "l", "--json", expect=3)
    assert json.loads(result.text)["records"] == 12
    assert (tmp_path / "l").read_bytes().startswith(b". 0\n\xe9/class 0 1\n")


def test_progress_tells_how_many_images_are_done(tree: Path, tmp_path: Path) -> None:
    assert "12/12" in run("pack", tree, "-o", tmp_path / "a.rec", "--progress").err


def test_records_are_as_the_library_packs_them(tree: Path, tmp_path: Path) -> None:
    run("pack", tree, "-o", tmp_path / "a.rec", "--pass-through")
    first = names_in(tree)[0].read_bytes()
    with Reader(tmp_path / "a.rec") as reader:
        assert reader[0] == pack(IRHeader(0, 0.0, 0, 0), first)
