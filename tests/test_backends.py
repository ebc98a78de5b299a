"""Files that change under a map: the same records and the same errors as by positioned reads."""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from isolated import run_python
from recordio_rs import MXIndexedRecordIO, Reader
from recordio_rs._backend import Backend
from recordio_rs.exceptions import StorageError, TruncatedRecordError
from reference import MAGIC, encode, fragment, write_files
from ways import BACKENDS, MANY, outcome, outcomes_of_one, readers_of

each_backend = pytest.mark.parametrize("backend", BACKENDS)
needs_maps = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc/self/maps")
needs_cuts = pytest.mark.skipif(os.name != "posix", reason="elsewhere a mapped file cannot be cut")

# Ends in every pad, in zeros and in others; empty, split, and with a fragment's head inside.
RECORDS = [
    *(b"", b"a", b"ab\0", bytes(7), b"four", MAGIC + b"x" + MAGIC, b"xy" + bytes(90)),
    *(MAGIC + bytes(3), b"z" * 21 + b"\0", fragment(0, b"fake"), b"", b"w" * 18),
]


def everything(readers: dict[str, Reader]) -> dict[str, object]:
    """Reads everything in all ways, and gives it by backend."""
    found: dict[str, object] = {}
    for backend, reader in readers.items():
        count = len(reader)
        together = [
            outcome(way, reader, ordinals)
            for way in MANY.values()
            for ordinals in (range(count), range(count - 1, -1, -1))
        ]
        found[backend] = outcomes_of_one(reader, range(count)), together
    return found


def check_the_same(readers: dict[str, Reader]) -> None:
    """Asserts that all readers tell the same, whatever it is."""
    found = everything(readers)
    for backend in BACKENDS:
        assert found[backend] == found["positioned"], backend


@needs_cuts
@pytest.mark.parametrize("is_warm", [False, True], ids=["unread", "read before"])
def test_a_file_cut_at_every_byte(rec: Path, is_warm: bool) -> None:
    write_files(rec, RECORDS, range(len(RECORDS)))
    whole = rec.read_bytes()
    for end in range(len(whole) + 1):
        rec.write_bytes(whole)
        readers = readers_of(rec)
        if is_warm:
            everything(readers)
        os.truncate(rec, end)
        check_the_same(readers)


@needs_cuts
@pytest.mark.parametrize("page", [4096, 16_384, 65_536])
def test_a_file_cut_around_the_end_of_a_page(rec: Path, page: int) -> None:
    records = [b"r%d" % number * (number * 7) for number in range(60)]
    records[30] = b"\0" * 3000 + b"end"
    records += [b"x" * (page + 5), b"y" * page, b"last"]
    write_files(rec, records, range(len(records)))
    whole = rec.read_bytes()
    for end in [page - 9, page - 4, page - 1, page, page + 1, page + 4, page + 9]:
        rec.write_bytes(whole)
        readers = readers_of(rec)
        everything(readers)
        os.truncate(rec, end)
        check_the_same(readers)
        check_the_same({backend: Reader(rec, backend=backend) for backend in BACKENDS})


@needs_cuts
def test_zeros_that_a_page_has_behind_the_end_are_no_record(rec: Path) -> None:
    # All but the last byte of it reads like the record that was there.
    record = b"x" * 100 + bytes(800)
    offsets = write_files(rec, [b"first", record, b"behind"], range(3))
    for reader in readers_of(rec).values():
        for cut in (offsets[1] + 108, offsets[2] - 1):
            os.truncate(rec, cut)
            for way in MANY.values():
                with pytest.raises(TruncatedRecordError):
                    way(reader, [1])
                assert way(reader, [0]) == [b"first"]
            write_files(rec, [b"first", record, b"behind"])
            assert reader[1] == record


