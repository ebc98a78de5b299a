"""Reading photographs from disk and keeping them at hand."""

import stat
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, UnidentifiedImageError

Pixels = npt.NDArray[np.uint8]

SMALLEST_SIDE = 16
"""A photograph with a shorter side than this is turned away."""

MEMORY_FOR_PIXELS = 512_000_000
"""Photographs beyond this many bytes are read from disk again whenever they are needed."""


@dataclass(frozen=True, slots=True)
class Photograph:
    """One source photograph; its label is its position in the library."""

    label: int
    path: Path
    width: int
    height: int

    @property
    def name(self) -> str:
        """The file name without its ending, and without what cannot be printed."""
        return "".join(one if one.isprintable() else "?" for one in self.path.stem)

    @property
    def shorter_side(self) -> int:
        """The smaller one of width and height."""
        return min(self.width, self.height)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A file that could not be used, and why."""

    path: Path
    reason: str


@dataclass(slots=True)
class Library:
    """The photographs a run works on, and the files that were turned away."""

    photographs: list[Photograph] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    _kept: dict[int, Pixels] = field(default_factory=dict)
    _kept_bytes: int = 0
    _last: tuple[int, Pixels] | None = None

    def add(self, path: Path) -> None:
        """Read a file and take it in, or note why not; never raises for a bad file."""
        try:
            pixels = read_pixels(path)
        # Pillow's decoders answer damaged files with all sorts of exceptions (struct.error,
        # SyntaxError, IndexError, ...): whatever it is, it is a reason to leave this file out.
        except Exception as error:
            self.rejected.append(Rejected(path, _reason(error)))
            return
        height, width = pixels.shape[:2]
        if min(height, width) < SMALLEST_SIDE:
            reason = f"too small ({width} x {height} pixels)"
            self.rejected.append(Rejected(path, reason))
            return
        label = len(self.photographs)
        self.photographs.append(Photograph(label, path, width, height))
        if self._kept_bytes + pixels.nbytes <= MEMORY_FOR_PIXELS:
            self._kept[label] = pixels
            self._kept_bytes += pixels.nbytes

    def pixels(self, photograph: Photograph) -> Pixels:
        """Give the pixels of a photograph in this library, height x width x BGR.

        Raises:
            OSError: The file had to be read again and is no longer what it was.
        """
        kept = self._kept.get(photograph.label)
        if kept is not None:
            return kept
        if self._last is None or self._last[0] != photograph.label:
            pixels = read_pixels(photograph.path)
            if pixels.shape[:2] != (photograph.height, photograph.width):
                raise OSError(f"{photograph.path} changed while the demo was running")
            self._last = (photograph.label, pixels)
        return self._last[1]


def survey(paths: Iterable[Path], advance: Callable[[int], None]) -> Library:
    """Read every file once, calling `advance(1)` after each, and collect what can be used."""
    library = Library()
    for path in paths:
        library.add(path)
        advance(1)
    return library


def read_pixels(path: Path) -> Pixels:
    """Read an image file the right way up as 8-bit BGR, the channel order of OpenCV.

    Raises:
        OSError: The file cannot be read or is no image.
        Exception: Pillow's decoder met something it did not expect.
    """
    # A named pipe with a fitting name would block for ever when opened.
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError("not a regular file")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Image.open(path) as image:
            upright = ImageOps.exif_transpose(image)
            # Pillow clips 16-bit grey at 255 where it ought to scale it.
            if upright.mode.startswith("I;16"):
                upright = Image.fromarray((np.asarray(upright) >> 8).astype(np.uint8))
            rgb = np.asarray(upright.convert("RGB"), dtype=np.uint8)
    return np.ascontiguousarray(rgb[:, :, ::-1])


def _reason(error: Exception) -> str:
    """Put a decoder's exception into a few words, without the path that is named anyway."""
    if isinstance(error, UnidentifiedImageError):
        return "not an image that can be decoded"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__
