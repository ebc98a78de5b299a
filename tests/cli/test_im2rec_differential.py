"""`recordio im2rec` against the im2rec.py of the real MXNet.

Needs MXNet in an environment of its own, see `oracle.client`; without it the tests are skipped,
or fail if RECORDIO_REQUIRE_ORACLE is 1.
"""

from __future__ import annotations

import io
import itertools
import os
import struct
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from cli.datasets import image_bytes
from oracle.client import VARIABLE, interpreter
from oracle.im2rec import Im2rec
from recordio_rs import IRHeader, Reader, unpack
from recordio_rs.cli import main

pytestmark = pytest.mark.differential

ORIENTATION = struct.pack("<2sHIHHHIHHI", b"II", 42, 8, 1, 0x0112, 3, 1, 6, 0, 0)
"""EXIF that says: turn by a quarter."""


@pytest.fixture(scope="module")
def theirs() -> Iterator[Im2rec]:
    """MXNet's im2rec.py."""
    if not interpreter().exists():
        reason = f"no MXNet: {interpreter()} is missing ({VARIABLE} can name another)"
        if os.environ.get("RECORDIO_REQUIRE_ORACLE") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    with Im2rec() as im2rec:
        yield im2rec


def ours(*arguments: str | Path, code: int = 0) -> str:
    """Gives what `recordio im2rec` prints."""
    printed = io.StringIO()
    with redirect_stdout(printed):
        assert main(["im2rec", *(str(one) for one in arguments)]) == code
    return printed.getvalue()


def photograph(seed: int, height: int, width: int) -> npt.NDArray[Any]:
    """Makes an image with slopes, edges and noise."""
    random = np.random.RandomState(seed)
    slope = np.add.outer(np.arange(height) * 2, np.arange(width) * 3)[..., np.newaxis]
    image = ((slope + random.randint(0, 256, 3)) % 256).astype(np.uint8)
    for _ in range(4):
        corners = random.randint(0, max(height, width), 4)
        colour = [int(value) for value in random.randint(0, 256, 3)]
        cv2.rectangle(image, corners[:2].tolist(), corners[2:].tolist(), colour, -1)
    noise = random.randint(0, 16, image.shape).astype(np.uint8)
    return cv2.add(image, noise)


