"""Which image files the demo starts from."""

import importlib.util
import os
from collections.abc import Callable
from pathlib import Path

# The photographs among the example images inside the scikit-image wheel. The rest of that folder
# is drawings, masks and test patterns, or a second view of a scene that is already here.
SHIPPED_PHOTOGRAPHS = (
    "astronaut.png",
    "brick.png",
    "camera.png",
    "cell.png",
    "chelsea.png",
    "clock_motion.png",
    "coffee.png",
    "coins.png",
    "grass.png",
    "gravel.png",
    "hubble_deep_field.jpg",
    "ihc.png",
    "microaneurysms.png",
    "moon.png",
    "motorcycle_left.png",
    "page.png",
    "retina.jpg",
    "rocket.jpg",
    "text.png",
)

IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff"})


class NoImagesError(Exception):
    """There is nothing to work on; the message says why in one sentence."""


def shipped_images() -> list[Path]:
    """Find the photographs that scikit-image brings along.

    Only the files are wanted, so scikit-image is located and not imported, and nothing is
    downloaded.

    Returns:
        The paths of those that are on disk, in the order of `SHIPPED_PHOTOGRAPHS`.

    Raises:
        NoImagesError: scikit-image is not installed, or came without its example images.
    """
    spec = importlib.util.find_spec("skimage")
    if spec is None or not spec.submodule_search_locations:
        raise NoImagesError(
            "scikit-image is not installed: install it for its photographs, "
            "or name a folder of your own with --images"
        )
    folder = Path(spec.submodule_search_locations[0]) / "data"
    found = [folder / name for name in SHIPPED_PHOTOGRAPHS if (folder / name).is_file()]
    if not found:
        raise NoImagesError(
            "the installed scikit-image has no photographs in its data folder: "
            "name a folder of your own with --images"
        )
    return found


def images_under(
    folder: Path, leaving_out: Path, skipped: Callable[[Path, str], None]
) -> list[Path]:
    """Find every file under a folder whose name ends like that of an image.

    Args:
        folder: Where to look, subfolders included; links to folders are not followed.
        leaving_out: A folder to stay out of: the demo's own output, should it lie inside.
        skipped: Called with the path of each subfolder that cannot be listed, and the reason.

    Returns:
        The paths, sorted.

    Raises:
        NoImagesError: The folder is missing, cannot be listed, or has no such file in it.
    """
    if not folder.exists():
        raise NoImagesError(f"there is no folder {folder}")
    if not folder.is_dir():
        raise NoImagesError(f"{folder} is not a folder")
    try:
        os.scandir(folder).close()
    except OSError as error:
        raise NoImagesError(f"cannot list {folder}: {error.strerror}") from error

    def unlistable(error: OSError) -> None:
        skipped(Path(str(error.filename)), error.strerror or str(error))

    hidden = leaving_out.resolve()
    found: list[Path] = []
    for parent, folders, files in os.walk(folder, onerror=unlistable):
        here = Path(parent)
        folders[:] = [name for name in folders if (here / name).resolve() != hidden]
        found += [here / name for name in files if Path(name).suffix.lower() in IMAGE_SUFFIXES]
    if not found:
        endings = " ".join(sorted(IMAGE_SUFFIXES))
        raise NoImagesError(f"there is no image in {folder} (looked for {endings})")
    return sorted(found)
