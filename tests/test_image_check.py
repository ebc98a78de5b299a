"""`verify(deep=True)`: labels and images of image records."""

from __future__ import annotations

import struct
import sys
import zlib
from pathlib import Path
from typing import Any, TypeAlias

import cv2
import numpy as np
import pytest

from damaged import overwrite
from isolated import run_python
from recordio_rs import Report, pack, pack_img, verify
from recordio_rs.image_check import check_image
from reference import MAGIC, write_files

Anything: TypeAlias = Any  # a value of the wrong type, too

PIXELS = np.random.default_rng(1).integers(0, 255, (24, 32, 3), dtype=np.uint8)


def encoded(kind: str, pixels: Anything = PIXELS, *parameters: int) -> bytes:
    """Encodes an image."""
    ok, image = cv2.imencode(kind, pixels, parameters)
    assert ok
    return image.tobytes()


JPEG, PNG = encoded(".jpg"), encoded(".png")
HEADER = struct.Struct("<IfQQ")


def deep(rec: Path, records: list[bytes]) -> Report:
    """Writes records with an index, and checks them."""
    write_files(rec, records, range(len(records)))
    return verify(rec, deep=True)


GOOD = {
    "JPEG": pack((0, 1.0, 0, 0), JPEG),
    "PNG": pack((0, 1.0, 0, 0), PNG),
    "labels": pack((0, [1.0, 2.0, 3.0], 0, 0), JPEG),
    "grey": pack((0, 1.0, 0, 0), encoded(".jpg", PIXELS[:, :, 0])),
    "grey PNG": pack((0, 1.0, 0, 0), encoded(".png", PIXELS[:, :, 0])),
    "16 bits": pack((0, 1.0, 0, 0), encoded(".png", PIXELS.astype(np.uint16) * 200)),
    "alpha": pack((0, 1.0, 0, 0), encoded(".png", np.dstack([PIXELS, PIXELS[:, :, :1]]))),
    "one pixel": pack((0, 1.0, 0, 0), encoded(".png", PIXELS[:1, :1])),
    "restart markers": pack(
        (0, 1.0, 0, 0), encoded(".jpg", PIXELS, cv2.IMWRITE_JPEG_RST_INTERVAL, 1)
    ),
    "progressive": pack((0, 1.0, 0, 0), encoded(".jpg", PIXELS, cv2.IMWRITE_JPEG_PROGRESSIVE, 1)),
    "packed": pack_img((0, 1.0, 0, 0), PIXELS, quality=90),
    "BMP": pack((0, 1.0, 0, 0), encoded(".bmp")),
    "rubbish behind a JPEG": pack((0, 1.0, 0, 0), JPEG + b"rubbish"),
    "rubbish behind a PNG": pack((0, 1.0, 0, 0), PNG + b"rubbish"),
    "record 0 of a face dataset": pack((0, np.array([5822653.0, 5908396.0]), 0, 0), b""),
    "a class of a face dataset": pack((0, np.array([3.0, 7.0]), 1, 0), b""),
    "a magic in the label": pack((0, np.frombuffer(MAGIC * 3, np.float32), 0, 0), JPEG),
}
BAD = {
    "empty": (b"", "label"),
    "short header": (bytes(23), "label"),
    "more labels than there is room": (HEADER.pack(5, 0.0, 0, 0) + bytes(19), "label"),
    "labels without end": (HEADER.pack(2**32 - 1, 0.0, 0, 0) + JPEG, "label"),
    "no image": (pack((0, 1.0, 0, 0), b""), "image"),
    "JPEG without its end": (pack((0, 1.0, 0, 0), JPEG[:-2]), "image"),
    "half a JPEG": (pack((0, 1.0, 0, 0), JPEG[: len(JPEG) // 2]), "image"),
    "start of a JPEG": (pack((0, 1.0, 0, 0), JPEG[:3]), "image"),
    "PNG without its last chunk": (pack((0, 1.0, 0, 0), PNG[:-12]), "image"),
    "half a PNG": (pack((0, 1.0, 0, 0), PNG[: len(PNG) // 2]), "image"),
    "start of a PNG": (pack((0, 1.0, 0, 0), PNG[:8]), "image"),
    "PNG of the last byte less": (pack((0, 1.0, 0, 0), PNG[:-1]), "image"),
    "rubbish": (pack((0, 1.0, 0, 0), b"this is no image"), "image"),
    "one byte": (pack((0, 1.0, 0, 0), b"\0"), "image"),
    "zeros": (pack((0, 1.0, 0, 0), bytes(1000)), "image"),
    "JPEG with damaged data": (pack((0, 1.0, 0, 0), JPEG[:700] + bytes(64) + JPEG[764:]), "image"),
    "a label too few": (HEADER.pack(1, 0.0, 0, 0) + JPEG[:-2] + b"\xff", "image"),
}


@pytest.mark.parametrize("record", GOOD.values(), ids=GOOD)
def test_a_whole_record_is_well(rec: Path, record: bytes) -> None:
    assert check_image(record) is None
    report = deep(rec, [record])
    assert report.ok, str(report)


@pytest.mark.parametrize(("record", "kind"), BAD.values(), ids=BAD)
def test_a_bad_record_is_told_with_its_place(rec: Path, record: bytes, kind: str) -> None:
    fault = check_image(record)
    assert fault is not None
    assert fault[0] == kind
    good = [*GOOD.values()][:3]
    report = deep(rec, [*good, record, *good])
    (problem,) = report.problems
    assert (problem.kind, problem.reason, problem.ordinal) == (*fault, 3)
    assert problem.offset == sum(8 + len(each) + -len(each) % 4 for each in good)
    assert (report.records, report.skipped, report.omitted) == (7, (), 0)
    assert verify(rec).ok  # the format is well
    assert kind in str(report)


def test_any_changed_byte_of_a_png_is_noticed() -> None:
    image = encoded(".png", PIXELS[:6, :6])
    for place in range(len(image)):
        changed = bytearray(image)
        changed[place] ^= 0x10
        fault = check_image(pack((0, 1.0, 0, 0), bytes(changed)))
        assert fault is not None, place
        assert fault[0] == "image"


@pytest.mark.parametrize("image", [JPEG, PNG], ids=["JPEG", "PNG"])
def test_any_cut_of_an_image_is_noticed(image: bytes) -> None:
    for length in range(len(image)):
        assert check_image(pack((0, 1.0, 0, 0), image[:length])) is not None, length


def test_a_preview_does_not_pass_for_the_image() -> None:
    preview = encoded(".jpg", PIXELS[:8, :8])
    segment = b"\xff\xe1" + struct.pack(">H", len(preview) + 2) + preview
    whole = JPEG[:2] + segment + JPEG[2:]
    assert check_image(pack((0, 1.0, 0, 0), whole)) is None
    cut = pack((0, 1.0, 0, 0), whole[: len(whole) - 40])
    assert check_image(cut) is not None


@pytest.mark.parametrize("is_progressive", [0, 1])
def test_a_jpeg_that_claims_to_be_huge_takes_no_memory(is_progressive: int) -> None:
    image = bytearray(encoded(".jpg", PIXELS, cv2.IMWRITE_JPEG_PROGRESSIVE, is_progressive))
    frame = image.index(b"\xff\xc2" if is_progressive else b"\xff\xc0")
    struct.pack_into(">HH", image, frame + 5, 65500, 65500)
    fault = check_image(pack((0, 1.0, 0, 0), bytes(image)))
    assert fault is not None
    assert f"{len(image)} bytes for {65500**2} pixels" in fault[1]


@pytest.mark.parametrize("is_progressive", [0, 1])
def test_a_large_jpeg_of_few_bytes_is_well(is_progressive: int) -> None:
    options = (cv2.IMWRITE_JPEG_PROGRESSIVE, is_progressive, cv2.IMWRITE_JPEG_OPTIMIZE, 1)
    for size in (3000, 8200):  # the second one is for OpenCV to decode
        image = encoded(".jpg", np.full((size, size), 255, np.uint8), *options)
        assert check_image(pack((0, 1.0, 0, 0), image)) is None, len(image)


def test_a_png_that_claims_to_be_huge_takes_no_memory() -> None:
    header = struct.pack(">IIBBBBB", 2**31 - 1, 2**31 - 1, 8, 6, 0, 0, 0)
    chunk = b"IHDR" + header
    start = PNG[:8] + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    image = start + PNG[33:]
    fault = check_image(pack((0, 1.0, 0, 0), image))
    assert fault is not None
    assert fault[0] == "image"


def test_only_so_many_problems_are_kept_and_the_others_counted(rec: Path) -> None:
    bad = pack((0, 1.0, 0, 0), JPEG[:-2])
    write_files(rec, [bad, GOOD["JPEG"]] * 200, range(400))
    whole = verify(rec, deep=True)
    assert [problem.ordinal for problem in whole.problems] == [*range(0, 400, 2)]
    for limit in (0, 1, 199, 200):
        report = verify(rec, deep=True, max_problems=limit)
        assert (report.problems, report.omitted) == (whole.problems[:limit], 200 - limit)
        assert not report.ok


def test_damage_of_the_file_comes_first_and_its_records_are_not_looked_at(rec: Path) -> None:
    records = [GOOD["JPEG"], BAD["half a JPEG"][0], GOOD["PNG"], BAD["rubbish"][0]]
    offsets = write_files(rec, records, range(4))
    overwrite(rec, offsets[1], b"????")
    report = verify(rec, deep=True)
    assert [(each.kind, each.ordinal) for each in report.problems] == [
        ("bad-magic", 1),
        ("record-lost", 1),
        ("image", 2),  # counted among the intact ones
    ]
    assert report.problems[-1].offset == offsets[3]


@pytest.mark.parametrize("limit", [0, 1, 2])
def test_the_limit_is_one_for_all(rec: Path, limit: int) -> None:
    offsets = write_files(rec, [GOOD["JPEG"], BAD["rubbish"][0], BAD["rubbish"][0]])
    overwrite(rec, offsets[1], b"????")
    report = verify(rec, deep=True, max_problems=limit)
    assert len(report.problems) + report.omitted == 2
    assert len(report.problems) == limit


def test_progress_of_both_stages_is_one(rec: Path) -> None:
    write_files(rec, [GOOD["JPEG"]] * 2000)
    told: list[tuple[int, int]] = []
    assert verify(rec, deep=True, progress=lambda *each: told.append(each)).ok
    total = 2 * rec.stat().st_size
    assert told[-1] == (total, total)
    assert told == sorted(told)
    assert {each for _, each in told} == {total}


def test_what_progress_raises_in_the_midst_of_images_comes_out(rec: Path) -> None:
    write_files(rec, [GOOD["JPEG"]] * 2000)

    def progress(done: int, total: int) -> None:
        if done * 2 > total:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        verify(rec, deep=True, progress=progress)


def test_a_last_record_that_lacks_padding_is_looked_at(rec: Path) -> None:
    record = GOOD["JPEG"][: len(GOOD["JPEG"]) // 4 * 4 - 1]
    write_files(rec, [GOOD["JPEG"], record])
    rec.write_bytes(rec.read_bytes()[:-1])
    report = verify(rec, deep=True)
    assert [problem.kind for problem in report.problems] == ["truncated-padding", "image"]


@pytest.mark.skipif(sys.platform == "win32", reason="needs no such test twice")
def test_without_opencv_it_says_what_is_missing(rec: Path) -> None:
    write_files(rec, [GOOD["JPEG"]])
    run_python(
        """
import sys
sys.modules["cv2"] = None
from recordio_rs import verify
from recordio_rs.exceptions import MissingOpenCVError
assert verify("a.rec").ok
try:
    verify("a.rec", deep=True)
except MissingOpenCVError as error:
    assert isinstance(error, ImportError)
else:
    raise AssertionError("it was there")
""",
        cwd=rec.parent,
    )


def test_a_broken_image_is_told_with_the_key_that_it_has(rec: Path) -> None:
    write_files(rec, [pack((0, 1.0, 0, 0), b"no image"), b"short"], ["left", "right"])
    problems = verify(rec, deep=True).problems
    assert [(each.kind, each.ordinal, each.key) for each in problems] == [
        ("image", 0, "left"),
        ("label", 1, "right"),
    ]
    assert problems[1].reason == "expected 24 bytes of header or labels, found 5"
