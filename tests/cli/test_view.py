"""`recordio view`."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import cv2
import numpy as np
import pytest

from cli.command_line import run
from cli.datasets import damage, image_bytes, write_images
from recordio_rs import Writer, pack

VECTORS = Path(__file__).parents[1] / "vectors"

HOSTILE = "</script><script>document.title='hit'</script><img src=x onerror=\"alert(1)\">'"
# The elements that a page is made of, and what a hostile text would add.
_ELEMENTS = {
    *("html", "head", "meta", "title", "style", "body", "header", "h1", "p", "main", "figure"),
    *("div", "b", "img", "svg", "g", "rect", "text", "figcaption", "dl", "dt", "dd", "input"),
    *("label", "span", "dialog", "nav", "button", "script"),
}


class Page(HTMLParser):
    """What a page has: its elements with their attributes, and the text in each kind of them."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self._open:
            self.texts.setdefault(self._open[-1], []).append(data)

    def all(self, tag: str, **attributes: str) -> list[dict[str, str]]:
        """Gives the attributes of elements of this kind that have some of these values."""
        found = [own for name, own in self.elements if name == tag]
        return [own for own in found if attributes.items() <= own.items()]

    def cards(self) -> list[dict[str, str]]:
        return self.all("figure")

    def classes(self) -> list[dict[str, object]]:
        listed = json.loads(self.texts["script"][0])
        assert isinstance(listed, list)
        return listed


def pixels_of(path: Path) -> np.ndarray:
    image = cv2.imread(str(path))
    assert image is not None
    return image


def write_one(path: Path, image: np.ndarray, suffix: str = ".png", label: object = 0.0) -> Path:
    with Writer(path) as writer:
        writer.write(pack((0, label, 0, 0), cv2.imencode(suffix, image)[1].tobytes()), 0)
    return path


def detection_labels(*objects: tuple[float, ...]) -> list[float]:
    return [4, 5, 640, 480, *(value for one in objects for value in one)]


def keys_on(path: Path) -> list[str]:
    """Gives the keys on a page, in their order."""
    return re.findall(r"<dt>key</dt><dd>([^<]*)</dd>", path.read_text(encoding="utf-8"))


def test_a_sheet_has_the_pixels_of_the_images_in_their_colours(tmp_path: Path) -> None:
    image = np.zeros((100, 100, 3), np.uint8)
    image[:, :50], image[:, 50:] = (255, 0, 0), (0, 0, 255)  # blue, then red
    write_one(tmp_path / "a.rec", image)
    run("view", tmp_path / "a.rec", "-o", tmp_path / "a.png", "--size", "100")
    sheet = pixels_of(tmp_path / "a.png").reshape(-1, 3)
    assert (sheet == (255, 0, 0)).all(axis=1).sum() == 5000
    assert (sheet == (0, 0, 255)).all(axis=1).sum() == 5000


def test_a_page_has_the_pixels_of_the_images_in_their_colours(tmp_path: Path) -> None:
    image = np.full((20, 30, 3), (10, 100, 200), np.uint8)
    write_one(tmp_path / "a.rec", image)
    run("view", tmp_path / "a.rec", "-o", tmp_path / "a.html")
    (img,) = Page(tmp_path / "a.html").all("img")
    kind, _, data = img["src"].partition(",")
    assert kind == "data:image/png;base64"
    shown = cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_COLOR)
    assert shown is not None
    assert np.array_equal(shown, image)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".JPEG"])
def test_a_sheet_is_what_its_name_says(suffix: str, tmp_path: Path) -> None:
    write_images(tmp_path / "a.rec")
    target = tmp_path / f"sheet{suffix}"
    run("view", tmp_path / "a.rec", "-o", target)
    start = b"\x89PNG" if suffix == ".png" else b"\xff\xd8\xff"
    assert target.read_bytes().startswith(start)


def test_a_name_that_says_nothing_is_a_wrong_usage(tmp_path: Path) -> None:
    write_images(tmp_path / "a.rec")
    assert ".html" in run("view", tmp_path / "a.rec", "-o", tmp_path / "a.pdf", expect=2).err


@pytest.mark.parametrize("suffix", [".png", ".html"])
def test_the_same_command_makes_the_same_bytes(suffix: str, tmp_path: Path) -> None:
    write_images(tmp_path / "a.rec", 40)
    for name in ("one", "two"):
        run("view", tmp_path / "a.rec", "-n", "9", "-o", tmp_path / f"{name}{suffix}")
    one, two = ((tmp_path / f"{name}{suffix}").read_bytes() for name in ("one", "two"))
    assert one == two


