"""What the demo tells the person at the terminal."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from checking import Fidelity
from photographs import Library
from steps import Step

NAMED_ENLARGED = 10


class Report:
    """Progress and complaints on stderr, results on stdout.

    On a terminal there are progress bars; anywhere else each step is one line once it is done.
    """

    def __init__(self) -> None:
        """Write to the process's own stdout and stderr."""
        # File names may look like markup: nothing is to be read into them.
        self._out = Console(markup=False, highlight=False, emoji=False)
        self._err = Console(markup=False, highlight=False, emoji=False, stderr=True)

    @contextmanager
    def progress(self, title: str, total: int) -> Iterator[Callable[[int], None]]:
        """Show a step as it goes on; yields what to call with the number of items just done."""
        if not self._err.is_interactive:
            yield lambda _: None
            self._err.print(f"{title}: {total}", soft_wrap=True)
            return
        columns = (
            TextColumn("{task.description:<34}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=self._err) as bars:
            task = bars.add_task(title, total=total)
            yield lambda done: bars.advance(task, done)

    def error(self, message: str) -> None:
        """Say why the demo stops."""
        self._err.print(f"demo: {_printable(message)}", soft_wrap=True)

    def skipped(self, path: Path, reason: str) -> None:
        """Say that a file or folder was left out."""
        self._err.print(_printable(f"skipped {path}: {reason}"), soft_wrap=True)

    def sources(self, library: Library, size: int) -> None:
        """Say which files were left out and which photographs get enlarged."""
        for one in library.rejected:
            self.skipped(one.path, one.reason)
        small = [one for one in library.photographs if one.shorter_side < size]
        if small:
            named = small[:NAMED_ENLARGED]
            names = ", ".join(f"{one.path.name} ({one.width} x {one.height})" for one in named)
            if len(small) > len(named):
                names += f" and {len(small) - len(named)} more"
            line = f"enlarged, being smaller than {size} x {size}: {names}"
            self._err.print(_printable(line), soft_wrap=True)

    def table(self, steps: Sequence[Step]) -> None:
        """Print what was done and how fast."""
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
        table.add_column("step", no_wrap=True)
        for name in ("records", "MB", "seconds", "records/s", "MB/s"):
            table.add_column(name, justify="right", no_wrap=True)
        for step in steps:
            seconds = max(step.seconds, 1e-9)
            table.add_row(
                step.name,
                f"{step.records:,}",
                f"{step.size / 1e6:,.1f}" if step.size else "-",
                f"{step.seconds:.3f}",
                f"{step.records / seconds:,.0f}",
                _rate(step.size / seconds / 1e6) if step.size else "-",
            )
        self._out.print(table)
        self._out.print(
            "MB: millions of bytes of records (header, label and encoded image). Each time is that"
            "\nstep alone: reading is without decoding, writing without encoding.\n",
            soft_wrap=True,
        )

    def verdict(self, records: int, lossless: int, vectors: int, fidelity: Fidelity) -> None:
        """Say what has been checked and how close the JPEGs came."""
        self._out.print(
            f"All {records:,} records came back as they were written, in all three ways of reading:"
            f"\nbytes, header and pixels are equal ({lossless:,} PNG, {records - lossless:,} JPEG; "
            f"{vectors:,} with a vector label).",
            soft_wrap=True,
        )
        if fidelity.worst is not None:
            line = (
                f"Furthest from its photograph was record {fidelity.worst.key} "
                f"({fidelity.worst.photograph.name}): {fidelity.signal_to_noise:.1f} dB; "
                f"the largest mean difference was {fidelity.mean_difference:.2f} of 255."
            )
            self._out.print(_printable(line), soft_wrap=True)

    def files(self, entries: Sequence[tuple[Path, str]]) -> None:
        """List the files that were written."""
        self._out.print()
        for path, about in entries:
            self._out.print(_printable(f"{path}  ({about})"), soft_wrap=True)


def _rate(number: float) -> str:
    """Write a number with about three digits that matter."""
    return f"{number:,.0f}" if number >= 100 else f"{number:.1f}"


def _printable(text: str) -> str:
    """Replace what a terminal could choke on in the name of a file."""
    return "".join(
        one if one.isprintable() or one == "\n" else "\N{REPLACEMENT CHARACTER}" for one in text
    )
