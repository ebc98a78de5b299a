"""Writes the cases' files and the manifest of what they hold."""

from __future__ import annotations

import hashlib
import json
import platform
from pathlib import Path
from types import ModuleType
from typing import Any

from oracle import strict
from vectors.case import KEY_TYPES, Case
from vectors.image_cases import image_cases
from vectors.image_record_cases import image_record_cases
from vectors.key_cases import key_cases
from vectors.pack_cases import pack_cases
from vectors.payload_cases import payload_cases

DATE = "2026-11-23"
"""The day the committed files were made: a constant, so that making them again changes nothing."""


def write_case(recordio: ModuleType, case: Case, directory: Path) -> dict[str, Any]:
    """Writes the case's files into `directory` and gives its object in the manifest."""
    rec, idx = directory / f"{case.name}.rec", directory / f"{case.name}.idx"
    if case.key_type is None:
        writer = recordio.MXRecordIO(str(rec), "w")
    else:
        writer = recordio.MXIndexedRecordIO(str(idx), str(rec), "w", KEY_TYPES[case.key_type])
    for entry in case.entries:
        if entry.key is None:
            writer.write(entry.data)
        else:
            writer.write_idx(entry.key, entry.data)
    writer.close()
    check_case(recordio, case, rec, idx)
    return {
        "name": case.name,
        "description": case.description,
        "rec": rec.name,
        "rec_sha256": sha256(rec),
        "idx": None if case.key_type is None else idx.name,
        "idx_sha256": None if case.key_type is None else sha256(idx),
        "key_type": case.key_type,
        "records": [
            {
                "offset": record.offset,
                "fragments": record.fragments,
                "key": None if entry.key is None else str(entry.key),
                "payload": entry.payload,
                **entry.facts,
            }
            for entry, record in zip(case.entries, records(rec), strict=True)
        ],
    }


def records(rec: Path) -> list[strict.Record]:
    """Gives the records of a file, found without any library; raises ValueError if it is broken."""
    *found, end = strict.read_all(rec.read_bytes())
    if end != "end":
        raise ValueError(f"{rec.name} is {end}")
    return [record for record in found if isinstance(record, strict.Record)]


def check_case(recordio: ModuleType, case: Case, rec: Path, idx: Path) -> None:
    """Reads the files back, by MXNet and apart from it; raises AssertionError if they differ."""
    payloads = [entry.data for entry in case.entries]
    assert [record.payload for record in records(rec)] == payloads, case.name
    reader = recordio.MXRecordIO(str(rec), "r")
    assert list(iter(reader.read, None)) == payloads, case.name
    if case.key_type is None:
        return
    reader = recordio.MXIndexedRecordIO(str(idx), str(rec), "r", KEY_TYPES[case.key_type])
    last = {entry.key: entry.data for entry in case.entries if entry.key is not None}
    assert {key: reader.read_idx(key) for key in reader.keys} == last, case.name


def sha256(path: Path) -> str:
    """Gives the SHA-256 of a file's contents, in hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def provenance(versions: dict[str, str]) -> dict[str, str]:
    """Gives the manifest's object that says what wrote the files."""
    return {
        "command": "python tests/vectors/generate.py",
        "date": DATE,
        "python": platform.python_version(),
        **versions,
    }


def write_vectors(recordio: ModuleType, directory: Path, versions: dict[str, str]) -> None:
    """Writes all the vectors, `manifest.json` and `pack.json` into `directory`."""
    directory.mkdir(parents=True, exist_ok=True)
    cases = [
        *payload_cases(),
        *key_cases(),
        *image_record_cases(recordio),
        *image_cases(recordio),
    ]
    origin = provenance(versions)
    written = [write_case(recordio, case, directory) for case in cases]
    write_json(directory / "manifest.json", {"provenance": origin, "cases": written})
    write_json(directory / "pack.json", {"provenance": origin, "cases": pack_cases(recordio)})


def write_json(path: Path, value: object) -> None:
    """Writes `value` as strict JSON, in ASCII, without NaN."""
    text = json.dumps(value, indent=1, allow_nan=False)
    path.write_text(text + "\n", encoding="ascii")
