"""Numbers of bytes, as a user writes them."""

from __future__ import annotations

import click
import pytest

from recordio_rs.cli.sizes import SIZE


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0", 0),
        ("1.5K", 1536),
        ("2 MiB", 2 << 20),
        ("3gb", 3 << 30),
        ("0.1", 0),
        ("9007199254740993", 2**53 + 1),
        ("999999999999999999T", 999999999999999999 << 40),
    ],
)
def test_a_size_is_exact(text: str, size: int) -> None:
    assert SIZE.convert(text, None, None) == size


@pytest.mark.parametrize("text", ["", "K", "-1", "1e3", "1.K", "9" * 400, "٣"])
def test_what_is_no_size_is_a_wrong_usage(text: str) -> None:
    with pytest.raises(click.UsageError, match="is no number of bytes"):
        SIZE.convert(text, None, None)
