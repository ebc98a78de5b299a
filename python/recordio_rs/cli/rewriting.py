"""What the commands have in common that write records of files to other files."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec, TypeVar

import click

from recordio_rs._counted import counted
from recordio_rs.cli.console import Console
from recordio_rs.cli.damage import tell_damage
from recordio_rs.cli.exits import Failure
from recordio_rs.cli.inputs import expand
from recordio_rs.cli.options import (
    check_one_index,
    force_option,
    index_of,
    index_options,
    inputs_argument,
    json_option,
    skip_damaged_option,
)
from recordio_rs.cli.outputs import check_outputs, with_index, with_own_index
from recordio_rs.exceptions import InvalidKeyError
from recordio_rs.tools.output import STDOUT, Output, creating
from recordio_rs.tools.rewriting import KeyPolicy
from recordio_rs.tools.size_text import size_text
from recordio_rs.tools.sources import Sources

__all__ = ["Rewriting", "rewriting"]

P = ParamSpec("P")
F = TypeVar("F", bound=Callable[..., Any])


def rewriting(
    keys: KeyPolicy,
) -> Callable[[Callable[Concatenate[Rewriting, P], None]], Callable[Concatenate[Console, P], None]]:
    """Returns a decorator that adds what such a command takes: files, index, how it is to go on.

    The function gets a `Rewriting` instead of a `Console`, and `keys: KeyPolicy` besides what its
    own options say.

    Args:
        keys: Which keys records get if the user does not say.
    """

    def decorate(
        function: Callable[Concatenate[Rewriting, P], None],
    ) -> Callable[Concatenate[Console, P], None]:
        @functools.wraps(function)
        def run(console: Console, /, *arguments: P.args, **options: P.kwargs) -> None:
            common = {name: options.pop(name) for name in _COMMON}
            function(Rewriting(console, **common), *arguments, **options)  # type: ignore[arg-type]

        # Click lists first what was added last.
        own = run.__dict__.pop("__click_params__", [])
        for add in (json_option, force_option, skip_damaged_option, index_options):
            run = add(run)
        run = _keys_option(keys)(run)
        run.__dict__["__click_params__"].extend(own)
        return inputs_argument(run)

    return decorate


_COMMON = ("files", "index", "no_index", "skip_damaged", "force", "as_json")


def _keys_option(default: KeyPolicy) -> Callable[[F], F]:
    return click.option(
        "--keys",
        type=click.Choice(["keep", "ordinal"]),
        default=default,
        show_default=True,
        help="The keys of the records that are written: those that they have, or 0, 1, 2 and so "
        "on. Keys that are kept must not be in two of the files that are read.",
    )


@dataclass(frozen=True)
class Rewriting:
    """A run of such a command.

    Args:
        console: Where it says what it has to say.
        files: The files to be read, as the user names them.
        index: The index to be read, as the user names it.
        no_index: Whether to do without.
        skip_damaged: Whether to go on past damage.
        force: Whether files that are there may be replaced.
        as_json: Whether the result is to be printed as JSON.
    """

    console: Console
    files: tuple[str, ...]
    index: str | None
    no_index: bool
    skip_damaged: bool
    force: bool
    as_json: bool

    @functools.cached_property
    def paths(self) -> list[str]:
        """The files to be read.

        Raises:
            Failure, UsageError: As for `expand`.
        """
        return expand(self.files)

    @contextmanager
    def sources(self, known_outputs: Sequence[str] = ()) -> Iterator[Sources]:
        """Opens the files to be read, and tells what is damaged of them.

        Args:
            known_outputs: What is to be written, as far as it is known.

        Raises:
            Failure: An output may not be written, or a key is not the only one.
            UsageError: Options exclude each other.
        """
        paths, index = self.paths, index_of(self.index, self.no_index)
        check_one_index(index, paths)
        self._check(known_outputs)
        with self.console.progress("Looking through") as progress:
            sources = Sources(paths, index, skip_damaged=self.skip_damaged, progress=progress)
        with sources:
            for report in sources.reports:
                tell_damage(self.console, report.path, report)
            try:
                yield sources
            except InvalidKeyError as error:
                raise Failure(f"{error}; --keys ordinal numbers the records anew") from error

    @contextmanager
    def outputs(
        self, sources: Sources, paths: Sequence[str], *, are_parts: bool = False
    ) -> Iterator[list[Output]]:
        """Makes the files to be written, and tells what they have become.

        Args:
            sources: The files that are read.
            paths: The files to be written.
            are_parts: Whether they are told of as one; if not, each has a line.

        Raises:
            Failure: One may not be written.
        """
        self._check(paths)
        with creating(paths, replace=self.force) as outputs:
            yield outputs
        if self.as_json:
            self._print(sources, outputs)
        for some in [outputs] if are_parts else [[output] for output in outputs]:
            self._say(sources, some)

    def _check(self, outputs: Sequence[str]) -> None:
        if STDOUT in outputs and self.as_json:
            raise click.UsageError("--json and -o - exclude each other: both print")
        if list(outputs).count(STDOUT) > 1:
            raise click.UsageError("- is standard output, which takes the records of one file")
        files = [path for path in outputs if path != STDOUT]
        inputs = with_own_index(self.paths, index_of(self.index, self.no_index))
        check_outputs(
            [each for path in files for each in with_index(path)], inputs, force=self.force
        )

    def _print(self, sources: Sources, outputs: Sequence[Output]) -> None:
        written, size = _sums(outputs)
        self.console.result(
            {
                "records": len(sources),
                "written": written,
                "bytes": size,
                "left_out": len(sources) - written,
                "inputs": [
                    {
                        "path": report.path,
                        "records": report.records,
                        "ok": report.ok,
                        "problems": report.count,
                        "skipped_bytes": sum(r.end - r.begin for r in report.skipped),
                    }
                    for report in sources.reports
                ],
                "outputs": [
                    {
                        "path": output.path,
                        "index_path": output.index_path,
                        "records": output.records,
                        "bytes": output.size,
                    }
                    for output in outputs
                ],
            }
        )

    def _say(self, sources: Sources, outputs: Sequence[Output]) -> None:
        written, size = _sums(outputs)
        names = outputs[0].path
        if len(outputs) > 1:
            names += f" to {outputs[-1].path}"
        records = counted(len(sources), "record")
        of = "" if written == len(sources) else f"{written:,} of "
        self.console.say(f"{of}{records}, {size_text(size)}: {names}")


def _sums(outputs: Sequence[Output]) -> tuple[int, int]:
    """Returns how many records and bytes files have together."""
    return sum(output.records for output in outputs), sum(output.size for output in outputs)
