"""`recordio completion`."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from recordio_rs.cli.command import command as a_command
from recordio_rs.cli.console import Console

__all__ = ["command"]


@a_command(
    "completion",
    examples="""
        # bash, for every new shell: a line for ~/.bashrc
        eval "$(recordio completion bash)"

        # zsh: a line for ~/.zshrc, behind the one that has compinit
        eval "$(recordio completion zsh)"

        # fish
        recordio completion fish > ~/.config/fish/completions/recordio.fish
    """,
)
@click.argument("shell", metavar="SHELL", type=click.Choice(["bash", "zsh", "fish"]))
def command(console: Console, shell: str) -> None:
    """Print what makes a shell complete commands, options and names of files.

    SHELL is bash (4.4 or later), zsh or fish. The shell runs what is printed; a start is faster if
    it is kept in a file.
    """
    from recordio_rs.cli.app import recordio

    kind = get_completion_class(shell)
    assert kind is not None
    assert recordio.name is not None
    completion = kind(recordio, {}, recordio.name, f"_{recordio.name.upper()}_COMPLETE")
    # Not `source()`, which for bash looks for its version and prints what it thinks of that.
    console.text(completion.source_template % completion.source_vars())
