"""Samples from Parquet files, of this package or of others."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from recordio_rs.exceptions import RecordIOError
from recordio_rs.tools.converting.errors import ConversionError, MissingColumnError
from recordio_rs.tools.converting.fields import Fields, Tell
from recordio_rs.tools.converting.losses import Losses
from recordio_rs.tools.converting.opened import opened, size_of
from recordio_rs.tools.converting.parquet_writing import COLUMNS, MARK
from recordio_rs.tools.converting.sample import Sample, header_of, id_of

__all__ = ["read_parquet"]

_IMAGE, _LABEL, _KEY = "image", "label", "key"
_BATCH_BYTES, _BATCH_ROWS = 8 << 20, 4096
_READ_BYTES = 1 << 20
# What pyarrow raises where a file is damaged; a name or a text may be no UTF-8.
_UNREADABLE = (pa.ArrowException, OSError, UnicodeDecodeError)


def read_parquet(
    path: str, first: int, fields: Fields, losses: Losses, tell: Tell
) -> Iterator[Sample]:
    """Reads the rows of a file, some megabytes at a time.

    Args:
        path: The file.
        first: The key of the first sample where there are none; the others count on.
        fields: The columns that have image and label (`image` and `label` if not given), and those
            that are to be ignored. An image may also be a struct with `bytes`, as Hugging Face has
            them.
        losses: Told of what is lost.
        tell: Told how many bytes are done.

    Raises:
        ConversionError: The file is damaged, or a row cannot be a record.
        MissingColumnError: It has no such columns.
        StorageError: It cannot be read.
    """
    with opened(path) as file:
        try:
            parquet = pq.ParquetFile(
                file, pre_buffer=False, buffer_size=_READ_BYTES, page_checksum_verification=True
            )
            rows = _Rows(parquet, path, first, fields, losses)
        except RecordIOError:
            raise
        except _UNREADABLE as error:
            losses.damaged(_error(error, path))
            return
        total = size_of(file)
        for row in rows:
            tell(total * rows.done // max(parquet.metadata.num_rows, 1))
            try:
                yield rows.sample(row)
            except RecordIOError as error:
                losses.damaged(error)


def _error(error: Exception, path: str, ordinal: int | None = None) -> ConversionError:
    return ConversionError(f"damaged Parquet file: {error}", path, ordinal=ordinal)


class _Rows:
    """The rows of an open file."""

    def __init__(
        self,
        parquet: Any,  # noqa: ANN401 (pyarrow has no types)
        path: str,
        first: int,
        fields: Fields,
        losses: Losses,
    ) -> None:
        self.done = 0
        self._parquet = parquet
        self._path = path
        self._first = first
        self._fields = fields
        self._losses = losses
        schema = parquet.schema_arrow
        self._is_own = MARK in (schema.metadata or {}) and set(COLUMNS.names) <= set(schema.names)
        self._image = fields.image or _IMAGE
        self._label: str | None = fields.label or _LABEL
        if self._is_own:
            self._check_there(_KEY, schema)
            self._choose(schema, COLUMNS.names)
            return
        if self._is_wanted(_KEY, schema):
            self._check_there(_KEY, schema)
        self._check_there(self._image, schema)
        if fields.label is not None or self._is_wanted(self._label, schema):
            self._check_there(self._label, schema)
        else:
            self._label = None
        self._check_image(schema.field(self._image).type)
        usual = [_KEY] if self._is_wanted(_KEY, schema) else []
        self._choose(schema, (self._image, self._label, *usual))

    def _is_wanted(self, name: str, schema: Any) -> bool:  # noqa: ANN401 (pyarrow has no types)
        return name in schema.names and not self._fields.ignores(name)

    def _lost(self, name: str) -> None:
        count = self._parquet.metadata.num_rows
        if count and not self._fields.ignores(name):
            self._losses.lost(name, count)

    def _choose(self, schema: Any, wanted: Sequence[str | None]) -> None:  # noqa: ANN401 (as above)
        """Chooses the columns that are read, and tells of the others."""
        self._columns = [name for name in schema.names if name in wanted]
        for name in schema.names:
            if name not in wanted:
                self._lost(name)

    def _check_there(self, name: str, schema: Any) -> None:  # noqa: ANN401 (as above)
        count = schema.names.count(name)
        if count != 1:
            many = f"are {count} columns" if count else "is no column"
            message = f"there {many} {name}; there are: {', '.join(schema.names)}"
            raise MissingColumnError(message, self._path)

    def _check_image(self, type_: Any) -> None:  # noqa: ANN401 (pyarrow has no types)
        """Checks that a column holds bytes, and tells what else it holds."""
        if pa.types.is_struct(type_):
            types = {
                type_.field(place).name: type_.field(place).type
                for place in range(type_.num_fields)
            }
            if _is_bytes(types.get("bytes")):
                for name in types.keys() - {"bytes"}:
                    self._lost(f"{self._image}.{name}")
                return
        elif _is_bytes(type_):
            return
        message = f"the column {self._image} holds no encoded images, but {type_}"
        raise MissingColumnError(message, self._path)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        metadata = self._parquet.metadata
        begin = 0
        for group in range(metadata.num_row_groups):
            self.done = begin
            about = metadata.row_group(group)
            rows = max(1, _BATCH_BYTES * about.num_rows // max(about.total_byte_size, 1))
            try:
                for batch in self._parquet.iter_batches(
                    min(rows, _BATCH_ROWS), [group], self._columns, use_threads=False
                ):
                    yield from self._of_batch(batch)
            except RecordIOError:
                raise
            except _UNREADABLE as error:
                message = f"{error} (rows {self.done} to {begin + about.num_rows} are lost)"
                self._losses.damaged(_error(Exception(message), self._path, self.done))
            begin += about.num_rows

    def _of_batch(self, batch: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 (as above)
        """Gives the rows of a batch; lists of numbers as arrays."""
        columns = {}
        for name, array in zip(batch.schema.names, batch.columns, strict=True):
            columns[name] = array if _is_list(array.type) else array.to_pylist()
        for place in range(batch.num_rows):
            row = {}
            for name, column in columns.items():
                value = column[place]
                row[name] = _list_of(value) if isinstance(value, pa.Scalar) else value
            self.done += 1
            yield row

    def sample(self, row: dict[str, Any]) -> Sample:
        """Returns the sample of a row.

        Raises:
            ConversionError: It cannot be a record.
        """
        ordinal = self.done - 1
        if self._is_own:
            try:
                return _own_sample(row)
            except (TypeError, ValueError, struct.error) as error:
                message = f"the row is not as recordio writes it: {error}"
                raise ConversionError(message, self._path, ordinal=ordinal) from None
        image = row[self._image]
        if isinstance(image, dict):
            image = image["bytes"]
        if image is None:
            raise ConversionError("the row has no image", self._path, ordinal=ordinal)
        number = self._first + ordinal
        key, id_ = str(number), number
        if row.get(_KEY) is not None:
            key = self._key(row[_KEY], ordinal)
            id_ = id_of(key)
        value = None if self._label is None else row[self._label]
        label = self._losses.label(value, self._path, key)
        return Sample.of_image(key, header_of(label, id_, 0), image)

    def _key(self, value: Any, ordinal: int) -> str:  # noqa: ANN401 (what a file holds)
        if not isinstance(value, bytes):
            return str(value)
        try:
            return value.decode()
        except UnicodeDecodeError as error:
            message = f"the key is no text: {error}"
            raise ConversionError(message, self._path, ordinal=ordinal) from None


def _list_of(scalar: Any) -> Any:  # noqa: ANN401 (pyarrow has no types)
    """Returns numbers as an array; what has gaps, as a list that shows them."""
    if not scalar.is_valid:
        return None
    if scalar.values.null_count:
        return scalar.as_py()
    return scalar.values.to_numpy(zero_copy_only=False)


def _is_bytes(type_: Any) -> bool:  # noqa: ANN401 (pyarrow has no types)
    if type_ is not None and pa.types.is_dictionary(type_):
        type_ = type_.value_type
    return type_ is not None and (
        pa.types.is_binary(type_)
        or pa.types.is_large_binary(type_)
        or pa.types.is_binary_view(type_)
        or pa.types.is_fixed_size_binary(type_)
    )


def _is_list(type_: Any) -> bool:  # noqa: ANN401 (pyarrow has no types)
    is_list: bool = (
        pa.types.is_list(type_)
        or pa.types.is_large_list(type_)
        or pa.types.is_fixed_size_list(type_)
    )
    return is_list


def _own_sample(row: dict[str, Any]) -> Sample:
    """Returns what `ParquetTarget` has written."""
    if not isinstance(row["key"], str):
        raise TypeError("the key is no text")
    if row["record"] is not None:
        return Sample(row["key"], b"", row["record"])
    header = row["header"]
    if header is None:
        label = row["label"] if row["labels"] is None else np.asarray(row["labels"], "<f4")
        header = header_of(label, row["id"], row["id2"])
    sample = Sample.of_image(row["key"], header, row["image"] or b"")
    if row["image"] is None and sample.has_image:
        raise ValueError("it has no image")
    return sample
