"""Samples from tar files of WebDataset, of this package or of others."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterator
from typing import Any

from webdataset.tariterators import base_plus_ext  # type: ignore[import-untyped]

from recordio_rs.exceptions import RecordIOError
from recordio_rs.tools.converting.errors import ConversionError
from recordio_rs.tools.converting.fields import Fields, Tell
from recordio_rs.tools.converting.losses import Losses
from recordio_rs.tools.converting.sample import Sample, header_of, id_of
from recordio_rs.tools.converting.tar_members import LONGEST, MEMBER_BYTES, Members
from recordio_rs.tools.converting.webdataset_writing import MARK, RAW, SUFFIXES

__all__ = ["read_webdataset"]

_IMAGES = (*SUFFIXES.values(), "jpeg", "tif", "j2k")
_LABEL = "cls"


def read_webdataset(
    path: str, _first: int, fields: Fields, losses: Losses, tell: Tell
) -> Iterator[Sample]:
    """Reads the samples of a tar file, plain or compressed by gzip.

    Args:
        path: The file.
        _first: Not used: samples have names.
        fields: Where image and label are (the first image and `.cls` if not given), and what is to
            be ignored. All of the `.json` may be, also where the label is in it.
        losses: Told of what is lost.
        tell: Told how many bytes are done.

    Raises:
        ConversionError: The file is damaged, or a sample cannot be a record.
        StorageError: It cannot be read.
    """
    for name, members in _grouped(path, fields, losses, tell):
        try:
            yield _sample(name, members, path, fields, losses)
        except RecordIOError as error:
            losses.damaged(error)


def _grouped(
    path: str, fields: Fields, losses: Losses, tell: Tell
) -> Iterator[tuple[str, dict[str, bytes]]]:
    """Gives name and members of each sample: neighbours with one name up to its first dot.

    That is what `webdataset.tariterators.group_by_keys` does, which passes over a sample with a
    member `.__bad__` in silence, and takes a tar file of something else for one endless sample.
    """
    members = Members(path, fields, losses, tell)
    name, found, length = "", dict[str, bytes](), 0
    for member, data in members:
        base, suffix = base_plus_ext(member)
        suffix = suffix.lower()
        if base != name:
            if found:
                yield name, found
            name, found, length = base, {}, 0
        length += MEMBER_BYTES + len(data)
        if suffix in found:
            message = f"the sample has two members .{suffix}"
        elif length > LONGEST:
            message = f"its members are too long for a record, from .{suffix} on"
        else:
            found[suffix] = data
            continue
        losses.damaged(ConversionError(message, path, key=name))
    if members.is_cut and found:
        # Members of it may be missing.
        losses.damaged(ConversionError("the file is damaged behind this sample", path, key=name))
    elif found:
        yield name, found


def _sample(
    name: str, members: dict[str, bytes], path: str, fields: Fields, losses: Losses
) -> Sample:
    told = _told(members, path, name)
    if told is not None and told.get(MARK) == 1:
        try:
            return _own_sample(told, members, fields, losses)
        except (KeyError, ValueError, TypeError, struct.error) as error:
            message = f"the .json is not as recordio writes it: {error}"
            raise ConversionError(message, path, key=name) from None
    members = {one: data for one, data in members.items() if not fields.ignores(f".{one}")}
    if members.keys() == {RAW}:
        return Sample(name, b"", members[RAW])
    wanted = _IMAGES if fields.image is None else (fields.image.lower().lstrip("."),)
    suffix = next((one for one in wanted if one in members), None)
    if suffix is None:
        found = ", ".join(f".{one}" for one in members)
        message = f"the sample has no image .{wanted[0]}; it has {found}"
        raise ConversionError(message, path, key=name)
    used = {suffix}
    label = losses.label(_label(members, told, fields.label, used, path, name), path, name)
    for one in members.keys() - used:
        losses.lost(f".{one}")
    if told is not None and "json" in used and not fields.ignores(".json"):
        for other in told.keys() - {fields.label}:
            if not fields.ignores(lost := f".json.{other}"):
                losses.lost(lost)
    return Sample.of_image(name, header_of(label, id_of(name), 0), members[suffix])


def _own_sample(
    told: dict[str, Any], members: dict[str, bytes], fields: Fields, losses: Losses
) -> Sample:
    """Returns what `WebDatasetTarget` has written."""
    key, suffix = told["key"], told["data"]
    if not isinstance(key, str):
        raise ValueError("the key is no text")
    if suffix is not None and suffix not in members:
        raise ValueError(f"the member .{suffix} is missing")
    for one in members.keys() - {suffix, _LABEL, "json"}:
        if not fields.ignores(f".{one}"):
            losses.lost(f".{one}")
    data = b"" if suffix is None else members[suffix]
    if "header" in told:
        return Sample.of_image(key, bytes.fromhex(told["header"]), data)
    if "flag" not in told:
        return Sample(key, b"", data)
    return Sample.of_image(key, header_of(told["label"], told["id"], told["id2"]), data)


def _told(members: dict[str, bytes], path: str, key: str) -> dict[str, Any] | None:
    """Returns what the `.json` of a sample has, if it has names."""
    if "json" not in members:
        return None
    try:
        told = json.loads(members["json"])
    except (ValueError, RecursionError) as error:
        # It may be one of this package, without which the record would be another one.
        raise ConversionError(f"the .json is damaged: {error}", path, key=key) from None
    return told if isinstance(told, dict) else None


def _label(
    members: dict[str, bytes],
    told: dict[str, Any] | None,
    field: str | None,
    used: set[str],
    path: str,
    key: str,
) -> Any:  # noqa: ANN401 (what a file holds)
    """Returns the label of a sample, and adds to what is used of it."""
    suffix = _LABEL if field is None else field.lower().lstrip(".")
    if suffix in members:
        used.add(suffix)
        return _parsed(members[suffix], suffix, path, key)
    if field is None:
        return None
    if told is not None and field in told:
        used.add("json")
        return told[field]
    raise ConversionError(f"the sample has no label .{field}, nor one in its .json", path, key=key)


def _parsed(text: bytes, suffix: str, path: str, key: str) -> Any:  # noqa: ANN401 (as above)
    """Returns the number that a member has, or the numbers."""
    for parse in _PARSERS:
        try:
            return parse(text)
        except (ValueError, RecursionError):
            continue
    shown = repr(text[:40])
    raise ConversionError(f"the label .{suffix} is no number: {shown}", path, key=key)


def _spaced(text: bytes) -> list[float]:
    numbers = [float(one) for one in text.split()]
    if not numbers:
        raise ValueError("nothing is there")
    return numbers


_PARSERS: tuple[Callable[[bytes], Any], ...] = (int, float, json.loads, _spaced)