def test_another_seed_shows_other_records_and_first_the_first_ones(tmp_path: Path) -> None:
    rec = write_images(tmp_path / "a.rec", 60)
    shown = []
    for number, options in enumerate((["--seed", "1"], ["--seed", "2"], ["--first"])):
        target = tmp_path / f"{number}.html"
        run("view", rec, "-n", "10", *options, "-o", target)
        shown.append(keys_on(target))
    assert [len(keys) for keys in shown] == [10, 10, 10]
    assert shown[0] != shown[1]
    assert shown[2] == [str(number) for number in range(10)]
    assert all(keys == sorted(keys, key=int) for keys in shown)


def test_records_of_several_files_are_shown_with_the_names_of_the_files(tmp_path: Path) -> None:
    for number in range(3):
        write_images(tmp_path / f"part-{number}.rec", 5, first=5 * number)
    run("view", "part-{0..2}.rec", "-o", "all.html", folder=tmp_path)
    page = Page(tmp_path / "all.html")
    assert len(page.cards()) == 15
    assert "(3 files)" in page.texts["h1"][0]
    assert "part-1.rec" in page.texts["dd"]


def test_a_label_chooses_and_ranges_have_both_ends(tmp_path: Path) -> None:
    rec = write_images(tmp_path / "a.rec", 50, classes=10)
    run("view", rec, "--label", "3..4", "--label", "9", "-o", tmp_path / "a.html")
    classes = {card["data-classes"] for card in Page(tmp_path / "a.html").cards()}
    assert classes == {"3", "4", "9"}
    run("view", rec, "--label", "3..4", "-n", "4", "--first", "-o", tmp_path / "b.html")
    assert keys_on(tmp_path / "b.html") == ["3", "4", "13", "14"]


def test_a_label_that_no_record_has_shows_none(tmp_path: Path) -> None:
    rec = write_images(tmp_path / "a.rec")
    for suffix in ("png", "html"):
        assert "0 of 12" in run("view", rec, "--label", "77", "-o", tmp_path / f"a.{suffix}").err


@pytest.mark.parametrize("text", ["x", "..", "3..x", "nan", "1...2", "7..3"])
def test_a_label_that_is_no_number_is_a_wrong_usage(text: str, tmp_path: Path) -> None:
    write_images(tmp_path / "a.rec")
    run("view", tmp_path / "a.rec", "--label", text, "-o", tmp_path / "a.png", expect=2)


def test_boxes_of_a_detection_dataset_are_drawn(tmp_path: Path) -> None:
    labels = detection_labels((1, 0.25, 0.5, 0.75, 1.0), (7, 0.1, 0.1, 0.2, 0.2))
    write_one(tmp_path / "a.rec", np.zeros((200, 100, 3), np.uint8), label=labels)
    run("view", tmp_path / "a.rec", "-o", tmp_path / "a.html")
    page = Page(tmp_path / "a.html")
    (svg,) = page.all("svg")
    assert svg["viewbox"] == "0 0 100 200"
    rect = {"x": "25.00", "y": "100.00", "width": "50.00", "height": "100.00"}
    assert page.all("rect", **rect)
    assert page.cards()[0]["data-classes"] == "1 7"
    assert [one["id"] for one in page.classes()] == ["1", "7"]
    run("view", tmp_path / "a.rec", "-o", tmp_path / "a.png", "--size", "200")
    blue = pixels_of(tmp_path / "a.png").reshape(-1, 3) == (255, 144, 30)
    assert blue.all(axis=1).sum() > 300


def test_an_object_of_the_class_is_enough_to_be_shown(tmp_path: Path) -> None:
    with Writer(tmp_path / "a.rec") as writer:
        for number in range(30):
            labels = detection_labels((0, 0, 0, 1, 1), (number, 0.5, 0.5, 1, 1))
            writer.write(pack((0, labels, number, 0), image_bytes(number)), number)
    run("view", tmp_path / "a.rec", "--label", "17", "-o", tmp_path / "a.html")
    assert keys_on(tmp_path / "a.html") == ["17"]


def test_labels_with_more_objects_than_are_read_at_once_are_found(tmp_path: Path) -> None:
    objects = [(number, 0.0, 0.0, 0.5, 0.5) for number in range(2000)]
    image = np.zeros((9, 9, 3), np.uint8)
    write_one(tmp_path / "a.rec", image, label=detection_labels(*objects))
    run("view", tmp_path / "a.rec", "--label", "1999", "-o", tmp_path / "a.html")
    assert keys_on(tmp_path / "a.html") == ["0"]


