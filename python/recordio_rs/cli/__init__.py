"""The command `recordio`: arguments, terminal and exit codes; the work is done by `tools`."""

from recordio_rs.cli.app import main

__all__ = ["main"]
