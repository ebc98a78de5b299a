"""Lists of images, read and written."""

from __future__ import annotations

import math
import os
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recordio_rs.exceptions import StorageError
from recordio_rs.tools.image_csv import class_words, read_csv
from recordio_rs.tools.image_list import (
    BadLine,
    Entry,
    ListItem,
    NoListError,
    format_item,
    is_listable,
    read_list,
)
from recordio_rs.tools.image_table import ImageTable
from recordio_rs.tools.list_making import write_lists

FLOATS = st.floats(width=32)


def read(folder: Path, content: bytes, name: str = "a.lst") -> list[Entry]:
    """Reads a list that has some content."""
    path = folder / name
    path.write_bytes(content)
    return list((read_csv if name.endswith(".csv") else read_list)(str(path)))


def write(path: Path, *items: ListItem) -> list[str]:
    """Writes a list; gives what is left out."""
    images = ImageTable()
    for item in items:
        images.append(item)
    (left_out,) = write_lists([(str(path), images)])
    return left_out


def test_a_line_has_id_labels_and_path(tmp_path: Path) -> None:
    content = b"7\t2.000000\tcats/a b.jpg\n 8 \t1\t2.5\t -3e1\t  b.png \n"
    assert read(tmp_path, content) == [
        ListItem(7, (2.0,), "cats/a b.jpg"),
        ListItem(8, (1.0, 2.5, -30.0), "b.png"),
    ]


def test_a_line_that_names_no_image_is_told_by_its_number(tmp_path: Path) -> None:
    content = b"0\t0\ta.jpg\n\n1\tb.jpg\nx\t0\tc.jpg\n2\ty\td.jpg\n-1\t0\te.jpg\n3\t0\tf.jpg"
    found = read(tmp_path, content)
    assert [one.number for one in found if isinstance(one, BadLine)] == [3, 4, 5, 6]
    assert [one.path for one in found if isinstance(one, ListItem)] == ["a.jpg", "f.jpg"]


def test_lines_end_as_any_system_ends_them(tmp_path: Path) -> None:
    found = read(tmp_path, b"0\t0\ta.jpg\r\n1\t0\tb.jpg\r2\t0\tc.jpg\n")
    assert [one.path for one in found if isinstance(one, ListItem)] == ["a.jpg", "b.jpg", "c.jpg"]


def test_a_mark_of_the_byte_order_is_none_of_the_first_number(tmp_path: Path) -> None:
    assert read(tmp_path, b"\xef\xbb\xbf0\t0\ta.jpg\n") == [ListItem(0, (0.0,), "a.jpg")]


def test_names_that_are_no_utf_8_come_back_as_their_bytes(tmp_path: Path) -> None:
    name = b"\xff\xe9.jpg"
    path = tmp_path / "a.lst"
    write(path, ListItem(0, (0.0,), os.fsdecode(name)))
    assert path.read_bytes() == b"0\t0.000000\t\xff\xe9.jpg\n"
    (item,) = read_list(str(path))
    assert isinstance(item, ListItem)
    assert os.fsencode(item.path) == name


