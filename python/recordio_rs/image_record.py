"""Image records: labelled data with MXNet's 24-byte header in front.

```
 byte   0         4         8                  16                 24
       | flag u32 | label f32 | id u64          | id2 u64         | flag x f32 | data ...
```

All numbers are little-endian. Where the flag is 0 the label stands in the header; else the flag
counts the labels behind it. (MXNet 1.9.1 `recordio.py`, checked against it by the tests.)
"""

from __future__ import annotations

import numbers
import struct
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from recordio_rs._recordio_rs import bytes_of
from recordio_rs.exceptions import ImageRecordError

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["HEADER", "IRHeader", "pack", "unpack"]

# MXNet packs with the native 'f', which turns what is too large into infinity; '<f' would raise.
# The fields have no gaps, so on the little-endian machines that NumPy wheels exist for the native
# format is the little-endian one.
_IR_FORMAT = "IfQQ"
_IR_SIZE = struct.calcsize(_IR_FORMAT)
_HEADER = struct.Struct(_IR_FORMAT)
_LABEL = np.dtype("<f4")

_Data = TypeVar("_Data", bytes, bytearray, memoryview)


class HEADER(NamedTuple):
    """The header of an image record; known as `IRHeader`.

    Attributes:
        flag: 0 for a single label, else the number of labels. `pack` computes it, whatever it is.
        label: A number, or a one-dimensional float32 array.
        id: The number of the image, 0 to 2^64 - 1; mostly its key in the index.
        id2: The upper half of a number beyond 64 bits; mostly 0.
    """

    flag: int
    label: Any
    id: int
    id2: int


# MXNet's tuple type is called HEADER and shows itself so; under both names it can be pickled.
IRHeader = HEADER


def pack(header: Iterable[Any], s: Buffer | str) -> bytes:
    """Packs a header and data into a record.

    Args:
        header: An `IRHeader`, or any four values for it. A label that is a number is stored in the
            header as float32; any other goes through `numpy.asarray` and is stored flat, as
            float32, behind it. An empty array comes back as the label 0.0.
        s: The data: bytes, any other buffer, or text (stored as UTF-8).

    Returns:
        The record.

    Raises:
        TypeError: `header` has not four values, or `s` is neither buffer nor text.
        ValueError: The label is not numeric.
        struct.error: An id is not an integer from 0 to 2^64 - 1.

    Examples:
        >>> unpack(pack(IRHeader(0, 2.0, 7, 0), b"data"))
        (HEADER(flag=0, label=2.0, id=7, id2=0), b'data')
    """
    _, label, id_, id2 = HEADER(*header)
    data = s if isinstance(s, bytearray) else bytes_of(s)
    if isinstance(label, numbers.Number):
        return b"".join((_HEADER.pack(0, label, id_, id2), data))
    labels = np.asarray(label, dtype=_LABEL)
    return b"".join((_HEADER.pack(labels.size, 0, id_, id2), labels.tobytes(), data))


def unpack(s: _Data) -> tuple[HEADER, _Data]:
    """Splits a record into its header and the data behind it.

    Args:
        s: The record.

    Returns:
        The header, and the rest of `s` as the same type. Its label is a `float` where the flag is
        0, else a one-dimensional float32 array of its own (MXNet's is read-only and keeps the
        whole record in memory).

    Raises:
        ImageRecordError: The record is too short for the header or its labels.
        TypeError: `s` is not bytes; `None`, say, which `read` gives at the end.

    Examples:
        >>> header, data = unpack(pack((0, [1, 2], 7, 0), b"data"))
        >>> header
        HEADER(flag=2, label=array([1., 2.], dtype=float32), id=7, id2=0)
    """
    if len(s) < _IR_SIZE:
        message = f"not an image record: unpack requires a buffer of {_IR_SIZE} bytes"
        raise ImageRecordError(message, expected=_IR_SIZE, found=len(s))
    flag, label, id_, id2 = _HEADER.unpack_from(s)
    if flag == 0:
        return HEADER(flag, label, id_, id2), s[_IR_SIZE:]
    end = _IR_SIZE + flag * _LABEL.itemsize
    if len(s) < end:
        message = f"not an image record: its flag promises {flag} labels, and it is shorter"
        raise ImageRecordError(message, expected=end, found=len(s))
    labels: npt.NDArray[np.float32] = np.frombuffer(s, _LABEL, flag, _IR_SIZE).copy()
    return HEADER(flag, labels, id_, id2), s[end:]
