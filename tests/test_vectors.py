"""The vectors of `tests/vectors`, files that the real MXNet 1.9.1 wrote, through the Python face.

Each must be read as the manifest says in every way there is, and written byte for byte.
"""

from __future__ import annotations

import hashlib
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from oracle.payloads import expand
from oracle.values import build
from recordio_rs import Reader, Writer, recordio

VECTORS = Path(__file__).parent / "vectors"
MANIFEST = json.loads((VECTORS / "manifest.json").read_text(encoding="utf-8"))
PACK_CASES = json.loads((VECTORS / "pack.json").read_text(encoding="utf-8"))["cases"]
KEY_TYPES = {"int": int, "str": str, "float": float}
ERRORS = {
    "struct.error": struct.error,
    "OverflowError": OverflowError,
    "TypeError": TypeError,
    "ValueError": ValueError,
}

Case = dict[str, Any]
CASES: list[Case] = MANIFEST["cases"]
INDEXED = [case for case in CASES if case["idx"]]
UNPACKED = [case for case in CASES if any("unpacked" in record for record in case["records"])]
IMAGES = [case for case in CASES if any("image" in record for record in case["records"])]

each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
each_indexed = pytest.mark.parametrize("case", INDEXED, ids=lambda case: case["name"])
each_unpacked = pytest.mark.parametrize("case", UNPACKED, ids=lambda case: case["name"])
each_image = pytest.mark.parametrize("case", IMAGES, ids=lambda case: case["name"])


def is_payload(found: bytes | None, payload: dict[str, Any]) -> bool:
    """Tells whether bytes are those that the manifest describes."""
    assert found is not None
    if "sha256" in payload:
        return hashlib.sha256(found).hexdigest() == str(payload["sha256"])
    return found == expand(payload)


def stored(case: Case) -> list[bytes]:
    """Reads the records of a case by their offsets, with nothing but `struct`."""
    rec = (VECTORS / case["rec"]).read_bytes()
    records = []
    for record in case["records"]:
        offset, parts = record["offset"], []
        for _ in range(record["fragments"]):
            length = struct.unpack_from("<II", rec, offset)[1] & 0x1FFFFFFF
            parts.append(rec[offset + 8 : offset + 8 + length])
            offset += 8 + (length + 3) // 4 * 4
        records.append(struct.pack("<I", 0xCED7230A).join(parts))
    return records


@each_case
def test_every_record_is_read_in_sequence(case: Case) -> None:
    found = list(recordio.MXRecordIO(VECTORS / case["rec"], "r"))
    assert len(found) == len(case["records"])
    for record, expected in zip(found, case["records"], strict=True):
        assert is_payload(record, expected["payload"])


@each_case
def test_every_record_is_read_by_ordinal_and_by_iterating(case: Case) -> None:
    with Reader(VECTORS / case["rec"], index=False) as reader:
        expected = stored(case)
        assert list(reader) == expected
        assert [reader[ordinal] for ordinal in range(len(reader))] == expected
        assert list(reader[::-1]) == expected[::-1]
        assert reader.offsets.tolist() == [record["offset"] for record in case["records"]]


@each_indexed
def test_every_record_is_read_by_its_key(case: Case) -> None:
    key_type = KEY_TYPES[case["key_type"]]
    record = recordio.MXIndexedRecordIO(
        VECTORS / case["idx"], VECTORS / case["rec"], "r", key_type=key_type
    )
    reader = Reader(VECTORS / case["rec"], key_type=key_type)
    keyed = {key_type(each["key"]): each for each in case["records"] if each["key"] is not None}
    assert set(record.keys) == set(reader.keys) == set(keyed)
    for key, expected in keyed.items():
        assert is_payload(record.read_idx(key), expected["payload"])
        assert is_payload(reader.get(key), expected["payload"])


@each_case
def test_every_file_is_written_byte_for_byte(case: Case, tmp_path: Path) -> None:
    rec, idx = tmp_path / "a.rec", tmp_path / "a.idx"
    if case["idx"] is None:
        writer = recordio.MXRecordIO(rec, "w")
        for payload in stored(case):
            writer.write(payload)
        writer.close()
    else:
        key_type = KEY_TYPES[case["key_type"]]
        indexed = recordio.MXIndexedRecordIO(idx, rec, "w", key_type=key_type)
        for record, payload in zip(case["records"], stored(case), strict=True):
            if record["key"] is None:
                indexed.write(payload)
            else:
                indexed.write_idx(record["key"], payload)
        indexed.close()
        assert idx.read_bytes() == (VECTORS / case["idx"]).read_bytes()
    assert rec.read_bytes() == (VECTORS / case["rec"]).read_bytes()


@each_case
def test_the_native_writer_makes_the_same_records(case: Case, tmp_path: Path) -> None:
    with Writer(tmp_path / "a.rec", index=False) as writer:
        offsets = [writer.write(payload) for payload in stored(case)]
    assert offsets == [record["offset"] for record in case["records"]]
    assert (tmp_path / "a.rec").read_bytes() == (VECTORS / case["rec"]).read_bytes()


@each_unpacked
def test_every_image_record_is_unpacked_and_packed_again(case: Case) -> None:
    for payload, record in zip(stored(case), case["records"], strict=True):
        header, body = recordio.unpack(payload)
        expected = record["unpacked"]
        assert (header.flag, header.id, header.id2) == (
            expected["flag"],
            expected["id"],
            expected["id2"],
        )
        labels = np.asarray(expected["label"], dtype=np.float64)
        np.testing.assert_array_equal(np.asarray(header.label, dtype=np.float64), labels)
        assert isinstance(header.label, float) is (expected["label_kind"] == "scalar")
        assert is_payload(body, record["body"])
        assert recordio.pack(header, body) == payload


@each_image
def test_every_image_is_decoded_to_the_pixels_of_mxnets_opencv(case: Case) -> None:
    for payload, record in zip(stored(case), case["records"], strict=True):
        for decoded in record["image"]["decoded"]:
            _, pixels = recordio.unpack_img(payload, decoded["iscolor"])
            assert (list(pixels.shape), str(pixels.dtype)) == (decoded["shape"], decoded["dtype"])
            expected = np.frombuffer(bytes.fromhex(decoded["hex"]), pixels.dtype)
            # PNG is lossless; another libjpeg may round a pixel otherwise, and so may the way
            # from colour to grey.
            tolerance = 0 if "png" in case["name"] and decoded["iscolor"] else 3
            difference = np.abs(pixels.reshape(-1).astype(int) - expected.astype(int))
            assert difference.max() <= tolerance


# Newer NumPys tell when a label becomes infinite; the bytes are the same.
@pytest.mark.filterwarnings("ignore:overflow encountered in cast")
@pytest.mark.parametrize("case", PACK_CASES, ids=lambda case: json.dumps(case["header"])[:60])
def test_pack_gives_what_mxnets_gives(case: Case) -> None:
    header, body = build(case["header"]), build(case["body"])
    if "packed" in case:
        assert recordio.pack(header, body).hex() == case["packed"]
    elif isinstance(body, str):
        assert recordio.pack(header, body), "text is taken as UTF-8 here"
    else:
        with pytest.raises(ERRORS[case["error"]]):
            recordio.pack(header, body)
