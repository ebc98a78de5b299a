"""Files that a command is to write."""

from __future__ import annotations

import os
from collections.abc import Iterable

from recordio_rs._paths import are_one, index_path_beside
from recordio_rs.cli.exits import Failure

__all__ = ["check_outputs", "with_index"]


def check_outputs(outputs: Iterable[str], inputs: Iterable[str] = (), *, force: bool) -> None:
    """Checks, before anything is read, that files may be written.

    Args:
        outputs: The files to be written.
        inputs: The files to be read, none of which may be one of those.
        force: Whether files that are there may be replaced.

    Raises:
        Failure: One may not.
    """
    sources = list(inputs)
    for path in outputs:
        for source in sources:
            if are_one(path, source):
                raise Failure(f"{path} is to be read and to be written; name another output")
        if not force and os.path.lexists(path):
            raise Failure(f"{path} is there already; --force replaces it")


def with_index(path: str) -> tuple[str, str]:
    """Returns a `.rec` file and the `.idx` file beside it."""
    return path, index_path_beside(path)
