"""Options of `pack` and `im2rec`: how lists are divided, and what is done to images."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import click

from recordio_rs.cli.options import FiniteRange
from recordio_rs.tools.list_making import Division

__all__ = [
    "center_crop_option",
    "color_option",
    "division_options",
    "encoding_option",
    "pass_through_option",
    "ratio_problem",
]

_Function: TypeAlias = Callable[..., Any]


def division_options(stem: str) -> Callable[[_Function], _Function]:
    """Adds `division: Division`, which makes one list if nothing is given.

    Args:
        stem: What the help calls that with which the names of lists begin.
    """
    options = (
        click.option(
            "--chunks",
            type=click.IntRange(1),
            default=1,
            metavar="N",
            help=f"With --list: make so many lists, {stem}_0.lst, {stem}_1.lst and so on.",
        ),
        click.option(
            "--train-ratio",
            type=FiniteRange(0),
            default=1.0,
            metavar="F",
            help=f"With --list: divide each list into {stem}_train.lst with this share of it, and "
            f"{stem}_val.lst.",
        ),
        click.option(
            "--test-ratio",
            type=FiniteRange(0),
            default=0.0,
            metavar="F",
            help=f"With --train-ratio: also {stem}_test.lst, with this share.",
        ),
    )

    def decorate(function: _Function) -> _Function:
        @functools.wraps(function)
        def run(
            *given: Any,  # noqa: ANN401
            chunks: int,
            train_ratio: float,
            test_ratio: float,
            **own: Any,  # noqa: ANN401
        ) -> Any:  # noqa: ANN401
            return function(*given, division=Division(chunks, train_ratio, test_ratio), **own)

        added: _Function = run
        for add in reversed(options):
            added = add(added)
        return added

    return decorate


def ratio_problem(division: Division) -> str | None:
    """Returns what is wrong with the shares for training and tests, or `None` if nothing is."""
    train, test = division.train, division.test
    if train > 1:
        return f"--train-ratio {train:g} is more than 1"
    if train == 1 and test:
        return "--test-ratio needs a --train-ratio that leaves something for tests"
    if train + test > 1:
        return f"--train-ratio {train:g} and --test-ratio {test:g} are more than 1 together"
    return None


def pass_through_option(function: _Function) -> _Function:
    """Adds `pass_through: bool`."""
    return click.option(
        "--pass-through",
        is_flag=True,
        help="Pack files as they are, without decoding them; only whether a JPEG or PNG breaks off "
        "is looked at.",
    )(function)


def center_crop_option(function: _Function) -> _Function:
    """Adds `center_crop: bool`."""
    text = "Cut to a square from the middle, before --resize."
    return click.option("--center-crop", is_flag=True, help=text)(function)


def color_option(function: _Function) -> _Function:
    """Adds `color: str`, a number."""
    return click.option(
        "--color",
        type=click.Choice(["-1", "0", "1"]),
        default="1",
        show_default=True,
        help="1: in colour. 0: grey. Both have 8 bits, and are turned upright as EXIF says. -1: "
        "with the channels and bits that the file has, and not turned.",
    )(function)


def encoding_option(suffixes: Sequence[str]) -> Callable[[_Function], _Function]:
    """Adds `encoding: str`, one of some formats."""
    return click.option(
        "--encoding",
        type=click.Choice(suffixes),
        default=".jpg",
        show_default=True,
        help="The format of the packed images.",
    )
