"""The members of a tar file, read so that damage is seen."""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterator
from typing import BinaryIO

from webdataset.tariterators import base_plus_ext  # type: ignore[import-untyped]

from recordio_rs.tools.converting.errors import ConversionError
from recordio_rs.tools.converting.fields import Fields, Tell
from recordio_rs.tools.converting.losses import Losses
from recordio_rs.tools.converting.opened import (
    UNREADABLE,
    decompressed,
    is_gzip,
    opened,
    read_up_to,
)

__all__ = ["LONGEST", "MEMBER_BYTES", "Members"]

_RESERVED = re.compile(r"__[^/]*__($|/)")
_BLOCK = 1 << 16
# What stands before a member; what is too long for it is no path of any system.
_BEFORE_A_MEMBER = (
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
)
_LONGEST_TEXT = 1 << 20
_LONGEST_FILE = 1 << 60  # what is more, no system lets pass over

LONGEST = 1 << 29
"""No record is as long."""

MEMBER_BYTES = tarfile.BLOCKSIZE
"""What a member takes at least."""


class _Header(tarfile.TarInfo):
    """A header. `tarfile` takes a damaged or missing one for the end of the file; this raises."""

    @classmethod
    def fromtarfile(cls, tar: tarfile.TarFile) -> _Header:
        try:
            return super().fromtarfile(tar)
        except (
            ValueError,
            OverflowError,
        ) as error:  # numbers or text of what stands before a member
            raise tarfile.ReadError(str(error)) from None
        except tarfile.EOFHeaderError:  # type: ignore[attr-defined]
            raise
        except tarfile.HeaderError as error:
            message = str(error)
            if isinstance(error, tarfile.EmptyHeaderError):  # type: ignore[attr-defined]
                message = "the end of the archive is missing: the file is cut"
            raise tarfile.ReadError(message) from None

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> _Header:
        header = super().frombuf(buf, encoding, errors)
        # `tarfile` takes memory for a name or for attributes as this says.
        longest = _LONGEST_TEXT if header.type in _BEFORE_A_MEMBER else _LONGEST_FILE
        if not 0 <= header.size <= longest:
            raise tarfile.ReadError(f"a header says {header.size} bytes")
        return header


class Members:
    """Name and content of the files in a tar file that belong to samples.

    Args:
        path: The tar file, plain or compressed by gzip.
        fields: What is to be ignored.
        losses: Told of damage, and of members that are no files or belong to no sample.
        tell: Told how many bytes are done.

    Attributes:
        is_cut: Whether it came to an end because of damage.
    """

    def __init__(self, path: str, fields: Fields, losses: Losses, tell: Tell) -> None:
        self._path = path
        self._fields = fields
        self._losses = losses
        self._tell = tell
        self.is_cut = False

    def __iter__(self) -> Iterator[tuple[str, bytes]]:
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

    def _lost(self, name: str) -> None:
        if not self._fields.ignores(name):
            self._losses.lost(name)

    def _members(self, file: BinaryIO) -> Iterator[tuple[str, bytes]]:
        with tarfile.open(fileobj=file, mode="r:", tarinfo=_Header) as tar:
            while (member := tar.next()) is not None:
                tar.members.clear()  # type: ignore[attr-defined] # else it keeps them all
                if member.isdir():
                    continue
                if not member.isreg():
                    self._lost(member.name)
                    continue
                if member.size >= LONGEST:
                    raise tarfile.ReadError(f"{member.name} is too long for a record")
                if not _is_of_a_sample(member.name):
                    self._lost(member.name)
                    continue
                yield member.name, _content(tar, member, file)
            # A file that was joined to this one would be lost, and gzip's checksum not compared.
            while block := file.read(_BLOCK):
                if block.count(0) != len(block):
                    raise tarfile.ReadError("there are bytes behind the end of the archive")


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo, file: BinaryIO) -> bytes:
    if member.issparse():
        content = tar.extractfile(member)
        assert content is not None
        return content.read()
    data = read_up_to(file, member.size)  # it stands behind its header
    if len(data) < member.size:
        raise tarfile.ReadError("the file ends inside a member")
    return data


def _is_of_a_sample(name: str) -> bool:
    """Tells whether WebDataset takes a member for a part of a sample."""
    return _RESERVED.match(name) is None and base_plus_ext(name)[0] is not None
