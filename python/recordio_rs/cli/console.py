"""What a command says: results on standard output, everything else on standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

from recordio_rs._progress import Progress
from recordio_rs.cli import exits
from recordio_rs.cli.hints import add_hint
from recordio_rs.cli.terminal import echo, printable
from recordio_rs.cli.told_names import as_told

if TYPE_CHECKING:
    from rich.console import Console as RichConsole
    from rich.console import RenderableType

__all__ = ["Console"]

# How many warnings of one kind are told unless details are asked for.
_TOLD = 10
# As wide as a table gets where there is no terminal to fit it to.
_PIPE_WIDTH = 200


class Console:
    """Where a command says what it has to say.

    Args:
        quiet: Whether only warnings and errors are told on standard error.
        verbose: Whether details are told, too.
        progress: Whether progress is shown; `None` for where standard error is a terminal.

    Attributes:
        exit_code: The exit code of the command if nothing is raised; `lossy` sets it.
    """

    def __init__(
        self, *, quiet: bool = False, verbose: bool = False, progress: bool | None = None
    ) -> None:
        self._quiet = quiet
        self._verbose = verbose
        self._shows_progress = sys.stderr.isatty() if progress is None else progress
        self.exit_code = exits.FINE
        self._counts = dict[str, int]()

    @property
    def is_quiet(self) -> bool:
        """Whether only warnings and errors are told."""
        return self._quiet

    def say(self, message: str) -> None:
        """Tells on standard error what has happened, unless told to be quiet."""
        if not self._quiet:
            echo(printable(as_told(message)), err=True)

    def detail(self, message: str) -> None:
        """Tells on standard error what only who has asked for it wants to know."""
        if self._verbose:
            echo(printable(as_told(message)), err=True)

    def warn(self, message: str, *, kind: str | None = None) -> None:
        """Warns on standard error.

        Args:
            message: What is told.
            kind: What many warnings may have in common, and the message does not say. The first
                ones of a kind are told, and all if details are asked for; `tell_rest` tells how
                many more there were.
        """
        if kind is not None:
            self._counts[kind] = self._counts.get(kind, 0) + 1
            if self._counts[kind] > _TOLD and not self._verbose:
                return
            message = f"{kind}: {message}"
        echo(f"recordio: warning: {printable(as_told(message))}", err=True)

    def tell_rest(self) -> None:
        """Warns of how many warnings of each kind were not told, and counts from 0 again."""
        counts, self._counts = self._counts, {}
        for kind, count in counts.items():
            if count > _TOLD and not self._verbose:
                self.warn(f"{kind}: and {count - _TOLD:,} more; --verbose lists all")

    def lossy(self, message: str, *, kind: str | None = None) -> None:
        """Warns of a loss, as `warn` does: the command goes on, and ends with `exits.LOSSES`."""
        self.warn(message, kind=kind)
        self.is_lossy()

    def is_lossy(self) -> None:
        """Lets the command end with `exits.LOSSES`, unless something has failed."""
        if self.exit_code != exits.FAILED:
            self.exit_code = exits.LOSSES

    def failed(self, error: Exception) -> None:
        """Tells an error: the command goes on, and ends with `exits.FAILED`.

        What may be behind it, or can be done about it, is told, too.
        """
        add_hint(error)
        echo(f"recordio: error: {printable(as_told(exits.text_of(error)))}", err=True)
        self.exit_code = exits.FAILED

    def result(self, value: Mapping[str, Any] | Sequence[Any]) -> None:
        """Prints a result as one JSON document on standard output."""
        echo(as_told(json.dumps(value, indent=2, default=_as_json, allow_nan=False)))

    def line(self, value: Mapping[str, Any]) -> None:
        """Prints one of many results as a line of JSON on standard output."""
        echo(as_told(json.dumps(value, default=_as_json, allow_nan=False)))

    def text(self, line: str = "") -> None:
        """Prints a line on standard output, as it is: see `printable` for what is from files."""
        echo(as_told(line))

    def report(self, line: str, *, has_written: bool = False, is_bad: bool = False) -> None:
        """Tells a line of a result in words, as it is, unless told to be quiet.

        Args:
            line: The line; see `printable` for what is from files.
            has_written: Whether it is of a command that writes files, and belongs on standard
                error; else on standard output.
            is_bad: Whether it tells of something wrong, which is told to everybody.
        """
        if is_bad or not self._quiet:
            echo(as_told(line), err=has_written)

    def show(self, thing: RenderableType) -> None:
        """Prints something of rich's on standard output."""
        self._rich().print(thing)

    def table(
        self,
        columns: Sequence[tuple[str, Literal["left", "right"]]],
        rows: Iterable[Sequence[str]],
        *,
        title: str | None = None,
    ) -> None:
        """Prints a table on standard output.

        Args:
            columns: Name and side of each column.
            rows: The cells of each row, as text.
            title: What stands above it.
        """
        from rich import box
        from rich.table import Table
        from rich.text import Text

        table = Table(
            title=title, box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False, expand=False
        )
        for name, side in columns:
            table.add_column(name, justify=side, overflow="fold")
        for row in rows:
            table.add_row(*(Text(as_told(cell)) for cell in row))
        self.show(table)

    def _rich(self) -> RichConsole:
        from rich.console import Console as RichConsole

        width = None if sys.stdout.isatty() else _PIPE_WIDTH
        return RichConsole(file=sys.stdout, highlight=False, markup=False, emoji=False, width=width)

    @contextmanager
    def progress(
        self, label: str, *, unit: Literal["bytes", "records", "images", "files", "steps"] = "bytes"
    ) -> Iterator[Progress | None]:
        """Shows how far work has come, on a terminal: share, rate and time left.

        Args:
            label: What is being done.
            unit: What is counted.

        Returns:
            What is called with how many are done and how many there are, from any thread; `None`
            if nothing is shown.
        """
        if self._quiet or not self._shows_progress:
            yield None
            return
        from recordio_rs.cli.progress_bar import progress_bar

        with progress_bar(label, unit) as tell:
            yield tell


def _as_json(value: object) -> object:
    """Returns what stands for a value that JSON does not have."""
    if hasattr(value, "tolist"):  # NumPy's numbers and arrays
        return value.tolist()
    return str(value)
