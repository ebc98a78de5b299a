"""Reads and writes Apache MXNet RecordIO, the format of `.rec` and `.idx` files, without MXNet.

For code that says `mx.recordio`, one import changes:

    >>> import recordio_rs as mx
    >>> record = mx.recordio.MXRecordIO("some.rec", "w")
    >>> record.write(b"first")
    >>> record.close()
    >>> mx.recordio.MXRecordIO("some.rec", "r").read()
    b'first'

For new code there are `Reader` and `Writer`:

    >>> with Writer("more.rec") as writer:
    ...     offset = writer.write(b"a record", key=42)
    >>> with Reader("more.rec") as reader:
    ...     reader[0], reader.get(42)
    (b'a record', b'a record')
"""

import warnings

from recordio_rs import _signals, recordio  # noqa: F401  # _signals comes first: see there
from recordio_rs._install import install_as_mxnet
from recordio_rs._recordio_rs import PackedRecords, Prefetch, __version__, is_debug_build
from recordio_rs.exceptions import MXNetError, RecordIOError
from recordio_rs.image_record import HEADER, IRHeader, pack, unpack
from recordio_rs.images import pack_img, unpack_img
from recordio_rs.reader import Reader
from recordio_rs.rebuilding import rebuild_index
from recordio_rs.recordio import MXIndexedRecordIO, MXRecordIO
from recordio_rs.recovery import Recovery, RecoveryWarning
from recordio_rs.repairing import repair
from recordio_rs.reports import Problem, Report
from recordio_rs.rescue import DamagedRecordWarning, SkippedRegion
from recordio_rs.verification import verify
from recordio_rs.writer import Writer

__all__ = [
    "HEADER",
    "DamagedRecordWarning",
    "IRHeader",
    "MXIndexedRecordIO",
    "MXNetError",
    "MXRecordIO",
    "PackedRecords",
    "Prefetch",
    "Problem",
    "Reader",
    "RecordIOError",
    "Recovery",
    "RecoveryWarning",
    "Report",
    "SkippedRegion",
    "Writer",
    "__version__",
    "install_as_mxnet",
    "pack",
    "pack_img",
    "rebuild_index",
    "recordio",
    "repair",
    "unpack",
    "unpack_img",
    "verify",
]

if is_debug_build:
    warnings.warn("recordio_rs is a debug build: correct, but slow", RuntimeWarning, stacklevel=2)
del warnings, is_debug_build