def with_orientation(jpeg: bytes) -> bytes:
    """Adds an orientation to a JPEG."""
    exif = b"Exif\0\0" + ORIENTATION
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + jpeg[2:]


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tree of files with names of images, and others; nothing is in them."""
    root = tmp_path_factory.mktemp("names") / "root"
    for name in [
        "b.jpg",
        "a.PNG",
        "A.jpeg",
        "notes.txt",
        ".hidden.jpg",
        "no_suffix",
        "cats/1.jpg",
        "cats/10.jpg",
        "cats/2.JPG",
        "cats/small/x y.png",
        "dogs and more/ünïcode 画像.jpg",
        "dogs and more/{a,b}*[c].jpeg",
        "only/deeper/and/deeper/e.jpg",
        "Zebras/%d%s.png",
        ".git/f.jpg",
        "text/readme.txt",
        "cats.jpg/inside.png",
        "back\\slash/-leading.jpg",
    ]:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    for number in range(23):
        (root / "many").mkdir(exist_ok=True)
        (root / "many" / f"{number * 7919 % 100}.jpg").touch()
    (root / "empty" / "emptier").mkdir(parents=True)
    (root / "linked").symlink_to(root / "cats")
    (root / "link.jpg").symlink_to(root / "b.jpg")
    return root


RATIOS = [
    (),
    ("0.8", "0"),
    ("0.7", "0.2"),
    ("0.5", "0.5"),
    ("0.33", "0.1"),
    ("0", "0"),
    ("0.9", "0.4"),
]
EXTENSIONS = [(), (".png",), (".jpg", ".txt", ""), (".JPG",)]


@pytest.mark.parametrize("ratio", RATIOS, ids=str)
@pytest.mark.parametrize("extensions", EXTENSIONS, ids=str)
def test_lists_are_the_same(
    theirs: Im2rec, names: Path, ratio: tuple[str, str], extensions: tuple[str, ...], tmp_path: Path
) -> None:
    for number, (is_recursive, is_shuffled, chunks) in enumerate(
        itertools.product((False, True), (False, True), (None, "1", "3", "50"))
    ):
        options = ["--list"]
        options += ["--recursive"] if is_recursive else []
        options += [] if is_shuffled else ["--no-shuffle"]
        options += ["--chunks", chunks] if chunks else []
        options += ["--train-ratio", ratio[0], "--test-ratio", ratio[1]] if ratio else []
        options += ["--exts", *extensions] if extensions else []
        written = []
        for side in ("theirs", "ours"):
            folder = tmp_path / side / str(number)
            folder.mkdir(parents=True)
            arguments: list[str | Path] = [folder / "a", names, *options]
            code = 3 if extensions == (".JPG",) else 0  # which no name in lower case ends in
            is_theirs = side == "theirs"
            printed = theirs.run(*arguments) if is_theirs else ours(*arguments, code=code)
            files = {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
            written.append((printed, files))
        assert written[0] == written[1], options
        assert written[0][1]


@pytest.mark.parametrize(
    "options",
    [
        ("--exts", ".png", "--exts", ".jpg"),
        ("--ex=.png", "--ex", ".jpg", ".txt"),
        ("--exts", ".jpg", "--exts=.png"),
        ("--train-ratio", "0.1", "--train-ratio", "0.9"),
        ("--num-thread", "-1"),
    ],
    ids=str,
)
def test_what_is_given_twice_or_odd_means_the_same(
    theirs: Im2rec, names: Path, options: tuple[str, ...], tmp_path: Path
) -> None:
    theirs.run(tmp_path / "theirs", names, "--list", *options)
    ours(tmp_path / "ours", names, "--list", *options)
    written = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    names_of_theirs = [name for name in written if name.startswith("theirs")]
    assert names_of_theirs
    assert len(written) == 2 * len(names_of_theirs)
    for name in names_of_theirs:
        assert written[name] == written[name.replace("theirs", "ours")]


@pytest.fixture(scope="module")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Images of many kinds and shapes."""
    root = tmp_path_factory.mktemp("photographs") / "root"
    root.mkdir()
    for number, (height, width) in enumerate(
        [(40, 60), (60, 40), (33, 33), (1, 7), (97, 31), (200, 151), (64, 64), (120, 80)]
    ):
        image = photograph(number, height, width)
        is_encoded, jpeg = cv2.imencode(".jpg", image)
        assert is_encoded
        (root / f"{number} colour.jpg").write_bytes(jpeg.tobytes())
        (root / f"{number} turned.jpg").write_bytes(with_orientation(jpeg.tobytes()))
        cv2.imwrite(str(root / f"{number} colour.png"), image)
        cv2.imwrite(str(root / f"{number} grey.png"), image[..., 0])
        cv2.imwrite(str(root / f"{number} grey.jpg"), image[..., 1])
        cv2.imwrite(str(root / f"{number} alpha.png"), np.dstack([image, image[..., :1]]))
        cv2.imwrite(str(root / f"{number} deep.png"), image.astype(np.uint16) * 257)
    return root


def write_list(path: Path, root: Path, labels: int) -> None:
    """Lists what is in a folder, with ids that have gaps and go down."""
    files = sorted(os.listdir(root))
    lines = []
    for number, name in enumerate(files):
        texts = [f"{number * (place + 0.37):f}" for place in range(labels)]
        lines.append("\t".join([str(10 * (len(files) - number)), *texts, name]))
    path.write_text("\n".join(lines) + "\n")


