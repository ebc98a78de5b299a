"""Writes the vectors of deviations from those that MXNet wrote.

    python tests/vectors/generate_deviations.py [DIRECTORY]

needs the standard library only. What MXNet makes of them is asked of it where it is installed, and
else taken from the manifest that is there already. By default DIRECTORY is `deviations` beside this
file.
"""

from __future__ import annotations

import importlib
import sys
import warnings
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main(arguments: list[str]) -> None:
    """Writes the vectors into the directory named first in `arguments`."""
    # The program is started by its path, which does not put the directory above it in reach.
    sys.path.insert(0, str(HERE.parent))
    warnings.simplefilter("ignore")

    from vectors.deviations import DIRECTORY, write_deviations

    directory = Path(arguments[0]) if arguments else DIRECTORY
    try:
        recordio = importlib.import_module("mxnet").recordio
    except ImportError:
        write_deviations(directory)
    else:
        from vectors.deviations_mxnet import Observer

        write_deviations(directory, Observer(recordio))


if __name__ == "__main__":
    main(sys.argv[1:])
