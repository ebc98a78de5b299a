"""What a caller may name a file with, and the local path that it means."""

from __future__ import annotations

import errno
import os
from typing import Literal, TypeAlias

from recordio_rs.exceptions import StorageError

StrPath: TypeAlias = str | os.PathLike[str]
BytesPath: TypeAlias = bytes | os.PathLike[bytes]


class Uri(str):
    """A path as text that also has MXNet's `.value`, the path as bytes (a `ctypes.c_char_p`)."""

    __slots__ = ()

    @property
    def value(self) -> bytes:
        """The path as bytes."""
        return os.fsencode(self)


def local_path(uri: StrPath | BytesPath) -> str:
    """Returns the path in the local file system that a path or a `file://` URI means.

    Args:
        uri: A path of any kind, or a URI.

    Raises:
        StorageError: The URI is of another scheme; those need MXNet's own builds, too.
        TypeError: `uri` is no path.
        ValueError: It holds a null character.
    """
    path = os.fsdecode(uri)
    if "\0" in path:
        raise ValueError(f"embedded null character in path {path!r}")
    scheme, separator, rest = path.partition("://")
    if not separator or not scheme.isalnum():
        return path
    if scheme == "file":
        return rest
    raise StorageError(
        errno.EPROTONOSUPPORT, f"only local files can be read and written, not {scheme}://", path
    )


def index_path_beside(path: str) -> str:
    """Returns the path of the index that belongs to a `.rec` file: the same ending in `.idx`."""
    return os.path.splitext(path)[0] + ".idx"


def paths_on_the_way(path: str) -> tuple[str, str]:
    """Returns the paths that a writer uses that replaces a file.

    They are that of the file and, until it is whole, the one that ends in `.partial`, beside the
    file that `path` leads to.
    """
    return path, os.path.realpath(path) + ".partial"


def find_index(path: str, index: StrPath | BytesPath | Literal[False] | None) -> str | None:
    """Returns the path of the index of a file that is there, or `None` if there is to be none.

    Args:
        path: The `.rec` file.
        index: The `.idx` file; `None` for the one beside the file if there is one, `False` for
            none.
    """
    if index is False:
        return None
    if index is not None:
        return local_path(index)
    beside = index_path_beside(path)
    return beside if beside != path and os.path.exists(beside) else None


def are_one(path: str, other: str) -> bool:
    """Tells whether two paths lead to one file, whether it is there or not."""
    are_there = os.path.exists(path) and os.path.exists(other)
    return path == other or (are_there and os.path.samefile(path, other))