@pytest.mark.parametrize(
    ("labels", "mode", "count"),
    [
        ([4, 5, 9, 9, 0, 0.1, 0.1, 0.9, 0.9], "auto", 1),
        ([2, 5, 0, 0.1, 0.1, 0.9, 0.9, -1, -1, -1, -1, -1], "auto", 1),  # filled up
        ([2, 6, 0, 0.1, 0.1, 0.9, 0.9, 1], "auto", 1),
        ([4, 5, 9, 9, 0, 0.1, 0.1, 0.9, 0.9], "never", 0),
        ([2, 5, 0, 10, 10, 90, 90], "auto", 0),  # no shares of the image
        ([2, 5, 0, 10, 10, 90, 90], "always", 1),
        ([2, 5, 0, 0.9, 0.9, 0.1, 0.1], "auto", 0),  # no box is one
        ([2, 5, 0.5, 0.1, 0.1, 0.9, 0.9], "auto", 0),  # no class
        ([2, 5, 0, 0.1, 0.1, 0.9], "always", 0),  # not the layout
        ([1e9, 5, 1, 1], "always", 0),
        ([float("nan"), 5, 0, 0.1, 0.1, 0.9, 0.9], "always", 0),
        ([2, float("inf"), 0, 0.1, 0.1, 0.9, 0.9], "always", 0),
        ([1, 0, 0, 1, 0], "auto", 0),
        ([2, 5], "auto", 0),
    ],
)
def test_what_is_taken_for_boxes(
    labels: list[float], mode: str, count: int, tmp_path: Path
) -> None:
    write_one(tmp_path / "a.rec", np.zeros((50, 50, 3), np.uint8), label=labels)
    run("view", tmp_path / "a.rec", "-o", tmp_path / "a.html", "--boxes", mode)
    assert len(Page(tmp_path / "a.html").all("rect")) == count


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cat\nfire truck\ndog\n", "fire truck"),
        ("dogs 2\ncats/fire truck 1\n. 0\n", "cats/fire truck"),  # as im2rec prints them
        ("Boeing 747\nAirbus 320\n", "Airbus 320"),
        ("\ufeffone\r\ntwo\r\n", "two"),
        ("only one\n", "label 1"),
        ("", "label 1"),
    ],
)
def test_names_of_classes(text: str, expected: str, tmp_path: Path) -> None:
    write_one(tmp_path / "a.rec", np.zeros((9, 9, 3), np.uint8), label=1.0)
    (tmp_path / "names.txt").write_text(text, encoding="utf-8", newline="")
    run("view", "a.rec", "--names", "names.txt", "-o", "a.html", folder=tmp_path)
    assert f'<div class="name" title="{expected}">' in (tmp_path / "a.html").read_text("utf-8")


def test_a_file_of_names_that_is_missing_is_told(tmp_path: Path) -> None:
    rec = write_images(tmp_path / "a.rec")
    result = run("view", rec, "--names", tmp_path / "no.txt", "-o", tmp_path / "a.png", expect=1)
    assert "no.txt" in result.err
    assert "Traceback" not in result.err


def test_hostile_names_keys_and_titles_are_text(tmp_path: Path) -> None:
    key = HOSTILE.replace(" ", "_")
    with Writer(tmp_path / "a.rec") as writer:
        labels = detection_labels((0, 0.1, 0.1, 0.9, 0.9))
        writer.write(pack((0, labels, 0, 0), image_bytes(0)), key)
        writer.write(HOSTILE.encode(), key + "2")
        writer.write(pack((0, 0.0, 0, 0), b"\xff\xd8\xff" + HOSTILE.encode()), key + "3")
    (tmp_path / "names.txt").write_text(HOSTILE + "\n")
    arguments = ["a.rec", "--names", "names.txt", "--title", HOSTILE, "-o", "a.html"]
    run("view", *arguments, folder=tmp_path, expect=3)
    page = Page(tmp_path / "a.html")
    assert {tag for tag, _ in page.elements} <= _ELEMENTS
    assert len(page.all("script")) == 2
    assert len(page.all("img")) == 1
    assert page.all("img")[0]["src"].startswith("data:")
    assert not [name for _, own in page.elements for name in own if name.startswith("on")]
    assert page.classes()[0]["name"] == HOSTILE
    assert "".join(page.texts["h1"]) == HOSTILE
    policy = page.all("meta", **{"http-equiv": "Content-Security-Policy"})[0]["content"]
    assert "default-src 'none'" in policy