class Both:
    """What both sides have made of a list."""

    def __init__(
        self,
        theirs: Im2rec,
        folder: Path,
        root: Path,
        *options: str,
        labels: int = 1,
        ours_too: tuple[str, ...] = (),
    ) -> None:
        """Runs both; theirs with one process and with three."""
        self.files = {}
        for side in ("theirs", "theirs-3", "ours-1", "ours-4"):
            where = folder / side
            where.mkdir()
            write_list(where / "a.lst", root, labels)
            arguments: list[str | Path] = [where / "a", root, *options]
            if "-" in side:
                arguments += ["--num-thread", side[-1]]
            if side.startswith("theirs"):
                theirs.run(*arguments)
            else:
                ours(*arguments, *ours_too)
            self.files[side] = [(where / f"a{end}").read_bytes() for end in (".rec", ".idx")]
        assert self.files["theirs"] == self.files["theirs-3"]
        assert self.files["ours-1"] == self.files["ours-4"]
        self.folder = folder

    @property
    def are_equal(self) -> bool:
        """Whether all bytes are the same."""
        return self.files["theirs"] == self.files["ours-1"]

    def records(self) -> Iterator[tuple[IRHeader, bytes, bytes]]:
        """Gives the header of each record, which both have, and the image as either has it."""
        with (
            Reader(self.folder / "theirs" / "a.rec") as expected,
            Reader(self.folder / "ours-1" / "a.rec") as found,
        ):
            assert list(expected.keys) == list(found.keys)
            assert len(found) == len(list(expected.keys))
            for one, other in zip(expected, found, strict=True):
                header, image = unpack(one)
                assert one[: len(one) - len(image)] == other[: len(one) - len(image)]
                yield header, image, unpack(other)[1]

    def difference(self) -> int:
        """Gives the largest difference of two pixels; 0 if all bytes are the same."""
        largest = 0
        for _, expected, found in self.records():
            one, other = pixels(expected), pixels(found)
            assert one.shape == other.shape
            largest = max(largest, int(np.abs(one - other).max()))
        return largest


def pixels(image: bytes) -> npt.NDArray[np.int64]:
    """Decodes an image."""
    decoded = cv2.imdecode(np.frombuffer(image, np.uint8), cv2.IMREAD_UNCHANGED)
    return np.asarray(decoded, np.int64)


@pytest.mark.parametrize("labels", [1, 3])
@pytest.mark.parametrize("options", [(), ("--pack-label",)], ids=str)
def test_files_that_pass_through_are_the_same(
    theirs: Im2rec, photographs: Path, labels: int, options: tuple[str, ...], tmp_path: Path
) -> None:
    both = Both(theirs, tmp_path, photographs, "--pass-through", *options, labels=labels)
    assert both.are_equal
    headers = [header for header, _, _ in both.records()]
    assert len(headers) == len(os.listdir(photographs))
    assert {header.flag for header in headers} == {labels if options and labels > 1 else 0}


ARRANGED = [
    (),
    ("--resize", "32"),
    ("--resize", "256"),
    ("--center-crop",),
    ("--center-crop", "--resize", "48"),
]


@pytest.mark.parametrize("color", ["-1", "0", "1"])
@pytest.mark.parametrize("arranged", ARRANGED, ids=str)
def test_pngs_have_the_same_pixels(
    theirs: Im2rec, photographs: Path, color: str, arranged: tuple[str, ...], tmp_path: Path
) -> None:
    options = ["--encoding", ".png", "--quality", "3", "--color", color, *arranged]
    both = Both(theirs, tmp_path, photographs, *options)
    assert both.difference() <= (0 if color == "-1" and not arranged else 1)


def test_the_quality_for_jpegs_does_for_pngs(
    theirs: Im2rec, photographs: Path, tmp_path: Path
) -> None:
    assert Both(theirs, tmp_path, photographs, "--encoding", ".png").difference() <= 1


@pytest.mark.parametrize("color", ["-1", "0", "1"])
@pytest.mark.parametrize("quality", ["95", "40"])
@pytest.mark.parametrize("arranged", ARRANGED, ids=str)
def test_jpegs_have_the_same_pixels_but_for_what_encoders_round(
    theirs: Im2rec,
    photographs: Path,
    color: str,
    quality: str,
    arranged: tuple[str, ...],
    tmp_path: Path,
) -> None:
    both = Both(theirs, tmp_path, photographs, "--color", color, "--quality", quality, *arranged)
    assert both.difference() <= 4