@needs_cuts
def test_a_file_that_was_cut_and_has_grown_again(rec: Path) -> None:
    write_files(rec, RECORDS, range(len(RECORDS)))
    whole = rec.read_bytes()
    readers = readers_of(rec)
    for end in (0, 1, 20, len(whole) // 2, len(whole) - 1):
        os.truncate(rec, end)
        check_the_same(readers)
        os.truncate(rec, len(whole))  # zeros
        check_the_same(readers)
        rec.write_bytes(whole)
        assert everything(readers) == everything(readers_of(rec))
        assert readers["mmap"].read_batch(slice(None)) == RECORDS


@each_backend
def test_a_file_that_grows_has_its_new_records_where_the_index_knows_them(
    rec: Path, idx: Path, backend: Backend
) -> None:
    stored = [encode(b"old"), encode(b"n" * 5000), encode(MAGIC), encode(b"l" * 20_000)]
    offsets = [sum(map(len, stored[:count])) for count in range(4)]
    idx.write_text("".join(f"{key}\t{offset}\n" for key, offset in enumerate(offsets)))
    rec.write_bytes(stored[0])
    with Reader(rec, backend=backend) as reader:
        assert reader[0] == b"old"
        with rec.open("ab") as file:
            file.write(b"".join(stored[1:]))
        for way in MANY.values():
            expected = [b"l" * 20_000, MAGIC, b"n" * 5000, b"old"]
            assert way(reader, [3, 2, 1, 0]) == expected
        assert reader[3] == b"l" * 20_000


@each_backend
def test_a_file_that_is_overwritten_gives_what_is_there_now(rec: Path, backend: Backend) -> None:
    write_files(rec, [b"one", b"two", b"x" * 20_000], range(3))
    with Reader(rec, backend=backend) as reader:
        assert reader[1] == b"two"
        with rec.open("r+b") as file:
            file.write(encode(b"uno") + encode(b"dos") + encode(b"y" * 20_000))
        for way in MANY.values():
            assert way(reader, [2, 1, 0]) == [b"y" * 20_000, b"dos", b"uno"]
        with rec.open("r+b") as file:
            file.write(b"damaged!")
        check_the_same(readers_of(rec))


@needs_cuts
@each_backend
def test_a_file_that_is_replaced_or_unlinked_is_the_old_one_until_it_is_closed(
    rec: Path, backend: Backend
) -> None:
    write_files(rec, RECORDS, range(len(RECORDS)))
    reader = Reader(rec, backend=backend)
    other = rec.with_name("other.rec")
    other.write_bytes(b"")
    other.replace(rec)
    for way in MANY.values():
        assert way(reader, slice(None)) == RECORDS
    rec.unlink()
    assert reader.read_batch(slice(None)) == RECORDS


@each_backend
def test_the_backend_goes_along_in_a_pickle(rec: Path, idx: Path, backend: Backend) -> None:
    write_files(rec, RECORDS, range(len(RECORDS)))
    for reader in (Reader(rec, backend=backend), Reader(rec, backend=backend)[2:9:3]):
        twin = pickle.loads(pickle.dumps(reader))
        assert twin._backend == backend
        assert twin.read_batch(slice(None)) == list(reader)
        assert [bytes(record) for record in twin.read_packed(slice(None))] == list(reader)
    keyed = MXIndexedRecordIO(idx, rec, "r", backend=backend)
    twin = pickle.loads(pickle.dumps(keyed))
    assert (twin.backend, twin.read_idx(5)) == (backend, RECORDS[5])
    keyed.reset()
    assert keyed.read_idx(6) == RECORDS[6]


# In each, `is_mapped` tells whether a file is in the memory of the process.
HEAD = """
import os, sys
from pathlib import Path
from recordio_rs import MXIndexedRecordIO, MXRecordIO, Reader
def is_mapped(name="a.rec"):
    return f"{os.getcwd()}/{name}\\n" in Path("/proc/self/maps").read_text()
"""


def check_maps(body: str, rec: Path) -> None:
    """Runs code in a fresh interpreter, beside `a.rec` and `a.idx`."""
    write_files(rec, RECORDS, range(len(RECORDS)))
    run_python(HEAD + body, cwd=rec.parent)


@needs_maps
def test_what_is_mapped(rec: Path) -> None:
    check_maps(
        """
for make in (
    lambda backend: Reader("a.rec", backend=backend),
    lambda backend: MXIndexedRecordIO("a.idx", "a.rec", "r", backend=backend),
):
    for backend in ("auto", "mmap", "positioned"):
        assert not is_mapped()
        reader = make(backend)
        assert is_mapped() == (backend != "positioned"), backend
        reader.close()
        assert not is_mapped(), backend
assert Reader("a.rec")[0] == b"" and not is_mapped(), "dropped with its reader"
plain = MXRecordIO("a.rec", "r")
assert plain.read() == b"" and is_mapped(), "for large records"
plain.close()
assert not is_mapped()
reader = Reader("a.rec")
view, records = reader[1:], iter(reader)
packed = reader.read_packed([1, 4])
reader.close()
assert bytes(packed) == b"afour"
assert is_mapped(), "the iterator reads on"
assert next(records) == b""
del records
assert not is_mapped()
""",
        rec,
    )


@needs_maps
def test_what_cannot_be_mapped_is_read_by_auto_and_refused_by_mmap(rec: Path) -> None:
    check_maps(
        """
open("empty.rec", "wb").close()
for backend in ("auto", "mmap"):
    reader = Reader("empty.rec", False, backend=backend)
    assert len(reader) == 0 == len(reader.read_packed([])) and list(reader) == []
    assert not is_mapped("empty.rec") or backend == "mmap"
os.mkfifo("a.fifo")
end = os.open("a.fifo", os.O_RDWR)
os.write(end, Path("a.rec").read_bytes())
records = iter(Reader("a.fifo", False, backend="auto"))
assert [next(records) for _ in range(3)] == [b"", b"a", b"ab\\0"]
for name in ("a.fifo", "/dev/null"):
    try:
        Reader(name, False, backend="mmap")
    except OSError as error:
        assert error.filename == name and error.errno is not None
    else:
        raise AssertionError(name)
""",
        rec,
    )


@each_backend
def test_a_folder_and_a_missing_file_are_errors_of_the_system(
    tmp_path: Path, backend: Backend
) -> None:
    for path in (tmp_path, tmp_path / "missing.rec"):
        with pytest.raises(StorageError) as caught:
            Reader(path, backend=backend)
        assert (caught.value.filename, caught.value.errno is None) == (str(path), False)


@needs_maps
@each_backend
def test_a_file_of_more_than_2_gib_is_read_by_all_and_mapped_on_request(
    rec: Path, backend: Backend
) -> None:
    stored = encode(b"behind")
    try:
        with rec.open("wb") as file:
            file.write(encode(b"first"))
            file.seek(2**31 + 4)
            file.write(stored)
    except OSError:
        pytest.skip("no sparse files here")
    rec.with_suffix(".idx").write_text(f"0\t0\n1\t{2**31 + 4}\n")
    uses: list[Callable[[Reader], object]] = [
        lambda reader: reader.read_batch([1, 0]),
        lambda reader: [bytes(record) for record in reader.read_packed([1, 0])],
        lambda reader: [reader[1], reader[0]],
    ]
    with Reader(rec, backend=backend) as reader:
        for use in uses:
            assert use(reader) == [b"behind", b"first"]
        is_mapped = str(rec) in Path("/proc/self/maps").read_text()
    rec.unlink()
    assert is_mapped == (backend == "mmap")
