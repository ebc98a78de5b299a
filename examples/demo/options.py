"""The command line of the demo."""

import argparse
from collections.abc import Callable
from pathlib import Path


def parser() -> argparse.ArgumentParser:
    """Describe the command line: `images`, `out`, `count`, `size` and `seed`."""
    command = argparse.ArgumentParser(
        prog="python examples/demo",
        description=(
            "Cut photographs into labelled crops, pack them into train.rec and train.idx, read "
            "them back in sequence and at random, check every record, and show how long it took."
        ),
        epilog=(
            "Exit code: 0 if every record came back as it was written, 1 if one did not or a file "
            "failed, 2 if there is nothing to work on or nowhere to write."
        ),
    )
    command.add_argument(
        "--images",
        metavar="DIR",
        type=Path,
        help="use all images under this folder (default: the photographs inside scikit-image)",
    )
    command.add_argument(
        "--out",
        metavar="DIR",
        type=Path,
        default=Path("demo-output"),
        help="where to write; an earlier run's files there are replaced (default: %(default)s)",
    )
    command.add_argument(
        "--count",
        metavar="N",
        type=_whole_number(1, 10_000_000),
        default=4000,
        help="number of records (default: %(default)s)",
    )
    command.add_argument(
        "--size",
        metavar="PIXELS",
        type=_whole_number(8, 2048),
        default=112,
        help="width and height of the stored images (default: %(default)s)",
    )
    command.add_argument(
        "--seed",
        metavar="N",
        type=_whole_number(0, 2**63 - 1),
        default=0,
        help="the same seed gives the same crops and the same shuffled order (default: 0)",
    )
    return command


def _whole_number(smallest: int, largest: int) -> Callable[[str], int]:
    """Make a converter for argparse that takes whole numbers within bounds only."""

    def convert(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = smallest - 1
        if not smallest <= number <= largest:
            raise argparse.ArgumentTypeError(
                f"{text!r} is not a whole number from {smallest} to {largest}"
            )
        return number

    return convert
