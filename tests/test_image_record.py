"""`IRHeader`, `pack` and `unpack`."""

from __future__ import annotations

import copy
import math
import pickle
import struct
from decimal import Decimal
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np
import pytest

from recordio_rs import HEADER, IRHeader, pack, unpack
from recordio_rs.exceptions import ImageRecordError, MXNetError
from recordio_rs.image_record import _IR_FORMAT, _IR_SIZE

Anything: TypeAlias = Any  # a value of the wrong type, too


def test_the_header_is_mxnets_named_tuple() -> None:
    header = IRHeader(0, 14.0, 20, 0)
    assert repr(header) == "HEADER(flag=0, label=14.0, id=20, id2=0)"
    assert IRHeader is HEADER
    assert header._fields == ("flag", "label", "id", "id2")
    assert header == (0, 14.0, 20, 0)
    assert (_IR_FORMAT, _IR_SIZE) == ("IfQQ", 24)


def test_the_header_can_be_pickled_and_copied() -> None:
    header = unpack(pack((0, [1, 2], 7, 8), b"x"))[0]
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        found = pickle.loads(pickle.dumps(header, protocol))
        assert type(found) is IRHeader
        assert (found.flag, found.label.tolist(), found.id, found.id2) == (2, [1.0, 2.0], 7, 8)
    assert copy.deepcopy(IRHeader(0, 1.0, 2, 3)) == IRHeader(0, 1.0, 2, 3)


@pytest.mark.parametrize(
    ("label", "packed"),
    [
        (1, "000000000000803f07000000000000000800000000000000626f6479"),
        ([1, 2], "0200000000000000070000000000000008000000000000000000803f00000040626f6479"),
    ],
)
def test_a_record_is_packed_into_the_bytes_that_mxnet_makes(label: Anything, packed: str) -> None:
    assert pack((0, label, 7, 8), b"body").hex() == packed


@pytest.mark.parametrize(
    ("label", "stored"),
    [
        (3, 3.0),
        (-2.5, -2.5),
        (True, 1.0),
        (0.1, 0.10000000149011612),
        (16777217, 16777216.0),
        (1e39, math.inf),
        (2**200, math.inf),
        (-1e39, -math.inf),
        (np.float16(0.5), 0.5),
        (np.float32(0.1), 0.10000000149011612),
        (np.float64(0.1), 0.10000000149011612),
        (np.int64(5), 5.0),
        (np.uint8(255), 255.0),
        (Decimal("1.5"), 1.5),
        (Fraction(1, 4), 0.25),
        (-0.0, -0.0),
    ],
    ids=lambda value: f"{type(value).__name__}-{value}"[:30],
)
def test_a_number_is_a_single_label(label: Anything, stored: float) -> None:
    record = pack(IRHeader(9, label, 7, 8), b"body")
    assert len(record) == 24 + 4
    header, data = unpack(record)
    assert type(header.label) is float
    assert math.copysign(1, header.label) == math.copysign(1, stored)
    assert (header, data) == ((0, stored, 7, 8), b"body")


def test_not_a_number_stays_that() -> None:
    label = unpack(pack((0, math.nan, 0, 0), b""))[0].label
    assert math.isnan(label)


@pytest.mark.parametrize(
    ("label", "stored"),
    [
        ([1], [1.0]),
        ([1, 2.5, True], [1.0, 2.5, 1.0]),
        ((1, 2), [1.0, 2.0]),
        (range(3), [0.0, 1.0, 2.0]),
        ([[1, 2], [3, 4]], [1.0, 2.0, 3.0, 4.0]),
        (np.arange(6).reshape(2, 3).T, [0.0, 3.0, 1.0, 4.0, 2.0, 5.0]),
        (np.arange(6, dtype=">f8")[::-2], [5.0, 3.0, 1.0]),
        (np.array([0.1], np.float64), [0.10000000149011612]),
        (np.array(5.0), [5.0]),
        (np.bool_(True), [1.0]),
        ("1.5", [1.5]),
        (np.zeros((0,)), None),
        ([], None),
        (np.zeros((3, 0)), None),
    ],
    ids=lambda value: f"{type(value).__name__}-{value}"[:30],
)
def test_what_is_no_number_is_stored_flat_as_float32(
    label: Anything, stored: list[float] | None
) -> None:
    header, data = unpack(pack((99, label, 7, 8), b"body"))
    assert (header.id, header.id2, data) == (7, 8, b"body")
    if stored is None:
        assert (header.flag, header.label, type(header.label)) == (0, 0.0, float)
    else:
        assert header.flag == len(stored)
        assert (header.label.dtype, header.label.shape) == (np.float32, (len(stored),))
        assert header.label.tolist() == stored


def test_none_is_one_label_that_is_not_a_number() -> None:
    header, _ = unpack(pack((0, None, 0, 0), b""))
    assert header.flag == 1
    assert np.isnan(header.label).tolist() == [True]


@pytest.mark.parametrize(
    ("label", "error"),
    [
        ("a", ValueError),
        ({1, 2}, TypeError),
        (1j, struct.error),
        ([[1], [2, 3]], ValueError),
        ([1, "x"], ValueError),
        (object(), TypeError),
        ({}, TypeError),
    ],
    ids=repr,
)
def test_a_label_of_the_wrong_kind_is_refused(label: Anything, error: type[Exception]) -> None:
    with pytest.raises(error):
        pack((0, label, 0, 0), b"")


