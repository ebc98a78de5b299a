"""Tables of images, and work that threads share in order."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recordio_rs.tools.image_list import ListItem
from recordio_rs.tools.image_table import ImageTable
from recordio_rs.tools.in_order import in_order

ITEMS = st.lists(
    st.builds(
        ListItem,
        st.integers(0, 2**64 - 1),
        st.lists(st.floats(allow_nan=False), min_size=1, max_size=4).map(tuple),
        st.binary(max_size=20).map(lambda name: name.decode("utf-8", "surrogateescape")),
    )
)


def table(items: list[ListItem]) -> ImageTable:
    """Makes a table."""
    images = ImageTable()
    for item in items:
        images.append(item)
    return images


@given(items=ITEMS, seed=st.integers(0, 99))
def test_what_goes_in_comes_out_in_any_order(items: list[ListItem], seed: int) -> None:
    images = table(items)
    assert list(images) == items
    order = np.random.RandomState(seed).permutation(len(items))
    shuffled = images.arranged(order)
    assert list(shuffled) == [items[place] for place in order]
    last = range(len(items) // 2, len(items))
    assert list(shuffled.arranged(last)) == [items[place] for place in order][len(items) // 2 :]
    with pytest.raises(IndexError):
        images[len(items)]


@given(items=ITEMS, others=ITEMS)
def test_the_fingerprint_is_that_of_the_images_and_their_order(
    items: list[ListItem], others: list[ListItem]
) -> None:
    assert table(items).fingerprint() == table(items).fingerprint()
    if repr(items) != repr(others):
        assert table(items).fingerprint() != table(others).fingerprint()


def test_names_that_run_together_are_told_apart() -> None:
    one, other = (table([ListItem(0, (0.0,), a), ListItem(1, (0.0,), b)]) for a, b in ("ab", "ba"))
    assert one.fingerprint() != other.fingerprint()
    split = table([ListItem(0, (0.0,), "ab"), ListItem(1, (0.0,), "c")])
    assert (
        split.fingerprint()
        != table([ListItem(0, (0.0,), "a"), ListItem(1, (0.0,), "bc")]).fingerprint()
    )


@given(ids=st.lists(st.integers(0, 5)))
def test_ids_that_are_there_again_are_counted(ids: list[int]) -> None:
    images = table([ListItem(number, (0.0,), "a") for number in ids])
    places, extra = images.duplicates()
    assert extra == len(ids) - len(set(ids))
    if extra:
        smallest = min(number for number in ids if ids.count(number) > 1)
        assert places.tolist() == [place for place, one in enumerate(ids) if one == smallest]


def test_results_come_in_order_whoever_is_first() -> None:
    def later_first(number: int) -> int:
        time.sleep(0.002 * (number % 3))
        return number * number

    assert list(in_order(later_first, range(50), 4)) == [number**2 for number in range(50)]


def test_few_results_wait_for_who_takes_them() -> None:
    asked = 0

    def parts() -> Iterator[int]:
        nonlocal asked
        for number in range(1000):
            asked = number
            yield number

    results = in_order(lambda part: part, parts(), 3)
    for expected in range(100):
        assert next(results) == expected
        assert asked - expected < 10
    results.close()
    assert threading.active_count() == 1


def test_what_a_thread_raises_ends_it() -> None:
    def fail(part: int) -> int:
        return 1 // (5 - part)

    with pytest.raises(ZeroDivisionError):
        list(in_order(fail, range(100), 2))