def test_images_are_turned_upright_but_with_colour_as_it_is(
    theirs: Im2rec, photographs: Path, tmp_path: Path
) -> None:
    shapes = {}
    for color in ("-1", "1"):
        (tmp_path / color).mkdir()
        both = Both(theirs, tmp_path / color, photographs, "--color", color)
        place = sorted(os.listdir(photographs)).index("0 turned.jpg")
        _, expected, found = list(both.records())[place]
        shapes[color] = pixels(expected).shape, pixels(found).shape
    assert shapes == {"-1": ((40, 60, 3),) * 2, "1": ((60, 40, 3),) * 2}


def test_what_cannot_be_read_is_left_out_by_both(theirs: Im2rec, tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    for number in range(12):
        (root / f"{number}.jpg").write_bytes(image_bytes(number))
    (root / "1.jpg").write_bytes(b"")
    (root / "4.jpg").write_bytes(b"no image")
    (root / "7.jpg").unlink()
    (root / "9.jpg").unlink()
    (root / "9.jpg").mkdir()
    lines = [f"{number}\t{number}.5\t{number}.jpg" for number in range(12)]
    lines[3:3] = ["", "5\tx.jpg", "x\t0\t2.jpg", "20\ty\t2.jpg", "1\t2\t\t3.jpg"]
    lines += [f"100\t0\t{root}/0.jpg", "  101\t 3 \t ../root/2.jpg  ", "100\t1\t3.jpg"]
    files = []
    for side in ("theirs", "ours"):
        (tmp_path / side).mkdir()
        (tmp_path / side / "a.lst").write_text("\n".join(lines))
        arguments: list[str | Path] = [tmp_path / side / "a", root, "--num-thread", "2"]
        if side == "theirs":
            theirs.run(*arguments)
        else:
            ours(*arguments, code=3)
        files.append([(tmp_path / side / f"a{end}").read_bytes() for end in (".rec", ".idx")])
    assert files[0] == files[1]
    with Reader(tmp_path / "ours" / "a.rec", index=False) as reader:
        assert [unpack(record)[0].id for record in reader] == [
            0,
            2,
            3,
            5,
            6,
            8,
            10,
            11,
            100,
            101,
            100,
        ]


def test_jpegs_that_break_off_are_kept_if_asked_for(theirs: Im2rec, tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    whole = cv2.imencode(".jpg", photograph(0, 150, 200))[1].tobytes()
    for number, length in enumerate([len(whole), len(whole) - 1, len(whole) - 2, len(whole) // 2]):
        (root / f"{number}.jpg").write_bytes(whole[:length])
    both = Both(theirs, tmp_path, root, ours_too=("--keep-cut",))
    assert both.difference() <= 4
    assert sum(1 for _ in both.records()) == 4


@pytest.mark.parametrize("prefix", ["data", "folder", "data2"])
def test_the_same_lists_are_packed(
    theirs: Im2rec, photographs: Path, prefix: str, tmp_path: Path
) -> None:
    found = []
    for side in ("theirs", "ours"):
        (tmp_path / side / "folder").mkdir(parents=True)
        (tmp_path / side / "data.lst.old").mkdir()
        for name in ("data.lst", "data2.lst", "data_train.lst", "other.lst", "folder/in.lst"):
            write_list(tmp_path / side / name, photographs, 1)
        arguments: list[str | Path] = [tmp_path / side / prefix, photographs, "--pass-through"]
        if side == "theirs":
            theirs.run(*arguments)
        else:
            ours(*arguments)
        files = (tmp_path / side).rglob("*.*")
        found.append({path.relative_to(tmp_path / side): path.stat().st_size for path in files})
    assert found[0] == found[1]
