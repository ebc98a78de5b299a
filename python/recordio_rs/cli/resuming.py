"""What an interrupted run has left, on the command line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from recordio_rs._counted import counted
from recordio_rs.cli.console import Console
from recordio_rs.cli.exits import Failure
from recordio_rs.exceptions import LockedError
from recordio_rs.tools.journal import CannotResumeError
from recordio_rs.tools.unfinished import find_unfinished

__all__ = ["has_rest", "rest_is_told"]


def has_rest(output: str, resume: bool, force: bool) -> bool:
    """Returns whether an earlier run has done all, and only its files may not have their places.

    Args:
        output: The `.rec` file.
        resume: Whether to go on with what is left.
        force: Whether it may be replaced.

    Raises:
        Failure: There is something of an earlier run, and what becomes of it was not said.
    """
    try:
        rest = find_unfinished(output)
    except CannotResumeError as error:
        if force and not resume:
            return False
        raise Failure(f"{error}; --force without --resume begins anew") from error
    if rest is None:
        return False
    done, total = rest
    if not resume and not force:
        raise Failure(
            f"{output}.partial has {_share(rest)} of a run that was interrupted; "
            "--resume goes on with it, --force begins anew"
        )
    return resume and done == total


@contextmanager
def rest_is_told(console: Console, output: str) -> Iterator[None]:
    """Tells who is interrupted what is left."""
    try:
        yield
    except (LockedError, Failure):
        raise
    except BaseException:
        with suppress(CannotResumeError, OSError):
            if (rest := find_unfinished(output)) is not None:
                console.warn(
                    f"{_share(rest)} are kept in {output}.partial; --resume goes on from there"
                )
        raise


def _share(rest: tuple[int, int]) -> str:
    return f"{rest[0]:,} of {counted(rest[1], 'image')}"
