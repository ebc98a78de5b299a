"""The command line as a whole: which commands there are, and how a run of one ends."""

from __future__ import annotations

import difflib
import importlib
import os
import sys
from collections.abc import Sequence
from contextlib import suppress

import click

from recordio_rs._recordio_rs import __version__
from recordio_rs._signals import Terminated, restored
from recordio_rs.cli import exits
from recordio_rs.cli.standard_streams import fill_closed_streams
from recordio_rs.cli.terminal import accept_all_names, echo, printable
from recordio_rs.cli.told_names import as_told, forget
from recordio_rs.exceptions import RecordIOError

__all__ = ["SECTIONS", "main", "recordio"]

SECTIONS = {
    "Look into files": ("info", "ls", "head", "cat", "get", "view", "diff", "bench"),
    "Check and mend": ("verify", "repair", "index"),
    "Make and take apart": ("pack", "im2rec", "unpack", "convert"),
    "Rewrite whole files": ("merge", "split", "shuffle", "sample", "filter"),
    "Shell": ("completion",),
}
"""The commands, in the order of the help. `commands` has a module of the name of each."""

_NAME, _COMPLETE = "recordio", "_RECORDIO_COMPLETE"

# What Python says where the system has no thread to give; it has no class of its own.
_NO_THREAD = "can't start new thread"

_EPILOG = """\
Exit codes: 0 all is well; 1 failed; 2 the command line is wrong; 3 done, but the input is damaged
or something of it was left out; 130 interrupted; 143 terminated. Results go to standard output,
everything else to standard error.

FILE may be a name, a pattern ('train-*.rec', 'train-{000..099}.rec') or - for standard input, which
is read to its end before anything is done with it.
"""


class _Recordio(click.Group):
    """A group that imports a command when it is asked for, and lists them in sections.

    `help NAME` is `NAME --help`.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args[:1] == ["help"]:
            args = [*args[1:2], "--help"]
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name, known = args[0], self.list_commands(ctx)
        if name not in known and not name.startswith("-") and not ctx.resilient_parsing:
            near = difflib.get_close_matches(name, known)
            hint = f" Did you mean {' or '.join(near)}?" if near else ""
            raise click.UsageError(f"There is no command {name!r}.{hint}", ctx)
        return super().resolve_command(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for names in SECTIONS.values() for name in names]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        module = importlib.import_module(f"recordio_rs.cli.commands.{cmd_name}")
        command = module.command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, names in SECTIONS.items():
            commands = [(name, self.get_command(ctx, name)) for name in names]
            with formatter.section(title):
                formatter.write_dl([(name, _line(one)) for name, one in commands if one])


def _line(command: click.Command) -> str:
    """Returns the first sentence of a command's help, whole."""
    text = " ".join((command.help or "").split())
    return text.partition(". ")[0].rstrip(".") + "."


@click.group(
    "recordio",
    cls=_Recordio,
    epilog=_EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, "-V", "--version", message="recordio %(version)s")
def recordio() -> None:
    """Makes, inspects, repairs and converts Apache MXNet RecordIO files (.rec and .idx)."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line.

    Args:
        arguments: Without the name of the program; those of the process if not given.

    Returns:
        The exit code, as `exits` has them.
    """
    fill_closed_streams()
    # What OpenCV has to say of an image is told by the command that decodes it.
    os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")
    accept_all_names()
    forget()
    try:
        with restored():
            code = _run(sys.argv[1:] if arguments is None else list(arguments))
            sys.stdout.flush()
    except click.exceptions.Exit as ended:  # of --help, say
        return ended.exit_code
    except click.UsageError as error:
        error.show()
        return exits.USAGE
    except exits.Failure as failure:
        return _fail(str(failure), failure.exit_code)
    except (KeyboardInterrupt, click.Abort):
        return _fail("interrupted", exits.INTERRUPTED)
    except Terminated:
        return _fail("terminated", exits.TERMINATED)
    except BrokenPipeError:
        _drop_output()
        return exits.CLOSED_PIPE
    except (RecordIOError, OSError) as error:
        return _fail(exits.text_of(error), exits.FAILED)
    except MemoryError:
        return _fail("out of memory", exits.FAILED)
    except RuntimeError as error:
        if str(error) != _NO_THREAD:
            raise
        return _fail("no more threads can be started: there is no memory for them", exits.FAILED)
    return code


def _run(arguments: list[str]) -> int:
    """Runs a command; not by click's `main`, which has exit codes of its own for some errors."""
    if _COMPLETE in os.environ:  # set by a shell that wants to complete a command line
        recordio.main(arguments, _NAME, _COMPLETE)
    with recordio.make_context(_NAME, arguments) as context:
        code = recordio.invoke(context)
        return code if isinstance(code, int) else exits.FINE


def _fail(message: str, code: int) -> int:
    # What was printed before comes first; a full disk has been told already.
    with suppress(OSError):
        sys.stdout.flush()
    _drop_output()
    with suppress(OSError):
        echo(f"recordio: error: {printable(as_told(message))}", err=True)
    return code


def _drop_output() -> None:
    """Keeps the interpreter from writing at its end what could not be written."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
