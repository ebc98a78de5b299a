"""What is measured: every task, and every way to do it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

OURS, MXNET, BAGZ, ARRAY_RECORD, BARE = "recordio_rs", "MXNet", "bagz", "array_record", "bare file"
COMMAND, PLAIN = "recordio", "plain loop"
PEERS = (BAGZ, ARRAY_RECORD)

MODULES = {
    OURS: "ours",
    MXNET: "mxnet",
    BAGZ: "bagz",
    ARRAY_RECORD: "array_record",
    BARE: "bare",
    COMMAND: "command",
    PLAIN: "plain",
}
"""The module in `benchmarks.engines` of each engine."""


@dataclass(frozen=True)
class Task:
    """Something that engines can do.

    Attributes:
        title: What the table calls it.
        mxnet: The task of MXNet that it is compared with; MXNet can only do one record a call.
        peers: The tasks of the peers that it is compared with; the fastest way counts.
    """

    title: str
    mxnet: str | None = None
    peers: tuple[str, ...] = ()


TASKS = {
    "sequence": Task("sequence, a record at a time", "sequence", ("sequence",)),
    "bulk": Task("sequence, many records a call", "sequence", ("bulk",)),
    "random": Task("random, one record a call", "random", ("random",)),
    "batch": Task("random, 256 records a call", "random", ("batch", "random")),
    "ahead": Task("random, read ahead", "random", ("ahead",)),
    "threads": Task("random, 256 records a call, in threads"),
    "write": Task("write with index", "write", ("write",)),
    "rebuild": Task("find all records without index", "rebuild"),
    "open": Task("open an index", "open"),
    "memory": Task("memory after a tenth and after all"),
    "shuffle": Task("a file shuffled by the command line", "shuffle"),
    "split": Task("a file split in eight by the command line", "split"),
    "flat": Task("memory of the command line"),
    "pack": Task("images packed as they are by the command line, from the disk"),
    "encode": Task("images packed anew by the command line"),
    "unpack": Task("images unpacked by the command line, from the disk"),
}


@dataclass(frozen=True)
class Way:
    """A way in which an engine does a task.

    Attributes:
        task: The task, by its name in `TASKS`.
        engine: The engine, as the tables call it.
        call: What is called, as the tables show it.
        function: The function of the engine's module.
        settings: What it is given; the tables show it unless it is part of the call.
        files: What it reads, by its name in `MAKERS`, or `None` for what it writes.
        is_making: Whether it makes files of about the size of those that it reads.
        is_cold: Whether what it reads comes from the disk, and not from memory.
    """

    task: str
    engine: str
    call: str
    function: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    files: str | None = "rec"
    is_making: bool = False
    is_cold: bool = False

    @property
    def shown_settings(self) -> str:
        """The settings as the tables show them."""
        return ", ".join(f"{name}={value}" for name, value in self.settings.items())


MAKERS = {
    "rec": Way("make", OURS, "", "write_idx"),
    "bag": Way("make", BAGZ, "", "write"),
    "separate bag": Way("make", BAGZ, "", "write", {"limits_placement": "SEPARATE"}),
    "array_record": Way("make", ARRAY_RECORD, "", "write"),
    "images": Way("make", PLAIN, "", "write_images"),
    "packed images": Way("make", COMMAND, "", "write_packed_images"),
}
"""What makes the files of a set. MXNet reads those of this package, which are the same as its."""


def _ours(task: str, call: str, function: str, files: str | None = "rec", **settings: Any) -> Way:  # noqa: ANN401
    return Way(task, OURS, call, function, settings, files)


def _mxnet(task: str, call: str, function: str, files: str | None = "rec") -> Way:
    return Way(task, MXNET, call, function, {}, files)


def _bagz(task: str, call: str, function: str, **settings: Any) -> Way:  # noqa: ANN401
    is_separate = settings.get("limits_placement") == "SEPARATE"
    return Way(task, BAGZ, call, function, settings, "separate bag" if is_separate else "bag")


def _array(task: str, call: str, function: str, options: str = "", **keywords: int) -> Way:
    settings = {"options": options} if options else {}
    return Way(task, ARRAY_RECORD, call, function, settings | keywords, "array_record")


# Each peer is measured with its defaults, and with every documented setting that has been seen to
# make it faster for some set; the fastest counts, set by set.
_IN_MEMORY = {"limits_storage": "IN_MEMORY"}
_ALONE = {**_IN_MEMORY, "max_parallelism": 1}
_PAIR = {**_IN_MEMORY, "max_parallelism": 2}
_FOR_RANDOM = "readahead_buffer_size:0,max_parallelism:0"  # as its documentation says

WAYS = [
    _ours("sequence", "MXRecordIO.read", "read"),
    _mxnet("sequence", "MXRecordIO.read", "read"),
    _ours("sequence", "for record in Reader", "iterate"),
    _bagz("sequence", "for record in Reader", "iterate"),
    _bagz("sequence", "for record in Reader", "iterate", limits_placement="SEPARATE"),
    _array("sequence", "read()", "read"),
    _array("sequence", "read()", "read", "readahead_buffer_size:1M"),
    _array("sequence", "read()", "read", "readahead_buffer_size:16M,max_parallelism:2"),
    _array("sequence", "read()", "read", _FOR_RANDOM),
    _ours("bulk", "read_batch(range)", "batch_in_sequence"),
    _ours("bulk", "read_packed(range)", "packed_in_sequence"),
    _bagz("bulk", "Reader[a:b].read()", "read_slices"),
    _bagz("bulk", "Reader[a:b].read()", "read_slices", max_parallelism=1),
    _array("bulk", "read(a, b)", "read_ranges"),
    _array("bulk", "read(a, b)", "read_ranges", "readahead_buffer_size:16M,max_parallelism:1"),
    _array("bulk", "read(a, b)", "read_ranges", "readahead_buffer_size:1M"),
    _ours("random", "MXIndexedRecordIO.read_idx", "read_idx"),
    _mxnet("random", "MXIndexedRecordIO.read_idx", "read_idx"),
    _ours("random", "Reader[i]", "subscript"),
    _ours("random", "Reader[i], positioned", "subscript", backend="positioned"),
    _ours("random", "Reader[i], mmap", "subscript", backend="mmap"),
    _bagz("random", "Reader[i]", "subscript"),
    _bagz("random", "Reader[i]", "subscript", **_IN_MEMORY),
    _array("random", "read([i])", "read_one", _FOR_RANDOM),
    _array("random", "read([i])", "read_one", _FOR_RANDOM, file_reader_buffer_size=32768),
    _ours("batch", "read_batch", "read_batch"),
    _ours("batch", "read_batch, positioned", "read_batch", backend="positioned"),
    _ours("batch", "read_batch, mmap", "read_batch", backend="mmap"),
    _ours("batch", "read_packed", "read_packed"),
    _ours("batch", "read_packed, positioned", "read_packed", backend="positioned"),
    _ours("batch", "read_packed, mmap", "read_packed", backend="mmap"),
    _bagz("batch", "read_indices", "read_indices"),
    _bagz("batch", "read_indices", "read_indices", **_ALONE),
    _bagz("batch", "read_indices", "read_indices", **_PAIR),
    _array("batch", "read([i, j, ...])", "read_many"),
    _array("batch", "read([i, j, ...])", "read_many", _FOR_RANDOM),
    _ours("ahead", "Reader.prefetch", "prefetch"),
    _bagz("ahead", "read_indices_iter", "read_indices_iter"),
    _bagz("ahead", "read_indices_iter", "read_indices_iter", **_ALONE),
    _bagz("ahead", "read_indices_iter", "read_indices_iter", read_ahead=1024, **_ALONE),
    _bagz("ahead", "read_indices_iter", "read_indices_iter", read_ahead=64, **_PAIR),
    _ours("threads", "read_batch, 1 thread", "batch_threads", threads=1),
    _ours("threads", "read_batch, 2 threads", "batch_threads", threads=2),
    _ours("threads", "read_packed, 1 thread", "packed_threads", threads=1),
    _ours("threads", "read_packed, 2 threads", "packed_threads", threads=2),
    _ours("write", "MXIndexedRecordIO.write_idx", "write_idx", None),
    _mxnet("write", "MXIndexedRecordIO.write_idx", "write_idx", None),
    _ours("write", "Writer.write", "writer_write", None),
    _ours("write", "Writer.write_batch", "writer_batch", None),
    Way("write", BAGZ, "Writer.write", "write", {}, None),
    Way("write", BAGZ, "Writer.write", "write", {"limits_placement": "SEPARATE"}, None),
    Way("write", ARRAY_RECORD, "write", "write", {"options": "group_size:1,uncompressed"}, None),
    Way("write", BARE, "file.write", "write", {}, None),
    Way("write", BARE, "file.write", "write", {"buffering": 0}, None),
    _ours("rebuild", "len(Reader)", "rebuild"),
    _mxnet("rebuild", "as rec2idx.py", "rebuild"),
]

OPEN_WAYS = [
    _ours("open", "MXIndexedRecordIO", "open_indexed"),
    _mxnet("open", "MXIndexedRecordIO", "open_indexed"),
    _ours("open", "Reader", "open_reader"),
]
"""What is measured with the long index."""

MEMORY_WAYS = [
    _ours("memory", "MXRecordIO.read", "read_flat"),
    _ours("memory", "for record in Reader", "iterate_flat"),
    _ours("memory", "MXIndexedRecordIO.read_idx", "read_idx_flat"),
    _ours("memory", "Reader[i]", "subscript_flat"),
    _ours("memory", "Writer.write", "writer_flat", None),
]
"""What is measured with the set of the most records."""


def _making(
    task: str,
    engine: str,
    call: str,
    function: str,
    files: str = "rec",
    **settings: Any,  # noqa: ANN401
) -> Way:
    return Way(task, engine, call, function, settings, files, is_making=True)


COMMAND_WAYS = [
    _making("shuffle", COMMAND, "recordio shuffle", "shuffle"),
    _making("shuffle", MXNET, "write_idx(i, read_idx(k))", "shuffle"),
    _making("shuffle", MXNET, "write_idx(i, read_idx(k)), fsync", "shuffle", is_durable=True),
    _making("shuffle", PLAIN, "file.write(file.read(...))", "copy_file"),
    _making("split", COMMAND, "recordio split -n 8", "split"),
    _making("split", MXNET, "write_idx(k, read_idx(k))", "split"),
    _making("split", MXNET, "write_idx(k, read_idx(k)), fsync", "split", is_durable=True),
    _making("split", PLAIN, "file.write(file.read(...))", "copy_file"),
]
"""What whole files are rewritten with."""

FLAT_WAYS = [
    _making("flat", COMMAND, "recordio shuffle", "shuffle"),
    _making("flat", COMMAND, "recordio split -n 8", "split"),
    _making("flat", COMMAND, "recordio merge", "merge"),
]
"""What is measured with a set and a larger one of the same records."""


def _cold(way: Way) -> Way:
    return replace(way, is_cold=True)


IMAGE_WAYS = [
    _cold(_making("pack", COMMAND, "recordio pack --pass-through", "pack_through", "images")),
    _cold(_making("pack", PLAIN, "write(read())", "copy_files", "images")),
    _cold(_making("pack", PLAIN, "cp -r", "cp", "images")),
    _making("encode", COMMAND, "recordio pack", "pack_anew", "images"),
    _making("encode", PLAIN, "imencode(imread(...))", "encode", "images"),
    _making("encode", COMMAND, "recordio pack --resize 128", "pack_resized", "images"),
    _making("encode", PLAIN, "imencode(resize(imread(...)))", "encode_resized", "images"),
    _cold(_making("unpack", COMMAND, "recordio unpack", "unpack", "packed images")),
    _cold(_making("unpack", PLAIN, "cp -r", "cp", "images")),
]
"""What is measured with images; those who encode use as many processes as there are cores."""
