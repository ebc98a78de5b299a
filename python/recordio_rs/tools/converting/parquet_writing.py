"""Samples as rows of a Parquet file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from recordio_rs._replacing import flush_to_disk, replacing
from recordio_rs.tools.converting.sample import Sample, header_of
from recordio_rs.tools.converting.target import Unfinished

__all__ = ["COLUMNS", "MARK", "ParquetTarget"]

MARK = b"recordio"
"""The name in the metadata by which a file is known as one that was written here."""

COLUMNS = pa.schema(
    [
        pa.field("key", pa.string(), nullable=False),
        pa.field("image", pa.binary()),
        pa.field("format", pa.string()),
        pa.field("label", pa.float32()),
        pa.field("labels", pa.list_(pa.float32())),
        pa.field("flag", pa.uint32()),
        pa.field("id", pa.uint64()),
        pa.field("id2", pa.uint64()),
        pa.field("header", pa.binary()),
        pa.field("record", pa.binary()),
    ],
    metadata={MARK: b"1"},
)
"""The columns: `label` where the label is one number, else `labels`; `header` only where the others
do not tell all of it; `record` where this is no image record."""

# What is kept in memory until it is written, as a group of rows; pyarrow has it some times over.
_GROUP_BYTES, _GROUP_ROWS = 8 << 20, 16_384
_SMALL = [name for name in COLUMNS.names if name not in ("image", "header", "record")]


class ParquetTarget:
    """Writes Parquet files with checksums; the same samples make the same bytes."""

    @contextmanager
    def open(self, path: str) -> Iterator[Unfinished]:
        """Gives a file to write and to finish, which is there when the block has ended well."""
        with replacing(path) as file:
            rows = _Rows(file)

            def finish() -> None:
                rows.close()
                flush_to_disk(file)

            try:
                yield Unfinished(rows.write, finish)
            except BaseException:
                rows.abandon()
                raise


class _Rows:
    """Rows that are written group by group."""

    def __init__(self, file: BinaryIO) -> None:
        # Images are compressed already, and no two are the same.
        compression = {name: "zstd" if name in _SMALL else "none" for name in COLUMNS.names}
        compression["labels.list.element"] = compression.pop("labels")
        self._writer = pq.ParquetWriter(
            file,
            COLUMNS,
            compression=compression,
            use_dictionary=["format"],
            write_statistics=["label", "flag", "id"],
            write_page_checksum=True,
        )
        self._columns: dict[str, list[Any]] = {name: [] for name in COLUMNS.names}
        self._bytes = 0

    def write(self, sample: Sample) -> None:
        for name, value in _row(sample).items():
            self._columns[name].append(value)
        self._bytes += len(sample.data)
        if self._bytes >= _GROUP_BYTES or len(self._columns["key"]) >= _GROUP_ROWS:
            self._write_group()

    def close(self) -> None:
        if self._columns["key"]:
            self._write_group()
        self._writer.close()

    def abandon(self) -> None:
        """Lets go of the file, which is to be removed."""
        with suppress(OSError, ValueError, pa.ArrowException):
            self._writer.close()

    def _write_group(self) -> None:
        arrays = [pa.array(self._columns[field.name], field.type) for field in COLUMNS]
        self._writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=COLUMNS))
        for values in self._columns.values():
            values.clear()
        self._bytes = 0


def _row(sample: Sample) -> dict[str, Any]:
    """Returns the values of all columns."""
    row: dict[str, Any] = dict.fromkeys(COLUMNS.names)
    row["key"] = sample.key
    if not sample.is_image_record:
        row["record"] = sample.data
        return row
    if sample.has_image:
        row["image"] = sample.data
        row["format"] = sample.image_format or None
    id_, id2 = sample.ids
    row["labels" if sample.flag else "label"] = sample.labels if sample.flag else sample.labels[0]
    row["flag"], row["id"], row["id2"] = sample.flag, id_, id2
    if header_of(sample.label, id_, id2) != sample.header:
        row["header"] = sample.header
    return row