@given(labels=st.lists(FLOATS, min_size=1, max_size=6), number=st.integers(0, 2**64 - 1))
def test_labels_come_back_as_the_same_float32(
    tmp_path_factory: pytest.TempPathFactory, labels: list[float], number: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "labels.lst"
    write(path, ListItem(number, tuple(labels), "a.jpg"))
    (item,) = read_list(str(path))
    assert isinstance(item, ListItem)
    assert item.id == number
    np.testing.assert_array_equal(np.array(item.labels, "f4"), np.array(labels, "f4"))


@pytest.mark.parametrize(
    ("label", "text"),
    [(2, b"2.000000"), (0.1, b"0.100000"), (math.nan, b"nan"), (-math.inf, b"-inf")],
)
def test_labels_are_written_as_mxnet_writes_them(label: float, text: bytes) -> None:
    assert format_item(ListItem(0, (label,), "a.jpg")) == b"0\t" + text + b"\ta.jpg\n"


def test_labels_that_six_decimals_would_round_have_more(tmp_path: Path) -> None:
    assert format_item(ListItem(0, (1e-9,), "a.jpg")) == b"0\t1e-09\ta.jpg\n"


@pytest.mark.parametrize("name", ["a\tb", "a\nb", "a\rb", " a", "a ", ""])
def test_a_path_that_would_not_come_back_is_refused(name: str) -> None:
    assert not is_listable(name)
    with pytest.raises(ValueError, match="path"):
        format_item(ListItem(0, (0.0,), name))


def test_images_that_no_list_can_have_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "a.lst"
    assert write(path, ListItem(0, (0.0,), "a.jpg"), ListItem(1, (0.0,), "\t")) == ["\t"]
    assert path.read_bytes() == b"0\t0.000000\ta.jpg\n"


def test_a_list_that_cannot_be_written_leaves_all_old_ones(tmp_path: Path) -> None:
    (tmp_path / "a.lst").write_bytes(b"old")
    (tmp_path / "b.lst").mkdir()
    lists = [(str(tmp_path / name), ImageTable()) for name in ("a.lst", "c.lst", "b.lst")]
    with pytest.raises(StorageError, match="directory"):
        write_lists(lists)
    assert (tmp_path / "a.lst").read_bytes() == b"old"
    assert sorted(os.listdir(tmp_path)) == ["a.lst", "b.lst"]


def test_a_table_without_names_has_path_and_labels(tmp_path: Path) -> None:
    content = b'a.jpg,1\n"b, c.jpg",2,3\nd.jpg\n'
    assert read(tmp_path, content, "a.csv") == [
        ListItem(0, (1.0,), "a.jpg"),
        ListItem(1, (2.0, 3.0), "b, c.jpg"),
        ListItem(2, (0.0,), "d.jpg"),
    ]


def test_a_table_with_names_has_its_columns_in_any_order(tmp_path: Path) -> None:
    content = b"Label_0,split,ID,label_1, path \r\n1,train,9,2,a.jpg\r\n\r\n3,val,4,5,b.jpg\r\n"
    assert read(tmp_path, content, "a.csv") == [
        ListItem(9, (1.0, 2.0), "a.jpg"),
        ListItem(4, (3.0, 5.0), "b.jpg"),
    ]


def test_a_row_that_names_no_image_is_told_and_counted(tmp_path: Path) -> None:
    content = b"path,label\na.jpg,1\nb.jpg,cat\nc.jpg\n,4\nd.jpg,5\n"
    found = read(tmp_path, content, "a.csv")
    assert [one.number for one in found if isinstance(one, BadLine)] == [3, 4, 5]
    assert [one for one in found if isinstance(one, ListItem)] == [
        ListItem(0, (1.0,), "a.jpg"),
        ListItem(4, (5.0,), "d.jpg"),
    ]


@given(content=st.binary(max_size=200))
def test_any_bytes_can_be_read(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    folder = tmp_path_factory.getbasetemp()
    read(folder, content)
    with suppress(NoListError):
        read(folder, content, "a.csv")
    class_words(str(folder / "a.csv"))


def test_numbers_that_are_none_are_told_in_words(tmp_path: Path) -> None:
    found = read(tmp_path, b"x\t0\ta.jpg\n1\tcat\ta.jpg\n2\t\ta.jpg\n-1\t0\ta.jpg\n")
    assert [one.reason for one in found if isinstance(one, BadLine)] == [
        "the id 'x' is no whole number",
        "the label 'cat' is no number",
        "the label '' is no number",
        "the id -1 is not one of 0 to 2^64 - 1",
    ]


def test_words_for_labels_are_sorted_and_numbered(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"label,path\ndog,a.jpg\ncat,b.jpg\n,c.jpg\nx\ndog,d.jpg\n")
    words = class_words(str(path))
    assert words == {"cat": 0, "dog": 1, "x": 2}
    found = list(read_csv(str(path), words))
    assert [(one.path, one.labels) for one in found if isinstance(one, ListItem)] == [
        ("a.jpg", (1.0,)),
        ("b.jpg", (0.0,)),
        ("d.jpg", (1.0,)),
    ]
    assert [one.number for one in found if isinstance(one, BadLine)] == [4, 5]


@pytest.mark.parametrize(
    "content",
    [
        b"path,label\na.jpg,cat\nb.jpg,1\n",
        b"path,label_0,label_1\na.jpg,cat,dog\n",
        b"path,kind\na.jpg,cat\n",
        b"a.jpg,cat\n",
        b"",
    ],
)
def test_words_are_no_labels_beside_numbers_or_without_one_column_for_them(
    content: bytes, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_bytes(content)
    assert class_words(str(tmp_path / "a.csv")) == {}


@pytest.mark.parametrize("row", [b"name,class\n", b"a.jpg,1,cat\n", b"a.jpg," + b"x" * 10_000])
def test_a_first_row_that_has_neither_names_nor_numbers_is_an_error(
    row: bytes, tmp_path: Path
) -> None:
    with pytest.raises(NoListError, match="names path, label") as raised:
        read(tmp_path, row + b"b.jpg,2\n", "a.csv")
    assert len(str(raised.value)) < 300