def test_a_page_asks_for_nothing_from_anywhere(tmp_path: Path) -> None:
    write_images(tmp_path / "a.rec")
    run("view", tmp_path / "a.rec", "-o", tmp_path / "a.html")
    text = (tmp_path / "a.html").read_text("utf-8")
    assert not re.search(r"https?://|@import|url\(|<link", text)


def test_odd_texts_on_a_sheet_do_no_harm(tmp_path: Path) -> None:
    keys = ["\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"), "画像", "é" * 500]
    keys += ["\u202eabc", "\u200b", "a\u0301", "\U0010ffff"]
    with Writer(tmp_path / "a.rec") as writer:
        for number, key in enumerate(keys):
            writer.write(pack((0, float(number), number, 0), image_bytes(number)), key)
    run("view", "a.rec", "--title", b"\xff\xfe".decode("utf-8", "surrogateescape"), "-o", "a.png",
        folder=tmp_path)  # fmt: skip


def test_an_image_that_cannot_be_decoded_is_shown_as_broken(tmp_path: Path) -> None:
    whole = image_bytes(1)
    with Writer(tmp_path / "a.rec") as writer:
        writer.write(pack((0, 0.0, 0, 0), whole), 0)
        writer.write(pack((0, 1.0, 1, 0), whole[: len(whole) // 2]), 1)  # decodes in part
        writer.write(pack((0, 2.0, 2, 0), whole[:30]), 2)
        writer.write(pack((0, 3.0, 3, 0), image_bytes(3, ".png")[:40]), 3)
    result = run("view", tmp_path / "a.rec", "--json", "-o", tmp_path / "a.html", expect=3)
    found = json.loads(result.text)
    assert (found["records"], found["shown"], found["images"], found["other"]) == (4, 4, 1, 0)
    assert [(one["ordinal"], one["key"]) for one in found["broken"]] == [
        (1, 1),
        (2, 2),
        (3, 3),
    ]
    assert all("cut" in one["reason"] or "decoded" in one["reason"] for one in found["broken"])
    assert len(Page(tmp_path / "a.html").all("figure", **{"class": "card broken"})) == 3
    assert "record 2, key 2" in result.err
    run("view", tmp_path / "a.rec", "-o", tmp_path / "a.png", expect=3)


@pytest.mark.parametrize(
    "shape", ["('a','b')", "(-1,-5)", "(9,9,99999999999)", "(90000,90000,3)", "-" * 5000 + "1"]
)
def test_an_array_that_lies_about_its_shape_is_shown_as_broken(shape: str, tmp_path: Path) -> None:
    header = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}".encode()
    header += b" " * (64 - (10 + len(header)) % 64 - 1) + b"\n"
    array = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + bytes(100)
    with Writer(tmp_path / "a.rec") as writer:
        writer.write(pack((0, 1.0, 0, 0), array), 0)
    rec, sheet = tmp_path / "a.rec", tmp_path / "a.png"
    found = json.loads(run("view", "--json", rec, "-o", sheet, expect=3).text)
    assert len(found["broken"]) == 1
    run("info", tmp_path / "a.rec")


def test_records_that_are_no_images_are_said_to_be_none(tmp_path: Path) -> None:
    with Writer(tmp_path / "a.rec") as writer:
        for number, data in enumerate((b"some text", b"", bytes(range(256)), b"\x00" * 24)):
            writer.write(data, number)
        writer.write(pack((0, [1.0, 2.0], 0, 0), b""), 4)
    result = run("view", tmp_path / "a.rec", "-o", tmp_path / "a.html")
    assert "5 of the records shown have no image" in result.err
    text = (tmp_path / "a.html").read_text("utf-8")
    assert text.count("<b>no image</b>") == 5
    assert "some text" in text
    assert "labels and no image" in text
    run("view", tmp_path / "a.rec", "-o", tmp_path / "a.png")


def test_an_image_without_a_header_is_an_image(tmp_path: Path) -> None:
    with Writer(tmp_path / "a.rec") as writer:
        writer.write(image_bytes(0), 0)
    run("view", tmp_path / "a.rec", "-o", tmp_path / "a.html")
    assert "no label" in (tmp_path / "a.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("image", "suffix", "told"),
    [
        (np.full((8, 9), 128, np.uint8), ".png", "grey"),
        (np.full((8, 9), 60_000, np.uint16), ".png", "grey, 16 bits"),
        (np.full((8, 9, 3), 4000, np.uint16), ".png", "colour, 16 bits"),
        (np.full((8, 9, 4), 128, np.uint8), ".png", "colour and alpha"),
        (np.full((8, 9), 0.5, np.float32), ".tiff", "grey, 32 bits"),
        (np.full((8, 9), 9, np.uint8), ".jpg", "grey"),
        (np.full((8, 9, 3), 9, np.uint8), ".webp", "colour"),
        (np.full((1, 3000, 3), 9, np.uint8), ".png", "colour"),
        (np.full((3000, 1, 3), 9, np.uint8), ".jpg", "colour"),
    ],
)
def test_images_of_every_kind_are_shown(
    image: np.ndarray, suffix: str, told: str, tmp_path: Path
) -> None:
    write_one(tmp_path / "a.rec", image, suffix)
    run("view", tmp_path / "a.rec", "-o", tmp_path / "a.html")
    height, width = image.shape[:2]
    times = "\N{MULTIPLICATION SIGN}"
    assert f"{width} {times} {height}, {told}<" in (tmp_path / "a.html").read_text("utf-8")
    run("view", tmp_path / "a.rec", "-o", tmp_path / "a.png")


def test_a_file_that_says_it_is_huge_is_not_decoded(tmp_path: Path) -> None:
    png = bytearray(image_bytes(0, ".png"))
    png[16:24] = (60_000).to_bytes(4, "big") * 2
    with Writer(tmp_path / "a.rec") as writer:
        writer.write(pack((0, 0.0, 0, 0), bytes(png)), 0)
    result = run("view", tmp_path / "a.rec", "-o", tmp_path / "a.png", expect=3)
    assert "too large to be shown" in result.err


def test_a_sheet_that_would_be_huge_is_refused(tmp_path: Path) -> None:
    write_images(tmp_path / "a.rec", 500)
    arguments = ["a.rec", "-n", "500", "--size", "1024", "--columns", "1", "-o", "a.png"]
    assert "pixels" in run("view", *arguments, folder=tmp_path, expect=1).err
    assert not (tmp_path / "a.png").exists()


@pytest.mark.parametrize("suffix", [".png", ".html"])
def test_damage_is_told_and_the_rest_is_shown(suffix: str, tmp_path: Path) -> None:
    rec = write_images(tmp_path / "a.rec")
    damage(rec, 4)
    result = run("view", rec, "-o", tmp_path / f"a{suffix}", expect=3)
    assert "bad-magic" in result.err
    assert "11 of 11 records" in result.err


@pytest.mark.parametrize("name", ["image_jpg_colour", "image_png_16_bit", "image_png_alpha"])
@pytest.mark.parametrize("suffix", [".png", ".html"])
def test_files_that_mxnet_has_made_are_shown(name: str, suffix: str, tmp_path: Path) -> None:
    for end in (".rec", ".idx"):
        shutil.copy(VECTORS / f"{name}{end}", tmp_path)
    run("view", f"{name}.rec", "-o", f"a{suffix}", folder=tmp_path)


def test_an_image_is_upright_as_it_is_for_who_trains_on_it(tmp_path: Path) -> None:
    result = run("view", VECTORS / "image_jpg_orientation.rec", "-o", tmp_path / "a.html")
    assert "1 of 1" in result.err
    (img,) = Page(tmp_path / "a.html").all("img")
    data = base64.b64decode(img["src"].partition(",")[2])
    shown = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert shown is not None
    style = Page(tmp_path / "a.html").all("div", **{"class": "pic small"})
    style = style or Page(tmp_path / "a.html").all("div", **{"class": "pic"})
    ratio = float(style[0]["style"].rpartition(":")[2])
    assert ratio == pytest.approx(shown.shape[1] / shown.shape[0], rel=0.05)


def test_without_opencv_it_is_told_what_to_install(tmp_path: Path) -> None:
    rec = write_images(tmp_path / "a.rec")
    (tmp_path / "cv2.py").write_text("raise ImportError('not here')\n")
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    result = run("view", rec, "-o", tmp_path / "a.png", env={"PYTHONPATH": path}, expect=1)
    assert "pip install" in result.err
    assert "Traceback" not in result.err
    assert not (tmp_path / "a.png").exists()
