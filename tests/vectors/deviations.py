"""Writes the vectors of deviations, and the manifest of what readers make of them."""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

from oracle.payloads import literal
from slow_decoder import Record, Region, lenient, read_record, strict
from slow_index import Entry, parse
from vectors.deviation import HERE, Deviation
from vectors.deviation_end_cases import end_cases, junk_cases
from vectors.deviation_foreign_cases import foreign_cases, unseen_cases
from vectors.deviation_image_cases import image_cases
from vectors.deviation_index_cases import index_cases
from vectors.deviation_length_cases import length_cases
from vectors.deviation_lenient_cases import lenient_cases
from vectors.deviation_record_cases import record_cases

DIRECTORY = HERE / "deviations"
MANIFEST = "deviations.json"
PROVENANCE = {"command": "python tests/vectors/generate_deviations.py", "mxnet": "1.9.1"}

Json = dict[str, Any]


def deviations() -> list[Deviation]:
    """Gives all the cases."""
    return [
        *record_cases(),
        *length_cases(),
        *lenient_cases(),
        *foreign_cases(),
        *unseen_cases(),
        *end_cases(),
        *junk_cases(),
        *index_cases(),
        *image_cases(),
    ]


def expected(case: Deviation) -> Json:
    """Gives what the slow decoders make of a case, once that is what the case says."""
    read, error = strict(case.rec)
    assert (tuple(error) if error else len(read)) == case.strict, (case.name, error, len(read))
    assert error is None or error.ordinal == len(read), case.name

    entries, fault = parse(case.idx or b"", case.key_type)
    assert fault == case.fault, (case.name, fault)
    listed = {entry.offset for entry in entries}
    given, skipped = lenient(case.rec, listed)
    assert tuple(record.offset for record in given) == case.given, (case.name, given)
    assert tuple(region[:3] for region in skipped) == case.skipped, (case.name, skipped)

    unpacked = None if case.unpacked is None else [unpack(record.payload) for record in read]
    assert unpacked is None or tuple(unpacked) == case.unpacked, (case.name, unpacked)
    return {
        "strict": {
            "records": [record_object(record) for record in read],
            "error": error and error._asdict(),
        },
        "lenient": {
            "records": [record_object(record) for record in given],
            "skipped": [region_object(region) for region in skipped],
        },
        "index": None if case.idx is None else index_object(case, entries, skipped),
        "unpacked": unpacked,
    }


def index_object(case: Deviation, entries: list[Entry], skipped: list[Region]) -> Json:
    """Gives what becomes of an index and its entries."""

    def is_wrong(offset: int) -> bool:
        is_skipped = any(region.begin <= offset < region.end for region in skipped)
        return offset not in case.given and not is_skipped

    found = [entry_object(case.rec, entry) for entry in entries]
    kinds = tuple(entry.get("error", {}).get("kind") for entry in found)
    assert case.fault or kinds == case.entries, (case.name, kinds)
    return {
        "fault": case.fault and dict(zip(("kind", "line"), case.fault, strict=True)),
        "entries": found,
        "kept": [number for number, entry in enumerate(entries) if entry.offset in case.given],
        "wrong": [number for number, entry in enumerate(entries) if is_wrong(entry.offset)],
    }


def entry_object(rec: bytes, entry: Entry) -> Json:
    """Gives the record that an entry points to, or the error."""
    if entry.offset >= len(rec):
        return {**entry._asdict(), "error": {"kind": "entry-beyond-end", "offset": entry.offset}}
    record, fault = read_record(rec, entry.offset)
    if record is None or fault:
        return {**entry._asdict(), "error": fault and fault._asdict()}
    return {**entry._asdict(), "payload": literal(record.payload)}


def record_object(record: Record) -> Json:
    """Gives a record as the manifest has it."""
    return {"offset": record.offset, "payload": literal(record.payload)}


def region_object(region: Region) -> Json:
    """Gives a region as the manifest has it."""
    return {"begin": region.begin, "end": region.end, "kind": region.kind}


def unpack(record: bytes) -> str | None:
    """Gives what is wrong with a record as an image record."""
    if len(record) < 24:
        return "image-header-too-short"
    (flag,) = struct.unpack_from("<I", record)
    return "image-labels-too-short" if 24 + 4 * flag > len(record) else None


Observe = Callable[[Deviation, Path, Path], Json]


def write_deviations(directory: Path, observe: Observe | None = None) -> None:
    """Writes the files and the manifest into `directory`.

    What MXNet makes of each case is observed, or else stays as the manifest that is there has it.

    Raises:
        ValueError: Nothing can observe it, and the manifest has it for other bytes or not at all.
    """
    directory.mkdir(parents=True, exist_ok=True)
    before = known(directory / MANIFEST)
    objects = []
    for case in deviations():
        files = {"rec": case.rec, "idx": case.idx}
        stated: Json = {"name": case.name, "deviation": case.deviation}
        stated |= {"description": case.description, "source": case.source}
        for ending, data in files.items():
            path = directory / f"{case.name}.{ending}"
            if data is not None:
                path.write_bytes(data)
            stated[ending] = None if data is None else path.name
            stated[f"{ending}_sha256"] = None if data is None else sha256(data)
        stated |= {"key_type": None if case.idx is None else case.key_type, **expected(case)}
        if observe:
            paths = (directory / f"{case.name}.rec", directory / f"{case.name}.idx")
            stated["mxnet"] = observe(case, *paths)
        else:
            stated["mxnet"] = as_before(before, stated)
        objects.append(stated)
    text = json.dumps({"provenance": PROVENANCE, "cases": objects}, indent=1, allow_nan=False)
    (directory / MANIFEST).write_text(text + "\n", encoding="ascii")


def known(manifest: Path) -> dict[str, Json]:
    """Gives the cases of a manifest by name; none if it is not there."""
    if not manifest.exists():
        return {}
    return {case["name"]: case for case in json.loads(manifest.read_text("ascii"))["cases"]}


def as_before(before: dict[str, Json], stated: Json) -> Json:
    """Gives what MXNet made of the same bytes when it was there."""
    case = before.get(stated["name"], {})
    for name in ("rec_sha256", "idx_sha256", "key_type"):
        if "mxnet" not in case or case[name] != stated[name]:
            raise ValueError(f"{stated['name']} is new or has changed: MXNet has to read it")
    found: Json = case["mxnet"]
    return found


def sha256(data: bytes) -> str:
    """Gives the SHA-256 of bytes, in hex."""
    return hashlib.sha256(data).hexdigest()
