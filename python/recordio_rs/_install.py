"""Standing in for MXNet, so that scripts run unchanged."""

from __future__ import annotations

import importlib
import sys


def install_as_mxnet() -> None:
    """Makes `import mxnet` give this package's stand-in for it.

    After the call `import mxnet as mx`, `from mxnet.recordio import *` and
    `from mxnet.base import MXNetError` work, and `mx.image.imdecode` decodes images. Nothing
    else of MXNet is there. Again and again without harm; spawned processes have to call it, too.

    Raises:
        RuntimeError: The real MXNet is imported already.

    Examples:
        >>> import recordio_rs
        >>> recordio_rs.install_as_mxnet()
        >>> import mxnet as mx
        >>> mx.recordio.IRHeader(0, 1.0, 2, 0)
        HEADER(flag=0, label=1.0, id=2, id2=0)
    """
    stand_in = importlib.import_module("recordio_rs._mxnet")
    present = sys.modules.get("mxnet", stand_in)
    if present is not stand_in:
        where = getattr(present, "__file__", None)
        raise RuntimeError(f"the real MXNet is imported already, from {where}")
    sys.modules["mxnet"] = stand_in
    for name in ("base", "image", "recordio"):
        sys.modules[f"mxnet.{name}"] = importlib.import_module(f"recordio_rs._mxnet.{name}")
