"""`recordio convert` and files of others that are odd, or made to do harm."""

from __future__ import annotations

import gzip
import io
import shutil
import struct
import subprocess
import sys
import tarfile
from pathlib import Path

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest
from crc32c import crc32c
from tfrecord.example_pb2 import Example  # type: ignore[import-untyped]

from cli.command_line import run
from cli.datasets import image_bytes
from recordio_rs import Reader, RecordIOError, unpack
from recordio_rs.tools.converting import tar_members, webdataset_reading
from recordio_rs.tools.converting.conversion import Conversion, Plan, convert
from recordio_rs.tools.converting.tfrecord_framing import frame

TAR = shutil.which("tar")
IMAGE = image_bytes(0)


def tar(path: Path, members: list[tuple[str, bytes]], format_: int = tarfile.GNU_FORMAT) -> Path:
    """Writes a tar file with members of any name."""
    with tarfile.open(path, "w", format=format_) as archive:
        for name, content in members:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def converted(source: Path, format_: str, *, skip: bool = False) -> Conversion:
    """Converts a file to records beside it."""
    target = str(source.with_suffix(".rec"))
    return convert(Plan([str(source)], format_, [target], "rec", skip_damaged=skip))


def keys(source: Path) -> list[str]:
    """Gives the keys of the records beside a file."""
    with Reader(source.with_suffix(".rec"), key_type=str) as reader:
        return list(reader.keys)


@pytest.mark.parametrize("format_", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_and_foreign_names_are_keys(format_: int, tmp_path: Path) -> None:
    names = ["x" * 300, "猫/ü", "../../etc/a", "/abs", "./b"]
    path = tar(tmp_path / "a.tar", [(f"{name}.jpg", IMAGE) for name in names], format_)
    converted(path, "webdataset")
    assert keys(path) == names
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.idx", "a.rec", "a.tar"]


@pytest.mark.skipif(TAR is None, reason="needs tar")
@pytest.mark.parametrize("sparse", ["--format=gnu", "--sparse-version=0.1", "--sparse-version=1.0"])
def test_members_with_holes_as_gnu_tar_writes_them(sparse: str, tmp_path: Path) -> None:
    assert TAR is not None
    with open(tmp_path / "a.jpg", "wb") as file:
        file.write(IMAGE)
        file.seek(1 << 20)
        file.write(b"end")
    version = subprocess.run([TAR, "--version"], capture_output=True, text=True, check=True)
    if "GNU tar" not in version.stdout:
        pytest.skip("needs GNU tar")
    options = [sparse] if sparse.startswith("--format") else ["--format=posix", sparse]
    subprocess.run([TAR, "-S", *options, "-cf", "a.tar", "a.jpg"], cwd=tmp_path, check=True)
    converted(tmp_path / "a.tar", "webdataset")
    with Reader(tmp_path / "a.rec", key_type=str) as reader:
        assert unpack(reader[0])[1] == (tmp_path / "a.jpg").read_bytes()


@pytest.mark.parametrize("suffix", ["__bad__", "__key__", "__url__", "__local_path__"])
def test_a_member_that_means_something_to_the_library_costs_no_sample(
    suffix: str, tmp_path: Path
) -> None:
    members = [("a.jpg", IMAGE), (f"a.{suffix}", b"1"), ("b.jpg", IMAGE)]
    path = tar(tmp_path / "a.tar", members)
    done = converted(path, "webdataset")
    assert keys(path) == ["a", "b"]
    assert done.losses.lost_fields == {f".{suffix}": 1}


def test_members_of_more_names_than_anyone_reads_are_counted(tmp_path: Path) -> None:
    members = [("a.jpg", IMAGE), *((f"a.x{number}", b"") for number in range(1500))]
    lost = converted(tar(tmp_path / "a.tar", members), "webdataset").losses.lost_fields
    assert len(lost) == 1001
    assert lost["others"] == 500


def test_members_of_one_name_are_damage(tmp_path: Path) -> None:
    path = tar(tmp_path / "a.tar", [("a.jpg", IMAGE), ("a.JPG", b"other"), ("b.jpg", IMAGE)])
    with pytest.raises(RecordIOError, match=r"two members \.jpg"):
        converted(path, "webdataset")
    assert converted(path, "webdataset", skip=True).losses.damage_count == 1
    with Reader(path.with_suffix(".rec"), key_type=str) as reader:
        assert [unpack(record)[1] for record in reader] == [IMAGE, IMAGE]


def test_what_is_no_sample_does_not_gather_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webdataset_reading, "LONGEST", 10_000)
    members = [("log.jpg", IMAGE), *((f"log.{number}", bytes(4000)) for number in range(5))]
    path = tar(tmp_path / "a.tar", members)
    with pytest.raises(RecordIOError, match="too long for a record"):
        converted(path, "webdataset")
    assert converted(path, "webdataset", skip=True).losses.damage_count == 4


