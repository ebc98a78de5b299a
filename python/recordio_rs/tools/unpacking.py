"""Image records back to files and a list of them."""

from __future__ import annotations

import os
from array import array
from dataclasses import dataclass, field
from typing import BinaryIO

import numpy as np

from recordio_rs._progress import Progress
from recordio_rs._recordio_rs import PackedRecords
from recordio_rs.image_check import cut_image
from recordio_rs.tools.batches import batches
from recordio_rs.tools.file_names import ListedNames, NameTemplate
from recordio_rs.tools.image_headers import (
    HEADER_BYTES,
    IMAGE_FORMATS,
    LABEL_BYTES,
    headers_of,
    suffix_of,
)
from recordio_rs.tools.image_list import ListItem, format_item
from recordio_rs.tools.key_names import name_of_key
from recordio_rs.tools.named_errors import errors_name
from recordio_rs.tools.new_files import NewFiles
from recordio_rs.tools.new_folder import new_folder
from recordio_rs.tools.source import Source

__all__ = ["Unpacked", "unpack_files"]

_EXTS = tuple(map(suffix_of, IMAGE_FORMATS))
# How many names that have become other ones are kept.
_KEPT = 20


@dataclass
class Unpacked:
    """What has become of the records of a file.

    Attributes:
        folder: Where the files are.
        list_path: The list of those that were image records.
        records: How many records there were.
        listed: How many of them are in the list.
        plain: How many are no image records: their files are called by their keys, and have the
            whole record.
        without_image: How many of those in the list have labels and no image.
        cut: How many of those in the list have a JPEG or PNG that breaks off, or a PNG with a wrong
            checksum.
        with_labels: How many of those in the list have several labels.
        image_bytes: How many bytes all files have that are in the list.
        renamed: How many files have another name, as theirs was there already.
        renames: The first of those: the name that was there, and the one that the file got.
        not_named: How many image records have an id that the list of names does not have.
        names_left: How many names of that list nobody has asked for.
        repeated_ids: How many of those in the list have an id that one before them has.
        other_keys: How many of those in the list have a key in the index that is not their id.
        keys_count: Whether all keys of the file are ordinals.
        id2s: How many of those in the list have an `id2`, which a list cannot have.
        header_labels: How many have a label in the header that is not one of those behind it, which
            a list cannot have.
        other_forms: How many have their labels in another form than MXNet's im2rec packs: they come
            back with the same labels and other bytes.
    """

    folder: str
    list_path: str
    records: int = 0
    listed: int = 0
    plain: int = 0
    without_image: int = 0
    cut: int = 0
    with_labels: int = 0
    image_bytes: int = 0
    renamed: int = 0
    renames: list[tuple[str, str]] = field(default_factory=list)
    not_named: int = 0
    names_left: int = 0
    repeated_ids: int = 0
    other_keys: int = 0
    keys_count: bool = True
    id2s: int = 0
    header_labels: int = 0
    other_forms: int = 0

    @property
    def has_all(self) -> bool:
        """Whether files, their names and the list have all that is in the records.

        Keys that are ordinals need not be kept: they can be counted again.
        """
        keeps_keys = self.keys_count or not self.other_keys
        return keeps_keys and not self.id2s and not self.header_labels

    @property
    def packs_again(self) -> bool:
        """Whether the list and the images make the same records again, with their keys.

        Those that are `cut` are to be kept.
        """
        changed = self.plain + self.without_image + self.other_keys + self.other_forms
        changed += self.repeated_ids
        return self.has_all and not changed


