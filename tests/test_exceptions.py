"""The exceptions: whose kind they are, what they tell, and that a pickle keeps it."""

from __future__ import annotations

import copy
import errno
import multiprocessing
import os
import struct
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from errors import FACTS, check_error, told
from recordio_rs import MXIndexedRecordIO, MXRecordIO, Reader, Writer, exceptions, unpack
from recordio_rs.exceptions import (
    ImageRecordError,
    IndexMismatchError,
    MXNetError,
    RecordIOError,
    StorageError,
    StorageNotFoundError,
    storage_error,
)
from reference import encode

CLASSES = [getattr(exceptions, name) for name in exceptions.__all__]
OF_THE_SYSTEM = [each for each in CLASSES if issubclass(each, StorageError)]
WITH_FACTS = [
    each for each in CLASSES if issubclass(each, RecordIOError) and each not in OF_THE_SYSTEM
]

each_with_facts = pytest.mark.parametrize("kind", WITH_FACTS, ids=lambda kind: kind.__name__)


def test_every_exception_of_the_module_is_listed() -> None:
    defined = {
        name
        for name, value in vars(exceptions).items()
        if isinstance(value, type) and value.__module__ == exceptions.__name__
    }
    assert defined == set(exceptions.__all__)


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_code_for_mxnet_catches_every_exception(kind: type[Exception]) -> None:
    assert issubclass(kind, MXNetError)
    assert issubclass(kind, RuntimeError)
    assert kind is MXNetError or issubclass(kind, RecordIOError)
    assert (kind.__doc__ or "").strip()


@pytest.mark.parametrize(
    ("name", "builtin"),
    [
        ("CannotPickleError", TypeError),
        ("ClosedError", ValueError),
        ("CorruptRecordError", ValueError),
        ("ImageRecordError", struct.error),
        ("ImageRecordError", ValueError),
        ("IndexFormatError", ValueError),
        ("IndexMismatchError", ValueError),
        ("InvalidKeyError", ValueError),
        ("MissingOpenCVError", AssertionError),
        ("MissingOpenCVError", ImportError),
        ("RecordTooLargeError", ValueError),
        ("StorageError", OSError),
        ("StorageExistsError", FileExistsError),
        ("StorageIsADirectoryError", IsADirectoryError),
        ("StorageNotFoundError", FileNotFoundError),
        ("StoragePermissionError", PermissionError),
        ("TruncatedRecordError", EOFError),
        ("WriteAfterFailureError", ValueError),
    ],
)
def test_each_is_the_builtin_exception_that_one_expects(
    name: str, builtin: type[Exception]
) -> None:
    assert issubclass(getattr(exceptions, name), builtin)


@each_with_facts
def test_all_facts_survive_pickling_and_copying(kind: type[RecordIOError]) -> None:
    values = ("a.rec", 2**63, 7, (1, "key"), 0xCED7230A, "other", "bad-magic")
    facts = dict(zip(FACTS, values, strict=True))
    error = kind("what happened", **facts)  # type: ignore[arg-type]
    check_error(error, **facts)
    assert told(copy.copy(error)) == told(copy.deepcopy(error)) == told(error)
    assert "what happened" in str(error)
    for known in ("a.rec", "7", "(1, 'key')"):
        assert known in str(error)


@each_with_facts
def test_facts_that_are_not_known_are_none(kind: type[RecordIOError]) -> None:
    error = kind("what happened")
    check_error(error, **dict.fromkeys(FACTS))
    assert str(error) == "what happened"


@each_with_facts
def test_notes_and_causes_can_be_added(kind: type[RecordIOError]) -> None:
    error = kind("what happened")
    error.add_note("while training")
    with pytest.raises(kind) as caught:
        raise error from ValueError("cause")
    assert caught.value.__notes__ == ["while training"]


@pytest.mark.parametrize(
    ("number", "name"),
    [
        (errno.ENOENT, "StorageNotFoundError"),
        (errno.EEXIST, "StorageExistsError"),
        (errno.EACCES, "StoragePermissionError"),
        (errno.EPERM, "StoragePermissionError"),
        (errno.EISDIR, "StorageIsADirectoryError"),
        (errno.ENOSPC, "StorageError"),
        (errno.EIO, "StorageError"),
    ],
)
def test_the_number_of_the_system_chooses_the_class(number: int, name: str) -> None:
    error = storage_error(number, "unused", "a.rec")
    assert type(error) is getattr(exceptions, name)
    expected = {"errno": number, "strerror": os.strerror(number), "filename": "a.rec"}
    check_error(error, path="a.rec", offset=None, key=None, **expected)
    assert str(error) == f"[Errno {number}] {os.strerror(number)}: 'a.rec'"


def test_a_failure_without_a_number_keeps_its_words() -> None:
    error = storage_error(None, "the words", "a.rec")
    check_error(error, strerror="the words", path="a.rec")


def test_each_error_crosses_from_a_process_to_another_with_its_facts(rec: Path, idx: Path) -> None:
    rec.write_bytes(encode(b"fine") + b"rubbish!")
    idx.write_text("1\t0\n2\t12\n3\t999\n")
    reader = MXIndexedRecordIO(idx, rec, "r")
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        assert pool.submit(reader.read_idx, 1).result() == b"fine"
        corrupt = pool.submit(reader.read_idx, 2).exception()
        mismatch = pool.submit(reader.read_idx, 3).exception()
        missing = pool.submit(MXRecordIO, "missing.rec", "r").exception()
        short = pool.submit(unpack, b"short").exception()
    assert isinstance(corrupt, exceptions.CorruptRecordError)
    check_error(corrupt, path=str(rec), offset=12, key=2, expected=0xCED7230A)
    assert isinstance(mismatch, IndexMismatchError)
    check_error(mismatch, path=str(rec), offset=999, key=3, found=20)
    assert isinstance(missing, StorageNotFoundError)
    check_error(missing, path="missing.rec", errno=errno.ENOENT)
    assert isinstance(short, ImageRecordError)
    check_error(short, expected=24, found=5)


def test_errors_of_the_format_have_the_kinds_of_the_document(rec: Path, idx: Path) -> None:
    def kind_of(use: Callable[[], object]) -> str | None:
        with pytest.raises(RecordIOError) as caught:
            use()
        check_error(caught.value)
        return caught.value.kind

    rec.write_bytes(bytes(8))
    assert kind_of(lambda: list(Reader(rec, index=False))) == "bad-magic"
    rec.write_bytes(bytes(3))
    assert kind_of(lambda: list(Reader(rec, index=False))) == "truncated-header"
    idx.write_text("0\t4\n")
    assert kind_of(lambda: Reader(rec)[0]) == "entry-beyond-end"
    idx.write_text("0 4\n")
    assert kind_of(lambda: Reader(rec, key_type=str)) == "missing-tab"
    assert kind_of(lambda: Writer(rec.parent / "missing" / "a.rec")) is None
