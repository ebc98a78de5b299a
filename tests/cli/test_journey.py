"""Twenty thousand photographs through every kind of command, and back as they were."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from cli.command_line import run
from damaged import overwrite
from recordio_rs import Reader

COUNT = 20_000
_PHOTOGRAPHS = (
    "astronaut.png",
    "brick.png",
    "chelsea.png",
    "coffee.png",
    "grass.png",
    "gravel.png",
    "hubble_deep_field.jpg",
    "ihc.png",
    "motorcycle_left.png",
    "retina.jpg",
)
_SIZES = (32, 48, 64)


def write_photographs(folder: Path) -> None:
    """Writes crops of the photographs that scikit-image brings, a folder for each."""
    spec = importlib.util.find_spec("skimage")
    assert spec is not None
    assert spec.submodule_search_locations
    data = Path(spec.submodule_search_locations[0]) / "data"
    random = np.random.RandomState(0)
    for name in _PHOTOGRAPHS:
        photograph = cv2.imread(str(data / name))
        assert photograph is not None
        height, width = photograph.shape[:2]
        into = folder / Path(name).stem
        into.mkdir(parents=True)
        for number in range(COUNT // len(_PHOTOGRAPHS)):
            side = _SIZES[number % len(_SIZES)]
            top, left = random.randint(height - side), random.randint(width - side)
            crop = photograph[top : top + side, left : left + side]
            suffix = ".png" if number % 50 == 0 else ".jpg"
            cv2.imwrite(str(into / f"{number:05}{suffix}"), crop)


def contents(folder: Path) -> dict[str, bytes]:
    """Gives the hash of each image under a folder, by its path in there."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).digest()
        for path in folder.rglob("*")
        if path.suffix in (".jpg", ".png")
    }


@pytest.fixture(scope="module")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of twenty thousand images in ten folders."""
    folder = tmp_path_factory.mktemp("journey") / "photographs"
    write_photographs(folder)
    assert len(contents(folder)) == COUNT
    return folder


def test_what_comes_out_of_all_commands_is_what_went_in(photographs: Path) -> None:
    folder = photographs.parent

    def recordio(*arguments: str, expect: int = 0) -> str:
        return run(*arguments, folder=folder, expect=expect).text

    # A list of the images, in an order of its own, and the records by it.
    recordio("im2rec", "--list", "--recursive", "all", "photographs")
    recordio("pack", "all.lst", "--root", "photographs", "--pass-through", "-o", "all.rec")
    assert json.loads(recordio("verify", "--deep", "--json", "all.rec"))[0]["records"] == COUNT

    # Shuffled, in eight files and in one again: the same records in another order.
    recordio("shuffle", "all.rec", "-o", "shuffled.rec", "--seed", "7", "--keys", "keep")
    recordio("verify", "shuffled.rec")
    recordio("diff", "all.rec", "shuffled.rec", expect=1)
    recordio("diff", "--ignore-order", "all.rec", "shuffled.rec")
    recordio("split", "shuffled.rec", "-n", "8", "-o", "shard-{}.rec")
    recordio("merge", "shard-{000..007}.rec", "--keys", "keep", "-o", "merged.rec")
    recordio("diff", "shuffled.rec", "merged.rec")

    # Three records are damaged, and the end of the file is torn off: the rest is repaired.
    damaged = folder / "damaged.rec"
    shutil.copy(folder / "merged.rec", damaged)
    shutil.copy(folder / "merged.idx", folder / "damaged.idx")
    with Reader(damaged) as reader:
        offsets = [int(offset) for offset in reader.offsets]
        keys = list(reader.keys)
    hit = [17, 9_000, 15_555, COUNT - 1]
    for ordinal in hit[:-1]:
        overwrite(damaged, offsets[ordinal], b"????")
    with damaged.open("r+b") as file:
        file.truncate(offsets[-1] + 100)
    recordio("verify", "damaged.rec", expect=3)
    report = json.loads(recordio("repair", "--json", "damaged.rec", "-o", "repaired.rec", expect=3))
    lost = [str(keys[ordinal]) for ordinal in hit]
    assert [str(key) for key in report["lost_keys"]] == lost
    recordio("verify", "repaired.rec")

    # What was lost is still in the shards.
    wanted = [option for key in lost for option in ("--key", key)]
    recordio("filter", "shard-{000..007}.rec", *wanted, "-o", "lost.rec")
    recordio("merge", "repaired.rec", "lost.rec", "--keys", "keep", "-o", "whole.rec")
    recordio("diff", "--ignore-order", "all.rec", "whole.rec")

    # To WebDataset and back, and out again.
    recordio("convert", "whole.rec", "whole.tar")
    recordio("convert", "whole.tar", "back.rec")
    recordio("diff", "whole.rec", "back.rec")
    recordio("unpack", "back.rec", "--list", "all.lst", "-o", "unpacked")
    assert contents(folder / "unpacked") == contents(photographs)