def with_size(member: bytes, size: bytes) -> bytes:
    """Returns a header of a tar file with another size in it, and the checksum of that."""
    header = bytearray(member)
    header[124:136] = size
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header)


@pytest.mark.parametrize("kind", [b"L", b"K", b"x", b"g", b"X", b"0", b"S"])
@pytest.mark.parametrize(
    "size", [b"77777777777\0", b"\x80" + bytes(3) + b"\x7f" * 8, b"\xff" * 11 + b"\x80"]
)
@pytest.mark.parametrize("is_compressed", [False, True])
def test_the_length_that_a_tar_header_says_costs_no_memory(
    kind: bytes, size: bytes, is_compressed: bool, tmp_path: Path
) -> None:
    resource = pytest.importorskip("resource")
    header = bytearray(tarfile.TarInfo("a.jpg").tobuf())
    header[156:157] = kind
    content = with_size(bytes(header), size) + bytes(4096)
    path = tmp_path / "a.tar"
    path.write_bytes(gzip.compress(content) if is_compressed else content)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(RecordIOError):
        converted(path, "webdataset")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 << 10
    assert tar_members.LONGEST == 1 << 29


@pytest.mark.parametrize("length", [1 << 20, 2**31 - 1, 2**60, 2**64 - 1])
@pytest.mark.parametrize("is_compressed", [False, True])
def test_the_length_that_a_tfrecord_says_costs_no_memory(
    length: int, is_compressed: bool, tmp_path: Path
) -> None:
    resource = pytest.importorskip("resource")
    head = struct.pack("<Q", length)
    crc = crc32c(head)
    masked = (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF
    content = head + struct.pack("<I", masked) + bytes(1000)
    path = tmp_path / "a.tfrecord"
    path.write_bytes(gzip.compress(content) if is_compressed else content)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(RecordIOError, match="ends inside a record"):
        converted(path, "tfrecord")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 << 10


def example(**features: bytes | int | None) -> bytes:
    """Returns a message with features of one value or none."""
    message = Example()
    for name, value in features.items():
        feature = message.features.feature[name.replace("__", "/")]
        if isinstance(value, bytes):
            feature.bytes_list.value.append(value)
        elif value is not None:
            feature.int64_list.value.append(value)
    content: bytes = message.SerializeToString()
    return content


def test_a_header_of_a_wrong_length_is_an_error(tmp_path: Path) -> None:
    for header in (b"", b"x", b"\xff" * 24, bytes(28)):
        path = tmp_path / "a.tfrecord"
        features = {"recordio__key": b"k", "recordio__header": header, "image__encoded": IMAGE}
        path.write_bytes(frame(example(**features)))
        with pytest.raises(RecordIOError, match="not as recordio writes them"):
            converted(path, "tfrecord")
        told = b'{"recordio": 1, "key": "a", "data": "jpg", "header": "%s"}' % header.hex().encode()
        path = tar(tmp_path / "a.tar", [("a.jpg", IMAGE), ("a.json", told)])
        with pytest.raises(RecordIOError, match="not as recordio writes it"):
            converted(path, "webdataset")


def test_an_empty_label_is_none(tmp_path: Path) -> None:
    path = tmp_path / "a.tfrecord"
    path.write_bytes(frame(example(image=IMAGE, label=None)))
    assert converted(path, "tfrecord").losses.without_label == 1
    path = tar(tmp_path / "a.tar", [("a.jpg", IMAGE), ("a.cls", b"[]")])
    assert converted(path, "webdataset").losses.without_label == 1


@pytest.mark.parametrize(
    ("label", "is_rounded"),
    [
        *((label, True) for label in (b"16777217", b"16777217.0", b"1e300", b"[1, 1e39]")),
        *((label, False) for label in (b"0.1", b"inf", b"nan", b"16777216", b"-5.5", b"true")),
    ],
)
def test_a_label_too_large_for_float32_is_a_loss(
    label: bytes, is_rounded: bool, tmp_path: Path
) -> None:
    path = tar(tmp_path / "a.tar", [("a.jpg", IMAGE), ("a.cls", label)])
    assert converted(path, "webdataset").losses.rounded_labels == is_rounded


def table(path: Path, **columns: object) -> Path:
    """Writes a Parquet file."""
    pq.write_table(pa.table(columns), path)
    return path


@pytest.mark.parametrize(
    "type_", [pa.large_binary(), pa.binary_view(), pa.binary(len(IMAGE))], ids=str
)
def test_columns_of_bytes_of_any_type_have_images(type_: object, tmp_path: Path) -> None:
    path = table(tmp_path / "a.parquet", image=pa.array([IMAGE] * 2, type_), label=[1, 2])
    converted(path, "parquet")
    with Reader(tmp_path / "a.rec") as reader:
        assert [unpack(record)[1] for record in reader] == [IMAGE] * 2
    coded = pa.array([IMAGE] * 2).dictionary_encode()
    assert converted(table(path, image=coded), "parquet").counts == [2]


@pytest.mark.parametrize("type_", [pa.list_(pa.float64()), pa.large_list(pa.int32())], ids=str)
def test_a_list_of_labels_with_a_gap_is_an_error(type_: object, tmp_path: Path) -> None:
    label = pa.array([[1, None], [2, 3]], type_)
    path = table(tmp_path / "a.parquet", image=[IMAGE] * 2, label=label)
    with pytest.raises(RecordIOError, match="None"):
        converted(path, "parquet")
    assert converted(path, "parquet", skip=True).counts == [1]


def test_keys_may_be_numbers_or_bytes_that_are_text(tmp_path: Path) -> None:
    path = table(tmp_path / "a.parquet", image=[IMAGE] * 2, key=["é".encode(), b"b"])
    converted(path, "parquet")
    assert keys(path) == ["é", "b"]
    converted(table(path, image=[IMAGE] * 2, key=pa.array([7, None])), "parquet")
    assert keys(path) == ["7", "1"]
    with pytest.raises(RecordIOError, match="the key is no text"):
        converted(table(path, image=[IMAGE], key=[b"\xff"]), "parquet")


def test_columns_that_are_no_images_or_there_twice_are_told(tmp_path: Path) -> None:
    path = table(tmp_path / "a.parquet", image=[{"bytes": "text"}])
    with pytest.raises(RecordIOError, match="holds no encoded images"):
        converted(path, "parquet")
    twice = pa.table([pa.array([IMAGE]), pa.array([IMAGE])], names=["image", "image"])
    pq.write_table(twice, path)
    with pytest.raises(RecordIOError, match="2 columns image"):
        converted(path, "parquet")


def test_columns_that_were_added_to_a_file_of_ours_are_told(tmp_path: Path) -> None:
    path = table(tmp_path / "a.parquet", image=[IMAGE], label=[1])
    converted(path, "parquet")
    convert(Plan([str(tmp_path / "a.rec")], "rec", [str(path)], "parquet"))
    ours = pq.read_table(path)
    more = ours.append_column("caption", pa.array(["a cat"]))
    pq.write_table(more.replace_schema_metadata(ours.schema.metadata), path)
    assert converted(path, "parquet").losses.lost_fields == {"caption": 1}


def test_any_byte_of_a_parquet_file_may_be_wrong(tmp_path: Path) -> None:
    path = table(tmp_path / "a.parquet", image=[b"\xff\xd8\xff" + bytes(9)] * 2, label=[[1], [2]])
    whole, damaged = path.read_bytes(), tmp_path / "b.parquet"
    for place in range(0, len(whole), 23):
        for value in (0x00, 0x85, 0xFF):
            damaged.write_bytes(whole[:place] + bytes([value]) + whole[place + 1 :])
            try:
                converted(damaged, "parquet", skip=True)
            except RecordIOError:
                continue


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")
def test_standard_input_may_be_a_file_of_any_format(tmp_path: Path) -> None:
    path = tar(tmp_path / "a.tar", [("a.jpg", IMAGE), ("a.cls", b"1")])
    command = [sys.executable, "-m", "recordio_rs", "convert", "--from", "webdataset", "-"]
    with open(path, "rb") as file:
        subprocess.run([*command, str(tmp_path / "b.rec")], stdin=file, check=True, timeout=60)
    run("convert", path, tmp_path / "c.rec")
    assert (tmp_path / "b.rec").read_bytes() == (tmp_path / "c.rec").read_bytes()
