"""What all commands have in common."""

from __future__ import annotations

import functools
import inspect
import textwrap
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec

import click
from click.shell_completion import CompletionItem

from recordio_rs._signals import let_raise
from recordio_rs.cli.console import Console
from recordio_rs.cli.remedies import remedy_for
from recordio_rs.exceptions import RecordIOError

__all__ = ["Command", "command"]

P = ParamSpec("P")


# What stands in the help for the name of a file or folder, one or several.
_NAMES_OF_FILES = frozenset(
    ("FILE", "FOLDER", "DIR", "SOURCE", "TARGET", "PATTERN", "A", "B", "PREFIX", "ROOT")
)


class Command(click.Command):
    """A command whose help ends with examples.

    What the help calls FILE, FOLDER and the like is completed by shells as the name of one.

    Args:
        examples: Command lines, each with a comment above it.
    """

    def __init__(self, *arguments: Any, examples: str, **options: Any) -> None:  # noqa: ANN401
        super().__init__(*arguments, **options)
        self.examples = inspect.cleandoc(examples)
        for one in self.params:
            name = (one.metavar or "").removesuffix("...")
            if one.type is click.STRING and name in _NAMES_OF_FILES:
                one.type = _FILE_NAME

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes the examples as they are."""
        formatter.write_paragraph()
        formatter.write("Examples:\n")
        formatter.write(textwrap.indent(self.examples, "  ") + "\n")


class _FileName(click.types.StringParamType):
    """Text that a shell completes as the name of a file."""

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Leaves it to the shell."""
        return [CompletionItem(incomplete, type="file")]


_FILE_NAME = _FileName()


def command(
    name: str, *, examples: str, cls: type[Command] = Command
) -> Callable[[Callable[Concatenate[Console, P], None]], Command]:
    """Makes a command of a function, with the options that every command has.

    Args:
        name: Its name.
        examples: Command lines that show it, each with a comment above it; they begin with
            `recordio`.
        cls: What it is made of; one with a command line of its own kind, say.

    Returns:
        A decorator. The function gets a `Console` and then what its own options and arguments say;
        its docstring is the help. The exit code is that of the console.
    """

    def decorate(function: Callable[Concatenate[Console, P], None]) -> Command:
        @functools.wraps(function)
        def run(quiet: bool, verbose: bool, progress: bool | None, **own: Any) -> int:  # noqa: ANN401
            let_raise()
            console = Console(quiet=quiet, verbose=verbose, progress=progress)
            try:
                function(console, **own)  # type: ignore[call-arg]
            except RecordIOError as error:
                remedy = remedy_for(error)
                # A command that has another one do its work gets its errors with it.
                if remedy and remedy not in getattr(error, "__notes__", []):
                    error.add_note(remedy)
                raise
            return console.exit_code

        # Click lists first what was added last; what all commands have comes behind the rest.
        own_options = run.__dict__.pop("__click_params__", [])
        for add in reversed(_COMMON):
            run = add(run)
        run.__dict__.setdefault("__click_params__", []).extend(own_options)
        return click.command(
            name,
            cls=cls,
            examples=examples,
            context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
        )(run)

    return decorate


_COMMON = (
    click.option("-q", "--quiet", is_flag=True, help="Say nothing but warnings and errors."),
    click.option("-v", "--verbose", is_flag=True, help="Say more on standard error."),
    click.option(
        "--progress/--no-progress",
        default=None,
        help="Show progress; if not given, where standard error is a terminal.",
    ),
)
