"""`mxnet.recordio`, with what scripts take from it by `from mxnet.recordio import *`.

MXNet's module has no `__all__`, so a star import brings everything without an underscore; so does
this one.
"""

# ruff: noqa: F401
import ctypes
import numbers
import struct
from collections import namedtuple
from multiprocessing import current_process

import numpy as np

from recordio_rs.exceptions import MissingOpenCVError, MXNetError
from recordio_rs.image_record import _IR_FORMAT, _IR_SIZE, HEADER, IRHeader, pack, unpack
from recordio_rs.images import opencv, pack_img, unpack_img
from recordio_rs.recordio import MXIndexedRecordIO, MXRecordIO

try:
    cv2 = opencv()
except MissingOpenCVError:
    cv2 = None  # type: ignore[assignment]
