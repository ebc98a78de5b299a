"""What commands that look at records have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, TypeVar

import click

from recordio_rs._progress import Progress
from recordio_rs.cli.console import Console
from recordio_rs.cli.ranges import RangesType, check_keys
from recordio_rs.exceptions import RecordIOError
from recordio_rs.tools.ranges import Range
from recordio_rs.tools.selection import Selection

__all__ = [
    "file_by_file",
    "late_progress",
    "ordinals_option",
    "selection_of",
    "selection_options",
]

F = TypeVar("F", bound=Callable[..., Any])


def ordinals_option(function: F) -> F:
    """Adds `ordinals: tuple[tuple[Range, ...], ...]`, for `selection_of`."""
    return click.option(
        "--ordinals",
        type=RangesType(),
        multiple=True,
        metavar="A..B",
        help="Only the records with these ordinals: 5, 3..7 with both ends, 10.., ..5; -1 is the "
        "last one; several with commas.",
    )(function)


def selection_options(function: F) -> F:
    """Adds `ordinals` and `keys: tuple[str, ...]`, for `selection_of`."""
    add_keys = click.option(
        "--key",
        "keys",
        multiple=True,
        metavar="KEY",
        help="Only the record with this key, or if keys are integers those of a range as 3..7; may "
        "be given several times.",
    )
    return ordinals_option(add_keys(function))


def selection_of(ordinals: Sequence[Sequence[Range]], keys: Sequence[str]) -> Selection:
    """Returns what options ask for.

    Raises:
        UsageError: A range of keys goes backwards.
    """
    check_keys(keys)
    return Selection(tuple(one for ranges in ordinals for one in ranges), tuple(keys))


@contextmanager
def file_by_file(console: Console) -> Iterator[None]:
    """Tells that a file cannot be read, and goes on behind the block.

    What cannot be written to standard output, which has no name, ends the command.

    Args:
        console: Told; the command ends with `exits.FAILED` then.
    """
    try:
        yield
    except (RecordIOError, OSError) as error:
        if isinstance(error, OSError) and error.filename is None:
            raise
        console.failed(error)


@contextmanager
def late_progress(console: Console) -> Iterator[Progress]:
    """Shows progress from when there is some until it is done, and so no bar between lines.

    Args:
        console: Where it is shown.

    Returns:
        What is called with how many bytes are done and how many there are.
    """
    with ExitStack() as stack:
        tell: Progress | None = None
        is_shown = False

        def told(done: int, total: int) -> None:
            nonlocal tell, is_shown
            if not is_shown:
                tell = stack.enter_context(console.progress("Looking through it all"))
                is_shown = True
            if tell is not None:
                tell(done, total)
            if done >= total:
                stack.close()
                tell = None

        yield told
