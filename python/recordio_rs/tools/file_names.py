"""Names of files that are made of records: from a template, or from a list."""

from __future__ import annotations

import os
import string

import numpy as np

from recordio_rs.tools.image_list import BadLine, is_listable, read_list
from recordio_rs.tools.key_names import name_of_key

__all__ = ["FIELDS", "ListedNames", "NameTemplate", "NamingError", "as_number"]

FIELDS = ("key", "id", "label", "ordinal", "ext")
"""What a template may have in braces."""


class NamingError(ValueError):
    """A template or a list that files cannot be named by."""


class NameTemplate:
    """Names of files by what is known of their records.

    Args:
        template: A path with `/` between its parts; fields in braces, as for `str.format`.

    Raises:
        NamingError: It has other fields than `FIELDS`, or leads out of its folder.

    Examples:
        >>> NameTemplate("{label}/{id:06}.{ext}").name("k", 7, 2.0, 0, "png")
        '2/000007.png'
    """

    def __init__(self, template: str) -> None:
        self._template = template
        try:
            for _, field, spec, conversion in string.Formatter().parse(template):
                if field is not None and field not in FIELDS:
                    raise NamingError(f"{{{field}}} is none of {', '.join(FIELDS)}")
                if conversion or "{" in (spec or ""):
                    raise NamingError("fields have no more than a width and its like")
        except ValueError as error:
            raise NamingError(f"no template for names: {template!r}: {error}") from error
        self.name("0", 0, 0.0, 0, "jpg")

    def name(self, key: str, id_: int, label: float, ordinal: int, ext: str) -> str:
        """Returns the path for a record.

        Args:
            key: Its key; what cannot stand in the name of a file becomes `%2F` and the like.
            id_: The id in its header.
            label: Its label, or the first of several.
            ordinal: How many records come before.
            ext: What the name is to end with.

        Raises:
            NamingError: A field does not fit what stands behind its colon, or no list can have
                what comes of it.
        """
        fields = {
            "key": name_of_key(key),
            "id": id_,
            "label": as_number(label),
            "ordinal": ordinal,
            "ext": ext,
        }
        try:
            name = _inside(self._template.format_map(fields))
            if not is_listable(name):
                raise NamingError(f"{name!r} has tabs, ends of lines or space around it")
            return name
        except (ValueError, OverflowError) as error:
            raise NamingError(
                f"no name for record {ordinal} by {self._template!r}: {error}"
            ) from error


def as_number(label: float) -> int | float:
    """Returns a label with no more digits than a float32 has: an integer if it is one.

    Examples:
        >>> as_number(3.0), as_number(float(np.float32(0.1)))
        (3, 0.1)
    """
    return int(label) if label.is_integer() else float(str(np.float32(label)))


class ListedNames:
    """Names of files by the ids of their records, as a `.lst` file has them.

    Where an id stands in several lines, its records get their names in turn.

    Args:
        path: The list.

    Raises:
        NamingError: A line is none, leads out of the folder, or names a file where others have a
            folder.
        OSError: The list cannot be read.
    """

    def __init__(self, path: str) -> None:
        # Hardly an id stands there twice: only then there is a list, the last name first.
        self._names: dict[int, str | list[str]] = {}
        names, folders = set[str](), set[str]()
        for entry in read_list(path):
            if isinstance(entry, BadLine):
                raise NamingError(f"{path}, line {entry.number}: {entry.reason}")
            try:
                name = _inside(entry.path)
            except NamingError as error:
                raise NamingError(f"{path}, id {entry.id}: {error}") from error
            before = self._names.setdefault(entry.id, name)
            if before is not name:
                others = before if isinstance(before, list) else [before]
                self._names[entry.id] = [name, *others]
            names.add(name)
            folder = os.path.dirname(name)
            while folder and folder not in folders:
                folders.add(folder)
                folder = os.path.dirname(folder)
        for name in sorted(names & folders):
            raise NamingError(f"{path}: {name} is a file in one line and a folder in another")

    def take(self, id_: int) -> str | None:
        """Returns the name for the next record with an id, or `None` if there is none left."""
        names = self._names.get(id_)
        if isinstance(names, list):
            return names.pop() if names else None
        return self._names.pop(id_, None)  # type: ignore[return-value]

    def __len__(self) -> int:
        """Returns how many names have not been taken."""
        return sum(len(one) if isinstance(one, list) else 1 for one in self._names.values())


def _inside(path: str) -> str:
    """Returns a path that leads to a file inside the folder that it is seen from.

    Raises:
        NamingError: It leads out of it, or to no file.
    """
    with_slashes = path.replace("\\", "/") if os.name == "nt" else path
    parts = with_slashes.split("/")
    if os.path.isabs(path) or with_slashes.startswith("/") or os.path.splitdrive(path)[0]:
        raise NamingError(f"{path!r} is an absolute path")
    if ".." in parts:
        raise NamingError(f"{path!r} may lead out of the folder")
    if "\0" in path or parts[-1] in ("", "."):
        raise NamingError(f"{path!r} is not the name of a file")
    return "/".join(part for part in parts if part not in ("", "."))