@pytest.mark.parametrize("size", [0, 1, 2, 7, 253])
def test_every_count_of_labels_goes_with_every_length_of_data(size: int) -> None:
    data = (bytes(range(256)) * 2)[: 2 * size]
    for count in range(1, 255):
        label = np.arange(count, dtype=np.float32) * np.float32(0.7)
        header, found = unpack(pack((0, label, count, size), data))
        assert (header.flag, header.id, header.id2, found) == (count, count, size, data)
        np.testing.assert_array_equal(header.label, label)


def test_ids_have_64_bits_and_come_from_anything_that_is_an_integer() -> None:
    record = pack((0, 0, 2**64 - 1, np.int64(5)), b"")
    assert unpack(record)[0] == (0, 0.0, 2**64 - 1, 5)


@pytest.mark.parametrize("identifier", [-1, 2**64, 1.0, "1", None], ids=repr)
@pytest.mark.parametrize("label", [1.0, [1.0]])
def test_an_id_that_is_no_unsigned_64_bit_integer_is_refused(
    identifier: Anything, label: Anything
) -> None:
    with pytest.raises(struct.error):
        pack((0, label, identifier, 0), b"")
    with pytest.raises(struct.error):
        pack((0, label, 0, identifier), b"")


@pytest.mark.parametrize("header", [(0, 1, 2), (0, 1, 2, 3, 4), None, 5], ids=repr)
def test_a_header_that_has_not_four_values_is_a_type_error(header: Anything) -> None:
    with pytest.raises(TypeError):
        pack(header, b"")


def test_a_header_can_be_any_four_values() -> None:
    expected = pack(IRHeader(0, 1.0, 2, 3), b"x")
    headers: list[Anything] = [(0, 1.0, 2, 3), [0, 1.0, 2, 3], iter((0, 1.0, 2, 3))]
    assert [pack(header, b"x") for header in headers] == [expected] * 3


@pytest.mark.parametrize("label", [1.0, [1.0, 2.0]])
def test_data_can_be_any_buffer_or_text_and_the_record_is_bytes(label: Anything) -> None:
    kinds: list[Anything] = [
        *(b"abc", bytearray(b"abc"), memoryview(b"abc"), "abc"),
        *(np.frombuffer(b"abc", np.uint8), memoryview(b"a-b-c")[::2]),
    ]
    for data in kinds:
        record = pack((0, label, 0, 0), data)
        assert type(record) is bytes
        assert unpack(record)[1] == b"abc"


@pytest.mark.parametrize("data", [None, 3, [1, 2]], ids=repr)
@pytest.mark.parametrize("label", [1.0, [1.0]])
def test_data_that_is_no_buffer_is_a_type_error(data: Anything, label: Anything) -> None:
    with pytest.raises(TypeError):
        pack((0, label, 0, 0), data)


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_the_data_is_of_the_type_of_the_record(kind: Anything) -> None:
    for label in (1.0, [1.0, 2.0]):
        record = kind(pack((0, label, 7, 0), b"body"))
        header, data = unpack(record)
        assert type(data) is kind
        assert bytes(data) == b"body"
        assert header.id == 7


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_the_label_is_an_array_of_its_own_that_can_be_written(kind: Anything) -> None:
    record = kind(pack((0, [1.0, 2.0], 0, 0), b"body"))
    label = unpack(record)[0].label
    assert label.flags.owndata
    label[0] = 9
    assert unpack(record)[0].label.tolist() == [1.0, 2.0]


def test_the_label_in_a_header_with_a_flag_is_passed_over() -> None:
    record = struct.pack("<IfQQff", 2, 77.0, 1, 2, 3.0, 4.0) + b"x"
    header, data = unpack(record)
    assert (header.flag, header.label.tolist(), data) == (2, [3.0, 4.0], b"x")


@pytest.mark.parametrize("length", [0, 1, 23])
def test_a_record_shorter_than_the_header_is_refused_with_the_facts(length: int) -> None:
    with pytest.raises(ImageRecordError, match="24 bytes") as caught:
        unpack(bytes(length))
    assert isinstance(caught.value, struct.error)
    assert isinstance(caught.value, MXNetError)
    assert (caught.value.expected, caught.value.found) == (24, length)


@pytest.mark.parametrize("flag", [3, 2**32 - 1])
def test_a_flag_larger_than_the_data_is_refused_with_the_facts(flag: int) -> None:
    record = struct.pack("<IfQQ", flag, 0.0, 0, 0) + bytes(11)
    with pytest.raises(ImageRecordError) as caught:
        unpack(record)
    assert isinstance(caught.value, ValueError)
    assert (caught.value.expected, caught.value.found) == (24 + 4 * flag, 35)


def test_labels_that_fill_the_record_leave_empty_data() -> None:
    record = struct.pack("<IfQQ", 3, 0.0, 0, 0) + bytes(12)
    assert unpack(record)[1] == b""


def test_none_as_read_gives_it_at_the_end_is_a_type_error() -> None:
    nothing: Anything = None
    with pytest.raises(TypeError):
        unpack(nothing)
