"""Samples as TFRecord has them: messages of the type `tf.train.Example`."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from tfrecord.example_pb2 import Example  # type: ignore[import-untyped]

from recordio_rs.exceptions import RecordIOError
from recordio_rs.tools.converting.created import created
from recordio_rs.tools.converting.errors import ConversionError
from recordio_rs.tools.converting.fields import Fields, Tell
from recordio_rs.tools.converting.losses import Losses
from recordio_rs.tools.converting.sample import Sample, header_of
from recordio_rs.tools.converting.target import Unfinished
from recordio_rs.tools.converting.tfrecord_framing import frame, read_frames

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["TFRecordTarget", "read_tfrecord"]

# Where images and the numbers of classes mostly are; the first ones are those that are written.
_IMAGES = ("image/encoded", "image", "image_raw")
_LABELS = ("image/class/label", "label")
_FORMAT = "image/format"

_KEY = "recordio/key"
_FLAG = "recordio/flag"
_LABEL = "recordio/label"
_ID, _ID2 = "recordio/id", "recordio/id2"
_HEADER = "recordio/header"
_RECORD = "recordio/record"

_SIGN, _ALL = 1 << 63, 1 << 64


class TFRecordTarget:
    """Writes TFRecord files; the same samples make the same bytes."""

    @contextmanager
    def open(self, path: str) -> Iterator[Unfinished]:
        """Gives a file to write and to finish, which is there when the block has ended well."""
        with created(path) as (file, finish):

            def write(sample: Sample) -> None:
                file.write(frame(_example(sample).SerializeToString(deterministic=True)))

            yield Unfinished(write, finish)


def _example(sample: Sample) -> Any:  # noqa: ANN401 (protobuf has no types)
    example = Example()
    features = example.features.feature
    features[_KEY].bytes_list.value.append(sample.key.encode())
    if not sample.is_image_record:
        features[_RECORD].bytes_list.value.append(sample.data)
        return example
    if sample.has_image:
        features[_IMAGES[0]].bytes_list.value.append(sample.data)
    if sample.image_format:
        features[_FORMAT].bytes_list.value.append(sample.image_format.encode())
    number = sample.class_number
    if number is not None:
        features[_LABELS[0]].int64_list.value.append(number)
    features[_FLAG].int64_list.value.append(sample.flag)
    features[_LABEL].float_list.value.extend(sample.labels.tolist())
    for name, id_ in zip((_ID, _ID2), sample.ids, strict=True):
        features[name].int64_list.value.append(id_ - _ALL if id_ >= _SIGN else id_)
    if _header(features) != sample.header:
        features[_HEADER].bytes_list.value.append(sample.header)
    return example


def _header(features: Mapping[str, Any]) -> bytes:
    """Returns header and labels that the features tell."""
    flag = features[_FLAG].int64_list.value[0]
    labels = np.array(features[_LABEL].float_list.value, "<f4")
    ids = [features[name].int64_list.value[0] % _ALL for name in (_ID, _ID2)]
    return header_of(labels if flag else float(labels[0]), *ids)


def read_tfrecord(
    path: str, first: int, fields: Fields, losses: Losses, tell: Tell
) -> Iterator[Sample]:
    """Reads the samples of a file of `tf.train.Example`, plain or compressed by gzip.

    Args:
        path: The file.
        first: The key of the first sample where there are none; the others count on.
        fields: The features that have image and label (the usual ones if not given), and those
            that are to be ignored.
        losses: Told of what is lost.
        tell: Told how many bytes are done.

    Raises:
        ConversionError: The file is damaged, or a sample cannot be a record.
        StorageError: It cannot be read.
    """
    for ordinal, data in enumerate(read_frames(path, losses, tell)):
        try:
            yield _sample(data, ordinal, first, path, fields, losses)
        except RecordIOError as error:
            losses.damaged(error)


def _sample(
    data: bytes, ordinal: int, first: int, path: str, fields: Fields, losses: Losses
) -> Sample:
    example = Example()
    try:
        example.ParseFromString(data)
    except DecodeError:
        message = "the record is no tf.train.Example"
        raise ConversionError(message, path, ordinal=ordinal) from None
    features = dict(example.features.feature)
    if _KEY in features:
        try:
            return _own_sample(features)
        except (KeyError, IndexError, ValueError, struct.error) as error:
            message = f"the features are not as recordio writes them: {error}"
            raise ConversionError(message, path, ordinal=ordinal) from None
    number = first + ordinal
    features = {name: one for name, one in features.items() if not fields.ignores(name)}
    image = _found(features, fields.image, _IMAGES)
    if image is None:
        found = ", ".join(sorted(features)) or "none"
        message = f"there is no feature {fields.image or _IMAGES[0]}; there are: {found}"
        raise ConversionError(message, path, ordinal=ordinal)
    images = features[image].bytes_list.value
    if len(images) != 1:
        message = f"the feature {image} has {len(images)} images; one is needed"
        raise ConversionError(message, path, ordinal=ordinal)
    name = _found(features, fields.label, _LABELS)
    if name is None and fields.label is not None:
        message = f"there is no feature {fields.label}"
        raise ConversionError(message, path, ordinal=ordinal)
    label = losses.label(None if name is None else _numbers(features[name]), path, str(number))
    for one in features.keys() - {image, name, _FORMAT}:
        losses.lost(one)
    return Sample.of_image(str(number), header_of(label, number, 0), images[0])


def _own_sample(features: dict[str, Any]) -> Sample:
    """Returns what `TFRecordTarget` has written."""
    key = features[_KEY].bytes_list.value[0].decode()
    if _RECORD in features:
        return Sample(key, b"", features[_RECORD].bytes_list.value[0])
    header = features[_HEADER].bytes_list.value[0] if _HEADER in features else _header(features)
    image = b""
    # Only records with labels behind the header may do without an image.
    if _IMAGES[0] in features or not Sample(key, header, b"").flag:
        image = features[_IMAGES[0]].bytes_list.value[0]
    return Sample.of_image(key, header, image)


def _found(features: dict[str, Any], wanted: str | None, usual: tuple[str, ...]) -> str | None:
    """Returns the feature that was asked for, or the first of the usual ones that is there."""
    names = usual if wanted is None else (wanted,)
    return next((name for name in names if name in features), None)


def _numbers(feature: Any) -> Any:  # noqa: ANN401 (protobuf has no types)
    """Returns the value of a feature, or the list of them."""
    values = list(feature.int64_list.value or feature.float_list.value or feature.bytes_list.value)
    return values[0] if len(values) == 1 else values
