"""`mxnet.base`: the error that scripts catch."""

from recordio_rs.exceptions import MXNetError

__all__ = ["MXNetError"]
