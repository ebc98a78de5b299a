"""Where this package means to do something else than MXNet 1.9.1: every such place, with why.

Results that differ are a failure unless a difference here permits them; the first that does
counts. What each one looks like is shown, and held to, by `oracle.examples`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from oracle.history import READS, History, is_error
from oracle.operations import Operation
from oracle.results import Result


@dataclass(frozen=True)
class Situation:
    """One operation whose results differ."""

    operation: Operation
    ours: Result
    theirs: Result
    history: History

    @property
    def do(self) -> str:
        """The operation's name."""
        return str(self.operation["do"])


@dataclass(frozen=True)
class Difference:
    """One intended difference."""

    name: str
    reason: str
    permits: Callable[[Situation], bool]


def raised(result: Result, base: str) -> bool:
    """Tells whether an operation raised what catchers of `base` catch."""
    return is_error(result) and base in (result["error"], *result["bases"])


def refused(result: Result) -> bool:
    """Tells whether an operation raised what also MXNet raises for a broken file."""
    return raised(result, "RuntimeError")


def payload_kind(situation: Situation) -> str:
    """Gives the kind of value that was to be written, "" if it is a plain one."""
    payload = situation.operation.get("payload")
    return str(payload.get("kind", "")) if isinstance(payload, dict) else type(payload).__name__


DIFFERENCES: tuple[Difference, ...] = (
    Difference(
        "position-after-an-error",
        "A reader stays at the record it could not read; upstream's goes on 8 bytes further, or "
        "stands at the end of file.",
        lambda s: s.do == "read" and s.history.lost and s.history.malformed,
    ),
    Difference(
        "end-of-file-does-not-stick",
        "A reader sent elsewhere after the end of file reads there; upstream's finds nothing "
        "more until it is reset.",
        lambda s: s.do in READS and s.history.stuck and s.theirs is None,
    ),
    Difference(
        "offset-beyond-the-end",
        "A key whose offset is at or after the end of file is an error: the index does not "
        "belong to the file, or the file was cut. Upstream gives None, as if it had ended.",
        lambda s: s.do in ("seek", "read_idx") and s.theirs is None and refused(s.ours),
    ),
    Difference(
        "cut-record",
        "A record whose last fragment is missing is an error; upstream drops it and gives None.",
        lambda s: s.do in READS and s.history.malformed and s.theirs is None and refused(s.ours),
    ),
    Difference(
        "fragments-out-of-order",
        "Continue flags in an order that no writer makes are an error; upstream joins what "
        "there is and gives bytes that nobody wrote.",
        lambda s: (
            s.do in READS
            and s.history.malformed
            and refused(s.ours)
            and (refused(s.theirs) or (isinstance(s.theirs, dict) and not is_error(s.theirs)))
        ),
    ),
    Difference(
        "pickling-leaves-open",
        "Pickling or copying a reader leaves it as it is; upstream closes it, and opens it "
        "again when it is next sent to a key.",
        lambda s: (
            (s.history.closed_upstream and (s.do == "read" or s.operation.get("name") == "is_open"))
            or (s.history.lost and s.do == "read")
        ),
    ),
    Difference(
        "open-writer-is-not-pickled",
        "An open writer can not be pickled or copied: upstream's copy truncates the files.",
        lambda s: s.do in ("pickle", "copy") and not s.history.reads and is_error(s.ours),
    ),
    Difference(
        "any-buffer-is-a-payload",
        "Whatever holds bytes can be written, and text as UTF-8; upstream takes `bytes` only.",
        lambda s: (
            s.do in ("write", "write_idx")
            and s.ours is None
            and payload_kind(s) in ("bytearray", "memoryview", "array", "str")
        ),
    ),
    Difference(
        "key-the-index-can-not-hold",
        "A key whose text has a tab or a line break, is empty, or begins or ends with white "
        "space is refused: upstream writes an index that it can not read back.",
        lambda s: s.do == "write_idx" and s.theirs is None and raised(s.ours, "ValueError"),
    ),
    Difference(
        "index-with-odd-lines",
        "An index whose offsets are not plain decimal numbers of 64 bits, or whose lines end in a "
        "lone carriage return, is refused when it is opened; upstream takes whatever Python's "
        "`int` takes and fails, if it does, when the record is read.",
        lambda s: (
            (
                s.do == "new"
                and s.operation.get("plain_index") is False
                and s.theirs is None
                and raised(s.ours, "ValueError")
            )
            or s.history.absent
        ),
    ),
    Difference(
        "index-without-a-tab",
        "A line without a tab is a ValueError like any other broken one; upstream's IndexError "
        "would end a loop over a sequence as if it were complete.",
        lambda s: s.do == "new" and raised(s.theirs, "IndexError") and raised(s.ours, "ValueError"),
    ),
    Difference(
        "index-not-in-utf-8",
        "An index that is not UTF-8 is a ValueError like any other broken index; upstream lets "
        "the codec's own subclass of it through.",
        lambda s: (
            s.do == "new" and raised(s.theirs, "UnicodeError") and raised(s.ours, "ValueError")
        ),
    ),
    Difference(
        "readers-tell",
        "`tell` gives a reader's position too; upstream's refuses.",
        lambda s: s.do == "tell" and s.history.reads and isinstance(s.ours, int),
    ),
    Difference(
        "edits-survive-reset",
        "Changes to `keys` and `idx` stay when a reader is opened anew, unless the index file "
        "has changed; upstream 1.9.1 reads the index again each time.",
        lambda s: s.history.forked or s.history.forks(s.do),
    ),
    Difference(
        "directory-is-no-file",
        "A directory can not be opened as a file; upstream opens it and reads None.",
        lambda s: s.do == "new" and s.operation["rec"] == "." and is_error(s.ours),
    ),
    Difference(
        "label-is-owned",
        "`unpack` gives a label that can be changed and does not keep the record alive; "
        "upstream gives a read-only view into the record.",
        lambda s: s.do == "label_is_writable" and s.ours is True,
    ),
)
