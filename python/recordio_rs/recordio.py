"""MXNet's `mx.recordio`: the same names, arguments and behaviour, without MXNet.

Where MXNet loses data or crashes, this does better; docs/compatibility.md lists every difference.
New code may prefer `recordio_rs.Reader` and `recordio_rs.Writer`.

Examples:
    >>> import recordio_rs as mx
    >>> record = mx.recordio.MXIndexedRecordIO("data.idx", "data.rec", "w")
    >>> for i in range(5):
    ...     record.write_idx(i, b"record_%d" % i)
    >>> record.close()
    >>> record = mx.recordio.MXIndexedRecordIO("data.idx", "data.rec", "r")
    >>> record.read_idx(3)
    b'record_3'
"""

from __future__ import annotations

from types import ModuleType

from recordio_rs.exceptions import MissingOpenCVError, MXNetError
from recordio_rs.image_record import HEADER, IRHeader, pack, unpack
from recordio_rs.images import opencv, pack_img, unpack_img
from recordio_rs.indexed import MXIndexedRecordIO
from recordio_rs.sequential import MXRecordIO

__all__ = [
    "HEADER",
    "IRHeader",
    "MXIndexedRecordIO",
    "MXNetError",
    "MXRecordIO",
    "pack",
    "pack_img",
    "unpack",
    "unpack_img",
]

# Pickles name the classes by the place that they have in MXNet, wherever they are written down.
for _class in (HEADER, MXIndexedRecordIO, MXRecordIO):
    _class.__module__ = __name__
del _class


def __getattr__(name: str) -> ModuleType | None:
    """Provides MXNet's module attribute `cv2`, `None` without OpenCV, when it is asked for."""
    if name == "cv2":
        try:
            return opencv()
        except MissingOpenCVError:
            return None
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
