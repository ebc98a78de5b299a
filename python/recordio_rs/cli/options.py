"""Arguments and options that several commands have: one name, one meaning."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypeVar

import click

from recordio_rs.cli.intervals import IntervalsType

__all__ = [
    "FiniteRange",
    "any_payload_option",
    "check_one_given",
    "check_one_index",
    "force_option",
    "index_of",
    "index_options",
    "input_argument",
    "inputs_argument",
    "jobs_option",
    "json_option",
    "labels_option",
    "names_option",
    "output_option",
    "seed_option",
    "skip_damaged_option",
]

F = TypeVar("F", bound=Callable[..., Any])


class FiniteRange(click.FloatRange):
    """The type of an option that takes a number of a range; no infinity and no NaN."""

    def convert(
        self,
        value: Any,  # noqa: ANN401
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> float:
        """Returns the number that a text has."""
        number: float = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is no number that counts anything.", param, ctx)
        return number


def inputs_argument(function: F) -> F:
    """Adds `files: tuple[str, ...]`, at least one, for `cli.inputs.expand`."""
    return click.argument("files", metavar="FILE...", nargs=-1, required=True)(function)


def input_argument(function: F) -> F:
    """Adds `file: str`, one, for `cli.inputs.expand_one`."""
    return click.argument("file", metavar="FILE")(function)


def json_option(function: F) -> F:
    """Adds `as_json: bool`."""
    text = "Print the result as JSON, for programs."
    return click.option("--json", "as_json", is_flag=True, help=text)(function)


def force_option(function: F) -> F:
    """Adds `force: bool`."""
    return click.option("-f", "--force", is_flag=True, help="Replace files that are there.")(
        function
    )


def output_option(function: F) -> F:
    """Adds `output: str`, the file to be written."""
    return click.option(
        "-o",
        "--output",
        required=True,
        metavar="FILE",
        help="The file to be written; the index of records has its name, with the ending .idx.",
    )(function)


def skip_damaged_option(function: F) -> F:
    """Adds `skip_damaged: bool`."""
    return click.option(
        "--skip-damaged",
        is_flag=True,
        help="Go on past damage, tell what is left out, and end with exit code 3; if not given, "
        "damage ends the command before anything is written.",
    )(function)


def seed_option(function: F) -> F:
    """Adds `seed: int`, 0 if not given."""
    text = "The same number gives the same result, everywhere."
    kind = click.IntRange(0, 2**32 - 1)
    return click.option("--seed", type=kind, default=0, metavar="N", show_default=True, help=text)(
        function
    )


def jobs_option(function: F) -> F:
    """Adds `jobs: int`, the number of cores if not given."""
    return click.option(
        "-j",
        "--jobs",
        type=click.IntRange(1),
        default=lambda: os.cpu_count() or 1,
        metavar="N",
        help="How much is done at the same time; the number of cores if not given.",
    )(function)


def any_payload_option(function: F) -> F:
    """Adds `any_payload: bool`, for `ImageHeaders.are_image_records`."""
    return click.option(
        "--any-payload",
        is_flag=True,
        help="Take all records for image records that are long enough, whatever is behind the "
        "header; if not given, those that have an image there, or labels and nothing.",
    )(function)


def labels_option(function: F) -> F:
    """Adds `labels: tuple[tuple[Interval, ...], ...]`, for `in_one` and `are_of_classes`."""
    return click.option(
        "--label",
        "labels",
        type=IntervalsType(),
        multiple=True,
        metavar="A..B",
        help="Only image records with this label, or with an object of this class: 5, 3..7 with "
        "both ends, 10.., ..5; several with commas between them, or the option again.",
    )(function)


def names_option(function: F) -> F:
    """Adds `names: str | None`, for `read_class_names`."""
    return click.option(
        "--names",
        metavar="FILE",
        help="The names of classes: one a line for the classes 0, 1, 2 and so on, or a name and "
        "its number a line, as im2rec prints them.",
    )(function)


def index_options(function: F) -> F:
    """Adds `index: str | None` and `no_index: bool`, for `index_of`."""
    add_path = click.option(
        "--index", metavar="FILE", help="The index; if not given, the .idx file beside the records."
    )
    add_none = click.option(
        "--no-index", is_flag=True, help="Do without an index: the keys are 0, 1, 2 and so on."
    )
    return add_path(add_none(function))


def index_of(index: str | None, no_index: bool) -> str | Literal[False] | None:
    """Returns what `Reader` and `Source` take for an index.

    Raises:
        UsageError: Both options were given.
    """
    if index is not None and no_index:
        raise click.UsageError("--index and --no-index exclude each other")
    return False if no_index else index


def check_one_index(index: str | Literal[False] | None, paths: Sequence[str]) -> None:
    """Checks that an index was named for one file only.

    Raises:
        UsageError: It was named for several.
    """
    if index and len(paths) > 1:
        raise click.UsageError("--index is for one file")


def check_one_given(options: Mapping[str, object]) -> None:
    """Checks that one of several options was given, and none besides.

    Args:
        options: The value of each by its name; `None` if it was not given.

    Raises:
        UsageError: None was given, or several were.
    """
    given = [name for name, value in options.items() if value is not None]
    if not given:
        raise click.UsageError(f"one of {_listed(list(options))} is needed")
    if len(given) > 1:
        raise click.UsageError(f"{_listed(given)} exclude each other")


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"
