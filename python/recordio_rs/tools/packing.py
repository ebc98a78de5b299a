"""Images packed into a file of records."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing, nullcontext
from dataclasses import asdict, dataclass

from recordio_rs._counted import counted
from recordio_rs._paths import index_path_beside
from recordio_rs._progress import Progress
from recordio_rs.exceptions import RecordTooLargeError
from recordio_rs.images import opencv
from recordio_rs.tools.image_encoding import (
    Encoder,
    Encoding,
    UnreadableImageError,
    single_threaded_opencv,
)
from recordio_rs.tools.image_list import ListItem
from recordio_rs.tools.image_table import ImageTable
from recordio_rs.tools.in_order import in_order
from recordio_rs.tools.journal import Skipped
from recordio_rs.tools.unfinished import Unfinished

__all__ = ["NothingPackedError", "Packed", "pack_images"]

# What a thread does before the others hear of it: enough to be worth the way.
_GROUP_BYTES, _GROUP_LENGTH = 256 << 10, 64


class NothingPackedError(Exception):
    """There are images, and none of them can be read."""


@dataclass(frozen=True)
class Packed:
    """What has become of images.

    Attributes:
        path: The `.rec` file.
        index_path: Its index.
        records: How many records it has.
        length: Its bytes.
        resumed: How many images earlier runs had done.
        skipped: The images that were left out.
    """

    path: str
    index_path: str
    records: int
    length: int
    resumed: int
    skipped: list[Skipped]


def pack_images(
    images: ImageTable,
    root: str,
    output: str,
    encoding: Encoding,
    *,
    jobs: int,
    resume: bool = False,
    keeps_unfinished: bool = True,
    replaces: bool = True,
    before: Callable[[], object] | None = None,
    told: Callable[[Skipped], object] | None = None,
    progress: Progress | None = None,
) -> Packed:
    """Packs images in their order; the keys are their ids.

    The files take their places when all is packed. The bytes do not depend on the number of
    threads, nor on how many runs it took to come to the end.

    Args:
        images: The images.
        root: The folder that their paths are seen from.
        output: The `.rec` file; the index goes beside it.
        encoding: What is done to images.
        jobs: How many threads there are.
        resume: Whether to go on with what an earlier run has left, if that is anything.
        keeps_unfinished: Whether something is left for that if this run does not come to its end.
        replaces: Whether files may be replaced that are in these places when all is packed.
        before: Called when all is packed, before the files take their places.
        told: Called with each image that is left out, also by earlier runs.
        progress: Told how many images are done, and how many there are.

    Raises:
        MissingOpenCVError: OpenCV is needed, and not there.
        CannotResumeError: What an earlier run has left is not of these images and options.
        NothingPackedError: There are images, and none can be packed; nothing is written.
        LockedError: Another process writes the files.
        StorageExistsError: Files have come into their places meanwhile that are not to be replaced.
        StorageError, OSError: They cannot be written.
    """
    encoder = Encoder(root, encoding)
    purpose = {
        "images": len(images),
        "list": images.fingerprint(),
        "root": os.path.abspath(root),
        **asdict(encoding),
        "opencv": None if encoding.pass_through else opencv().__version__,
    }
    with (
        nullcontext() if encoding.pass_through else single_threaded_opencv(),
        Unfinished(
            output,
            purpose,
            resume=resume,
            keeps=keeps_unfinished,
            replaces=replaces,
            before=before,
        ) as file,
    ):
        resumed = file.done
        _Packing(images, encoder, file, told, progress).run(jobs)
        if file.done and file.done == len(file.skipped):
            file.keeps = False
            count = counted(file.done, "image")
            raise NothingPackedError(f"none of {count} can be packed")
    return Packed(
        path=output,
        index_path=index_path_beside(output),
        records=len(images) - len(file.skipped),
        length=file.length,
        resumed=resumed,
        skipped=file.skipped,
    )


class _Packing:
    """A run that packs the images that are not done yet."""

    def __init__(
        self,
        images: ImageTable,
        encoder: Encoder,
        file: Unfinished,
        told: Callable[[Skipped], object] | None,
        progress: Progress | None,
    ) -> None:
        self._images = images
        self._encoder = encoder
        self._file = file
        self._told = told
        self._progress = progress
        self._first = file.done
        self._group = 1

    def run(self, jobs: int) -> None:
        """Packs them."""
        if self._told is not None:
            for skipped in self._file.skipped:
                self._told(skipped)
        self._tell_progress()
        with closing(in_order(self._records, self._groups(), jobs)) as groups:
            for group in groups:
                for item, record in group:
                    self._take(item, record)
                self._tell_progress()
                length = self._file.length // self._file.done
                self._group = max(1, min(_GROUP_LENGTH, _GROUP_BYTES // max(1, length)))

    def _tell_progress(self) -> None:
        if self._progress is not None:
            self._progress(self._file.done, len(self._images))

    def _groups(self) -> Iterator[range]:
        begin = self._first
        while begin < len(self._images):
            end = min(begin + self._group, len(self._images))
            yield range(begin, end)
            begin = end

    def _records(self, ordinals: range) -> list[tuple[ListItem, bytes | UnreadableImageError]]:
        """Gives each image and its record, or why there is none."""
        records = list[tuple[ListItem, bytes | UnreadableImageError]]()
        for ordinal in ordinals:
            item = self._images[ordinal]
            try:
                records.append((item, self._encoder.record(item)))
            except UnreadableImageError as error:
                records.append((item, error))
        return records

    def _take(self, item: ListItem, record: bytes | UnreadableImageError) -> None:
        if isinstance(record, bytes):
            try:
                self._file.write(record, str(item.id))
            except RecordTooLargeError as error:
                self._skip(item, error)
        else:
            self._skip(item, record)

    def _skip(self, item: ListItem, error: Exception) -> None:
        skipped = self._file.skip(item.path, str(error))
        if self._told is not None:
            self._told(skipped)
