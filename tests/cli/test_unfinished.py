"""Packing that is interrupted where that is wanted, without processes: `tools.unfinished`."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from cli.command_line import run
from cli.datasets import image_bytes, write_tree
from recordio_rs import Reader, Writer
from recordio_rs.cli import main
from recordio_rs.exceptions import LockedError, StorageExistsError
from recordio_rs.tools.image_encoding import Encoding
from recordio_rs.tools.image_list import ListItem
from recordio_rs.tools.image_table import ImageTable
from recordio_rs.tools.journal import CannotResumeError, Journal, Skipped
from recordio_rs.tools.packing import pack_images
from recordio_rs.tools.unfinished import Unfinished, find_unfinished

needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")


class Stop(BaseException):
    """The process is asked to end."""


def table(folder: Path, count: int = 40) -> ImageTable:
    """Makes images; every ninth cannot be read."""
    images = ImageTable()
    folder.mkdir(exist_ok=True)
    for number in range(count):
        images.append(ListItem(number, (float(number),), f"{number}.jpg"))
        if number % 9:
            (folder / f"{number}.jpg").write_bytes(image_bytes(number))
    return images


def pack(
    images: ImageTable, folder: Path, rec: Path, *, stop: int | None = None, **options: bool
) -> list[Skipped]:
    """Packs images, until so many are done; gives what was left out."""

    def stop_there(done: int, _total: int) -> None:
        if stop is not None and done >= stop:
            raise Stop

    told: list[Skipped] = []
    encoding = Encoding(pass_through=options.pop("pass_through", False))
    pack_images(
        images,
        str(folder),
        str(rec),
        encoding,
        jobs=2,
        resume=options.pop("resume", False),
        keeps_unfinished=options.pop("keeps_unfinished", True),
        told=told.append,
        progress=stop_there,
    )
    assert not options
    return told


@pytest.fixture
def images(tmp_path: Path) -> ImageTable:
    """Forty images in the folder `in`."""
    return table(tmp_path / "in")


@pytest.fixture
def whole(images: ImageTable, tmp_path: Path) -> tuple[bytes, bytes]:
    """What they are, packed."""
    pack(images, tmp_path / "in", tmp_path / "whole.rec")
    return (tmp_path / "whole.rec").read_bytes(), (tmp_path / "whole.idx").read_bytes()


def both(rec: Path) -> tuple[bytes, bytes]:
    """Gives records and index."""
    return rec.read_bytes(), rec.with_suffix(".idx").read_bytes()


@pytest.mark.parametrize("stops", [(1,), (39,), (40,), (1, 2, 5, 10, 11, 30), (28, 28, 28)])
def test_wherever_it_stops_it_goes_on(
    stops: tuple[int, ...], images: ImageTable, whole: tuple[bytes, bytes], rec: Path
) -> None:
    for stop in stops:
        with pytest.raises(Stop):
            pack(images, rec.parent / "in", rec, stop=stop, resume=True)
        assert not rec.exists()
    told = pack(images, rec.parent / "in", rec, resume=True)
    assert both(rec) == whole
    assert [one.ordinal for one in told] == [0, 9, 18, 27, 36]
    assert not rec.with_name("a.rec.journal").exists()


def test_without_resume_it_begins_anew(
    images: ImageTable, whole: tuple[bytes, bytes], rec: Path
) -> None:
    with pytest.raises(Stop):
        pack(images, rec.parent / "in", rec, stop=10, pass_through=True)
    pack(images, rec.parent / "in", rec)
    assert both(rec) == whole


def test_what_is_not_to_be_kept_is_removed(images: ImageTable, rec: Path) -> None:
    with pytest.raises(Stop):
        pack(images, rec.parent / "in", rec, stop=10, keeps_unfinished=False)
    assert os.listdir(rec.parent) == ["in"]


def test_where_nothing_is_done_nothing_is_kept(images: ImageTable, rec: Path) -> None:
    with pytest.raises(Stop):
        pack(images, rec.parent / "in", rec, stop=0)
    assert os.listdir(rec.parent) == ["in"]


def test_another_list_is_refused(images: ImageTable, rec: Path) -> None:
    with pytest.raises(Stop):
        pack(images, rec.parent / "in", rec, stop=10)
    for other in (images.arranged(range(39)), images.arranged([1, 0, *range(2, 40)])):
        with pytest.raises(CannotResumeError, match="another list of images"):
            pack(other, rec.parent / "in", rec, resume=True)
    assert find_unfinished(str(rec)) is not None


def test_other_options_are_refused_by_name(images: ImageTable, rec: Path) -> None:
    with pytest.raises(Stop):
        pack(images, rec.parent / "in", rec, stop=10)
    with pytest.raises(CannotResumeError, match="pass_through was false, and is true"):
        pack(images, rec.parent / "in", rec, resume=True, pass_through=True)
    with pytest.raises(CannotResumeError, match="root was"):
        pack(images, rec.parent, rec, resume=True)


def test_where_nothing_is_done_anything_may_begin(
    images: ImageTable, whole: tuple[bytes, bytes], rec: Path
) -> None:
    rec.with_name("a.rec.journal").write_text('{"images": 7}\n')  # of a run that was killed then
    rec.with_name("a.rec.partial").write_bytes(b"what was not noted")
    pack(images, rec.parent / "in", rec, resume=True)
    assert both(rec) == whole
    assert sorted(path.name for path in rec.parent.glob("a.*")) == ["a.idx", "a.rec"]


def test_files_that_are_not_what_the_journal_says_are_refused(
    images: ImageTable, rec: Path
) -> None:
    with pytest.raises(Stop):
        pack(images, rec.parent / "in", rec, stop=20)
    partial = rec.with_name("a.rec.partial")
    content = partial.read_bytes()
    for wrong in (content[:-4], b"????" + content[4:], content[:-12] + bytes(12)):
        partial.write_bytes(wrong)
        if wrong == content[:-12] + bytes(12):
            continue  # the payload of the last record: there is no checksum
        with pytest.raises(CannotResumeError, match=r"a\.rec\.partial"):
            pack(images, rec.parent / "in", rec, resume=True)
    partial.unlink()
    with pytest.raises(CannotResumeError, match="has 0 of the"):
        pack(images, rec.parent / "in", rec, resume=True)


def test_a_journal_of_something_else_is_refused(images: ImageTable, rec: Path) -> None:
    for content in (b"nonsense\n", b"[]\n", b'{"images": "x"}\n'):
        rec.with_name("a.rec.journal").write_bytes(content)
        with pytest.raises(CannotResumeError, match="is no journal"):
            pack(images, rec.parent / "in", rec, resume=True)


@pytest.mark.parametrize("moment", range(4))
def test_who_is_killed_while_files_take_their_places_goes_on(
    moment: int,
    images: ImageTable,
    whole: tuple[bytes, bytes],
    rec: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rec.with_suffix(".idx").write_bytes(b"old")
    left = [moment]

    def stopping(function: Callable[..., None]) -> Callable[..., None]:
        def stopped(*arguments: object) -> None:
            left[0] -= 1
            if left[0] < 0:
                raise Stop
            function(*arguments)

        return stopped

    with monkeypatch.context() as patched:
        patched.setattr(os, "remove", stopping(os.remove))
        patched.setattr(os, "replace", stopping(os.replace))
        with pytest.raises(Stop):
            pack(images, rec.parent / "in", rec)
    pack(images, rec.parent / "in", rec, resume=True)
    assert both(rec) == whole
    assert sorted(path.name for path in rec.parent.glob("a.*")) == ["a.idx", "a.rec"]


@pytest.mark.parametrize("moment", range(4))
def test_who_is_killed_while_labels_and_records_take_their_places_goes_on(
    moment: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = write_tree(tmp_path / "tree")
    made = ["pack", str(tree), "-o", str(tmp_path / "a.rec"), "--labels", str(tmp_path / "a.txt")]
    left, replace = moment, os.replace

    def replace_or_stop(source: str, target: str) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise Stop
        replace(source, target)

    with monkeypatch.context() as patched, suppress(Stop):
        patched.setattr(os, "replace", replace_or_stop)
        main(made)
    is_whole = moment == 3
    assert (tmp_path / "a.txt").exists() == (moment > 0)
    assert (tmp_path / "a.idx").exists() == is_whole
    run(*made, "--resume", expect=1 if is_whole else 0)
    assert sorted(path.name for path in tmp_path.glob("a.*")) == ["a.idx", "a.rec", "a.txt"]
    assert (tmp_path / "a.txt").read_text() == "class 0 0\nclass 1 1\nclass 2 2\n"
    assert len(Reader(tmp_path / "a.rec")) == 12


def test_who_is_interrupted_between_writing_and_counting_writes_no_record_twice(
    rec: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    purpose = {"images": 3}
    write = Writer.write

    def write_and_stop(self: Writer, data: bytes, key: str) -> int:
        write(self, data, key)
        raise Stop

    def interrupted() -> None:
        with Unfinished(str(rec), purpose, resume=False) as file:
            file.write(b"a", "0")
            file._note()
            monkeypatch.setattr(Writer, "write", write_and_stop)
            file.write(b"b", "1")

    with pytest.raises(Stop):
        interrupted()
    monkeypatch.undo()
    with Unfinished(str(rec), purpose, resume=True) as file:
        assert file.done == 1
        file.write(b"b", "1")
        file.write(b"c", "2")
    with Reader(rec) as reader:
        assert list(reader) == [b"a", b"b", b"c"]


def test_two_cannot_pack_to_one_target(images: ImageTable, rec: Path) -> None:
    with Unfinished(str(rec), {"images": 1}, resume=False) as file:
        for resume in (False, True):
            with pytest.raises(LockedError):
                Unfinished(str(rec), {"images": 1}, resume=resume)
        file.write(b"a", "0")
    with Reader(rec) as reader:
        assert list(reader) == [b"a"]


def test_who_has_come_too_late_leaves_the_files_of_the_other(rec: Path) -> None:
    purpose = {"images": 1}
    with Writer(rec, atomic=True) as writer:
        with pytest.raises(LockedError):
            Unfinished(str(rec), purpose, resume=False)
        writer.write(b"theirs", 0)
    with Reader(rec) as reader:
        assert list(reader) == [b"theirs"]
    assert sorted(path.name for path in rec.parent.glob("a.*")) == ["a.idx", "a.rec"]


@needs_linux
@pytest.mark.parametrize("resume", [False, True])
def test_nobody_else_begins_while_files_take_their_places(
    resume: bool,
    images: ImageTable,
    whole: tuple[bytes, bytes],
    rec: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    refused, replace = list[str](), os.replace

    def replace_and_begin(source: str, target: str) -> None:
        with pytest.raises(LockedError):
            Unfinished(str(rec), {"images": 1}, resume=resume)
        replace(source, target)
        refused.append(target)

    monkeypatch.setattr(os, "replace", replace_and_begin)
    pack(images, rec.parent / "in", rec)
    assert len(refused) == 2
    assert both(rec) == whole


@needs_linux
def test_a_journal_that_is_removed_before_it_is_locked_is_no_lock(
    rec: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fcntl

    flock = fcntl.flock

    def remove_and_lock(descriptor: int, operation: int) -> None:
        rec.with_name("a.rec.journal").unlink(missing_ok=True)
        flock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", remove_and_lock)
    with pytest.raises(LockedError):
        Unfinished(str(rec), {"images": 1}, resume=False)
    assert list(rec.parent.glob("a.*")) == []


@pytest.mark.parametrize("name", ["a.rec", "a.idx"])
def test_a_file_that_has_come_meanwhile_is_not_replaced(name: str, rec: Path) -> None:
    def finish(*, resume: bool, replaces: bool) -> None:
        with Unfinished(str(rec), {"images": 1}, resume=resume, replaces=replaces) as file:
            if not resume:
                file.write(b"a", "0")
            rec.with_name(name).write_bytes(b"theirs")

    for resume in (False, True):
        with pytest.raises(StorageExistsError):
            finish(resume=resume, replaces=False)
        assert rec.with_name(name).read_bytes() == b"theirs"
        assert find_unfinished(str(rec)) == (1, 1)
    finish(resume=True, replaces=True)
    with Reader(rec) as reader:
        assert list(reader) == [b"a"]
    assert sorted(path.name for path in rec.parent.glob("a.*")) == ["a.idx", "a.rec"]


@pytest.mark.parametrize("moment", ["fsync", "replace"])
def test_what_is_not_to_be_kept_is_removed_where_the_end_fails(
    moment: str, images: ImageTable, rec: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, moment, fail)
    with pytest.raises(OSError) as raised:  # noqa: PT011
        pack(images, rec.parent / "in", rec, keeps_unfinished=False)
    assert raised.value.errno == errno.ENOSPC
    assert os.listdir(rec.parent) == ["in"]


def test_a_journal_that_tells_the_same_twice_counts_it_once(tmp_path: Path) -> None:
    path = tmp_path / "a.journal"
    line = '{"done": 1, "length": 0, "index_length": 0, "skipped": '
    line += '[{"ordinal": 0, "path": "a", "reason": "b"}]}\n'
    path.write_text('{"images": 5}\n' + line + line)
    journal = Journal.read(str(path))
    assert journal is not None
    assert journal.written.skipped == [Skipped(0, "a", "b")]


@pytest.mark.parametrize("options", [(), ("--resume",)])
def test_a_target_that_is_there_is_not_replaced_by_who_goes_on(
    options: tuple[str, ...], tmp_path: Path
) -> None:
    tree = write_tree(tmp_path / "tree")
    run("pack", tree, "-o", tmp_path / "a.rec", *options)
    result = run("pack", tree, "-o", tmp_path / "a.rec", *options, expect=1)
    assert "is there already" in result.err
