"""Command lines as Python's `argparse` takes them, for commands that stand in for such programs."""

from __future__ import annotations

from collections.abc import Sequence

import click

__all__ = ["spelled_out"]


def spelled_out(arguments: list[str], options: Sequence[str], *, several: str) -> list[str]:
    """Returns arguments as click takes them.

    Args:
        arguments: The arguments.
        options: The options that may be shortened as far as it is clear which one is meant.
        several: The one of them that may have several values behind it; it then comes before each.
            Where it is given again, only the last values count.

    Raises:
        UsageError: An option is shortened so that it may be several, or values are missing.
    """
    spelled, values, place = list[str](), list[str](), 0
    while place < len(arguments) and arguments[place] != "--":
        argument = _full_name(arguments[place], options)
        place += 1
        if argument.startswith(f"{several}="):
            values = [argument]
        elif argument == several:
            values = []
            while place < len(arguments) and not arguments[place].startswith("-"):
                values += [several, arguments[place]]
                place += 1
            if not values:
                raise click.UsageError(f"{several} needs a value")
        else:
            spelled.append(argument)
    return spelled + values + arguments[place:]


def _full_name(argument: str, options: Sequence[str]) -> str:
    name, equals, value = argument.partition("=")
    if not name.startswith("--") or name == "--" or name in options:
        return argument
    meant = [option for option in options if option.startswith(name)]
    if len(meant) > 1:
        raise click.UsageError(f"{name} may be {' or '.join(meant)}")
    return f"{meant[0]}{equals}{value}" if meant else argument
