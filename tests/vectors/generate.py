"""Writes the test vectors with MXNet's own `mx.recordio`.

    python tests/vectors/generate.py [DIRECTORY]

runs in the environment of `tests/oracle/requirements.txt` and writes into DIRECTORY, by default
the one this file is in.
"""

from __future__ import annotations

import importlib
import locale
import sys
import warnings
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main(arguments: list[str]) -> None:
    """Writes the vectors into the directory named first in `arguments`."""
    # The program is started by its path, which does not put the directory above it in reach.
    sys.path.insert(0, str(HERE.parent))
    warnings.simplefilter("ignore")

    import cv2
    import numpy

    from vectors.deviations import write_deviations
    from vectors.deviations_mxnet import Observer
    from vectors.manifest import write_vectors

    mxnet = importlib.import_module("mxnet")
    # MXNet writes an index in the locale's encoding; the vectors are in UTF-8.
    assert locale.getpreferredencoding(False).upper() == "UTF-8", "run with PYTHONUTF8=1"
    versions = {
        "mxnet": mxnet.__version__,
        "numpy": numpy.__version__,
        "opencv": cv2.__version__,
    }
    directory = Path(arguments[0]) if arguments else HERE
    write_vectors(mxnet.recordio, directory, versions)
    write_deviations(directory / "deviations", Observer(mxnet.recordio))


if __name__ == "__main__":
    main(sys.argv[1:])