def unpack_files(
    source: Source,
    folder: str,
    *,
    template: NameTemplate,
    names: ListedNames | None = None,
    list_name: str = "records.lst",
    any_payload: bool = False,
    threads: int = 2,
    progress: Progress | None = None,
) -> Unpacked:
    """Writes what is in image records to files, byte by byte, and a list of these.

    The list is in the order of the records, and has ids, labels and the names of the files. A name
    that is there already gets `~` and the ordinal of its record behind it. All of it is there when
    it is whole; see `new_folder`.

    Args:
        source: The records.
        folder: Where the files go; made if it is not there.
        template: How files are called.
        names: The names of files by ids; `template` has those that are not in there.
        list_name: What the list is called.
        any_payload: As for `ImageHeaders.are_image_records`.
        threads: How many files are written at the same time.
        progress: Told how many records are done and how many there are.

    Returns:
        What has become of them.

    Raises:
        NamingError: A record does not fit the template.
        StorageError: A file or folder cannot be read or written.
    """
    done = Unpacked(folder, os.path.join(folder, list_name), len(source))
    with new_folder(folder) as partial:
        # The list is there first: nothing else gets its name.
        list_path = os.path.join(partial, list_name)
        with (
            errors_name(list_path),
            open(list_path, "xb") as listing,
            NewFiles(partial, len(source), threads) as files,
        ):
            unpacker = _Unpacker(source, done, files, listing, template, names, any_payload)
            for ordinals in batches(range(len(source)), source.extents_of):
                unpacker.take(source.packed(ordinals), int(ordinals[0]))
                files.end_block()
                if progress is not None:
                    progress(int(ordinals[-1]) + 1, len(source))
        done.repeated_ids = unpacker.repeated_ids()
        done.names_left = 0 if names is None else len(names)
    return done


class _Unpacker:
    """Takes records block by block, and keeps the books."""

    def __init__(
        self,
        source: Source,
        done: Unpacked,
        files: NewFiles,
        listing: BinaryIO,
        template: NameTemplate,
        names: ListedNames | None,
        any_payload: bool,
    ) -> None:
        self._source = source
        self._done = done
        self._files = files
        self._listing = listing
        self._template = template
        self._names = names
        self._any_payload = any_payload
        self._ids = array("Q")

    def repeated_ids(self) -> int:
        """Returns how many images have an id that one before them has."""
        ids = np.frombuffer(self._ids, np.uint64) if self._ids else np.empty(0, np.uint64)
        return len(ids) - len(np.unique(ids))

    def take(self, packed: PackedRecords, first: int) -> None:
        """Takes the records from an ordinal on."""
        headers = headers_of(packed)
        is_image = headers.are_image_records(any_payload=self._any_payload)
        self._done.id2s += int(np.count_nonzero(headers.id2s[is_image]))
        self._ids.frombytes(headers.ids[is_image].tobytes())
        formats, has_keys = headers.formats.tolist(), self._source.index_path is not None
        columns = zip(
            packed,
            is_image.tolist(),
            headers.flags.tolist(),
            headers.labels.tolist(),
            headers.ids.tolist(),
            strict=True,
        )
        lines = list[bytes]()
        for place, (record, is_one, flag, label, id_) in enumerate(columns):
            ordinal = first + place
            key = self._source.key(ordinal)
            self._done.keys_count &= key == str(ordinal)
            if not is_one:
                self._done.plain += 1
                self._add(f"{name_of_key(key)}.bin", record, ordinal)
                continue
            labels = (label,) if flag == 0 else self._labels(record, flag)
            image = record[HEADER_BYTES + flag * LABEL_BYTES :]
            self._done.other_keys += has_keys and key != str(id_)
            self._done.image_bytes += len(image)
            self._done.without_image += not image
            self._done.cut += cut_image(bytes(image)) is not None
            name = self._name(key, id_, label, ordinal, _EXTS[formats[place]])
            lines.append(format_item(ListItem(id_, labels, self._add(name, image, ordinal))))
        self._done.listed += len(lines)
        self._listing.write(b"".join(lines))

    def _labels(self, record: memoryview, flag: int) -> tuple[float, ...]:
        """Returns the labels behind a header, having looked whether im2rec would pack them so."""
        end = HEADER_BYTES + flag * LABEL_BYTES
        labels: list[float] = np.frombuffer(record[HEADER_BYTES:end], "<f4").tolist()
        (own,) = np.frombuffer(record[4:8], "<f4").tolist()
        if flag > 1:
            self._done.with_labels += 1
        if own not in (0, labels[0]):
            self._done.header_labels += 1
        elif flag == 1 or own != 0:
            self._done.other_forms += 1
        return tuple(labels)

    def _name(self, key: str, id_: int, label: float, ordinal: int, ext: str) -> str:
        if self._names is not None:
            if (name := self._names.take(id_)) is not None:
                return name
            self._done.not_named += 1
        return self._template.name(key, id_, label, ordinal, ext)

    def _add(self, wanted: str, data: memoryview, ordinal: int) -> str:
        name = self._files.add(wanted, data, ordinal)
        if name != wanted:
            self._done.renamed += 1
            if len(self._done.renames) < _KEPT:
                self._done.renames.append((wanted, name))
        return name
