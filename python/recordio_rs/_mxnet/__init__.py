"""What `import mxnet as mx` gives after `recordio_rs.install_as_mxnet()`."""

from recordio_rs._mxnet import base, image, recordio
from recordio_rs._mxnet.base import MXNetError

__all__ = ["MXNetError", "base", "image", "recordio"]

# The release whose behaviour is reproduced; scripts compare it.
__version__ = "1.9.1"


def __getattr__(name: str) -> object:
    raise AttributeError(
        f"module 'mxnet' has no attribute {name!r}: recordio_rs stands in for MXNet here, "
        "with mxnet.recordio, mxnet.image.imdecode and mxnet.base.MXNetError only"
    )
