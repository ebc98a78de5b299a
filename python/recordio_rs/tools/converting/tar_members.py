"""The members of a tar file, read so that damage is seen."""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterator
from typing import Any, BinaryIO

from webdataset.tariterators import base_plus_ext  # type: ignore[import-untyped]

from recordio_rs.tools.converting.fields import Tell
from recordio_rs.tools.converting.losses import ConversionError, Losses
from recordio_rs.tools.converting.opened import UNREADABLE, decompressed, is_gzip, opened

__all__ = ["Members"]

_RESERVED = re.compile(r"__[^/]*__($|/)")
_BLOCK = 1 << 16
_LONGEST = 1 << 29  # no record is as long


class _Header(tarfile.TarInfo):
    """A header. `tarfile` takes a damaged or missing one for the end of the file; this raises."""

    @classmethod
    def fromtarfile(cls, tar: tarfile.TarFile) -> _Header:
        try:
            return super().fromtarfile(tar)
        except tarfile.EOFHeaderError:  # type: ignore[attr-defined]
            raise
        except tarfile.HeaderError as error:
            message = str(error)
            if isinstance(error, tarfile.EmptyHeaderError):  # type: ignore[attr-defined]
                message = "the end of the archive is missing: the file is cut"
            raise tarfile.ReadError(message) from None


class Members:
    """The files in a tar file, as `webdataset.tariterators` passes them on.

    Args:
        path: The tar file, plain or compressed by gzip.
        losses: Told of damage and of members that are no files.
        tell: Told how many bytes are done.

    Attributes:
        is_cut: Whether it came to an end because of damage.
    """

    def __init__(self, path: str, losses: Losses, tell: Tell) -> None:
        self._path = path
        self._losses = losses
        self._tell = tell
        self.is_cut = False

    def __iter__(self) -> Iterator[dict[str, Any]]:
        with opened(self._path) as file:
            tar_file = decompressed(file) if is_gzip(file) else file
            try:
                for member in self._members(tar_file):
                    self._tell(file.tell())
                    yield member
            except (tarfile.TarError, *UNREADABLE) as error:
                self.is_cut = True
                at = f"damaged tar file: {error}"
                self._losses.damaged(ConversionError(at, self._path, file.tell()))

    def _members(self, file: BinaryIO) -> Iterator[dict[str, Any]]:
        with tarfile.open(fileobj=file, mode="r:", tarinfo=_Header) as tar:
            while (member := tar.next()) is not None:
                tar.members.clear()  # type: ignore[attr-defined] # else it keeps them all
                if member.isdir():
                    continue
                if not member.isreg():
                    self._losses.left_out["member that is no file"] += 1
                    continue
                if member.size >= _LONGEST:
                    raise tarfile.ReadError(f"{member.name} is too long for a record")
                if not _is_of_a_sample(member.name):
                    self._losses.left_out["member that belongs to no sample"] += 1
                    continue
                content = tar.extractfile(member)
                assert content is not None
                yield {"fname": member.name, "data": content.read(), "__url__": self._path}
            # A file that was joined to this one would be lost, and gzip's checksum not compared.
            while block := file.read(_BLOCK):
                if block.count(0) != len(block):
                    raise tarfile.ReadError("there are bytes behind the end of the archive")


def _is_of_a_sample(name: str) -> bool:
    """Tells whether WebDataset takes a member for a part of a sample."""
    return _RESERVED.match(name) is None and base_plus_ext(name)[0] is not None
