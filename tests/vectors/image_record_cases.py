"""Cases about the header that `pack` puts before a record's body."""

from __future__ import annotations

import math
from types import ModuleType
from typing import Any

import numpy as np

from oracle.payloads import MAGIC, literal
from vectors.case import Case, Entry

Header = tuple[int, Any, int, int]
"""Flag, label, id and id2."""

MAGIC_NUMBER = int.from_bytes(MAGIC, "little")

BODY = b"the body"

NESTED = np.arange(6, dtype=np.float64).reshape(2, 3)


def number(value: float) -> float | str:
    """Gives `value` as JSON can hold it: a number, or "nan", "inf" or "-inf"."""
    return value if math.isfinite(value) else str(value)


def label_facts(label: object) -> dict[str, Any]:
    """Gives the members of a header's object that tell its label."""
    if isinstance(label, (int, float)):
        return {"label_kind": "scalar", "label": number(float(label)), "label_shape": None}
    array = np.asarray(label, dtype=np.float64)
    values = [number(value) for value in array.ravel(order="C").tolist()]
    return {"label_kind": "vector", "label": values, "label_shape": list(array.shape)}


def header_facts(header: Header) -> dict[str, Any]:
    """Gives the manifest's object for a header, as passed to `pack` or as given by `unpack`."""
    flag, label, first, second = header
    return {"flag": flag, **label_facts(label), "id": first, "id2": second}


def image_record(recordio: ModuleType, header: Header, body: bytes, key: int) -> Entry:
    """Gives the entry of `body` packed behind `header`, with what `unpack` makes of it."""
    data = recordio.pack(header, body)
    unpacked, rest = recordio.unpack(data)
    assert rest == body, "unpack gives back the packed body"
    facts = {
        "header": header_facts(header),
        "unpacked": header_facts(unpacked),
        "body": literal(body),
    }
    return Entry(data, literal(data), key, facts)


def case(
    recordio: ModuleType,
    name: str,
    description: str,
    headers: list[Header],
    body: bytes = BODY,
) -> Case:
    """Gives the case of one record for each header, keyed 0, 1, 2, ..."""
    entries = [image_record(recordio, header, body, key) for key, header in enumerate(headers)]
    return Case(name, description, entries, "int")


def image_record_cases(recordio: ModuleType) -> list[Case]:
    """Gives all the cases about headers; `recordio` is the module whose `pack` is used."""
    vectors = [[float(step) / 4 for step in range(length)] for length in (1, 2, 5, 128)]
    specials = [math.nan, math.inf, -math.inf, 1e39, -1e39, 0.1, 16_777_217.0, -0.0, 1e-46]
    return [
        case(
            recordio,
            "labels_scalar",
            "One number for a label: flag 0.",
            [(0, 0, 0, 0), (0, 1, 7, 8), (0, -2.5, 1, 0), (9, 3.0, 2, 0)],
        ),
        case(
            recordio,
            "labels_vector",
            "Labels of 1, 2, 5 and 128 numbers: flag is their count.",
            [(0, vector, key, 0) for key, vector in enumerate(vectors)],
        ),
        case(
            recordio,
            "labels_nested",
            "Nested and transposed labels: flattened row by row.",
            [(0, [[1, 2], [3, 4], [5, 6]], 0, 0), (0, NESTED, 1, 0), (0, NESTED.T, 2, 0)],
        ),
        case(
            recordio,
            "labels_empty",
            "A label of no numbers: flag 0, so it is read as the number 0.",
            [(0, [], 0, 0), (5, np.zeros((0, 3)), 1, 0)],
        ),
        case(
            recordio,
            "labels_special",
            "Numbers that float32 has no exact place for, alone and in a list.",
            [*((0, special, key, 0) for key, special in enumerate(specials)), (0, specials, 9, 0)],
        ),
        case(
            recordio,
            "ids_large",
            "Identifiers up to the largest.",
            [(0, 0, 2**64 - 1, 2**64 - 1), (0, [1], 2**63, 2**32), (0, 0, 0, 2**64 - 1)],
        ),
        case(
            recordio,
            "magic_in_header",
            "The magic as an identifier, within the first 24 bytes: the header itself is split.",
            [
                (0, 1, MAGIC_NUMBER, 0),
                (0, 1, 0, MAGIC_NUMBER),
                (0, [1, 2], MAGIC_NUMBER << 32 | MAGIC_NUMBER, MAGIC_NUMBER << 32),
                (0, float(np.frombuffer(MAGIC, np.float32)[0]), MAGIC_NUMBER, 1),
            ],
        ),
        case(
            recordio,
            "header_alone",
            "A header and no body, as for the records that describe a file.",
            [(0, 0, 0, 0), (0, [6, 8], 0, 0)],
            b"",
        ),
    ]
